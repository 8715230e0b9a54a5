// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.error;

import java.util.Locale;

/** A count with its noun, as messages and reports say it: "1 row", "2 rows", "0 classes". */
public final class Counted {

    private Counted() {
    }

    /**
     * The count and its noun.
     *
     * @param noun one of what is counted, such as "row", "class", "category"; words before the noun may stand with it
     */
    public static String of(long count, String noun) {
        return count + " " + noun(count, noun);
    }

    /** The count with commas between its thousands, and its noun: "1,000 rows". */
    public static String grouped(long count, String noun) {
        return String.format(Locale.ROOT, "%,d ", count) + noun(count, noun);
    }

    /** The noun alone, one or many, where something stands between it and the count. */
    public static String noun(long count, String noun) {
        if (count == 1) {
            return noun;
        }
        if (noun.endsWith("s") || noun.endsWith("tch")) {
            return noun + "es";
        }
        return noun.endsWith("ry") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s";
    }
}
