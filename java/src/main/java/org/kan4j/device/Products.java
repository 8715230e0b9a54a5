// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.device;

import java.util.Locale;
import org.kan4j.error.KanException;
import org.kan4j.ffi.Kan;

/** How kernels on tensor cores multiply float32 numbers; sums are float32 always. */
public enum Products {
    /** As accurate as float32 multiplication. */
    FP32,
    /** Factors rounded to 10 bits of mantissa. */
    TF32,
    /** Factors rounded to bfloat16, 7 bits of mantissa. */
    BF16;

    /** By its name in lower case: {@code fp32}, {@code tf32}, {@code bf16}. */
    public static Products parse(String name) {
        for (Products products : values()) {
            if (products.toString().equals(name)) {
                return products;
            }
        }
        throw KanException.invalid("products must be fp32, tf32 or bf16, given '%s'", name);
    }

    int code() {
        return switch (this) {
            case FP32 -> Kan.KAN_PRODUCTS_FP32();
            case TF32 -> Kan.KAN_PRODUCTS_TF32();
            case BF16 -> Kan.KAN_PRODUCTS_BF16();
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
