// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.List;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.evaluation.RegressionEvaluator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.kan4j.device.Context;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.RowEncoder;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.LbfgsMinimizer;
import org.kan4j.optim.Loss;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.DataObjective;

/** The modes of training, in local[2]. */
class ModesTest {

    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = Sessions.local();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static KanRegressor lbfgs() {
        return new KanRegressor().setHiddenLayers(new int[] {3}).setMode("lbfgs").setMaxIter(25).setTol(0);
    }

    static double[] parameters(KanRegressionModel model) {
        try (Checkpoint checkpoint = model.nativeModel().open()) {
            return checkpoint.parameters().values().flat().toDoubles();
        }
    }

    @Test
    void lbfgsOverPartitionsIsLbfgsOfOneMachine() {
        List<Row> rows = Sessions.values(300);
        KanRegressionModel model = lbfgs().setDtype("float64").fit(Sessions.frame(spark, rows, 3));
        Encoding encoding = model.nativeModel().encoding();
        RowEncoder encoder = new RowEncoder(encoding);
        Encoding.Value value = (Encoding.Value) encoding.target();
        double[][] x = new double[rows.size()][3];
        double[][] y = new double[rows.size()][1];
        for (int i = 0; i < x.length; i++) {
            encoder.features(new VectorRow(encoding.inputs()).of(rows.get(i).<Vector>getAs(0)), x[i]);
            y[i][0] = (rows.get(i).getDouble(1) - value.mean()) / value.deviation();
        }
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Checkpoint trained = model.nativeModel().open();
                Parameters parameters = Parameters.initialise(trained.model(), 1)) {
            HostTensor features = HostTensor.of(arena, x);
            try (DataObjective objective = DataObjective.of(context, parameters,
                    org.kan4j.rows.Dataset.regression(features, HostTensor.of(arena, y)), new Loss.Mse());
                    LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, parameters, Lbfgs.of(25))) {
                minimizer.minimize(objective);
            }
            try (Predictor one = Predictor.of(parameters); Predictor other = Predictor.of(trained.parameters())) {
                double[] expected = one.predict(arena, features).toDoubles();
                assertThat(other.predict(arena, features).toDoubles()).containsExactly(expected, within(1e-5));
                // Trained at all: 25 iterations are far from where they began.
                assertThat(model.training().get().losses().getLast()).isLessThan(model.training().get().losses().getFirst() / 20);
            }
        }
    }

    @Test
    void deterministicSumsHaveTheSameBitsEveryTime() {
        Dataset<Row> frame = Sessions.frame(spark, Sessions.values(200), 4);
        double[] once = parameters(lbfgs().setDeterministic(true).fit(frame));
        assertThat(parameters(lbfgs().setDeterministic(true).fit(frame))).isEqualTo(once);
    }

    @Test
    void lbfgsMovesGridsAndStopsOnValidationRows() {
        Dataset<Row> frame = Sessions.frame(spark, Sessions.values(300), 2);
        Trained trained = lbfgs().setValidationIndicatorCol("held").setGridUpdates(5).setMaxIter(20).setL1(1e-4).fit(frame)
                .training().get();
        assertThat(trained.validationLosses()).hasSize(4);
        assertThat(trained.losses().getLast()).isLessThan(trained.losses().getFirst() / 5);
        // 60 rows of noise: what is learned of them does not hold for the others.
        Dataset<Row> noise = frame.withColumn("label", org.apache.spark.sql.functions.rand(5));
        Trained stopped = lbfgs().setHiddenLayers(new int[] {16}).setValidationIndicatorCol("held").setEarlyStopping(1)
                .setMaxIter(500).fit(noise.limit(60).localCheckpoint()).training().get();
        assertThat(stopped.end()).isEqualTo("EARLY_STOPPING");
    }

    @Test
    void averagesLearnAndAutoGoesBySize() {
        Dataset<Row> frame = Sessions.frame(spark, Sessions.values(400), 2).cache();
        KanRegressionModel model = new KanRegressor().setHiddenLayers(new int[] {4}).setMode("average").setMaxIter(15)
                .setBatchSize(16).setStepSize(0.02).setGridUpdates(5).setValidationIndicatorCol("held").setEarlyStopping(15)
                .fit(frame);
        assertThat(new RegressionEvaluator().setMetricName("r2").evaluate(model.transform(frame))).isGreaterThan(0.9);
        assertThat(model.training().get().validationLosses()).hasSize(15);
        KanRegressor auto = new KanRegressor().setMaxIter(1);
        assertThat(auto.fit(frame).training().get().mode()).isEqualTo("local");
        assertThat(auto.setMaxLocalBytes(100).fit(frame).training().get().mode()).isEqualTo("lbfgs");
    }

    @Test
    void classWeightsCountInEveryMode() {
        Dataset<Row> frame = Sessions.frame(spark, Sessions.classes(200), 2).cache();
        for (String mode : List.of("local", "lbfgs")) {
            KanClassifier estimator = new KanClassifier().setMode(mode).setHiddenLayers(new int[0]).setMaxIter(10);
            long even = estimator.fit(frame).transform(frame).filter("prediction = 0").count();
            long heavy = estimator.setClassWeights(new double[] {50, 1, 1}).fit(frame).transform(frame)
                    .filter("prediction = 0").count();
            assertThat(heavy).as(mode).isGreaterThan(even);
        }
    }
}
