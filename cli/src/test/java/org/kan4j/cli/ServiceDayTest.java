// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.Kan;
import org.kan4j.KanRegressor;
import org.kan4j.TrainedKan;
import org.kan4j.data.DataException;
import org.kan4j.data.TrainingTable;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingListener;
import org.kan4j.train.TrainingResult;

/** A Java service: trainings in an executor that are cancelled, calls with a time limit, a model that is swapped under load. */
class ServiceDayTest {

    @TempDir
    Path folder;

    private Path table() throws IOException {
        List<String> lines = new ArrayList<>(List.of("x,kind,y"));
        for (int i = 0; i < 200; i++) {
            lines.add(i * 7 % 50 + "," + (i % 2 == 0 ? "a" : "b") + "," + (i * 7 % 50 + i % 2 * 10));
        }
        return Files.write(folder.resolve("t.csv"), lines);
    }

    @Test
    void aCancelledTrainingEndsWithAModelThatServes() throws Exception {
        Path data = table();
        Path file = folder.resolve("m.safetensors");
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        AtomicReference<TrainingResult.End> end = new AtomicReference<>();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
            Future<?> training = executor.submit(() -> {
                try (KanRegressor model = Kan.regressor().epochs(1_000_000).listener(new TrainingListener() {
                    @Override
                    public void onBatch(Trainer trainer, Batch batch) {
                        running.countDown();
                    }
                }).fit(TrainingTable.of(data, "y"))) {
                    end.set(model.training().orElseThrow().end());
                    model.save(file); // still interrupted
                    if (!Thread.currentThread().isInterrupted()) {
                        throw new AssertionError("the flag is the caller's to clear");
                    }
                } catch (Throwable e) {
                    failure.set(e);
                } finally {
                    ended.countDown();
                }
            });
            assertThat(running.await(60, TimeUnit.SECONDS)).isTrue();
            training.cancel(true);
            assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(failure.get()).isNull();
        assertThat(end.get()).isEqualTo(TrainingResult.End.STOPPED);
        try (TrainedKan model = Kan.load(file)) {
            assertThat(model.predict(Map.of("x", 3, "kind", "a")).value()).isFinite();
        }
    }

    /** A request whose time is over still predicts and saves; who interrupted decides what follows. */
    @Test
    void anInterruptedThreadPredictsAndSavesAndSaysWhyItDoesNotRead() throws Exception {
        Path data = table();
        TrainingTable rows = TrainingTable.of(data, "y");
        try (KanRegressor model = Kan.regressor().epochs(2).fit(TrainingTable.of(data, "y"))) {
            double expected = model.predict(Map.of("x", 3, "kind", "a")).value();
            Thread.currentThread().interrupt();
            try {
                assertThat(model.predict(Map.of("x", 3, "kind", "a")).value()).isEqualTo(expected);
                assertThat(model.predictAll(List.of(Map.of("x", 3, "kind", "a"))).getFirst().value()).isEqualTo(expected);
                assertThatThrownBy(() -> TrainingTable.of(data, "y")).isInstanceOf(DataException.class)
                        .hasMessage("cannot read " + data + ": the thread was interrupted");
                model.save(folder.resolve("m.safetensors"));
                assertThatThrownBy(() -> Kan.load(folder.resolve("m.safetensors"))).isInstanceOf(IOException.class)
                        .hasMessageEndingWith("m.safetensors: the thread was interrupted");
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
            } finally {
                Thread.interrupted();
            }
            assertThat(model.evaluate(rows).rows()).isEqualTo(160);
            try (TrainedKan loaded = Kan.load(folder.resolve("m.safetensors"))) {
                assertThat(loaded.predict(Map.of("x", 3, "kind", "a")).value()).isEqualTo(expected);
            }
        }
    }

    /** Who holds the old model finishes; who calls it afterwards is told that it is closed. */
    @Test
    void aModelIsSwappedUnderLoad() throws Exception {
        Path data = table();
        AtomicReference<KanRegressor> served = new AtomicReference<>(Kan.regressor().epochs(1).fit(TrainingTable.of(data, "y")));
        AtomicInteger answers = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CountDownLatch warm = new CountDownLatch(200);
        List<Thread> clients = IntStream.range(0, 8).mapToObj(i -> Thread.ofVirtual().start(() -> {
            while (!Thread.currentThread().isInterrupted() && failure.get() == null) {
                KanRegressor model = served.get();
                try {
                    if (!Double.isFinite(model.predict(Map.of("x", answers.incrementAndGet() % 50, "kind", "b")).value())) {
                        throw new AssertionError("no number");
                    }
                    warm.countDown();
                } catch (IllegalStateException closed) { // between get and predict; the next get has the new one
                    if (!closed.getMessage().contains("closed") || served.get() == model) {
                        failure.set(closed);
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            }
        })).toList();
        assertThat(warm.await(60, TimeUnit.SECONDS)).isTrue();
        for (int swap = 0; swap < 5; swap++) {
            KanRegressor next = Kan.regressor().epochs(1).seed(swap).fit(TrainingTable.of(data, "y"));
            served.getAndSet(next).close();
        }
        for (Thread client : clients) {
            client.interrupt();
            client.join();
        }
        assertThat(failure.get()).isNull();
        KanRegressor last = served.get();
        last.close();
        assertThatThrownBy(() -> last.predict(Map.of("x", 1, "kind", "a"))).isInstanceOf(IllegalStateException.class);
    }
}
