// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.formula.Formula;

/**
 * Points of a formula, uniform over a box, as a data set: each input's range becomes -1..1, the values get mean 0 and
 * deviation 1 over the training rows.
 *
 * @param encoding what the numbers mean
 * @param train rows to train on
 * @param test other rows
 */
public record FormulaSet(Encoding encoding, Dataset train, Dataset test) {

    /** The name of what is predicted. */
    private static final String VALUE = "value";
    /** Variables up to which all combinations of ends and middles are looked at for poles. */
    private static final int MOST_PROBED = 6;

    /** From where to where a variable goes; both ends finite, the first below the second. */
    public record Range(double low, double high) {
        /** Checks the ends. */
        public Range {
            if (!(low < high) || Double.isInfinite(low) || Double.isInfinite(high) || Double.isInfinite(high - low)) {
                throw new DataException("a range needs a lower end below its upper end, given " + low + ":" + high);
            }
        }
    }

    /**
     * Samples a formula.
     *
     * @param arena for the rows
     * @param dtype of the rows
     * @param ranges one a variable, in their order
     * @param rows to train on, at least 1
     * @param testRows others, at least 1
     * @throws DataException if the formula is undefined at a point, or infinite at a likely one
     */
    public static FormulaSet sample(Arena arena, DType dtype, Formula formula, List<Range> ranges, int rows,
            int testRows, long seed) {
        Points.refusePoles(formula, ranges);
        SplittableRandom random = new SplittableRandom(seed);
        Points train = Points.sample(formula, ranges, rows, random.split());
        Points test = Points.sample(formula, ranges, testRows, random.split());
        double mean = Arrays.stream(train.values).average().orElseThrow();
        double variance = Arrays.stream(train.values).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
        List<Encoding.Column> columns = new ArrayList<>();
        for (int i = 0; i < ranges.size(); i++) {
            Range range = ranges.get(i);
            columns.add(new Encoding.Numeric(formula.variables().get(i), range.low, range.high,
                    range.low + (range.high - range.low) / 2));
        }
        Encoding.Value value = new Encoding.Value(VALUE, mean, variance > 0 ? Math.sqrt(variance) : 1);
        return new FormulaSet(new Encoding(formula.toString(), columns, value, Encoding.Missing.REFUSE),
                train.scaled(arena, dtype, value), test.scaled(arena, dtype, value));
    }

    private record Points(double[][] inputs, double[] values) {

        static Points sample(Formula formula, List<Range> ranges, int rows, SplittableRandom random) {
            double[][] inputs = new double[rows][ranges.size()];
            double[] values = new double[rows];
            double[] point = new double[ranges.size()];
            for (int b = 0; b < rows; b++) {
                for (int i = 0; i < point.length; i++) {
                    Range range = ranges.get(i);
                    double share = random.nextDouble();
                    inputs[b][i] = 2 * share - 1;
                    point[i] = range.low + share * (range.high - range.low);
                }
                values[b] = formula.evaluate(point);
                if (!Double.isFinite(values[b])) {
                    throw undefined(formula, values[b], point);
                }
            }
            return new Points(inputs, values);
        }

        /**
         * Refuses poles where formulas have them and samples never fall: where variables are 0, at the ends or in the middle
         * of their ranges. What is not a number there, as x log x at 0, may have a limit.
         */
        static void refusePoles(Formula formula, List<Range> ranges) {
            int n = ranges.size();
            double[] point = new double[n];
            int each = n <= MOST_PROBED ? 4 : 1;
            for (int k = 0; k < Math.pow(each, n); k++) {
                for (int i = 0, rest = k; i < n; i++, rest /= each) {
                    Range range = ranges.get(i);
                    double middle = range.low + (range.high - range.low) / 2;
                    point[i] = switch (rest % each) {
                        case 0 -> range.low < 0 && range.high > 0 ? 0 : middle;
                        case 1 -> range.low;
                        case 2 -> range.high;
                        default -> middle;
                    };
                }
                double value = formula.evaluate(point);
                if (Double.isInfinite(value)) {
                    throw undefined(formula, value, point);
                }
            }
        }

        private static DataException undefined(Formula formula, double value, double[] point) {
            return new DataException("the formula " + formula + " is undefined on the range: it is " + value + " at "
                    + describe(formula, point) + "; its ranges say where to sample it");
        }

        private static String describe(Formula formula, double[] point) {
            List<String> parts = new ArrayList<>();
            for (int i = 0; i < point.length; i++) {
                parts.add(formula.variables().get(i) + " = " + point[i]);
            }
            return String.join(", ", parts);
        }

        Dataset scaled(Arena arena, DType dtype, Encoding.Value value) {
            HostTensor features = HostTensor.allocate(arena, dtype, inputs.length, inputs[0].length);
            HostTensor targets = HostTensor.allocate(arena, dtype, inputs.length, 1);
            for (int b = 0; b < inputs.length; b++) {
                for (int i = 0; i < inputs[b].length; i++) {
                    features.set(inputs[b][i], b, i);
                }
                targets.set(value.encode(values[b]), b, 0);
            }
            return Dataset.regression(features, targets);
        }
    }
}
