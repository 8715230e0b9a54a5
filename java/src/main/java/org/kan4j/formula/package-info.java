// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** Expressions: read, evaluated, differentiated, enclosed in intervals, simplified, written. */
package org.kan4j.formula;
