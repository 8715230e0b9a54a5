// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
// Example: one model served from a thousand virtual threads, replaced by another while they ask

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.kan4j.Kan;
import org.kan4j.KanRegressor;

/** A predictor is shared by any number of threads; closing it waits for those that are still asking. */
public class ServeThreads {

    public static void main(String[] args) throws InterruptedException {
        double[][] x = new double[500][];
        double[] y = new double[500];
        for (int i = 0; i < x.length; i++) {
            x[i] = new double[] {i / 250.0 - 1};
            y[i] = Math.sin(3 * x[i][0]);
        }
        AtomicReference<KanRegressor> served = new AtomicReference<>(Kan.regressor().hidden(4).seed(1).epochs(40).fit(x, y));
        LongAdder answers = new LongAdder();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int caller = 0; caller < 1000; caller++) {
                double at = caller / 500.0 - 1;
                threads.submit(() -> {
                    for (int i = 0; i < 20; i++) {
                        try {
                            served.get().predict(at).value();
                            answers.increment();
                        } catch (IllegalStateException closed) {
                            i--;  // the model was replaced between get() and predict(): ask the new one
                        }
                    }
                });
            }
            served.getAndSet(Kan.regressor().hidden(4).seed(2).epochs(40).fit(x, y)).close();
        }
        System.out.println(answers.sum() + " answers from 1000 threads, one model replaced meanwhile");
        served.get().close();
        if (answers.sum() != 20_000) {
            throw new AssertionError("expected 20000 answers");
        }
    }
}
