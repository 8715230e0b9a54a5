// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.encoding.Encoding;

/** Files as others leave them: with titles, drawn tables, columns without names, archives in the place of tables. */
class FoundFilesTest {

    @TempDir
    Path folder;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private Path resource(String name) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = FoundFilesTest.class.getResourceAsStream(name)) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }

    private static TableSet.Options options(String target) {
        return new TableSet.Options(target, null, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0.2, 1);
    }

    private TableSet learn(String header, IntFunction<String> row, String target) throws IOException {
        List<String> lines = new ArrayList<>(List.of(header));
        for (int i = 0; i < 60; i++) {
            lines.add(row.apply(i));
        }
        return TableSet.learn(Table.open(Files.write(folder.resolve("t.csv"), lines)), options(target));
    }

    // ---------------------------------------------------------------------------------------------------------- titles

    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {"Sales of 2025!1", "Sales of 2025|by region!2", "Sales of 2025||!3",
        "Sales of 2025,,!1", "\"Sales, 2025\",,|,,!2", "% x|% y!2", "# by a program|Sales of 2025!2"})
    void aTitleAboveTheHeaderIsNamedAndSkipped(String title, int lines) throws IOException {
        Path file = file("t.csv", title.replace('|', '\n') + "\nid,x,y\n1,2,3\n4,5,6\n7,8,9\n");
        String remedy = (lines == 1 ? "line 1 is" : "lines 1 to " + lines + " are")
                + " a title above the header, format.skipLines="
                + lines + " leaves";
        Table found = Table.open(file);
        assertThatThrownBy(() -> found.column("y")).isInstanceOf(DataException.class).hasMessageContaining(remedy);
        Table skipped = Table.open(file, CsvFormat.FROM_FILE.withSkipLines(lines));
        assertThat(CsvTableTest.names(skipped)).containsExactly("id", "x", "y");
        assertThat(CsvTableTest.cells(skipped)).hasSize(3).first().isEqualTo(List.of("1", "2", "3"));
        try (Table.Reader reader = skipped.reader(0)) {
            reader.seek(0);
            reader.next();
            assertThat(reader.error(0, "so").getMessage()).contains("row 1 (line " + (lines + 2) + ")");
        }
    }

    @Test
    void aRowOfAnotherLengthUnderATitleNamesTheTitle() throws IOException {
        Table table = Table.open(file("t.csv", "Sales\nx;y\n1;2\n3;4\n"));
        assertThatThrownBy(() -> CsvTableTest.cells(Table.open(file("u.csv", "Sales\nx,y\n1,2\n3,4\n"))))
                .hasMessageContaining("has 2 fields, expected 1 as in the header; if line 1 is a title")
                .hasMessageContaining("format.skipLines=1");
        assertThatThrownBy(() -> table.column("y")).hasMessageContaining("format.skipLines=1");
    }

    @Test
    void whatIsNoTitleIsNotTakenForOne() throws IOException {
        for (String text : List.of("x,y\n1,2\n3,4,5\n6,7\n", "x,y,\n1,2,\n3,4,\n", ",x\n1,a\n2,b\n", "x\n1\n2\n3\n")) {
            Table table = Table.open(file("t.csv", text));
            assertThatThrownBy(() -> table.column("q")).as(text).hasMessageNotContaining("title");
        }
    }

    @Test
    void linesAreSkippedWhateverTheyHold() throws IOException {
        Path file = file("t.csv", "# a\n\n\"two\nlines\",1\nx,y\n1,2\n3,4\n");
        assertThat(CsvTableTest.cells(Table.open(file, CsvFormat.FROM_FILE.withSkipLines(4)))).containsExactly(List.of("1", "2"),
                List.of("3", "4"));
        assertThatThrownBy(() -> Table.open(file, CsvFormat.FROM_FILE.withSkipLines(9)))
                .hasMessageContaining("no line after the first 9, which format.skipLines=9 leaves out");
        assertThatThrownBy(() -> CsvFormat.FROM_FILE.withSkipLines(-1)).hasMessageContaining("at least 0, given -1");
        assertThat(CsvTableTest.cells(Table.open(file("p.csv", "x,y\n1,2\n"), CsvFormat.FROM_FILE.withSkipLines(0)))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"  a  |  y   \n-----+------\n 1 | 2\n(1 row)\n",
        "+---+---+\n| a | y |\n+---+---+\n| 1 | 2 |\n+---+---+\n",
        "| a | y |\n|---|--:|\n| 1 | 2 |\n", "a  y\n-- ---\n1  2\n", "a | y\n--|--\n1 | 2\n"})
    void drawnTablesAreNamed(String text) throws IOException {
        Path file = file("t.txt", text);
        assertThatThrownBy(() -> Table.open(file)).isInstanceOf(DataException.class).hasMessageContaining("is a rule of a table")
                .hasMessageContaining("line " + (text.startsWith("+") ? 1 : 2));
        assertThat(CsvTableTest.cells(Table.open(file("m.csv", "x,y\n---,--\n1,2\n")))).hasSize(2); // marks of no value
    }

    // ----------------------------------------------------------------------------------------------------- other files

    @ParameterizedTest
    @CsvSource({"<stata_dta><header>, Stata", "$FL2@(#) SPSS, SPSS", "HEADER RECORD*******LIBRARY, SAS", "ORC0, ORC",
        "<table border=1>, web page"})
    void filesOfOtherProgramsAreNamed(String begin, String name) throws IOException {
        Path file = file("t.csv", begin + "\n1,2\n");
        assertThatThrownBy(() -> Table.open(file)).isInstanceOf(DataException.class).hasMessageContaining(name);
    }

    @Test
    void anArchiveOfTarIsNamed() throws IOException {
        byte[] tar = new byte[1024];
        System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
        Path file = Files.write(folder.resolve("t.csv"), tar);
        assertThatThrownBy(() -> Table.open(file)).hasMessageContaining("is a tar archive; unpack it");
    }

    private static byte[] packed(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Arrays.stream(parts).forEach(all::writeBytes);
        return all.toByteArray();
    }

    /** A member whose header is damaged is no end of the file, after which the rest would be left out in silence. */
    @Test
    void membersOfGzipAreReadToTheLast() throws IOException {
        byte[] first = packed("x,y\n1,2\n");
        byte[] second = packed("3,4\n");
        for (byte[] whole : List.of(joined(first, second), joined(first, second, new byte[512]))) {
            assertThat(CsvTableTest.cells(Table.open(Files.write(folder.resolve("t.csv.gz"), whole)))).hasSize(2);
        }
        byte[] broken = second.clone();
        broken[1] ^= 1;
        for (byte[] bad : List.of(joined(first, broken), joined(first, "rubbish".getBytes(StandardCharsets.US_ASCII)),
                joined(first, new byte[3], broken))) {
            Path file = Files.write(folder.resolve("b.csv.gz"), bad);
            assertThatThrownBy(() -> Table.open(file)).isInstanceOf(DataException.class)
                    .hasMessageContaining("gzip data is damaged");
        }
    }

    @Test
    void aParquetNameMakesNoParquetFile() throws IOException {
        assertThatThrownBy(() -> Table.open(file("t.parquet", "x,y\n1,2\n")))
                .hasMessageContaining("t.parquet is no Parquet file: it does not begin with PAR1");
        assertThatThrownBy(() -> Table.open(file("e.parquet", "")))
                .hasMessageContaining("has 0 bytes, too few for a Parquet file; it may be truncated");
        assertThatThrownBy(() -> Table.open(file("c.parquet", "PARE1234"))).hasMessageContaining("encrypted");
    }

    @Test
    void parquetColumnsWithoutANameAreLeftOutAndSaidToBe() throws IOException {
        Table table = Table.open(resource("empty-names.parquet"));
        assertThat(table.columns()).extracting(Table.Column::name).containsExactly("column 1", "column 2", "x", "y");
        TableSet set = TableSet.learn(table, options("y"));
        assertThat(set.encoding().inputs()).containsExactly("x");
        assertThat(set.notes()).anyMatch(note -> note.startsWith("the columns 1, 2 have no names"));
        assertThatThrownBy(() -> table.reader(0)).hasMessageContaining("column 1 has no name, by which alone it can be read");
    }

    @Test
    void parquetColumnsOfOneNameAreRefused() throws IOException {
        Path file = resource("duplicate-names.parquet");
        assertThatThrownBy(() -> Table.open(file)).isInstanceOf(DataException.class)
                .hasMessageContaining("there are two columns 'x'; rename one");
    }

    @Test
    void noTargetIsAdvisedToBeLeftOut() throws IOException {
        Table table = Table.open(resource("date-target.parquet"));
        assertThatThrownBy(() -> TableSet.learn(table, options("y")))
                .hasMessageContaining("the target 'y' is of type INT32 (DATE)")
                .hasMessageNotContaining("drop");
    }

    // ----------------------------------------------------------------------------------------------------------- cells

    @Test
    void aRowMoreThanTheHeaderHasNamesIsNoRowName() throws IOException {
        // R's names of rows are all different; these are dates with a comma in them.
        assertThatThrownBy(() -> learn("d,x,y", i -> "Jan " + i % 9 + ", 2025," + i % 7 + "," + i, "y"))
                .hasMessageContaining("has 4 fields, expected 3");
    }

    @Test
    void quotesOtherThanThoseOfCsvAreNamed() throws IOException {
        assertThatThrownBy(() -> CsvTableTest.cells(Table.open(file("t.csv", "k,y\n\"a\\\"b\",1\n\"c\",2\n"))))
                .hasMessageContaining("written twice, and not after a backslash");
        Table single = Table.open(file("s.csv", "'k','y'\n'a','1'\n'b','2'\n"));
        assertThatThrownBy(() -> single.column("y")).hasMessageContaining("single quotes are part of the names");
    }

    @Test
    void aHeaderThatStandsInTheMiddleIsNamed() throws IOException {
        assertThatThrownBy(() -> learn("x,y", i -> i == 40 ? "x,y" : i * 7 % 60 + "," + i, "y")).hasMessageContaining(
                "got 'y', the column's own name: a header that stands there again is no row");
    }

    @ParameterizedTest
    @CsvSource({"'x,y', 's,m/s', y, m/s", "'a,b', 'x,y', b, y", "'x,y', 's,0', x, s"})
    void unitsBelowTheHeaderAreNamed(String header, String units, String column, String cell) throws IOException {
        assertThatThrownBy(() -> learn(header, i -> i == 0 ? units : i * 7 % 60 + "," + i, header.substring(2)))
                .hasMessageContaining("row 1 (line 2), column '" + column + "': got '" + cell + "', ")
                .hasMessageContaining("; if that row holds units or more of the header, leave it out of the file");
        assertThatThrownBy(() -> learn(header, i -> i == 0 || i == 5 ? units : i * 7 % 60 + "," + i, header.substring(2)))
                .hasMessageContaining("got '" + cell + "'").hasMessageNotContaining("units");
        assertThatThrownBy(() -> learn(header, i -> i == 1 ? units : i * 7 % 60 + "," + i, header.substring(2)))
                .hasMessageContaining("row 2 (line 3)").hasMessageNotContaining("units");
    }

    @Test
    void aHeaderOfTwoLinesIsNamed() throws IOException {
        String advice = "; if the line below it is more of the header, as of pandas' MultiIndex, make one line of both";
        for (String text : List.of("a,a,b\nx,y,x\n1,2,3\n", ",a,a\n,x,y\n0,1,2\n", ",a,a\n,x,y\nk,,\n0,1,2\n")) {
            assertThatThrownBy(() -> Table.open(file("m.csv", text))).as(text).isInstanceOf(DataException.class).hasMessage(
                    folder.resolve("m.csv") + ": the header has two columns 'a'; rename one, or format.header=false takes it as "
                            + "a row of data" + advice);
        }
        for (String text : List.of("a,a,b\n1,2,3\nx,y,x\n", "a,a,b\nx,y,z\nu,v,w\n", "a,a,b\n")) {
            assertThatThrownBy(() -> Table.open(file("m.csv", text))).as(text).hasMessageContaining("two columns 'a'")
                    .hasMessageNotContaining("MultiIndex");
        }
    }

    @Test
    void jsonIsNamedWithWhatHelps() throws IOException {
        for (String text : List.of("{\"x\": [1, 2]}", "{\"x\": 1}\n{\"x\": 2}\n", "[{\"x\": 1}]", " [[1, 2]]")) {
            Path file = file("t.json", text);
            assertThatThrownBy(() -> Table.open(file)).isInstanceOf(DataException.class)
                    .hasMessage(file + " is JSON; write it as CSV or Parquet, a column for each key");
        }
    }

    @Test
    void infinitiesAndMarksAreNamedWithWhatHelps() throws IOException {
        assertThatThrownBy(() -> learn("x,y", i -> (i == 5 ? "Inf" : i * 7 % 60) + "," + i, "y"))
                .hasMessageContaining("expected a finite number, got 'Inf'; format.missing=Inf takes it as no value");
        assertThatThrownBy(() -> learn("x,y", i -> i * 7 % 60 + "," + (i % 2 == 0 ? "NA" : "EU"), "y"))
                .hasMessageContaining("'NA' means no value: the target is missing");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {"%d_000!format.thousands", "%d days 01:00:00!times", "-%d day, 1:02:03.5!times",
        "PT%dH!times",
        "P%dDT2H!times", "(%d.5+2j)!complex numbers", "1e%d-2i!complex numbers", "%d.5\u00b10.1!numbers with their errors",
        "%d +/- 2!numbers with their errors",
        "%d.25 (0.5)!numbers with their errors", "%d.5\u00d710^3!powers of ten", "%d x 10^-3!powers of ten",
        "%d.5K!a letter for thousands or more", "%dM!a letter for thousands or more", "%d.2 GB!a letter for thousands or more",
        "%d.5**!stars behind", "%d 3/8!mixed fractions", "%d\u00bd!mixed fractions"})
    void moreNotationsAreNamed(String cell, String what) throws IOException {
        assertThatThrownBy(() -> learn("z;y", i -> cell.formatted(1 + i % 28) + ";" + i, "y")).hasMessageContaining(what)
                .hasMessageContaining("got '" + cell.formatted(1) + "'");
    }

    @Test
    void theExampleOfTextsIsNoNumber() throws IOException {
        assertThatThrownBy(() -> learn("z,y", i -> (i % 3 == 0 ? "<" : "") + i + "," + i, "y"))
                .hasMessageContaining("such as '<0'");
    }

    @Test
    void whatOneValueSaysIsNoted() throws IOException {
        assertThat(learn("c,x,y", i -> "5," + i * 7 % 60 + "," + i, "y").notes())
                .contains("of one value in all training rows, of which nothing can be learned: 'c' (5)");
        assertThat(learn("x,y", i -> i * 7 % 60 + "," + (9007199254740993L + i), "y").notes())
                .contains("'y' has whole numbers of "
                        + "more digits than a double holds, such as '9007199254740994', which are rounded");
    }

    @Test
    void whatIsLeftOutIsNothingElse() throws IOException {
        Table table = Table.open(file("t.csv", "a,b,y\n1,2,3\n2,3,4\n4,5,6\n"));
        TableSet.Options options = new TableSet.Options("y", null, Set.of("a"), Set.of(), Encoding.Missing.REFUSE, 0, 1);
        assertThatThrownBy(() -> TableSet.learn(table, options.withQuantiles(Set.of("a"))))
                .hasMessageContaining("drop=a and quantiles=a exclude each other");
        assertThatThrownBy(() -> TableSet.learn(table, new TableSet.Options("y", null, Set.of("a"), Set.of("a"),
                Encoding.Missing.REFUSE, 0, 1))).hasMessageContaining("drop=a and categorical=a exclude each other");
    }

    @Test
    void textsThatLookTheSameAreNoted() throws IOException {
        assertThat(learn("k,x,y", i -> (i % 2 == 0 ? "caf\u00e9" : "cafe\u0301") + "," + i * 7 % 60 + "," + i, "y").notes())
                .anyMatch(note -> note.contains("differ only in how Unicode writes their accents in 'k'"));
    }
}
