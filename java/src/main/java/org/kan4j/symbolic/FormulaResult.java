// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.List;
import java.util.Map;
import org.kan4j.formula.Expression;

/**
 * Formulas of a composition's outputs in the data's own columns.
 *
 * @param formulas of each output its formula, simplified, its constants exact where the data allows it
 * @param raw the same before any constant was made exact
 * @param constants those that stayed measured, and those that became exact
 * @param rmse of the formulas on the rows they were fitted to, in units of the outputs' deviations
 * @param heldRmse on the held-out rows
 * @param rawHeldRmse of the raw formulas on the held-out rows
 * @param pareto size against error of the formulas met on the way
 * @param indistinct a sentence for each constant that the data did not tell from another
 */
public record FormulaResult(Map<String, Expression> formulas, Map<String, Expression> raw, List<Snapped> constants,
        double rmse, double heldRmse, double rawHeldRmse, List<Size> pareto, List<String> indistinct) {

    /** Errors below it, in deviations, are all the same. */
    private static final double SAME = 1e-9;

    /**
     * A constant.
     *
     * @param measured its fitted value
     * @param standardError of it; infinite where the data does not tell it from another
     * @param exact the number it became; null if it stayed
     */
    public record Snapped(double measured, double standardError, Expression exact) {
    }

    /**
     * One formula of the list.
     *
     * @param size nodes of all outputs' trees
     * @param heldRmse on the held-out rows, in units of the outputs' deviations
     * @param formulas of each output
     */
    public record Size(int size, double heldRmse, Map<String, Expression> formulas) {
    }

    /** Copies the lists. */
    public FormulaResult {
        constants = List.copyOf(constants);
        pareto = List.copyOf(pareto);
        indistinct = List.copyOf(indistinct);
    }

    /**
     * Bits that the formulas and what they leave of the data take to be written down: of several results the one of the fewest
     * is the one to choose.
     *
     * @param rows the formulas were fitted to
     * @param heldRows those held out
     */
    public double bits(int rows, int heldRows) {
        double error = Math.max(SAME, DescriptionLength.error(rmse, rows, heldRmse, heldRows));
        return DescriptionLength.bits(error, (rows + heldRows) * formulas.size(),
                formulas.values().stream().mapToDouble(f -> DescriptionLength.bits(f, rows + heldRows)).sum());
    }

    /** Whether no constant is measured any more. */
    public boolean isExact() {
        return constants.stream().allMatch(c -> c.exact() != null);
    }
}
