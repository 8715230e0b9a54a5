// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.Kan;
import org.kan4j.KanBuilder;
import org.kan4j.KanClassifier;
import org.kan4j.KanRegressor;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Jacobi;
import org.kan4j.basis.Rational;
import org.kan4j.basis.ReluPower;
import org.kan4j.basis.Sine;
import org.kan4j.basis.Wavelet;
import org.kan4j.device.ContextOptions;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.layer.Activation;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** The mean of networks is one network, whichever its basis; and it errs less than they do. */
class EnsembleTest {

    @TempDir
    Path folder;

    private static KanModel kan(Basis basis, long... widths) {
        return KanModel.kan(DType.F64, basis, widths);
    }

    static Stream<KanModel> models() {
        KanLayer fixed = KanLayer.of(4, 3, new Sine(4)).withTrainBasis(false);
        KanLayer relu = KanLayer.of(3, 2, new ReluPower(5, 3)).withTrainBasis(false);
        return Stream.of(kan(BSpline.of(5, 3), 3, 5, 4, 2), kan(BSpline.of(4, 2), 3, 2), kan(new Fourier(3), 3, 4, 2),
                kan(new Chebyshev(4), 2, 3, 3, 1), kan(Jacobi.of(3), 2, 3, 1), kan(new Fourier(3), 4, 2),
                kan(new Wavelet(Wavelet.Kind.MEXICAN_HAT), 3, 4, 2), KanModel.mlp(DType.F64, Activation.RELU, 3, 6, 5, 2),
                KanModel.of(DType.F64, KanLayer.of(3, 4, GaussianRbf.of(5)).withInputNorm(false), fixed, relu),
                KanModel.of(DType.F64, KanLayer.of(2, 4, BSpline.of(5, 3)).withMask(true), BatchNorm.of(4),
                        KanLayer.of(4, 2, BSpline.of(5, 3)).withBias(true), BatchNorm.of(2)));
    }

    /** Parameters none of which is 0 or as another's. */
    private static Parameters random(KanModel model, long seed) {
        Parameters parameters = Parameters.initialise(model, seed);
        SplittableRandom random = new SplittableRandom(seed);
        try (Arena arena = Arena.ofConfined()) {
            parameters.tensors().forEach(tensor -> {
                if (!List.of("knots", "centres", "inv_width", "freq", "phase", "phase_low", "phase_high")
                        .contains(tensor.tensor())) {
                    HostTensor values = parameters.get(arena, tensor.name());
                    for (long i = 0; i < values.size(); i++) {
                        values.setFlat(i, random.nextDouble(0.1, 0.6) * (random.nextBoolean() || tensor.tensor().endsWith("var")
                                || tensor.tensor().equals("scale") ? 1 : -1));
                    }
                    parameters.set(tensor.name(), values);
                }
            });
        }
        return parameters;
    }

    private static double[] predict(Parameters parameters, double[] x) {
        try (Predictor predictor = Predictor.of(parameters)) {
            return predictor.predict(x);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void outputsAreTheMeanOfTheMembers(KanModel model) {
        SplittableRandom random = new SplittableRandom(1);
        double[] x = random.doubles(50 * model.in(), -1.3, 1.3).toArray();
        List<Parameters> members = IntStream.rangeClosed(1, 3).mapToObj(seed -> random(model, seed)).toList();
        double[] mean = new double[50 * (int) model.out()];
        for (Parameters member : members) {
            double[] y = predict(member, x);
            Arrays.setAll(mean, i -> mean[i] + y[i] / 3);
        }
        try (Parameters merged = Ensemble.mean(members)) {
            assertTrue(Arrays.stream(mean).distinct().count() > 40, "the members tell rows apart");
            assertArrayEquals(mean, predict(merged, x), 1e-12 * Arrays.stream(mean).map(Math::abs).max().orElseThrow() + 1e-12);
        }
        members.forEach(Parameters::close);
    }

    static Stream<KanModel> refused() {
        return Stream.of(kan(GaussianRbf.of(5), 3, 4, 1), kan(new Sine(4), 3, 4, 1), kan(new ReluPower(5, 3), 3, 4, 1),
                kan(new Rational(1), 3, 4, 1), kan(new Wavelet(Wavelet.Kind.SHANNON), 3, 4, 1),
                KanModel.of(DType.F64, KanLayer.of(3, 1, new Wavelet(Wavelet.Kind.DOG))),
                KanModel.of(DType.F64, KanLayer.of(3, 4, new Chebyshev(3)), LayerNorm.of(4),
                        KanLayer.of(4, 1, new Chebyshev(3))));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void whatHasNoMeanIsRefusedByASentence(KanModel model) {
        String message = assertThrows(UnsupportedException.class, () -> Ensemble.requireMean(model, 3)).getMessage();
        assertTrue(message.contains("B-splines, Fourier series") && message.contains("given "), message);
    }

    @Test
    void whatWouldBeTooLargeIsRefusedBeforeAnyTraining() {
        KanModel model = kan(BSpline.of(10, 3), 20, 512, 512, 1);
        assertTrue(
                assertThrows(KanException.class, () -> Ensemble.requireMean(model, 30)).getMessage().contains("fewer members"));
        Ensemble.requireMean(model, 3);
        assertThrows(KanException.class, () -> Ensemble.requireMean(model, 101));
    }

    @Test
    void membersAreOfOneFormAndOfOneGrid() {
        KanModel model = kan(BSpline.of(5, 3), 2, 3, 1);
        try (Parameters a = random(model, 1);
                Parameters b = random(model, 2);
                Parameters other = random(kan(BSpline.of(6, 3), 2, 3,
                        1), 1);
                Arena arena = Arena.ofConfined()) {
            assertThrows(ShapeException.class, () -> Ensemble.mean(List.of(a, other)));
            assertThrows(KanException.class, () -> Ensemble.mean(List.of(a)));
            HostTensor knots = b.get(arena, "layers.0.knots");
            knots.setFlat(0, knots.getFlat(0) - 0.5);
            b.set("layers.0.knots", knots);
            assertTrue(assertThrows(KanException.class, () -> Ensemble.mean(List.of(a, b))).getMessage().contains("grids"));
        }
    }

    // -------------------------------------------------------------------------------------------------- the front door

    private static double[][] x(int rows, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return IntStream.range(0, rows).mapToObj(i -> random.doubles(3, -1, 1).toArray()).toArray(double[][]::new);
    }

    private static double[] y(double[][] x, double noise) {
        SplittableRandom random = new SplittableRandom(9);
        return Arrays.stream(x).mapToDouble(r -> Math.sin(3 * r[0]) + r[1] * r[2] + noise * random.nextGaussian()).toArray();
    }

    private static KanBuilder<KanRegressor> builder(int threads) {
        return Kan.regressor().hidden(6).epochs(25).weightDecay(0.01).on(ContextOptions.defaults().withThreads(threads));
    }

    @Test
    void fiveMembersErrLessThanOne() {
        double[][] x = x(200, 1);
        double[] y = y(x, 0.4);
        double[][] held = x(500, 2);
        double[] truth = y(held, 0);
        List<Double> errors = new ArrayList<>();
        List<double[]> outputs = new ArrayList<>();
        for (long seed = 1; seed <= 5; seed++) {
            try (KanRegressor model = builder(1).seed(seed).fit(x, y)) {
                errors.add(model.evaluate(held, truth).measures().get("rmse"));
                outputs.add(model.predictAll(held).stream().mapToDouble(p -> p.value()).toArray());
            }
        }
        try (KanRegressor model = builder(1).ensemble(5).fit(x, y)) {
            double mean = errors.stream().mapToDouble(e -> e).average().orElseThrow();
            double error = model.evaluate(held, truth).measures().get("rmse");
            assertTrue(error < mean, error + " of five together, " + errors + " alone");
            double[] expected = IntStream.range(0, held.length)
                    .mapToDouble(i -> outputs.stream().mapToDouble(o -> o[i]).average().orElseThrow()).toArray();
            assertArrayEquals(expected, model.predictAll(held).stream().mapToDouble(p -> p.value()).toArray(), 1e-4);
        }
    }

    @Test
    void theSameBitsOnAnyNumberOfThreads() {
        double[][] x = x(150, 1);
        double[] y = y(x, 0.1);
        try (KanRegressor one = builder(1).ensemble(3).fit(x, y); KanRegressor two = builder(2).ensemble(3).fit(x, y)) {
            for (double[] row : x) {
                assertEquals(one.predict(row).value(), two.predict(row).value());
            }
        }
    }

    @Test
    void monotoneMembersHaveAMonotoneMeanAndCalibratedOnesProbabilities() throws Exception {
        double[][] x = x(150, 1);
        double[] y = y(x, 0.1);
        Path file = folder.resolve("e.safetensors");
        for (boolean additive : new boolean[] {false, true}) {
            KanBuilder<KanRegressor> builder = builder(1).monotone("x0", 1).ensemble(3);
            try (KanRegressor model = (additive ? builder.additive() : builder).fit(x, y)) {
                assertEquals(List.of(), model.unproved());
                model.save(file);
                try (KanRegressor read = Kan.load(file, KanRegressor.class)) {
                    assertEquals(model.predict(x[0]).value(), read.predict(x[0]).value());
                    assertEquals(List.of(), read.unproved());
                }
            }
        }
        String[] labels = Arrays.stream(y).mapToObj(v -> v > 0 ? "yes" : "no").toArray(String[]::new);
        try (KanClassifier model = Kan.classifier().hidden(4).epochs(20).weightDecay(0.01).calibrated().ensemble(3).fit(x,
                labels)) {
            assertTrue(model.evaluate(x, labels).measures().get("accuracy") > 0.8);
        }
    }

    @Test
    void settingsThatContradictAreRefused() {
        double[][] x = x(50, 1);
        double[] y = y(x, 0.1);
        assertThrows(KanException.class, () -> Kan.regressor().ensemble(0));
        assertThrows(KanException.class, () -> Kan.regressor().ensemble(101));
        assertTrue(assertThrows(KanException.class, () -> Kan.regressor().ensemble(2).checkpoint(folder.resolve("c")).fit(x, y))
                .getMessage().contains("a checkpoint is of one training"));
        assertTrue(assertThrows(KanException.class, () -> Kan.regressor().ensemble(2).basis(GaussianRbf.of(5)).fit(x, y))
                .getMessage().contains("layer norm"));
    }

    @Test
    void aStoppedTrainingLeavesTheMeanOfTheOthers() {
        double[][] x = x(60, 1);
        double[] y = y(x, 0.1);
        int[] steps = {0};
        try (KanRegressor model = builder(1).epochs(2).batchSize(60).ensemble(3).stopWhen(() -> ++steps[0] >= 5).fit(x, y);
                KanRegressor two = builder(1).epochs(2).batchSize(60).ensemble(2).fit(x, y)) {
            assertTrue(model.training().orElseThrow().stopped());
            assertEquals(two.predict(x[0]).value(), model.predict(x[0]).value());
        }
    }
}
