// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Expression.Constant;
import org.kan4j.symbolic.Target.Quantity;

/**
 * Columns that may be angles in degrees. In radians sines of them have no constant of their own, and so they are among the numbers
 * that formulas are looked for in.
 */
final class Angles {

    private static final double TURN = 360;
    /** Columns that end below it are seldom angles, and most counts and sizes do. */
    private static final double LEAST = 20;
    private static final Expression RADIAN = Constant.PI.over(Expression.integer(180));

    private Angles() {
    }

    /**
     * A target in radians.
     *
     * @param names of what is taken for degrees
     * @param back what an expression of it is one of the given target by
     */
    record InRadians(Target target, List<String> names, UnaryOperator<Expression> back) {
    }

    /** Each input that may be an angle as one, then all of them, then the target too. */
    static List<InRadians> of(Target target) {
        int[] angles = IntStream.range(0, target.inputs().size()).filter(i -> mayBe(target.inputs().get(i).values())).toArray();
        List<InRadians> all = new ArrayList<>();
        Arrays.stream(angles).forEach(i -> all.add(inputs(target, i)));
        if (angles.length > 1) {
            all.add(inputs(target, angles));
        }
        if (mayBe(target.values())) {
            for (InRadians each : List.copyOf(all)) {
                List<String> names = new ArrayList<>(each.names);
                names.add("the target");
                all.add(new InRadians(each.target.with(radians(target.values()), target.precision()), names,
                        e -> e.over(RADIAN)));
            }
        }
        return all;
    }

    private static InRadians inputs(Target target, int... angles) {
        List<Quantity> inputs = new ArrayList<>(target.inputs());
        List<String> names = new ArrayList<>();
        for (int i : angles) {
            Quantity degrees = inputs.get(i);
            names.add(degrees.meaning().toString());
            inputs.set(i, new Quantity(RADIAN.times(degrees.meaning()), radians(degrees.values())));
        }
        return new InRadians(new Target(inputs, target.values(), target.precision()), names, e -> e);
    }

    /** Whether they are far more than a turn in radians, and no more than one in degrees. */
    private static boolean mayBe(double[] values) {
        double most = Arrays.stream(values).map(Math::abs).max().orElse(0);
        return most >= LEAST && most <= TURN;
    }

    private static double[] radians(double[] degrees) {
        return Arrays.stream(degrees).map(v -> v * (Math.PI / 180)).toArray();
    }
}
