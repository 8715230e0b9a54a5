// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.device.Device;
import org.kan4j.measure.EdgeStatistics;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.testing.Samples;
import org.kan4j.train.ActivationRegulariser.Measure;

/** Statistics of edges and penalties on them on a CUDA device, or on its emulation: see {@link CudaTrainingTest}. */
class CudaEdgesTest {

    private static final KanModel MODEL = KanModel.kan(DType.F32, BSpline.of(4, 3), 2, 3, 1);

    @BeforeAll
    static void aDeviceIsThere() {
        String missing = Device.cuda(0).unavailable().orElse("");
        assumeTrue(missing.isEmpty(), missing);
    }

    private static double[] penalised(Context context, Dataset data, Measure measure) {
        try (Parameters parameters = Parameters.initialise(MODEL, 1);
                Trainer trainer = Trainer.builder(parameters).context(context).epochs(2).batchSize(16)
                        .regulariser(new ActivationRegulariser(measure, 1e-2, 2e-2, 0, 0)).build()) {
            trainer.fit(data);
            return parameters.values().flat().toDoubles();
        }
    }

    @ParameterizedTest
    @EnumSource(Measure.class)
    void penaltiesOnEdgesTrainAsOnTheCpu(Measure measure) {
        try (Arena arena = Arena.ofConfined(); Context cpu = Context.open(); Context cuda = Context.open(Device.cuda(0))) {
            Dataset data = Samples.regression(arena, DType.F32, 40, 2);
            assertArrayEquals(penalised(cpu, data, measure), penalised(cuda, data, measure), 2e-3);
        }
    }

    @Test
    void statisticsOfEdgesAreThoseOfTheCpu() {
        try (Arena arena = Arena.ofConfined();
                Context cpu = Context.open();
                Context cuda = Context.open(Device.cuda(0));
                Parameters parameters = Parameters.initialise(MODEL, 1)) {
            HostTensor rows = Samples.regression(arena, DType.F32, 40, 2).features();
            EdgeStatistics.Layer expected = EdgeStatistics.of(cpu, parameters, rows).layers().get(0);
            try (Parameters there = parameters.onto(cuda)) {
                EdgeStatistics.Layer found = EdgeStatistics.of(cuda, there, rows).layers().get(0);
                assertArrayEquals(expected.deviation(), found.deviation(), 1e-5);
                assertArrayEquals(expected.inputDeviation(), found.inputDeviation(), 1e-5);
            }
        }
    }
}
