// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.encoding.ColumnRange;
import org.kan4j.encoding.Encoding;
import org.kan4j.io.Safetensors;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Every word, mark, notation and beginning of a file that readers know, one by one: none is lost unseen. */
class EveryWordTest {

    @TempDir
    private Path folder;

    private static final List<String> NO_VALUE = List.of("na", "n/a", "nan", "null", "none", "?", "#n/a", "#n/a n/a", "#na",
            "<na>",
            "nat", "\\n", "(null)", "<null>", "#value!", "#div/0!", "#ref!", "#name?", "#num!", "#null!", "-nan", "+nan",
            "1.#qnan",
            "-1.#qnan", "1.#ind", "-1.#ind", "-nan(ind)", "nan(ind)");
    private static final List<String> NO_NUMBER = List.of(".", "..", "...", "-", "--", "---", "\u2013", "\u2014", "\u2026", "*",
            "**", "n.a.", "n.a", "n.d.", "n/d", "nd", "nil", "missing", "unknown", "not available", "not applicable", "undefined",
            "blank", "empty", "void", "unk", "-.-");

    /** Case does not count; what is among texts a category is no value among numbers. */
    @Test
    void everyMarkOfNoValue() {
        Cells cells = new Cells('.', (char) 0, Set.of());
        for (List<String> marks : List.of(NO_VALUE, NO_NUMBER)) {
            for (String mark : marks) {
                for (String cell : List.of(mark, mark.toUpperCase(Locale.ROOT))) {
                    assertThat(cells.missing(cell)).as(cell + " in any column").isEqualTo(marks == NO_VALUE);
                    assertThat(Cells.missingNumber(cell)).as(cell + " among numbers").isEqualTo(marks == NO_NUMBER);
                    assertThat(cells.number(cell)).as(cell).isNaN();
                }
                String other = mark + "y";
                assertThat(cells.missing(other) || Cells.missingNumber(other)).as(other).isFalse();
            }
        }
    }

    /** Of each notation every form, and what is next to it. */
    @ParameterizedTest
    @ValueSource(strings = {
        "GROUPED|1,234|1.234|1 234|1'234|1_234|1\u2019234|1\u00a0234|1\u202f234|-12,345,678.5|+1.234,5",
        "DECIMAL_COMMA|1,5|,5|-1,25|12345,6|1,|1,5e3|1,5E-03", "DECIMAL_POINT|1.5|.5|-1.25|12345.6|1.|1.5e3|1.5E-03",
        "PERCENT|5%|-5 %|1.5%|1,5 %|5\u2030",
        "CURRENCY|$5|\u20ac 5|5 \u20ac|EUR 1.000,50|1.000,50 EUR|USD5|5USD|GBP 5|5 GBP|CHF 5|5 CHF"
                + "|JPY 5|5 JPY|Rs 5|Rs. 5|R$ 5|5 kr|($5)|-$5|$-5|$5-|\u00a35|\u00a55|5\u20ac",
        "ACCOUNTING|(5)|(1,234.5)|5-|1.5-",
        "DATE|2024-01-31|2024/1/31|2024.01.31|2024-01-31T10:00|2024-01-31 10:00|31.01.2024|31/1/24|31-01-2024|2024-01|01/2024"
                + "|2024Q1|2024-Q1|2024 q4|2024W52|20240131T1000|31 Jan 2024|31. Januar 2024|31-Jan-24|31Jan2024|Wed, 31 Jan 2024 10:00"
                + "|Jan 31, 2024|January 31 2024|Jan-24|Jan 2024|Montag, 1. April 2024",
        "TIME|10:30|10:30:15|10:30:15.5|10:30:15,5|1:05 PM|1:05pm|1:05 a.m.|10:30:00Z|10:30+01:00|-10:30|3 days|1 day, 1:02:03"
                + "|3 days 01:02:03.5|PT5H|P1DT2H|P3D|-P1Y2M",
        "COMPLEX|1+2j|1-2i|(1+2j)|1.5e3-2.5e-1j", "HEXADECIMAL|0x1f|0X1F", "FORTRAN|1D5|1.5d+03|.5D-2|1.d0",
        "DIGITS|\u0661\u0662|\uff11\uff12|-\u0967|\u0661\u066b\u0662", "UNCERTAIN|1.5\u00b10.1|5 +/- 2|5+-2|1.25(0.5)|1,5 (2)",
        "POWER|5x10^3|5 * 10^-3|5\u00d710**3|1.5\u00b7103|5x10\u22123", "LETTER|5k|5K|5M|1.5k|5 k|1.5G|1.5 GB|1,5 TB|2.5MB|1.5B",
        "STARS|5*|1.5**|1,5 ***|5****", "FRACTION|1 3/8|1-3/8|5\u00bd|\u00bc|5 \u00be|\u215b|5\u2150", "SPACED|- 5|+ 1.5|-  2,5"})
    void everyFormOfANotation(String line) {
        List<String> cells = List.of(line.split("\\|"));
        for (String cell : cells.subList(1, cells.size())) {
            assertThat(Notation.of(cell)).as(cell).isEqualTo(Notation.valueOf(cells.getFirst()));
        }
    }

    /** English and German, short and whole. */
    @ParameterizedTest
    @ValueSource(strings = {"jan", "January", "Januar", "feb.", "Februar", "mar", "March", "m\u00e4r", "M\u00e4rz", "apr",
        "April",
        "may", "Mai", "jun", "June", "Juni", "jul", "Juli", "aug", "August", "sep", "Sept.", "oct", "October", "okt", "Oktober",
        "nov",
        "November", "dec", "December", "dez", "Dezember"})
    void everyMonthIsOfADate(String month) {
        assertThat(Notation.of("31 " + month + " 2024")).isEqualTo(Notation.DATE);
        assertThat(Notation.of(month.toUpperCase(Locale.ROOT) + " 31, 2024")).isEqualTo(Notation.DATE);
        assertThat(Notation.of("31 x" + month + " 2024")).isNull();
    }

    /** Words, codes, and texts of more than 40 characters are names. */
    @ParameterizedTest
    @ValueSource(strings = {"", "x", "a1", "k12", "5x", "1-2-3-4", "2024-1", "1:5", "10:3:5", "5 %x", "$", "0x", "0xg", "1/2/3/4",
        "1+2", "5kk", "5 Ks", "1.5K5", "*5", "5*****", "3/8", "route 66", "(x)", "12345678901234567890123456789012345678901%"})
    void namesAreNone(String cell) {
        assertThat(Notation.of(cell)).isNull();
    }

    @Test
    void aNumberIsLookedAtUpToFortyCharacters() {
        assertThat(Notation.of("1".repeat(39) + "%")).isEqualTo(Notation.PERCENT);
        assertThat(Notation.of("1".repeat(40) + "%")).isNull();
    }

    /** Of every notation, what it is called and what helps. */
    @Test
    void everyNotationIsNamedWithWhatHelps() {
        assertThat(Arrays.stream(Notation.values()).map(each -> each.what() + ": " + each.remedy())).containsExactly(
                "numbers with marks between groups of digits: format.thousands names the mark, or format.decimal=, if the comma is a "
                        + "decimal one",
                "numbers with decimal commas: format.decimal=, reads them",
                "numbers with decimal points: format.decimal=. reads them",
                "percentages: write them as numbers without the sign", "amounts of money: write them as numbers without the sign",
                "negative numbers in brackets: write them with a minus",
                "dates: turn them into numbers, such as days since a date", "times: turn them into numbers, such as seconds",
                "complex numbers: write the real and the imaginary part as columns",
                "hexadecimal numbers: write them as decimal ones",
                "numbers with Fortran's exponent: write it with E", "numbers in digits of another script: write them with 0 to 9",
                "numbers with their errors: write the number and its error as columns",
                "numbers with powers of ten: write them with E",
                "numbers with a letter for thousands or more: write them out", "numbers with stars behind: write them without",
                "mixed fractions: write them as decimal numbers", "numbers with spaces in them: write them without");
    }

    /** By how a file begins, whatever it is called. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "504b0304|a zip archive, a workbook of Excel (.xlsx) or weights of PyTorch (.pt); unpack it, "
                + "save the sheet as CSV, or read the weights by Weights.read",
        "8002|a pickle of Python; write the table as CSV or Parquet",
        "8004|a pickle of Python; write the table as CSV or Parquet",
        "8005|a pickle of Python; write the table as CSV or Parquet",
        "d0cf11e0|a workbook of Excel (.xls); save the sheet as CSV",
        "425a68|compressed with bzip2; unpack it, or compress it with gzip",
        "28b52ffd|compressed with Zstandard; unpack it, or compress it with gzip",
        "fd377a585a|compressed with xz; unpack it, or compress it with gzip", "377abcaf271c|a 7-Zip archive; unpack it",
        "04224d18|compressed with LZ4; unpack it, or compress it with gzip",
        "4152524f57310000|an Arrow (Feather) file; write it as Parquet", "4645413100|a Feather file; write it as Parquet",
        "50415245|an encrypted Parquet file; write it without encryption", "4f626a01|an Avro file; write it as Parquet",
        "53514c69746520666f726d6174|an SQLite database; write the table as CSV or Parquet",
        "894844460d0a1a0a|an HDF5 file; write the table as CSV or Parquet",
        "934e554d5059|a NumPy array; write it as CSV or safetensors", "255044462d|a PDF document",
        "3c7374617461|a file of Stata; write it as CSV or Parquet", "24464c32|a file of SPSS; write it as CSV or Parquet",
        "484541444552205245434f52442a2a|a transport file of SAS; write it as CSV or Parquet",
        "4f5243|an ORC file; write it as Parquet",
        "3c7461626c65|a web page's table; write it as CSV", "3c3f786d6c|an XML document; write the table as CSV or Parquet",
        "3c21646f6374797065|a web page, not the file it links to", "3c21444f4354595045|a web page, not the file it links to",
        "3c68746d6c|a web page, not the file it links to",
        "76657273696f6e2068747470733a2f2f6769742d6c6673|a pointer of Git LFS; git lfs pull fetches the file"})
    void everyOtherFileIsNamedByItsBegin(String hex, String what) throws IOException {
        byte[] begin = HexFormat.of().parseHex(hex);
        for (String name : List.of("t.csv", "t.parquet")) {
            Path file = Files.write(folder.resolve(name), Arrays.copyOf(begin, begin.length + 300));
            assertThatThrownBy(() -> Table.open(file)).isInstanceOf(DataException.class).hasMessage(file + " is " + what);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', value = {
        "@relation iris\\n|is an ARFF file of Weka; save it as CSV",
        "% about\\n\\n@RELATION iris\\n|is an ARFF file of Weka; save it as CSV",
        "1 3:0.5 7:-1e-3\\n|is in LIBSVM's sparse format; write it as CSV or Parquet, a column for each index",
        "-1 qid:2 3:0.5\\n|is in LIBSVM's sparse format; write it as CSV or Parquet, a column for each index",
        "+1.5\\t1:1\\t2:2 \\r\\n|is in LIBSVM's sparse format; write it as CSV or Parquet, a column for each index"})
    void textsOfOtherProgramsAreNamedToo(String text, String what) throws IOException {
        Path file = Files.writeString(folder.resolve("t.csv"), text.translateEscapes() + "1,2\n");
        assertThatThrownBy(() -> Table.open(file)).isInstanceOf(DataException.class).hasMessage(file + " " + what);
    }

    /** A label and a single number is no sparse row. */
    @Test
    void aRowWithOneColonIsCsv() throws IOException {
        assertThat(Table.open(Files.writeString(folder.resolve("t.csv"), "1 3:5\n2 4:6\n")).rows()).isEqualTo(1);
    }

    /** What ends in nines at either end of the range may mean no value. */
    @ParameterizedTest
    @CsvSource({"-99, true", "99, true", "999, true", "-9999, true", "99999, true", "999999, true", "9999999, false", "9, false",
        "998, false",
        "-9.9, false"})
    void ninesAtAnEndOfTheRangeMayMeanNoValue(String mark, boolean said) throws IOException {
        ColumnRange range = new ColumnRange();
        for (int i = 0; i < 60; i++) {
            range.add(i == 7 ? Double.parseDouble(mark) : i % 10 / 1000.);
        }
        String note = Uneven.note(range, "z", Encoding.Scaling.RANGE).orElseThrow();
        assertThat(note).startsWith("'z' is spread unevenly: ").contains("; quantiles=z gives the outer ones less of the grid");
        assertThat(note.endsWith("; if " + mark + " means no value, format.missing=" + mark + " says so")).as(note)
                .isEqualTo(said);
    }

    /** Names of ten words in a list of twenty, cut from the next one on. */
    @Test
    void aListIsCutBehindTwenty() {
        List<String> names = IntStream.range(0, 21).mapToObj(Integer::toString).toList();
        assertThat(Names.some(names.subList(0, 20)))
                .isEqualTo("0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19");
        assertThat(Names.some(names)).isEqualTo(
                "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, ... (21 in all)");
    }

    /** A known name is suggested where at most half of the letters differ, or only their case. */
    @ParameterizedTest
    @CsvSource({"abcd, abxy, true", "abcd, axyz, false", "abc, abx, true", "abc, axy, false", "SIZE, size, true", "x, y, false",
        "pric, price, true", "price, pric, true"})
    void aNameIsSuggestedWhereHalfOfItIsRight(String given, String known, boolean suggested) {
        assertThat(Names.suggestion(given, List.of("qqqqqqqqqqqq", known)))
                .isEqualTo(suggested ? " (did you mean '" + known + "'?)" : "");
        assertThat(Names.suggestion(given, List.of())).isEmpty();
    }

    /** Cells of a constant column behind pixels, which are many cells. */
    @Test
    void aConstantBehindPixelsIsFound() throws IOException {
        Encoding encoding = new Encoding("t", List.of(new Encoding.Pixels(2, 255), new Encoding.Numeric("k", 3, 3, 3),
                new Encoding.Numeric("x", 0, 1, 0)), new Encoding.Value("y", 0, 1), Encoding.Missing.REFUSE);
        Table table = Table.open(Files.writeString(folder.resolve("t.csv"), "a,b,k,x\n3,3,3,3\n3,3,4,3\n3,3,5,3\n"));
        List<String> notes = new ArrayList<>();
        Constants constants = new Constants(encoding, notes::add);
        try (Table.Reader reader = table.reader(0, 1, 2, 3)) {
            reader.seek(0);
            while (reader.next()) {
                constants.look(reader);
            }
        }
        assertThat(notes)
                .containsExactly("column 'k' was 3 in all rows that the model was trained on and is 4 in row 2; the model "
                        + "takes no account of it");
    }

    private TableSet learn(String lines, Set<String> categorical, Encoding.Missing missing) throws IOException {
        return TableSet.learn(Table.open(Files.writeString(folder.resolve("t.csv"), lines)),
                new TableSet.Options("y", null, Set.of(),
                        categorical, missing, 0, 1));
    }

    private static String rows(int count, IntFunction<String> z) {
        return "z,y\n" + IntStream.range(0, count).mapToObj(i -> z.apply(i) + "," + (i * 7 % count + 0.5) + "\n")
                .collect(Collectors.joining());
    }

    @Test
    void categoriesThatAreAskedForMayBeTenThousands() throws IOException {
        assertThat(learn(rows(10_001, i -> "k" + i), Set.of("z"), Encoding.Missing.REFUSE).encoding().features())
                .isEqualTo(10_001);
    }

    /** In the first ten thousand rows. */
    @Test
    void leadingZerosAreLookedFor() throws IOException {
        for (int at : new int[] {9_999, 10_000}) {
            assertThat(learn(rows(10_001, i -> i == at ? "07" : Integer.toString(i % 9)), Set.of(), Encoding.Missing.REFUSE)
                    .notes()
                    .contains("'z' has numbers with leading zeros, such as '07', as codes have, and is taken as a number; "
                            + "categorical=z takes each as a category"))
                    .isEqualTo(at == 9_999);
        }
    }

    /** Numbers that count the rows are an index where each row has one. */
    @Test
    void aCountWithGapsIsNone() throws IOException {
        for (int gap : new int[] {0, 9, 29}) {
            assertThat(
                    learn(rows(30, i -> i == gap ? "" : Integer.toString(i < gap ? i : i - 1)), Set.of(), Encoding.Missing.FILL)
                            .notes())
                    .as("row %d", gap).isEmpty();
        }
        assertThat(learn(rows(30, Integer::toString), Set.of(), Encoding.Missing.FILL).notes()).hasSize(1);
    }

    @Test
    void idsInSafetensorsAreRoundedToo() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            HostTensor ids = HostTensor.allocate(arena, DType.I64, 30);
            HostTensor y = HostTensor.allocate(arena, DType.F64, 30);
            for (int i = 0; i < 30; i++) {
                ids.segment().setAtIndex(ValueLayout.JAVA_LONG, i, (1L << 53) + 2 + i * 7 % 30 * 2L);
                y.setFlat(i, i);
            }
            Path file = folder.resolve("t.safetensors");
            Safetensors.write(file, Map.of("id", ids, "big", y.to(arena, DType.F64), "y", y), Map.of());
            TableSet set = TableSet.learn(Table.open(file), new TableSet.Options("y", null, Set.of("big"), Set.of(),
                    Encoding.Missing.REFUSE, 0, 1));
            assertThat(set.notes()).containsExactly("'id' has whole numbers of more digits than a double holds, such as "
                    + "'9007199254740994', which are rounded; if they are ids, drop=id leaves them out");
        }
    }

    /** Of separators that fit no row alike, the one with the most names; a comma where they are as many. */
    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {"a,b;c/1,2/3;4;5!a|b;c", "a;b;c,d/1,2/3;4!a|b|c,d", "a;b\tc/1;2;3/4\t5\t6\t7!a|b\tc",
        "a\tb|c/1|2|3/4\t5\t6\t7!a|b|c"})
    void ofUnevenRowsTheMostNamesTell(String text, String names) throws IOException {
        Table table = Table.open(Files.writeString(folder.resolve("t.csv"), text.replace('/', '\n') + "\n"));
        assertThat(table.columns().stream().map(Table.Column::name).collect(Collectors.joining("|"))).isEqualTo(names);
    }
}
