// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.LbfgsMinimizer;
import org.kan4j.optim.Loss;
import org.kan4j.optim.ParameterGroup;
import org.kan4j.optim.Schedule;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.testing.Samples;

/** Training by L-BFGS, on all rows and on batches. */
class TrainerLbfgsTest {

    private static final KanModel MODEL = KanModel.kan(DType.F32, BSpline.of(4, 3), 2, 5, 1);

    /** Epochs of 10 iterations on all rows are one minimisation of 40. */
    @Test
    void lbfgsOnAllRowsIsTheMinimiserInParts() {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(3, 3), 2, 2, 1);
        WeightRegulariser penalty = new WeightRegulariser(1e-4, 0, 0, 1e-5);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 3);
                Parameters same = parameters.copy()) {
            Dataset data = Samples.regression(arena, DType.F64, 200, 1);
            double before;
            try (DataObjective objective = DataObjective.of(context, same, data, new Loss.Mse(), List.of(penalty));
                    LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, same, Lbfgs.of(40))) {
                minimizer.minimize(objective);
            }
            try (Trainer trainer = Trainer.builder(parameters).context(context).optimizer(Lbfgs.of(10)).epochs(4)
                    .regulariser(penalty).build()) {
                before = trainer.evaluate(data).loss();
                TrainingResult result = trainer.fit(data);
                assertEquals(40, result.steps());
                assertEquals(before, result.epochs().getFirst().loss(), 1e-12 * before); // before its update
                assertTrue(trainer.evaluate(data).loss() < 0.1 * before);
            }
            assertArrayEquals(same.values().flat().toDoubles(), parameters.values().flat().toDoubles());
        }
    }

    @Test
    void lbfgsHasTheSameBatchesInEveryEpoch() {
        try (Arena arena = Arena.ofConfined(); Parameters parameters = Parameters.initialise(MODEL, 3)) {
            Dataset data = Samples.regression(arena, DType.F32, 100, 1);
            double[] frozen = parameters.get(arena, "layers.0.coef").toDoubles();
            try (Trainer trainer = Trainer.builder(parameters).optimizer(Lbfgs.of(3)).batchSize(50).epochs(6)
                    .group(ParameterGroup.frozen("layers.0.coef")).build()) {
                double before = trainer.evaluate(data).loss();
                TrainingResult result = trainer.fit(data);
                assertEquals(36, result.steps());
                assertTrue(trainer.evaluate(data).loss() < 0.5 * before);
            }
            assertArrayEquals(frozen, parameters.get(arena, "layers.0.coef").toDoubles());
        }
    }

    @Test
    void lbfgsEndsWhereNothingIsLower() {
        KanModel model = KanModel.kan(DType.F32, BSpline.of(3, 1), 1, 1);
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.zeros(model);
                Trainer trainer = Trainer.builder(parameters).optimizer(Lbfgs.of(50)).steps(100_000).build()) {
            Dataset data = Dataset.regression(HostTensor.allocate(arena, DType.F32, 4, 1),
                    HostTensor.allocate(arena, DType.F32, 4, 1)); // zero is exact
            TrainingResult result = trainer.fit(data);
            assertEquals(0, result.steps());
            assertEquals(1, result.epochs().size());
            assertFalse(result.stopped());
        }
    }

    @Test
    void lbfgsRefusesWhatItCannotDo() {
        try (Parameters parameters = Parameters.initialise(MODEL, 3)) {
            List<UnaryOperator<Trainer.Builder>> refused = List.of(b -> b.accumulation(2),
                    b -> b.clipping(Clipping.byNorm(1)), b -> b.schedule(Schedule.oneCycle()),
                    b -> b.group(ParameterGroup.rate("*", 1)));
            for (UnaryOperator<Trainer.Builder> option : refused) {
                String message = assertThrows(KanException.class,
                        () -> option.apply(Trainer.builder(parameters).optimizer(Lbfgs.of(3))).build()).getMessage();
                assertTrue(message.contains("L-BFGS"), message);
            }
        }
    }
}
