// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Reading single cells of text: what counts as missing, what is a number. */
final class Cells {

    /** Mean no value in every column: what pandas, R, Excel, Hive and C's printf write. */
    private static final Set<String> MISSING = Set.of("", "na", "n/a", "nan", "null", "none", "?", "#n/a", "#n/a n/a", "#na",
            "<na>", "nat", "\\n", "(null)", "<null>", "#value!", "#div/0!", "#ref!", "#name?", "#num!", "#null!", "-nan", "+nan",
            "1.#qnan", "-1.#qnan", "1.#ind", "-1.#ind", "-nan(ind)", "nan(ind)");
    /** Mean no value among numbers; among texts they may be categories, such as the strands + and -. */
    private static final Set<String> MISSING_NUMBER = Set.of(".", "..", "...", "-", "--", "---", "\u2013", "\u2014", "\u2026",
            "*", "**",
            "n.a.", "n.a", "n.d.", "n/d", "nd", "nil", "missing", "unknown", "not available", "not applicable", "undefined",
            "blank", "empty", "void", "unk", "-.-");
    private static final int LONGEST = 14;
    private static final Pattern WIDE_SPACE = Pattern.compile("^[\\s\\p{Z}\u200b\ufeff]+|[\\s\\p{Z}\u200b\ufeff]+$");

    /** Powers of ten that a double holds exactly. */
    private static final double[] POWERS = new double[23];

    static {
        for (int i = 0; i < POWERS.length; i++) {
            POWERS[i] = Double.parseDouble("1e" + i);
        }
    }

    private final char decimal;
    /** 0 for none. */
    private final char thousands;
    private final Set<String> more;
    private final Set<Double> moreNumbers = new HashSet<>();

    Cells(char decimal, char thousands, Set<String> more) {
        this.decimal = decimal;
        this.thousands = thousands;
        this.more = more;
        for (String text : more) {
            double number = parse(text);
            if (!Double.isNaN(number)) {
                moreNumbers.add(number);
            }
        }
    }

    /** Without white space around it, of which Java does not count the fixed and invisible ones of web pages. */
    static String stripped(String field) {
        String text = field.strip();
        return text.isEmpty() || text.charAt(0) <= '~' && text.charAt(text.length() - 1) <= '~' ? text
                : WIDE_SPACE.matcher(text).replaceAll("");
    }

    /** Whether a cell says that there is no value, whatever its column holds. */
    boolean missing(String cell) {
        return cell.isEmpty()
                || !more.isEmpty() && (more.contains(cell) || !moreNumbers.isEmpty() && moreNumbers.contains(parse(cell)))
                || isMarker(cell, MISSING);
    }

    /** Whether a cell of a column of numbers says that there is none. */
    static boolean missingNumber(String cell) {
        return isMarker(cell, MISSING_NUMBER);
    }

    private static boolean isMarker(String cell, Set<String> markers) {
        int length = cell.length();
        return length > 0 && length <= LONGEST && !Character.isDigit(cell.charAt(length - 1)) // as most numbers end
                && markers.contains(cell.toLowerCase(Locale.ROOT));
    }

    /** The number in a cell, possibly infinite; NaN if it holds none. */
    double number(String cell) {
        double number = parse(cell);
        return !moreNumbers.isEmpty() && moreNumbers.contains(number) ? Double.NaN : number;
    }

    private double parse(String cell) {
        String text = cell;
        if (thousands != 0) {
            text = ungrouped(text);
        }
        if (decimal != '.') {
            if (text.indexOf('.') >= 0) {
                return Double.NaN;
            }
            text = text.replace(decimal, '.');
        }
        return plain(text);
    }

    /** Without the marks between groups of digits, if all groups but the first have three. */
    private String ungrouped(String text) {
        int mark = indexOfMark(text, 0);
        if (mark < 0) {
            return text;
        }
        StringBuilder digits = new StringBuilder(text.substring(0, mark));
        int end = text.indexOf(decimal) < 0 ? text.length() : text.indexOf(decimal);
        while (mark >= 0 && mark < end) {
            int next = indexOfMark(text, mark + 1);
            int stop = next < 0 || next > end ? end : next;
            if (stop - mark != 4) {
                return "";
            }
            digits.append(text, mark + 1, stop);
            mark = next;
        }
        return mark < 0 ? digits.append(text.substring(end)).toString() : "";
    }

    private int indexOfMark(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == thousands || thousands == ' ' && (c == '\u00a0' || c == '\u202f') || thousands == '\'' && c == '\u2019') {
                return i;
            }
        }
        return -1;
    }

    /** A decimal number in the notation of programs; NaN if the text is none. Java's suffixes (1d) and hexadecimals are none. */
    static double plain(String text) {
        int n = text.length();
        int i = n > 0 && (text.charAt(0) == '-' || text.charAt(0) == '+') ? 1 : 0;
        boolean negative = i == 1 && text.charAt(0) == '-';
        long digits = 0;
        int count = 0;
        int scale = -1;
        for (; i < n; i++) {
            char c = text.charAt(i);
            if (c >= '0' && c <= '9') {
                digits = digits * 10 + c - '0';
                count++;
                scale += scale >= 0 ? 1 : 0;
            } else if (c == '.' && scale < 0) {
                scale = 0;
            } else {
                return other(text);
            }
        }
        // Both are exact doubles, so that their quotient is the nearest one (Clinger, 1990).
        if (count == 0 || count > 18 || digits > 1L << 53 || scale >= POWERS.length) {
            return other(text);
        }
        double value = digits / POWERS[Math.max(scale, 0)];
        return negative ? -value : value;
    }

    private static double other(String text) {
        if (text.isEmpty() || text.charAt(0) <= ' ' || text.charAt(text.length() - 1) <= ' ') {
            return Double.NaN; // Java would pass over control characters there
        }
        if (text.charAt(0) == '\u2212') { // a typographer's minus
            return plain("-" + text.substring(1));
        }
        char last = text.charAt(text.length() - 1);
        if (last == 'd' || last == 'f' || last == 'D' || last == 'F' || text.indexOf('x') >= 0 || text.indexOf('X') >= 0) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "inf", "+inf" -> Double.POSITIVE_INFINITY;
                case "-inf" -> Double.NEGATIVE_INFINITY;
                default -> Double.NaN;
            };
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** A number as a text: a whole one without a point. */
    static String text(double value) {
        return value == Math.rint(value) && Math.abs(value) < 0x1p63 ? Long.toString((long) value) : Double.toString(value);
    }
}
