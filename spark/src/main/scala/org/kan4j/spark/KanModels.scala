// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark

import org.apache.spark.ml.Model
import org.apache.spark.ml.util.{DefaultParamsReadable, DefaultParamsWritable, MLReader, MLWriter}
import org.apache.spark.sql.{DataFrame, Dataset, Encoders}
import org.apache.spark.sql.types.StructType

/** What both models have in common: a native model, the scoring in blocks, and the directory they are saved as. */
trait HasNativeModel extends DefaultParamsWritable { self: Model[_] =>

  private[spark] var native: NativeModel = _
  private[spark] var trained: Option[Trained] = None

  /** The checkpoint inside, which every other part of kan4j reads. */
  def nativeModel: NativeModel = native

  /** How the training went; none where the model was loaded. */
  def training: Option[Trained] = trained

  private[spark] def score(dataset: Dataset[_], features: String, schema: StructType,
      columns: BlockScoring.Columns): DataFrame = {
    Requirements.check()
    val shared = dataset.sparkSession.sparkContext.broadcast(native)
    dataset.toDF().mapPartitions(new BlockScoring(shared, dataset.schema.fieldIndex(features), columns), Encoders.row(schema))
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
