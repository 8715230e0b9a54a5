// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * KANs as stages of {@code spark.ml} pipelines. The stages ({@code KanRegressor}, {@code KanClassifier} and their models)
 * are Scala; what they do is here.
 */
package org.kan4j.spark;
