// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * Where kernels run: the CPU or a CUDA device, its tiers and products, and the library that holds the kernels.
 * Whoever trains or measures opens a context; a predictor opens its own. Begin with {@link
 * org.kan4j.device.Context#open()}.
 */
package org.kan4j.device;
