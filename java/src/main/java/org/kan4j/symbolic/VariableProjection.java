// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Fits a family to a curve: a grid of starts on some of the points, then Levenberg-Marquardt on the residual from which the
 * linear columns have been projected away (Kaufman's form of the Jacobian) from the best of them.
 */
final class VariableProjection {

    private static final int STEPS = 60;
    /** Points for ranking starts of one unknown, and of two. */
    private static final int[] COARSE = {129, 129, 49};
    private static final double ROUGHLY = 1e-2;
    private static final double FULLY = 1e-10;
    private static final double EXACT = 1e-28;
    /** Squares left of a curve that is known well, and how many times more say that an exact number is not the right one. */
    private static final double PRECISE = 1e-12;
    private static final double OBJECTION = 100;

    private final double[] u;
    private final double[] y;
    private final double total;

    /** What was found: sse relative to the total; theta, c and d of the family. */
    record Found(double squares, double[] theta, double[] c, double d) {
    }

    /** @param u -1..1 */
    VariableProjection(double[] u, double[] y) {
        this.u = u;
        this.y = y;
        this.total = squares(centred(y));
    }

    /** The best of a family; null where it is undefined on the range. */
    Found fit(Family family) {
        List<double[]> starts = family.starts();
        int best = starts.get(0).length < 2 ? 3 : 5;
        Found found = null;
        for (double[] start : starts.size() <= best ? starts : best(family, starts, best)) {
            Found next = refine(family, start, start.length, ROUGHLY);
            found = better(found, next);
            if (found != null && found.squares < EXACT) {
                break;
            }
        }
        if (found != null) {
            found = better(found, refine(family, found.theta, found.theta.length, FULLY));
            double[] snapped = family.snapped(found.theta);
            if (snapped != null) {
                Found exact = refine(family, snapped, family.freeAfterSnapping(), FULLY);
                boolean objects = exact == null || found.squares < PRECISE && exact.squares > OBJECTION * found.squares;
                return objects ? found : exact;
            }
        }
        return found;
    }

    private static Found better(Found a, Found b) {
        return a == null || b != null && b.squares < a.squares ? b : a;
    }

    private record Ranked(double[] theta, double squares) {
    }

    private List<double[]> best(Family family, List<double[]> starts, int count) {
        int step = Math.max(1, (u.length - 1) / (COARSE[starts.get(0).length] - 1));
        int n = (u.length + step - 1) / step;
        double[] places = new double[n];
        double[] wanted = new double[n];
        for (int i = 0; i < n; i++) {
            places[i] = u[i * step];
            wanted[i] = y[i * step];
        }
        double[] target = centred(wanted);
        double whole = squares(target);
        double[][] columns = new double[family.columns()][n];
        double[] errors = new double[starts.size()];
        for (int s = 0; s < errors.length; s++) {
            errors[s] = family.values(starts.get(s), places, columns) ? rough(columns, target, whole)
                    : Double.POSITIVE_INFINITY;
        }
        List<Ranked> ranked = new ArrayList<>();
        for (int s = 0; s < errors.length; s++) {
            if (Double.isFinite(errors[s])) {
                ranked.add(new Ranked(starts.get(s), errors[s]));
            }
        }
        ranked.sort(Comparator.comparingDouble(Ranked::squares));
        return spread(ranked, count);
    }

    /** The best, leaving out near neighbours in theta of those taken: they would lead to the same minimum. */
    private static List<double[]> spread(List<Ranked> ranked, int count) {
        List<double[]> taken = new ArrayList<>();
        for (Ranked next : ranked) {
            if (taken.size() == count) {
                break;
            }
            boolean near = taken.stream().anyMatch(t -> Arrays.stream(indices(t)).allMatch(
                    j -> Math.abs(t[j] - next.theta[j]) < 0.02 * (1 + Math.abs(t[j]))));
            if (!near) {
                taken.add(next.theta);
            }
        }
        return taken;
    }

    private static int[] indices(double[] theta) {
        int[] indices = new int[theta.length];
        Arrays.setAll(indices, j -> j);
        return indices;
    }

    /** The sum of squares by normal equations: good enough to rank starts. */
    private static double rough(double[][] columns, double[] target, double whole) {
        int n = target.length;
        double[] f = columns[0];
        double sum = 0;
        double square = 0;
        double product = 0;
        for (int i = 0; i < n; i++) {
            sum += f[i];
            square += f[i] * f[i];
            product += f[i] * target[i];
        }
        double variance = square - sum * sum / n;
        if (columns.length == 1) {
            return variance > 1e-14 * square ? whole - product * product / variance : Double.POSITIVE_INFINITY;
        }
        double[] g = columns[1];
        double sumG = 0;
        double squareG = 0;
        double productG = 0;
        double mixed = 0;
        for (int i = 0; i < n; i++) {
            sumG += g[i];
            squareG += g[i] * g[i];
            productG += g[i] * target[i];
            mixed += f[i] * g[i];
        }
        double varianceG = squareG - sumG * sumG / n;
        double covariance = mixed - sum * sumG / n;
        double determinant = variance * varianceG - covariance * covariance;
        if (!(determinant > 1e-13 * variance * varianceG)) {
            return Double.POSITIVE_INFINITY;
        }
        return whole - (varianceG * product * product - 2 * covariance * product * productG
                + variance * productG * productG) / determinant;
    }

    /** The state at a theta: orthonormal columns, residual, linear constants. */
    private final class Point {
        private final double[][] columns;
        private final double[][] basis;
        private final double[] residual;
        private final double[] c;
        private final double d;
        private final double squares;
        private final boolean defined;

        Point(Family family, double[] theta) {
            int k = family.columns();
            columns = new double[k][u.length];
            basis = new double[k][];
            c = new double[k];
            boolean fine = family.values(theta, u, columns);
            residual = centred(y);
            double[][] r = new double[k][k];
            double[] projections = new double[k];
            for (int j = 0; fine && j < k; j++) {
                double[] q = centred(columns[j]);
                double size = Math.sqrt(squares(q));
                for (int pass = 0; pass < 2; pass++) { // twice is enough
                    for (int i = 0; i < j; i++) {
                        double part = dot(q, basis[i]);
                        r[i][j] += part;
                        add(q, -part, basis[i]);
                    }
                }
                r[j][j] = Math.sqrt(squares(q));
                fine = Double.isFinite(size) && r[j][j] > 1e-13 * Math.sqrt(squares(columns[j]));
                scale(q, 1 / r[j][j]);
                basis[j] = q;
                if (fine) {
                    projections[j] = dot(residual, q);
                    add(residual, -projections[j], q);
                }
            }
            defined = fine;
            double constant = mean(y);
            for (int j = k - 1; fine && j >= 0; j--) {
                double value = projections[j];
                for (int i = j + 1; i < k; i++) {
                    value -= r[j][i] * c[i];
                }
                c[j] = value / r[j][j];
                constant -= c[j] * mean(columns[j]);
            }
            d = constant;
            squares = fine && total > 0 ? squares(residual) / total : Double.POSITIVE_INFINITY;
        }

        double[] projected(double[][] slopes) {
            double[] change = new double[u.length];
            for (int k = 0; k < c.length; k++) {
                add(change, c[k], slopes[k]);
            }
            double[] left = centred(change);
            for (double[] q : basis) {
                add(left, -dot(left, q), q);
            }
            return left;
        }
    }

    /**
     * @param free only the first so many of theta move
     * @param enough the share of the squares that a step must save to be followed by another
     */
    private Found refine(Family family, double[] start, int free, double enough) {
        double[] theta = start.clone();
        Point now = new Point(family, theta);
        if (!now.defined || !Double.isFinite(now.squares)) {
            return null;
        }
        double damping = 1e-3;
        double[][][] slopes = new double[theta.length][family.columns()][u.length];
        for (int step = 0; step < STEPS && free > 0 && now.squares > EXACT; step++) {
            family.slopes(theta, u, slopes);
            double[][] jacobian = new double[free][];
            for (int j = 0; j < free; j++) {
                jacobian[j] = now.projected(slopes[j]);
            }
            Point next = null;
            double[] moved = theta;
            for (int trial = 0; trial < 14; trial++, damping *= 4) {
                moved = moved(theta, jacobian, now.residual, damping);
                next = moved == null ? null : new Point(family, moved);
                if (next != null && next.defined && next.squares < now.squares) {
                    break;
                }
                next = null;
            }
            if (next == null) {
                break;
            }
            double gain = (now.squares - next.squares) / now.squares;
            theta = moved;
            now = next;
            damping = Math.max(damping / 8, 1e-15);
            if (gain < enough) {
                break;
            }
        }
        return new Found(now.squares, theta, now.c, now.d);
    }

    /** One step of at most two unknowns; null where no direction is left. */
    private static double[] moved(double[] theta, double[][] jacobian, double[] residual, double damping) {
        double[] moved = theta.clone();
        double a = squares(jacobian[0]);
        double p = dot(jacobian[0], residual);
        if (jacobian.length == 1) {
            moved[0] += p / (a * (1 + damping));
            return Double.isFinite(moved[0]) ? moved : null;
        }
        double b = dot(jacobian[0], jacobian[1]);
        double c = squares(jacobian[1]);
        double q = dot(jacobian[1], residual);
        a *= 1 + damping;
        c *= 1 + damping;
        double determinant = a * c - b * b;
        moved[0] += (c * p - b * q) / determinant;
        moved[1] += (a * q - b * p) / determinant;
        return Double.isFinite(moved[0]) && Double.isFinite(moved[1]) ? moved : null;
    }

    static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /** The values' deviation. */
    static double spread(double[] values) {
        return Math.sqrt(squares(centred(values)) / values.length);
    }

    static double[] centred(double[] values) {
        double mean = mean(values);
        double[] centred = new double[values.length];
        double rest = 0;
        for (int i = 0; i < centred.length; i++) {
            centred[i] = values[i] - mean;
            rest += centred[i];
        }
        rest /= centred.length; // what rounding left of a large mean
        for (int i = 0; i < centred.length; i++) {
            centred[i] -= rest;
        }
        return centred;
    }

    static double squares(double[] values) {
        return dot(values, values);
    }

    static double dot(double[] a, double[] b) {
        return dot(a, b, 0);
    }

    /** From a row on. Four sums, of which none waits for the one before it. */
    static double dot(double[] a, double[] b, int from) {
        double first = 0;
        double second = 0;
        double third = 0;
        double fourth = 0;
        int i = from;
        for (; i + 3 < a.length; i += 4) {
            first += a[i] * b[i];
            second += a[i + 1] * b[i + 1];
            third += a[i + 2] * b[i + 2];
            fourth += a[i + 3] * b[i + 3];
        }
        for (; i < a.length; i++) {
            first += a[i] * b[i];
        }
        return first + second + (third + fourth);
    }

    private static void add(double[] a, double factor, double[] b) {
        for (int i = 0; i < a.length; i++) {
            a[i] += factor * b[i];
        }
    }

    private static void scale(double[] a, double factor) {
        for (int i = 0; i < a.length; i++) {
            a[i] *= factor;
        }
    }
}
