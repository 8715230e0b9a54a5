// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark

import org.apache.spark.ml.Model
import org.apache.spark.ml.util.{DefaultParamsReadable, DefaultParamsWritable, MLReader, MLWriter}
import org.apache.spark.sql.{DataFrame, Dataset}
import org.apache.spark.sql.catalyst.expressions.{Alias, AttributeReference}
import org.apache.spark.sql.catalyst.plans.logical.Project
import org.apache.spark.sql.classic.SparkSession
import org.apache.spark.sql.types.StructType

/** What both models have in common: a native model, the scoring in blocks, and the directory they are saved as. */
trait HasNativeModel extends DefaultParamsWritable { self: Model[_] with HasFeatures[_] =>

  private[spark] var native: NativeModel = _
  private[spark] var trained: Option[Trained] = None

  /** The checkpoint inside, which every other part of kan4j reads. */
  def nativeModel: NativeModel = native

  /** How the training went; none where the model was loaded. */
  def training: Option[Trained] = trained

  /** The rows of a dataset with the columns that `schema` has beyond it. */
  private[spark] def score(dataset: Dataset[_], schema: StructType, columns: BlockScoring.Columns): DataFrame = {
    Requirements.check()
    val session = dataset.sparkSession.asInstanceOf[SparkSession]
    ScoreRows.register(session)
    val shared = session.sparkContext.broadcast(native)
    val rows = dataset.toDF().asInstanceOf[org.apache.spark.sql.classic.Dataset[_]].queryExecution.analyzed
    val added = schema.drop(dataset.schema.length).map(field =>
      AttributeReference(field.name, field.dataType, field.nullable, field.metadata)())
    val scored = ScoreRows(featuresOf(dataset.schema, rows.output), added, new BlockScoring(shared, columns), rows)
    // Under names that are made anew where a frame is joined with itself.
    Frames.of(session, Project(rows.output ++ added.map(column => Alias(column, column.name)()), scored))
  }

  /** Spark's metadata, and model.safetensors beside it. */
  override def write: MLWriter = {
    val metadata = super.write
    new MLWriter {
      override protected def saveImpl(path: String): Unit = {
        metadata.session(sparkSession).save(path)
        HadoopFiles.writeModel(sc.hadoopConfiguration, path, native)
      }
    }
  }
}

/** Reads what [[HasNativeModel]] writes. */
abstract class NativeModelReadable[M <: HasNativeModel](classes: Boolean) extends DefaultParamsReadable[M] {

  protected def empty(): M

  /** A checkpoint, such as `kan4j train` writes to a local file, as a stage. */
  def fromCheckpoint(path: String): M = {
    Requirements.check()
    val model = empty()
    model.native = NativeModel.read(java.nio.file.Path.of(path)).require(classes)
    model
  }

  override def read: MLReader[M] = {
    val metadata = super.read
    new MLReader[M] {
      override def load(path: String): M = {
        Requirements.check()
        val model = metadata.session(sparkSession).load(path)
        model.native = HadoopFiles.readModel(sc.hadoopConfiguration, path).require(classes)
        model
      }
    }
  }
}
