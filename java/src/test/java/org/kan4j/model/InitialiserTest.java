// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.Linear;
import org.kan4j.tensor.DType;

/** Initial parameters are drawn as the published code of each basis draws them: the distribution of every tensor that is drawn. */
class InitialiserTest {

    private static final int IN = 36;
    private static final int OUT = 64;

    private static Basis basis(String name) {
        return switch (name) {
            case "bspline" -> BSpline.of(5, 3);
            case "fastkan" -> GaussianRbf.of(8);
            case "rswaf" -> Rswaf.of(8);
            case "fourierkan" -> Fourier.of(4);
            case "chebykan" -> Chebyshev.of(4);
            case "jacobikan" -> Jacobi.of(4);
            case "sinekan" -> Sine.of(4);
            case "relukan" -> ReluPower.of(5, 4);
            case "rational" -> Rational.of(2);
            case "bsrbf" -> BSplineRbf.of(6, 3);
            default -> Wavelet.of(Wavelet.Kind.DOG);
        };
    }

    private static KanModel model(Basis basis) {
        return KanModel.of(DType.F64, KanLayer.of(IN, OUT, basis), KanLayer.of(OUT, IN, basis));
    }

    private static double[] drawn(KanModel model, Initialisation how, String tensor) {
        try (Arena arena = Arena.ofConfined(); Parameters parameters = Parameters.initialise(model, how, 5)) {
            return parameters.get(arena, tensor).toDoubles();
        }
    }

    /** {@code size} is the bound of what is uniform, the deviation of what is normal, and the number of what is the same all over. */
    private static void check(String what, double[] values, String kind, double size) {
        double most = Arrays.stream(values).map(Math::abs).max().orElseThrow();
        double square = Math.sqrt(Arrays.stream(values).map(v -> v * v).average().orElseThrow());
        switch (kind) {
            case "uniform" -> {
                assertTrue(most <= size && most > 0.9 * size, what + ": at most " + size + ", drawn " + most);
                assertEquals(size / Math.sqrt(3), square, 0.2 * size, what);
            }
            case "normal" -> assertEquals(size, square, 0.06 * size, what);
            default -> Arrays.stream(values).forEach(value -> assertEquals(size, value, 1e-15, what));
        }
    }

    /** The first layer has 36 inputs and 64 outputs. */
    @ParameterizedTest
    @CsvSource({
        "bspline, PUBLISHED, base_weight, uniform, 1, 6", "bspline, PUBLISHED, coef_scale, uniform, 1, 6",
        "bspline, PYKAN, base_weight, uniform, 1, 6", "bspline, PYKAN, coef_scale, constant, 1, 6",
        "fastkan, PUBLISHED, base_weight, uniform, 1, 6", "fastkan, PUBLISHED, bias, uniform, 1, 6",
        "fastkan, PUBLISHED, coef, normal, 1, 10", "rswaf, PUBLISHED, coef, uniform, 1, 7.659416862",
        "fourierkan, PUBLISHED, coef, normal, 1, 12", "fourierkan, PUBLISHED, bias, constant, 0, 1",
        "chebykan, PUBLISHED, coef, normal, 1, 180", "jacobikan, PUBLISHED, coef, normal, 1, 180",
        "sinekan, PUBLISHED, bias, constant, 1, 64", "relukan, PUBLISHED, coef, uniform, 1, 18",
        "relukan, PUBLISHED, bias, uniform, 1, 18", "rational, PUBLISHED, coef, uniform, 1, 6",
        "rational, PUBLISHED, bias, uniform, 1, 6", "bsrbf, PUBLISHED, coef, uniform, 1, 18",
        "bsrbf, PUBLISHED, base_weight, uniform, 1, 6", "wavkan, PUBLISHED, scale, constant, 1, 1",
        "wavkan, PUBLISHED, translation, constant, 0, 1", "wavkan, PUBLISHED, weight, uniform, 1, 6"})
    void tensorsAreDrawnAsPublished(String name, Initialisation how, String tensor, String kind, double over, double under) {
        check(name + " " + tensor, drawn(model(basis(name)), how, "layers.0." + tensor), kind, over / under);
    }

    @Test
    void linearLayersAreDrawnAsPyTorchs() {
        for (String tensor : new String[] {"weight", "bias"}) {
            check(tensor, drawn(KanModel.of(DType.F64, Linear.of(IN, OUT)), Initialisation.PUBLISHED, "layers.0." + tensor),
                    "uniform", 1.0 / 6);
        }
    }

    /** Those of smooth Fourier layers fall with the square of the frequency. */
    @Test
    void coefficientsOfHigherFrequencies() {
        double[] all = drawn(model(Fourier.of(4)), Initialisation.SMOOTH, "layers.0.coef");
        for (int k = 1; k <= 4; k++) {
            int of = k;
            check("frequency " + k, IntStream.range(0, all.length).filter(i -> i % 4 == of - 1).mapToDouble(i -> all[i])
                    .toArray(), "normal", 1.0 / (6 * k * k));
        }
        for (int layer = 0; layer < 2; layer++) {
            double[] waves = drawn(model(Sine.of(4)), Initialisation.PUBLISHED, "layers." + layer + ".coef");
            double[] first = IntStream.range(0, waves.length).filter(i -> i % 4 == 0).mapToDouble(i -> waves[i]).toArray();
            check("layer " + layer, first, layer == 0 ? "normal" : "uniform", layer == 0 ? 0.4 / OUT : 1.0 / IN);
            for (int i = 0; i < waves.length; i++) {
                assertEquals(first[i / 4] / (i % 4 + 1), waves[i], 1e-15);
            }
        }
    }
}
