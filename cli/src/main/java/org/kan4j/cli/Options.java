// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.util.function.Supplier;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.tensor.DType;

/** Values that several commands take. */
final class Options {

    private Options() {
    }

    /** What the library makes of an option's value; its refusals, which know of no options, get the name of this one. */
    static <T> T of(String option, Supplier<T> value) {
        try {
            return value.get();
        } catch (KanException e) {
            if (e.status() != Status.INVALID_ARGUMENT) {
                throw e;
            }
            throw new InputException(option + ": " + e.getMessage(), e);
        }
    }

    static DType dtype(String name) {
        return switch (name) {
            case "f32" -> DType.F32;
            case "f64" -> DType.F64;
            default -> throw new InputException("--dtype must be f32 or f64, given '" + name + "'");
        };
    }
}
