// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.formula.Interval;

/**
 * From a composition to formulas: redundant constants out, all others fitted together, everything put into one expression an
 * output and simplified, constants made exact one by one where the data does not object.
 *
 * @param steps of each fit at most
 * @param snap whether constants may become exact
 * @param listener is told what is tried
 * @param cancelled asked between trials; constants not made exact by then stay measured
 */
public record FormulaSearch(int steps, boolean snap, Consumer<String> listener, BooleanSupplier cancelled) {

    /** @throws KanException if no step is allowed */
    public FormulaSearch {
        if (steps < 1) {
            throw new KanException(Status.INVALID_ARGUMENT, "a fit needs at least 1 step, given " + steps);
        }
    }

    /** 100 steps, exact constants. */
    public static FormulaSearch defaults() {
        return new FormulaSearch(100, true, line -> {
        }, () -> false);
    }

    /** With constants made exact or not. */
    public FormulaSearch withSnapping(boolean exact) {
        return new FormulaSearch(steps, exact, listener, cancelled);
    }

    /** With a listener. */
    public FormulaSearch withListener(Consumer<String> lines) {
        return new FormulaSearch(steps, snap, lines, cancelled);
    }

    /** With a question that ends the search when it is answered by true. */
    public FormulaSearch withCancelled(BooleanSupplier question) {
        return new FormulaSearch(steps, snap, listener, question);
    }

    /**
     * Finds the formulas.
     *
     * @param composition whose variables are columns of the data; numeric edges stay named functions
     * @param train rows to fit constants to
     * @param held other rows, which decide what constants may be
     * @param box of the columns, on which simplifications hold
     * @throws KanException if a column or a target is missing, or the composition is undefined on a row
     */
    public FormulaResult find(Composition composition, Observations train, Observations held, Map<String, Interval> box) {
        for (String column : composition.columns()) {
            if (!box.containsKey(column)) {
                throw new KanException(Status.INVALID_ARGUMENT, "the column '" + column + "' has no range; given are "
                        + String.join(", ", box.keySet()));
            }
        }
        return new Formulas(this, train, held, box).of(composition);
    }
}
