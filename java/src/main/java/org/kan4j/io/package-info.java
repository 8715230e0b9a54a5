// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * Files: checkpoints of models and trainings, and safetensors, which they are. Whoever keeps a model, or exchanges
 * tensors with other programs. Begin with {@link org.kan4j.io.Checkpoint}.
 */
package org.kan4j.io;
