// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that kan4j-spark saved on Spark 4.2, as ScoringFixturesTest wrote them there, on whatever Spark this is. */
class ScoringTest {

    private static final Path PLACE = Path.of("src/test/resources/models");

    private static SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        spark = SparkSession.builder().master("local[2]").appName("kan4j scoring tests").config("spark.ui.enabled", "false")
                .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", "2").config("spark.sql.warehouse.dir", "target/warehouse").getOrCreate();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    /** The same in spark's ScoringFixturesTest. */
    private static Dataset<Row> table() {
        return spark.range(0, 40, 1, 2).selectExpr("sin(id) as a", "10 * cos(2 * id) as b", "(id % 7) / 7.0D as c",
                "if(id % 5 = 0, null, id % 3) as d", "sin(2 * sin(id)) + 10 * cos(2 * id) * (id % 7) / 7.0D as label",
                "cast(id % 3 as double) as class").repartition(1).sortWithinPartitions("a");
    }

    private static double[] expected(String name) throws IOException {
        return Files.readAllLines(PLACE.resolve("expected.txt")).stream().filter(line -> line.startsWith(name + " ")).findFirst()
                .map(line -> Arrays.stream(line.split(" ")).skip(1).mapToDouble(Double::parseDouble).toArray()).orElseThrow();
    }

    private static PipelineModel load(String name) {
        return PipelineModel.load(PLACE.resolve(name).toString());
    }

    private static double[] predictions(Dataset<Row> scored) {
        return scored.select("prediction").collectAsList().stream().mapToDouble(row -> row.getDouble(0)).toArray();
    }

    @Test
    void aPipelineSavedByKan4jSparkScoresHere() throws IOException {
        PipelineModel model = load("pipeline");
        Dataset<Row> scored = model.transform(table());
        assertThat(predictions(scored)).hasSize(40).containsExactly(expected("pipeline"), within(2e-5));
        String place = folder.resolve("again").toString();
        model.write().overwrite().save(place);
        model.write().overwrite().save(place);
        assertThat(predictions(PipelineModel.load(place).transform(table()))).isEqualTo(predictions(scored));
        KanRegressionModel stage = (KanRegressionModel) model.stages()[1];
        assertThat(stage.uid()).startsWith("kanr_").isEqualTo(((KanRegressionModel) PipelineModel.load(place).stages()[1]).uid());
        assertThat(stage.numFeatures()).isEqualTo(3);
        assertThat(stage.predict(Vectors.dense(0.5, 0, 1).toSparse())).isEqualTo(stage.predict(Vectors.dense(0.5, 0, 1)));
        Dataset<Row> twice = stage.copy(new ParamMap()).setPredictionCol("again").transform(scored);
        assertThat(twice.filter("prediction != again").count()).isZero();
        assertThat(new Pipeline().setStages(new PipelineStage[] {stage}).fit(scored.drop("prediction")).transform(
                scored.drop("prediction")).columns()).contains("prediction");
    }

    @Test
    void classesHaveLogitsProbabilitiesAndThresholds() throws IOException {
        KanClassificationModel model = (KanClassificationModel) load("classes").stages()[0];
        assertThat(model.numClasses()).isEqualTo(3);
        assertThat(model.getThresholds()).containsExactly(1, 1, 0.5);
        assertThat(model.predictRaw(Vectors.dense(0.5, 5, 0.25)).toArray()).containsExactly(expected("raw"), within(2e-5));
        Dataset<Row> scored = model.transform(table());
        assertThat(scored.columns()).containsExactly("a", "b", "c", "d", "label", "class", "rawPrediction", "probability",
                "prediction");
        assertThat(predictions(scored)).isEqualTo(expected("classes"));
        for (Row row : scored.collectAsList()) {
            assertThat(Arrays.stream(row.<Vector>getAs("rawPrediction").toArray()).sum()).isCloseTo(0, within(1e-12));
            Vector p = row.getAs("probability");
            assertThat(p.apply(0) + p.apply(1) + p.apply(2)).isCloseTo(1, within(1e-12));
            double[] scaled = {p.apply(0), p.apply(1), p.apply(2) / 0.5};
            assertThat(scaled[(int) row.<Double>getAs("prediction").doubleValue()]).isEqualTo(Arrays.stream(scaled).max()
                    .getAsDouble());
        }
        KanClassificationModel plain = model.copy(new ParamMap()).setRawPredictionCol("").setProbabilityCol("");
        assertThat(plain.transform(table().select("a", "b", "c")).columns()).containsExactly("a", "b", "c", "prediction");
    }

    @Test
    void columnsOfNumbersTakeThePlaceOfAVector() throws IOException {
        PipelineModel model = load("columns");
        Dataset<Row> table = table().withColumnRenamed("label", "features");
        Dataset<Row> scored = model.transform(table); // a null is filled
        assertThat(predictions(scored)).containsExactly(expected("columns"), within(2e-5));
        assertThat(scored.columns()).containsExactly("a", "b", "c", "d", "features", "class", "prediction");
        assertThat(model.transformSchema(table.schema()).fieldNames()).containsExactly(scored.columns());
        assertThatThrownBy(() -> model.transform(table.drop("d"))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no column 'd'; the columns are a, b");
        assertThatThrownBy(() -> model.transform(table.selectExpr("a", "'1' as d"))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'d' must hold numbers, it holds string");
    }

    @Test
    void aCheckpointIsAStageAndASqlFunction() throws IOException {
        String file = PLACE.resolve("table.safetensors").toString();
        KanRegressionModel model = KanRegressionModel.fromCheckpoint(file);
        double[] values = expected("table");
        assertThat(model.predict(Vectors.dense(0.5, 7, 2))).isCloseTo(values[0], within(1e-9));
        assertThat(model.predict(Vectors.dense(Double.NaN, 40, 5))).isCloseTo(values[1], within(1e-9));
        assertThat(model.predict(Vectors.dense(-3, 0.1, Double.NaN))).isCloseTo(values[2], within(1e-9));
        KanFunctions.register(spark, "kan_value", file);
        assertThat(spark.sql("select kan_value(array(0.5, 7, 2))[0]").head().getDouble(0)).isCloseTo(values[0], within(1e-9));
        assertThat(spark.sql("select kan_value(null)").head().isNullAt(0)).isTrue();
        try (var stages = Files.list(PLACE.resolve("classes/stages"))) {
            KanFunctions.register(spark, "kan_classes", stages.findFirst().orElseThrow().toString());
        }
        List<Double> p = spark.sql("select kan_classes(array(0.5, 5, 0.25))").head().getList(0);
        assertThat(p).hasSize(3);
        assertThat(p.stream().mapToDouble(Double::doubleValue).sum()).isCloseTo(1, within(1e-12));
    }

    @Test
    void rowsThatDoNotFitAreNamed() throws IOException {
        KanRegressionModel model = (KanRegressionModel) load("pipeline").stages()[1];
        assertThatThrownBy(() -> model.predict(null)).hasMessageContaining("the vector is null");
        assertThatThrownBy(() -> model.predict(Vectors.dense(1, 2))).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a vector has 2 features, the model takes 3: [1.0, 2.0]");
        assertThatThrownBy(() -> model.predict(Vectors.dense(1, Double.NaN, 2))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("feature 1, 'b', of the row [1.0, NaN, 2.0]: there is no value");
        assertThatThrownBy(() -> model.predict(Vectors.dense(1, Double.POSITIVE_INFINITY, 2)))
                .hasMessageContaining("expected a finite number, got Infinity");
        KanRegressionModel table = KanRegressionModel.fromCheckpoint(PLACE.resolve("table.safetensors").toString());
        assertThatThrownBy(() -> table.predict(Vectors.dense(0.5, 7, 4))).hasMessageContaining(
                "feature 2, 'kind', of the row [0.5, 7.0, 4.0]: '4' is not one of the values the model was trained on");
    }

    @Test
    void directoriesThatAreHalfWrittenOrOfAnotherKindAreRefused() throws IOException {
        KanRegressionModel model = (KanRegressionModel) load("pipeline").stages()[1];
        String place = folder.resolve("model").toString();
        model.save(place);
        Path file = Path.of(place, "model.safetensors");
        assertThatThrownBy(() -> KanClassificationModel.fromCheckpoint(file.toString()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("tells value, it is no KanClassificationModel");
        byte[] whole = Files.readAllBytes(file);
        Files.deleteIfExists(Path.of(place, ".model.safetensors.crc")); // Hadoop's, which would speak first
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        assertThatThrownBy(() -> KanRegressionModel.load(place)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("model.safetensors: not a whole safetensors file");
        Files.delete(file);
        assertThatThrownBy(() -> KanRegressionModel.load(place)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        place + " is half written: it has no model.safetensors beside Spark's metadata; save the model again");
    }

    @Test
    void tasksOfAnExecutorShareAModel() throws Exception {
        ScoringModel model = ScoringModel.read(PLACE.resolve("table.safetensors").toString());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(model);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertThat(in.readObject()).isSameAs(model);
        }
    }

    @Test
    void versionsKnownNotToWorkAreNamed() {
        for (String version : List.of("3.5.0", "3.5.9", "4.0.1", "4.2.0", "5.0.0-SNAPSHOT")) {
            assertThat(Requirements.complaint(version)).isNull();
        }
        assertThat(Requirements.complaint("3.4.4")).contains("needs Spark 3.5 or later; this is Spark 3.4.4");
        assertThat(Requirements.complaint("")).contains("not known to work");
    }
}
