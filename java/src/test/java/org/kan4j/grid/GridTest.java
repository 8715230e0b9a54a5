// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.grid;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Rswaf;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;
import org.kan4j.io.Safetensors;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.Initialisation;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

class GridTest {

    private static HostTensor samples(Arena arena, DType dtype, int rows, int in, double lo, double hi, long seed) {
        SplitMix random = new SplitMix(seed);
        HostTensor x = HostTensor.allocate(arena, dtype, rows, in);
        for (int i = 0; i < rows * in; i++) {
            x.setFlat(i, random.uniform(lo, hi));
        }
        return x;
    }

    private static double[] outputs(Context context, Parameters parameters, HostTensor x) {
        try (Workspace workspace = Workspace.inference(context, parameters, x.rows())) {
            return workspace.forward(x).toDoubles();
        }
    }

    /** Root mean square difference over root mean square. */
    private static double change(double[] before, double[] after) {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < before.length; i++) {
            difference += (after[i] - before[i]) * (after[i] - before[i]);
            size += before[i] * before[i];
        }
        return Math.sqrt(difference / size);
    }

    @Test
    void reproducesThePublishedGridAndKeepsTheFunction() throws IOException {
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.zeros(KanModel.kan(DType.F64, BSpline.of(5, 3), 3, 4))) {
            Safetensors file = Safetensors.open(
                    Path.of("src/test/resources/golden/efficientkan_update_grid.safetensors"));
            parameters.set("layers.0.coef", file.read(arena, "before.layers.0.spline_weight"));
            parameters.set("layers.0.coef_scale", file.read(arena, "before.layers.0.spline_scaler"));
            parameters.set("layers.0.base_weight", file.read(arena, "before.layers.0.base_weight"));
            parameters.set("layers.0.knots", file.read(arena, "before.layers.0.grid"));
            HostTensor samples = file.read(arena, "samples");
            double[] before = outputs(context, parameters, samples);
            GridUpdate.Report report = GridUpdate.defaults().withMargin(0.01).apply(context, parameters, samples);
            assertEquals(0, report.kept());
            // Their even grid is of float32.
            assertArrayEquals(file.read(arena, "param.layers.0.grid").toDoubles(),
                    parameters.get(arena, "layers.0.knots").toDoubles(), 1e-6);
            assertTrue(change(before, outputs(context, parameters, samples)) < 0.001);
        }
    }

    @ParameterizedTest
    @EnumSource(BSpline.Outside.class)
    void aFunctionThatTheNewGridHoldsStaysWhatItIs(BSpline.Outside outside) {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(1, 3).withOutside(outside), 3, 4);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters cubic = Parameters.initialise(model, 5)) {
            HostTensor x = samples(arena, DType.F64, 500, 3, -0.9, 0.7, 3);
            try (Parameters finer = GridRefinement.of(context, cubic, 8, x).parameters()) {
                double[] before = outputs(context, finer, x);
                GridUpdate.Report report = GridUpdate.defaults().apply(context, finer, x);
                assertEquals(0, report.kept());
                assertTrue(report.residual() < 1e-9, report.toString());
                assertTrue(change(before, outputs(context, finer, x)) < 1e-9);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void refinementByDivisionIsExactInsideTheGrid(int order) {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(3, order), 2, 3);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters coarse = Parameters.initialise(model, 5)) {
            HostTensor x = samples(arena, DType.F64, 500, 2, -1, 1, 3);
            GridUpdate.defaults().withTolerance(Double.POSITIVE_INFINITY).apply(context, coarse, x); // uneven knots
            GridRefinement refinement = GridRefinement.of(context, coarse, 12, x);
            try (Parameters fine = refinement.parameters()) {
                assertTrue(refinement.residual() < 1e-13, refinement.toString());
                assertTrue(change(outputs(context, coarse, x), outputs(context, fine, x)) < 1e-13);
                assertEquals(12 + order, ((KanLayer) fine.model().layers().getFirst()).basis().functions());
            }
        }
    }

    @Test
    void refinementToAnyGridIsClose() {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(3, 3), 2, 3, 2);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters coarse = Parameters.initialise(model, 5)) {
            HostTensor x = samples(arena, DType.F64, 500, 2, -1, 1, 3);
            GridRefinement refinement = GridRefinement.of(context, coarse, 10, x);
            try (Parameters fine = refinement.parameters()) {
                double change = change(outputs(context, coarse, x), outputs(context, fine, x));
                assertTrue(change < 0.01, "" + change);
                assertTrue(refinement.residual() > 0 && refinement.residual() < 0.05, refinement.toString());
            }
        }
    }

    @Test
    void sharedCentresAreUpdatedAndRefined() {
        for (Basis basis : new Basis[] {GaussianRbf.of(8), Rswaf.of(8)}) {
            KanModel model = KanModel.of(DType.F64, KanLayer.of(3, 4, basis));
            try (Arena arena = Arena.ofConfined();
                    Context context = Context.open();
                    Parameters parameters = Parameters.initialise(model, 5)) {
                HostTensor x = samples(arena, DType.F64, 500, 3, -1, 1, 3);
                double[] before = outputs(context, parameters, x);
                GridRefinement refinement = GridRefinement.of(context, parameters, 16, x);
                try (Parameters fine = refinement.parameters()) {
                    assertTrue(refinement.residual() < 0.01, basis + ": " + refinement);
                    assertTrue(change(before, outputs(context, fine, x)) < 0.01);
                    double[] centres = fine.get(arena, "layers.0.centres").toDoubles();
                    GridUpdate.Report report = GridUpdate.defaults().withUniformShare(0.5).apply(context, fine, x);
                    assertEquals(0, report.kept(), basis + ": " + report);
                    assertTrue(change(before, outputs(context, fine, x)) < 0.05, basis + ": " + report);
                    assertTrue(change(centres, fine.get(arena, "layers.0.centres").toDoubles()) > 0.01);
                }
            }
        }
    }

    @Test
    void aGridThatCannotHoldTheFunctionIsRolledBack() {
        KanModel model = KanModel.of(DType.F64, KanLayer.of(1, 1, BSpline.of(20, 3)).withBase(Activation.NONE));
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, Initialisation.PYKAN, 5)) {
            HostTensor x = samples(arena, DType.F64, 400, 1, -1, 1, 3);
            x.set(1e9, 0, 0); // one outlier takes the even share of all knots away
            double[] before = outputs(context, parameters, x);
            double[] knots = parameters.get(arena, "layers.0.knots").toDoubles();
            GridUpdate.Report report = GridUpdate.defaults().apply(context, parameters, x);
            assertEquals(1, report.kept());
            assertTrue(report.layers().getFirst().refused() > 0.1, report.toString());
            assertArrayEquals(knots, parameters.get(arena, "layers.0.knots").toDoubles());
            assertArrayEquals(before, outputs(context, parameters, x));
        }
    }

    @Test
    void samplesThatAreNotFiniteAreRefusedAndChangeNothing() {
        KanModel model = KanModel.kan(DType.F32, BSpline.of(5, 3), 2, 3, 1);
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            try (Arena arena = Arena.ofConfined();
                    Context context = Context.open();
                    Parameters parameters = Parameters.initialise(model, 5)) {
                HostTensor x = samples(arena, DType.F32, 40, 2, -1, 1, 3);
                x.set(bad, 17, 1);
                float[] before = parameters.values().flat().toFloats();
                float[] knots = parameters.buffers().toFloats();
                KanException e = assertThrows(KanException.class,
                        () -> GridUpdate.defaults().apply(context, parameters, x));
                assertTrue(e.getMessage().contains("input 1 of layer 0") && e.getMessage().contains("row 17"),
                        e.getMessage());
                assertThrows(KanException.class, () -> GridRefinement.of(context, parameters, 10, x));
                assertArrayEquals(before, parameters.values().flat().toFloats());
                assertArrayEquals(knots, parameters.buffers().toFloats());
            }
        }
    }

    @Test
    void degenerateSamplesNeverGiveNaN() {
        SplitMix random = new SplitMix(11);
        try (Context context = Context.open()) {
            for (int trial = 0; trial < 1000; trial++) {
                DType dtype = trial % 2 == 0 ? DType.F32 : DType.F64;
                int order = 1 + random.below(5);
                int grid = 1 + random.below(12);
                Basis basis = trial % 7 == 0 ? GaussianRbf.of(grid + 1) : trial % 7 == 1 ? Rswaf.of(grid + 1)
                        : BSpline.of(grid, order).withOutside(BSpline.Outside.values()[random.below(3)]);
                KanModel model = KanModel.of(dtype,
                        KanLayer.of(2, 2, basis).withInputNorm(false), KanLayer.of(2, 1, basis).withInputNorm(false));
                try (Arena arena = Arena.ofConfined(); Parameters parameters = Parameters.initialise(model, trial)) {
                    int rows = 1 + random.below(trial % 3 == 0 ? 4 : 60);
                    HostTensor x = HostTensor.allocate(arena, dtype, rows, 2);
                    double scale = Math.pow(10, random.uniform(-8, 8));
                    double offset = random.below(2) * Math.pow(10, random.uniform(-3, 6));
                    for (int column = 0; column < 2; column++) {
                        int kind = random.below(4);
                        for (int b = 0; b < rows; b++) {
                            x.set(offset + switch (kind) {
                                case 0 -> scale; // constant
                                case 1 -> scale * random.below(2); // two values
                                case 2 -> b == 0 ? 1e12 : random.uniform(-1, 1); // a huge outlier
                                default -> scale * random.normal();
                            }, b, column);
                        }
                    }
                    GridUpdate update = new GridUpdate(random.below(2) == 0 ? 0 : random.uniform(),
                            random.below(2) * 0.01, 0.01 * random.below(2), random.below(10),
                            random.below(2) == 0 ? 0.1 : Double.POSITIVE_INFINITY);
                    update.apply(context, parameters, x);
                    requireFinite(parameters, trial);
                    try (Parameters finer = GridRefinement.of(context, parameters, grid + 1 + random.below(9), x)
                            .parameters()) {
                        requireFinite(finer, trial);
                        for (double y : outputs(context, finer, x)) {
                            assertTrue(Double.isFinite(y), "trial " + trial);
                        }
                    }
                }
            }
        }
    }

    private static void requireFinite(Parameters parameters, int trial) {
        for (double value : parameters.values().flat().toDoubles()) {
            assertTrue(Double.isFinite(value), "trial " + trial);
        }
        for (double value : parameters.buffers().toDoubles()) {
            assertTrue(Double.isFinite(value), "trial " + trial);
        }
    }

    @Test
    void leastSquaresSolvesWhatItIsGiven() {
        SplitMix random = new SplitMix(3);
        for (int band : new int[] {1, 2, 4, 9}) {
            int n = 9;
            double[] expected = new double[n];
            for (int j = 0; j < n; j++) {
                expected[j] = random.normal();
            }
            BandedLeastSquares system = new BandedLeastSquares(n, band, 2);
            for (int r = 0; r < 200; r++) {
                int first = random.below(n - band + 1);
                double[] row = new double[band];
                double sum = 0;
                for (int j = 0; j < band; j++) {
                    row[j] = random.normal();
                    sum += row[j] * expected[first + j];
                }
                system.add(first, row, new double[] {sum, 2 * sum}, 1);
            }
            assertArrayEquals(expected, system.solve(0), 1e-12);
            assertEquals(2 * expected[3], system.solve(1)[3], 1e-12);
        }
    }
}
