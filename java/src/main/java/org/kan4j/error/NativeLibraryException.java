// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.error;

/** libkan4j could not be found, loaded or used; the message lists what was tried. */
public final class NativeLibraryException extends KanException {

    private static final long serialVersionUID = 1L;

    /** An exception with a status and a message. */
    public NativeLibraryException(Status status, String message) {
        super(status, message);
    }

    /** An exception with a status, a message and a cause. */
    public NativeLibraryException(Status status, String message, Throwable cause) {
        super(status, message, cause);
    }
}
