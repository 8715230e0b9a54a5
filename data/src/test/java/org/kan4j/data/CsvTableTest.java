// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.encoding.Encoding;

/** CSV as pandas, R, Excel, Spark and people write it. */
class CsvTableTest {

    @TempDir
    Path folder;

    private Path file(String name, String text, Charset charset) throws IOException {
        return Files.write(folder.resolve(name), text.getBytes(charset));
    }

    private Table table(String text) throws IOException {
        return table(text, CsvFormat.FROM_FILE);
    }

    private Table table(String text, CsvFormat format) throws IOException {
        return Table.open(file("t.csv", text, StandardCharsets.UTF_8), format);
    }

    static List<String> names(Table table) {
        return table.columns().stream().map(Table.Column::name).toList();
    }

    /** All cells, row by row, those without a value as {@code -}. */
    static List<List<String>> cells(Table table) {
        List<List<String>> rows = new ArrayList<>();
        int[] all = IntStream.range(0, table.columns().size()).toArray();
        try (Table.Reader reader = table.reader(all)) {
            for (int block = 0; block < table.blocks(); block++) {
                reader.seek(block);
                while (reader.next()) {
                    rows.add(Arrays.stream(all).mapToObj(i -> reader.missing(i) ? "-" : reader.text(i)).toList());
                }
            }
        }
        assertThat(table.rows()).isEqualTo(rows.size());
        return rows;
    }

    static Stream<Arguments> sameTables() {
        return Stream.of(
                Arguments.of("comma", "x,y\n1,a\n2,b\n"),
                Arguments.of("semicolon", "x;y\n1;a\n2;b\n"),
                Arguments.of("tab", "x\ty\n1\ta\n2\tb\n"),
                Arguments.of("pipe", "x|y\n1|a\n2|b\n"),
                Arguments.of("spaces", "x  y\n1     a\n2  b\n"),
                Arguments.of("leading spaces", "   x  y\n   1  a\n  2  b\n"),
                Arguments.of("carriage returns", "x,y\r1,a\r2,b\r"),
                Arguments.of("windows", "x,y\r\n1,a\r\n2,b\r\n"),
                Arguments.of("no last line end", "x,y\n1,a\n2,b"),
                Arguments.of("byte order mark", "\ufeffx,y\n1,a\n2,b\n"),
                Arguments.of("sep line", "sep=;\nx;y\n1;a\n2;b\n"),
                Arguments.of("quoted sep line", "\"sep=;\"\r\nx;y\r\n1;a\r\n2;b\r\n"),
                Arguments.of("comments before", "# by a logger, \"quoted\n#\nx,y\n1,a\n2,b\n"),
                Arguments.of("comments between", "x,y\n# one, two, three\n1,a\n#\n2,b\n# end\n"),
                Arguments.of("blank lines", "\n  \nx,y\n\n1,a\n   \n2,b\n\n"),
                Arguments.of("last line of spaces", "x,y\n1,a\n2,b\n   "),
                Arguments.of("control Z", "x,y\n1,a\n2,b\n\u001a"),
                Arguments.of("trailing separators in rows", "x,y\n1,a,\n2,b,\n"),
                Arguments.of("Excel's empty rows and columns", "x,y\n1,a,,\n2,b,,\n,,,\n,,,\n"),
                Arguments.of("quotes", "\"x\",\"y\"\n\"1\",\"a\"\n\"2\",\"b\"\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sameTables")
    void isReadAsItIsFound(String what, String text) throws IOException {
        Table table = table(text);
        assertThat(names(table)).containsExactly("x", "y");
        assertThat(cells(table)).containsExactly(List.of("1", "a"), List.of("2", "b"));
    }

    @Test
    void quotedNamesMayHoldSeparators() throws IOException {
        Table table = table("\"x, mm\";z;y\n1;2;3\n4;5;6\n");
        assertThat(names(table)).containsExactly("x, mm", "z", "y");
        assertThat(names(table("a;b|c\n1;2|3\n", CsvFormat.FROM_FILE.withSeparator('|')))).containsExactly("a;b", "c");
        assertThatThrownBy(() -> table("x y\n1,2\n3,4\n").column("y")).hasMessageContaining("format.separator");
    }

    @Test
    void columnsWithoutANameAreMarked() throws IOException {
        for (String text : new String[] {",x,y\n0,1,2\n1,3,4\n", "\"\",\"x\",\"y\"\n\"1\",1,2\n\"2\",3,4\n",
            "x y\nr1 1 2\nr2 3 4\n",
            "\"x\",\"y\"\n\"r1\",1,2\n\"r2\",3,4\n"}) {
            Table table = table(text);
            assertThat(names(table)).as(text).containsExactly("column 1", "x", "y");
            assertThat(table.unnamed(0)).isTrue();
            assertThat(table.unnamed(1)).isFalse();
            assertThat(cells(table).get(1).subList(1, 3)).containsExactly("3", "4");
        }
        Table trailing = table("x,y,\n1,2,\n3,4,\n");
        assertThat(trailing.unnamed(2)).isTrue();
        Table set = table(",x,y\n7,1,2\n8,3,4\n9,5,7\n");
        TableSet learned = TableSet.learn(set, options("y"));
        assertThat(learned.encoding().inputs()).containsExactly("x");
        assertThat(learned.notes()).anyMatch(note -> note.startsWith("column 1 has no name"));
    }

    private static TableSet.Options options(String target) {
        return new TableSet.Options(target, null, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0.3, 1);
    }

    @Test
    void filesWithoutAHeaderNameColumnsByTheirPlace() throws IOException {
        Table certain = table("-1.5,2.25,a\n0.5,1,b\n");
        assertThat(names(certain)).containsExactly("1", "2", "3");
        assertThat(certain.rows()).isEqualTo(2);
        assertThat(certain.notes()).anyMatch(note -> note.contains("format.header=true"));
        assertThat(names(table("-1.5,2.25,a\n0.5,1,b\n", CsvFormat.FROM_FILE.withHeader(true)))).containsExactly("-1.5", "2.25",
                "a");
        assertThat(names(table("18.0  ?  \"a car\"\n15.0  3  \"another\"\n"))).containsExactly("1", "2", "3");
        Table likely = table("10,20,a\n30,40,b\n");
        assertThat(names(likely)).containsExactly("10", "20", "a");
        assertThatThrownBy(() -> likely.column("y")).hasMessageContaining("format.header=false");
        Table told = table("10,20,a\n30,40,b\n", CsvFormat.FROM_FILE.withHeader(false));
        assertThat(names(told)).containsExactly("1", "2", "3");
        assertThat(told.rows()).isEqualTo(2);
        // pandas names the columns of an array so, and quantiles and years are names over texts
        assertThat(table("0,1,2\n5,6,7\n").rows()).isEqualTo(1);
        assertThat(names(table("country,1990,1991\nx,1,2\n"))).containsExactly("country", "1990", "1991");
        Table commented = table("# x y\n1.0 2.0\n3.0 4.0\n");
        assertThat(names(commented)).containsExactly("x", "y");
        assertThat(commented.rows()).isEqualTo(2);
    }

    @Test
    void numbersInTheNotationOfTheFile() throws IOException {
        assertThat(numbers(table("x;y\n-1,00;1\n2,5;2\n"))).containsExactly(-1, 2.5);
        assertThat(numbers(table("x;y\n1.234,56;1\n2,5;2\n"))).containsExactly(1234.56, 2.5);
        assertThat(numbers(table("x,y\n\"1,234.5\",1\n\"12,345,678\",2\n"))).containsExactly(1234.5, 12345678);
        assertThat(numbers(table("x;y\n1'234.5;1\n2;2\n"))).containsExactly(1234.5, 2);
        assertThat(numbers(table("x;y\n1\u00a0234;1\n2;2\n"))).containsExactly(1234, 2);
        assertThat(numbers(table("x;y\n1 234,5;1\n2,5;2\n"))).containsExactly(1234.5, 2.5);
        assertThat(numbers(table("x;y\n1'234.5;1\n2.5;2\n", CsvFormat.FROM_FILE.withThousands('\'')))).containsExactly(1234.5,
                2.5);
        assertThat(numbers(table("x;y\n1,5;1\n2,5;2\n", CsvFormat.FROM_FILE.withDecimal(',')))).containsExactly(1.5, 2.5);
        assertThat(numbers(
                table("x,y\n\u22121.5,1\n1e-3,2\n+.5,3\n00012,4\n123456789.123456789,5\n0.1,6\n1234567890123456789012,7\n")))
                .containsExactly(-1.5, 1e-3, 0.5, 12, 123456789.123456789, 0.1, 1234567890123456789012.0);
        for (String none : new String[] {"1d", "0x10", "1.2.3", "--1", "1e", "12,5", "", "."}) {
            assertThat(Cells.plain(none)).as(none).isNaN();
        }
    }

    private static double[] numbers(Table table) {
        try (Table.Reader reader = table.reader(0)) {
            reader.seek(0);
            List<Double> numbers = new ArrayList<>();
            while (reader.next()) {
                numbers.add(reader.number(0));
            }
            return numbers.stream().mapToDouble(Double::doubleValue).toArray();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "NA", "N/A", "#N/A", "<NA>", "NaN", "null", "NULL", "None", "?", "\\N", "#DIV/0!", "NaT", "  ",
        "-999"})
    void cellsThatMeanNoValue(String cell) throws IOException {
        assertThat(cells(table("x,y\n1," + cell + "\n2,b\n", CsvFormat.FROM_FILE.withMissing(Set.of("-999")))).getFirst().get(1))
                .isEqualTo("-");
    }

    @Test
    void marksAreMissingAmongNumbersOnly() throws IOException {
        String rows = IntStream.range(0, 20).mapToObj(i -> i + "," + (i % 5 == 0 ? "-" : i % 5 == 1 ? "." : i) + ","
                + (i % 2 == 0 ? "+" : "-") + "," + i * 2).collect(Collectors.joining("\n"));
        TableSet.Options fill = new TableSet.Options("y", null, Set.of(), Set.of(), Encoding.Missing.FILL, 0.2, 1);
        Encoding encoding = TableSet.learn(table("x,z,strand,y\n" + rows), fill).encoding();
        assertThat(encoding.columns().get(1)).isInstanceOf(Encoding.Numeric.class);
        assertThat(encoding.columns().get(2)).isEqualTo(new Encoding.Categorical("strand", List.of("+", "-")));
        Table again = table("x,z,strand,y\n" + rows);
        assertThatThrownBy(() -> TableSet.learn(again, options("y"))).hasMessageContaining("column 'z': there is no value");
    }

    @Test
    void compressedAndOtherEncodings() throws IOException {
        String text = "größe,y\n1,ä\n2,b\n";
        Path packed = folder.resolve("t.csv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        List<Path> files = List.of(packed, Files.copy(packed, folder.resolve("renamed.csv")),
                file("16le.csv", "\ufeff" + text, StandardCharsets.UTF_16LE),
                file("16be.csv", "\ufeff" + text, StandardCharsets.UTF_16BE),
                file("bare.csv", "x" + text.substring(2), StandardCharsets.UTF_16LE));
        for (Path file : files) {
            assertThat(cells(Table.open(file))).as("%s", file).containsExactly(List.of("1", "ä"), List.of("2", "b"));
        }
        Path latin = file("latin.csv", text, StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> Table.open(latin)).hasMessageContaining("line 1 is no UTF-8 text (byte 0xF6)")
                .hasMessageContaining("format.encoding");
        assertThat(names(Table.open(latin, CsvFormat.FROM_FILE.withEncoding(StandardCharsets.ISO_8859_1))))
                .containsExactly("größe", "y");
        byte[] cut = Files.readAllBytes(packed);
        Path damaged = Files.write(folder.resolve("cut.csv.gz"), Arrays.copyOf(cut, cut.length - 9));
        assertThatThrownBy(() -> Table.open(damaged)).isInstanceOf(DataException.class).hasMessageContaining("gzip");
    }

    @Test
    void whatIsNoTableIsNamed() throws IOException {
        for (String nothing : List.of("\n\n# x\n", "# x", "\n\n# x", "sep=;")) {
            assertThatThrownBy(() -> table(nothing)).hasMessageContaining("nothing but blank lines and comments");
        }
        assertThatThrownBy(() -> table("PK\u0003\u0004 and so on")).hasMessageContaining(".xlsx");
        assertThatThrownBy(() -> table("{\"x\": 1}\n")).hasMessageContaining("is JSON");
        assertThatThrownBy(() -> table("<!DOCTYPE html>\n")).hasMessageContaining("a web page");
        assertThatThrownBy(() -> table("x,y\n1,\u0000\n")).hasMessageContaining("line 2 has a zero byte");
        assertThatThrownBy(() -> Table.open(Path.of("/dev/null"))).hasMessageContaining("is a device");
        assertThatThrownBy(() -> table("x,x\n1,2\n")).hasMessageContaining("two columns 'x'");
    }

    @Test
    void aNamedPipeIsCopied() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
        Thread writer = Thread.ofPlatform().start(() -> {
            try {
                Files.writeString(pipe, "x,y\n1,2\n");
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        assertThat(cells(Table.open(pipe))).containsExactly(List.of("1", "2"));
        writer.join();
    }

    @Test
    void moreColumnsThanOthersReadTakeFewBytes() throws IOException {
        int columns = 36_000;
        String header = IntStream.range(0, columns).mapToObj(i -> "g" + i).collect(Collectors.joining(","));
        String row = IntStream.range(0, columns).mapToObj(i -> Integer.toString(i % 10)).collect(Collectors.joining(","));
        Table table = table(header + "\n" + row + "\n" + row + "\n");
        assertThat(table.columns()).hasSize(columns);
        assertThat(cells(table).get(1).getLast()).isEqualTo("9");
    }

    @Test
    void aFolderOfPartFilesIsOneTable() throws IOException {
        Path parts = Files.createDirectory(folder.resolve("sales.csv"));
        Files.writeString(parts.resolve("_SUCCESS"), "");
        Files.writeString(parts.resolve(".part-0.csv.crc"), "\u0000");
        Files.writeString(parts.resolve("part-0.csv"), "x,y\n1,2\n3,4\n");
        Files.writeString(parts.resolve("part-1.csv"), "");
        Files.writeString(parts.resolve("part-2.csv"), "x,y\n");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(parts.resolve("part-3.csv.gz")))) {
            out.write("y,x\n6,5\n".getBytes(StandardCharsets.UTF_8));
        }
        Table table = Table.open(parts);
        assertThat(cells(table)).containsExactly(List.of("1", "2"), List.of("3", "4"), List.of("5", "6"));
        try (Table.Reader reader = table.reader(0)) {
            reader.seek(table.blocks() - 1);
            assertThat(reader.next()).isTrue();
            assertThat(reader.row()).isEqualTo(3);
            assertThat(reader.error(0, "odd")).hasMessageContaining("part-3.csv.gz: row 1");
        }
        Files.writeString(parts.resolve("part-4.csv"), "x,z\n1,2\n");
        assertThatThrownBy(() -> Table.open(parts)).hasMessageContaining("part-4.csv has no column 'y', which");
        Files.delete(parts.resolve("part-4.csv"));
        Files.createDirectory(parts.resolve("year-2020"));
        assertThatThrownBy(() -> Table.open(parts)).hasMessageContaining("holds 'year-2020', which is no file");
        assertThatThrownBy(() -> Table.open(Files.createDirectory(folder.resolve("none"))))
                .hasMessageContaining("folder without data");
    }

    @Test
    void compressedFilesOfManyBlocksAreRead() throws IOException {
        String rows = IntStream.range(0, 200_000).mapToObj(i -> i + "," + i).collect(Collectors.joining("\n"));
        Path packed = folder.resolve("large.csv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(("x,y\n" + rows).getBytes(StandardCharsets.UTF_8));
        }
        assertThat(Table.open(packed).rows()).isEqualTo(200_000);
    }

    @Test
    void columnsWithoutANameAreLeftOutAndSaidToBe() throws IOException {
        TableSet.Options options = new TableSet.Options("y", null, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0.2, 1);
        String rows = IntStream.range(0, 40).mapToObj(i -> i * 7 % 40 + "," + i * 3 % 40 + "," + (i + 0.5) + "\n")
                .collect(Collectors.joining());
        assertThat(TableSet.learn(table(",b,y\n" + rows), options).notes()).containsExactly("column 1 has no name, as the row "
                + "numbers that pandas and R write, and is left out; a name in the header makes an input");
        assertThat(TableSet.learn(table("a,,y\n" + rows), options).notes())
                .containsExactly("column 2 has no name and is left out; a name in the header makes an input");
        assertThatThrownBy(() -> TableSet.learn(table(",,y\n" + rows), options))
                .hasMessageContaining("no column is left to predict 'y' from, of column 1, column 2, y (those without a name");
        assertThat(TableSet.learn(table("a,y,__index_level_0__\n" + rows), options).notes()).singleElement().asString()
                .startsWith("column 3 has no name, as the row numbers");
    }

    @Test
    void spacesOfWebPagesAreNoPartOfNamesAndCells() throws IOException {
        Table table = table("\u00a0a,\u200bb\u00a0,c\u3000\n\u00a01,\u200b2,x\u00a0y\u00a0\n");
        assertThat(names(table)).containsExactly("a", "b", "c");
        assertThat(cells(table)).containsExactly(List.of("1", "2", "x\u00a0y"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"% a comment\n@RELATION x\n@attribute a numeric\n!an ARFF file",
        "1 1:0.5 3:-2e3\n-1 2:1\n!LIBSVM's sparse",
        "2.5 qid:3 1:1\n!LIBSVM's sparse"})
    void formatsThatAreNoTablesAreNamed(String textAndName) throws IOException {
        String[] parts = textAndName.split("!");
        assertThatThrownBy(() -> table(parts[0])).isInstanceOf(DataException.class).hasMessageContaining(parts[1]);
    }

    @Test
    void timesAndPlacesAreNotTakenForSparseRows() throws IOException {
        assertThat(names(table("a b:1\n1 2\n"))).containsExactly("a", "b:1");
        assertThat(names(table("12 10:30\n13 11:30x\n"))).hasSize(2);
    }

    @Test
    void aSafetensorsFileOfAnotherNameIsNamed() throws IOException {
        byte[] bytes = java.util.Arrays.copyOf(new byte[] {64}, 80);
        bytes[8] = '{';
        Path file = Files.write(folder.resolve("model.bin"), bytes);
        assertThatThrownBy(() -> Table.open(file))
                .hasMessageContaining("model.bin is a safetensors file without the name of one");
    }

    @Test
    void aNameThatDiffersInCaseIsSuggested() throws IOException {
        Table table = table("id,a,y\n1,2,3\n");
        assertThatThrownBy(() -> table.column("Y"))
                .hasMessageContaining("no column 'Y' (did you mean 'y'?); its columns are: id");
        assertThatThrownBy(() -> table.column("4")).hasMessageContaining("no column '4'; its columns are");
    }

    /** Rows are counted before one is read. */
    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "\t", ",", ", ,", "# a comment"})
    void linesThatAreNoRowsAreNotCounted(String line) throws IOException {
        Table table = table("x,y\n1,2\n" + line + "\n3,4\n");
        assertThat(table.rows()).isEqualTo(2);
        assertThat(cells(table)).containsExactly(List.of("1", "2"), List.of("3", "4"));
    }
}
