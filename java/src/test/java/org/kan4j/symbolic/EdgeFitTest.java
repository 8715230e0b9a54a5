// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.error.KanException;
import org.kan4j.formula.DomainStatus;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Interval;
import org.kan4j.formula.UnaryFunction;

class EdgeFitTest {

    static Stream<EdgeCase> cases() {
        return Stream.concat(EdgeCase.SIMPLE.stream(), EdgeCase.ODD.stream());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void exactCurvesAreFoundExactly(EdgeCase known) {
        List<Candidate> candidates = EdgeFit.suggest(known.curve(200), SymbolicLibrary.standard(), 0);
        Candidate candidate = named(candidates, known.family());
        assertTrue(candidate.error() <= 1e-12, candidate.toString());
        assertTrue(candidate.checkError() <= 1e-11, () -> "the expression errs by " + candidate.checkError());
        assertEquals(known.family(), candidates.get(0).function().name(), () -> candidates.subList(0, 3).toString());
        // An end of the range may be the end of the domain, to rounding.
        assertTrue(candidate.domain().status() != DomainStatus.VIOLATED);
    }

    private static Candidate named(List<Candidate> candidates, String name) {
        return candidates.stream().filter(c -> c.function().name().equals(name)).findFirst().orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"5, 0, 24", "10, 0, 26", "20, 0, 26", "10, 0.001, 26", "10, 0.01, 26", "5, 0.01, 24", "10, 0.05, 24"})
    void splinesAreNamedRightly(int intervals, double noise, int atLeast) {
        assertNamed(LinearBasis.spline(intervals), noise, atLeast);
    }

    @Test
    void chebyshevSeriesAreNamedRightly() {
        assertNamed(LinearBasis.chebyshev(12), 0, 20);
    }

    @Test
    void gaussiansAreNamedRightly() {
        assertNamed(LinearBasis.gaussians(12), 0, 20);
    }

    private static void assertNamed(LinearBasis basis, double noise, int atLeast) {
        List<String> wrong = new ArrayList<>();
        for (EdgeCase known : EdgeCase.SIMPLE) {
            EdgeCase.Seen seen = known.seen(basis, noise, 1);
            List<Candidate> offered = EdgeFit.offered(
                    EdgeFit.suggest(seen.curve(), SymbolicLibrary.standard(), seen.resolution()), seen.resolution());
            boolean refused = offered.isEmpty() && known.formula().contains("25*x"); // no such grid can hold it
            if (!refused && (offered.isEmpty() || !offered.get(0).function().name().equals(known.family()))) {
                wrong.add(known.formula() + " as " + offered.stream().limit(3).toList());
            }
        }
        assertTrue(26 - wrong.size() >= atLeast, () -> (26 - wrong.size()) + " of 26 right:\n" + String.join("\n", wrong));
    }

    @ParameterizedTest
    @CsvSource({"1e-8, 0, 1, 0", "1e8, 0, 1, 0", "1, 1e6, 1, 0", "1, 0, 1e-3, 0", "1, 0, 1e3, 0", "1, 0, 1, 1e3"})
    void unitsChangeNothing(double amplitude, double offset, double stretch, double shift) {
        for (EdgeCase known : EdgeCase.SIMPLE) {
            Curve curve = known.curve(200);
            double[] x = java.util.Arrays.stream(curve.x()).map(v -> stretch * v + shift).toArray();
            double[] y = java.util.Arrays.stream(curve.y()).map(v -> amplitude * v + offset).toArray();
            List<Candidate> candidates = EdgeFit.suggest(new Curve(x, y), SymbolicLibrary.standard(), 1e-6);
            assertEquals(known.family(), candidates.get(0).function().name(),
                    () -> known.formula() + " " + candidates.subList(0, 3));
        }
    }

    @Test
    void rangesFromSmallToLarge() {
        for (String formula : List.of("log(x)", "sqrt(x)", "1/x", "x^1.5")) {
            Curve unit = new EdgeCase("", formula, 1e-3, 1e3).curve(400);
            Candidate first = EdgeFit.suggest(unit, SymbolicLibrary.standard(), 1e-9).get(0);
            assertTrue(first.error() < 1e-9 && first.expression().toString().contains(formula.substring(0, 1)),
                    first.toString());
        }
    }

    @Test
    void functionsOfTheUsersAreFound() {
        DoubleUnaryOperator bessel = x -> bessel(0, x);
        UnaryFunction j0 = UnaryFunction.of("j0", bessel, x -> -bessel(1, x), Interval.ALL);
        Curve curve = sampled(x -> bessel(0, 20 * x), -1, 1);
        SymbolicLibrary library = SymbolicLibrary.standard().with(EdgeFunction.of(j0, 4));
        Candidate first = EdgeFit.suggest(curve, library, 1e-6).get(0);
        assertEquals("j0", first.function().name(), first.toString());
        assertTrue(first.error() < 1e-10, first.toString());
        assertEquals(1, first.expression().evaluate(Map.of("x", 0.0)), 1e-9);
    }

    /** By its integral: the trapezoid rule converges geometrically. */
    private static double bessel(int order, double x) {
        int n = 100;
        double sum = 0;
        for (int k = 0; k < n; k++) {
            double t = Math.PI * (k + 0.5) / n;
            sum += Math.cos(order * t - x * Math.sin(t));
        }
        return sum / n;
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"x log x; x*log(x); .1; 2", "x exp x; x*exp(x); -2; 2", "sinc; sin(5*x)/(5*x); .01; 2",
        "log cosh; log(cosh(3*x)); -1; 1", "softplus; log(1+exp(4*x)); -1; 1", "erf; erf(2*x-.3); -1; 1",
        "sech; 1/cosh(2*x); -1; 1", "relu; max(0,x-.2); -1; 1", "x^p; (x+1.5)^(2/3); -1; 1",
        "polynomial 3; x^3-x^2+x; -1; 1", "polynomial 4; x^4+x^3+x^2+x; -1; 1", "polynomial 6; x^6+x^5+x^4+x^3+x^2+x; -1; 1"})
    void rarerFunctionsAreFound(String name, String formula, double low, double high) {
        Curve curve = new EdgeCase(name, formula, low, high).curve(257);
        List<Candidate> candidates = EdgeFit.suggest(curve, SymbolicLibrary.special(), 1e-7);
        Candidate found = named(candidates, name);
        assertTrue(found.error() < 1e-9, found.toString());
        assertTrue(found.checkError() < 1e-8, () -> "the expression errs by " + found.checkError());
        assertTrue(candidates.indexOf(found) == 0, () -> candidates.subList(0, 3).toString());
    }

    private static Curve sampled(DoubleUnaryOperator f, double low, double high) {
        double[] x = new double[257];
        double[] y = new double[257];
        for (int i = 0; i < x.length; i++) {
            x[i] = low + (high - low) * i / 256;
            y[i] = f.applyAsDouble(x[i]);
        }
        return new Curve(x, y);
    }

    @Test
    void curvesAsFunctionsAreSmooth() {
        UnaryFunction phi = sampled(Math::sin, -3, 3).asFunction("phi");
        for (double x = -2.9; x < 3; x += 0.013) {
            assertEquals(Math.sin(x), phi.at(x), 2e-8);
            assertEquals(Math.cos(x), phi.slopeAt(x), 1e-5);
        }
        assertEquals(phi.at(3) + phi.slopeAt(3), phi.at(4), 1e-12);
    }

    @Test
    void whatIsUnfitIsRefused() {
        double[] x = {0, 1, 2, 3, 4, 5, 6, 7};
        double[] nan = x.clone();
        nan[3] = Double.NaN;
        assertThrows(KanException.class, () -> new Curve(x, nan));
        assertThrows(KanException.class, () -> new Curve(new double[] {0, 1}, new double[] {0, 1}));
        assertThrows(KanException.class, () -> new Curve(new double[8], x));
        assertThrows(KanException.class, () -> Curve.places(new double[] {1, 1, 1}, 20));
        Curve constant = new Curve(x, new double[8]);
        assertThrows(KanException.class, () -> EdgeFit.fit(constant, SymbolicLibrary.function("sin")));
        assertEquals(List.of(), EdgeFit.suggest(constant, SymbolicLibrary.standard(), 0));
        assertThrows(KanException.class, () -> EdgeFit.suggest(constant, SymbolicLibrary.standard(), Double.NaN));
        String message = assertThrows(KanException.class, () -> SymbolicLibrary.of("sin,foo")).getMessage();
        assertTrue(message.contains("'foo'") && message.contains("arctanh"), message);
        assertThrows(KanException.class, () -> SymbolicLibrary.standard().with(EdgeFunction.of(UnaryFunction.SIN, -1)));
        assertEquals("sin", SymbolicLibrary.function("cos").name());
        assertTrue(Expression.parse("x").variables().contains(Candidate.X));
    }
}
