// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.kan4j.formula.Expression;

/** Roots and reciprocals of what other forms find of a power of the target: distances, and what adds up as its reciprocal does. */
final class RootForms implements StructureRun.Form {

    private static final int FEWEST_INPUTS = 2;
    /** What is looked at in the place of the target. */
    private static final List<Integer> EXPONENTS = List.of(2, -1, -2);

    private final StructureRun run;
    private final List<StructureRun.Form> forms;

    RootForms(StructureRun run, List<StructureRun.Form> forms) {
        this.run = run;
        this.forms = forms;
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        if (depth > 0 || target.inputs().size() < FEWEST_INPUTS) {
            return run.over();
        }
        double sign = Arrays.stream(target.values()).allMatch(v -> v > 0) ? 1
                : Arrays.stream(target.values()).allMatch(v -> v < 0) ? -1 : 0;
        if (sign == 0) {
            return run.over();
        }
        for (int exponent : EXPONENTS) {
            Target power = target.with(Arrays.stream(target.values()).map(v -> Math.pow(v, exponent)).toArray(),
                    target.precision());
            for (StructureRun.Form form : forms) {
                if (run.over() || form.search(power, 1, e -> whole.test(back(e, exponent, sign)))) {
                    return true;
                }
            }
        }
        return run.over();
    }

    private static Expression back(Expression power, int exponent, double sign) {
        Expression root = exponent == -1 ? Expression.power(power, Expression.integer(-1))
                : Expression.power(power, Expression.rational(1, exponent));
        return exponent != -1 && sign < 0 ? root.negated() : root;
    }
}
