// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.formula.Interval;

/**
 * Rows of data, column by column.
 *
 * @param inputs of each column its values
 * @param targets of each output its values
 * @param rows how many
 */
public record Observations(Map<String, double[]> inputs, Map<String, double[]> targets, int rows) {

    /** @throws KanException if there is no row or no target, a column has another length or a value is not finite */
    public Observations {
        inputs = new LinkedHashMap<>(inputs);
        targets = new LinkedHashMap<>(targets);
        if (rows < 1 || targets.isEmpty()) {
            throw new KanException(Status.INVALID_ARGUMENT,
                    "a formula needs rows and a target, given " + Counted.of(rows, "row") + " and "
                            + Counted.of(targets.size(), "target"));
        }
        for (Map<String, double[]> columns : java.util.List.of(inputs, targets)) {
            for (Map.Entry<String, double[]> column : columns.entrySet()) {
                check(column.getKey(), column.getValue(), rows);
            }
        }
    }

    private static void check(String name, double[] values, int rows) {
        if (values.length != rows) {
            throw new KanException(Status.SHAPE_MISMATCH,
                    "the column '" + name + "' must have " + Counted.of(rows, "value") + ", given "
                            + values.length);
        }
        for (int row = 0; row < rows; row++) {
            if (!Double.isFinite(values[row])) {
                throw new KanException(Status.INVALID_ARGUMENT, "the column '" + name + "' must be finite, given "
                        + values[row] + " in row " + (row + 1));
            }
        }
    }

    /** The range of each input. */
    public Map<String, Interval> box() {
        Map<String, Interval> box = new LinkedHashMap<>();
        inputs.forEach((name, values) -> box.put(name, new Interval(Arrays.stream(values).min().orElseThrow(),
                Arrays.stream(values).max().orElseThrow())));
        return box;
    }

    /**
     * Inputs that the others say: of columns of zeros and ones which stand together and of which one is 1 in each row, as those of a
     * category are, the last.
     */
    Set<String> implied() {
        Set<String> implied = new HashSet<>();
        int[] sum = new int[rows];
        for (Map.Entry<String, double[]> input : inputs.entrySet()) {
            double[] values = input.getValue();
            boolean binary = Arrays.stream(values).allMatch(v -> v == 0 || v == 1);
            for (int b = 0; b < rows; b++) {
                sum[b] = binary ? sum[b] + (int) values[b] : 0;
            }
            if (Arrays.stream(sum).anyMatch(s -> s > 1)) { // of another category
                Arrays.setAll(sum, b -> (int) values[b]);
            } else if (Arrays.stream(sum).allMatch(s -> s == 1)) {
                implied.add(input.getKey());
                Arrays.fill(sum, 0);
            }
        }
        return implied;
    }

    /** So many rows at most, evenly chosen. */
    Observations thinned(int most) {
        return rows <= most ? this : new Observations(thinned(inputs, most), thinned(targets, most), most);
    }

    private Map<String, double[]> thinned(Map<String, double[]> columns, int most) {
        Map<String, double[]> thin = new LinkedHashMap<>();
        columns.forEach((name, values) -> {
            double[] some = new double[most];
            Arrays.setAll(some, b -> values[(int) ((long) b * rows / most)]);
            thin.put(name, some);
        });
        return thin;
    }

    /** The deviation of a target, divided by the number of rows; 1 for a constant one. */
    double deviation(String target) {
        double squares = VariableProjection.squares(VariableProjection.centred(targets.get(target)));
        return squares > 0 ? Math.sqrt(squares / rows) : 1;
    }
}
