// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kan4j.Kan;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.Trainer;

/** What nobody closed is named in the log, and freed. */
class ForgottenTest {

    /** Of a size that no other test's have, by which the warnings are told from those of others. */
    private static final KanModel MODEL = KanModel.kan(BSpline.of(4, 3), 2, 17, 23, 1);
    private static final String PARAMETERS = "a Parameters of " + MODEL.parameterCount() + " numbers";
    private static final String PREDICTOR = "a Predictor of " + MODEL.parameterCount() + " parameters";
    private static final String TRAINER = "a Trainer of " + MODEL.parameterCount() + " parameters";

    private final List<String> messages = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            messages.add(record.getMessage());
        }

        @Override
        public void flush() {
            // Nothing is kept.
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    };
    private final Logger logger = Logger.getLogger("org.kan4j");

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
    }

    @AfterEach
    void listenNoMore() {
        logger.removeHandler(handler);
    }

    /** Waits for the collector to find what was forgotten. */
    private String awaitWarning(String part) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < end) {
            System.gc();
            for (String message : messages) {
                if (message.contains(part)) {
                    return message;
                }
            }
            Thread.sleep(20);
        }
        throw new AssertionError("no warning of " + part + " in " + messages);
    }

    private static void forget(Runnable makes) {
        makes.run();
    }

    @Test
    void parametersAreFreed() throws Exception {
        forget(() -> Parameters.initialise(MODEL, 1));
        assertTrue(awaitWarning(PARAMETERS).contains("it is freed now"), messages.toString());
    }

    @Test
    void viewsThatWereHandedOutKeepTheirMemory() throws Exception {
        HostTensor[] view = new HostTensor[1];
        forget(() -> view[0] = Parameters.initialise(MODEL, 1).values().flat());
        assertTrue(awaitWarning(PARAMETERS).contains("its memory stays taken"), messages.toString());
        assertTrue(view[0].toDoubles().length > 0);
    }

    @Test
    void aVectorKeepsItsParametersOpen() throws Exception {
        ParameterVector[] values = new ParameterVector[1];
        forget(() -> values[0] = Parameters.initialise(MODEL, 1).values());
        forget(() -> Context.open());
        awaitWarning("a Context");
        assertTrue(messages.stream().noneMatch(m -> m.contains(PARAMETERS)), messages.toString());
        try (Arena arena = Arena.ofConfined()) {
            assertTrue(values[0].get(arena, "layers.0.coef").size() > 0);
        }
    }

    @Test
    void predictorsTrainersAndModelsAreNamed() throws Exception {
        try (Parameters parameters = Parameters.initialise(MODEL, 1)) {
            forget(() -> Predictor.of(parameters).predict(1f, 2f));
            awaitWarning(PREDICTOR);
            forget(() -> Trainer.builder(parameters).build());
            awaitWarning(TRAINER);
        }
        messages.clear();
        forget(() -> Kan.regressor().hidden(17, 23).basis(BSpline.of(4, 3)).epochs(1).fit(new double[][] {{1, 2}, {2, 3}, {3, 1}},
                new double[] {1, 2, 3}));
        awaitWarning(PREDICTOR);
        awaitWarning(PARAMETERS);
    }

    @Test
    void whatIsClosedIsNotNamed() throws Exception {
        // Of a size of its own: what the tests before this one forgot may be found only now.
        KanModel model = KanModel.kan(BSpline.of(4, 3), 2, 19, 23, 1);
        forget(() -> {
            try (Parameters parameters = Parameters.initialise(model, 1);
                    Predictor predictor = Predictor.of(parameters);
                    Trainer trainer = Trainer.builder(parameters).build()) {
                assertEquals(parameters, predictor.parameters());
                assertEquals(parameters, trainer.parameters());
            }
        });
        forget(() -> Context.open()); // what comes after it has been looked at too
        awaitWarning("a Context");
        assertTrue(messages.stream().noneMatch(m -> m.contains(" of " + model.parameterCount() + " ")), messages.toString());
    }
}
