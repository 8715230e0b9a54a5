// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark

/** What this module runs on. Scala, and so in class files of Java 8: an older Java gets to say so. */
object Requirements {

  /** What is wrong with a Java and a Spark, in one sentence; none where they are known to work. */
  def complaint(java: Int, spark: String): Option[String] = {
    val parts = spark.split("[.-]").take(2).map(part => part.toIntOption.getOrElse(0))
    val known = parts.length == 2 && (parts(0) > 4 || parts(0) == 4 && parts(1) >= 2)
    if (java >= 22 && known) None
    else Some(s"kan4j-spark needs Spark 4.2.0 or later on Java 22 or later, best Java 25.0.3; this is Spark $spark on Java " +
      s"$java, which ${if (known) "cannot load the native library" else "is not known to work"}")
  }

  /** Refuses to go on where it is known not to work. */
  def check(): Unit =
    complaint(Runtime.version().feature(), org.apache.spark.SPARK_VERSION).foreach { text =>
      throw new UnsupportedOperationException(text)
    }
}
