// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.error;

/** Sizes that do not fit each other. */
public final class ShapeException extends KanException {

    private static final long serialVersionUID = 1L;

    /** An exception with a message that names both shapes. */
    public ShapeException(String message) {
        super(Status.SHAPE_MISMATCH, message);
    }
}
