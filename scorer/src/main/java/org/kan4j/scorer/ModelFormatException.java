// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

/** A file that is no model of kan4j, is damaged, or is of a newer version; the message says what was expected. */
public final class ModelFormatException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** With a message. */
    public ModelFormatException(String message) {
        super(message);
    }
}
