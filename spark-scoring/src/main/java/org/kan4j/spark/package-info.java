// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
/**
 * The models of kan4j-spark for clusters on Java 17 and 21 and Spark 3.5 to 4.2: they score there, by kan4j-scorer in place of the
 * native library, and nothing trains. Classes have the names of kan4j-spark's, which a saved pipeline holds, so that what was trained
 * and saved there is loaded here as it is; a class path has one of the two jars.
 */
package org.kan4j.spark;
