// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * State dicts of published KAN implementations: reading, writing, and checking kan4j's numbers against theirs.
 * Whoever has a model trained in PyTorch, or needs one there. Begin with {@link org.kan4j.interop.StateDicts}.
 */
package org.kan4j.interop;
