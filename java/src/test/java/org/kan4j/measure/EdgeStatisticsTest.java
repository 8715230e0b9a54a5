// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.measure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

class EdgeStatisticsTest {

    /** A layer of one input and output is its edge: the statistics are those of the outputs, however many chunks. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F64"})
    void ofOneEdgeAreThoseOfTheOutput(DType dtype) {
        KanModel model = KanModel.of(dtype, new ActivationLayer(1, Activation.TANH), KanLayer.of(1, 1, BSpline.of(5, 3)));
        int rows = 2 * 4096 + 77; // chunks, and a part of one
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 2);
                Workspace workspace = Workspace.inference(context, parameters, rows)) {
            HostTensor x = HostTensor.allocate(arena, dtype, rows, 1);
            for (int b = 0; b < rows; b++) {
                x.setFlat(b, Math.sin(b * .7) * b / rows);
            }
            double[] y = workspace.forward(x).toDoubles();
            double size = 0;
            double mean = 0;
            double square = 0;
            double input = 0;
            for (int b = 0; b < rows; b++) {
                size += Math.abs(y[b]) / rows;
                mean += y[b] / rows;
                input += Math.tanh(x.getFlat(b)) / rows;
            }
            double spread = 0;
            for (int b = 0; b < rows; b++) {
                square += (y[b] - mean) * (y[b] - mean) / rows;
                spread += Math.pow(Math.tanh(x.getFlat(b)) - input, 2) / rows;
            }
            EdgeStatistics statistics = EdgeStatistics.of(context, parameters, x);
            assertEquals(rows, statistics.rows());
            assertEquals(1, statistics.layers().size());
            EdgeStatistics.Layer layer = statistics.layers().getFirst();
            assertEquals(1, layer.index());
            double tolerance = dtype == DType.F64 ? 1e-13 : 1e-6;
            assertArrayEquals(new double[] {size}, layer.meanAbs(), tolerance);
            assertArrayEquals(new double[] {mean}, layer.mean(), tolerance);
            assertArrayEquals(new double[] {Math.sqrt(square)}, layer.deviation(), tolerance);
            assertArrayEquals(new double[] {input}, layer.inputMean(), tolerance);
            assertArrayEquals(new double[] {Math.sqrt(spread)}, layer.inputDeviation(), tolerance);
        }
    }

    /** The edges to an output add up to it, and the inputs of the first layer are the features. */
    @Test
    void ofSeveralInputsAndOutputsEachHasItsOwn() {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(4, 2), 3, 2);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 5);
                Workspace workspace = Workspace.inference(context, parameters, 6)) {
            double[] features = {0.1, -0.5, 0.9, 0.2, 0.3, -0.4, -0.8, 0.6, 0.5, 0.7, -0.1, 0, -0.3, 0.4, -0.9, 0.5, -0.7, 0.2};
            HostTensor x = HostTensor.of(arena, features).reshape(6, 3);
            double[] y = workspace.forward(x).toDoubles();
            EdgeStatistics statistics = EdgeStatistics.of(context, parameters, x);
            assertEquals(6, statistics.rows());
            EdgeStatistics.Layer layer = statistics.layers().getFirst();
            assertEquals(3, layer.in());
            assertEquals(2, layer.out());
            for (int i = 0; i < 3; i++) {
                double mean = 0;
                double squares = 0;
                for (int b = 0; b < 6; b++) {
                    mean += features[3 * b + i] / 6;
                }
                for (int b = 0; b < 6; b++) {
                    squares += Math.pow(features[3 * b + i] - mean, 2) / 6;
                }
                assertEquals(mean, layer.inputMean()[i], 1e-14);
                assertEquals(Math.sqrt(squares), layer.inputDeviation()[i], 1e-14);
            }
            for (int o = 0; o < 2; o++) {
                double mean = 0;
                for (int b = 0; b < 6; b++) {
                    mean += y[2 * b + o] / 6;
                }
                assertEquals(mean, layer.mean()[3 * o] + layer.mean()[3 * o + 1] + layer.mean()[3 * o + 2], 1e-14);
            }
        }
    }

    @Test
    void refusesRowsThatDoNotFit() {
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(KanModel.kan(DType.F64, BSpline.of(3, 3), 2, 1), 1)) {
            assertThrows(ShapeException.class,
                    () -> EdgeStatistics.of(context, parameters, HostTensor.allocate(arena, DType.F64, 4, 3)));
            assertThrows(KanException.class,
                    () -> EdgeStatistics.of(context, parameters, HostTensor.allocate(arena, DType.F32, 4, 2)));
            assertThrows(KanException.class,
                    () -> EdgeStatistics.of(context, parameters, HostTensor.allocate(arena, DType.F64, 0, 2)));
        }
    }
}
