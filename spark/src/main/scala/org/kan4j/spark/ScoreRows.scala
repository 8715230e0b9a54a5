// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark

import scala.jdk.CollectionConverters._

import org.apache.spark.rdd.RDD
import org.apache.spark.sql.classic.Strategy
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeSet, BindReferences, Expression, SortOrder}
import org.apache.spark.sql.catalyst.expressions.{UnsafeProjection, UnsafeRow}
import org.apache.spark.sql.catalyst.expressions.codegen.GenerateUnsafeRowJoiner
import org.apache.spark.sql.catalyst.plans.logical.{LogicalPlan, UnaryNode}
import org.apache.spark.sql.catalyst.plans.physical.Partitioning
import org.apache.spark.sql.catalyst.types.DataTypeUtils.fromAttributes
import org.apache.spark.sql.classic.SparkSession
import org.apache.spark.sql.execution.{SparkPlan, UnaryExecNode}
import org.apache.spark.sql.types.DoubleType

/**
 * Appends what a model says of the rows of `child`. A node of Spark's own plans, so that a transform stays lazy, columns that
 * nobody needs are not read, and rows need not become Java objects and back.
 *
 * @param features one expression of a vector, or one of a double for each feature
 */
private[spark] case class ScoreRows(features: Seq[Expression], added: Seq[Attribute], scoring: BlockScoring, child: LogicalPlan)
    extends UnaryNode {

  override def output: Seq[Attribute] = child.output ++ added

  override def producedAttributes: AttributeSet = AttributeSet(added)

  override protected def withNewChildInternal(changed: LogicalPlan): ScoreRows = copy(child = changed)
}

private[spark] case class ScoreRowsExec(features: Seq[Expression], added: Seq[Attribute], scoring: BlockScoring, child: SparkPlan)
    extends UnaryExecNode {

  override def output: Seq[Attribute] = child.output ++ added

  override def producedAttributes: AttributeSet = AttributeSet(added)

  override def outputPartitioning: Partitioning = child.outputPartitioning

  override def outputOrdering: Seq[SortOrder] = child.outputOrdering

  override protected def doExecute(): RDD[InternalRow] = {
    val (inputs, rows, columns, work) = (features, child.output, added, scoring) // of their own: tasks do not get the plan
    child.execute().mapPartitions { partition =>
      val unsafe = UnsafeProjection.create(rows, rows)
      val row = UnsafeProjection.create(columns, columns)
      val joiner = GenerateUnsafeRowJoiner.create(fromAttributes(rows), fromAttributes(columns))
      val appended: BlockScoring.Appended = (before, more) => joiner.join(before, row(more))
      val plain = partition.map {
        case already: UnsafeRow => already
        case other => unsafe(other)
      }
      work.over(plain.asJava, ScoreRows.reader(inputs, rows), appended).asScala
    }
  }

  override protected def withNewChildInternal(changed: SparkPlan): ScoreRowsExec = copy(child = changed)
}

private[spark] object ScoreRows {

  private object Plans extends Strategy {
    override def apply(plan: LogicalPlan): Seq[SparkPlan] = plan match {
      case ScoreRows(features, added, scoring, child) => ScoreRowsExec(features, added, scoring, planLater(child)) :: Nil
      case _ => Nil
    }
  }

  /** Sessions ask for strategies: this one is among them from the first transform on. */
  def register(session: SparkSession): Unit = session.synchronized {
    if (!session.experimental.extraStrategies.contains(Plans)) {
      session.experimental.extraStrategies = session.experimental.extraStrategies :+ Plans
    }
  }

  private[spark] def reader(features: Seq[Expression], rows: Seq[Attribute]): BlockScoring.Features = features match {
    case Seq(vector) if !vector.dataType.isInstanceOf[org.apache.spark.sql.types.NumericType] =>
      val at = rows.indexWhere(_.semanticEquals(vector))
      var numbers = Array.emptyDoubleArray
      row => {
        val values = Frames.vector(row, at, numbers)
        if (values != null) numbers = values
        values
      }
    case numbers =>
      val plain = numbers.forall(number => number.isInstanceOf[Attribute] && number.dataType == DoubleType)
      val at = numbers.indices.map(i => if (plain) rows.indexWhere(_.semanticEquals(numbers(i))) else i).toArray
      val project = if (plain) null else UnsafeProjection.create(BindReferences.bindReferences(numbers, rows))
      val values = new Array[Double](at.length)
      row => {
        val cells = if (plain) row else project(row)
        var i = 0
        while (i < values.length) {
          values(i) = if (cells.isNullAt(at(i))) Double.NaN else cells.getDouble(at(i))
          i += 1
        }
        values
      }
  }
}
