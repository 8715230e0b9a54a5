// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import org.kan4j.tensor.DType;

/** Values that several commands take. */
final class Options {

    private Options() {
    }

    static DType dtype(String name) {
        return switch (name) {
            case "f32" -> DType.F32;
            case "f64" -> DType.F64;
            default -> throw new InputException("--dtype must be f32 or f64, given '" + name + "'");
        };
    }
}
