// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * Rows of features with their targets: in memory, or from wherever a source copies them. Whoever trains or measures
 * a model. Begin with {@link org.kan4j.rows.Dataset}.
 */
package org.kan4j.rows;
