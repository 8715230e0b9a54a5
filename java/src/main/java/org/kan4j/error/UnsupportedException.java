// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.error;

/** Something this build, machine or version of kan4j does not have. */
public final class UnsupportedException extends KanException {

    private static final long serialVersionUID = 1L;

    /** An exception with a message that says what is missing. */
    public UnsupportedException(String message) {
        super(Status.UNSUPPORTED, message);
    }

    /** An exception with a status of the same family, such as {@link Status#NOT_BUILT_WITH_CUDA}. */
    public UnsupportedException(Status status, String message) {
        super(status, message);
    }
}
