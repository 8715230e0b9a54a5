// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.UnsupportedCharsetException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.kan4j.data.CsvFormat;
import org.kan4j.data.Table;
import picocli.CommandLine.Option;

/**
 * How a CSV file is written, where the file itself does not tell: options of every command that reads one, and as they are
 * part of the effective options in metrics and checkpoints. What is not given is null.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.ANY, getterVisibility = JsonAutoDetect.Visibility.NONE)
final class TableOptions {

    @Option(names = "--separator", paramLabel = "CHAR", description = "CSV: what is between fields: a character, tab or space (any run of spaces); by default read from the "
            + "file.")
    private String separator;

    @Option(names = "--decimal", paramLabel = "CHAR", description = "CSV: the decimal mark of numbers; by default read from the file where that is certain, else a point.")
    private String decimal;

    @Option(names = "--thousands", paramLabel = "CHAR", description = "CSV: the mark between groups of digits; by default read from the file where that is certain, else none.")
    private String thousands;

    @Option(names = "--na", paramLabel = "TEXT", split = ",", description = "CSV: further cells that mean no value, such as -999; empty cells, NA, NaN, null, #N/A and their like "
            + "always do, and -, . and * in columns of numbers.")
    private List<String> na;

    @Option(names = "--header", negatable = true, arity = "0..1", paramLabel = "true|false", description = "CSV: whether the first row holds the names of the columns. Without it they are named 1, 2, 3 and so on.")
    private Boolean header;

    @Option(names = "--encoding", paramLabel = "NAME", description = "CSV: how the text is encoded, such as windows-1252; by default UTF-8, or UTF-16 where the file is.")
    private String encoding;

    @Option(names = "--skip-lines", paramLabel = "N", description = "CSV: lines before the header that are no part of the table, such as a title; blank lines and comments (#) are left out anyway.")
    private Integer skipLines;

    /** Whether one is given. */
    boolean given() {
        return skipLines != null || separator != null || decimal != null || thousands != null || na != null || header != null
                || encoding != null;
    }

    /** Opens a file with them; how it is read is told where that is not plain. */
    Table open(String data, PrintWriter notes) {
        Table table = open(data);
        table.notes().forEach(note -> notes.println(Main.note(note)));
        return table;
    }

    /** Opens a file with them. */
    Table open(String data) {
        Ranges.atLeast("--skip-lines", skipLines, 0);
        if (data.matches("[A-Za-z][A-Za-z0-9+.-]+://.*")) {
            throw new InputException(
                    "'" + data + "' is an address, expected a file of this machine; fetch it first, such as with "
                            + "curl -LO, or pipe it in: DATA is - then");
        }
        return Table.open(Path.of(data), format());
    }

    private CsvFormat format() {
        return new CsvFormat(mark("--separator", separator), mark("--decimal", decimal), mark("--thousands", thousands),
                na == null ? Set.of() : Set.copyOf(na), Optional.ofNullable(header), charset(),
                skipLines == null ? 0 : skipLines);
    }

    private static Optional<Character> mark(String option, String text) {
        if (text == null) {
            return Optional.empty();
        }
        String mark = switch (text.toLowerCase(java.util.Locale.ROOT)) {
            case "tab", "\\t" -> "\t";
            case "space" -> " ";
            case "comma" -> ",";
            case "semicolon" -> ";";
            case "point" -> ".";
            default -> text;
        };
        if (mark.length() != 1 || mark.charAt(0) >= 128 || Character.isLetterOrDigit(mark.charAt(0))
                || "\"#\r\n+-".contains(mark)) {
            throw new InputException(option + " must be one character that is no letter, digit, sign, quote or #, or tab, space, "
                    + "comma, semicolon or point; given '" + text + "'");
        }
        return Optional.of(mark.charAt(0));
    }

    private Optional<Charset> charset() {
        try {
            return Optional.ofNullable(encoding).map(Charset::forName);
        } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
            throw new InputException("--encoding must be one that Java knows, such as UTF-8, UTF-16, windows-1252 or ISO-8859-1; "
                    + "given '" + encoding + "'", e);
        }
    }
}
