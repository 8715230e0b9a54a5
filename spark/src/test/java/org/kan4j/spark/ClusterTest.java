// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.ml.evaluation.RegressionEvaluator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Executors in processes of their own, local-cluster[2,1,1024]. */
class ClusterTest {

    private static SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        spark = Sessions.session("local-cluster[2,1,1024]");
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static KanRegressor regressor(String mode) {
        return new KanRegressor().setHiddenLayers(new int[] {4}).setMode(mode).setMaxIter(15).setBatchSize(16)
                .setStepSize(0.02).setDeterministic(true);
    }

    @Test
    void everyModeTrainsOnExecutorsAndModelsAreSavedAndScored() throws Exception {
        Dataset<Row> frame = Sessions.frame(spark, Sessions.values(300), 2).cache();
        for (String mode : List.of("local", "lbfgs", "average")) {
            KanRegressionModel model = regressor(mode).fit(frame);
            Dataset<Row> scored = model.transform(frame);
            assertThat(new RegressionEvaluator().setMetricName("r2").evaluate(scored)).as(mode).isGreaterThan(0.7);
            String place = folder.resolve(mode).toString();
            model.save(place);
            assertThat(Sessions.predictions(KanRegressionModel.load(place).transform(frame)))
                    .isEqualTo(Sessions.predictions(scored));
        }
        assertThat(Sessions.predictions(regressor("lbfgs").fit(frame).transform(frame)))
                .isEqualTo(Sessions.predictions(regressor("lbfgs").fit(frame).transform(frame)));
    }

    @Test
    void executorsLostWhileScoringAreReplaced() {
        Dataset<Row> frame = Sessions.frame(spark, Sessions.values(300), 4);
        KanRegressionModel model = regressor("lbfgs").fit(frame);
        double[] expected = Sessions.predictions(model.transform(frame));
        String marker = folder.resolve("killed").toString();
        Dataset<Row> deadly = frame.filter((FilterFunction<Row>) row -> {
            if (Files.notExists(Path.of(marker))) {
                Files.createFile(Path.of(marker));
                Runtime.getRuntime().halt(1);
            }
            return true;
        });
        assertThat(Sessions.predictions(model.transform(deadly))).isEqualTo(expected);
        assertThat(Path.of(marker)).exists();
    }
}
