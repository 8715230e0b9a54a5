// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * How raw rows become the numbers a model sees, and its outputs predictions. Knows neither files nor models: an
 * {@link org.kan4j.encoding.Encoding} travels with a model in its file, whoever trained it.
 */
package org.kan4j.encoding;
