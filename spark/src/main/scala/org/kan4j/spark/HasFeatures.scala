// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark

import org.apache.spark.ml.functions.array_to_vector
import org.apache.spark.ml.linalg.SQLDataTypes
import org.apache.spark.ml.param.shared.{HasFeaturesCol, HasInputCols}
import org.apache.spark.sql.Column
import org.apache.spark.sql.catalyst.expressions.{Attribute, Cast, Expression}
import org.apache.spark.sql.functions.{array, coalesce, col, lit}
import org.apache.spark.sql.types.{BooleanType, DoubleType, NumericType, StructField, StructType}
import org.kan4j.error.KanException

/** Features as a vector, by `featuresCol`, or as columns of numbers, by `inputCols`, which spares assembling vectors to score. */
private[spark] trait HasFeatures[E <: HasFeatures[E]] extends HasFeaturesCol with HasInputCols { self: E =>

  /** Columns of numbers, or of true and false, in place of `featuresCol`; null counts as missing. */
  def setInputCols(value: Array[String]): E = set(inputCols, value)

  private[spark] def ofColumns: Boolean = isSet(inputCols) && $(inputCols).nonEmpty

  /** The schema with a vector where there are columns, which are checked. */
  private[spark] def withVector(schema: StructType): StructType = if (!ofColumns) schema else {
    for (name <- $(inputCols)) {
      if (!schema.fieldNames.contains(name)) {
        throw KanException.invalid("inputCols: there is no column '%s'; the columns are %s", name, schema.fieldNames.mkString(", "))
      }
      schema(name).dataType match {
        case _: NumericType | BooleanType =>
        case other => throw KanException.invalid("inputCols: the column '%s' must hold numbers, it holds %s; a vector's column is "
          + "featuresCol's", name, other.simpleString)
      }
    }
    StructType(schema.filterNot(_.name == $(featuresCol)) :+ StructField($(featuresCol), SQLDataTypes.VectorType, nullable = false))
  }

  /** What transforming, or fitting, a vector adds to a schema is added to this one too. */
  private[spark] def transformed(schema: StructType, ofVector: StructType => StructType): StructType = if (!ofColumns) ofVector(schema) else {
    val vectors = withVector(schema)
    StructType(schema ++ ofVector(vectors).drop(vectors.length))
  }

  /** The features of rows to train on, as a vector; null among columns is NaN. */
  private[spark] def featuresColumn: Column = if (!ofColumns) col($(featuresCol)) else
    array_to_vector(array($(inputCols).toIndexedSeq.map(name => coalesce(col(s"`$name`").cast(DoubleType), lit(Double.NaN))): _*))

  /** What a model takes of a row: a vector, or a number for each column. */
  private[spark] def featuresOf(schema: StructType, output: Seq[Attribute]): Seq[Expression] =
    if (ofColumns) $(inputCols).toIndexedSeq.map(name => Cast(output(schema.fieldIndex(name)), DoubleType))
    else Seq(output(schema.fieldIndex($(featuresCol))))
}
