// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.IOException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import scala.collection.Seq;

/**
 * Models as SQL functions.
 *
 * {@snippet lang="java" :
 * KanFunctions.register(spark, "kan_predict", "hdfs:///models/kan");
 * spark.sql("select kan_predict(array(x, y, z)) from t");   // array<double>: the value, or a probability a class
 * }
 */
public final class KanFunctions {

    private KanFunctions() {
    }

    /**
     * Registers a function of an array of numbers, the features in order, that gives an array of doubles: the value, or the
     * probability of each class. NULL gives NULL. It scores row by row; a model's {@code transform} scores in blocks.
     *
     * @param name of the function
     * @param path a model directory that a stage of this package saved, or a checkpoint file such as {@code kan4j train} writes
     */
    public static void register(SparkSession spark, String name, String path) {
        NativeModel model = read(spark, path);
        Broadcast<NativeModel> shared = JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(model);
        boolean classes = model.encoding() != null && model.encoding().target() instanceof org.kan4j.encoding.Encoding.Classes;
        spark.udf().register(name, (UDF1<Seq<?>, double[]>) features -> predict(shared.value(), classes, features),
                DataTypes.createArrayType(DataTypes.DoubleType, false));
    }

    private static NativeModel read(SparkSession spark, String path) {
        var conf = spark.sparkContext().hadoopConfiguration();
        try {
            Path place = new Path(path);
            if (place.getFileSystem(conf).getFileStatus(place).isDirectory()) {
                return HadoopFiles.readModel(conf, path);
            }
            return NativeModel.of(HadoopFiles.read(conf, place), path);
        } catch (IOException e) {
            throw new KanException(Status.INVALID_ARGUMENT, "cannot read the model " + path + ": " + e.getMessage(), e);
        }
    }

    private static double[] predict(NativeModel model, boolean classes, Seq<?> features) {
        if (features == null) {
            return null;
        }
        double[] values = new double[features.length()];
        for (int i = 0; i < values.length; i++) {
            values[i] = features.apply(i) instanceof Number number ? number.doubleValue() : Double.NaN;
        }
        double[] outputs = Scorer.one(model, Vectors.dense(values));
        return classes ? org.kan4j.encoding.Outputs.softmax(outputs) : outputs;
    }
}
