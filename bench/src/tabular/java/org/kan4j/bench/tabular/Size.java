// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench.tabular;

import java.util.Locale;
import java.util.Random;
import org.kan4j.Kan;
import org.kan4j.KanRegressor;
import org.kan4j.device.ContextOptions;

/** How long a training with defaults takes on a generated table of some size: {@code bench/tabular/run --size ROWSxCOLUMNS}. */
public final class Size {

    private static final double NOISE = 0.2;

    private Size() {
    }

    /** ROWSxCOLUMNS THREADS; of at least four columns, uniform in 0..1. */
    public static void main(String[] args) {
        String[] size = args[0].split("x");
        int rows = Integer.parseInt(size[0]);
        int columns = Integer.parseInt(size[1]);
        Random random = new Random(1);
        double[][] x = new double[rows][columns];
        double[] y = new double[rows];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                x[i][j] = random.nextDouble();
            }
            y[i] = Math.sin(5 * x[i][0]) + x[i][1] * x[i][2] + (x[i][3] > 0.5 ? 1 : 0) + NOISE * random.nextGaussian();
        }
        long cpu = Measuring.cpu();
        long wall = System.nanoTime();
        try (KanRegressor model = Kan.regressor().on(ContextOptions.defaults().withThreads(Integer.parseInt(args[1]))).fit(x, y)) {
            System.out.printf(Locale.ROOT, "%,d rows of %d columns, %s threads: %.1f CPU s, %.1f s, %d epochs; RMSE on the training rows "
                    + "%.4f where the noise is %s%n", rows, columns, args[1], (Measuring.cpu() - cpu) / 1e9,
                    (System.nanoTime() - wall) / 1e9, model.training().orElseThrow().epochs().size(),
                    model.evaluate(x, y).measures().get("rmse"), NOISE);
        }
    }
}
