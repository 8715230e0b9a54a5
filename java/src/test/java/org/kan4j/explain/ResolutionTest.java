// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Jacobi;
import org.kan4j.basis.Rswaf;
import org.kan4j.basis.Wavelet;
import org.kan4j.device.Context;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;

/** A network resolved more finely is the same function. */
class ResolutionTest {

    static Stream<Object[]> bases() {
        return Stream.of(new Object[] {BSpline.of(4, 3), 4, 1e-12}, new Object[] {new Fourier(5), 5, 1e-14},
                new Object[] {new Chebyshev(3), 3, 1e-14}, new Object[] {new Jacobi(4, 0.5, 1), 4, 1e-14});
    }

    private static double[] outputs(KanGraph graph, double[] x) {
        try (Parameters parameters = graph.parameters(); Predictor predictor = Predictor.of(parameters)) {
            return predictor.predict(x);
        }
    }

    @ParameterizedTest
    @MethodSource("bases")
    void aFinerOneIsTheSameFunction(Basis basis, int resolution, double tolerance) {
        try (Context context = KanGraphTest.single();
                Parameters parameters = Parameters.initialise(KanModel.of(DType.F64, KanLayer.of(2, 3, basis),
                        new ActivationLayer(3, Activation.TANH), KanLayer.of(3, 1, basis)), 3)) {
            KanGraph graph = KanGraph.of(parameters).without(new Edge(0, 1, 2), 0);
            double[] x = KanGraphTest.rows(2, 4);
            assertEquals(resolution, Resolution.of(graph));
            KanGraph finer = Resolution.refined(context, graph, 2 * resolution, x);
            assertEquals(2 * resolution, Resolution.of(finer));
            assertArrayEquals(outputs(graph, x), outputs(finer, x), tolerance);
            assertEquals(graph.edges(), finer.edges(), "what was left out still is");
            assertSame(graph, Resolution.refined(context, graph, resolution, x), "it is as fine");
            assertSame(graph, Resolution.refined(context, graph, resolution - 1, x), "it is finer");
        }
    }

    @Test
    void centresAreCountedAndWaveletsCannotBeRefined() {
        try (Context context = KanGraphTest.single();
                Parameters rbf = Parameters.initialise(KanModel.kan(DType.F64, GaussianRbf.of(6), 2, 1), 1);
                Parameters rswaf = Parameters.initialise(KanModel.kan(DType.F64, Rswaf.of(7), 2, 1), 1);
                Parameters wavelet = Parameters.initialise(KanModel.kan(DType.F64, new Wavelet(Wavelet.Kind.DOG), 2, 1), 1)) {
            assertEquals(6, Resolution.of(KanGraph.of(rbf)));
            assertEquals(7, Resolution.of(KanGraph.of(rswaf)));
            KanGraph fixed = KanGraph.of(wavelet);
            assertEquals(0, Resolution.of(fixed));
            assertSame(fixed, Resolution.refined(context, fixed, 10, KanGraphTest.rows(2, 4)));
        }
    }
}
