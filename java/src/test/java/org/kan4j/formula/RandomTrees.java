// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.kan4j.error.KanException;

/** Expressions of x, y and z to try rules on. */
final class RandomTrees {

    private static final List<String> NAMES = List.of("x", "y", "z");

    private final SplittableRandom random;

    RandomTrees(long seed) {
        this.random = new SplittableRandom(seed);
    }

    SplittableRandom random() {
        return random;
    }

    Expression tree(int depth) {
        while (true) {
            try {
                return node(depth);
            } catch (KanException overflow) {
                // numbers that no double holds: another one
            }
        }
    }

    private Expression node(int depth) {
        if (depth == 0 || random.nextInt(6) == 0) {
            return leaf();
        }
        return switch (random.nextInt(8)) {
            case 0, 1 -> Expression.sum(some(depth));
            case 2, 3 -> Expression.product(some(depth));
            case 4 -> Expression.power(node(depth - 1), exponent());
            case 5 -> node(depth - 1).over(node(depth - 1));
            case 6 -> Expression.power(node(depth - 1), node(Math.min(1, depth - 1)));
            default -> Expression.call(UnaryFunction.standard().get(random.nextInt(UnaryFunction.standard().size())),
                    node(depth - 1));
        };
    }

    private List<Expression> some(int depth) {
        List<Expression> parts = new ArrayList<>();
        for (int i = random.nextInt(2, 4); i > 0; i--) {
            parts.add(node(depth - 1));
        }
        return parts;
    }

    private Expression exponent() {
        return switch (random.nextInt(4)) {
            case 0 -> Expression.integer(random.nextInt(-3, 4));
            case 1 -> Expression.rational(random.nextInt(-3, 4), 2);
            case 2 -> Expression.rational(random.nextInt(-5, 6), 3);
            default -> Expression.integer(2);
        };
    }

    private Expression leaf() {
        return switch (random.nextInt(8)) {
            case 0 -> Expression.integer(random.nextInt(-9, 10));
            case 1 -> Expression.rational(random.nextInt(-9, 10), random.nextInt(1, 9));
            case 2 -> Expression.real(random.nextDouble(-3, 3));
            case 3 -> random.nextInt(4) > 0 ? Expression.real(random.nextInt(-2, 3)) : Expression.Constant.E;
            case 4 -> Expression.Constant.PI;
            default -> Expression.variable(NAMES.get(random.nextInt(NAMES.size())));
        };
    }
}
