// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

/** The two parts of a data set. */
public record Parts(Part train, Part test) {
}
