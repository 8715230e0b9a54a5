// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

/** Input that cannot be used; the message says what was wrong, what was expected and what was given. Exit status 2. */
final class InputException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    InputException(String message) {
        super(message);
    }

    InputException(String message, Throwable cause) {
        super(message, cause);
    }
}
