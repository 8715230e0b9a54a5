// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark.example;

import java.nio.file.Path;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.evaluation.RegressionEvaluator;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.kan4j.spark.KanFunctions;
import org.kan4j.spark.KanRegressionModel;
import org.kan4j.spark.KanRegressor;

/** The example of docs/spark.md: an application as {@code spark-submit} takes it. The argument is the folder for the model. */
public final class TrainExample {

    private TrainExample() {
    }

    public static void main(String[] args) throws Exception {
        String place = args.length > 0 ? args[0] : "kan-model";
        SparkSession spark = SparkSession.builder().appName("kan4j example").getOrCreate();
        Dataset<Row> table = spark.range(0, 4000, 1, 2).selectExpr("rand(1) * 2 - 1 as x1", "rand(2) * 2 - 1 as x2")
                .selectExpr("x1", "x2", "exp(sin(pi() * x1) + x2 * x2) as y", "rand(3) < 0.2 as held").cache();
        KanRegressor kan = new KanRegressor().setLabelCol("y").setHiddenLayers(new int[] {5}).setMode("lbfgs").setMaxIter(60)
                .setDeterministic(true).setValidationIndicatorCol("held");
        PipelineModel model = new Pipeline().setStages(new PipelineStage[] {
            new VectorAssembler().setInputCols(new String[] {"x1", "x2"}).setOutputCol("features"), kan}).fit(table);
        model.write().overwrite().save(place);

        Dataset<Row> scored = PipelineModel.load(place).transform(table.filter("held"));
        System.out.printf("RMSE on rows held out: %.4f%n", new RegressionEvaluator().setLabelCol("y").evaluate(scored));

        KanRegressionModel stage = (KanRegressionModel) model.stages()[1];
        Path checkpoint = Path.of(place, "for-kan4j.safetensors"); // ./kan4j predict reads it
        stage.nativeModel().write(checkpoint);
        KanFunctions.register(spark, "kan_predict", checkpoint.toString());
        System.out.println("kan_predict(0.5, 0.5) = " + spark.sql("select kan_predict(array(0.5, 0.5))[0]").head().getDouble(0)
                + ", the function is 3.4903");
        spark.stop();
    }
}
