// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.List;
import org.kan4j.formula.Expression;

/**
 * Elementary operations that a search may take, about as many multiplications and additions: counted, not timed, so that what
 * is found is the same on every machine.
 */
final class Budget {

    /** Of a function of a library at a point of a curve: the grid of starts and the refinements. */
    private static final double SUGGESTION = 6000;
    /** Of a node of a tree in a row: its value and its derivative. */
    private static final double NODE = 30;

    private final double whole;
    private double left;
    private double kept;

    Budget(double operations) {
        whole = operations;
        left = operations;
    }

    /** Whether nothing is left but what is kept for later. */
    boolean spent() {
        return left <= kept;
    }

    /** Keeps a share of the whole for later. */
    void keep(double share) {
        kept = share * whole;
    }

    void spend(double operations) {
        left -= operations;
    }

    /** Least squares of columns, counted. */
    LinearFit fit(List<double[]> columns, double[] target) {
        spend(2.0 * target.length * columns.size() * columns.size());
        return LinearFit.of(columns, target);
    }

    /** A library compared with a curve, counted. */
    List<Candidate> suggest(Curve curve, SymbolicLibrary functions, double resolution) {
        spend(SUGGESTION * curve.x().length * functions.functions().size());
        return EdgeFit.suggest(curve, functions, resolution);
    }

    /** Counts a fit of an expression's constants. */
    void constants(Expression e, int rows, int steps) {
        double unknown = Trials.constants(e);
        spend((double) rows * steps * (NODE * e.size() + 2 * unknown * unknown));
    }
}
