// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.DataObjective;

class LbfgsTest {

    /** Rosenbrock's valley over pairs of parameters; its minimum is 0 at (1, ..., 1). */
    private static Objective rosenbrock(Parameters parameters) {
        return gradient -> {
            HostTensor p = parameters.values().flat();
            double value = 0;
            gradient.clear();
            for (int i = 0; i + 1 < parameters.model().parameterCount(); i += 2) {
                double a = p.get(i);
                double b = p.get(i + 1);
                value += 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a);
                gradient.flat().set(-400 * a * (b - a * a) - 2 * (1 - a), i);
                gradient.flat().set(200 * (b - a * a), i + 1);
            }
            return value;
        };
    }

    private static KanModel model(DType dtype) {
        return KanModel.of(dtype, new Linear(3, 2, false)); // 6 parameters
    }

    private static Dataset data(Arena arena, DType dtype, int rows, long seed) {
        SplitMix random = new SplitMix(seed);
        HostTensor x = HostTensor.allocate(arena, dtype, rows, 2);
        HostTensor y = HostTensor.allocate(arena, dtype, rows, 1);
        for (int i = 0; i < rows; i++) {
            double a = random.uniform(-1, 1);
            double b = random.uniform(-1, 1);
            x.set(a, i, 0);
            x.set(b, i, 1);
            y.set(Math.exp(Math.sin(Math.PI * a) + b * b), i, 0);
        }
        return Dataset.regression(x, y);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 10})
    void findsTheMinimumOfRosenbrocksValley(int history) {
        try (Context context = Context.open();
                Parameters parameters = Parameters.zeros(model(DType.F64));
                LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, parameters,
                        Lbfgs.of(2000).withHistory(history).withTolerances(1e-9, 0))) {
            parameters.values().flat().set(-1.2, 0);
            Lbfgs.Result result = minimizer.minimize(rosenbrock(parameters));
            assertEquals(Lbfgs.Stop.GRADIENT, result.stop());
            for (int i = 0; i < 6; i++) {
                assertEquals(1, parameters.values().flat().get(i), 1e-8);
            }
        }
    }

    @Test
    void findsItInFloat32() {
        try (Context context = Context.open();
                Parameters parameters = Parameters.zeros(model(DType.F32));
                LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, parameters, Lbfgs.of(500))) {
            minimizer.minimize(rosenbrock(parameters));
            for (int i = 0; i < 6; i++) {
                assertEquals(1, parameters.values().flat().get(i), 1e-3);
            }
        }
    }

    /** Before the history is full, where it is, and long after. */
    @ParameterizedTest
    @ValueSource(ints = {2, 4, 11})
    void anotherMinimiserGoesOnFromThePast(int before) {
        try (Context context = Context.open();
                Parameters parameters = Parameters.zeros(model(DType.F64));
                Parameters others = Parameters.zeros(model(DType.F64));
                LbfgsMinimizer one = LbfgsMinimizer.of(context, parameters, Lbfgs.of(20).withHistory(4));
                LbfgsMinimizer other = LbfgsMinimizer.of(context, others, Lbfgs.of(20).withHistory(4))) {
            parameters.values().flat().set(-1.2, 0);
            one.minimize(rosenbrock(parameters), before);
            others.copyFrom(parameters);
            other.goOn(one.past());
            one.minimize(rosenbrock(parameters), 7);
            other.minimize(rosenbrock(others), 7);
            assertArrayEquals(parameters.values().flat().toDoubles(), others.values().flat().toDoubles());
            try (LbfgsMinimizer small = LbfgsMinimizer.of(context, others, Lbfgs.of(20).withHistory(1))) {
                assertTrue(
                        assertThrows(KanException.class, () -> small.goOn(one.past())).getMessage().contains("at most 1 step"));
            }
        }
    }

    @Test
    void stepsBackFromWhereTheObjectiveIsNotDefined() {
        try (Context context = Context.open();
                Parameters parameters = Parameters.zeros(model(DType.F64));
                LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, parameters,
                        Lbfgs.of(200).withTolerances(1e-9, 0))) {
            parameters.values().flat().fill(0.001);
            // x - 3 ln x: NaN for x < 0, a long first step leads there.
            Lbfgs.Result result = minimizer.minimize(gradient -> {
                double value = 0;
                gradient.clear();
                for (int i = 0; i < 6; i++) {
                    double p = parameters.values().flat().get(i);
                    value += p - 3 * Math.log(p);
                    gradient.flat().set(1 - 3 / p, i);
                }
                return value;
            });
            assertEquals(Lbfgs.Stop.GRADIENT, result.stop());
            assertEquals(3, parameters.values().flat().get(0), 1e-6);
        }
    }

    @Test
    void refusesToStartWhereTheObjectiveIsNotFinite() {
        try (Context context = Context.open();
                Parameters parameters = Parameters.zeros(model(DType.F64));
                LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, parameters, Lbfgs.of(5))) {
            KanException e = assertThrows(KanException.class, () -> minimizer.minimize(gradient -> Double.NaN));
            assertTrue(e.getMessage().contains("NaN"), e.getMessage());
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F64"})
    void trainingInPartsEndsWithTheSameBitsAsInARow(DType dtype) {
        KanModel model = KanModel.kan(dtype, BSpline.of(3, 3), 2, 3, 1);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters once = Parameters.initialise(model, 7);
                Parameters parts = Parameters.initialise(model, 7);
                LbfgsMinimizer all = LbfgsMinimizer.of(context, once, Lbfgs.of(30));
                LbfgsMinimizer some = LbfgsMinimizer.of(context, parts, Lbfgs.of(10))) {
            Dataset data = data(arena, dtype, 300, 3);
            try (DataObjective first = DataObjective.of(context, once, data, new Loss.Mse());
                    DataObjective second = DataObjective.of(context, parts, data, new Loss.Mse());
                    ParameterVector gradient = once.newVector()) {
                double start = first.evaluate(gradient);
                Lbfgs.Result whole = all.minimize(first);
                some.minimize(second);
                some.minimize(second);
                Lbfgs.Result last = some.minimize(second);
                assertEquals(whole.value(), last.value());
                assertArrayEquals(once.values().flat().toDoubles(), parts.values().flat().toDoubles());
                assertTrue(whole.value() < start / 20, start + " -> " + whole.value());
            }
        }
    }

    @Test
    void chunksGiveTheLossAndGradientOfTheWhole() {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(4, 3), 2, 3, 1);
        int rows = 4096 + 500; // more than a chunk
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 7);
                Workspace workspace = Workspace.training(context, parameters, rows);
                ParameterVector expected = parameters.newVector();
                ParameterVector actual = parameters.newVector()) {
            Dataset data = data(arena, DType.F64, rows, 3);
            HostTensor weights = HostTensor.allocate(arena, DType.F64, rows);
            for (int i = 0; i < rows; i++) {
                weights.set(1 + i % 3, i);
            }
            try (DataObjective objective = DataObjective.of(context, parameters, data.withWeights(weights),
                    new Loss.Mse())) {
                HostTensor predictions = workspace.forward(data.features());
                HostTensor gradient = HostTensor.allocate(arena, DType.F64, rows, 1);
                double value = new Loss.Mse().evaluate(context, predictions, data.targets(), weights, gradient);
                workspace.backward(data.features(), gradient, expected, null);
                assertEquals(value, objective.evaluate(actual), 1e-14 * value);
                assertArrayEquals(expected.flat().toDoubles(), actual.flat().toDoubles(), 1e-13);
            }
        }
    }

    @Test
    void refusesBadSettings() {
        assertThrows(KanException.class, () -> new Lbfgs(0, 1, 0, 0, 25));
        assertThrows(KanException.class, () -> new Lbfgs(10, -1, 0, 0, 25));
        assertThrows(KanException.class, () -> new Lbfgs(10, 1, Double.NaN, 0, 25));
        assertThrows(KanException.class, () -> new Lbfgs(10, 1, 0, 1, 25));
        assertThrows(KanException.class, () -> new Lbfgs(10, 1, 0, 0, 0));
    }
}
