// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark.example;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.regression.RegressionModel;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.kan4j.io.Checkpoint;
import org.kan4j.serve.Predictor;
import org.kan4j.spark.KanRegressionModel;
import org.kan4j.spark.KanRegressor;

/**
 * CPU seconds of scoring cached vectors by a network [30, 32, 1]: in blocks, row by row as Spark's own models do, and without
 * Spark. The arguments are the rows, 200000 if not given, and how often each is measured, of which the least counts.
 */
public final class ScoringBenchmark {

    private static final OperatingSystemMXBean SYSTEM = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private ScoringBenchmark() {
    }

    public static void main(String[] args) {
        int rows = args.length > 0 ? Integer.parseInt(args[0]) : 200_000;
        int times = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        SparkSession spark = SparkSession.builder().appName("kan4j scoring").getOrCreate();
        spark.udf().register("features_of", (UDF1<Long, Vector>) ScoringBenchmark::features, SQLDataTypes.VectorType());
        Dataset<Row> table = spark.range(0, rows, 1, 2).selectExpr("features_of(id) as features", "sin(id) as label").cache();
        table.count();
        KanRegressionModel model = new KanRegressor().setHiddenLayers(new int[] {32}).setMaxIter(1).fit(table.limit(2000));
        double scan = measure("scan of the cached vectors", rows, times, () -> use(table));
        double blocks = measure("transform, blocks of 256", rows, times, () -> use(model.transform(table)));
        UDF1<Vector, Double> predict = model::predict;
        String[] names = java.util.stream.IntStream.range(0, 30).mapToObj(i -> "x" + i).toArray(String[]::new);
        Dataset<Row> columns = table
                .withColumn("x", org.apache.spark.ml.functions.vector_to_array(functions.col("features"), "float64"))
                .selectExpr(java.util.stream.IntStream.range(0, 30).mapToObj(i -> "x[" + i + "] as x" + i).toArray(String[]::new))
                .cache();
        columns.count();
        double scanColumns = measure("scan of 30 cached columns", rows, times, () -> use(columns));
        double blocksOfColumns = measure("transform of 30 columns", rows, times,
                () -> use(model.copy(new ParamMap()).setInputCols(names).transform(columns)));
        double each = measure("predict row by row", rows, times, () -> use(table.withColumn("prediction",
                functions.udf(predict, DataTypes.DoubleType).apply(functions.col("features")))));
        PerRow perRow = new PerRow(predict);
        double ordinary = measure("PredictionModel.transform", rows, times, () -> use(perRow.transform(table)));
        float[] x = new float[30 * rows];
        for (int i = 0; i < rows; i++) {
            double[] row = features(i).toArray();
            for (int j = 0; j < 30; j++) {
                x[30 * i + j] = (float) row[j];
            }
        }
        float[] y = new float[rows];
        try (Checkpoint checkpoint = model.nativeModel().open(); Predictor predictor = Predictor.of(checkpoint.parameters())) {
            double alone = measure("Predictor without Spark", rows, times, () -> predictor.predict(x, y));
            float[] one = new float[30];
            float[] value = new float[1];
            double calls = measure("Predictor, a row a call", rows, times, () -> {
                for (int i = 0; i < rows; i++) {
                    System.arraycopy(x, 30 * i, one, 0, 30);
                    predictor.predict(one, value);
                }
            });
            System.out.printf(Locale.ROOT,
                    "blocks take %.1f times less CPU than the per-row form of spark.ml (%.1f times with the scan)%n",
                    (ordinary - scan) / (blocks - scan), ordinary / blocks);
            System.out.printf(Locale.ROOT,
                    "of a row in a block %.0f %% is the network, of one by itself %.0f %%; all else of a row "
                            + "takes %.2f and %.2f us%n",
                    100 * alone / blocks, 100 * calls / each, 1e6 * (blocks - alone) / rows,
                    1e6 * (each - calls) / rows);
            System.out.printf(Locale.ROOT,
                    "blocks take %.1f times less CPU than rows (%.1f times with the scan), and have %.0f %% "
                            + "of the predictor's rate (%.0f %% with the scan); columns %.0f %% (%.0f %% with the scan)%n",
                    (each - scan) / (blocks - scan), each / blocks,
                    100 * alone / (blocks - scan), 100 * alone / blocks,
                    100 * alone / (blocksOfColumns - scanColumns), 100 * alone / blocksOfColumns);
        }
        spark.stop();
    }

    /** A model whose transform is what {@code spark.ml} gives every model: a function of a vector, called for each row. */
    private static final class PerRow extends RegressionModel<Vector, PerRow> {
        private static final long serialVersionUID = 1L;

        private final UDF1<Vector, Double> predict;

        PerRow(UDF1<Vector, Double> predict) {
            this.predict = predict;
        }

        @Override
        public String uid() {
            return "per_row"; // asked for before there are fields
        }

        @Override
        public double predict(Vector features) {
            try {
                return predict.call(features);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public PerRow copy(ParamMap extra) {
            return copyValues(new PerRow(predict), extra);
        }
    }

    static Vector features(long id) {
        double[] x = new double[30];
        for (int i = 0; i < x.length; i++) {
            x[i] = Math.sin(id * (i + 1.0));
        }
        return Vectors.dense(x);
    }

    private static void use(Dataset<Row> data) {
        data.write().format("noop").mode("overwrite").save();
    }

    private static double measure(String what, int rows, int times, Runnable work) {
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i <= times; i++) { // the first one warms up
            long begin = SYSTEM.getProcessCpuTime();
            work.run();
            least = i == 0 ? least : Math.min(least, (SYSTEM.getProcessCpuTime() - begin) / 1e9);
        }
        System.out.printf(Locale.ROOT, "%-28s %7.3f CPU s, %,12.0f rows a CPU second%n", what, least, rows / least);
        return least;
    }
}
