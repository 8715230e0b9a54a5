// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * Formulas as text: read, evaluated. Whoever trains on a formula, or prints what a network has found. Begin with
 * {@link org.kan4j.formula.Formula}.
 */
package org.kan4j.formula;
