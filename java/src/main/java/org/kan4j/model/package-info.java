// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * A network: its layers, its numbers off the heap or on a device, and the memory to run it forward and backward in.
 * Everyone describes a model and makes parameters for it; who writes a training loop of his own uses the workspace
 * too. Begin with {@link org.kan4j.model.KanModel} and {@link org.kan4j.model.Parameters}.
 */
package org.kan4j.model;
