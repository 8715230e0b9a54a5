// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * A model for any number of threads at once. Applications that predict. Begin with {@link
 * org.kan4j.serve.Predictor}.
 */
package org.kan4j.serve;
