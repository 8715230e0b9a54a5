// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.kan4j.formula.Expression;

/** Curves whose function is known: 26 of simple constants, 15 of odd ones. */
record EdgeCase(String family, String formula, double low, double high) {

    static final List<EdgeCase> SIMPLE = List.of(
            of("sin", "1.3*sin(pi*x+.4)-.2"), of("sin", ".01*sin(25*x)+5"), of("sin", "cos(.7*x)"), of("x^2", "3*(x-.2)^2+1"),
            new EdgeCase("exp", "2*exp(-3*x)", 0, 2), of("exp", "1e-3*exp(x/2)"),
            new EdgeCase("log", "-1.7*log(x+.01)", 0.01, 3), new EdgeCase("log", "log(x)", 0.2, 5),
            new EdgeCase("sqrt", "sqrt(x)", 1e-4, 4), new EdgeCase("1/x", "1/(x+.05)", 0, 1), new EdgeCase("1/x", "1/x", 0.5, 2),
            of("1/x^2", "2/(x-3)^2"), of("tanh", "tanh(4*(x-.3))"), of("gaussian", "exp(-((x-.2)/.3)^2)"),
            new EdgeCase("gaussian", "exp(-x^2/2)", -3, 3), of("arctan", "atan(5*x-1)"),
            new EdgeCase("arctanh", "atanh(x)", -0.9, 0.9), of("arcsin", "asin(.95*x)"), of("x^3", "(x-.1)^3"), of("x^4", "x^4"),
            of("abs", "abs(x-.25)"), of("x", ".3*x+1"), of("tan", "tan(1.2*x)"),
            new EdgeCase("1/sqrt", "1/sqrt(1-x)", -1, 0.9), of("cosh", "cosh(1.5*x)"), of("x^1.5", "(x+1)^1.5"));

    static final List<EdgeCase> ODD = List.of(
            of("sin", "sin(3.7137*x+.4131)"), of("exp", "exp(1.6431*x)"), of("tanh", "tanh(3.7137*(x-.3127))"),
            of("gaussian", "exp(-(2.3713*(x-.1127))^2)"), of("log", "log(x+1.0719)"), of("sqrt", "sqrt(x+1.0719)"),
            of("1/x", "1/(x+1.2719)"), of("1/x^2", "1/(x+1.2719)^2"), of("arctan", "atan(4.1237*x-.717)"),
            of("arctanh", "atanh(.9173*x)"), of("arcsin", "asin(.9173*x)"), of("x^3", "(x-.1237)^3"), of("x^4", "(x+.2237)^4"),
            of("abs", "abs(x-.2719)"), of("tan", "tan(1.2319*x)"));

    private static EdgeCase of(String family, String formula) {
        return new EdgeCase(family, formula, -1, 1);
    }

    double[] values(double[] x) {
        return Expression.parse(formula).evaluate(Map.of("x", x), x.length);
    }

    Curve curve(int points) {
        double[] x = new double[points];
        java.util.Arrays.setAll(x, i -> low + (high - low) * i / (points - 1));
        return new Curve(x, values(x));
    }

    /** A curve as a fit on noisy samples shows it, with the resolution that its error on others leaves. */
    record Seen(Curve curve, double resolution) {
    }

    Seen seen(LinearBasis basis, double noise, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int rows = 1000;
        double[] x = random.doubles(rows, low, high).toArray();
        double[] y = values(x);
        double deviation = deviation(y);
        double[] heldX = random.doubles(rows, low, high).toArray();
        double[] heldY = values(heldX);
        for (int i = 0; i < rows; i++) {
            y[i] += noise * deviation * random.nextGaussian();
            heldY[i] += noise * deviation * random.nextGaussian();
        }
        double[] coefficients = basis.fit(unit(x), y);
        double[] held = basis.values(coefficients, unit(heldX));
        double squares = 0;
        for (int i = 0; i < rows; i++) {
            squares += Math.pow(held[i] - heldY[i], 2);
        }
        double[] places = Curve.places(x, 257);
        Curve curve = new Curve(places, basis.values(coefficients, unit(places)));
        double resolution = EdgeFit.resolution(Math.sqrt(squares / rows), noise * deviation, basis.size(), rows, 1,
                Math.pow(curve.deviation(), 2));
        return new Seen(curve, resolution);
    }

    private double[] unit(double[] x) {
        return java.util.Arrays.stream(x).map(v -> Math.clamp(2 * (v - low) / (high - low) - 1, -1, 1)).toArray();
    }

    private static double deviation(double[] y) {
        double mean = java.util.Arrays.stream(y).average().orElseThrow();
        return Math.sqrt(java.util.Arrays.stream(y).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
    }
}
