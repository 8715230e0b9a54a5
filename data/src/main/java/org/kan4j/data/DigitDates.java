// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.time.YearMonth;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Whether all numbers of a column may be dates that are written in digits alone, such as 20240131. */
final class DigitDates {

    private static final int FIRST_YEAR = 1900;
    private static final int LAST_YEAR = 2100;

    private enum Form {
        YYYYMM, YYYYMMDD, YYYYMMDDHH, YYYYMMDDHHMM, YYYYMMDDHHMMSS, DDMMYYYY, MMDDYYYY;

        boolean fits(long number) {
            return switch (this) {
                case YYYYMM -> isDay(number / 100, number % 100, 1);
                case YYYYMMDD -> isDay(number / 10_000, number / 100 % 100, number % 100);
                case YYYYMMDDHH -> number % 100 < 24 && YYYYMMDD.fits(number / 100);
                case YYYYMMDDHHMM -> number % 100 < 60 && YYYYMMDDHH.fits(number / 100);
                case YYYYMMDDHHMMSS -> number % 100 < 60 && YYYYMMDDHHMM.fits(number / 100);
                case DDMMYYYY -> isDay(number % 10_000, number / 10_000 % 100, number / 1_000_000);
                case MMDDYYYY -> isDay(number % 10_000, number / 1_000_000, number / 10_000 % 100);
            };
        }

        private static boolean isDay(long year, long month, long day) {
            return year >= FIRST_YEAR && year <= LAST_YEAR && month >= 1 && month <= 12 && day >= 1
                    && day <= YearMonth.of((int) year, (int) month).lengthOfMonth();
        }
    }

    private final Set<Form> forms = EnumSet.allOf(Form.class);
    private double first = Double.NaN;
    private boolean differ;

    /** Takes a number in. */
    void see(double value) {
        if (forms.isEmpty()) {
            return;
        }
        if (Double.isNaN(first)) {
            first = value;
        }
        differ |= value != first;
        long number = value > 0 && value < 1e15 && value == Math.rint(value) ? (long) value : 0;
        forms.removeIf(form -> !form.fits(number));
    }

    /** A sentence's beginning that names the form and the first date; nothing if one number is no date, or all are one. */
    Optional<String> remark(String name) {
        return forms.stream().filter(form -> differ).findFirst().map(form -> "'" + name + "' has dates in digits (" + form
                + "), such as " + Cells.text(first) + ", and is taken as a number, of which the steps from date to date are "
                + "uneven; write them as days since a date");
    }
}
