// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;

/** Data that cannot be used; the message says what was wrong, where, what was expected and what was given. */
public final class DataException extends KanException {

    private static final long serialVersionUID = 1L;

    public DataException(String message) {
        super(Status.INVALID_ARGUMENT, message);
    }

    public DataException(String message, Throwable cause) {
        super(Status.INVALID_ARGUMENT, message, cause);
    }

    /** Whether it is for its thread's interruption that something could not be read. */
    static boolean isInterrupted(Throwable e) {
        return e != null && (e instanceof ClosedByInterruptException || e instanceof InterruptedIOException
                || isInterrupted(e.getCause()));
    }

    /** Why something could not be read, in words. */
    static String reason(Exception e) {
        return isInterrupted(e) ? "the thread was interrupted" : e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
