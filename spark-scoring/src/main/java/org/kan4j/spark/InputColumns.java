// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.util.Arrays;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.apache.spark.ml.PredictionModel;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.Params;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Features as columns of numbers: they are put into a vector that is gone again afterwards. */
final class InputColumns {

    private InputColumns() {
    }

    static StringArrayParam param(Params stage) {
        return new StringArrayParam(stage, "inputCols", "columns of numbers in place of featuresCol");
    }

    static <M extends PredictionModel<Vector, M> & Scoring> boolean isSet(M stage) {
        return names(stage).length > 0;
    }

    private static <M extends PredictionModel<Vector, M> & Scoring> String[] names(M stage) {
        return stage.isDefined(stage.inputCols()) ? stage.getOrDefault(stage.inputCols()) : new String[0];
    }

    /** The schema after a transform, of which {@code ofVector} tells what becomes of one with a vector. */
    static <M extends PredictionModel<Vector, M> & Scoring> StructType schema(M stage, StructType schema,
            UnaryOperator<StructType> ofVector) {
        if (!isSet(stage)) {
            return ofVector.apply(schema);
        }
        for (String name : names(stage)) {
            if (!Arrays.asList(schema.fieldNames()).contains(name)) {
                throw new IllegalArgumentException("inputCols: there is no column '" + name + "'; the columns are "
                        + String.join(", ", schema.fieldNames()));
            }
            var type = schema.apply(name).dataType();
            if (!(type instanceof NumericType || type instanceof BooleanType)) {
                throw new IllegalArgumentException("inputCols: the column '" + name + "' must hold numbers, it holds "
                        + type.simpleString() + "; a vector's column is featuresCol's");
            }
        }
        StructType vector = new StructType().add(stage.getFeaturesCol(), SQLDataTypes.VectorType(), false);
        StructField[] added = ofVector.apply(vector).fields();
        StructType all = schema;
        for (int i = vector.length(); i < added.length; i++) {
            all = all.add(added[i]);
        }
        return all;
    }

    static <M extends PredictionModel<Vector, M> & Scoring> Dataset<Row> transform(M stage, Dataset<?> rows) {
        stage.transformSchema(rows.schema());
        String vector = "kan4j " + UUID.randomUUID();
        Column[] numbers = Arrays.stream(names(stage)).map(name -> functions.coalesce(
                functions.col("`" + name + "`").cast(DataTypes.DoubleType), functions.lit(Double.NaN))).toArray(Column[]::new);
        M ofVector = stage.copy(new ParamMap()).setFeaturesCol(vector);
        ofVector.set(ofVector.inputCols(), new String[0]);
        return ofVector.transform(rows.withColumn(vector,
                org.apache.spark.ml.functions.array_to_vector(functions.array(numbers)))).drop(vector);
    }
}
