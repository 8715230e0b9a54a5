// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark.example;

import com.sun.management.OperatingSystemMXBean;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.kan4j.device.Context;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.ParameterVector;
import org.kan4j.optim.Loss;
import org.kan4j.spark.KanRegressionModel;
import org.kan4j.spark.KanRegressor;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.DataObjective;

/**
 * CPU seconds of an evaluation of mode lbfgs, a network [30, 32, 1] over two partitions, beside the objective of one machine.
 * The argument is the rows, 200000 if not given. What a fit costs once is taken off by fitting twice, with 3 and 13 iterations.
 */
public final class FullBatchBenchmark {

    private static final OperatingSystemMXBean SYSTEM = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private FullBatchBenchmark() {
    }

    public static void main(String[] args) {
        int rows = args.length > 0 ? Integer.parseInt(args[0]) : 200_000;
        SparkSession spark = SparkSession.builder().appName("kan4j full batch").getOrCreate();
        spark.udf().register("features_of", (UDF1<Long, Vector>) ScoringBenchmark::features, SQLDataTypes.VectorType());
        Dataset<Row> table = spark.range(0, rows, 1, 2).selectExpr("features_of(id) as features", "sin(id) as label").cache();
        table.count();
        KanRegressor kan = new KanRegressor().setHiddenLayers(new int[] {32}).setMode("lbfgs").setTol(0);
        kan.setMaxIter(2).fit(table); // warms up
        double[] cost = new double[2];
        int[] evaluations = new int[2];
        KanRegressionModel model = null;
        for (int i = 0; i < 2; i++) {
            double begin = SYSTEM.getProcessCpuTime();
            model = kan.setMaxIter(3 + 10 * i).fit(table);
            cost[i] = (SYSTEM.getProcessCpuTime() - begin) / 1e9;
            evaluations[i] = model.training().get().losses().size();
        }
        double each = (cost[1] - cost[0]) / (evaluations[1] - evaluations[0]);
        double alone = alone(model, rows);
        System.out.printf(Locale.ROOT, "an evaluation over %,d rows: %.3f CPU s on Spark, %.3f CPU s on one machine: %.0f %% of "
                + "its rows a CPU second%n", rows, each, alone, 100 * alone / each);
        spark.stop();
    }

    private static double alone(KanRegressionModel model, int rows) {
        try (Arena arena = Arena.ofShared();
                Context context = Context.open();
                Checkpoint checkpoint = model.nativeModel().open()) {
            HostTensor x = HostTensor.allocate(arena, DType.F32, rows, 30);
            HostTensor y = HostTensor.allocate(arena, DType.F32, rows);
            for (int i = 0; i < rows; i++) {
                double[] row = ScoringBenchmark.features(i).toArray();
                for (int j = 0; j < row.length; j++) {
                    x.setFlat((long) i * row.length + j, row[j]);
                }
                y.setFlat(i, Math.sin(i));
            }
            try (DataObjective objective = DataObjective.of(context, checkpoint.parameters(),
                    org.kan4j.rows.Dataset.regression(x, y), new Loss.Mse());
                    ParameterVector gradient = checkpoint.parameters().newVector()) {
                objective.evaluate(gradient);
                double begin = SYSTEM.getProcessCpuTime();
                for (int i = 0; i < 10; i++) {
                    objective.evaluate(gradient);
                }
                return (SYSTEM.getProcessCpuTime() - begin) / 1e10;
            }
        }
    }
}
