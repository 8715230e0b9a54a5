// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.device.Context;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;

/** Steps of the optimizers against the published updates, written out in doubles, with every constant away from its default. */
class OptimizerStepTest {

    private static final KanModel MODEL = KanModel.of(DType.F64, Linear.of(3, 2));
    private static final double[] RATES = {0.1, 0.1, 0.03, 0.2};

    private static double gradient(int step, int i) {
        return Math.sin(1.7 * step + i) - 0.2 * i;
    }

    static List<Optimizer> optimizers() {
        return List.of(Optimizer.adamW(0.1, 0), Optimizer.adamW(0.1, 0.3), new Optimizer.AdamW(0.1, 0.5, 0.7, 0.01, 0.2),
                new Optimizer.AdamW(0.1, 0, 0, 1e-3, 0), Optimizer.sgd(0.1, 0), Optimizer.sgd(0.1, 0.9),
                new Optimizer.Sgd(0.1, 0, 0.3, false), new Optimizer.Sgd(0.1, 0.6, 0.3, false),
                new Optimizer.Sgd(0.1, 0.6, 0.3, true));
    }

    /** The moments of one number, and its update. */
    private static final class Published {
        private double p;
        private double m;
        private double v;

        Published(double p) {
            this.p = p;
        }

        void step(Optimizer optimizer, double g, double rate, int t) {
            switch (optimizer) {
                case Optimizer.AdamW a -> { // Loshchilov and Hutter, algorithm 2
                    m = a.beta1() * m + (1 - a.beta1()) * g;
                    v = a.beta2() * v + (1 - a.beta2()) * g * g;
                    double unbiased = m / (1 - Math.pow(a.beta1(), t));
                    double square = v / (1 - Math.pow(a.beta2(), t));
                    p -= rate * (unbiased / (Math.sqrt(square) + a.eps()) + a.weightDecay() * p);
                }
                case Optimizer.Sgd s -> { // as PyTorch's, without dampening
                    double decayed = g + s.weightDecay() * p;
                    m = s.momentum() * m + decayed;
                    p -= rate * (s.nesterov() ? decayed + s.momentum() * m : m);
                }
                default -> throw new AssertionError(optimizer);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void stepsAreThePublishedUpdates(Optimizer optimizer) {
        try (Context context = Context.open();
                Parameters parameters = Parameters.initialise(MODEL, 3);
                OptimizerState state = OptimizerState.of(optimizer, parameters);
                ParameterVector gradients = parameters.newVector()) {
            double[] before = parameters.values().flat().toDoubles();
            Published[] numbers = new Published[before.length];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = new Published(before[i]);
            }
            for (int t = 1; t <= RATES.length; t++) {
                step(state, context, gradients, t, RATES[t - 1]);
                check(optimizer, parameters, numbers, t, t, RATES[t - 1]);
            }
            state.restart(); // as at the first step, though all are counted
            step(state, context, gradients, 5, 0.1);
            assertEquals(5, state.steps());
            for (Published number : numbers) {
                number.m = 0;
                number.v = 0;
            }
            check(optimizer, parameters, numbers, 5, 1, 0.1);
        }
    }

    private static void step(OptimizerState state, Context context, ParameterVector gradients, int step, double rate) {
        for (int i = 0; i < gradients.flat().size(); i++) {
            gradients.flat().set(gradient(step, i), i);
        }
        state.step(context, gradients, rate);
    }

    private static void check(Optimizer optimizer, Parameters parameters, Published[] numbers, int step, int t, double rate) {
        double[] after = parameters.values().flat().toDoubles();
        for (int i = 0; i < numbers.length; i++) {
            numbers[i].step(optimizer, gradient(step, i), rate, t);
            assertEquals(numbers[i].p, after[i], 1e-12, optimizer + ", step " + step + ", number " + i);
        }
    }

    /** What a moment is called is what a checkpoint calls it. */
    @Test
    void momentsHaveNames() {
        try (Parameters parameters = Parameters.initialise(MODEL, 3)) {
            for (Optimizer optimizer : optimizers()) {
                try (OptimizerState state = OptimizerState.of(optimizer, parameters)) {
                    List<String> names = switch (optimizer) {
                        case Optimizer.AdamW adamW -> List.of("m", "v");
                        case Optimizer.Sgd sgd -> sgd.momentum() > 0 ? List.of("velocity") : List.of();
                        default -> throw new AssertionError(optimizer);
                    };
                    assertTrue(state.moments().keySet().containsAll(names) && state.moments().size() == names.size());
                    assertEquals(optimizer, state.optimizer());
                    assertEquals(optimizer.learningRate(), 0.1);
                }
            }
        }
    }
}
