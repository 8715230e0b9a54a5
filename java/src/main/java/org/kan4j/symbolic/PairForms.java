// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import java.util.function.Predicate;
import org.kan4j.formula.Expression;
import org.kan4j.symbolic.Target.Quantity;

/** Two inputs that matter by one number: their difference, sum, product, quotient or distance from the origin. */
final class PairForms implements StructureRun.Form {

    private static final int MOST_COLUMNS = 140;
    private static final int STRUCTURES = 3;
    private static final double FITS = 0.05;

    private final StructureRun run;

    PairForms(StructureRun run) {
        this.run = run;
    }

    /** A number made of two. */
    record Rule(DoubleBinaryOperator value, BinaryOperator<Expression> written) {

        /** Its values, not all finite where it divides by 0. */
        Quantity number(Quantity a, Quantity b) {
            double[] values = new double[a.values().length];
            Arrays.setAll(values, r -> value.applyAsDouble(a.values()[r], b.values()[r]));
            Quantity number = new Quantity(written.apply(a.meaning(), b.meaning()), values);
            boolean logarithmic = (a.logarithmic() || b.logarithmic()) && number.wide();
            return logarithmic ? new Quantity(number.meaning(), values, true) : number;
        }
    }

    private static final Expression TWO = Expression.integer(2);
    static final List<Rule> RULES = List.of(new Rule((a, b) -> a - b, Expression::minus),
            new Rule(Double::sum, Expression::plus), new Rule((a, b) -> a * b, Expression::times),
            new Rule((a, b) -> a / b, Expression::over), new Rule((a, b) -> b / a, (a, b) -> b.over(a)),
            new Rule((a, b) -> a * a + b * b, (a, b) -> Expression.power(a, TWO).plus(Expression.power(b, TWO))),
            new Rule((a, b) -> a * a - b * b, (a, b) -> Expression.power(a, TWO).minus(Expression.power(b, TWO))));

    private record Substitution(Target target, Quantity pair, double error) {
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        List<Substitution> found = new ArrayList<>();
        for (int i = 0; i < target.inputs().size(); i++) {
            for (int j = i + 1; j < target.inputs().size(); j++) {
                for (Rule rule : RULES) {
                    if (run.over()) {
                        return true;
                    }
                    Substitution one = substituted(target, target.inputs().get(i), target.inputs().get(j), rule);
                    if (one != null && one.error < run.fits(FITS, target)) {
                        found.add(one);
                    }
                }
            }
        }
        found.sort(Comparator.comparingDouble(Substitution::error));
        for (Substitution one : found.stream().limit(run.thorough() ? STRUCTURES : 1).toList()) {
            run.say("%s matters as one number, to %.1e", one.pair.meaning(), one.error);
            if (run.solve(one.target, depth + 1, whole)) {
                return true;
            }
        }
        return run.over() || depth == 0 && run.thorough() && target.inputs().size() == 2 && beside(target, depth, whole);
    }

    /** A number made of two inputs, and one of them. */
    private boolean beside(Target target, int depth, Predicate<Expression> whole) {
        for (Rule rule : RULES) {
            Substitution one = substituted(target, target.inputs().get(0), target.inputs().get(1), rule);
            for (Quantity kept : one == null ? List.<Quantity>of() : target.inputs()) {
                Target other = new Target(List.of(one.pair, kept), target.values(), target.precision());
                if (run.separated(other, depth + 1, whole)) {
                    return true;
                }
            }
        }
        return run.over();
    }

    private Substitution substituted(Target target, Quantity a, Quantity b, Rule rule) {
        Quantity pair = rule.number(a, b);
        double[] values = pair.values();
        if (Arrays.stream(values).anyMatch(v -> !Double.isFinite(v))) {
            return null;
        }
        Target smaller = target.with(List.of(a, b), pair);
        int most = Math.min(MOST_COLUMNS, values.length / 4);
        List<double[]> columns = LinearFit.products(smaller.columns(), most);
        return new Substitution(smaller, pair, run.budget().fit(columns, target.values()).error());
    }
}
