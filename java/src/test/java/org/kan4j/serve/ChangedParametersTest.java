// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.explain.Ensemble;
import org.kan4j.internal.SplitMix;
import org.kan4j.model.KanModel;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.LbfgsMinimizer;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.OptimizerState;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** A predictor leaves out what is 0, as edges between the members of a mean are, and sees when it is 0 no longer. */
class ChangedParametersTest {

    private static final KanModel MEMBER = KanModel.kan(DType.F32, BSpline.of(5, 3), 4, 16, 16, 2);
    private static final int ROWS = 20;

    private static Parameters mean() {
        List<Parameters> members = IntStream.range(0, 3).mapToObj(seed -> Parameters.initialise(MEMBER, seed)).toList();
        try {
            return Ensemble.mean(members);
        } finally {
            members.forEach(Parameters::close);
        }
    }

    private static HostTensor random(Arena arena, long seed, long... shape) {
        SplitMix random = new SplitMix(seed);
        HostTensor tensor = HostTensor.allocate(arena, DType.F32, shape);
        for (long i = 0; i < tensor.size(); i++) {
            tensor.setFlat(i, random.uniform(-1, 1));
        }
        return tensor;
    }

    private static void onATensor(Parameters parameters, Consumer<HostTensor> set) {
        try (Arena arena = Arena.ofConfined()) {
            set.accept(random(arena, 3, parameters.get(arena, "layers.1.coef").shape().toArray()));
        }
    }

    private static void onADenseOne(Parameters parameters, Consumer<Parameters> copy) {
        try (Parameters dense = Parameters.initialise(parameters.model(), 8)) {
            copy.accept(dense);
        }
    }

    private static void step(Parameters parameters, Optimizer optimizer) {
        try (Context context = Context.open();
                OptimizerState state = OptimizerState.of(optimizer, parameters);
                ParameterVector ones = parameters.newVector()) {
            ones.flat().fill(1);
            state.step(context, ones, 0.1);
        }
    }

    private static void fusedStep(Parameters parameters) {
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                OptimizerState state = OptimizerState.of(Optimizer.adamW(0.1, 0), parameters);
                Workspace workspace = Workspace.training(context, parameters, ROWS)) {
            HostTensor x = random(arena, 4, ROWS, 4);
            workspace.forward(x);
            state.backwardStep(workspace, x, random(arena, 5, ROWS, 2), 0.1);
        }
    }

    /** The predictor runs in between, where the numbers are those of a step on the way. */
    private static void minimise(Parameters parameters, Runnable predict) {
        try (Context context = Context.open();
                LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, parameters, Lbfgs.of(3))) {
            predict.run();
            minimizer.minimize(gradient -> {
                try (Arena arena = Arena.ofConfined()) {
                    HostTensor coef = parameters.get(arena, "layers.1.coef");
                    double value = 0;
                    for (long i = 0; i < coef.size(); i++) {
                        double distance = coef.getFlat(i) - 1;
                        value += distance * distance / 2;
                        coef.setFlat(i, distance);
                    }
                    gradient.clear();
                    gradient.set("layers.1.coef", coef);
                    return value;
                }
            });
        }
    }

    static Stream<Arguments> changes() {
        Map<String, Consumer<Parameters>> ways = Map.of("set", p -> onATensor(p, t -> p.set("layers.1.coef", t)),
                "values.set", p -> onATensor(p, t -> p.values().set("layers.1.coef", t)), "copyFrom",
                p -> onADenseOne(p, p::copyFrom), "values.copyFrom", p -> onADenseOne(p, d -> p.values().copyFrom(d.values())),
                "sgd", p -> step(p, Optimizer.sgd(0.1, 0)), "adamw", p -> step(p, Optimizer.adamW(0.1, 0)), "fused adamw",
                ChangedParametersTest::fusedStep);
        return ways.entrySet().stream().map(way -> Arguments.of(way.getKey(), way.getValue()));
    }

    private static float[] expected(Parameters parameters, float[] x) {
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Workspace layers = Workspace.inference(context, parameters, ROWS)) {
            return layers.forward(HostTensor.of(arena, x).reshape(ROWS, 4)).toFloats();
        }
    }

    private static float[] inputs() {
        try (Arena arena = Arena.ofConfined()) {
            return random(arena, 9, ROWS, 4).toFloats();
        }
    }

    private static void requireExpected(Predictor predictor, float[] x) {
        float[] all = expected(predictor.parameters(), x);
        assertArrayEquals(all, predictor.predict(x));
        assertArrayEquals(Arrays.copyOf(all, 2), predictor.predict(Arrays.copyOf(x, 4)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void edgesThatWereThereNotAreSeen(String way, Consumer<Parameters> change) {
        float[] x = inputs();
        try (Parameters parameters = mean(); Predictor predictor = Predictor.of(parameters)) {
            requireExpected(predictor, x);
            float[] before = predictor.predict(x);
            change.accept(parameters);
            requireExpected(predictor, x);
            assertFalse(Arrays.equals(before, predictor.predict(x)), way);
        }
    }

    @Test
    void aMinimiserThatMovesThemIsSeen() {
        float[] x = inputs();
        try (Parameters parameters = mean(); Predictor predictor = Predictor.of(parameters)) {
            minimise(parameters, () -> requireExpected(predictor, x));
            requireExpected(predictor, x);
        }
    }

    @Test
    void whoHasAViewMayChangeThemAtAnyTime() {
        float[] x = inputs();
        try (Parameters parameters = mean(); Predictor predictor = Predictor.of(parameters)) {
            requireExpected(predictor, x);
            HostTensor view = parameters.values().flat();
            requireExpected(predictor, x);
            view.fill(0.1);
            requireExpected(predictor, x);
            view.fill(-0.2);
            requireExpected(predictor, x);
        }
    }
}
