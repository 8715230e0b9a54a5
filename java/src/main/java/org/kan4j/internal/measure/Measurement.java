// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.measure;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.memory.Scalar;
import org.kan4j.internal.memory.Staged;
import org.kan4j.internal.passes.Passes;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.optim.Loss;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;

/** Measures models, batch by batch. */
public final class Measurement {

    private static final int BATCH = 512;

    private Measurement() {
    }

    /** A measure that is fed row by row; its arrays are its own. */
    public interface RowSum {

        /** Takes a row in. */
        void add(double[] prediction, double[] target, double weight);

        /** The measure; NaN where the rows define none. */
        double value();
    }

    /** Measures parameters on data of at least one row: every measure by name, those of one's own too. */
    public static Map<String, Double> of(Context context, Parameters parameters, Loss loss, RowSource data,
            Map<String, ? extends RowSum> own) {
        Loss measured = loss == null ? defaultLoss(data) : loss;
        requireFit(parameters.model(), measured, data);
        if (data.size() == 0) {
            throw KanException.invalid("a data set without rows cannot be measured");
        }
        int batch = Math.min(BATCH, data.size());
        // The log-loss has no weight of positive targets, whatever is minimised.
        Loss plain = measured instanceof Loss.BinaryCrossEntropy ? new Loss.BinaryCrossEntropy() : measured;
        double lossSum = 0;
        double plainSum = 0;
        double weightSum = 0;
        Scores scores = data.classes() > 0 ? new Scores.Classes(data.classes())
                : measured instanceof Loss.BinaryCrossEntropy ? new Scores.Classes(2)
                        : new Scores.Reals((int) data.out());
        try (Memory memory = Memory.confined(context);
                Workspace workspace = Workspace.inference(context, parameters, batch);
                RowSource.Pass pass = data.inOrder()) {
            Passes passes = Passes.of(workspace);
            Batch buffers = new Batch(memory, data, batch);
            for (int from = 0; from < data.size(); from += batch) {
                int rows = Math.min(batch, data.size() - from);
                buffers.read(pass, from, from + rows);
                double weight = buffers.weight(rows);
                if (weight == 0) {
                    continue;
                }
                MemorySegment predictions = passes.forward(rows, buffers.x);
                score(scores, own.values(), data, buffers.onHost(predictions, rows), buffers, rows);
                double value = evaluate(measured, context, data, rows, predictions, buffers);
                lossSum += weight * value;
                plainSum += weight * (plain.equals(measured) ? value
                        : evaluate(plain, context, data, rows, predictions, buffers));
                weightSum += weight;
            }
        }
        if (weightSum == 0) {
            throw KanException.invalid("all rows of the data set have the weight 0");
        }
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("loss", lossSum / weightSum);
        if (hasClasses(measured) && !(measured instanceof Loss.Custom)) {
            values.put("log_loss", plainSum / weightSum);
        }
        scores.put(values);
        own.forEach((name, sum) -> {
            if (values.containsKey(name)) {
                throw KanException.invalid("there is a measure '%s' already; a metric needs a name of its own", name);
            }
            if (!Double.isNaN(sum.value())) {
                values.put(name, sum.value());
            }
        });
        return values;
    }

    private static double evaluate(Loss loss, Context context, RowSource data, int rows, MemorySegment predictions,
            Batch batch) {
        return LossPass.evaluate(loss, context, data.dtype(), rows, data.out(), predictions,
                batch.targets, data.weighted() ? batch.weights : MemorySegment.NULL, MemorySegment.NULL, batch.value);
    }

    public static Loss defaultLoss(RowSource data) {
        return data.classes() > 0 ? new Loss.CrossEntropy() : new Loss.Mse();
    }

    /** Refuses data that does not fit a model and a loss. */
    public static void requireFit(KanModel model, Loss loss, RowSource data) {
        if (data.dtype() != model.dtype()) {
            throw KanException.invalid("the model computes in %s, given data of %s; convert it with HostTensor.to",
                    model.dtype(), data.dtype());
        }
        if (data.in() != model.in() || data.out() != model.out()) {
            throw new ShapeException("the model has " + Counted.of(model.in(), "input") + " and "
                    + Counted.of(model.out(), "output") + ", the data " + Counted.of(data.in(), "feature") + " and "
                    + Counted.of(data.out(), data.classes() > 0 ? "class" : "target"));
        }
        if (loss instanceof Loss.CrossEntropy && data.classes() == 0) {
            throw KanException.invalid("cross-entropy needs class labels; the data has real targets");
        }
        if (loss instanceof Loss.Custom custom) {
            if (custom.classes() != data.classes() > 0) {
                throw KanException.invalid("%s takes %s; the data has %s", custom.name(),
                        custom.classes() ? "class labels" : "real targets (its classes() says false)",
                        data.classes() > 0 ? "class labels" : "real targets");
            }
            return;
        }
        if (!(loss instanceof Loss.CrossEntropy) && data.classes() > 0) {
            throw KanException.invalid("%s needs real targets; the data has class labels", loss);
        }
    }

    public static boolean hasClasses(Loss loss) {
        return loss instanceof Loss.CrossEntropy || loss instanceof Loss.BinaryCrossEntropy
                || loss instanceof Loss.Custom custom && custom.classes();
    }

    /** The weight of the rows whose class is predicted rightly. */
    public static double correct(Loss loss, RowSource data, MemorySegment predictions, Batch batch, int rows) {
        double correct = 0;
        int out = (int) data.out();
        for (int i = 0; i < rows; i++) {
            double share;
            if (data.classes() > 0) {
                share = argMax(data.dtype(), predictions, (long) i * out, out) == batch.hostTargets()
                        .getAtIndex(ValueLayout.JAVA_INT, i) ? 1 : 0;
            } else {
                int right = 0;
                for (int o = 0; o < out; o++) {
                    boolean yes = value(data.dtype(), predictions, (long) i * out + o) > 0;
                    right += yes == value(data.dtype(), batch.hostTargets(), (long) i * out + o) > 0.5 ? 1 : 0;
                }
                share = (double) right / out;
            }
            correct += share * batch.weightOf(i);
        }
        return correct;
    }

    /** Adds rows to the scores. */
    private static void score(Scores scores, Collection<? extends RowSum> sums, RowSource data, MemorySegment predictions,
            Batch batch,
            int rows) {
        int out = (int) data.out();
        double[] y = new double[out];
        double[] t = new double[data.classes() > 0 ? 1 : out];
        for (int i = 0; i < rows; i++) {
            double weight = batch.weightOf(i);
            long start = (long) i * out;
            for (int o = 0; o < out; o++) {
                y[o] = value(data.dtype(), predictions, start + o);
            }
            for (int o = 0; o < t.length; o++) {
                t[o] = data.classes() > 0 ? batch.hostTargets().getAtIndex(ValueLayout.JAVA_INT, i)
                        : value(data.dtype(), batch.hostTargets(), start + o);
            }
            for (RowSum sum : sums) {
                sum.add(y.clone(), t.clone(), weight);
            }
            if (scores instanceof Scores.Classes classes && data.classes() > 0) {
                classes.add(argMax(data.dtype(), predictions, start, out), (int) t[0], out == 2 ? y[1] - y[0] : 0, weight);
                continue;
            }
            switch (scores) {
                case Scores.Reals reals -> reals.add(y, t, weight);
                case Scores.Classes classes -> { // each output of binary cross-entropy is a yes or no of its own
                    for (int o = 0; o < out; o++) {
                        classes.add(y[o] > 0 ? 1 : 0, t[o] > 0.5 ? 1 : 0, y[o], weight);
                    }
                }
            }
        }
    }

    private static int argMax(DType dtype, MemorySegment values, long start, int n) {
        int best = 0;
        double most = value(dtype, values, start);
        for (int o = 1; o < n; o++) {
            double candidate = value(dtype, values, start + o);
            if (candidate > most) {
                most = candidate;
                best = o;
            }
        }
        return best;
    }

    private static double value(DType dtype, MemorySegment segment, long i) {
        return dtype == DType.F32 ? segment.getAtIndex(ValueLayout.JAVA_FLOAT, i)
                : segment.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
    }

    /** The memory of a mini-batch, for the kernels of a context. */
    public static final class Batch {

        public final MemorySegment x;
        public final MemorySegment targets;
        public final MemorySegment weights;
        public final Scalar value;
        private final RowSource data;
        private final Staged stagedX;
        private final Staged stagedTargets;
        private final Staged stagedWeights;
        private final Staged predictions;
        private final long rowBytes;
        private final long targetBytes;
        private final long weightBytes;
        private final long outputBytes;

        /** Memory for at most so many rows, which lives as long as the given one. */
        public Batch(Memory memory, RowSource data, int rows) {
            this.data = data;
            this.rowBytes = data.in() * data.dtype().bytes();
            this.targetBytes = data.classes() > 0 ? Integer.BYTES : data.out() * data.dtype().bytes();
            this.weightBytes = data.weighted() ? data.dtype().bytes() : 0;
            this.outputBytes = data.out() * data.dtype().bytes();
            this.stagedX = new Staged(memory, rows * rowBytes);
            this.stagedTargets = new Staged(memory, rows * targetBytes);
            this.stagedWeights = new Staged(memory, rows * weightBytes);
            this.predictions = new Staged(memory, memory.context() == null ? 0 : rows * outputBytes);
            this.x = stagedX.array();
            this.targets = stagedTargets.array();
            this.weights = data.weighted() ? stagedWeights.array() : MemorySegment.NULL;
            this.value = new Scalar(memory);
        }

        /** Takes the rows at positions {@code from} to {@code to}, exclusive, of a pass. */
        public void read(RowSource.Pass pass, int from, int to) {
            pass.read(from, to, stagedX.host(), stagedTargets.host(), stagedWeights.host());
            stagedX.upload((to - from) * rowBytes);
            stagedTargets.upload((to - from) * targetBytes);
            stagedWeights.upload((to - from) * weightBytes);
        }

        /** The targets where the host can read them. */
        MemorySegment hostTargets() {
            return stagedTargets.host();
        }

        /** A model's outputs for the rows where the host can read them. */
        public MemorySegment onHost(MemorySegment outputs, int rows) {
            return predictions.download(outputs, rows * outputBytes);
        }

        double weightOf(int row) {
            return data.weighted() ? Measurement.value(data.dtype(), stagedWeights.host(), row) : 1;
        }

        /** The sum of the rows' weights. */
        public double weight(int rows) {
            if (!data.weighted()) {
                return rows;
            }
            double sum = 0;
            for (int i = 0; i < rows; i++) {
                sum += weightOf(i);
            }
            return sum;
        }
    }
}
