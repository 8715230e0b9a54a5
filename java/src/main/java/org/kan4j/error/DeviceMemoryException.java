// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.error;

/**
 * A device has no memory left for what was asked; the message says how much that was, how much is free and how much the
 * context holds. The context stays usable.
 */
public class DeviceMemoryException extends KanException {

    private static final long serialVersionUID = 1L;

    /** An exception with a message. */
    public DeviceMemoryException(String message) {
        super(Status.DEVICE_OUT_OF_MEMORY, message);
    }
}
