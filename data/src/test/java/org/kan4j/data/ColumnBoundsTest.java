// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.encoding.Encoding;

/** Where what a column is taken as changes: the last case on one side and the first on the other. */
class ColumnBoundsTest {

    @TempDir
    private Path folder;

    private Table table(int rows, IntFunction<String> cell) throws IOException {
        List<String> lines = new ArrayList<>(List.of("z\ty"));
        for (int i = 0; i < rows; i++) {
            lines.add(cell.apply(i) + "\t" + (i * 7 % rows + 0.5));
        }
        return Table.open(Files.write(folder.resolve("t.tsv"), lines));
    }

    private static TableSet.Options options(String target) {
        return new TableSet.Options(target, null, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0.2, 1);
    }

    private TableSet learn(int rows, IntFunction<String> cell) throws IOException {
        return TableSet.learn(table(rows, cell), options("y"));
    }

    /** More than 20 and more than half of the rows, or more than five and four fifths of the rows. */
    @ParameterizedTest
    @CsvSource({"20, 26, false", "20, 25, true", "21, 41, true", "21, 42, false", "5, 5, false", "6, 6, true", "6, 7, true",
        "6, 8, false", "8, 10, true", "1000, 2000, false", "1001, 2001, true"})
    void soManyTextsInSoManyRowsAreIds(int texts, int rows, boolean ids) {
        assertThat(ColumnScan.tooMany(texts, rows)).isEqualTo(ids);
    }

    @Test
    void aThousandTextsAreCategoriesOneMoreAreNot() throws IOException {
        assertThat(learn(2500, i -> "k" + i % 1000).encoding().features()).isEqualTo(1000);
        assertThatThrownBy(() -> learn(2500, i -> "k" + i % 1001)).hasMessageContaining(
                "has more than 1000 different texts in 2500 rows");
        TableSet asked = TableSet.learn(table(2500, i -> "k" + i % 1001), new TableSet.Options("y", null, Set.of(), Set.of("z"),
                Encoding.Missing.REFUSE, 0.2, 1));
        assertThat(asked.encoding().features()).isEqualTo(1001);
    }

    /** Few for a note that they may be ids: up to 20, and up to a twentieth of the rows. */
    @ParameterizedTest
    @CsvSource({"20, 60, false", "21, 60, true", "30, 600, false", "31, 600, true"})
    void manyCategoriesForTheRowsAreSaidToPerhapsBeIds(int texts, int rows, boolean said) throws IOException {
        assertThat(learn(rows, i -> "k" + i % texts).notes()).anyMatch(note -> note.contains("'z' (" + texts + " different")
                && note.contains("many for " + rows + " rows: if they are ids, drop=z") == said);
    }

    @ParameterizedTest
    @CsvSource({"20, 0, false", "21, 0, true", "21, 1, true", "21, 2, false"})
    void numbersThatCountMoreThanTwentyRowsAreSaidToPerhapsBeAnIndex(int rows, int from, boolean said) throws IOException {
        assertThat(
                learn(rows, i -> Integer.toString(from + i)).notes().stream().anyMatch(note -> note.contains("counts the rows")))
                .isEqualTo(said);
    }

    /** The rest are 30 different texts, so that they are no marks of missing values. */
    @ParameterizedTest
    @CsvSource({"270, true", "269, false"})
    void nineInTenNumbersMakeAColumnOfNumbers(int numbers, boolean meant) throws IOException {
        Table table = table(300, i -> i < numbers ? Integer.toString(i % 4) : "w" + (i - numbers) % 15);
        if (meant) {
            assertThatThrownBy(() -> TableSet.learn(table, options("y")))
                    .hasMessageContaining("row 271 (line 272), column 'z': got 'w0', expected a number as in 270 of 300 rows");
        } else {
            assertThat(TableSet.learn(table, options("y")).encoding().columns().getFirst()).isEqualTo(new Encoding.Categorical(
                    "z", List.of("0", "1", "2", "3", "w0", "w1", "w10", "w11", "w12", "w13", "w14", "w2", "w3", "w4", "w5", "w6",
                            "w7", "w8", "w9")));
        }
    }

    /** Half of the rows are numbers, and the rest one word: a mark of missing values; with fewer numbers a category. */
    @ParameterizedTest
    @CsvSource({"30, true", "29, false"})
    void halfOfTheRowsAreEnoughWhereTheOthersAreOneWord(int numbers, boolean meant) throws IOException {
        Table table = table(60, i -> i < numbers ? Integer.toString(i % 4) : "keine");
        if (meant) {
            assertThatThrownBy(() -> TableSet.learn(table, options("y"))).hasMessageContaining("as in 30 of 60 rows");
        } else {
            assertThat(TableSet.learn(table, options("y")).encoding().features()).isEqualTo(5);
        }
    }

    @ParameterizedTest
    @CsvSource({"54, true", "53, false"})
    void nineInTenDatesMakeAColumnOfDates(int dates, boolean meant) throws IOException {
        Table table = table(60, i -> i < dates ? "2024-01-0" + (1 + i % 9) : "word");
        if (meant) {
            assertThatThrownBy(() -> TableSet.learn(table, options("y")))
                    .hasMessageContaining("got '2024-01-01', one of 54 dates in 60 rows; turn them into numbers");
        } else {
            assertThat(TableSet.learn(table, options("y")).encoding().features()).isEqualTo(10);
        }
    }

    /** The notation of most cells is the one that is named. */
    @Test
    void ofTwoNotationsTheMoreFrequentIsNamed() throws IOException {
        assertThatThrownBy(() -> learn(60, i -> i % 3 == 0 ? "12:30" : "2024-01-0" + (1 + i % 9)))
                .hasMessageContaining("one of 40 dates in 60 rows");
        assertThatThrownBy(() -> learn(60, i -> i % 3 != 0 ? "12:30" : "2024-01-0" + (1 + i % 9)))
                .hasMessageContaining("one of 40 times in 60 rows");
    }

    @Test
    void codesWithLeadingZerosAreNotedAndZeroIsNone() throws IOException {
        assertThat(learn(60, i -> "00" + i * 7 % 60).notes())
                .containsExactly("'z' has numbers with leading zeros, such as '000', as codes have, and is taken as a number; "
                        + "categorical=z takes each as a category");
        assertThat(learn(60, i -> i % 2 == 0 ? "0" : "0.5").notes()).isEmpty();
        assertThat(learn(60, i -> i == 59 ? "07" : "7" + i % 7).notes()).anyMatch(note -> note.contains("such as '07'"));
    }

    @Test
    void theMostThatADoubleHoldsOneByOneIsNotRounded() throws IOException {
        assertThat(learn(60, i -> i % 2 == 0 ? "9007199254740992" : Integer.toString(i)).notes())
                .noneMatch(note -> note.contains("more digits than a double holds"));
        assertThat(learn(60, i -> i % 2 == 0 ? "-9007199254740994" : Integer.toString(i)).notes())
                .anyMatch(note -> note.contains("such as '-9007199254740994', which are rounded"));
        assertThat(learn(60, i -> i % 2 == 0 ? "9007199254740994.0" : Integer.toString(i)).notes())
                .noneMatch(note -> note.contains("more digits than a double holds"));
    }

    /** Two whole values are classes, three a number; any two values of an input are a number. */
    @Test
    void twoValuesAreClasses() throws IOException {
        assertThat(TableSet.learn(table(60, i -> Integer.toString(3 + i % 2)), options("z")).encoding().target())
                .isEqualTo(new Encoding.Classes("z", List.of("3", "4")));
        assertThat(TableSet.learn(table(60, i -> Integer.toString(3 + i % 3)), options("z")).encoding().target())
                .isInstanceOf(Encoding.Value.class);
        assertThat(learn(60, i -> Integer.toString(3 + i % 2)).encoding().columns().getFirst())
                .isInstanceOfSatisfying(Encoding.Numeric.class,
                        z -> assertThat(List.of(z.low(), z.high())).containsExactly(3.0, 4.0));
        assertThatThrownBy(() -> TableSet.learn(table(60, i -> "3"), options("z")))
                .hasMessageContaining("the target 'z' is the same in all 60 rows");
        assertThatThrownBy(() -> TableSet.learn(table(60, i -> i % 2 == 0 ? "1" : "true"), new TableSet.Options("z",
                TableSet.Task.CLASSIFICATION, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0.2, 1)))
                .hasMessageContaining("the target 'z' is the same in all 60 rows");
    }

    private Table three(String header, IntFunction<String> row) throws IOException {
        List<String> lines = new ArrayList<>(List.of(header));
        for (int i = 0; i < 40; i++) {
            lines.add(i * 3 % 40 + "," + row.apply(i));
        }
        return Table.open(Files.write(folder.resolve("three.csv"), lines));
    }

    /** Each target is looked at by itself: two values are enough, one is not, and texts are none. */
    @Test
    void ofSeveralTargetsEachIsANumber() throws IOException {
        assertThat(TableSet.learn(three("x,a,b", i -> i + "," + i % 2), options("a,b")).encoding().values()).hasSize(2);
        assertThat(TableSet.learn(three("x,a,b", i -> i % 2 + "," + i), options("a,b")).encoding().values()).hasSize(2);
        assertThatThrownBy(() -> TableSet.learn(three("x,a,b", i -> i + ",7"), options("a,b")))
                .hasMessageContaining("the target 'b' is the same in all 40 rows");
        assertThatThrownBy(() -> TableSet.learn(three("x,a,b", i -> i + "," + (i == 3 ? "red" : i)), options("a,b")))
                .hasMessageContaining("row 4 (line 5), column 'b': got 'red', regression needs a number");
        assertThatThrownBy(() -> TableSet.learn(three("x,a,b", i -> (i == 3 ? "red" : i) + "," + i), options("a,b")))
                .hasMessageContaining("column 'a': got 'red', regression needs a number");
        assertThat(TableSet.learn(three("x,\"a,b\",c", i -> i + "," + i), options("a,b")).encoding().targets())
                .as("a name with a comma").containsExactly("a,b");
    }

    @Test
    void quantilesMakeANumberOfTwoValues() throws IOException {
        TableSet.Options options = options("a").withLevels(List.of(0.1, 0.9));
        assertThat(TableSet.learn(three("x,a,b", i -> i % 2 + "," + i), options).encoding().target())
                .isInstanceOf(Encoding.Quantiles.class);
        assertThatThrownBy(() -> TableSet.learn(three("x,a,b", i -> "red," + i), options))
                .hasMessageContaining("got 'red', regression needs a number");
    }

    @Test
    void aFewWholeNumbersMayBeClassesAndFractionsNot() throws IOException {
        assertThat(TableSet.learn(three("x,a,b", i -> i % 3 + "," + i), options("a")).notes())
                .contains(
                        "'a' has 3 different whole numbers and is taken as a number; task=classification takes them as classes");
        assertThat(TableSet.learn(three("x,a,b", i -> i % 3 / 2.0 + "," + i), options("a")).notes())
                .noneMatch(note -> note.contains("task=classification"));
    }

    /** A column of dashes alone has no value, unless it is said to hold categories. */
    @Test
    void aColumnOfMarksAloneIsEmpty() throws IOException {
        TableSet set = TableSet.learn(three("x,a,b", i -> "-," + i), options("b"));
        assertThat(set.notes()).contains("column 'a' has no value in any row and is left out");
        assertThat(set.encoding().inputs()).containsExactly("x");
        TableSet asked = TableSet.learn(three("x,a,b", i -> "-," + i), new TableSet.Options("b", null, Set.of(), Set.of("a"),
                Encoding.Missing.REFUSE, 0.2, 1));
        assertThat(asked.encoding().inputs()).containsExactly("x", "a");
    }

    /** Marks of missing values count as numbers where it is to be told whether a column is meant to hold numbers. */
    @Test
    void marksAreCountedWithTheNumbers() throws IOException {
        assertThatThrownBy(
                () -> TableSet.learn(three("x,a,b", i -> (i < 10 ? i : i < 36 ? "-" : "w" + i) + "," + i), options("b")))
                .hasMessageContaining("got 'w36', expected a number as in 10 of 40 rows");
    }

    @Test
    void columnsThatAreNotThereAreNamedWhateverTheyAreFor() throws IOException {
        Table table = three("x,a,b", i -> i + "," + i);
        assertThatThrownBy(() -> TableSet.learn(table, new TableSet.Options("b", null, Set.of("aa"), Set.of(),
                Encoding.Missing.REFUSE, 0.2, 1))).hasMessageContaining("has no column 'aa' (did you mean 'a'?)");
        assertThatThrownBy(() -> TableSet.learn(table, new TableSet.Options("b", null, Set.of(), Set.of("aa"),
                Encoding.Missing.REFUSE, 0.2, 1))).hasMessageContaining("has no column 'aa' (did you mean 'a'?)");
        assertThatThrownBy(() -> TableSet.learn(table, options("b").withQuantiles(Set.of("aa"))))
                .hasMessageContaining("has no column 'aa' (did you mean 'a'?)");
        for (double share : new double[] {-0.1, 1, Double.NaN}) {
            assertThatThrownBy(() -> new TableSet.Options("b", null, Set.of(), Set.of(), Encoding.Missing.REFUSE, share, 1))
                    .hasMessageContaining("must be at least 0 and below 1, given " + share);
        }
    }

    /** The seed deals the rows: of classes, of numbers and of groups. */
    @Test
    void anotherSeedDealsOtherRows() throws IOException {
        for (Splitting by : List.of(Splitting.RANDOM, Splitting.group("a"))) {
            Set<String> dealt = new java.util.HashSet<>();
            for (int seed = 1; seed <= 4; seed++) {
                Table table = three("x,a,b", i -> i % 10 + "," + i);
                TableSet.Options options = new TableSet.Options("b", null, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0.3, seed)
                        .withSplitting(by);
                dealt.add(((Encoding.Value) TableSet.learn(table, options).encoding().target()).toString());
                assertThat(TableSet.learn(table, options).encoding()).isEqualTo(TableSet.learn(table, options).encoding());
            }
            assertThat(dealt).hasSize(4);
        }
    }

    /** 22 different texts in 30 cells, whatever the number of rows without one. */
    @Test
    void rowsWithoutAValueDoNotMakeCategoriesOfIds() throws IOException {
        Table table = table(120, i -> i < 90 ? "" : "k" + i % 22);
        assertThatThrownBy(() -> TableSet.learn(table, new TableSet.Options("y", null, Set.of(), Set.of(), Encoding.Missing.FILL,
                0.2, 1))).hasMessageContaining("column 'z' has 22 different texts in 120 rows");
    }

    @Test
    void standardInputIsCalledSo() throws IOException {
        java.io.InputStream before = System.in;
        try {
            System.setIn(new java.io.ByteArrayInputStream("x,y\n1,2\n3\n".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
            Table table = Table.open(Path.of("-"));
            assertThat(table.path()).isEqualTo(Path.of("standard input"));
            assertThatThrownBy(() -> CsvTableTest.cells(table)).hasMessage(
                    "standard input: row 2 (line 3) has 1 fields, expected 2 as in the header");
        } finally {
            System.setIn(before);
        }
    }

    /** round(0.2 x 33) and round(0.2 x 27) of each class; of both together where each is too small for a row. */
    @Test
    void eachClassGivesItsShareToTheSecondPart() {
        assertThat(dealt(new Split(new long[] {33, 27}, 0.2, 1), 33, 27)).containsExactly(7, 5);
        assertThat(dealt(new Split(new long[] {33, 27}, 0, 1), 33, 27)).containsExactly(0, 0);
        assertThat(dealt(new Split(new long[] {3, 1}, 0.9, 1), 3, 1)).as("never all").containsExactly(2, 0);
        int[] small = dealt(new Split(new long[] {2, 2, 2, 2, 2}, 0.2, 1), 2, 2, 2, 2, 2);
        assertThat(Arrays.stream(small).sum()).isEqualTo(2);
    }

    private static int[] dealt(Split split, int... sizes) {
        int[] second = new int[sizes.length];
        for (int s = 0; s < sizes.length; s++) {
            for (int i = 0; i < sizes[s]; i++) {
                second[s] += split.second(s) ? 1 : 0;
            }
        }
        return second;
    }

    @Test
    void namesAreSuggestedWhereHalfOfTheLettersAreRight() {
        List<String> known = List.of("price", "Size", "weight");
        assertThat(Names.suggestion("size", known)).isEqualTo(" (did you mean 'Size'?)");
        assertThat(Names.suggestion("prise", known)).isEqualTo(" (did you mean 'price'?)");
        assertThat(Names.suggestion("pxxce", known)).isEqualTo(" (did you mean 'price'?)");
        assertThat(Names.suggestion("pxxxe", known)).isEmpty();
        assertThat(Names.suggestion("weigth", known)).isEqualTo(" (did you mean 'weight'?)");
        assertThat(Names.suggestion("x", List.of())).isEmpty();
        assertThat(Names.some(List.of("a", "b"))).isEqualTo("a, b");
        List<String> many = java.util.stream.IntStream.range(0, 30).mapToObj(i -> "c" + i).toList();
        assertThat(Names.some(many)).startsWith("c0, c1, ").endsWith(", ... (30 in all)");
        assertThat(Names.nearest("wight", known)).isEqualTo("weight");
    }
}
