// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.encoding.Encoding;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;

/**
 * The models that kan4j-spark-scoring is tested on: saved by this module, with what this module says of some rows. Here they are held
 * to that still being so; {@code -Dkan4j.fixtures=write} writes them anew.
 */
class ScoringFixturesTest {

    private static final Path PLACE = Path.of(System.getProperty("kan4j.root", ".."), "spark-scoring/src/test/resources/models");
    private static final boolean WRITE = "write".equals(System.getProperty("kan4j.fixtures"));

    /** The same in spark-scoring's ScoringTest. */
    private static Dataset<Row> table(SparkSession spark) {
        return spark.range(0, 40, 1, 2).selectExpr("sin(id) as a", "10 * cos(2 * id) as b", "(id % 7) / 7.0D as c",
                "if(id % 5 = 0, null, id % 3) as d", "sin(2 * sin(id)) + 10 * cos(2 * id) * (id % 7) / 7.0D as label",
                "cast(id % 3 as double) as class").repartition(1).sortWithinPartitions("a");
    }

    @Test
    void modelsSayWhatTheyDid() throws IOException {
        SparkSession spark = Sessions.local();
        try {
            Dataset<Row> table = table(spark);
            if (WRITE) {
                write(table);
            }
            List<String> lines = new ArrayList<>();
            for (String name : List.of("pipeline", "columns")) {
                lines.add(name + " " + line(Sessions.predictions(load(name).transform(table))));
            }
            KanClassificationModel classes = (KanClassificationModel) load("classes").stages()[0];
            lines.add("classes " + line(Sessions.predictions(classes.transform(table))));
            lines.add("raw " + line(classes.predictRaw(Vectors.dense(0.5, 5, 0.25)).toArray()));
            KanRegressionModel encoded = KanRegressionModel.fromCheckpoint(PLACE.resolve("table.safetensors").toString());
            lines.add("table " + line(Arrays.stream(new double[][] {{0.5, 7, 2}, {Double.NaN, 40, 5}, {-3, 0.1, Double.NaN}})
                    .mapToDouble(row -> encoded.predict(Vectors.dense(row))).toArray()));
            Path expected = PLACE.resolve("expected.txt");
            if (WRITE) {
                Files.write(expected, lines);
            }
            List<String> before = Files.readAllLines(expected);
            assertThat(before).hasSameSizeAs(lines);
            for (int i = 0; i < lines.size(); i++) {
                assertThat(numbers(lines.get(i))).as(before.get(i)).containsExactly(numbers(before.get(i)), within(1e-4));
            }
        } finally {
            spark.stop();
        }
    }

    private static PipelineModel load(String name) {
        return PipelineModel.load(PLACE.resolve(name).toString());
    }

    private static String line(double[] values) {
        return Arrays.stream(values).mapToObj(Double::toString).collect(Collectors.joining(" "));
    }

    private static double[] numbers(String line) {
        return Arrays.stream(line.split(" ")).skip(1).mapToDouble(Double::parseDouble).toArray();
    }

    private static void write(Dataset<Row> table) throws IOException {
        KanRegressor kan = new KanRegressor().setHiddenLayers(new int[] {3}).setMaxIter(20).setBatchSize(8).setStepSize(0.02);
        VectorAssembler assembler = new VectorAssembler().setInputCols(new String[] {"a", "b", "c"}).setOutputCol("features");
        save("pipeline", new Pipeline().setStages(new PipelineStage[] {assembler, kan}).fit(table));
        save("columns", new Pipeline().setStages(new PipelineStage[] {new KanRegressor().setHiddenLayers(new int[0])
                .setInputCols(new String[] {"a", "d"}).setMissing("fill").setMaxIter(5)}).fit(table));
        save("classes", new Pipeline().setStages(new PipelineStage[] {new KanClassifier().setLabelCol("class").setHiddenLayers(
                new int[0]).setInputCols(new String[] {"a", "b", "c"}).setMaxIter(5).setThresholds(new double[] {1, 1, 0.5})})
                .fit(table));
        Encoding encoding = new Encoding("a test", List.of(
                new Encoding.Numeric("x", -1, 2, 0.25, List.of(), true),
                new Encoding.Numeric("long tail", 0, 100, 3, List.of(0.0, 1.0, 3.0, 9.0, 100.0)),
                new Encoding.Categorical("kind", List.of("1", "2", "5"))), new Encoding.Value("y", 4, 2.5),
                Encoding.Missing.FILL);
        try (Parameters parameters = Parameters.initialise(KanModel.kan(DType.F64, BSpline.of(5, 3), 6, 2, 1), 3)) {
            Checkpoint.write(PLACE.resolve("table.safetensors"), parameters, Map.of(Encoding.KEY, encoding.toJson()));
        }
    }

    private static void save(String name, PipelineModel model) throws IOException {
        model.write().overwrite().save(PLACE.resolve(name).toString());
        try (var files = Files.walk(PLACE.resolve(name))) { // what a repository does not need
            for (Path file : files.filter(each -> each.toString().endsWith(".crc") || each.endsWith("_SUCCESS")).toList()) {
                Files.delete(file);
            }
        }
    }
}
