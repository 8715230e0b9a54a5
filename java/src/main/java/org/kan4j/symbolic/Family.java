// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.List;
import org.kan4j.formula.Expression;

/**
 * A set of functions of u in -1..1, {@code sum of c_k column_k(u; theta) + d}: linear in all constants but theta, so that
 * only theta is searched (variable projection: Golub and Pereyra, The differentiation of pseudo-inverses and nonlinear least
 * squares problems whose variables separate, 1973).
 */
interface Family {

    /** How many linear columns there are besides the constant one. */
    int columns();

    /** Nonlinear constants to start from; those of length 0 have none. */
    List<double[]> starts();

    /**
     * The columns' values.
     *
     * @param values [column][point], written
     * @return false if a column is undefined at a point
     */
    boolean values(double[] theta, double[] u, double[][] values);

    /**
     * Their derivatives with respect to theta.
     *
     * @param slopes [unknown][column][point], written
     */
    void slopes(double[] theta, double[] u, double[][][] slopes);

    /** The function of x, where u = (x - middle)/half. */
    Expression expression(double[] theta, double[] c, double d, Scale scale);

    /** What may be kept of theta exactly; null where nothing is. */
    default double[] snapped(double[] theta) {
        return null;
    }

    /** How many of theta are free after {@link #snapped}. */
    default int freeAfterSnapping() {
        return 0;
    }

    /**
     * From u in -1..1 to x.
     *
     * @param middle of the range of x
     * @param half its width
     */
    record Scale(double middle, double half) {

        static Expression x() {
            return Expression.variable(Candidate.X);
        }

        /** alpha u + beta as a x + b. */
        Expression argument(double alpha, double beta) {
            double a = alpha / half;
            return Expression.sum(Expression.real(a).times(x()), Expression.real(beta - a * middle));
        }

        /** x less the place of u = tau; or the place less x, where the range lies below it. */
        Expression distance(double tau) {
            double place = middle + half * tau;
            return tau > 1 ? Expression.real(place).minus(x()) : x().plus(Expression.real(-place));
        }
    }
}
