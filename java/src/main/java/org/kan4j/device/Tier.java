// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.device;

import java.util.Locale;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.ffi.Kan;

/** Kernel tiers of the CPU, lowest first. Results differ between tiers in rounding only. */
public enum Tier {
    /** The highest the processor has. */
    AUTO,
    /** Double precision throughout, unoptimised: what the other tiers are tested against. */
    REFERENCE,
    /** What every processor of the architecture has: SSE2 on x86-64, NEON on AArch64. */
    BASELINE,
    /** AVX2 and FMA. */
    AVX2,
    /** AVX-512 F, BW, DQ and VL. */
    AVX512;

    /** The number of the C ABI; asked for when the library is in use, not when this class is loaded. */
    int code() {
        return switch (this) {
            case AUTO -> Kan.KAN_TIER_AUTO();
            case REFERENCE -> Kan.KAN_TIER_REFERENCE();
            case BASELINE -> Kan.KAN_TIER_BASELINE();
            case AVX2 -> Kan.KAN_TIER_AVX2();
            case AVX512 -> Kan.KAN_TIER_AVX512();
        };
    }

    static Tier of(int code) {
        for (Tier tier : values()) {
            if (tier.code() == code) {
                return tier;
            }
        }
        throw new KanException(Status.INTERNAL, "libkan4j reports the tier " + code + ", which is not known");
    }

    /** The tier of a name in any case, such as {@code avx2}. */
    public static Tier parse(String name) {
        for (Tier tier : values()) {
            if (tier.name().equalsIgnoreCase(name)) {
                return tier;
            }
        }
        throw KanException.invalid("a tier is auto, reference, baseline, avx2 or avx512, given '%s'", name);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
