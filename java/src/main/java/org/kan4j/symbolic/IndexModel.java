// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.Target.Quantity;

/**
 * How an unknown function f of one number and what is beside it make a target.
 *
 * @param times whether powers and exponentials of what is beside f are factors, or multiples of it terms
 * @param few some of the rows, at which many numbers are looked at
 * @param onFew the fit there
 * @param onAll and in all rows
 */
record IndexModel(Target target, boolean times, List<Beside> beside, int[] few, PartialLinear onFew, PartialLinear onAll) {

    private static final int FEW = 140;

    /** What may stand beside f: a column with what it means, of which a factor is to be found. */
    record Beside(Expression meaning, double[] values) {
    }

    /** Powers of inputs as factors. */
    static IndexModel ofPowers(Target target) {
        return of(target, true, powers(target));
    }

    /** Powers of inputs, of their sums and differences, and exponentials of inputs, products and quotients as factors. */
    static IndexModel ofExponentials(Target target) {
        return of(target, true, exponentials(target));
    }

    /** Inputs, their squares and products as terms. */
    static IndexModel ofPolynomial(Target target) {
        return of(target, false, polynomial(target));
    }

    private static IndexModel of(Target target, boolean times, List<Beside> beside) {
        int rows = target.values().length;
        int[] few = IntStream.range(0, Math.min(FEW, rows)).map(k -> (int) ((long) k * rows / Math.min(FEW, rows))).toArray();
        return new IndexModel(target, times, beside, few, fit(target, times, beside, few),
                fit(target, times, beside, IntStream.range(0, rows).toArray()));
    }

    /** Of a product the logarithm, rows near 0 counting less. */
    private static PartialLinear fit(Target target, boolean times, List<Beside> beside, int[] rows) {
        double[] sizes = Arrays.stream(rows).mapToDouble(b -> Math.abs(target.values()[b])).toArray();
        double middle = Arrays.stream(sizes).sorted().toArray()[sizes.length / 2];
        double[] weights = LinearFit.ones(sizes.length);
        double[] values = Arrays.stream(rows).mapToDouble(b -> target.values()[b]).toArray();
        if (times) {
            boolean signs = Arrays.stream(values).anyMatch(v -> v <= 0) && Arrays.stream(values).anyMatch(v -> v >= 0);
            Arrays.setAll(weights, k -> signs ? sizes[k] / (sizes[k] + middle) : 1);
            Arrays.setAll(values, k -> sizes[k] > 0 ? Math.log(sizes[k]) : 0);
        }
        List<double[]> columns = new ArrayList<>();
        beside.forEach(one -> columns.add(Arrays.stream(rows).mapToDouble(b -> one.values()[b]).toArray()));
        return new PartialLinear(columns, values, weights);
    }

    /** Without one of the columns. */
    IndexModel without(Beside one) {
        return of(target, times, beside.stream().filter(other -> other != one).toList());
    }

    /** The same of the target less a constant. */
    IndexModel less(double constant) {
        return of(target.with(Arrays.stream(target.values()).map(v -> v - constant).toArray(), target.precision()), times,
                beside);
    }

    private static List<Beside> powers(Target target) {
        List<Beside> beside = new ArrayList<>();
        target.inputs().stream().filter(q -> Arrays.stream(q.values()).allMatch(v -> v != 0))
                .forEach(q -> beside.add(logarithm(q.meaning(), q.values())));
        return beside;
    }

    private static Beside logarithm(Expression meaning, double[] values) {
        Expression written = Arrays.stream(values).allMatch(v -> v < 0) ? meaning.negated() : meaning;
        return new Beside(Expression.call(UnaryFunction.LOG, written),
                Arrays.stream(values).map(v -> Math.log(Math.abs(v))).toArray());
    }

    private static List<Beside> exponentials(Target target) {
        List<Beside> beside = powers(target);
        List<Quantity> inputs = target.inputs();
        inputs.forEach(q -> beside.add(new Beside(q.meaning(), q.values())));
        for (int i = 0; i < inputs.size(); i++) {
            for (int j = i + 1; j < inputs.size(); j++) {
                for (PairForms.Rule rule : PairForms.RULES.subList(0, 5)) {
                    Quantity number = rule.number(inputs.get(i), inputs.get(j));
                    boolean sum = number.meaning() instanceof Expression.Sum;
                    boolean sign = Arrays.stream(number.values()).allMatch(v -> v > 0)
                            || Arrays.stream(number.values()).allMatch(v -> v < 0);
                    if (Arrays.stream(number.values()).allMatch(Double::isFinite) && (sign || !sum)) {
                        beside.add(sum ? logarithm(number.meaning(), number.values())
                                : new Beside(number.meaning(), number.values()));
                    }
                }
            }
        }
        return beside;
    }

    private static List<Beside> polynomial(Target target) {
        List<Beside> beside = new ArrayList<>();
        List<Quantity> inputs = target.inputs();
        inputs.forEach(q -> beside.add(new Beside(q.meaning(), q.values())));
        for (int i = 0; i < inputs.size(); i++) {
            for (int j = i; j < inputs.size(); j++) {
                beside.add(new Beside(inputs.get(i).meaning().times(inputs.get(j).meaning()),
                        LinearFit.times(inputs.get(i).values(), inputs.get(j).values())));
            }
        }
        return beside;
    }
}
