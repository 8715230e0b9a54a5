// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.evaluation.BinaryClassificationEvaluator;
import org.apache.spark.ml.evaluation.RegressionEvaluator;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * One row of the table of bench/spark/run: trains an estimator of spark.ml, whichever it is, and scores with it; or only scores with
 * a model that was saved.
 *
 * <pre>Beside value|class ROWS FOLDER|- NAME (CLASS [param=value...] | load)</pre>
 *
 * Rows are Friedman's first function (1991) of ten uniform numbers with noise, made of hashes of their number and so the same on every
 * Spark; class is whether a value is above 14.4, about the median. A model is saved to, or loaded from, FOLDER.
 */
public final class Beside {

    private static final OperatingSystemMXBean SYSTEM = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private Beside() {
    }

    public static void main(String[] args) throws Exception {
        boolean classes = args[0].equals("class");
        int rows = Integer.parseInt(args[1]);
        String folder = args[2];
        SparkSession spark = SparkSession.builder().master("local[2]").appName("beside").config("spark.ui.enabled", "false")
                .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate();
        spark.sparkContext().setLogLevel("ERROR");
        Dataset<Row> train = rows(spark, 0, rows, classes).cache();
        Dataset<Row> test = rows(spark, rows, rows + rows / 4, classes).cache();
        train.count();
        test.count();
        double seconds = Double.NaN;
        double cpu = Double.NaN;
        Transformer model;
        if (args[4].equals("load")) {
            Class<?> type = Class.forName(classes ? "org.kan4j.spark.KanClassificationModel" : "org.kan4j.spark.KanRegressionModel");
            model = (Transformer) type.getMethod("load", String.class).invoke(null, folder);
        } else {
            fit(args, train.limit(2000)); // warms up
            long begin = System.nanoTime();
            double begun = cpu();
            model = fit(args, train);
            seconds = (System.nanoTime() - begin) / 1e9;
            cpu = cpu() - begun;
            if (!folder.equals("-")) {
                ((MLWritable) model).write().overwrite().save(folder);
            }
        }
        double error = classes ? new BinaryClassificationEvaluator().evaluate(model.transform(test))
                : new RegressionEvaluator().evaluate(model.transform(test));
        use(model.transform(train));
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 3; i++) {
            double begun = cpu();
            use(model.transform(train));
            least = Math.min(least, cpu() - begun);
        }
        System.out.printf(Locale.ROOT, "| %s | %s | %s | %.4f | %s | %s | %,.0f |%n", args[0], args[3], spark.version() + ", Java "
                + Runtime.version().feature(), error, time(seconds), time(cpu), Math.round(rows / least / 1000) * 1000.0);
        spark.stop();
    }

    private static String time(double seconds) {
        return Double.isNaN(seconds) ? "" : String.format(Locale.ROOT, "%.1f", seconds);
    }

    private static double cpu() {
        return SYSTEM.getProcessCpuTime() / 1e9;
    }

    private static Model<?> fit(String[] args, Dataset<Row> train) throws ReflectiveOperationException {
        Estimator<?> estimator = (Estimator<?>) Class.forName(args[4]).getConstructor().newInstance();
        for (int i = 5; i < args.length; i++) {
            String[] parts = args[i].split("=", 2);
            estimator.set(parts[0], value(parts[1]));
        }
        return (Model<?>) estimator.fit(train);
    }

    private static Object value(String text) {
        if (text.startsWith("[")) {
            return java.util.Arrays.stream(text.substring(1, text.length() - 1).split(",")).filter(part -> !part.isEmpty())
                    .mapToInt(Integer::parseInt).toArray();
        }
        return text.matches("-?\\d+") ? (Object) Integer.valueOf(text)
                : text.matches("-?[\\d.]+(e-?\\d+)?") ? (Object) Double.valueOf(text) : text;
    }

    private static Dataset<Row> rows(SparkSession spark, int from, int to, boolean classes) {
        String[] names = new String[10];
        String[] uniform = new String[11];
        for (int i = 0; i < 10; i++) {
            names[i] = "x" + i;
            uniform[i] = "pmod(xxhash64(id, " + i + "), 1000003) / 1000003.0D as x" + i;
        }
        StringBuilder noise = new StringBuilder("(-6");
        for (int i = 0; i < 12; i++) { // about normal, of deviation 1
            noise.append(" + pmod(xxhash64(id, ").append(100 + i).append("), 1000003) / 1000003.0D");
        }
        uniform[10] = noise + ") as noise";
        String value = "10 * sin(pi() * x0 * x1) + 20 * (x2 - 0.5) * (x2 - 0.5) + 10 * x3 + 5 * x4 + noise";
        Dataset<Row> table = spark.range(from, to, 1, 2).selectExpr(uniform).withColumn("label",
                org.apache.spark.sql.functions.expr(classes ? "cast(" + value + " > 14.4 as double)" : value));
        return new VectorAssembler().setInputCols(names).setOutputCol("features").transform(table).select("features", "label");
    }

    private static void use(Dataset<Row> data) {
        data.write().format("noop").mode("overwrite").save();
    }
}
