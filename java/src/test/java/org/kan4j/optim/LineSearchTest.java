// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.kan4j.device.Context;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;

/**
 * One step of L-BFGS on functions of one parameter whose first trial point, at 1, breaks one of the strong Wolfe
 * conditions and meets all others; all begin at 0 with the slope -1.
 */
class LineSearchTest {

    private static final Lbfgs CONFIG = new Lbfgs(5, 1, 0, 0, 25);

    /** The parameter after a step; state.lbfgs() says what it remembers. */
    private static double step(Lbfgs config, DoubleUnaryOperator f, DoubleUnaryOperator slope, int stored) {
        try (Context context = Context.open();
                Parameters parameters = Parameters.zeros(KanModel.of(DType.F64, new Linear(1, 1, false)));
                OptimizerState state = OptimizerState.of(config, parameters);
                LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, state)) {
            minimizer.minimize(gradient -> {
                double x = parameters.values().flat().get(0);
                gradient.clear();
                gradient.flat().set(slope.applyAsDouble(x), 0);
                return f.applyAsDouble(x);
            });
            assertEquals(stored, state.lbfgs().stored, "remembered steps");
            return parameters.values().flat().get(0);
        }
    }

    /** The cubic on [0, 1] with the value 0 and the slope -1 at 0, and these at 1; beyond it goes straight on. */
    private static DoubleUnaryOperator cubic(double end, double endSlope) {
        return x -> x > 1 ? end + (x - 1) * endSlope
                : -(x * x * x - 2 * x * x + x) + end * (3 * x * x - 2 * x * x * x) + endSlope * (x * x * x - x * x);
    }

    private static DoubleUnaryOperator slope(double end, double endSlope) {
        return x -> x > 1 ? endSlope
                : -(3 * x * x - 4 * x + 1) + end * (6 * x - 6 * x * x) + endSlope * (3 * x * x - 2 * x);
    }

    @Test
    void aStepThatHardlyDescendsIsTooLong() {
        double end = -1e-6; // lower than at 0, but less than a ten-thousandth of what the slope promises
        double x = step(CONFIG, cubic(end, 0), slope(end, 0), 1);
        assertTrue(x < 0.999, "at " + x);
        assertTrue(cubic(end, 0).applyAsDouble(x) <= -1e-4 * x, "sufficient decrease at " + x);
    }

    @Test
    void aStepAfterWhichItIsStillAsSteepIsTooShort() {
        double x = step(CONFIG, t -> (t - 100) * (t - 100) / 200, t -> (t - 100) / 100, 1);
        assertTrue(Math.abs((x - 100) / 100) <= 0.9, "the slope is still there at " + x);
    }

    @Test
    void aStepAfterWhichItRisesSteeplyIsTooLong() {
        double x = step(CONFIG, cubic(-0.5, 2), slope(-0.5, 2), 1);
        assertTrue(Math.abs(slope(-0.5, 2).applyAsDouble(x)) <= 0.9, "rises at " + x);
    }

    /** A search that is given up where the slope has become steeper: the pair has no positive curvature. */
    @Test
    void aPairWithoutPositiveCurvatureIsNotRemembered() {
        double x = step(new Lbfgs(5, 1, 0, 0, 1), t -> -t - t * t / 2, t -> -1 - t, 0);
        assertEquals(1, x, 1e-15);
    }

    /** Low and rising at 1, high wherever else it looks: what is kept is 1, with its value. */
    @Test
    void ofASearchThatIsGivenUpTheLowestPointIsKept() {
        for (int evaluations = 1; evaluations <= 4; evaluations++) {
            try (Context context = Context.open();
                    Parameters parameters = Parameters.zeros(KanModel.of(DType.F64, new Linear(1, 1, false)));
                    OptimizerState state = OptimizerState.of(new Lbfgs(5, 1, 0, 0, evaluations), parameters);
                    LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, state)) {
                Lbfgs.Result result = minimizer.minimize(gradient -> {
                    double x = parameters.values().flat().get(0);
                    gradient.clear();
                    gradient.flat().set(x == 0 ? -1 : 2, 0);
                    return x == 0 ? 0 : x == 1 ? -0.5 : 1;
                });
                assertEquals(-0.5, result.value());
                assertEquals(1, parameters.values().flat().get(0));
            }
        }
    }
}
