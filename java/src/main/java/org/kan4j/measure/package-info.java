// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * How good a model is on some rows, and what its edges give there. Whoever judges, prunes or explains a model; the
 * trainer measures with it after each epoch. Begin with {@link org.kan4j.measure.Metrics}.
 */
package org.kan4j.measure;
