// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.linalg.Vector;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.RowEncoder;
import org.kan4j.io.Checkpoint;
import org.kan4j.serve.Predictor;

/**
 * A model at work in this VM, shared by all tasks: one predictor an executor and model, found by the hash of the checkpoint.
 * Whoever borrows it gives it back; of those that nobody uses the latest few stay.
 */
final class Scorer {

    private static final int KEPT = 8;
    private static final Map<String, Scorer> SHARED = new LinkedHashMap<>(16, 0.75f, true);

    private final Predictor predictor;
    private final RowEncoder encoder;
    private final List<String> inputs;
    private final int features;
    private final int outputs;
    private final Encoding.Value value;
    /**
     * Lower end and width of each input's range, where all inputs are numbers scaled by it; otherwise null. What they are
     * scaled to has the bits that the encoder gives, which asks each column what it is.
     */
    private final double[] lows;
    private final double[] ranges;
    private int users;

    private Scorer(NativeModel model) {
        Checkpoint checkpoint = model.open();
        Encoding encoding = model.encoding();
        this.encoder = encoding == null ? null : new RowEncoder(encoding);
        this.inputs = model.inputs();
        this.features = Math.toIntExact(checkpoint.model().in());
        this.outputs = model.outputs();
        this.value = encoding != null && encoding.target() instanceof Encoding.Value known ? known : null;
        boolean plain = encoding != null && encoding.columns().stream().allMatch(Scorer::isPlain);
        this.lows = !plain ? null : encoding.columns().stream().mapToDouble(c -> ((Encoding.Numeric) c).low()).toArray();
        this.ranges = !plain ? null : encoding.columns().stream()
                .mapToDouble(c -> ((Encoding.Numeric) c).high() - ((Encoding.Numeric) c).low()).toArray();
        this.predictor = Predictor.of(checkpoint);
    }

    private static boolean isPlain(Encoding.Column column) {
        return column instanceof Encoding.Numeric n && n.quantiles().size() <= 2 && n.high() > n.low() && !n.indicator()
                && Double.isFinite(n.high() - n.low());
    }

    /** The one of a model, made where it is not there yet; to be given back. */
    static Scorer borrow(NativeModel model) {
        synchronized (SHARED) {
            Scorer scorer = SHARED.computeIfAbsent(model.hash(), hash -> new Scorer(model));
            scorer.users++;
            return scorer;
        }
    }

    /** Ends a {@link #borrow}. */
    void giveBack() {
        synchronized (SHARED) {
            users--;
            var each = SHARED.values().iterator();
            for (int left = SHARED.size(); left > KEPT && each.hasNext();) {
                Scorer oldest = each.next();
                if (oldest.users == 0) {
                    each.remove();
                    oldest.predictor.close();
                    left--;
                }
            }
        }
    }

    /** Models held now. */
    static int held() {
        synchronized (SHARED) {
            return SHARED.size();
        }
    }

    /** Rows to be scored by one thread, a block at a time. */
    final class Batch {

        private final float[] x;
        private final float[] y;
        private final double[] exact;
        private final double[] exactOutputs;
        private final VectorRow row = new VectorRow(inputs);
        private final double[] encoded = new double[features];
        private int count;

        Batch(int most) {
            boolean single = predictor.parameters().model().dtype() == org.kan4j.tensor.DType.F32;
            x = new float[single ? most * features : 0];
            y = new float[single ? most * outputs : 0];
            exact = new double[single ? 0 : most * features];
            exactOutputs = new double[single ? 0 : most * outputs];
        }

        /** Adds a row. */
        void add(Vector vector) {
            row.of(vector);
            add();
        }

        /** Adds a row of features, NaN where missing; null is refused. */
        void add(double[] features) {
            row.ofNumbers(features);
            add();
        }

        private void add() {
            if (encoder == null) {
                for (int i = 0; i < features; i++) {
                    if (!Double.isFinite(row.number(i))) {
                        throw row.error(i, "expected a finite number, got " + row.number(i));
                    }
                    encoded[i] = row.number(i);
                }
            } else if (lows == null || !row.scaled(lows, ranges, encoded)) {
                encoder.features(row, encoded);
            }
            int at = count++ * features;
            if (exact.length > 0) {
                System.arraycopy(encoded, 0, exact, at, features);
                return;
            }
            for (int i = 0; i < features; i++) {
                x[at + i] = (float) encoded[i];
            }
        }

        /** Runs the model on the rows added, which are forgotten then. */
        void run() {
            // A block as large as the arrays, and a last one that is smaller: the predictor takes whole arrays.
            if (exact.length > 0) {
                double[] in = count * features == exact.length ? exact : java.util.Arrays.copyOf(exact, count * features);
                double[] out = count * outputs == exactOutputs.length ? exactOutputs : new double[count * outputs];
                predictor.predict(in, out);
                System.arraycopy(out, 0, exactOutputs, 0, out.length);
            } else {
                float[] in = count * features == x.length ? x : java.util.Arrays.copyOf(x, count * features);
                float[] out = count * outputs == y.length ? y : new float[count * outputs];
                predictor.predict(in, out);
                System.arraycopy(out, 0, y, 0, out.length);
            }
            count = 0;
        }

        /** An output of a row of the last run, numbers in their own unit. */
        double output(int at, int output) {
            double given = exact.length > 0 ? exactOutputs[at * outputs + output] : y[at * outputs + output];
            return value == null ? given : value.decode(given);
        }

        double[] outputs(int at) {
            double[] all = new double[outputs];
            for (int i = 0; i < outputs; i++) {
                all[i] = output(at, i);
            }
            return all;
        }
    }

    /** The outputs of one row. */
    static double[] one(NativeModel model, Vector vector) {
        Scorer scorer = borrow(model);
        try {
            Batch batch = scorer.new Batch(1);
            batch.add(vector);
            batch.run();
            return batch.outputs(0);
        } finally {
            scorer.giveBack();
        }
    }
}
