// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark

import scala.jdk.CollectionConverters._

import org.apache.spark.ml.attribute.{AttributeGroup, Attribute, NominalAttribute}
import org.apache.spark.ml.param._
import org.apache.spark.ml.param.shared._
import org.apache.spark.sql.{Column, Dataset, Row}
import org.apache.spark.sql.functions.{coalesce, col, lit}
import org.apache.spark.sql.types.{BooleanType, DoubleType, StructType}

/** The params of both estimators: Spark's own where it has them, and named as kan4j names them otherwise. */
trait KanParams[E <: KanParams[E]] extends Params with HasFeatures[E] with HasWeightCol with HasValidationIndicatorCol with HasMaxIter with HasTol
    with HasSeed with HasStepSize with HasCheckpointInterval { self: E =>

  /** Widths of the hidden layers; empty for a single layer. */
  final val hiddenLayers = new IntArrayParam(this, "hiddenLayers", "widths of the hidden layers, none for a single layer",
    (widths: Array[Int]) => widths.forall(_ > 0))
  final val basis = new Param[String](this, "basis", "functions on the edges: bspline, fastkan, rswaf, fourierkan, " +
    "chebykan, jacobikan, sinekan, relukan or bsrbf")
  final val grid = new IntParam(this, "grid", "intervals, centres, degree or frequencies of the basis", ParamValidators.gt(0))
  final val order = new IntParam(this, "order", "order of splines", ParamValidators.inRange(1, 5))
  final val outside = new Param[String](this, "outside", "what a B-spline does outside its grid: zero, clamp or linear",
    ParamValidators.inArray(Array("zero", "clamp", "linear")))
  final val dtype = new Param[String](this, "dtype", "what the model computes in: float32 or float64",
    ParamValidators.inArray(Array("float32", "float64")))
  final val mode = new Param[String](this, "mode", "where to train: local (one task), lbfgs (full batch over all " +
    "partitions), average (means of the partitions' models), or auto, which is local up to maxLocalBytes and lbfgs beyond",
    ParamValidators.inArray(Array("auto", "local", "lbfgs", "average")))
  final val optimizer = new Param[String](this, "optimizer", "of mode local: adamw or lbfgs",
    ParamValidators.inArray(Array("adamw", "lbfgs")))
  final val weightDecay = new DoubleParam(this, "weightDecay", "decoupled weight decay of AdamW", ParamValidators.gtEq(0))
  final val batchSize = new IntParam(this, "batchSize", "rows of a step of AdamW", ParamValidators.gt(0))
  final val earlyStopping = new IntParam(this, "earlyStopping", "epochs, or tens of iterations of mode lbfgs, without a " +
    "lower loss on the validation rows, after which training ends with the best model; 0 for all", ParamValidators.gtEq(0))
  final val l1 = new DoubleParam(this, "l1", "factor of the penalty on the edges' sizes", ParamValidators.gtEq(0))
  final val entropy = new DoubleParam(this, "entropy", "factor of the penalty on the entropy of the edges' shares",
    ParamValidators.gtEq(0))
  final val gridUpdates = new IntParam(this, "gridUpdates", "epochs, or iterations of mode lbfgs, between two moves of the " +
    "grids to the data in the first half of the training; 0 for none", ParamValidators.gtEq(0))
  final val deterministic = new BooleanParam(this, "deterministic", "whether sums over partitions are added in their order")
  final val threadsPerTask = new IntParam(this, "threadsPerTask", "threads of a training task; 0 for spark.task.cpus",
    ParamValidators.gtEq(0))
  final val missing = new Param[String](this, "missing", "NaN among the features: refuse, or fill with the column's mean",
    ParamValidators.inArray(Array("refuse", "fill")))
  final val standardise = new BooleanParam(this, "standardise", "whether features are scaled to -1..1 and values to " +
    "deviation 1 by what the rows hold; the model keeps the scales")
  final val maxLocalBytes = new LongParam(this, "maxLocalBytes", "bytes of packed features up to which mode auto is local; " +
    "0 for half of spark.executor.memory", ParamValidators.gtEq(0))
  final val checkpointDir = new Param[String](this, "checkpointDir", "folder, of any Hadoop file system, for a checkpoint " +
    "every checkpointInterval epochs, or tens of iterations of mode lbfgs; the same training, begun again, goes on from it; empty for none")
  final val properties = new StringArrayParam(this, "properties", "settings without a param of their own, each name=value, as " +
    "setProperty writes them")

  setDefault(hiddenLayers -> Array(16), basis -> "bspline", grid -> 5, order -> 3, outside -> "zero", dtype -> "float32",
    mode -> "auto", optimizer -> "adamw", maxIter -> 50, tol -> 1e-6, stepSize -> 5e-3, weightDecay -> 1e-4, batchSize -> 256,
    earlyStopping -> 0, l1 -> 0.0, entropy -> 0.0, gridUpdates -> 0, deterministic -> false, threadsPerTask -> 0,
    missing -> "refuse", standardise -> true, maxLocalBytes -> 0L, checkpointDir -> "", checkpointInterval -> 1, seed -> 1L,
    properties -> Array.empty[String])

  def setWeightCol(value: String): E = set(weightCol, value)
  def setValidationIndicatorCol(value: String): E = set(validationIndicatorCol, value)
  def setMaxIter(value: Int): E = set(maxIter, value)
  def setTol(value: Double): E = set(tol, value)
  def setSeed(value: Long): E = set(seed, value)
  def setStepSize(value: Double): E = set(stepSize, value)
  def setCheckpointInterval(value: Int): E = set(checkpointInterval, value)
  def setHiddenLayers(value: Array[Int]): E = set(hiddenLayers, value)
  def setBasis(value: String): E = set(basis, value)
  def setGrid(value: Int): E = set(grid, value)
  def setOrder(value: Int): E = set(order, value)
  def setOutside(value: String): E = set(outside, value)
  def setDtype(value: String): E = set(dtype, value)
  def setMode(value: String): E = set(mode, value)
  def setOptimizer(value: String): E = set(optimizer, value)
  def setWeightDecay(value: Double): E = set(weightDecay, value)
  def setBatchSize(value: Int): E = set(batchSize, value)
  def setEarlyStopping(value: Int): E = set(earlyStopping, value)
  def setL1(value: Double): E = set(l1, value)
  def setEntropy(value: Double): E = set(entropy, value)
  def setGridUpdates(value: Int): E = set(gridUpdates, value)
  def setDeterministic(value: Boolean): E = set(deterministic, value)
  def setThreadsPerTask(value: Int): E = set(threadsPerTask, value)
  def setMissing(value: String): E = set(missing, value)
  def setStandardise(value: Boolean): E = set(standardise, value)
  def setMaxLocalBytes(value: Long): E = set(maxLocalBytes, value)
  def setCheckpointDir(value: String): E = set(checkpointDir, value)

  /**
   * Sets what has no param of its own: base (none, silu, gelu, ...), schedule (constant, exponential, cosine, one-cycle), clipping (a
   * norm), averaging (a decay), accumulation (batches), history (of L-BFGS).
   */
  def setProperty(name: String, value: String): E =
    set(properties, $(properties).filterNot(_.startsWith(name + "=")) :+ s"$name=$value")

  /** Trains on the columns that the params name. */
  private[spark] def fitted(dataset: Dataset[_], labelCol: String, classes: Boolean,
      classWeights: Array[Double]): Trained = {
    Requirements.check()
    def optional(param: Param[String]): Option[String] = get(param).filter(_.nonEmpty)
    val columns = Seq[Column](
      featuresColumn, col(labelCol).cast(DoubleType),
      optional(weightCol).map(name => col(name).cast(DoubleType)).getOrElse(lit(1.0)),
      optional(validationIndicatorCol).map(name => coalesce(col(name).cast(BooleanType), lit(false))).getOrElse(lit(false)))
    val names = if (ofColumns) Some($(inputCols).toSeq) else KanParams.featureNames(dataset.schema, $(featuresCol))
    Fitting.fit(dataset.select(columns: _*).toDF("features", "label", "weight", "validation").javaRDD, classes,
      new Fitting.Columns(names.map(_.asJava).orNull, labelCol,
        if (classes) KanParams.classNames(dataset.schema, labelCol).map(_.asJava).orNull else null,
        optional(weightCol).isDefined),
      settings(dataset, classWeights))
  }

  private def settings(dataset: Dataset[_], classWeights: Array[Double]): Settings = {
    val conf = dataset.sparkSession.sparkContext.getConf
    val threads = if ($(threadsPerTask) > 0) $(threadsPerTask) else conf.getInt("spark.task.cpus", 1)
    val bytes = if ($(maxLocalBytes) > 0) $(maxLocalBytes) else conf.getSizeAsBytes("spark.executor.memory", "1g") / 2
    new Settings(
      new Settings.Network($(hiddenLayers).map(Integer.valueOf).toList.asJava, $(basis), $(grid), $(order), $(outside), $(dtype),
        Properties.of($(properties).toList.asJava)),
      new Settings.Course($(optimizer), $(maxIter), $(tol), $(stepSize), $(weightDecay), $(batchSize), $(earlyStopping), $(l1),
        $(entropy), $(gridUpdates), classWeights.map(java.lang.Double.valueOf).toList.asJava, $(seed)),
      $(mode), $(deterministic), threads, $(missing) == "fill", $(standardise), bytes, $(checkpointDir), $(checkpointInterval))
  }
}

private object KanParams {

  /** The names of all features, where the column says them and they differ. */
  def featureNames(schema: StructType, column: String): Option[Seq[String]] =
    AttributeGroup.fromStructField(schema(column)).attributes.map(_.flatMap(_.name).toSeq)
      .filter(names => names.distinct.length == AttributeGroup.fromStructField(schema(column)).size)

  /** The values that an indexed label column stands for. */
  def classNames(schema: StructType, column: String): Option[Seq[String]] =
    Attribute.fromStructField(schema(column)) match {
      case nominal: NominalAttribute => nominal.values.map(_.toSeq).orElse(nominal.getNumValues.map(n => (0 until n).map(_.toString)))
      case _ => None
    }
}
