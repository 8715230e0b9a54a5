// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.error;

/** A file whose content is not what it should be: damaged, hostile, or of another version. */
public final class FormatException extends KanException {

    private static final long serialVersionUID = 1L;

    /** An exception with a message that names the file and the defect. */
    public FormatException(String message) {
        super(Status.INVALID_ARGUMENT, message);
    }

    /** An exception with a message that names the file and the defect. */
    public FormatException(String message, Throwable cause) {
        super(Status.INVALID_ARGUMENT, message, cause);
    }
}
