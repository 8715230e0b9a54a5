// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

/** What is known of an expression's domain on a box. */
public enum DomainStatus {
    /** It is defined at every point. */
    PROVED,
    /** Neither is known. */
    UNDECIDED,
    /** It is undefined at a point. */
    VIOLATED
}
