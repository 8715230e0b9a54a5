// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;

/** What a search relies on of every function of the library: slopes that are those of the values, expressions that are them. */
class FamiliesTest {

    private static final double[] U = {-1, -0.77, -0.5, -0.213, 0.004, 0.31, 0.62, 0.871, 1};
    private static final Family.Scale SCALE = new Family.Scale(1.7, 0.6);

    /** Some of the starts at which a family is defined, moved a little so that none is special. */
    private static List<double[]> places(Family family) {
        List<double[]> starts = family.starts();
        List<double[]> places = new ArrayList<>();
        double[][] values = new double[family.columns()][U.length];
        for (int s = 0; s < starts.size(); s += Math.max(1, starts.size() / 97)) {
            double[] theta = Arrays.stream(starts.get(s)).map(t -> t + 1e-3).toArray();
            if (family.values(theta, U, values) && Arrays.stream(values).flatMapToDouble(Arrays::stream)
                    .allMatch(v -> Math.abs(v) < 1e3)) {
                places.add(theta);
            }
        }
        return places;
    }

    private static void forAll(String what, java.util.function.BiConsumer<Family, double[]> check) {
        for (EdgeFunction function : SymbolicLibrary.special().functions()) {
            for (Family family : function.families()) {
                List<double[]> places = places(family);
                assertTrue(places.size() > 4 || family.starts().size() == 1, function + " has few starts for " + what);
                for (double[] theta : places) {
                    try {
                        check.accept(family, theta);
                    } catch (AssertionError e) {
                        throw new AssertionError(what + " of " + function + " at " + Arrays.toString(theta), e);
                    }
                }
            }
        }
    }

    private static double[][] values(Family family, double[] theta, int moved, double by) {
        double[] other = theta.clone();
        other[moved] += by;
        double[][] values = new double[family.columns()][U.length];
        assertTrue(family.values(other, U, values));
        return values;
    }

    @Test
    void slopesAreThoseOfTheValues() {
        forAll("slopes", (family, theta) -> {
            double[][][] slopes = new double[theta.length][family.columns()][U.length];
            family.slopes(theta, U, slopes);
            for (int j = 0; j < theta.length; j++) {
                double step = 1e-6 * (1 + Math.abs(theta[j]));
                double[][] at = values(family, theta, j, 0);
                double[][] above = values(family, theta, j, step);
                double[][] below = values(family, theta, j, -step);
                for (int k = 0; k < at.length; k++) {
                    double[] difference = new double[U.length];
                    for (int i = 0; i < U.length; i++) {
                        difference[i] = (above[k][i] - below[k][i]) / (2 * step);
                    }
                    if (family instanceof Polynomials.Shifted) { // but for the column's own scale
                        double[] column = at[k];
                        int most = Math.abs(column[0]) > Math.abs(column[U.length - 1]) ? 0 : U.length - 1;
                        double share = (slopes[j][k][most] - difference[most]) / column[most];
                        Arrays.setAll(difference, i -> difference[i] + share * column[i]);
                    }
                    double size = 1e-3 + Arrays.stream(difference).map(Math::abs).max().orElseThrow();
                    assertArrayEquals(difference, slopes[j][k], 2e-5 * size);
                }
            }
        });
    }

    @Test
    void expressionsAreTheFamilysInTheUnitsOfTheInput() {
        double[][] factors = {{1.3, 0.4, -0.2, 0.7, -0.6, 0.1}, {-0.8, 0.5, 0.3, -1.1, 0.2, 0.9}};
        double[] x = Arrays.stream(U).map(u -> SCALE.middle() + SCALE.half() * u).toArray();
        forAll("expression", (family, theta) -> {
            for (double[] c : factors) {
                double[][] values = new double[family.columns()][U.length];
                family.values(theta, U, values);
                double[] expected = new double[U.length];
                Arrays.setAll(expected, i -> {
                    double sum = 0.35;
                    for (int k = 0; k < values.length; k++) {
                        sum += c[k] * values[k][i];
                    }
                    return sum;
                });
                Expression written = family.expression(theta, Arrays.copyOf(c, family.columns()), 0.35, SCALE);
                double size = 1 + Arrays.stream(expected).map(Math::abs).max().orElseThrow();
                assertArrayEquals(expected, written.evaluate(Map.of(Candidate.X, x), x.length), 1e-9 * size);
            }
        });
    }

    /** A parabola's own place is written where it is in the range, powers of the input where it is not. */
    @Test
    void aParabolaIsWrittenByItsPlaceWithinTheRange() {
        Family square = new Polynomials.Monomials(2);
        Family.Scale plain = new Family.Scale(0, 1);
        assertEquals("3.0*(x - 0.25)^2 + 0.8125",
                square.expression(new double[0], new double[] {-1.5, 3}, 1, plain).toString());
        assertEquals("3.0*x^2 - 7.0*x + 1.0", square.expression(new double[0], new double[] {-7, 3}, 1, plain).toString());
    }

    /** One sign is a hyperbolic cosine, two are a sine; where one of both is nothing it is the other's exponential. */
    @Test
    void twoExponentialsAreOneHyperbolicFunction() {
        Family both = new Families.Rate(true);
        Family.Scale plain = new Family.Scale(0, 1);
        for (double[] c : new double[][] {{2, 3}, {-2, -3}, {2, -3}, {-2, 3}, {0, 3}, {2, 0}}) {
            Expression written = both.expression(new double[] {1.5}, c, 0.5, plain);
            for (double u : U) {
                assertEquals(c[0] * Math.exp(1.5 * u - 1.5) + c[1] * Math.exp(-1.5 * u - 1.5) + 0.5,
                        written.evaluate(Map.of(Candidate.X, u)), 1e-12, Arrays.toString(c));
            }
            boolean cosine = c[0] * c[1] > 0;
            assertEquals(cosine, written.toString().contains("cosh"), written.toString());
            assertEquals(c[0] * c[1] < 0, written.toString().contains("sinh"), written.toString());
        }
    }

    /** Exponentials of large arguments: what would overflow stays in the exponent. */
    @Test
    void anExponentialFarFromTheOriginDoesNotOverflow() {
        Family rate = new Families.Rate(false);
        Family.Scale far = new Family.Scale(1e4, 1);
        Expression written = rate.expression(new double[] {2}, new double[] {5}, 0, far);
        assertEquals(5, written.evaluate(Map.of(Candidate.X, 1e4 + 1)), 1e-9);
        assertEquals(5 * Math.exp(-4), written.evaluate(Map.of(Candidate.X, 1e4 - 1)), 1e-9);
    }

    @Test
    void powersBecomeSixths() {
        Family any = new Families.AnyPower(-1);
        assertArrayEquals(new double[] {-2, 4 / 6.0}, any.snapped(new double[] {-2, 0.7}), 1e-15);
        assertArrayEquals(new double[] {-2, -9 / 6.0}, any.snapped(new double[] {-2, -1.45}), 1e-15);
        assertArrayEquals(new double[] {-2, 1 / 6.0}, any.snapped(new double[] {-2, 0.07}), 1e-15, "never the power 0");
        assertArrayEquals(new double[] {-2, -1 / 6.0}, any.snapped(new double[] {-2, -0.07}), 1e-15);
        assertEquals(1, any.freeAfterSnapping());
        assertNull(new Families.Wave().snapped(new double[] {2}));
        Family.Scale plain = new Family.Scale(0, 1);
        assertTrue(any.expression(new double[] {0, 5 / 6.0}, new double[] {1}, 0, plain).toString().contains("^(5/6)"));
    }

    /** The ends of what is searched. */
    @Test
    void whatIsOutsideIsNotDefined() {
        double[][] one = new double[1][U.length];
        double[][] two = new double[2][U.length];
        Family power = new Families.AnyPower(1);
        assertTrue(power.values(new double[] {4.9, 6}, U, one));
        assertFalse(power.values(new double[] {5, 3}, U, one));
        assertFalse(power.values(new double[] {0, 6.1}, U, one));
        assertFalse(power.values(new double[] {0, 0.05}, U, one));
        assertFalse(power.values(new double[] {-36, 2}, U, one));
        Family wave = new Families.Wave();
        assertTrue(wave.values(new double[] {199}, U, two));
        assertFalse(wave.values(new double[] {200}, U, two));
        assertFalse(wave.values(new double[] {1e-3}, U, two));
        Family log = SymbolicLibrary.function("log").families().getFirst();
        assertTrue(log.values(new double[] {7.9}, U, one));
        assertFalse(log.values(new double[] {8}, U, one));
        Family rate = new Families.Rate(false);
        assertFalse(rate.values(new double[] {0}, U, one));
        assertTrue(rate.values(new double[] {-299}, U, one));
        assertFalse(rate.values(new double[] {-300}, U, one));
        assertNull(new Searches.WidthAndPlace(0.1, 100).line(new double[] {Math.log(101), 0}));
        assertNull(new Searches.WidthAndPlace(0.1, 100).line(new double[] {Math.log(0.09), 0}));
        assertNull(new Searches.WidthAndPlace(0.1, 100).line(new double[] {0, -20.1}));
        assertNull(new Searches.Ends(1).line(new double[] {0.5, 0.4}));
        assertNull(new Searches.Place(1).line(new double[] {-1}));
        assertNull(new Searches.Line().line(new double[] {1e-3, 1}));
        Family user = EdgeFunction.of(UnaryFunction.LOG, 2).families().getFirst();
        assertFalse(user.values(new double[] {1, 0.5}, U, one), "the logarithm of a negative number");
        assertTrue(user.values(new double[] {1, 1.5}, U, one));
    }

    /** The grids of starts: their ends and how many. */
    @Test
    void startsCoverWhatIsSearched() {
        assertArrayEquals(new double[] {0.1, 1, 10, 100}, Families.powersOfTen(-1, 2, 4), 1e-12);
        assertArrayEquals(new double[] {-1, 0, 1}, Families.evenly(-1, 1, 3).stream().mapToDouble(t -> t[0]).toArray(), 1e-15);
        List<double[]> lines = new Searches.Line().starts();
        assertEquals((10 + 78) * 17 * 2, lines.size());
        assertTrue(lines.stream().anyMatch(t -> Math.abs(t[0] - 40) < 1e-9 && Math.abs(t[1] + 80) < 1e-9));
        assertTrue(lines.stream().anyMatch(t -> Math.abs(t[0] + 40) < 1e-9 && Math.abs(t[1] - 80) < 1e-9));
        for (double[] t : new Searches.Ends(Math.PI / 2).starts()) {
            double[] line = new Searches.Ends(Math.PI / 2).line(t);
            assertTrue(line[0] > 0 && line[1] + line[0] < Math.PI / 2 && line[1] - line[0] > -Math.PI / 2);
        }
        List<double[]> widths = new Searches.WidthAndPlace(0.02, 1000).starts();
        assertEquals(28 * 41, widths.size());
        assertEquals(Math.log(0.1), widths.getFirst()[0], 1e-12);
        assertEquals(-2, widths.getFirst()[1], 1e-12);
        assertEquals(2, widths.getLast()[1], 1e-12);
    }
}
