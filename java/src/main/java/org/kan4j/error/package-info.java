// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * What goes wrong, as exceptions: {@link org.kan4j.error.KanException} and its kinds, each with one sentence that
 * says what was wrong, what was expected and what was given. Everyone meets them; every other package throws them.
 * Begin with {@link org.kan4j.error.KanException}, whose {@link org.kan4j.error.Status} tells the kinds apart.
 */
package org.kan4j.error;
