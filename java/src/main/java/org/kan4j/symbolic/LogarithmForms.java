// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;

/**
 * Other forms of the target's logarithm, in which an exponent is a factor: (1 + r/n)^(n t). Sums and polynomials look at it by
 * themselves.
 */
final class LogarithmForms implements StructureRun.Form {

    private static final int DEEPEST = 1;
    private static final int FEWEST_INPUTS = 2;

    private final StructureRun run;
    private final List<StructureRun.Form> forms;

    LogarithmForms(StructureRun run, List<StructureRun.Form> forms) {
        this.run = run;
        this.forms = forms;
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        if (depth > DEEPEST || target.inputs().size() < FEWEST_INPUTS
                || Arrays.stream(target.values()).anyMatch(v -> !(v > 0))) {
            return run.over();
        }
        Target logarithm = target.with(Arrays.stream(target.values()).map(Math::log).toArray(), target.precision());
        for (StructureRun.Form form : forms) {
            if (run.over() || form.search(logarithm, depth, e -> whole.test(Expression.call(UnaryFunction.EXP, e)))) {
                return true;
            }
        }
        return run.over();
    }
}
