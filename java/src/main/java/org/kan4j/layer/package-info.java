// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * What a layer of a network computes: KAN layers of any basis, and the linear layers, norms, activations and
 * products that stand between them. Whoever describes a network that is more than a row of equal KAN layers. Begin
 * with {@link org.kan4j.layer.KanLayer}.
 */
package org.kan4j.layer;
