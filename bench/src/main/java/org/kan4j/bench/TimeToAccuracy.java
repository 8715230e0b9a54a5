// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.Schedule;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingListener;

/**
 * Trains B-splines on data of {@code bench/peers/time_to_accuracy.py} until the measure of the test rows is what the data asks for:
 * {@code FOLDER LAYERS GRID ORDER (lbfgs|adamw) RATE BATCH EPOCHS SEED BEFORE}. A line an epoch: seconds of the training thread on the
 * processor without those of measuring, and the measure. BEFORE trainings have been made in the same virtual machine before, so that
 * its code is compiled. One thread; the learning rate falls along half a cosine; L-BFGS in float64, of which an epoch is an iteration.
 */
public final class TimeToAccuracy {

    private record Task(Dataset train, Dataset test, int in, int out, boolean labels, double goal) {
    }

    /** Where the time went. */
    private static final class Clock implements TrainingListener {
        private final Task data;
        private final int every;
        private final boolean prints;
        private long begin = now();
        private double spent;

        Clock(Task data, int every, boolean prints) {
            this.data = data;
            this.every = every;
            this.prints = prints;
        }

        @Override
        public void onEpochEnd(Trainer trainer, Epoch epoch) {
            spent += (now() - begin) * 1e-9;
            if (epoch.epoch() % every == 0 || epoch.epoch() == epoch.epochs()) {
                var metrics = trainer.evaluate(data.test);
                double reached = data.labels ? metrics.accuracy().orElseThrow() : metrics.rmse().orElseThrow();
                if (prints) {
                    System.out.println(String.format(Locale.ROOT, "%.4f %.6f", spent, reached));
                }
                if (data.labels ? reached >= data.goal : reached <= data.goal) {
                    trainer.requestStop();
                }
            }
            begin = now();
        }
    }

    private TimeToAccuracy() {
    }

    /** Trains once. */
    public static void main(String[] args) throws IOException {
        try (Arena arena = Arena.ofConfined(); Context context = Context.open(ContextOptions.defaults().withThreads(1))) {
            Task data = read(arena, Path.of(args[0]), args[4].equals("lbfgs") ? DType.F64 : DType.F32);
            for (int before = Integer.parseInt(args[9]); before > 0; before--) {
                train(args, data, context, false);
            }
            train(args, data, context, true);
        }
    }

    private static void train(String[] args, Task data, Context context, boolean prints) {
        boolean lbfgs = args[4].equals("lbfgs");
        int epochs = Integer.parseInt(args[7]);
        long seed = Long.parseLong(args[8]);
        Optimizer optimizer = lbfgs ? Lbfgs.of(epochs) : Optimizer.AdamW.of(Double.parseDouble(args[5]), 0);
        BSpline basis = BSpline.of(Integer.parseInt(args[2]), Integer.parseInt(args[3])).withOutside(BSpline.Outside.LINEAR);
        KanModel model = KanModel.kan(lbfgs ? DType.F64 : DType.F32, basis, Data.widths(args[1]));
        try (Parameters parameters = Parameters.initialise(model, seed);
                Trainer trainer = Trainer.builder(parameters).context(context)
                        .loss(data.labels ? new Loss.CrossEntropy() : new Loss.Mse()).optimizer(optimizer)
                        .schedule(lbfgs ? new Schedule.Constant() : new Schedule.Cosine(0, 0)).epochs(epochs)
                        .batchSize(Integer.parseInt(args[6])).seed(seed).listener(new Clock(data, lbfgs ? 10 : 1, prints))
                        .build()) {
            trainer.fit(data.train);
        }
    }

    private static long now() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static Task read(Arena arena, Path folder, DType dtype) throws IOException {
        String[] about = Files.readString(folder.resolve("about")).trim().split("\\s+");
        int[] sizes = Arrays.stream(about, 0, 4).mapToInt(Integer::parseInt).toArray();
        boolean labels = about[4].equals("accuracy");
        return new Task(rows(arena, folder, "train", sizes[2], sizes, labels, dtype),
                rows(arena, folder, "test", sizes[3], sizes, labels, dtype), sizes[0], sizes[1], labels,
                Double.parseDouble(about[5]));
    }

    private static Dataset rows(Arena arena, Path folder, String part, int rows, int[] sizes, boolean labels, DType dtype)
            throws IOException {
        HostTensor x = Data.matrix(arena, dtype, floats(folder.resolve(part + ".x")), rows, sizes[0]);
        float[] y = floats(folder.resolve(part + ".y"));
        if (!labels) {
            return Dataset.regression(x, Data.matrix(arena, dtype, y, rows, sizes[1]));
        }
        int[] classes = new int[rows];
        Arrays.setAll(classes, row -> (int) y[row]);
        return Dataset.classification(x, HostTensor.of(arena, classes), sizes[1]);
    }

    private static float[] floats(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }
}
