// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Sessions and rows for tests. */
final class Sessions {

    static final StructType SCHEMA = new StructType().add("features", SQLDataTypes.VectorType())
            .add("label", DataTypes.DoubleType).add("weight", DataTypes.DoubleType).add("held", DataTypes.BooleanType);

    private Sessions() {
    }

    static SparkSession local() {
        return session("local[2]");
    }

    static SparkSession session(String master) {
        SparkSession.Builder builder = SparkSession.builder().master(master).appName("kan4j tests")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", "2")
                .config("spark.sql.warehouse.dir", "target/warehouse");
        if (master.startsWith("local-cluster")) {
            prepareHome();
            builder.config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                    .config("spark.executor.extraJavaOptions", "--enable-native-access=ALL-UNNAMED "
                            + "--sun-misc-unsafe-memory-access=allow -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dkan4j.native.path="
                            + System.getProperty("kan4j.native.path"));
        }
        return builder.getOrCreate();
    }

    /** A Spark home, which the launcher of executors wants to see: links to the jars of this VM. */
    private static void prepareHome() {
        Path jars = Path.of(System.getenv("SPARK_HOME"), "jars");
        try {
            Files.createDirectories(jars);
            for (String each : System.getProperty("java.class.path").split(File.pathSeparator)) {
                Path link = jars.resolve(Path.of(each).getFileName().toString());
                if (each.endsWith(".jar") && !Files.exists(link)) {
                    Files.deleteIfExists(link);
                    Files.createSymbolicLink(link, Path.of(each));
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** y = sin(2 x0) + x1 x2 of seeded rows over two partitions; every fifth is held out; weights 1. */
    static List<Row> values(int count) {
        Random random = new Random(7);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double a = random.nextDouble() * 2 - 1;
            double b = random.nextDouble() * 20 - 10;
            double c = random.nextDouble();
            rows.add(RowFactory.create(Vectors.dense(a, b, c), Math.sin(2 * a) + b * c, 1.0, i % 5 == 0));
        }
        return rows;
    }

    /** Three classes: where x0 + x1 is low, between, high. */
    static List<Row> classes(int count) {
        Random random = new Random(8);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double a = random.nextDouble() * 2 - 1;
            double b = random.nextDouble() * 2 - 1;
            double label = a + b < -0.5 ? 0 : a + b < 0.5 ? 1 : 2;
            rows.add(RowFactory.create(Vectors.dense(a, b), label, 1.0, i % 5 == 0));
        }
        return rows;
    }

    /** In partitions as the list has them. */
    static Dataset<Row> frame(SparkSession spark, List<Row> rows, int partitions) {
        return spark.createDataFrame(org.apache.spark.api.java.JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(rows, partitions), SCHEMA);
    }

    /** Column {@code prediction}, in the order of the rows. */
    static double[] predictions(Dataset<Row> scored) {
        return scored.select("prediction").collectAsList().stream().mapToDouble(row -> row.getDouble(0)).toArray();
    }
}
