// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark

import org.apache.spark.ml.linalg.Vector
import org.apache.spark.ml.param.ParamMap
import org.apache.spark.ml.regression.{RegressionModel, Regressor}
import org.apache.spark.ml.util.{DefaultParamsReadable, DefaultParamsWritable, Identifiable}
import org.apache.spark.sql.{DataFrame, Dataset}
import org.apache.spark.sql.types.StructType

/** Learns to tell a number from a vector of features, sparse ones too, by a Kolmogorov-Arnold network. */
class KanRegressor(override val uid: String) extends Regressor[Vector, KanRegressor, KanRegressionModel]
    with KanParams[KanRegressor] with DefaultParamsWritable {

  def this() = this(Identifiable.randomUID("kanr"))

  override protected def train(dataset: Dataset[_]): KanRegressionModel = {
    val model = new KanRegressionModel(uid)
    val result = fitted(dataset, $(labelCol), classes = false, Array.empty)
    model.native = result.model
    model.trained = Some(result)
    model
  }

  override def transformSchema(schema: StructType): StructType = transformed(schema, super.transformSchema)

  override def copy(extra: ParamMap): KanRegressor = defaultCopy(extra)
}

object KanRegressor extends DefaultParamsReadable[KanRegressor] {
  override def load(path: String): KanRegressor = super.load(path)
}

/** Tells a number by a trained network, in blocks of rows. */
class KanRegressionModel private[spark] (override val uid: String) extends RegressionModel[Vector, KanRegressionModel]
    with HasNativeModel with HasFeatures[KanRegressionModel] {

  override def transformSchema(schema: StructType): StructType = transformed(schema, super.transformSchema)

  override def numFeatures: Int = native.features

  override def predict(features: Vector): Double = Scorer.one(native, features)(0)

  override def transform(dataset: Dataset[_]): DataFrame = {
    val schema = transformSchema(dataset.schema, logging = true)
    if ($(predictionCol).isEmpty) dataset.toDF() else score(dataset, schema, KanRegressionModel.columns)
  }

  override def copy(extra: ParamMap): KanRegressionModel = {
    val copied = copyValues(new KanRegressionModel(uid), extra).setParent(parent)
    copied.native = native
    copied.trained = trained
    copied
  }
}

object KanRegressionModel extends NativeModelReadable[KanRegressionModel](classes = false) {

  override protected def empty(): KanRegressionModel = new KanRegressionModel(Identifiable.randomUID("kanr"))

  override def load(path: String): KanRegressionModel = super.load(path)

  override def fromCheckpoint(path: String): KanRegressionModel = super.fromCheckpoint(path)

  private val columns: BlockScoring.Columns = outputs => Array[AnyRef](java.lang.Double.valueOf(outputs(0)))
}
