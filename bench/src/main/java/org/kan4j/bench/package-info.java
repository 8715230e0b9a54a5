// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * JMH benchmarks. Each checks its result when it is torn down, and a unit test runs each once. Nothing is timed on zeros.
 */
package org.kan4j.bench;
