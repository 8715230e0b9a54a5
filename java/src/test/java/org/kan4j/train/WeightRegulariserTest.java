// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.model.KanModel;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

class WeightRegulariserTest {

    @Test
    void theGradientIsTheDerivative() {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(4, 3), 2, 3, 1);
        WeightRegulariser[] penalties = {new WeightRegulariser(1, 0, 0, 0), new WeightRegulariser(0, 1, 0, 0),
            new WeightRegulariser(0, 0, 1, 0), new WeightRegulariser(0, 0, 0, 1), new WeightRegulariser(.3, 2, 5, 7)};
        try (Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 3);
                ParameterVector gradient = parameters.newVector();
                ParameterVector ignored = parameters.newVector()) {
            for (WeightRegulariser penalty : penalties) {
                gradient.flat().fill(0.25); // it must add
                penalty.addTo(context, parameters, gradient);
                HostTensor values = parameters.values().flat();
                double largest = 0;
                for (int i = 0; i < values.size(); i++) {
                    double before = values.get(i);
                    values.set(before + 1e-6, i);
                    double up = penalty.addTo(context, parameters, ignored);
                    values.set(before - 1e-6, i);
                    double down = penalty.addTo(context, parameters, ignored);
                    values.set(before, i);
                    double expected = (up - down) / 2e-6;
                    assertEquals(expected, gradient.flat().get(i) - 0.25, 1e-5 * Math.max(1, Math.abs(expected)),
                            penalty + ", parameter " + i);
                    largest = Math.max(largest, Math.abs(expected));
                }
                assertTrue(largest > 1e-3, penalty.toString());
            }
        }
    }

    @Test
    void edgesOfZeroGiveNoNaN() {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(4, 3), 2, 1);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.zeros(model);
                ParameterVector gradient = parameters.newVector()) {
            assertEquals(0, new WeightRegulariser(1, 1, 1, 1).addTo(context, parameters, gradient));
            HostTensor coef = parameters.get(arena, "layers.0.coef");
            coef.set(7, 0, 0, 2);
            parameters.set("layers.0.coef", coef);
            assertEquals(1, new WeightRegulariser(1, 1, 0, 0).addTo(context, parameters, gradient), 1e-15);
            for (double g : gradient.flat().toDoubles()) {
                assertTrue(Double.isFinite(g));
            }
        }
    }

    @Test
    void refusesNegativeFactors() {
        assertThrows(KanException.class, () -> new WeightRegulariser(-1, 0, 0, 0));
        assertThrows(KanException.class, () -> new WeightRegulariser(0, Double.NaN, 0, 0));
    }
}
