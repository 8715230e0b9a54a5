// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * Grids of bases that have one: moved to the data, refined, and how much of the data lies outside. The trainer
 * updates grids on request; who does it by hand calls these. Begin with {@link org.kan4j.grid.GridUpdate}.
 */
package org.kan4j.grid;
