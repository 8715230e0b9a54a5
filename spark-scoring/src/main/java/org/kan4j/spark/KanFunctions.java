// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import scala.collection.Seq;

/** Models as SQL functions. */
public final class KanFunctions {

    private KanFunctions() {
    }

    /**
     * Registers a function of an array of numbers, the features in order, that gives an array of doubles: the value, or the
     * probability of each class. NULL gives NULL.
     *
     * @param name of the function
     * @param path a model directory that a stage saved, or a checkpoint file such as {@code kan4j train} writes
     */
    public static void register(SparkSession spark, String name, String path) {
        Requirements.check(spark.version());
        ScoringModel model = ModelFiles.read(spark.sparkContext().hadoopConfiguration(), path);
        spark.udf().register(name, (UDF1<Seq<?>, double[]>) features -> features == null ? null : predict(model, features),
                DataTypes.createArrayType(DataTypes.DoubleType, false));
    }

    private static double[] predict(ScoringModel model, Seq<?> features) {
        double[] values = new double[features.length()];
        for (int i = 0; i < values.length; i++) {
            values[i] = features.apply(i) instanceof Number number ? number.doubleValue() : Double.NaN;
        }
        double[] outputs = model.outputs(Vectors.dense(values));
        if (model.tellsClasses()) {
            ScoringModel.softmax(outputs);
        }
        return outputs;
    }
}
