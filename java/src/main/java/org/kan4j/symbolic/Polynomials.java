// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.List;
import org.kan4j.formula.Expression;

/** Families without a function: polynomials, and whole powers of a distance. */
final class Polynomials {

    private Polynomials() {
    }

    /** c P(u) + d for a polynomial without unknowns. */
    record Monomials(int degree) implements Family {
        @Override
        public int columns() {
            return degree;
        }

        @Override
        public List<double[]> starts() {
            return List.of(new double[0]);
        }

        @Override
        public boolean values(double[] theta, double[] u, double[][] values) {
            for (int i = 0; i < u.length; i++) {
                double power = 1;
                for (int k = 0; k < degree; k++) {
                    power *= u[i];
                    values[k][i] = power;
                }
            }
            return true;
        }

        @Override
        public void slopes(double[] theta, double[] u, double[][][] slopes) {
            // no unknowns
        }

        @Override
        public Expression expression(double[] theta, double[] c, double d, Scale scale) {
            if (degree == 2) {
                double tau = -c[0] / (2 * c[1]);
                if (Math.abs(tau) <= 1) {
                    Expression distance = scale.distance(tau);
                    return Expression.real(c[1] / (scale.half() * scale.half()))
                            .times(Expression.power(distance, Expression.integer(2)))
                            .plus(Expression.real(d + c[0] * tau / 2));
                }
            }
            return Expression.sum(powers(c, d, scale));
        }

        /** Of u to powers of x, by Horner's scheme on polynomials. */
        private static List<Expression> powers(double[] c, double d, Scale scale) {
            double slope = 1 / scale.half();
            double shift = -scale.middle() / scale.half();
            double[] p = new double[c.length + 1];
            for (int k = c.length; k >= 0; k--) {
                for (int j = c.length; j >= 1; j--) {
                    p[j] = p[j] * shift + p[j - 1] * slope;
                }
                p[0] = p[0] * shift + (k == 0 ? d : c[k - 1]);
            }
            List<Expression> terms = new ArrayList<>();
            for (int j = c.length; j >= 1; j--) {
                terms.add(Expression.real(p[j]).times(Expression.power(Scale.x(), Expression.integer(j))));
            }
            terms.add(Expression.real(p[0]));
            return terms;
        }
    }

    /** A power of the distance from a place anywhere. */
    record Shifted(int power) implements Family {
        @Override
        public int columns() {
            return 1;
        }

        @Override
        public List<double[]> starts() {
            List<double[]> starts = Families.evenly(-1, 1, 41);
            for (double beyond : Families.powersOfTen(-2, 1.5, 24)) {
                starts.add(new double[] {1 + beyond});
                starts.add(new double[] {-1 - beyond});
            }
            return starts;
        }

        @Override
        public boolean values(double[] theta, double[] u, double[][] values) {
            double size = 1 + Math.abs(theta[0]);
            for (int i = 0; i < u.length; i++) {
                values[0][i] = whole((u[i] - theta[0]) / size, power);
            }
            return Math.abs(theta[0]) < 1e4;
        }

        @Override
        public void slopes(double[] theta, double[] u, double[][][] slopes) {
            // The column's own scale is linear: it drops out of the projected derivative.
            double size = 1 + Math.abs(theta[0]);
            for (int i = 0; i < u.length; i++) {
                slopes[0][0][i] = -power / size * whole((u[i] - theta[0]) / size, power - 1);
            }
        }

        private static double whole(double v, int n) {
            double result = 1;
            for (int i = 0; i < n; i++) {
                result *= v;
            }
            return result;
        }

        @Override
        public Expression expression(double[] theta, double[] c, double d, Scale scale) {
            double place = scale.middle() + scale.half() * theta[0];
            double factor = c[0] / Math.pow(scale.half() * (1 + Math.abs(theta[0])), power);
            Expression distance = Scale.x().plus(Expression.real(-place));
            return Expression.real(factor).times(Expression.power(distance, Expression.integer(power)))
                    .plus(Expression.real(d));
        }
    }
}
