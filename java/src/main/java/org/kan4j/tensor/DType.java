// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.tensor;

import java.lang.foreign.ValueLayout;
import org.kan4j.error.KanException;

/** The type of a tensor's numbers, little-endian as x86-64 and safetensors have them. */
public enum DType {
    /** 32-bit floating point. */
    F32(4),
    /** 64-bit floating point. */
    F64(8),
    /** 32-bit signed integer: class labels. */
    I32(4),
    /** 64-bit signed integer: only read from files. */
    I64(8);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one number. */
    public int bytes() {
        return bytes;
    }

    /** Whether models can be of this type: {@link #F32} and {@link #F64}. */
    public boolean isFloating() {
        return this == F32 || this == F64;
    }

    /** The layout of one number. */
    public ValueLayout layout() {
        return switch (this) {
            case F32 -> ValueLayout.JAVA_FLOAT;
            case F64 -> ValueLayout.JAVA_DOUBLE;
            case I32 -> ValueLayout.JAVA_INT;
            case I64 -> ValueLayout.JAVA_LONG;
        };
    }

    /** The number of the C ABI, KAN_F32 or KAN_F64. */
    public int code() {
        return switch (this) {
            case F32 -> org.kan4j.ffi.Kan.KAN_F32();
            case F64 -> org.kan4j.ffi.Kan.KAN_F64();
            case I32, I64 -> throw KanException.invalid("dtype must be F32 or F64, given %s", this);
        };
    }
}
