// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark

import org.apache.spark.ml.classification.{ProbabilisticClassificationModel, ProbabilisticClassifier}
import org.apache.spark.ml.linalg.{DenseVector, Vector, Vectors}
import org.apache.spark.ml.param.{DoubleArrayParam, ParamMap}
import org.apache.spark.ml.util.{DefaultParamsReadable, DefaultParamsWritable, Identifiable}
import org.apache.spark.sql.{DataFrame, Dataset}
import org.apache.spark.sql.types.StructType
import org.kan4j.encoding.Outputs

/** Learns to tell one of several classes, labelled 0 to k - 1, by a Kolmogorov-Arnold network. */
class KanClassifier(override val uid: String) extends ProbabilisticClassifier[Vector, KanClassifier, KanClassificationModel]
    with KanParams[KanClassifier] with DefaultParamsWritable {

  /** How much the training rows of each class count; otherwise 1 each. */
  final val classWeights = new DoubleArrayParam(this, "classWeights", "how much the training rows of each class count",
    (weights: Array[Double]) => weights.forall(w => w >= 0 && !w.isInfinite) && (weights.isEmpty || weights.exists(_ > 0)))
  setDefault(classWeights -> Array.empty[Double])

  def this() = this(Identifiable.randomUID("kanc"))

  def setClassWeights(value: Array[Double]): KanClassifier = set(classWeights, value)

  override protected def train(dataset: Dataset[_]): KanClassificationModel = {
    val model = new KanClassificationModel(uid)
    val result = fitted(dataset, $(labelCol), classes = true, $(classWeights))
    model.native = result.model
    model.trained = Some(result)
    model
  }

  override def transformSchema(schema: StructType): StructType = transformed(schema, super.transformSchema)

  override def copy(extra: ParamMap): KanClassifier = defaultCopy(extra)
}

object KanClassifier extends DefaultParamsReadable[KanClassifier] {
  override def load(path: String): KanClassifier = super.load(path)
}

/** Tells classes by a trained network, in blocks of rows: logits, probabilities, and the class by the thresholds. */
class KanClassificationModel private[spark] (override val uid: String)
    extends ProbabilisticClassificationModel[Vector, KanClassificationModel] with HasNativeModel
    with HasFeatures[KanClassificationModel] {

  override def transformSchema(schema: StructType): StructType = transformed(schema, super.transformSchema)

  override def numFeatures: Int = native.features

  override def numClasses: Int = native.outputs

  override def predictRaw(features: Vector): Vector = Vectors.dense(KanClassificationModel.centred(Scorer.one(native, features)))

  override protected def raw2probabilityInPlace(raw: Vector): Vector = {
    val values = raw.asInstanceOf[DenseVector].values
    Outputs.softmax(values).copyToArray(values)
    raw
  }

  override def transform(dataset: Dataset[_]): DataFrame = {
    val schema = transformSchema(dataset.schema, logging = true)
    val added = schema.fieldNames.drop(dataset.schema.length)
    val (raw, probability, prediction) = ($(rawPredictionCol), $(probabilityCol), $(predictionCol))
    // Of its own, so that tasks do not get this model and with it a second copy of the native one.
    val limits = if (isDefined(thresholds)) $(thresholds).clone() else null
    score(dataset, schema, KanClassificationModel.columns(added, raw, probability, prediction, limits))
  }

  override def copy(extra: ParamMap): KanClassificationModel = {
    val copied = copyValues(new KanClassificationModel(uid), extra).setParent(parent)
    copied.native = native
    copied.trained = trained
    copied
  }
}

object KanClassificationModel extends NativeModelReadable[KanClassificationModel](classes = true) {

  override protected def empty(): KanClassificationModel = new KanClassificationModel(Identifiable.randomUID("kanc"))

  override def load(path: String): KanClassificationModel = super.load(path)

  override def fromCheckpoint(path: String): KanClassificationModel = super.fromCheckpoint(path)

  /**
   * Logits less their mean. What all classes have in common says nothing of any, but evaluators order rows by the raw prediction of
   * class 1 alone: now they do so as by its probability.
   */
  private def centred(outputs: Array[Double]): Array[Double] = {
    val mean = outputs.sum / outputs.length
    outputs.map(_ - mean)
  }

  private def columns(added: Array[String], raw: String, probability: String, prediction: String,
      limits: Array[Double]): BlockScoring.Columns = outputs => {
    val logits = centred(outputs)
    val p = Outputs.softmax(logits)
    added.map[AnyRef] {
      case `raw` => Frames.vector(Vectors.dense(logits))
      case `probability` => Frames.vector(Vectors.dense(p))
      case `prediction` => java.lang.Double.valueOf(decide(p, limits))
    }
  }

  /** As Spark's thresholds are defined: the greatest of p / t; a threshold of 0 wins over all others. */
  private def decide(p: Array[Double], limits: Array[Double]): Double = {
    if (limits == null) Outputs.argMax(p).toDouble
    else Outputs.argMax(p.zip(limits).map { case (value, t) => if (t == 0.0) Double.PositiveInfinity else value / t }).toDouble
  }
}
