// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.grid;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Rswaf;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

class GridCoverageTest {

    /** 100 rows: input 0 from -1 to 0.98, input 1 from -2 to 1.96. */
    private static HostTensor rows(Arena arena, DType dtype) {
        double[][] x = new double[100][2];
        for (int i = 0; i < 100; i++) {
            x[i] = new double[] {-1 + i / 50.0, -2 + i / 25.0};
        }
        return HostTensor.of(arena, x).to(arena, dtype);
    }

    static Stream<Basis> bases() {
        return Stream.of(BSpline.of(5, 3), BSpline.of(4, 1), GaussianRbf.of(5, -1, 1), new Rswaf(5, -1, 1, 2));
    }

    @ParameterizedTest
    @MethodSource("bases")
    void theFirstLayerCountsWhatLiesBeyondTheEndsOfItsGrid(Basis basis) {
        for (DType dtype : new DType[] {DType.F32, DType.F64}) {
            KanModel model = KanModel.kan(dtype, basis, 2, 3);
            KanModel plain = KanModel.of(dtype, ((KanLayer) model.layers().getFirst()).withInputNorm(false));
            try (Arena arena = Arena.ofConfined();
                    Context context = Context.open();
                    Parameters parameters = Parameters.initialise(plain, 1)) {
                GridCoverage coverage = GridCoverage.measure(context, parameters, rows(arena, dtype));
                GridCoverage.Layer layer = coverage.worst().orElseThrow();
                // -2 to -1.04 are below -1, 1.04 to 1.96 above 1; the ends themselves are inside, roundings too.
                assertArrayEquals(new int[] {0, 25 + 24}, layer.outside());
                assertEquals(1, layer.worstInput());
                assertEquals(0.49, layer.share(1));
                assertEquals(0.245, layer.share());
            }
        }
    }

    @Test
    void laterLayersCountWhatTheOnesBeforeThemMake() {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(5, 3), 2, 4, 1);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 1)) {
            HostTensor x = rows(arena, DType.F64);
            HostTensor coefficients = parameters.get(arena, "layers.0.coef");
            // Every edge of the first layer gives 1000 where its spline is not 0.
            double[] large = new double[(int) coefficients.size()];
            Arrays.fill(large, 1000);
            parameters.set("layers.0.coef", HostTensor.of(arena, large).reshape(coefficients.shape().toArray()));
            GridCoverage coverage = GridCoverage.measure(context, parameters, Dataset.regression(x,
                    HostTensor.allocate(arena, DType.F64, 100, 1)), 50);
            assertEquals(2, coverage.layers().size());
            assertEquals(1, coverage.worst().orElseThrow().layer());
            assertEquals(50, coverage.layers().get(1).rows());
            assertEquals(1, coverage.layers().get(1).share());
            GridUpdate.defaults().apply(context, parameters, x);
            assertTrue(GridCoverage.measure(context, parameters, x).worst().orElseThrow().share() < 0.05);
        }
    }

    /** Beyond the rows that are looked at together, too. */
    @Test
    void whatCannotBeCountedIsNamedWithItsPlace() {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(5, 3), 2, 3, 1);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 1)) {
            HostTensor x = HostTensor.allocate(arena, DType.F64, 5000, 2);
            x.set(Double.NEGATIVE_INFINITY, 4700, 1);
            refused("input 1 of layer 0 is -Infinity for row 4700 of the samples; all must be finite", context, parameters, x);
            refused("the model computes in F64, given samples of F32", context, parameters, rows(arena, DType.F32));
            refused("the model takes 2 features as the last axis, given samples of shape [4, 3]", context, parameters,
                    HostTensor.allocate(arena, DType.F64, 4, 3));
            refused("a grid algorithm needs at least one row of samples", context, parameters,
                    HostTensor.allocate(arena, DType.F64, 0, 2));
        }
    }

    /** The first layer's grid was moved when the second one's inputs turned out not to be finite. */
    @Test
    void anUpdateThatFailsLeavesTheParametersAsTheyWere() {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(5, 3), 2, 3, 1);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 1)) {
            HostTensor weights = parameters.get(arena, "layers.0.base_weight").fill(1e308);
            parameters.set("layers.0.base_weight", weights);
            HostTensor x = rows(arena, DType.F64).copyFrom(HostTensor.allocate(arena, DType.F64, 100, 2).fill(7));
            x.set(3, 0, 0);
            double[] before = parameters.buffers().toDoubles();
            double[] values = parameters.values().flat().toDoubles();
            String message = assertThrows(KanException.class,
                    () -> GridUpdate.defaults().apply(context, parameters, x)).getMessage();
            assertTrue(message.contains("of layer 1 is "), message);
            assertArrayEquals(before, parameters.buffers().toDoubles());
            assertArrayEquals(values, parameters.values().flat().toDoubles());
        }
    }

    private static void refused(String sentence, Context context, Parameters parameters, HostTensor x) {
        assertEquals(sentence, assertThrows(KanException.class, () -> GridCoverage.measure(context, parameters, x)).getMessage());
    }

    @Test
    void modelsWithoutAGridHaveNone() {
        KanModel model = KanModel.kan(DType.F64, new Chebyshev(3), 2, 1);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 1)) {
            assertTrue(GridCoverage.measure(context, parameters, rows(arena, DType.F64)).worst().isEmpty());
        }
    }
}
