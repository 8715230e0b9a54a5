// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kan4j.error.DeviceMemoryException;
import org.kan4j.error.KanException;
import org.kan4j.error.NativeLibraryException;
import org.kan4j.error.ShapeException;
import org.kan4j.error.Status;
import org.kan4j.error.UnsupportedException;
import org.kan4j.ffi.Kan;

/** The one place that turns status codes of the C ABI into exceptions. */
public final class Native {

    private Native() {
    }

    /** Throws what a status says, with the text the context keeps. */
    public static void check(int status, MemorySegment context) {
        if (status != 0) {
            throw exception(status, context);
        }
    }

    private static KanException exception(int code, MemorySegment context) {
        Status status = Status.of(code);
        if (status == Status.BUSY) {
            return new KanException(status, "the context is in use by another thread; open one for each thread");
        }
        String text = inJava(lastError(context));
        if (text.isEmpty()) {
            text = "libkan4j returned the status " + code;
        }
        return switch (status) {
            case SHAPE_MISMATCH -> new ShapeException(text);
            case UNSUPPORTED, NOT_BUILT_WITH_CUDA -> new UnsupportedException(status, text);
            case ABI_MISMATCH -> new NativeLibraryException(status, text);
            case DEVICE_OUT_OF_MEMORY -> new DeviceMemoryException(text);
            default -> new KanException(status, text);
        };
    }

    /** Members of the C ABI's structs and arguments are settings and rows here. */
    static String inJava(String text) {
        return text.replaceAll("^spec: ", "").replaceAll("\\bspec\\.(\\w+)", "$1").replaceAll("^target\\[(\\d+)\\]:",
                "target $1:");
    }

    private static String lastError(MemorySegment context) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(1024);
            long length = Kan.kan_last_error(context, buffer, buffer.byteSize());
            if (length >= buffer.byteSize()) {
                buffer = arena.allocate(length + 1);
                Kan.kan_last_error(context, buffer, buffer.byteSize());
            }
            return buffer.getString(0);
        }
    }
}
