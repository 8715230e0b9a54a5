// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import org.apache.spark.ml.linalg.VectorUDT;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.classic.SparkSession;

/**
 * What Spark keeps to its own packages and this one needs: a frame of a plan, and vectors in Spark's own rows. It is the
 * only class that does, and Spark's version is checked before ({@code Requirements}).
 */
final class Frames {

    private static final VectorUDT VECTORS = new VectorUDT();
    /** Of the struct that a vector is in a row: its kind (1 is dense), size, indices and values. */
    private static final int FIELDS = 4;
    private static final byte DENSE = 1;
    private static final int VALUES = 3;

    private Frames() {
    }

    static Dataset<Row> of(SparkSession session, LogicalPlan plan) {
        return org.apache.spark.sql.classic.Dataset.ofRows(session, plan);
    }

    /**
     * The numbers of a vector, a sparse one expanded; null where there is none.
     *
     * @param into takes them if there are as many as it is long; otherwise an array is made
     */
    static double[] vector(InternalRow row, int at, double[] into) {
        if (row.isNullAt(at)) {
            return null;
        }
        InternalRow vector = row.getStruct(at, FIELDS);
        if (vector.getByte(0) != DENSE) {
            return VECTORS.deserialize(vector).toArray();
        }
        ArrayData values = vector.getArray(VALUES);
        if (values.numElements() != into.length) {
            return values.toDoubleArray();
        }
        for (int i = 0; i < into.length; i++) {
            into[i] = values.getDouble(i);
        }
        return into;
    }

    /** A vector as it is in a row. */
    static InternalRow vector(org.apache.spark.ml.linalg.Vector vector) {
        return VECTORS.serialize(vector);
    }
}
