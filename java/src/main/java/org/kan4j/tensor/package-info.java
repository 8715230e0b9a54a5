// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * Dense, row-major tensors in the memory of the host, which native code uses in place, or of a CUDA device. Whoever
 * brings data in or takes results out. Begin with {@link org.kan4j.tensor.HostTensor}.
 */
package org.kan4j.tensor;
