// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A training whose task is killed, or whose job is cancelled, in local[2]. */
class InterruptionTest {

    private static SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        spark = Sessions.local();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private KanRegressor slow() {
        return new KanRegressor().setHiddenLayers(new int[] {4}).setMode("local").setBatchSize(1).setMaxIter(40)
                .setCheckpointDir(folder.toUri().toString());
    }

    private boolean checkpointed() {
        try (var files = Files.list(folder)) {
            return files.anyMatch(file -> file.getFileName().toString().endsWith(".safetensors"));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void await(BooleanSupplier what) throws InterruptedException {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120); !what.getAsBoolean(); Thread.sleep(2)) {
            assertThat(System.nanoTime()).as("two minutes are over").isLessThan(end);
        }
    }

    @Test
    void aTaskKilledInTheMiddleGoesOnFromItsCheckpointToTheSameModel() throws Exception {
        Dataset<Row> frame = Sessions.frame(spark, Sessions.values(1000), 2);
        double[] undisturbed = Sessions.predictions(slow().fit(frame).transform(frame));
        assertThat(checkpointed()).as("done, and so the checkpoint is gone").isFalse();
        AtomicLong running = new AtomicLong(-1);
        AtomicInteger killed = new AtomicInteger();
        SparkListener listener = new SparkListener() {
            @Override
            public void onTaskStart(SparkListenerTaskStart start) {
                running.set(start.taskInfo().taskId());
            }

            @Override
            public void onTaskEnd(SparkListenerTaskEnd end) {
                killed.addAndGet(end.taskInfo().killed() ? 1 : 0);
            }
        };
        spark.sparkContext().addSparkListener(listener);
        var fitting = CompletableFuture.supplyAsync(() -> slow().fit(frame));
        await(this::checkpointed);
        assertThat(spark.sparkContext().killTaskAttempt(running.get(), true, "a test")).isTrue();
        KanRegressionModel model = fitting.get(120, TimeUnit.SECONDS);
        await(() -> killed.get() == 1);
        spark.sparkContext().removeSparkListener(listener);
        assertThat(model.training().get().losses()).as("the epochs after the checkpoint").hasSizeBetween(1, 39);
        assertThat(Sessions.predictions(model.transform(frame))).isEqualTo(undisturbed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lbfgs", "average"})
    void aCancelledTrainingOfAllPartitionsIsGoneOnWithToTheSameModel(String mode) {
        Dataset<Row> frame = Sessions.frame(spark, Sessions.values(300), 2).cache();
        KanRegressor kan = new KanRegressor().setHiddenLayers(new int[] {3}).setMode(mode).setDeterministic(true).setTol(1e-9)
                .setMaxIter(mode.equals("lbfgs") ? 70 : 40).setBatchSize(16).setGridUpdates(mode.equals("lbfgs") ? 0 : 10)
                .setValidationIndicatorCol("held").setEarlyStopping(100).setCheckpointDir(folder.toUri().toString());
        KanRegressionModel undisturbed = kan.fit(frame);
        assertThat(checkpointed()).as("done, and so the checkpoint is gone").isFalse();
        var fitting = CompletableFuture.supplyAsync(() -> {
            spark.sparkContext().setJobGroup("training", "", false);
            return kan.fit(frame);
        });
        try {
            await(this::checkpointed);
            await(() -> {
                spark.sparkContext().cancelJobGroup("training"); // of the jobs, the one that runs now, if any
                return fitting.isDone();
            });
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        Assertions.assertThatThrownBy(fitting::get).hasMessageContaining("cancelled");
        assertThat(checkpointed()).isTrue();
        KanRegressionModel model = kan.fit(frame);
        assertThat(model.training().get().losses().size()).isBetween(1, undisturbed.training().get().losses().size() - 1);
        assertThat(model.training().get().end()).isEqualTo(undisturbed.training().get().end());
        assertThat(ModesTest.parameters(model)).as("the same bits").isEqualTo(ModesTest.parameters(undisturbed));
        assertThat(checkpointed()).isFalse();
    }

    @Test
    void aCancelledJobEndsTheTraining() throws Exception {
        Dataset<Row> frame = Sessions.frame(spark, Sessions.values(1000), 2);
        var fitting = CompletableFuture.supplyAsync(() -> {
            spark.sparkContext().setJobGroup("training", "", false);
            return slow().setMaxIter(100_000).fit(frame);
        });
        await(this::checkpointed);
        spark.sparkContext().cancelJobGroup("training");
        Assertions.assertThatThrownBy(() -> fitting.get(60, TimeUnit.SECONDS)).isInstanceOfAny(ExecutionException.class,
                CompletionException.class).hasMessageContaining("cancelled");
        // The task sees it between two steps, without being interrupted.
        await(() -> spark.sparkContext().statusTracker().getExecutorInfos()[0].numRunningTasks() == 0);
    }
}
