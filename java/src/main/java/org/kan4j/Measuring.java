// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Outputs;
import org.kan4j.error.KanException;
import org.kan4j.rows.RowSource;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Measures a model on rows that are encoded in F64, with what is so of them. */
record Measuring(Encoding encoding, Predictor predictor) {

    /** Rows that are measured at a time. */
    private static final int BLOCK = 4096;
    /** Rows that importances are measured on. */
    private static final int MOST = 20_000;

    /** What takes a block of rows: how many, their features, and what is so. */
    @FunctionalInterface
    private interface Block {
        void take(int count, double[] features, double[][] truth);
    }

    Report report(RowSource rows) {
        List<double[]> predicted = new ArrayList<>();
        List<double[]> truth = new ArrayList<>();
        pass(rows, (count, features, so) -> {
            predicted.addAll(Arrays.asList(decoded(features, count)));
            truth.addAll(Arrays.asList(so));
        });
        return report(predicted.toArray(double[][]::new), truth.toArray(double[][]::new));
    }

    /** By how much the score falls where each input is dealt anew, on at most so many evenly spread rows. */
    List<Importance> importance(RowSource rows, int repetitions, long seed) {
        if (repetitions < 1) {
            throw KanException.invalid("the repetitions must be at least 1, given %d", repetitions);
        }
        int in = encoding.features();
        int kept = Math.min(MOST, rows.size());
        double[] features = new double[Math.multiplyExact(kept, in)];
        double[][] truth = new double[kept][];
        int[] at = {0, 0}; // rows passed, rows kept
        pass(rows, (count, block, so) -> {
            for (int i = 0; i < count; i++, at[0]++) {
                if (at[1] < kept && at[0] == (long) at[1] * rows.size() / kept) {
                    System.arraycopy(block, i * in, features, at[1] * in, in);
                    truth[at[1]++] = so[i];
                }
            }
        });
        List<Importance> all = new ArrayList<>();
        List<String> inputs = encoding.inputs();
        int from = 0;
        for (Encoding.Column column : encoding.columns()) {
            int runs = column instanceof Encoding.Pixels p ? p.count() : 1;
            for (int i = 0; i < runs; i++) {
                int columns = column.width() / runs;
                all.add(Importance.of(inputs.get(all.size()), features, in, from, columns, repetitions, seed,
                        dealt -> report(decoded(dealt, kept), truth).score()));
                from += columns;
            }
        }
        return all;
    }

    private double[][] decoded(double[] features, int rows) {
        double[] outputs = predictor.predict(features);
        double[][] decoded = new double[rows][];
        int width = outputs.length / rows;
        for (int i = 0; i < rows; i++) {
            decoded[i] = Outputs.decode(encoding.target(), Arrays.copyOfRange(outputs, i * width, (i + 1) * width));
        }
        return decoded;
    }

    private void pass(RowSource rows, Block each) {
        int n = rows.size();
        if (n == 0) {
            throw KanException.invalid("there are no rows to measure on");
        }
        int in = encoding.features();
        int width = encoding.target().width();
        boolean classes = encoding.target() instanceof Encoding.Classes;
        try (Arena arena = Arena.ofConfined(); RowSource.Pass pass = rows.inOrder()) {
            int block = Math.min(BLOCK, n);
            MemorySegment x = HostTensor.allocate(arena, DType.F64, block, in).segment();
            MemorySegment t = HostTensor.allocate(arena, DType.F64, block, width).segment();
            MemorySegment weights = HostTensor.allocate(arena, DType.F64, block).segment();
            for (int from = 0; from < n; from += block) {
                int count = Math.min(block, n - from);
                pass.read(from, from + count, x, t, weights);
                double[] features = new double[count * in];
                MemorySegment.copy(x, ValueLayout.JAVA_DOUBLE, 0, features, 0, features.length);
                double[][] truth = new double[count][classes ? 1 : width];
                for (int i = 0; i < count; i++) {
                    for (int o = 0; o < truth[i].length; o++) {
                        truth[i][o] = classes ? t.getAtIndex(ValueLayout.JAVA_INT, i)
                                : t.getAtIndex(ValueLayout.JAVA_DOUBLE, (long) i * width + o);
                    }
                }
                each.take(count, features, truth);
            }
        }
    }

    /** From decoded outputs, and targets as a model is trained on them. */
    private Report report(double[][] predicted, double[][] truth) {
        int n = truth.length;
        return switch (encoding.target()) {
            case Encoding.Classes c -> Report.classes(c.labels(), predicted,
                    Arrays.stream(truth).mapToInt(row -> (int) row[0]).toArray());
            case Encoding.Labels l -> {
                boolean[][] has = new boolean[n][l.width()];
                for (int i = 0; i < n; i++) {
                    for (int o = 0; o < l.width(); o++) {
                        has[i][o] = truth[i][o] > 0.5;
                    }
                }
                yield Report.labels(l.labels(), predicted, has);
            }
            case Encoding.Value v -> {
                double[] values = new double[n];
                double[] actual = new double[n];
                for (int i = 0; i < n; i++) {
                    values[i] = predicted[i][0];
                    actual[i] = v.decode(truth[i][0]);
                }
                yield Report.values(values, actual);
            }
            case Encoding.Numbers several -> Report.numbers(several, predicted, truth);
            case Encoding.Quantiles q -> Report.quantiles(q, predicted, truth);
        };
    }
}
