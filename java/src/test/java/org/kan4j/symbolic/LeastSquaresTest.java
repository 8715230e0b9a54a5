// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Least squares and what is built of it, against normal equations and closed forms. */
class LeastSquaresTest {

    private static final int ROWS = 60;

    private static double[] rows(IntToDoubleFunction f) {
        double[] values = new double[ROWS];
        Arrays.setAll(values, f);
        return values;
    }

    private static double[][] columns(int count) {
        SplittableRandom random = new SplittableRandom(7);
        double[][] columns = new double[count][];
        Arrays.setAll(columns, k -> random.doubles(ROWS, -1, 1).map(v -> v * Math.pow(10, k)).toArray());
        return columns;
    }

    private static double[][] copy(double[][] columns) {
        return Arrays.stream(columns).map(double[]::clone).toArray(double[][]::new);
    }

    /** Of unit columns scaled by s: (X'X + damping diag(s^2))^-1 by Gauss and Jordan. */
    private static double[][] inverse(double[][] columns, double damping) {
        int n = columns.length;
        double[][] m = new double[n][2 * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                m[i][j] = VariableProjection.dot(columns[i], columns[j]) * (i == j ? 1 + damping : 1);
            }
            m[i][n + i] = 1;
        }
        for (int k = 0; k < n; k++) {
            double pivot = m[k][k];
            for (int j = 0; j < 2 * n; j++) {
                m[k][j] /= pivot;
            }
            for (int i = 0; i < n; i++) {
                double factor = i == k ? 0 : m[i][k];
                for (int j = 0; j < 2 * n; j++) {
                    m[i][j] -= factor * m[k][j];
                }
            }
        }
        return Arrays.stream(m).map(row -> Arrays.copyOfRange(row, n, 2 * n)).toArray(double[][]::new);
    }

    private static double[] solved(double[][] columns, double[] side, double damping) {
        double[][] inverse = inverse(columns, damping);
        double[] right = Arrays.stream(columns).mapToDouble(c -> VariableProjection.dot(c, side)).toArray();
        return Arrays.stream(inverse).mapToDouble(row -> VariableProjection.dot(row, right)).toArray();
    }

    @Test
    void theFactorSolvesWithAndWithoutDamping() {
        double[][] columns = columns(4);
        double[] side = rows(b -> Math.sin(b) + columns[2][b]);
        TriangularFactor factor = new TriangularFactor(copy(columns), side.clone(), 1e-12);
        assertEquals(4, factor.rank());
        for (double damping : new double[] {0, 0.25, 10}) {
            double[] expected = solved(columns, side, damping);
            double[] found = factor.solve(damping);
            for (int k = 0; k < 4; k++) {
                assertEquals(expected[k], found[k], 1e-9 * Math.abs(expected[k]), "column " + k + ", damping " + damping);
            }
        }
        double[] plain = factor.solve(0);
        double[] left = rows(b -> side[b] - plain[0] * columns[0][b] - plain[1] * columns[1][b] - plain[2] * columns[2][b]
                - plain[3] * columns[3][b]);
        assertEquals(VariableProjection.squares(left), factor.left(), 1e-9);
        double[][] inverse = inverse(columns, 0);
        double[] variances = factor.variances();
        for (int k = 0; k < 4; k++) {
            assertEquals(inverse[k][k], variances[k], 1e-9 * inverse[k][k]);
        }
    }

    /** The last column is 2 of the first less a tenth of the third; a column of nothing is one without rank, too. */
    @Test
    void columnsThatSayNothingNewAreNamed() {
        double[][] three = columns(3);
        double[][] columns = {three[0], three[1], three[2], rows(b -> 2 * three[0][b] - 0.01 * three[2][b])};
        TriangularFactor factor = new TriangularFactor(copy(columns), rows(b -> three[1][b]), 1e-9);
        assertEquals(3, factor.rank());
        int without = factor.column(3);
        double[] nothing = factor.nothing();
        double length = Math.sqrt(VariableProjection.squares(columns[without]));
        assertEquals(1 / length, nothing[without], 1e-12 / length);
        assertArrayEquals(new double[ROWS], rows(b -> nothing[0] * columns[0][b] + nothing[1] * columns[1][b]
                + nothing[2] * columns[2][b] + nothing[3] * columns[3][b]), 1e-12);
        assertEquals(0, nothing[1], 1e-12, "the second column has no part in it");
        assertEquals(Double.POSITIVE_INFINITY, factor.variances()[without]);
        assertEquals(0, factor.solve(0)[without]);
        // Of those that make the column up the one with the most of it, in columns of unit length.
        double most = 0;
        int twin = -1;
        for (int k = 0; k < 4; k++) {
            double share = Math.abs(nothing[k]) * Math.sqrt(VariableProjection.squares(columns[k]));
            if (k != without && share > most) {
                most = share;
                twin = k;
            }
        }
        assertEquals(twin, factor.twin(3));
        assertEquals(0, new TriangularFactor(new double[][] {new double[ROWS]}, rows(b -> b), 1e-9).rank());
    }

    @Test
    void theErrorIsPerRowLessColumns() {
        double[][] columns = {LinearFit.ones(ROWS), columns(2)[0], columns(2)[1]};
        double[] target = rows(b -> 3 + 2 * columns[1][b] - 0.5 * columns[2][b] + (b % 2 == 0 ? 0.1 : -0.1));
        LinearFit fit = LinearFit.of(List.of(columns), target);
        assertArrayEquals(solved(columns, target, 0), fit.factors(), 1e-10);
        double[] values = fit.values(List.of(columns), 0, 3);
        double left = VariableProjection.squares(rows(b -> target[b] - values[b])) / (ROWS - 3);
        double spread = VariableProjection.squares(VariableProjection.centred(target)) / ROWS;
        assertEquals(Math.sqrt(left / spread), fit.error(), 1e-12);
        assertArrayEquals(rows(b -> fit.factors()[1] * columns[1][b] + fit.factors()[2] * columns[2][b]),
                fit.values(List.of(columns), 1, 2), 1e-14);
        assertEquals(0, LinearFit.of(List.of(columns), LinearFit.ones(ROWS)).error(), "a constant target has no error");
    }

    /** T_k(cos a) = cos k a of the column brought to -1..1. */
    @Test
    void wavesAreChebyshevPolynomials() {
        double[] x = rows(b -> 3 + 5.0 * b / (ROWS - 1));
        List<double[]> waves = LinearFit.waves(x, 6);
        assertEquals(6, waves.size());
        for (int k = 1; k <= 6; k++) {
            int degree = k;
            assertArrayEquals(rows(b -> Math.cos(degree * Math.acos(Math.clamp((x[b] - 5.5) / 2.5, -1, 1)))), waves.get(k - 1),
                    1e-12);
        }
        assertEquals(List.of(), LinearFit.waves(x, 0));
        assertArrayEquals(rows(b -> -1), LinearFit.waves(rows(b -> 4), 1).getFirst(), "a constant column");
    }

    @Test
    void productsHaveAllDegreesUpToATotalOne() {
        double[] x = rows(b -> -1 + 2.0 * b / (ROWS - 1));
        double[] y = rows(b -> Math.cos(b));
        double[] z = rows(b -> Math.sin(2.7 * b));
        // Of two columns 1, 3, 6, 10 products; of three 1, 4, 10, 20.
        assertEquals(6, LinearFit.products(List.of(x, y), 9).size());
        assertEquals(10, LinearFit.products(List.of(x, y), 10).size());
        assertEquals(20, LinearFit.products(List.of(x, y, z), 34).size());
        assertEquals(31, LinearFit.products(List.of(x), 100).size(), "degrees up to 30");
        assertArrayEquals(LinearFit.ones(ROWS), LinearFit.products(List.of(x, y), 10).getFirst());
        List<double[]> ofFirst = LinearFit.ofFirst(LinearFit.products(List.of(x, y), 10), 2);
        assertEquals(6, ofFirst.size(), "x times all of degree 2");
        double[] function = rows(b -> x[b] * (1 + y[b] - 2 * x[b] * y[b]));
        double[] without = rows(b -> y[b] * y[b]);
        List<double[]> withConstant = new ArrayList<>(ofFirst);
        withConstant.addAll(LinearFit.waves(y, 3));
        withConstant.add(LinearFit.ones(ROWS));
        assertTrue(LinearFit.of(withConstant, function).error() < 1e-12);
        assertTrue(LinearFit.of(ofFirst, without).error() > 0.1);
    }

    @Test
    void slopesAreDerivativesByOneColumn() {
        double[] x = rows(b -> 2 + Math.cos(b));
        double[] y = rows(b -> 10 * Math.sin(3.1 * b));
        List<double[]> columns = List.of(x, y);
        double[] target = rows(b -> x[b] * x[b] * y[b] + 4 * y[b] * y[b] - 3 * x[b]);
        LinearFit fit = LinearFit.of(LinearFit.products(columns, 10), target);
        assertTrue(fit.error() < 1e-12);
        assertArrayEquals(rows(b -> 2 * x[b] * y[b] - 3), LinearFit.slopes(columns, 10, 0, fit.factors()), 1e-9);
        assertArrayEquals(rows(b -> x[b] * x[b] + 8 * y[b]), LinearFit.slopes(columns, 10, 1, fit.factors()), 1e-9);
    }

    @Test
    void theGoldenSectionClosesIn() {
        List<Double> asked = new ArrayList<>();
        double found = Golden.least(v -> {
            asked.add(v);
            return Math.abs(v - 2.3);
        }, -1, 7, 40);
        assertEquals(2.3, found, 1e-7);
        assertEquals(42, asked.size(), "one place a step");
        assertTrue(asked.stream().allMatch(v -> v > -1 && v < 7));
        assertEquals(7, Golden.least(v -> -v, -1, 7, 60), 1e-9);
        assertEquals(-1, Golden.least(v -> v, -1, 7, 60), 1e-9);
        assertEquals((Math.sqrt(5) - 1) / 2 * 8 - 1, asked.get(1), 1e-12);
    }

    /** Of rows: noise goes with nothing, a wave along an input, alternating signs and a function of two inputs do. */
    @Test
    void residualsThatGoTogetherAreSeen() {
        int rows = 400;
        double[] x = new SplittableRandom(1).doubles(rows, -1, 1).toArray();
        double[] y = new SplittableRandom(2).doubles(rows, -1, 1).toArray();
        SplittableRandom random = new SplittableRandom(3);
        double[] noise = new double[rows];
        Arrays.setAll(noise, b -> random.nextGaussian());
        assertFalse(Residuals.goTogether(noise, List.of(x, y)));
        double[] wave = new double[rows];
        Arrays.setAll(wave, b -> noise[b] + 2 * Math.sin(20 * y[b]));
        assertTrue(Residuals.goTogether(wave, List.of(x, y)));
        assertFalse(Residuals.goTogether(wave, List.of(x)), "along another input it is noise");
        double[] product = new double[rows];
        Arrays.setAll(product, b -> noise[b] + 3 * x[b] * y[b]);
        assertTrue(Residuals.goTogether(product, List.of(x, y)), "a smooth function of both");
        double[] inOrder = new double[rows];
        Arrays.setAll(inOrder, b -> b);
        double[] alternating = new double[rows];
        Arrays.setAll(alternating, b -> b % 2 == 0 ? 1 : -1);
        assertTrue(Residuals.goTogether(alternating, List.of(inOrder)), "opposite neighbours");
        assertFalse(Residuals.goTogether(Arrays.copyOf(alternating, 29), List.of(Arrays.copyOf(inOrder, 29))), "too few");
        assertTrue(Residuals.goTogether(Arrays.copyOf(alternating, 30), List.of(Arrays.copyOf(inOrder, 30))));
    }
}
