// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** Formulas as text: read, evaluated. */
package org.kan4j.formula;
