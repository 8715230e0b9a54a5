// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * Evaluates models of kan4j without its native library: plain Java, class files of Java 8, no dependency. Slower than
 * the library where models are large; see docs/serving.md.
 */
package org.kan4j.scorer;
