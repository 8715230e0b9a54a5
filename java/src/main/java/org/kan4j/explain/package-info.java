// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * From a trained network to what it says: the network as a graph of edges, the effect of features and edges, pruning,
 * pictures, and the way from data to a verified formula.
 */
package org.kan4j.explain;
