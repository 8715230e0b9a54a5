// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.nio.charset.Charset;
import java.util.Optional;
import java.util.Set;

/**
 * How a CSV file is written, as far as its user says so; the rest is read from the file.
 *
 * @param separator between fields; a space stands for any run of spaces
 * @param decimal mark of numbers
 * @param thousands mark between groups of three digits
 * @param missing texts that mean no value, besides the usual ones
 * @param header whether the first row holds the names of the columns; without it they are 1, 2, 3 and so on
 * @param encoding of the text
 * @param skipLines lines before the table, such as a title, that are no part of it
 */
public record CsvFormat(Optional<Character> separator, Optional<Character> decimal, Optional<Character> thousands,
        Set<String> missing, Optional<Boolean> header, Optional<Charset> encoding, int skipLines) {

    /** Everything is read from the file. */
    public static final CsvFormat FROM_FILE = new CsvFormat(Optional.empty(), Optional.empty(), Optional.empty(), Set.of(),
            Optional.empty(), Optional.empty(), 0);

    /** Checks that no two marks are the same. */
    public CsvFormat {
        missing = Set.copyOf(missing);
        if (skipLines < 0) {
            throw new DataException("the number of lines to skip must be at least 0, given " + skipLines);
        }
        if (decimal.isPresent() && (decimal.equals(separator) || decimal.equals(thousands))) {
            throw new DataException("the decimal mark '" + decimal.get() + "' is also the "
                    + (decimal.equals(separator) ? "separator" : "thousands mark") + ", expected different ones");
        }
    }

    /** The same with a decimal mark. */
    public CsvFormat withDecimal(char mark) {
        return new CsvFormat(separator, Optional.of(mark), thousands, missing, header, encoding, skipLines);
    }

    /** The same with a separator. */
    public CsvFormat withSeparator(char mark) {
        return new CsvFormat(Optional.of(mark), decimal, thousands, missing, header, encoding, skipLines);
    }

    /** The same with a mark between groups of digits. */
    public CsvFormat withThousands(char mark) {
        return new CsvFormat(separator, decimal, Optional.of(mark), missing, header, encoding, skipLines);
    }

    /** The same with further texts that mean no value. */
    public CsvFormat withMissing(Set<String> texts) {
        return new CsvFormat(separator, decimal, thousands, texts, header, encoding, skipLines);
    }

    /** The same with or without a row of names. */
    public CsvFormat withHeader(boolean names) {
        return new CsvFormat(separator, decimal, thousands, missing, Optional.of(names), encoding, skipLines);
    }

    /** The same in an encoding. */
    public CsvFormat withEncoding(Charset charset) {
        return new CsvFormat(separator, decimal, thousands, missing, header, Optional.of(charset), skipLines);
    }

    /** The same without so many lines before the table. */
    public CsvFormat withSkipLines(int lines) {
        return new CsvFormat(separator, decimal, thousands, missing, header, encoding, lines);
    }
}
