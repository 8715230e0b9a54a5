// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** Names in messages. */
public final class Names {

    private static final int SHOWN = 20;
    private static final Pattern WORD = Pattern.compile("[^\\s'\",;()]+|,");

    private Names() {
    }

    /** A list, cut where it is long. */
    public static String some(List<String> names) {
        return names.size() <= SHOWN ? String.join(", ", names)
                : String.join(", ", names.subList(0, SHOWN)) + ", ... (" + names.size() + " in all)";
    }

    /** The known name most like another. */
    public static String nearest(String name, Collection<String> known) {
        return known.stream().min(Comparator.comparingInt(each -> distance(name, each))).orElseThrow();
    }

    /** {@code " (did you mean 'x'?)"} where a known name is like another but for half of its letters, else nothing. */
    static String suggestion(String name, Collection<String> known) {
        if (known.isEmpty()) {
            return "";
        }
        String nearest = known.stream().filter(each -> each.equalsIgnoreCase(name)).findFirst().orElse(nearest(name, known));
        return nearest.equalsIgnoreCase(name) || distance(name, nearest) <= name.length() / 2
                ? " (did you mean '" + nearest + "'?)" : "";
    }

    /** An option of the caller's and its value, such as {@code drop=x}, in quotes where it is not one word. */
    static String option(String option, String value) {
        return option + "=" + (WORD.matcher(value).matches() ? value
                : value.indexOf(',') >= 0 ? "'\"" + value + "\"'" : "'" + value + "'");
    }

    /** Levenshtein's: insertions, deletions and replacements. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
