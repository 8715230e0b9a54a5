// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that several notations fit, or nearly one: which is taken, and what is said. */
class DialectEdgesTest {

    private static final String COMMAS = "numbers are read with decimal commas; format.decimal=. reads them with points";

    @TempDir
    private Path folder;

    private Table table(String text, CsvFormat format) throws IOException {
        return Table.open(Files.write(folder.resolve("t.csv"), text.getBytes(StandardCharsets.UTF_8)), format);
    }

    private Table table(String text) throws IOException {
        return table(text, CsvFormat.FROM_FILE);
    }

    private static List<Double> numbers(Table table, int column) {
        List<Double> numbers = new java.util.ArrayList<>();
        try (Table.Reader reader = table.reader(column)) {
            reader.seek(0);
            while (reader.next()) {
                numbers.add(reader.tryNumber(0));
            }
        }
        return numbers;
    }

    private static String groups(char mark) {
        return "'" + mark + "' in numbers is read as a mark between groups of digits; format.thousands names another";
    }

    /** Of two that fit alike: tabs before semicolons before bars before commas before spaces. */
    @Test
    void theStrongerOfTwoSeparatorsIsTaken() throws IOException {
        String order = "\t;|, ";
        for (int strong = 0; strong < order.length(); strong++) {
            for (int weak = strong + 1; weak < order.length(); weak++) {
                for (boolean first : new boolean[] {true, false}) {
                    char one = order.charAt(first ? strong : weak);
                    char two = order.charAt(first ? weak : strong);
                    Table table = table("a" + one + "b" + two + "c\nx" + one + "y" + two + "z\n");
                    assertThat(CsvTableTest.names(table)).as(one + " and " + two)
                            .isEqualTo(List.of(("a" + one + "b" + two + "c").split(java.util.regex.Pattern
                                    .quote(order.substring(strong, strong + 1)))));
                }
            }
        }
    }

    @Test
    void marksOfGroupsThatOnlyOneNotationHas() throws IOException {
        Table spaces = table("a;b\n1 000,5;2\n3;4\n");
        assertThat(spaces.notes()).containsExactly(COMMAS, groups(' '));
        assertThat(numbers(spaces, 0)).containsExactly(1000.5, 3.0);
        Table points = table("a;b\n1,25;2\n1,000.5;3\n");
        assertThat(points.notes()).as("a point behind groups").containsExactly(groups(','));
        assertThat(numbers(points, 0)).containsExactly(Double.NaN, 1000.5);
        Table millions = table("a;b\n1.000.000;2\n2.000.000;3\n");
        assertThat(millions.notes()).containsExactly(COMMAS, groups('.'));
        assertThat(numbers(millions, 0)).containsExactly(1e6, 2e6);
        Table told = table("a;b\n1.000.000;2\n", CsvFormat.FROM_FILE.withDecimal('.'));
        assertThat(told.notes()).as("points are said to be decimal ones").isEmpty();
        assertThat(numbers(told, 0)).containsExactly(Double.NaN);
        Table comma = table("a;b\n1 000;2\n", CsvFormat.FROM_FILE.withDecimal(','));
        assertThat(comma.notes()).as("a space alone may be anything").isEmpty();
        assertThat(numbers(table("a;b\n1'000.5;2\n"), 0)).containsExactly(1000.5);
        assertThat(numbers(table("a;b\n1\u2019000,5;2,5\n"), 0)).containsExactly(1000.5);
        assertThat(table("a;b\n1,5;2\n", CsvFormat.FROM_FILE.withThousands(',')).notes()).as("the comma is told").isEmpty();
    }

    /** A cell of thousand-marks tells nothing of the decimal mark by itself. */
    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {"1,5!true", "1,25!true", "1,2345!true", "0,125!true", "1234,125!true", ",5!true",
        "-1,5!true", "1,125!false", "12,125!false", "123,125!false", "1,5e3!true", "1,125e3!true", "1.000,5!true",
        "1.000.000!true",
        "1 000,5!true", "1,000,000!false", "1,000.5!false", "1.5!false", "1'000!false"})
    void aDecimalCommaIsCertainOrNot(String cell, boolean certain) throws IOException {
        assertThat(table("a;b\n" + cell + ";2\n").notes().contains(COMMAS)).isEqualTo(certain);
        assertThat(table("a;b\n" + cell + ";0.5\n").notes()).as("a point elsewhere").doesNotContain(COMMAS);
    }

    // ---------------------------------------------------------------------------------------------------- what users say

    @Test
    void eachSettingChangesItselfAlone() {
        CsvFormat all = new CsvFormat(Optional.of(';'), Optional.of(','), Optional.of('.'), Set.of("x"), Optional.of(true),
                Optional.of(StandardCharsets.ISO_8859_1), 3);
        record Case(UnaryOperator<CsvFormat> change, CsvFormat expected) {
        }
        Optional<Character> separator = all.separator();
        Optional<Character> decimal = all.decimal();
        Optional<Character> thousands = all.thousands();
        for (Case each : List.of(
                new Case(f -> f.withDecimal(':'),
                        new CsvFormat(separator, Optional.of(':'), thousands, all.missing(), all.header(),
                                all.encoding(), 3)),
                new Case(f -> f.withSeparator('|'),
                        new CsvFormat(Optional.of('|'), decimal, thousands, all.missing(), all.header(),
                                all.encoding(), 3)),
                new Case(f -> f.withThousands(' '),
                        new CsvFormat(separator, decimal, Optional.of(' '), all.missing(), all.header(),
                                all.encoding(), 3)),
                new Case(f -> f.withMissing(Set.of("y")), new CsvFormat(separator, decimal, thousands, Set.of("y"), all.header(),
                        all.encoding(), 3)),
                new Case(f -> f.withHeader(false), new CsvFormat(separator, decimal, thousands, all.missing(), Optional.of(false),
                        all.encoding(), 3)),
                new Case(f -> f.withEncoding(StandardCharsets.UTF_16), new CsvFormat(separator, decimal, thousands, all.missing(),
                        all.header(), Optional.of(StandardCharsets.UTF_16), 3)),
                new Case(f -> f.withSkipLines(5), new CsvFormat(separator, decimal, thousands, all.missing(), all.header(),
                        all.encoding(), 5)))) {
            assertThat(each.change.apply(all)).isEqualTo(each.expected);
        }
        assertThatThrownBy(() -> all.withDecimal('.')).isInstanceOf(DataException.class)
                .hasMessage("the decimal mark '.' is also the thousands mark, expected different ones");
        assertThatThrownBy(() -> all.withDecimal(';'))
                .hasMessage("the decimal mark ';' is also the separator, expected different ones");
        assertThatThrownBy(() -> all.withSkipLines(-1)).hasMessage("the number of lines to skip must be at least 0, given -1");
    }

    // ------------------------------------------------------------------------------------------------ before the header

    /** The last comment above the first row may hold its names. */
    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {"# note/# a,b/1.5,2/3,4!a,b", "# a,b/# note/1.5,2/3,4!1,2", "# a,,/1.5,2,3/3,4,5!1,2,3",
        "# a,7/1.5,2/3,4!1,2", "# a,b,c/1.5,2/3,4!1,2", "# a,b/5,2/3,4!a,b", "# a,b/1,2/3,4!1,2"})
    void namesAboveRowsOfNumbersAreThoseOfTheLastComment(String text, String names) throws IOException {
        Table table = table(text.replace('/', '\n') + "\n");
        assertThat(CsvTableTest.names(table)).containsExactly(names.split(","));
        assertThat(table.notes().contains("the names of the columns are taken from the comment before the first row"))
                .isEqualTo(names.startsWith("a"));
        assertThat(table.rows()).isEqualTo(text.contains("/1,2/") ? 1 : 2);
    }

    /** Where commas and semicolons fit alike, Excel's line decides. */
    @ParameterizedTest
    @ValueSource(strings = {"sep=,", "SEP=,", "\"sep=,\"", "  sep=,", "# first/sep=,", "/sep=,"})
    void theLineOfExcelNamesTheSeparator(String line) throws IOException {
        Table table = table(line.replace('/', '\n') + "\na;b,c\nx;y,z\n");
        assertThat(CsvTableTest.names(table)).containsExactly("a;b", "c");
        assertThat(CsvTableTest.cells(table)).containsExactly(List.of("x;y", "z"));
    }

    @Test
    void theLineOfExcelMayNameATab() throws IOException {
        assertThat(CsvTableTest.names(table("sep=\t\na;b\tc\nx;y\tz\n"))).containsExactly("a;b", "c");
        assertThat(CsvTableTest.names(table("sep=;\na;b\tc\nx;y\tz\n"))).containsExactly("a", "b\tc");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {"#id,x,k/1,2,a/3,4,b!#id,x,k!2", "#a,b/#c,1/x,y/1,2!x,y!1", "#a,b/x,y/1,2!x,y!1",
        "# a,b/1,c/2,d!a,b!2", "#a,b/5,2/3,4!a,b!2"})
    void aHeaderMayBeginWithAHash(String text, String names, int rows) throws IOException {
        Table table = table(text.replace('/', '\n') + "\n");
        assertThat(CsvTableTest.names(table)).containsExactly(names.split(","));
        assertThat(table.rows()).isEqualTo(rows);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {"a | y/---+---/1 | 2!2", "# c/a | y/---+---/1 | 2!3", "+---+/| a |/+---+/| 1 |!1",
        "/a | y/---+---/1 | 2!3"})
    void theLineOfARuleIsNamed(String text, int line) {
        assertThatThrownBy(() -> table(text.replace('/', '\n') + "\n")).isInstanceOf(DataException.class)
                .hasMessage(
                        folder.resolve("t.csv") + ": line " + line + " is a rule of a table as psql, MySQL, SQLite and Markdown "
                                + "draw one; write it as CSV");
    }

    /** What is said where a column is not found. */
    @ParameterizedTest
    @CsvSource(delimiter = '!', quoteCharacter = '~', value = {
        "Sales,/x,y/1,2/3,4!; if line 1 is a title above the header, format.skipLines=1 leaves it out",
        "Sales/of,a/firm,it/x,y,z/1,2,3/3,4,5!; if lines 1 to 3 are a title above the header, format.skipLines=3 leaves them out",
        "# c/Sales,/x,y/1,2/3,4!; if lines 1 to 2 are a title above the header, format.skipLines=2 leaves them out",
        "Sales/x,y!; if there are more, format.separator names what is between them", "a,,b/1,2,3/4,5,6!~~",
        "1.5,2/3,4!; the first row holds numbers and is taken as data: if it is the header, format.header=true says so",
        "5,2/3,4!; the first row holds numbers: if it is no header, format.header=false names the columns 1, 2, 3 and so on",
        "'a','b'/'c','d'!; single quotes are part of the names: in CSV double ones quote", "'a',b/'c',d!~~",
        "a/1/2!; if there are more, format.separator names what is between them", "a,b/1,2!~~"})
    void whatMayHelpWhereAColumnIsNotFound(String text, String hint) throws IOException {
        assertThat(table(text.replace('/', '\n') + "\n").hint()).isEqualTo(hint);
    }

    // ------------------------------------------------------------------------------------------------- lines that are no rows

    /** Counted before any is read. */
    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {"x,y/1,2/,/3,4!2", "x;y/1;2/;;/3;4!2", "x|y/1|2/|/3|4!2", "x,y/1,2//3,4!2",
        "x,y/1,2/ /3,4!2",
        "x,y/1,2/# c/3,4!2", "# c/x,y/1,2/3,4!2", "# c/x,y/#N/A,2/3,4!2", "x,y/1,2/# a, b, c/3,4!2", "x,y/#1,2/3,4!2", "x,y!0",
        "/x,y/1,2!1", "x,y/1,2/\u001a!1", "x,y/1,2/__!1", "x,y/1,2/_,_/3,4!2", "x,y/1,2//!1"})
    void linesThatAreNoRowsAreNotCounted(String text, int rows) throws IOException {
        for (String end : List.of("\n", "\r\n", "\r")) {
            for (String last : List.of(end, "")) {
                String lines = text.replace("#N/A", "#NA").replace('_', ' ').replace("/", end) + last;
                Table table = table(lines);
                assertThat(table.rows()).as(lines).isEqualTo(rows);
                assertThat(CsvTableTest.cells(table)).as(lines).hasSize(rows);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void linesAreCountedByAnyEnd(String end) {
        byte[] begin = ("x,y" + end + "1,a" + end + end + "2,").getBytes(StandardCharsets.UTF_8);
        for (int wrong : new int[] {0x80, 0}) {
            byte[] bytes = java.util.Arrays.copyOf(begin, begin.length + 1);
            bytes[begin.length] = (byte) wrong;
            assertThatThrownBy(() -> Table.open(Files.write(folder.resolve("t.csv"), bytes))).isInstanceOf(DataException.class)
                    .hasMessageContaining(wrong == 0 ? "line 4 has a zero byte" : "line 4 is no UTF-8 text (byte 0x80)");
        }
    }

    /** Eight rows a block: numbers of rows go on from block to block, in any order. */
    @Test
    void rowsOfWideTablesAreNumberedThroughAllBlocks() throws IOException {
        int columns = 9000;
        String header = IntStream.range(0, columns).mapToObj(c -> "c" + c).collect(Collectors.joining(","));
        String rest = ",7".repeat(columns - 1);
        Table table = table(header + "\n"
                + IntStream.rangeClosed(1, 20).mapToObj(row -> row + rest + "\n").collect(Collectors.joining()));
        assertThat(table.blocks()).isEqualTo(3);
        try (Table.Reader reader = table.reader(0)) {
            for (int block : new int[] {2, 0, 1}) {
                reader.seek(block);
                long row = table.firstRow(block);
                while (reader.next()) {
                    assertThat(reader.row()).isEqualTo(++row);
                    assertThat(reader.text(0)).isEqualTo(Long.toString(row));
                    assertThat(reader.error(0, "so")).hasMessage(
                            folder.resolve("t.csv") + ": row " + row + " (line " + (row + 1) + "), column 'c0': so");
                }
            }
        }
    }
}
