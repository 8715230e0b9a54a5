// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.device.Tier;
import org.kan4j.internal.SplitMix;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.Linear;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Whole models through the Java API: gradients against central differences, in double precision, on every tier. */
class GradientTest {

    private static Stream<KanModel> models() {
        DType f64 = DType.F64;
        return Stream.of(
                KanModel.of(f64, KanLayer.of(3, 5, BSpline.of(5, 3)).withScale(true).withMask(true),
                        KanLayer.of(5, 2, BSpline.of(4, 2).withOutside(BSpline.Outside.LINEAR))),
                KanModel.of(f64, LayerNorm.of(3), KanLayer.of(3, 4, BSpline.of(3, 5)), Linear.of(4, 2)),
                KanModel.of(f64, Linear.of(3, 6), new ActivationLayer(6, Activation.GELU), Linear.of(6, 2)),
                KanModel.kan(f64, new Chebyshev(4), 3, 4, 2),
                KanModel.kan(f64, new Fourier(3), 3, 4, 2),
                KanModel.kan(f64, GaussianRbf.of(6), 3, 4, 2));
    }

    static Stream<Object[]> modelsAndTiers() {
        List<Object[]> cases = new ArrayList<>();
        try (Context context = Context.open()) {
            for (Tier tier : Tier.values()) {
                if (tier != Tier.AUTO && tier.compareTo(context.maxTier()) <= 0) {
                    models().forEach(model -> cases.add(new Object[] {model, tier}));
                }
            }
        }
        assertTrue(cases.size() >= 12, "at least the reference and one tier");
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("modelsAndTiers")
    void gradientsAreTheDerivatives(KanModel model, Tier tier) {
        int rows = 5;
        SplitMix random = new SplitMix(11);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open(ContextOptions.defaults().withTier(tier));
                Parameters parameters = Parameters.initialise(model, 2);
                Workspace workspace = Workspace.training(context, parameters, rows);
                ParameterVector gradients = parameters.newVector()) {
            HostTensor x = HostTensor.allocate(arena, DType.F64, rows, model.in());
            HostTensor cotangent = HostTensor.allocate(arena, DType.F64, rows, model.out());
            HostTensor gradInput = HostTensor.allocate(arena, DType.F64, rows, model.in());
            for (int i = 0; i < rows * model.in(); i++) {
                x.set(random.uniform(-1.2, 1.2), i / model.in(), i % model.in());
            }
            for (int i = 0; i < rows * model.out(); i++) {
                cotangent.set(random.uniform(-1, 1), i / model.out(), i % model.out());
            }
            workspace.forward(x);
            workspace.backward(x, cotangent, gradients, gradInput);
            HostTensor flat = parameters.values().flat();
            double scale = 0;
            for (double g : gradients.flat().toDoubles()) {
                scale = Math.max(scale, Math.abs(g));
            }
            assertTrue(scale > 1e-3, "the gradient is not all zeros: largest " + scale);
            for (int i = 0; i < model.parameterCount(); i++) {
                double numeric = derivative(workspace, x, cotangent, flat, i);
                assertEquals(numeric, gradients.flat().get(i), 1e-6 * scale, model + " parameter " + i);
            }
            for (int i = 0; i < rows * model.in(); i++) {
                double numeric = derivative(workspace, x, cotangent, x.reshape(rows * model.in()), i);
                assertEquals(numeric, gradInput.get(i / model.in(), i % model.in()), 1e-6 * Math.max(1, scale),
                        model + " input " + i);
            }
        }
    }

    /** d/dv of the sum of outputs times cotangents, v the number `i` of `values`, by four points. */
    private static double derivative(Workspace workspace, HostTensor x, HostTensor cotangent, HostTensor values, int i) {
        double at = values.get(i);
        double h = 1e-4;
        double[] f = new double[4];
        double[] steps = {-2 * h, -h, h, 2 * h};
        for (int k = 0; k < 4; k++) {
            values.set(at + steps[k], i);
            HostTensor y = workspace.forward(x);
            double[] outputs = y.toDoubles();
            double[] weights = cotangent.toDoubles();
            for (int j = 0; j < outputs.length; j++) {
                f[k] += outputs[j] * weights[j];
            }
        }
        values.set(at, i);
        return (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h);
    }
}
