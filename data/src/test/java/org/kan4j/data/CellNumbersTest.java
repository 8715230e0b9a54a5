// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What number a cell holds, in every notation that a file may have; and which notation a file has. */
class CellNumbersTest {

    @TempDir
    private Path folder;

    /** In Java's own notation, or NaN for none. A low line stands for a space. */
    @ParameterizedTest
    @CsvSource(delimiter = '!', quoteCharacter = '^', value = {",! !1,5!1.5", ",! !1.5!NaN", ",! !1.000,5!NaN", ",! !,5!0.5",
        ",! !-0,25e2!-25", ",! !3!3",
        ",! !1,2,3!NaN", ",!.!1.000,5!1000.5", ",!.!1.000!1000", ",!.!1.00!NaN", ",!.!12.345.678,25!12345678.25",
        ",!.!1.000.5!NaN",
        ",!.!-1.234!-1234", ",!.!,5!0.5", ",!.!1,234.5!NaN", ".!,!1,000.5!1000.5", ".!,!1,000!1000", ".!,!.5!0.5",
        ".!,!1.234,5!NaN",
        ".!,!10,00!NaN", ".!,!1,000,000!1000000", ".!_!1_000.5!1000.5", ".!_!1\u00a0000!1000", ".!_!1\u202f000!1000",
        ".!_!1_00!NaN",
        ",!_!1_000,5!1000.5", ".!'!1'000.5!1000.5", ".!'!1\u2019000!1000", ".! !1,000!NaN", ".! !1_000!NaN", ".! !1'000!NaN"})
    void everyNotationHasItsNumbers(String decimal, String thousands, String cell, Double number) {
        Cells cells = new Cells(decimal.charAt(0), thousands == null ? 0 : thousands.replace('_', ' ').charAt(0), Set.of());
        assertThat(cells.number(cell.replace('_', ' '))).isEqualTo(number);
    }

    @ParameterizedTest
    @ValueSource(strings = {".", "+", "-", "+.", "1.2.3", "1e", "e5", "1e5.5", "0x10", "0X1p3", "1d", "1F", "1f", "--1", "+-1",
        "1-",
        "1_000", "1 2", "NaN", "nan", "\u2212", "\u2212x", "infinite", "1,5", "/", ":", "\u0663"})
    void whatIsNoNumber(String cell) {
        assertThat(Cells.plain(cell)).isNaN();
    }

    @ParameterizedTest
    @CsvSource({"inf, Infinity", "+INF, Infinity", "-Inf, -Infinity", "Infinity, Infinity", "-Infinity, -Infinity",
        "1e400, Infinity",
        "\u22123.5, -3.5", "+5, 5", "5., 5", ".5, 0.5", "-.5e-1, -0.05", "1E+05, 100000", "007, 7", "-0, -0.0",
        "123456789012345678, 123456789012345678", "9007199254740993, 9007199254740993", "0.00000000000000000000012, 1.2e-22",
        "0.000000000000000000000012, 1.2e-23", "1234567890123456.75, 1234567890123456.75"})
    void whatIsOne(String cell, double number) {
        assertThat(Cells.plain(cell)).isEqualTo(number);
    }

    /** The nearest double, as Java's own reader of numbers finds it. */
    @Test
    void decimalsAreTheNearestDouble() {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 3000; i++) {
            String text = i % 2 == 0 ? Double.toString(random.nextDouble(-1, 1) * Math.pow(10, random.nextInt(-9, 9)))
                    : String.format(Locale.ROOT, "%." + random.nextInt(20) + "f",
                            random.nextDouble(-1, 1) * Math.pow(10, random.nextInt(12)));
            assertThat(Cells.plain(text)).as(text).isEqualTo(Double.parseDouble(text));
        }
    }

    @Test
    void marksOfMissingValues() {
        Cells cells = new Cells('.', (char) 0, Set.of("keine", "-9"));
        for (String mark : List.of("", "NA", "n/a", "NaN", "NULL", "None", "?", "#N/A", "<NA>", "NaT", "\\N", "(null)", "#DIV/0!",
                "1.#QNAN", "-1.#IND", "-nan(ind)", "keine", "-9", "-9.0", "-9e0")) {
            assertThat(cells.missing(mark)).as(mark).isTrue();
        }
        for (String value : List.of("0", "9", "-", ".", "nano", "Keine", "no", "#N/A N/AX", "9-")) {
            assertThat(cells.missing(value)).as(value).isFalse();
        }
        assertThat(cells.number("-9")).isNaN();
        assertThat(cells.number("-9.5")).isEqualTo(-9.5);
        for (String mark : List.of(".", "-", "--", "*", "n.a.", "ND", "nil", "Missing", "NOT APPLICABLE", "unk", "\u2014")) {
            assertThat(Cells.missingNumber(mark)).as(mark).isTrue();
        }
        for (String value : List.of("", "0", "x", "....", "na")) {
            assertThat(Cells.missingNumber(value)).as(value).isFalse();
        }
    }

    // ---------------------------------------------------------------------------------------------------- a file's notation

    private Table table(String text, CsvFormat format) throws IOException {
        return Table.open(Files.writeString(folder.resolve("t.csv"), text.replace('_', '\n')), format);
    }

    private Table table(String text) throws IOException {
        return table(text, CsvFormat.FROM_FILE);
    }

    /** Names, and the first row; lines end with a low line. */
    @ParameterizedTest
    @CsvSource(delimiter = '!', quoteCharacter = '~', value = {
        "a,b_1,2_3,4_!a|b!1|2", "a;b_1,5;2_3;4_!a|b!1,5|2", "a\tb_1\t2_!a|b!1|2", "a|b_1|2_!a|b!1|2", "a b_1 2_3   4_!a|b!1|2",
        "a, b_1, 2_!a|b!1|2", "a,b_x y,2_z w,4_!a|b!x y|2", "a;b;c_1,2;3;4_!a|b|c!1,2|3|4",
        "a b_x y z_u v w_!column 1|a|b!x|y|z", "a,b_r1,1,2_r2,3,4_!column 1|a|b!r1|1|2", "a,b_r,1,2_r,3,4_!a|b!r|1|2",
        "a,b_1,2,_3,4,_!a|b!1|2|", "1.5,NA_2,3_!1|2!1.5|NA", "1.5,x_2,3_!1.5|x!2|3", "1,2_3,4_!1|2!3|4", "0,1_3,4_!0|1!3|4",
        "2,1_3,4_!2|1!3|4", "2,-1_3,4_!1|2!2|-1", "a,a.b_-3,4_!a|a.b!-3|4"})
    void separatorAndHeaderAreThoseOfTheFile(String text, String names, String first) throws IOException {
        try (Table.Reader reader = row(text, names)) {
            StringBuilder cells = new StringBuilder();
            for (int i = 0; i < names.split("\\|").length; i++) {
                cells.append(i > 0 ? "|" : "").append(reader.text(i));
            }
            assertThat(cells.toString()).isEqualTo(first.replaceAll("\\|$", ""));
        } catch (DataException e) {
            assertThat(first).as(e.getMessage()).isEqualTo("r|1|2"); // one name for two rows is no name
        }
    }

    /** More than is looked at first. */
    @Test
    void aHeaderLineOfMegabytesIsRead() throws IOException {
        String name = "n".repeat(3 << 20);
        Table table = table(name + ";y_1,5;2_");
        assertThat(table.columns().stream().map(Table.Column::name).toList()).containsExactly(name, "y");
        assertThat(table.notes()).singleElement().asString().startsWith("numbers are read with decimal commas");
        Table many = table("x;y_" + "1;2_".repeat(600_000) + "1,5;2_");
        assertThat(many.notes()).as("what is read is the beginning").isEmpty();
        assertThat(many.rows()).isEqualTo(600_001);
    }

    private Table.Reader row(String text, String names) throws IOException {
        Table table = table(text);
        assertThat(table.columns().stream().map(Table.Column::name).toList()).containsExactly(names.split("\\|"));
        Table.Reader reader = table.reader(java.util.stream.IntStream.range(0, table.columns().size()).toArray());
        reader.seek(0);
        assertThat(reader.next()).isTrue();
        return reader;
    }

    /** What is told of the notation is not noted, nor is what the file does not have. */
    @Test
    void onlyWhatWasFoundIsNoted() throws IOException {
        String text = "a;b_1.000,5;2_3.000,25;4_";
        assertThat(table(text).notes()).containsExactly("numbers are read with decimal commas; format.decimal=. reads them with "
                + "points", "'.' in numbers is read as a mark between groups of digits; format.thousands names another");
        assertThat(table(text, CsvFormat.FROM_FILE.withDecimal(',')).notes())
                .containsExactly("'.' in numbers is read as a mark between groups of digits; format.thousands names another");
        assertThat(table(text, CsvFormat.FROM_FILE.withThousands('.')).notes()).isEmpty();
        assertThat(table(text, CsvFormat.FROM_FILE.withDecimal(',').withThousands('.')).notes()).isEmpty();
        assertThat(table("a;b_1;2_3;4_").notes()).isEmpty();
        for (String mark : List.of("1,000,000.5", "1'000'000", "1\u00a0000", "1,000.5")) {
            assertThat(table("a;b_" + mark + ";2_3;4_").notes()).as(mark).singleElement().asString()
                    .endsWith("in numbers is read as a mark between groups of digits; format.thousands names another");
        }
        for (String plain : List.of("1,000", "1.000", "1 000", "10.5", "1000")) {
            assertThat(table("a;b_" + plain + ";2_3;4_").notes()).as(plain + " is not certain, or no mark").isEmpty();
        }
        assertThat(table("a;b_1,25;2_3.5;4_").notes()).as("both").isEmpty();
        assertThat(table("1.5,2_3,4_").notes())
                .containsExactly("the first row holds numbers, so the columns are named 1, 2, 3 and "
                        + "so on; format.header=true takes it as names");
        assertThat(table("1.5,2_3,4_", CsvFormat.FROM_FILE.withHeader(false)).notes()).isEmpty();
        assertThat(table("# a,b_1.5,2_3,4_").notes())
                .containsExactly("the names of the columns are taken from the comment before "
                        + "the first row");
    }

    @Test
    void aFileWithoutALineIsNamedByWhatItHas() throws IOException {
        assertThatThrownBy(() -> table("")).hasMessageEndingWith(": empty, expected a header line of column names");
        assertThatThrownBy(() -> table("__")).hasMessageEndingWith(": empty, expected a header line of column names");
        assertThatThrownBy(() -> table("# x_")).hasMessageContaining("nothing but blank lines and comments");
        assertThatThrownBy(() -> table("a,b_", CsvFormat.FROM_FILE.withSkipLines(1))).hasMessageContaining(
                "no line after the first 1, which format.skipLines=1 leaves out");
    }
}
