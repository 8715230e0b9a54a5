// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hardwood.InputFile;
import dev.hardwood.reader.ColumnReaders;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.schema.ColumnProjection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;

/** Letters, numbers and marks at the edges of what their notation allows. */
class CellEdgesTest {

    @TempDir
    private Path folder;

    private Table table(byte[] bytes) throws IOException {
        return Table.open(Files.write(folder.resolve("t.csv"), bytes));
    }

    private Table table(String text) throws IOException {
        return table(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Of one to four bytes, the first and the last of each. */
    @Test
    void lettersOfEveryLengthAreRead() throws IOException {
        for (int letter : new int[] {'!', '~', 0x80, 0x7ff, 0x800, 0xd7ff, 0xfffd, 0x10000, 0x1f600, 0x3ffff, 0x40000,
            0x10fffd}) {
            String text = "a" + Character.toString(letter) + "b";
            assertThat(CsvTableTest.cells(table("x,y\n1," + text + "\n2,c\n"))).as("%x", letter)
                    .containsExactly(List.of("1", text), List.of("2", "c"));
        }
    }

    @ParameterizedTest
    @CsvSource({"C3, 0xC3", "E2 82, 0x82", "F0 9F 98, 0x98", "80, 0x80", "C1 81, 0xC1", "F5 80 80 80, 0xF5", "C3 28, 0xC3"})
    void bytesThatAreNoLettersAreNamedAlsoAtTheEndOfTheFile(String hex, String named) throws IOException {
        byte[] letter = java.util.HexFormat.of().parseHex(hex.replace(" ", ""));
        byte[] begin = "x,y\n1,a\n2,".getBytes(StandardCharsets.UTF_8);
        byte[] bytes = Arrays.copyOf(begin, begin.length + letter.length);
        System.arraycopy(letter, 0, bytes, begin.length, letter.length);
        assertThatThrownBy(() -> table(bytes)).isInstanceOf(DataException.class)
                .hasMessageContaining("line 3 is no UTF-8 text (byte " + named + ")");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE"})
    void utf16WithoutAMarkIsSeen(String encoding) throws IOException {
        assertThat(CsvTableTest.cells(table("x,y\n1,ä\n2,b\n".getBytes(Charset.forName(encoding)))))
                .containsExactly(List.of("1", "ä"), List.of("2", "b"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"})
    void aMarkTellsTheEncoding(String encoding) throws IOException {
        assertThat(CsvTableTest.cells(table("\ufeffx,y\n1,ä\n2,b\n".getBytes(Charset.forName(encoding)))))
                .containsExactly(List.of("1", "ä"), List.of("2", "b"));
    }

    /** Not replaced by question marks in silence. */
    @Test
    void bytesThatAreNoneOfTheNamedEncodingAreRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("t.csv"), "x,y\n1,ä\n2,b\n");
        for (Charset named : List.of(StandardCharsets.US_ASCII, Charset.forName("UTF-32BE"))) {
            assertThatThrownBy(() -> Table.open(file, CsvFormat.FROM_FILE.withEncoding(named))).isInstanceOf(DataException.class)
                    .hasMessage(file + " is no text in " + named + "; format.encoding names another");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"999999999999999999", "9007199254740993", "1234567890123456789", "9999999999999999999",
        "18446744073709551616", "99999999999999999999.5", "0.1234567890123456789", "-9223372036854775809",
        "12345678901234567.89"})
    void numbersOfMoreDigitsThanALongAreTheNearestDouble(String number) {
        assertThat(Cells.plain(number)).isEqualTo(Double.parseDouble(number));
    }

    /** Java's own reader of numbers would pass over them. */
    @ParameterizedTest
    @ValueSource(strings = {"\u00101", "1\u0010", "\u0000.5", "-1\u0001"})
    void numbersHaveNoControlCharacters(String number) {
        assertThat(Cells.plain(number)).isNaN();
    }

    @ParameterizedTest
    @ValueSource(strings = {"not applicable", "Not Available", "n.a.", "-.-", "unknown"})
    void wordsThatMeanNoNumber(String cell) {
        assertThat(Cells.missingNumber(cell)).isTrue();
        assertThat(Cells.missingNumber(cell + "x")).isFalse();
    }

    @Test
    void groupsBehindAMarkHaveThreeDigits() {
        Cells cells = new Cells('.', ',', Set.of());
        for (String none : List.of("1,23", "1,2345", "1,234,56", "1,234.5,678", "1,,234", "1,")) {
            assertThat(cells.number(none)).as(none).isNaN();
        }
        assertThat(List.of(cells.number("1,234"), cells.number("12,345,678.5"), cells.number("1234"), cells.number("-1,000")))
                .containsExactly(1234.0, 12345678.5, 1234.0, -1000.0);
    }

    @Test
    void whatIsPackedTwiceIsUnpackedTwice() throws IOException {
        ByteArrayOutputStream twice = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(new GZIPOutputStream(twice))) {
            out.write("x,y\n1,a\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(CsvTableTest.cells(table(twice.toByteArray()))).containsExactly(List.of("1", "a"));
    }

    /** Members one after the other are one text; zeros that fill a block may stand behind the last one, nothing else may. */
    @ParameterizedTest
    @ValueSource(strings = {"", "0000", "00", "000000000000000000000000000000000000000000000000000001", "01", "1f8b", "0041",
        "0000000000000000000000000041"})
    void onlyZerosStandBehindWhatIsPacked(String behind) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String part : List.of("x,y\n1,a\n", "2,b\n")) {
            try (OutputStream out = new GZIPOutputStream(bytes)) {
                out.write(part.getBytes(StandardCharsets.UTF_8));
            }
        }
        bytes.write(HexFormat.of().parseHex(behind));
        if (behind.matches("0*")) {
            assertThat(CsvTableTest.cells(table(bytes.toByteArray()))).containsExactly(List.of("1", "a"), List.of("2", "b"));
        } else {
            assertThatThrownBy(() -> table(bytes.toByteArray())).isInstanceOf(DataException.class)
                    .hasMessageContaining("its gzip data is damaged or truncated");
        }
    }

    /** Up to ten whole numbers may be meant as classes, which is said. */
    @ParameterizedTest
    @CsvSource({"3, true", "10, true", "11, false"})
    void fewWholeNumbersMayBeClasses(int values, boolean said) throws IOException {
        StringBuilder rows = new StringBuilder("x,y\n");
        for (int i = 0; i < 66; i++) {
            rows.append(i * 37 % 66 + 0.5).append(",").append(i % values).append("\n");
        }
        assertThat(TableSet.learn(table(rows.toString()),
                new TableSet.Options("y", null, Set.of(), Set.of(), Encoding.Missing.REFUSE,
                        0.2, 1))
                .notes().stream().anyMatch(note -> note.contains("task=classification takes them as classes")))
                .isEqualTo(said);
    }

    /** Numbers in most rows and few different words are numbers with marks of missing values; with more words, categories. */
    @ParameterizedTest
    @CsvSource({"1, true", "3, true", "4, false"})
    void fewWordsAmongNumbersAreMarks(int words, boolean marks) throws IOException {
        StringBuilder rows = new StringBuilder("x,y\n");
        for (int i = 0; i < 60; i++) {
            rows.append(i % 3 == 0 ? "word" + i / 3 % words : Integer.toString(i % 4)).append(",").append(i + 0.5).append("\n");
        }
        Table table = table(rows.toString());
        TableSet.Options options = new TableSet.Options("y", null, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0.2, 1);
        if (marks) {
            assertThatThrownBy(() -> TableSet.learn(table, options))
                    .hasMessageContaining("expected a number as in 40 of 60 rows");
        } else {
            assertThat(TableSet.learn(table, options).encoding().columns().getFirst()).isInstanceOf(Encoding.Categorical.class);
        }
    }

    /** What no column would be named. */
    @ParameterizedTest
    @ValueSource(strings = {"-1,2", "5,-12", "0.5,1", "3,3"})
    void aFirstRowOfNegativeNumbersFractionsOrTwinsIsData(String first) throws IOException {
        Table table = table(first + "\n3,4\n");
        assertThat(CsvTableTest.names(table)).containsExactly("1", "2");
        assertThat(table.rows()).isEqualTo(2);
    }

    /** Classes and categories are compared as values in whatever notation the file has them. */
    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {"0,5!1,5!0.5!1.5", "1.000!2.000,5!1000!2000.5", "1\u00a0000!2\u00a0000!1000!2000",
        "\u22121!1!-1!1", "inf!2!2!inf", "1,0!2,0!1!2"})
    void numbersOfTheFilesNotationAreClassesAndCategories(String a, String b, String first, String second) throws IOException {
        StringBuilder rows = new StringBuilder("x;y\n");
        for (int i = 0; i < 40; i++) {
            rows.append(i).append(i % 3 == 0 ? ",25;" : ",5;").append(i % 2 == 0 ? a : b).append("\n");
        }
        Table table = table(rows.toString());
        TableSet target = TableSet.learn(table, new TableSet.Options("y", TableSet.Task.CLASSIFICATION, Set.of(), Set.of(),
                Encoding.Missing.REFUSE, 0.2, 1));
        assertThat(((Encoding.Classes) target.encoding().target()).labels()).containsExactly(first, second);
        TableSet input = TableSet.learn(table,
                new TableSet.Options("x", null, Set.of(), Set.of("y"), Encoding.Missing.REFUSE, 0.2,
                        1));
        assertThat(((Encoding.Categorical) input.encoding().columns().getFirst()).values()).containsExactly(first, second);
        try (Arena arena = Arena.ofConfined()) {
            Dataset all = (Dataset) TableRows.all(table, target.encoding(), true).load(arena, DType.F64, Part.DEFAULT_MEMORY);
            double even = List.of(first, second).indexOf(target(table, 1));
            for (int i = 0; i < 40; i++) {
                assertThat(all.targets().getFlat(i)).isEqualTo(i % 2 == 0 ? even : 1 - even);
            }
            TableRows.all(table, input.encoding(), true).load(arena, DType.F64, Part.DEFAULT_MEMORY);
        }
    }

    private static String target(Table table, int at) {
        try (Table.Reader reader = table.reader(at)) {
            reader.seek(0);
            reader.next();
            return reader.label(0);
        }
    }

    /** However it is written: -999 means no value in -999.0 too. */
    @Test
    void numbersThatMeanNoValueAreNoneOfTheRange() throws IOException {
        StringBuilder rows = new StringBuilder("x,y\n");
        for (int i = 0; i < 40; i++) {
            rows.append(i % 5 == 0 ? i % 2 == 0 ? "-999" : "-999.00" : i).append(",").append(i + 0.5).append("\n");
        }
        Table table = table(rows.toString());
        Table told = Table.open(table.path(), CsvFormat.FROM_FILE.withMissing(Set.of("-999")));
        Encoding.Numeric x = (Encoding.Numeric) TableSet.learn(told, new TableSet.Options("y", null, Set.of(), Set.of(),
                Encoding.Missing.FILL, 0, 1)).encoding().columns().getFirst();
        assertThat(x.low()).isEqualTo(1);
        assertThat(x.high()).isEqualTo(39);
        assertThat(x.indicator()).isTrue();
    }

    @Test
    void theLastLineTellsTheNotationWithoutAnEndToo() throws IOException {
        Table table = table("x;y\n1;2\n2,5;3");
        assertThat(table.notes()).singleElement().asString().startsWith("numbers are read with decimal commas");
        try (Table.Reader reader = table.reader(0)) {
            reader.seek(0);
            assertThat(reader.next()).isTrue();
            assertThat(reader.next()).isTrue();
            assertThat(reader.number(0)).isEqualTo(2.5);
        }
    }

    /** Three digits after the comma could be a group of thousands, but for the exponent. */
    @Test
    void anExponentTellsADecimalComma() throws IOException {
        Table table = table("x;y\n4,299e+00;1,125E-01\n5,100e+01;7,250e+00\n");
        assertThat(table.notes()).singleElement().asString().startsWith("numbers are read with decimal commas");
        try (Table.Reader reader = table.reader(0, 1)) {
            reader.seek(0);
            assertThat(reader.next()).isTrue();
            assertThat(List.of(reader.number(0), reader.number(1))).containsExactly(4.299, 0.1125);
        }
        assertThat(table("x;y\n4,299;1\n5,100;7\n").notes()).as("groups or decimals: not certain").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"(2 rows)", "(1 row)", "(2 rows affected)"})
    void theCountOfRowsThatADatabaseWritesAtTheEndIsNamed(String last) throws IOException {
        Table table = table("x|y\n1|2\n3|4\n" + last + "\n");
        assertThatThrownBy(() -> CsvTableTest.cells(table)).isInstanceOf(DataException.class)
                .hasMessageEndingWith("row 3 (line 4) has 1 fields, expected 2 as in the header; the count of rows that psql and "
                        + "sqlcmd write at the end is no row");
    }

    /** A block may begin within what is read at a time. */
    @Test
    void cellsWithoutAValueAreFoundBehindTheBeginOfABatch() throws Exception {
        Path file = Path.of(CellEdgesTest.class.getResource("types.parquet").toURI());
        try (ParquetFileReader reader = ParquetFileReader.open(InputFile.of(file));
                ColumnReaders readers = reader.buildColumnReaders(ColumnProjection.columns("gap")).build()) {
            assertThat(readers.nextBatch()).isTrue();
            ParquetColumn column = new ParquetColumn(reader.getFileSchema().getColumn("gap"), 12);
            column.take(readers.getColumnReader("gap"), 3, 1, 9);
            for (int row = 1; row < 10; row++) {
                assertThat(column.isNull(row)).as("row %d", row).isEqualTo((row + 2) % 5 == 4);
            }
        }
    }

    /** Farther behind than is read at a time too. */
    @Test
    void whatStandsFarBehindIsFound() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write("x,y\n1,a\n".getBytes(StandardCharsets.UTF_8));
        }
        byte[] whole = Arrays.copyOf(bytes.toByteArray(), bytes.size() + 200_000);
        assertThat(CsvTableTest.cells(table(whole))).containsExactly(List.of("1", "a"));
        whole[whole.length - 1] = 'A';
        assertThatThrownBy(() -> table(whole)).isInstanceOf(DataException.class)
                .hasMessageContaining("its gzip data is damaged or truncated");
    }
}
