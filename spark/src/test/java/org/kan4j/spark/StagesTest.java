// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.evaluation.BinaryClassificationEvaluator;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.ml.evaluation.RegressionEvaluator;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.functions;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.tuning.CrossValidator;
import org.apache.spark.ml.tuning.ParamGridBuilder;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.Kan;
import org.kan4j.TrainedKan;
import org.kan4j.error.KanException;

/** The stages in pipelines, in local[2]. */
class StagesTest {

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

    private static KanRegressor regressor() {
        return new KanRegressor().setHiddenLayers(new int[] {4}).setMaxIter(20).setBatchSize(32).setStepSize(0.02);
    }

    @Test
    void aPipelineTrainsIsSavedAndPredictsTheSameWhenLoaded() throws Exception {
        Dataset<Row> table = Sessions.frame(spark, Sessions.values(400), 2)
                .withColumn("array", functions.vector_to_array(org.apache.spark.sql.functions.col("features"), "float64"))
                .selectExpr("array[0] as a", "array[1] as b", "array[2] as c", "label").cache();
        Pipeline pipeline = new Pipeline().setStages(new PipelineStage[] {
            new VectorAssembler().setInputCols(new String[] {"a", "b", "c"}).setOutputCol("features"), regressor()});
        PipelineModel model = pipeline.fit(table);
        Dataset<Row> scored = model.transform(table);
        assertThat(new RegressionEvaluator().setMetricName("r2").evaluate(scored)).isGreaterThan(0.97);

        String place = folder.resolve("pipeline").toString();
        model.write().overwrite().save(place);
        model.write().overwrite().save(place);
        PipelineModel loaded = PipelineModel.load(place);
        assertThat(Sessions.predictions(loaded.transform(table))).isEqualTo(Sessions.predictions(scored));

        // The columns' names went into the checkpoint, so that the rest of kan4j reads rows by them.
        KanRegressionModel stage = (KanRegressionModel) loaded.stages()[1];
        Path file = folder.resolve("model.safetensors");
        stage.nativeModel().write(file);
        Row first = scored.head();
        try (TrainedKan kan = Kan.load(file)) {
            assertThat(kan.encoding().inputs()).containsExactly("a", "b", "c");
            assertThat(kan.predictAll(new double[][] {{first.getDouble(0), first.getDouble(1), first.getDouble(2)}}).getFirst()
                    .value()).isEqualTo(first.<Double>getAs("prediction"));
        }
        pipeline.write().overwrite().save(place);
        KanRegressor again = (KanRegressor) Pipeline.load(place).getStages()[1];
        assertThat(again.extractParamMap().toSeq().size()).isEqualTo(regressor().extractParamMap().toSeq().size());
        assertThat(again.getOrDefault(again.hiddenLayers())).containsExactly(4);
    }

    @Test
    void aClassifierGivesLogitsProbabilitiesAndClassesByThresholds() throws Exception {
        Dataset<Row> rows = Sessions.frame(spark, Sessions.classes(400), 2).cache();
        KanClassificationModel model = new KanClassifier().setHiddenLayers(new int[0]).setMaxIter(20).setBatchSize(32)
                .setStepSize(0.02).fit(rows);
        Dataset<Row> scored = model.transform(rows);
        assertThat(scored.columns()).contains("rawPrediction", "probability", "prediction");
        assertThat(new MulticlassClassificationEvaluator().setMetricName("accuracy").evaluate(scored)).isGreaterThan(0.9);
        for (Row row : scored.takeAsList(300)) {
            Vector raw = row.getAs("rawPrediction");
            Vector p = row.getAs("probability");
            assertThat(p.apply(0) + p.apply(1) + p.apply(2)).isBetween(1 - 1e-12, 1 + 1e-12);
            assertThat(row.<Double>getAs("prediction")).isEqualTo((double) p.argmax()).isEqualTo((double) raw.argmax());
            // Row by row, as models inside others call it: the very same.
            assertThat(model.predictRaw(row.getAs("features"))).isEqualTo(raw);
            assertThat(model.predictProbability(row.getAs("features"))).isEqualTo(p);
        }
        KanClassificationModel strict = model.copy(new ParamMap()).setThresholds(new double[] {1, 1, 1e-9});
        assertThat(strict.transform(rows).filter("prediction != 2").count()).isZero();
        strict.setRawPredictionCol("").setProbabilityCol("");
        assertThat(strict.transform(rows).columns()).containsExactly("features", "label", "weight", "held", "prediction");

        String place = folder.resolve("classes").toString();
        strict.save(place);
        KanClassificationModel loaded = KanClassificationModel.load(place);
        assertThat(loaded.getThresholds()).containsExactly(1, 1, 1e-9);
        assertThat(loaded.numClasses()).isEqualTo(3);
        assertThat(loaded.numFeatures()).isEqualTo(2);
    }

    @Test
    void rawPredictionsOrderRowsAsProbabilitiesDo() {
        Dataset<Row> rows = Sessions.frame(spark, Sessions.values(300), 2).selectExpr("features", "double(label > 0) as label")
                .cache();
        Dataset<Row> scored = new KanClassifier().setHiddenLayers(new int[] {4}).setMode("lbfgs").setMaxIter(20).fit(rows)
                .transform(rows);
        double byRaw = new BinaryClassificationEvaluator().evaluate(scored);
        assertThat(byRaw).isGreaterThan(0.95)
                .isEqualTo(new BinaryClassificationEvaluator().setRawPredictionCol("probability").evaluate(scored));
    }

    @Test
    void sparseVectorsAreTheDenseOnes() {
        List<Row> dense = Sessions.values(200);
        List<Row> sparse = dense.stream().map(row -> org.apache.spark.sql.RowFactory.create(
                row.<Vector>getAs(0).toSparse(), row.get(1), row.get(2), row.get(3))).toList();
        KanRegressor estimator = regressor().setMaxIter(2);
        KanRegressionModel one = estimator.fit(Sessions.frame(spark, dense, 2));
        KanRegressionModel other = estimator.fit(Sessions.frame(spark, sparse, 2));
        assertThat(Sessions.predictions(other.transform(Sessions.frame(spark, sparse, 2))))
                .isEqualTo(Sessions.predictions(one.transform(Sessions.frame(spark, dense, 2))));
    }

    @Test
    void columnsOfNumbersTakeThePlaceOfAVector() throws Exception {
        Dataset<Row> vectors = Sessions.frame(spark, Sessions.values(200), 2);
        Dataset<Row> table = vectors.withColumn("array", functions.vector_to_array(
                org.apache.spark.sql.functions.col("features"), "float64"))
                .selectExpr("array[0] as `a.b`", "cast(array[1] as float) as b", "array[2] as c", "label",
                        "label > 0 as features")
                .cache();
        String[] names = {"a.b", "b", "c"};
        KanRegressor estimator = regressor().setMaxIter(3).setInputCols(names);
        PipelineModel model = new Pipeline().setStages(new PipelineStage[] {estimator}).fit(table);
        KanRegressionModel stage = (KanRegressionModel) model.stages()[0];
        assertThat(stage.nativeModel().inputs()).containsExactly(names);
        assertThat(model.transform(table).columns()).containsExactly("a.b", "b", "c", "label", "features", "prediction");
        Dataset<Row> assembled = new VectorAssembler().setInputCols(new String[] {"a", "b", "c"}).setOutputCol("x")
                .transform(table.withColumnRenamed("a.b", "a"));
        KanRegressionModel ofVectors = regressor().setMaxIter(3).setFeaturesCol("x").fit(assembled);
        double[] expected = Sessions.predictions(ofVectors.transform(assembled));
        assertThat(Sessions.predictions(model.transform(table))).isEqualTo(expected);
        String place = folder.resolve("columns").toString();
        stage.save(place);
        assertThat(Sessions.predictions(KanRegressionModel.load(place).transform(table))).isEqualTo(expected);
        // Null is missing: filled where the model was trained to, refused otherwise.
        Dataset<Row> holes = table.selectExpr("`a.b`", "cast(null as float) as b", "c");
        assertThatThrownBy(() -> Sessions.predictions(stage.transform(holes))).hasMessageContaining("'b'", "there is no value");
        assertThat(Sessions.predictions(estimator.setMissing("fill").fit(table).transform(holes)))
                .hasSize(200).doesNotContain(Double.NaN);
        assertThatThrownBy(() -> stage.transform(table.drop("c"))).isInstanceOf(KanException.class)
                .hasMessageContaining("no column 'c'");
        assertThatThrownBy(() -> stage.transform(table.withColumn("c", org.apache.spark.sql.functions.lit("1"))))
                .isInstanceOf(KanException.class).hasMessageContaining("'c' must hold numbers, it holds string");
    }

    @Test
    void aTransformIsPartOfSparksPlan() {
        Dataset<Row> rows = Sessions.frame(spark, Sessions.values(1000), 3);
        KanRegressionModel model = regressor().setMaxIter(1).fit(rows);
        Dataset<Row> scored = model.transform(rows);
        double[] expected = rows.collectAsList().stream().mapToDouble(row -> model.predict(row.getAs("features"))).toArray();
        assertThat(Sessions.predictions(scored)).isEqualTo(expected);
        // Of the other columns none goes through the scoring, where nobody asks for them.
        String plan = scored.select("prediction").queryExecution().optimizedPlan().toString();
        assertThat(plan).contains("ScoreRows");
        assertThat(plan.lines().filter(line -> line.contains("Project")).skip(1).toList().toString()).doesNotContain("label");
        // Limits, filters, shuffles, caches, unions and a join with itself.
        assertThat(scored.limit(3).count()).isEqualTo(3);
        assertThat(scored.filter("prediction > 0").count())
                .isEqualTo(java.util.Arrays.stream(expected).filter(value -> value > 0).count());
        assertThat(scored.repartition(4).sort("label").cache().union(scored).count()).isEqualTo(2000);
        assertThat(scored.as("a").join(scored.as("b"), org.apache.spark.sql.functions.expr(
                "a.label = b.label and a.prediction = b.prediction")).count()).isGreaterThanOrEqualTo(1000);
        Dataset<Row> twice = model.copy(new ParamMap()).setPredictionCol("again").transform(scored);
        assertThat(twice.filter("prediction != again").count()).isZero();
        assertThat(model.transform(rows.limit(0)).count()).isZero();
        // Rows that the driver has at hand.
        assertThat(Sessions.predictions(model.transform(spark.createDataFrame(Sessions.values(3), Sessions.SCHEMA)))).hasSize(3);
    }

    @Test
    void crossValidationChoosesAmongParams() {
        KanRegressor estimator = regressor();
        ParamMap[] grid = new ParamGridBuilder().addGrid(estimator.maxIter(), new int[] {1, 15}).build();
        var chosen = new CrossValidator().setEstimator(estimator).setEstimatorParamMaps(grid)
                .setEvaluator(new RegressionEvaluator()).setNumFolds(2).setSeed(3).fit(
                        Sessions.frame(spark, Sessions.values(300), 2).cache());
        assertThat(chosen.avgMetrics()[1]).isLessThan(chosen.avgMetrics()[0]);
        assertThat(((KanRegressionModel) chosen.bestModel()).training().get().losses()).hasSize(15);
    }

    @Test
    void weightsAndValidationRowsCountAsTheyAreTold() {
        List<Row> rows = Sessions.values(200);
        // Rows that are wrong but weigh nothing change nothing but the ranges, which these do not leave.
        List<Row> spoiled = new java.util.ArrayList<>(rows);
        for (Row row : rows.subList(0, 50)) {
            spoiled.add(org.apache.spark.sql.RowFactory.create(row.get(0), 3.0, 0.0, false));
        }
        KanRegressor estimator = regressor().setWeightCol("weight").setMode("lbfgs").setMaxIter(30);
        Dataset<Row> clean = Sessions.frame(spark, rows, 2);
        double error = new RegressionEvaluator().evaluate(estimator.fit(Sessions.frame(spark, spoiled, 2)).transform(clean));
        double unweighted = new RegressionEvaluator().evaluate(estimator.copy(new ParamMap()).setWeightCol("").fit(
                Sessions.frame(spark, spoiled, 2)).transform(clean));
        assertThat(error).isLessThan(unweighted / 3);

        Trained trained = regressor().setValidationIndicatorCol("held").setEarlyStopping(2).setStepSize(0.5).setMaxIter(60)
                .fit(clean).training().get();
        assertThat(trained.end()).isEqualTo("EARLY_STOPPING");
        assertThat(trained.validationLosses()).hasSameSizeAs(trained.losses()).hasSizeLessThan(60);
    }

    @Test
    void aModelOfTheFrontDoorIsAStageAndASqlFunction() throws Exception {
        double[][] x = new double[100][];
        double[] y = new double[100];
        List<Row> rows = Sessions.values(100);
        for (int i = 0; i < 100; i++) {
            x[i] = rows.get(i).<Vector>getAs(0).toArray();
            y[i] = rows.get(i).getDouble(1);
        }
        Path file = folder.resolve("kan.safetensors");
        try (org.kan4j.KanRegressor kan = Kan.regressor().hidden(4).epochs(3).fit(x, y)) {
            kan.save(file);
            double[] expected = kan.predictAll(x).stream().mapToDouble(p -> p.value()).toArray();
            KanRegressionModel stage = KanRegressionModel.fromCheckpoint(file.toString());
            Dataset<Row> frame = Sessions.frame(spark, rows, 2);
            assertThat(Sessions.predictions(stage.transform(frame))).isEqualTo(expected);
            KanFunctions.register(spark, "kan_predict", file.toString());
            frame.createOrReplaceTempView("rows");
            List<Row> answers = spark.sql("select kan_predict(array(1.5, 2, cast(0.5 as float)))[0] from rows")
                    .collectAsList();
            assertThat(answers.getFirst().getDouble(0)).isEqualTo(kan.predict(1.5, 2, 0.5).value());
            assertThat(spark.sql("select kan_predict(null)").head().isNullAt(0)).isTrue();
        }
    }

    @Test
    void modelsInUseShareOnePredictorAndThoseNotInUseAreFew() {
        KanRegressionModel model = regressor().setMaxIter(1).fit(Sessions.frame(spark, Sessions.values(50), 2));
        Scorer one = Scorer.borrow(model.nativeModel());
        Scorer other = Scorer.borrow(NativeModel.of(model.nativeModel().bytes().clone(), "a copy"));
        assertThat(other).isSameAs(one);
        for (int seed = 0; seed < 10; seed++) {
            regressor().setMaxIter(0).setSeed(seed).fit(Sessions.frame(spark, Sessions.values(50), 1)).predict(
                    org.apache.spark.ml.linalg.Vectors.dense(0, 0, 0));
        }
        assertThat(Scorer.held()).isEqualTo(8);
        assertThat(Scorer.borrow(model.nativeModel())).isSameAs(one);
        one.giveBack();
        one.giveBack();
        one.giveBack();
    }
}
