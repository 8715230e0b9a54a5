// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.BSplineRbf;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Jacobi;
import org.kan4j.basis.Rational;
import org.kan4j.basis.ReluPower;
import org.kan4j.basis.Rswaf;
import org.kan4j.basis.Sine;
import org.kan4j.basis.Wavelet;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.device.NativeLibrary;
import org.kan4j.device.Tier;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.internal.Json;
import org.kan4j.internal.SplitMix;
import org.kan4j.io.Checkpoint;
import org.kan4j.layer.Activation;
import org.kan4j.layer.Affine;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.Schedule;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Models, schedules, initial parameters: what is refused, and what they are. */
class ConfigurationTest {

    @TempDir
    Path folder;

    static Stream<KanModel> models() {
        return Stream.of(KanModel.kan(BSpline.of(5, 3), 4, 3, 2),
                KanModel.of(DType.F64, KanLayer.of(4, 3, BSpline.of(2, 1).withOutside(BSpline.Outside.CLAMP))
                        .withMask(true).withScale(false).withBias(true).withBase(Activation.IDENTITY)),
                KanModel.kan(GaussianRbf.of(8), 4, 3), KanModel.kan(Rswaf.of(5), 4, 3), KanModel.kan(new Fourier(3), 4, 3),
                KanModel.kan(new Chebyshev(4), 4, 3), KanModel.kan(Jacobi.gegenbauer(3, 0.7), 4, 3),
                KanModel.kan(new Sine(4), 4, 3, 2), KanModel.kan(new Wavelet(Wavelet.Kind.SHANNON), 4, 3),
                KanModel.kan(new ReluPower(5, 3), 4, 3), KanModel.kan(new Rational(2), 4, 6, 3),
                KanModel.kan(BSplineRbf.of(5, 3), 4, 3), KanModel.mlp(DType.F32, Activation.GELU, 4, 3, 2),
                KanModel.of(DType.F32, LayerNorm.of(4), new Affine(4), new Multiply(2, 1, 2), BatchNorm.of(3)));
    }

    @ParameterizedTest
    @MethodSource("models")
    void everyModelComesBackFromItsCheckpointBitForBit(KanModel model) throws IOException {
        Path file = folder.resolve("model.safetensors");
        try (Parameters parameters = Parameters.initialise(model, 3)) {
            Checkpoint.write(file, parameters, java.util.Map.of("task", "t\u00e4st"));
            try (Checkpoint read = Checkpoint.read(file)) {
                assertEquals(model, read.model());
                assertEquals("t\u00e4st", read.properties().get("task"));
                assertEquals(NativeLibrary.version(), read.provenance().version());
                assertFalse(read.isResumable());
                assertArrayEquals(parameters.values().flat().toDoubles(), read.parameters().values().flat().toDoubles());
                assertArrayEquals(parameters.buffers().toDoubles(), read.parameters().buffers().toDoubles());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void parametersAreCountedByTheirTensorsAndFollowTheSeed(KanModel model) {
        long count = model.tensors().stream().filter(t -> t.role() == TensorInfo.Role.PARAMETER)
                .mapToLong(t -> t.shape().size()).sum();
        assertEquals(count, model.parameterCount());
        boolean random = model.layers().stream().anyMatch(l -> l instanceof KanLayer || l instanceof Linear);
        try (Parameters a = Parameters.initialise(model, 1);
                Parameters b = Parameters.initialise(model, 1);
                Parameters c = Parameters.initialise(model, 2)) {
            assertArrayEquals(a.values().flat().toDoubles(), b.values().flat().toDoubles());
            assertEquals(!random, Arrays.equals(a.values().flat().toDoubles(), c.values().flat().toDoubles()));
            assertTrue(Arrays.stream(a.values().flat().toDoubles()).allMatch(Double::isFinite));
        }
    }

    @Test
    void efficientKansParameterCount() {
        assertEquals((784 * 64 + 64 * 10) * (5 + 3 + 2), KanModel.kan(BSpline.of(5, 3), 784, 64, 10).parameterCount());
        assertEquals((784 * 64 + 64 * 10) * 9 + 74 + 2 * (784 + 64),
                KanModel.kan(GaussianRbf.of(8), 784, 64, 10).parameterCount());
        assertEquals(2 * 4 * 3 * 5 + 3, KanModel.kan(new Fourier(5), 4, 3).parameterCount());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void initialSplinesAreNoiseOfTheirScaleAtTheGrid(int order) {
        int grid = 6;
        KanModel model = KanModel.kan(DType.F64, BSpline.of(grid, order), 20, 30);
        double[] stencil = Initialiser.stencil(order);
        assertEquals(1, Arrays.stream(stencil).sum(), 1e-15);
        try (Arena arena = Arena.ofConfined(); Parameters parameters = Parameters.initialise(model, 4)) {
            double[] coef = parameters.get(arena, "layers.0.coef").toDoubles();
            double bound = 0.05 / grid;
            double squares = 0;
            int n = grid + order;
            for (int edge = 0; edge < 600; edge++) {
                for (int knot = 0; knot <= grid; knot++) {
                    double value = 0;
                    for (int m = 0; m < order; m++) {
                        value += stencil[m] * coef[edge * n + knot + m];
                    }
                    assertTrue(Math.abs(value) <= bound * (1 + 1e-9), "value " + value);
                    squares += value * value;
                }
            }
            double deviation = Math.sqrt(squares / (600 * (grid + 1)));
            assertEquals(bound / Math.sqrt(3), deviation, 0.05 * bound);
            double[] knots = parameters.get(arena, "layers.0.knots").toDoubles();
            assertEquals(-1, knots[order], 1e-15);
            assertEquals(1, knots[order + grid], 1e-15);
        }
    }

    /** In a training of so many epochs of 10 steps. */
    private static Schedule.Position at(long step, int epochs) {
        return new Schedule.Position(step, 10, 10L * epochs, List.of());
    }

    @Test
    void aPlateauIsWhereTheLossNoLongerBecomesBetter() {
        Schedule schedule = new Schedule.Plateau(0.5, 1, 0.1, 2, 0.2);
        double[][] lossesAndFactors = {
            {10, 1}, {8, 1}, // better
            {7.5, 1}, // by less than a tenth: the first worse one, borne
            {9, 0.5}, // the second
            {9, 0.5}, {9, 0.5}, // cooling down
            {9, 0.5}, {Double.NaN, 0.25}, {9, 0.25}, {9, 0.25}, {9, 0.25}, {9, 0.2}, // not below the floor
            {7, 0.2}, {7, 0.2}};
        List<Double> losses = new ArrayList<>();
        for (double[] expected : lossesAndFactors) {
            losses.add(expected[0]);
            assertEquals(expected[1], schedule.factor(new Schedule.Position(0, 1, 1, losses)), "after " + losses);
        }
        assertEquals(1, Schedule.plateau(0.1, 3).factor(at(7, 5)));
    }

    static Stream<Basis> bases() {
        return Stream.of(GaussianRbf.of(8), Rswaf.of(6), new Fourier(7), new Chebyshev(5), Jacobi.of(3), new Sine(6),
                new ReluPower(5, 3), new Rational(4), BSplineRbf.of(5, 3), BSpline.of(5, 3));
    }

    /** Base branches and biases add their own: a SiLU of uniform weights 0.12, a rational's identity nothing. */
    @ParameterizedTest
    @MethodSource("bases")
    void unitVarianceInitialisationKeepsTheScale(Basis basis) {
        int rows = 200;
        SplitMix random = new SplitMix(3);
        KanModel model = KanModel.kan(DType.F64, basis, 40, 500);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, Initialisation.UNIT_VARIANCE, 5);
                Workspace workspace = Workspace.inference(context, parameters, rows)) {
            HostTensor x = HostTensor.allocate(arena, DType.F64, rows, 40);
            for (long i = 0; i < x.size(); i++) {
                x.setFlat(i, random.normal());
            }
            double power = Arrays.stream(workspace.forward(x).toDoubles()).map(y -> y * y).average().orElseThrow();
            assertEquals(1.05, power, 0.25);
        }
    }

    @Test
    void schedules() {
        assertEquals(1, Schedule.constant().factor(at(12345, 3)));
        assertEquals(1, Schedule.exponential(0.8).factor(at(9, 5)));
        assertEquals(0.64, Schedule.exponential(0.8).factor(at(20, 5)), 1e-15);
        assertEquals(0.1, new Schedule.Step(2, 0.1).factor(at(39, 5)), 1e-15);
        Schedule cosine = Schedule.cosine(1);
        assertTrue(cosine.factor(at(0, 5)) > 0 && cosine.factor(at(0, 5)) < 0.1);
        assertEquals(1, cosine.factor(at(10, 5)), 1e-15);
        assertEquals(0.5, cosine.factor(at(30, 5)), 1e-15);
        assertEquals(0, cosine.factor(at(50, 5)), 1e-15);
        Schedule cycle = Schedule.oneCycle();
        assertEquals(1 / 25.0, cycle.factor(at(0, 5)), 1e-15);
        assertEquals(1e-5, cycle.factor(at(49, 5)), 1e-15);
        double most = 0;
        for (int step = 0; step < 50; step++) {
            most = Math.max(most, cycle.factor(at(step, 5)));
        }
        assertEquals(1, most, 0.01);
    }

    @Test
    void valuesOutOfRangeAreRefusedWithWhatWasGiven() {
        refused("1 to 5, given 0", () -> BSpline.of(5, 0));
        refused("1 to 5, given 6", () -> BSpline.of(5, 6));
        refused("given 0", () -> BSpline.of(0, 3));
        refused("[1.0, -1.0]", () -> BSpline.of(5, 3).withRange(1, -1));
        refused("given 1", () -> GaussianRbf.of(1));
        refused("given -1.0", () -> new Jacobi(3, -1, 0));
        refused("NaN", () -> new Jacobi(3, 0, Double.NaN));
        refused("at least 2 features", () -> LayerNorm.of(1));
        refused("10 features, 8 groups", () -> KanLayer.of(10, 4, new Rational(8)));
        refused("scale", () -> KanLayer.of(4, 4, new Chebyshev(3)).withScale(true));
        refused("layer 1 takes 4 features", () -> KanModel.of(DType.F32, Linear.of(2, 3), Linear.of(4, 1)));
        refused("at least 2 widths", () -> KanModel.kan(BSpline.of(5, 3), 4));
        refused("F32 or F64", () -> KanModel.kan(DType.I32, BSpline.of(5, 3), 4, 1));
        refused("given -0.1", () -> Optimizer.adamW(-0.1, 0));
        refused("given 1.0", () -> Optimizer.sgd(0.1, 1));
        refused("avx2", () -> Tier.parse("avx3"));
        refused("at least 1 thread", () -> ContextOptions.defaults().withThreads(0));
        refused("at most 256, given 257", () -> ContextOptions.defaults().withThreads(257));
        assertEquals(256, org.kan4j.ffi.Kan.KAN_MAX_THREADS());
        refused("given 0.0", () -> new Loss.Huber(0));
        refused("layers.0.coef", () -> {
            try (Arena arena = Arena.ofConfined();
                    Parameters parameters = Parameters.zeros(KanModel.kan(BSpline.of(5, 3), 2, 1))) {
                parameters.get(arena, "layers.0.nothing");
            }
        });
        refused("[1, 2, 8]", () -> {
            try (Arena arena = Arena.ofConfined();
                    Parameters parameters = Parameters.zeros(KanModel.kan(BSpline.of(5, 3), 2, 1))) {
                parameters.set("layers.0.coef", HostTensor.allocate(arena, DType.F32, 2, 1, 8));
            }
        });
        refused("layers.0.knots", () -> {
            try (Arena arena = Arena.ofConfined();
                    Parameters parameters = Parameters.zeros(KanModel.kan(BSpline.of(5, 3), 1, 1))) {
                HostTensor falling = parameters.get(arena, "layers.0.knots");
                falling.set(-9, 0, 5);
                parameters.set("layers.0.knots", falling);
            }
        });
    }

    private static void refused(String part, Executable call) {
        String message = assertThrows(KanException.class, call).getMessage();
        assertTrue(message.contains(part), "'" + part + "' in: " + message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "01", "-", "1.", ".5", "1e", "+1", "NaN", "\"a", "\"\\x\"", "\"\\u12g4\"", "[1,]",
        "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "[1 2]", "tru", "nul", "\"\t\"", "1 2", "{\"a\":1,\"a\":2}"})
    void jsonIsReadStrictly(String text) {
        String message = assertThrows(Json.ParseException.class, () -> Json.parse(text)).getMessage();
        assertTrue(message.contains("position"), message);
    }

    @Test
    void jsonComesBackAsItWas() throws Json.ParseException {
        for (char c = 0; c < 0x100; c++) {
            String written = Json.write("a" + c);
            assertTrue(written.chars().noneMatch(each -> each < ' '), "JSON has no bare control characters: " + (int) c);
            assertEquals("a" + c, Json.parse(written));
        }
        String text = "{\"a\":[1,-2.5,1.0E-300,true,null],\"b\\\"\\\\\\n\":{\"\u20ac\":\"\\u0001\"},\"c\":[],\"d\":{}}";
        assertEquals(text, Json.write(Json.parse(text)));
        assertEquals(Long.MAX_VALUE, Json.parse("9223372036854775807"));
        assertEquals(9223372036854775808.0, Json.parse("9223372036854775808"));
        assertEquals("/", Json.parse("\"\\/\""));
    }

    /** Of another length, of another type, and of both: memory that a kernel would write beyond or read otherwise. */
    @Test
    void gradientsOfOtherParametersAreRefused() {
        KanModel model = KanModel.of(DType.F64, new Linear(3, 2, true));
        try (Parameters own = Parameters.zeros(model);
                Parameters longer = Parameters.zeros(KanModel.of(DType.F64, new Linear(4, 2, true)));
                Parameters half = Parameters.zeros(KanModel.of(DType.F32, new Linear(3, 2, true)));
                ParameterVector right = own.newVector();
                ParameterVector wrong = longer.newVector();
                ParameterVector other = half.newVector()) {
            own.requireFit(right);
            assertEquals("gradients of F64[" + wrong.length() + "] for parameters of F64[8]",
                    assertThrows(ShapeException.class, () -> own.requireFit(wrong)).getMessage());
            assertEquals("gradients of F32[" + other.length() + "] for parameters of F64[8]",
                    assertThrows(ShapeException.class, () -> own.requireFit(other)).getMessage());
        }
    }
}
