// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;

/** What cannot be trained on, or read, is said on the driver in one sentence. */
class BadInputTest {

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

    private static Row row(org.apache.spark.ml.linalg.Vector x, Double label, Double weight) {
        return RowFactory.create(x, label, weight, false);
    }

    private static void refused(boolean classes, Row bad, String... words) {
        List<Row> rows = new ArrayList<>(List.of(row(Vectors.dense(1, 2), 0.0, 1.0), row(Vectors.dense(2, 2), 1.0, 1.0),
                row(Vectors.dense(3, 2), 2.0, 1.0)));
        rows.add(bad);
        assertThatThrownBy(() -> {
            if (classes) {
                new KanClassifier().setWeightCol("weight").fit(Sessions.frame(spark, rows, 2));
            } else {
                new KanRegressor().setWeightCol("weight").fit(Sessions.frame(spark, rows, 2));
            }
        }).isInstanceOf(KanException.class).message().contains(words).doesNotContain("\n");
    }

    @Test
    void rowsThatCannotBeTrainedOnAreNamedByTheirValues() {
        refused(false, row(null, 7.0, 1.0), "the vector is null", "label 7.0");
        refused(false, row(Vectors.dense(4, 5), null, 1.0), "no finite label", "[4.0,5.0]");
        refused(false, row(Vectors.dense(4, 5), Double.NaN, 1.0), "no finite label", "[4.0,5.0]");
        refused(false, row(Vectors.dense(4, 5, 6), 1.0, 1.0), "differing lengths, 2 and 3");
        refused(false, row(Vectors.dense(4, Double.NaN), 1.0, 1.0), "feature 1 is NaN", "set missing to fill", "[4.0,NaN]");
        refused(false, row(Vectors.dense(4, Double.POSITIVE_INFINITY), 1.0, 1.0), "feature 1 is Infinity");
        refused(false, row(Vectors.dense(4, 5), 1.0, -1.0), "weight must be a finite number of at least 0, given -1.0");
        refused(false, row(Vectors.dense(4, 5), 1.0, null), "weight must be", "given null");
        refused(true, row(Vectors.dense(4, 5), -1.0, 1.0), "whole numbers 0 to k - 1, given -1.0", "StringIndexer");
        refused(true, row(Vectors.dense(4, 5), 1.5, 1.0), "whole numbers 0 to k - 1, given 1.5");
        refused(true, row(Vectors.dense(4, 5), 4.0, 1.0), "the greatest is 4", "no row has 3");
    }

    @Test
    void settingsThatDoNotFitTheRowsAreRefused() {
        List<Row> rows = Sessions.values(20);
        assertThatThrownBy(() -> new KanRegressor().setEarlyStopping(2).fit(Sessions.frame(spark, rows, 2)))
                .isInstanceOf(KanException.class).hasMessageContaining("validationIndicatorCol");
        assertThatThrownBy(() -> new KanRegressor().setBasis("cubic").fit(Sessions.frame(spark, rows, 2)))
                .isInstanceOf(KanException.class).hasMessageContaining("unknown basis 'cubic', known are: bspline");
        assertThatThrownBy(() -> new KanClassifier().setClassWeights(new double[] {1, 2}).fit(
                Sessions.frame(spark, Sessions.classes(50), 2))).isInstanceOf(KanException.class)
                .hasMessageContaining("2 class weights, the labels have 3 classes");
        assertThatThrownBy(() -> new KanRegressor().fit(Sessions.frame(spark, List.of(), 1)))
                .isInstanceOf(KanException.class).hasMessage("there are no rows to train on");
        assertThatThrownBy(() -> new KanRegressor().setWeightCol("weight").fit(Sessions.frame(spark, List.of(
                row(Vectors.dense(1), 1.0, 0.0)), 1))).isInstanceOf(KanException.class).hasMessageContaining("nothing counts");
    }

    @Test
    void propertiesThatAreNotKnownOrNotHeededAreRefused() {
        Dataset<Row> frame = Sessions.frame(spark, Sessions.values(20), 1);
        for (String[] bad : new String[][] {{"speed", "1", "no property 'speed'; known are accumulation, averaging, base"},
            {"base", "sine", "'base' must be one of [none, identity, silu"},
            {"schedule", "up", "cosine or one-cycle, given 'up'"},
            {"averaging", "1", "below 1, given '1'"}, {"clipping", "-1", "above 0, given '-1'"},
            {"accumulation", "x", "whole number above 0, given 'x'"},
            {"history", "5", "'history' is for L-BFGS; this training is of mode local by AdamW"}}) {
            assertThatThrownBy(() -> new KanRegressor().setProperty(bad[0], bad[1]).fit(frame)).isInstanceOf(KanException.class)
                    .hasMessageContaining(bad[2]);
        }
        assertThatThrownBy(() -> new KanRegressor().setMode("lbfgs").setProperty("schedule", "cosine").fit(frame))
                .isInstanceOf(KanException.class).hasMessageContaining("'schedule' is for AdamW in mode local");
        KanRegressionModel model = new KanRegressor().setProperty("base", "tanh").setProperty("base", "none")
                .setProperty("schedule",
                        "cosine")
                .setProperty("clipping", "1").setProperty("averaging", "0.9").setProperty("accumulation", "2").setMaxIter(1)
                .fit(frame);
        try (org.kan4j.io.Checkpoint checkpoint = model.nativeModel().open()) {
            assertThat(checkpoint.model().layers()).allSatisfy(layer -> assertThat(((org.kan4j.layer.KanLayer) layer).base())
                    .isEqualTo(org.kan4j.layer.Activation.NONE));
        }
        assertThat(new KanRegressor().setMode("lbfgs").setProperty("history", "3").setMaxIter(2).fit(frame).numFeatures())
                .isEqualTo(3);
    }

    @Test
    void missingValuesAreFilledWhereThatIsAskedFor() {
        List<Row> rows = new ArrayList<>(Sessions.values(50));
        rows.add(row(Vectors.dense(0.5, Double.NaN, 0.5), 0.0, 1.0));
        KanRegressionModel model = new KanRegressor().setMissing("fill").setMaxIter(1).fit(Sessions.frame(spark, rows, 2));
        assertThat(model.predict(Vectors.dense(0.5, Double.NaN, 0.5))).isFinite();
    }

    @Test
    void scoringNamesTheRowThatDoesNotFit() {
        KanRegressionModel model = new KanRegressor().setMaxIter(1).fit(Sessions.frame(spark, Sessions.values(50), 2));
        assertThatThrownBy(() -> Sessions.predictions(model.transform(Sessions.frame(spark, List.of(
                row(Vectors.dense(1, 2), 0.0, 1.0)), 1))))
                .hasMessageContaining("a vector has 2 features, the model takes 3: [1.0,2.0]");
        assertThatThrownBy(() -> model.predict(Vectors.dense(1, Double.NaN, 3))).isInstanceOf(KanException.class)
                .hasMessageContaining("feature 1, 'f1', of the row [1.0, NaN, 3.0]: there is no value");
    }

    @Test
    void modelDirectoriesThatAreHalfWrittenOrOfAnotherKindAreRefused() throws Exception {
        KanRegressionModel model = new KanRegressor().setMaxIter(1).fit(Sessions.frame(spark, Sessions.values(50), 2));
        String place = folder.resolve("model").toString();
        model.save(place);
        Path file = Path.of(place, HadoopFiles.MODEL);
        assertThatThrownBy(() -> KanClassificationModel.fromCheckpoint(file.toString())).isInstanceOf(KanException.class)
                .hasMessage(
                        "a model of the value of label with 1 outputs is no KanClassificationModel, which tells one of several "
                                + "classes");
        byte[] whole = Files.readAllBytes(file);
        try (var others = Files.list(Path.of(place))) { // Hadoop's checksums, which would speak first
            for (Path other : others.filter(p -> p.getFileName().toString().endsWith(".crc")).toList()) {
                Files.delete(other);
            }
        }
        Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));
        assertThatThrownBy(() -> KanRegressionModel.load(place)).isInstanceOf(FormatException.class)
                .hasMessageContaining(HadoopFiles.MODEL);
        Files.delete(file);
        assertThatThrownBy(() -> KanRegressionModel.load(place)).isInstanceOf(FormatException.class)
                .hasMessage(
                        place + " is half written: it has no model.safetensors beside Spark's metadata; save the model again");
    }

    @Test
    void versionsKnownNotToWorkAreNamed() {
        assertThat(Requirements.complaint(25, "4.2.0").isEmpty()).isTrue();
        assertThat(Requirements.complaint(22, "5.0.0-SNAPSHOT").isEmpty()).isTrue();
        assertThat(Requirements.complaint(17, "4.2.0").get()).contains("Spark 4.2.0 or later on Java 22", "on Java 17");
        assertThat(Requirements.complaint(22, "3.5.6").get()).contains("this is Spark 3.5.6 on Java 22");
        assertThat(Requirements.complaint(25, "4.1.0").get()).contains("this is Spark 4.1.0 on Java 25");
    }
}
