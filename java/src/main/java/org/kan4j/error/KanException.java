// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.error;

import java.util.Objects;

/** What kan4j refuses or fails at; the message says what was wrong, what was expected and what was given. */
public class KanException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Status status;

    /** An exception with a status and a message. */
    public KanException(Status status, String message) {
        super(message);
        this.status = Objects.requireNonNull(status, "status");
    }

    /** An exception with a status, a message and a cause. */
    public KanException(Status status, String message, Throwable cause) {
        super(message, cause);
        this.status = Objects.requireNonNull(status, "status");
    }

    /** The kind of failure. */
    public final Status status() {
        return status;
    }

    /** One of {@link Status#INVALID_ARGUMENT}, whose sentence is formatted as {@link String#format} does. */
    public static KanException invalid(String format, Object... arguments) {
        return new KanException(Status.INVALID_ARGUMENT, String.format(java.util.Locale.ROOT, format, arguments));
    }
}
