// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Interval;
import org.kan4j.formula.UnaryFunction;

/**
 * A network [2,1,1] as training leaves it: edges known up to a small error, the hidden node in a scale of its own.
 *
 * @param formula that the network has learned
 * @param first edge from x, an expression of x
 * @param second edge from y, likewise of x
 * @param outer edge from their sum, likewise of x
 * @param box ranges of x and y
 */
record KnownNetwork(String formula, String first, String second, String outer, Map<String, Interval> box) {

    static KnownNetwork of(String formula, String first, String second, String outer, double... ends) {
        Map<String, Interval> box = new LinkedHashMap<>();
        box.put("x", new Interval(ends[0], ends[1]));
        box.put("y", new Interval(ends[2], ends[3]));
        return new KnownNetwork(formula, first, second, outer, box);
    }

    Observations sample(int rows, long seed, double noise) {
        return sample(Expression.parse(formula), box, rows, seed, noise);
    }

    /** Uniform in the box; the noise is a share of the deviation. */
    static Observations sample(Expression formula, Map<String, Interval> box, int rows, long seed, double noise) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, double[]> inputs = new LinkedHashMap<>();
        box.forEach((name, range) -> inputs.put(name, random.doubles(rows, range.low(), range.high()).toArray()));
        double[] values = formula.evaluate(inputs, rows);
        double deviation = Math.sqrt(VariableProjection.squares(VariableProjection.centred(values)) / rows);
        Arrays.setAll(values, b -> values[b] + noise * deviation * random.nextGaussian());
        return new Observations(inputs, Map.of("z", values), rows);
    }

    Composition network(double error) {
        UnaryFunction phi1 = edge("phi_0_0_0", first, box.get("x"), error);
        UnaryFunction phi2 = edge("phi_0_0_1", second, box.get("y"), error);
        Interval u = range(first, box.get("x"));
        Interval v = range(second, box.get("y"));
        UnaryFunction phi3 = edge("phi_1_0_0", outer, new Interval(u.low() + v.low(), u.high() + v.high()), error);
        return new Composition(List.of(
                new Definition("edge 0,0,0", Expression.call(phi1, Expression.variable("x"))),
                new Definition("edge 0,0,1", Expression.call(phi2, Expression.variable("y"))),
                new Definition("h", Expression.parse("`edge 0,0,0` + `edge 0,0,1` + 0.0")),
                new Definition("edge 1,0,0", Expression.call(phi3, Expression.variable("h"))),
                new Definition("z", Expression.parse("`edge 1,0,0` + 0.0"))), List.of("z"));
    }

    private static double[] places(Interval range, int points) {
        double[] x = new double[points];
        Arrays.setAll(x, i -> range.low() + range.width() * i / (points - 1));
        return x;
    }

    private static Interval range(String function, Interval input) {
        double[] y = Expression.parse(function).evaluate(Map.of("x", places(input, 2001)), 2001);
        return new Interval(Arrays.stream(y).min().orElseThrow(), Arrays.stream(y).max().orElseThrow());
    }

    private static UnaryFunction edge(String name, String function, Interval input, double error) {
        int points = 1025;
        double[] x = places(input, points);
        double[] y = Expression.parse(function).evaluate(Map.of("x", x), points);
        double width = range(function, input).width();
        Arrays.setAll(y, i -> y[i] + error * width * Math.sin(46.0 * i / points + function.length()));
        return new Curve(x, y).asFunction(name);
    }
}
