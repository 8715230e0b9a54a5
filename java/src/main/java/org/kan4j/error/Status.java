// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.error;

/** Why an operation failed; the status codes of the C ABI. */
public enum Status {
    /** A value out of range, or memory that cannot be passed to native code. */
    INVALID_ARGUMENT(1),
    /** Sizes that do not fit each other. */
    SHAPE_MISMATCH(2),
    /** A combination this build has no kernel for, or a platform it has no library for. */
    UNSUPPORTED(3),
    /** Host memory is exhausted. */
    OUT_OF_MEMORY(4),
    /** Device memory is exhausted. */
    DEVICE_OUT_OF_MEMORY(5),
    /** The device or its driver failed; its context is unusable. */
    DEVICE_ERROR(6),
    /** There is no CUDA plugin, driver or device; the message says which. */
    NOT_BUILT_WITH_CUDA(7),
    /** The context is in use by another thread. */
    BUSY(8),
    /** The native library is of another version than these classes. */
    ABI_MISMATCH(9),
    /** A defect of kan4j. */
    INTERNAL(10),
    /** A file could not be read or written; Java's own, no number of the C ABI. */
    IO_ERROR(-1);

    private final int code;

    Status(int code) {
        this.code = code;
    }

    /** The number of the C ABI, {@code KAN_…}. */
    public int code() {
        return code;
    }

    /** The status of a number of the C ABI; {@link #INTERNAL} for one that is not known. */
    public static Status of(int code) {
        for (Status status : values()) {
            if (status.code == code) {
                return status;
            }
        }
        return INTERNAL;
    }
}
