// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.regex.Pattern;

/** What a cell that is no number may be instead, though it is no name of a category either. */
enum Notation {

    GROUPED("numbers with marks between groups of digits",
            "format.thousands names the mark, or format.decimal=, if the comma is a decimal one",
            "[-+]?\\d{1,3}([,. '_\u2019\u00a0\u202f]\\d{3})+([.,]\\d+)?"),
    DECIMAL_COMMA("numbers with decimal commas", "format.decimal=, reads them", "[-+]?(\\d+,\\d*|,\\d+)([eE][-+]?\\d+)?"),
    DECIMAL_POINT("numbers with decimal points", "format.decimal=. reads them", "[-+]?(\\d+\\.\\d*|\\.\\d+)([eE][-+]?\\d+)?"),
    PERCENT("percentages", "write them as numbers without the sign", "[-+]?[\\d.,]+\\s*[%\u2030]"),
    CURRENCY("amounts of money", "write them as numbers without the sign",
            "[-+(]?\\s*(\\p{Sc}|EUR|USD|GBP|CHF|JPY|Rs\\.?|R\\$)\\s*[-+]?\\d[\\d.,' \u00a0\u202f]*\\)?-?"
                    + "|[-+(]?\\d[\\d.,' \u00a0\u202f]*\\s*(\\p{Sc}|EUR|USD|GBP|CHF|JPY|kr)\\)?"),
    ACCOUNTING("negative numbers in brackets", "write them with a minus", "\\(\\d[\\d.,]*\\)|\\d[\\d.,]*-"),
    DATE("dates", "turn them into numbers, such as days since a date",
            "\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}([T ,].*)?|\\d{1,2}[-/.]\\d{1,2}[-/.](\\d{4}|\\d{2})([T ,].*)?"
                    + "|\\d{4}-\\d{2}|\\d{1,2}/\\d{4}|\\d{4}[- ]?[QWqw]\\d{1,2}|\\d{8}T\\d{4,6}.*"
                    + "|(\\p{L}{2,10}\\.?,? )?\\d{1,2}\\.?[- /]?MONTH[- /,]*\\d{2,4}([T ,].*)?"
                    + "|(\\p{L}{2,10}\\.?,? )?MONTH[- ]\\d{1,2}[, ].*\\d{4}.*|MONTH[- ]\\d{2,4}"),
    TIME("times", "turn them into numbers, such as seconds",
            "[-+]?\\d{1,3}:\\d{2}(:\\d{2}([.,]\\d+)?)?(\\s*[AaPp]\\.?[Mm]\\.?)?(Z|[-+]\\d{2}:?\\d{2})?"
                    + "|[-+]?\\d+ days?,?( [-+]?\\d{1,2}:\\d{2}:\\d{2}(\\.\\d+)?)?|[-+]?P(?=[\\dT])(\\d+[YMWD])*(T([\\d.]+[HMS])+)?"),
    COMPLEX("complex numbers", "write the real and the imaginary part as columns",
            "\\(?[-+]?[\\d.]+([eE][-+]?\\d+)?[-+][\\d.]+([eE][-+]?\\d+)?[ij]\\)?"),
    HEXADECIMAL("hexadecimal numbers", "write them as decimal ones", "0[xX][0-9a-fA-F]+"),
    FORTRAN("numbers with Fortran's exponent", "write it with E", "[-+]?(\\d+\\.?\\d*|\\.\\d+)[dD][-+]?\\d+"),
    DIGITS("numbers in digits of another script", "write them with 0 to 9", "[-+\u2212]?\\p{Nd}+([.,\u066b]\\p{Nd}+)?"),
    UNCERTAIN("numbers with their errors", "write the number and its error as columns",
            "[-+]?\\d+([.,]\\d+)?\\s*(\u00b1|\\+/?-)\\s*\\d+([.,]\\d+)?|[-+]?\\d+([.,]\\d+)?\\s*\\(\\d+([.,]\\d+)?\\)"),
    POWER("numbers with powers of ten", "write them with E",
            "[-+]?\\d+([.,]\\d+)?\\s*[x*\u00d7\u00b7]\\s*10(\\^|\\*\\*)?[-+\u2212]?\\d+"),
    LETTER("numbers with a letter for thousands or more", "write them out",
            "[-+]?\\d+([.,]\\d+)?\\s?[kKM]|[-+]?\\d+[.,]\\d+\\s?[kKMGTB]B?"),
    STARS("numbers with stars behind", "write them without", "[-+]?\\d+([.,]\\d+)?\\s?\\*{1,4}"),
    FRACTION("mixed fractions", "write them as decimal numbers",
            "[-+]?\\d+[ -]\\d{1,2}/\\d{1,2}|[-+]?\\d*\\s?[\u00bc-\u00be\u2150-\u215e]"),
    SPACED("numbers with spaces in them", "write them without", "[-+]\\s+\\d+([.,]\\d+)?");

    private final String what;
    private final String remedy;
    private final Pattern pattern;

    Notation(String what, String remedy, String pattern) {
        this.what = what;
        this.remedy = remedy;
        // English and German; others begin alike.
        this.pattern = Pattern.compile(pattern.replace("MONTH",
                "(?iu:(jan|feb|mar|m\u00e4r|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)\\p{L}*\\.?)"));
    }

    /** In words, plural. */
    String what() {
        return what;
    }

    /** What to do about it, naming the option that helps if there is one. */
    String remedy() {
        return remedy;
    }

    /** The notation of a text; null if it is in none of these. */
    static Notation of(String text) {
        if (text.length() > 40
                || text.chars().noneMatch(c -> Character.isDigit(c) || Character.getType(c) == Character.OTHER_NUMBER)) {
            return null;
        }
        for (Notation each : values()) {
            if (each.pattern.matcher(text).matches()) {
                return each;
            }
        }
        return null;
    }
}
