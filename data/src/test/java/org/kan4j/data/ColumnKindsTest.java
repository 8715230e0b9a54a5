// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** What a column is taken as, and what is said about it: nothing becomes categories in silence. */
class ColumnKindsTest {

    private static final int ROWS = 200;

    @TempDir
    Path folder;

    /** A table of columns z (of the given cells) and y = 1, 2, ... */
    private Table table(int rows, IntFunction<String> cell) throws IOException {
        List<String> lines = new ArrayList<>(List.of("z\ty"));
        for (int i = 0; i < rows; i++) {
            lines.add(cell.apply(i) + "\t" + (i + 0.5));
        }
        return Table.open(Files.write(folder.resolve("t.tsv"), lines));
    }

    private static TableSet.Options options(String target) {
        return new TableSet.Options(target, null, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0.2, 1);
    }

    private TableSet learn(IntFunction<String> cell) throws IOException {
        return TableSet.learn(table(ROWS, cell), options("y"));
    }

    @Test
    void categoriesAreNotedWithNameCountAndExample() throws IOException {
        TableSet set = learn(i -> "k" + i % 3);
        assertThat(set.encoding().columns().getFirst()).isEqualTo(new Encoding.Categorical("z", List.of("k0", "k1", "k2")));
        assertThat(set.notes()).containsExactly("taken as categories, one input for each text: 'z' (3 different, such as 'k0')");
        assertThat(learn(i -> "k" + i % 30).notes()).anyMatch(note -> note.contains("30 different") && note.contains("drop=z"));
        TableSet asked = TableSet.learn(table(ROWS, i -> "k" + i % 3), new TableSet.Options("y", null, Set.of(), Set.of("z"),
                Encoding.Missing.REFUSE, 0.2, 1));
        assertThat(asked.notes()).isEmpty();
    }

    @Test
    void idsAreNoCategories() throws IOException {
        assertThatThrownBy(() -> learn(i -> "customer" + i)).isInstanceOf(DataException.class)
                .hasMessageContaining("column 'z' has 200 different texts in 200 rows, such as 'customer0', which is no category "
                        + "(drop=z leaves it out, categorical=z");
        TableSet asked = TableSet.learn(table(ROWS, i -> "customer" + i), new TableSet.Options("y", null, Set.of(), Set.of("z"),
                Encoding.Missing.REFUSE, 0.2, 1));
        assertThat(asked.encoding().features()).isEqualTo(ROWS);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {
        "1,%d!format.decimal=,", "%d,5!format.decimal=,", "1,%03d!format.thousands", "%d %%!percentages",
        "$%d.50!amounts of money",
        "%d €!amounts of money", "(%d)!negative numbers in brackets", "2020-01-%02d!dates", "2020-01-%02dT10:00:00!dates",
        "%02d.01.2020!dates", "01/%02d/20!dates", "%d Jan 2020!dates", "March %d, 2020!dates", "2020/1/%d!dates", "10:%02d!times",
        "10:%02d:00 PM!times", "0x%02x!hexadecimal", "1.%dD+03!Fortran"})
    void numbersInOtherNotationsDatesAndTimesAreNamed(String format, String remedy) throws IOException {
        // One point: without it a file's decimal commas are certain, and read.
        IntFunction<String> cell = i -> String.format(format, 1 + i % 28);
        assertThatThrownBy(() -> TableSet.learn(table(ROWS, cell), new TableSet.Options("y", null, Set.of(), Set.of(),
                Encoding.Missing.FILL, 0.2, 1))).isInstanceOf(DataException.class)
                .hasMessageContaining("row 1 (line 2), column 'z': got '" + cell.apply(0) + "'")
                .hasMessageContaining(remedy).hasMessageContaining("categorical=z").hasMessageContaining("drop=z");
        // As a target they do not become classes either.
        Table target = table(ROWS, cell);
        assertThatThrownBy(() -> TableSet.learn(target, options("z"))).isInstanceOf(DataException.class)
                .hasMessageContaining(remedy);
        assertThatThrownBy(() -> TableSet.learn(target, new TableSet.Options("z", TableSet.Task.REGRESSION, Set.of(), Set.of(),
                Encoding.Missing.REFUSE, 0.2, 1))).hasMessageContaining(remedy);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 5, 20, 50})
    void unknownMarksOfMissingValuesAreNamedWithTheirOption(int every) throws IOException {
        IntFunction<String> cell = i -> i % every == 1 ? "keine" : Integer.toString(i);
        assertThatThrownBy(() -> learn(cell)).hasMessageContaining("got 'keine'").hasMessageContaining("format.missing=keine");
        Table table = table(ROWS, cell);
        Table told = Table.open(table.path(), CsvFormat.FROM_FILE.withMissing(Set.of("keine")));
        TableSet set = TableSet.learn(told, new TableSet.Options("y", null, Set.of(), Set.of(), Encoding.Missing.FILL, 0.2, 1));
        assertThat(set.encoding().columns().getFirst()).isInstanceOf(Encoding.Numeric.class);
    }

    /** The usual marks need no option, and are no further texts. */
    @Test
    void onlyUnknownMarksAreAdvisedOf() throws IOException {
        List<String> marks = List.of("-", ".", "*", "n.a.", "keine");
        assertThatThrownBy(() -> learn(i -> i % 3 == 0 ? marks.get(i / 3 % 5) : Integer.toString(i)))
                .hasMessageContaining("format.missing=keine takes such cells as no value");
    }

    @Test
    void aTargetOfNearlyAsManyTextsAsRowsIsNoClass() throws IOException {
        for (int rows : new int[] {8, 60, 2400}) {
            Table table = table(rows, i -> "k" + i / (rows == 2400 ? 2 : 1));
            assertThatThrownBy(() -> TableSet.learn(table, options("z"))).hasMessageContaining("the target 'z' has "
                    + (rows == 2400 ? "more than 1000" : rows) + " different texts in " + rows + " rows").hasMessageContaining(
                            "task=classification takes each as a class");
        }
        Table table = table(2400, i -> "k" + i / 2);
        TableSet asked = TableSet.learn(table, new TableSet.Options("z", TableSet.Task.CLASSIFICATION, Set.of(), Set.of(),
                Encoding.Missing.REFUSE, 0.2, 1));
        assertThat(asked.encoding().target().width()).isEqualTo(1200);
    }

    @Test
    void labelsAndCategoriesAreComparedAsValues() throws IOException {
        Encoding ints = TableSet.learn(table(ROWS, i -> Integer.toString(i % 2)), options("z")).encoding();
        assertThat(((Encoding.Classes) ints.target()).labels()).containsExactly("0", "1");
        for (String[] same : new String[][] {{"0.0", "1.0"}, {"false", "true"}, {"FALSE", "TRUE"}, {"0", "1e0"}, {"-0", "01"}}) {
            assertThat(targets(table(2, i -> same[i]), ints)).as("%s", List.of(same)).containsExactly(0, 1);
        }
        assertThatThrownBy(() -> targets(table(2, i -> "2"), ints)).hasMessageContaining("'2' is not one of the classes");
        Encoding truths = TableSet.learn(table(ROWS, i -> i % 2 == 0 ? "True" : "False"), options("z")).encoding();
        assertThat(((Encoding.Classes) truths.target()).labels()).containsExactly("False", "True");
        assertThat(targets(table(2, i -> i == 0 ? "0" : "true"), truths)).containsExactly(0, 1);
        String[] spellings = {"TRUE", "True", "true", "1", "1.0", "false", "FALSE", "0", "0.0", "False"};
        Encoding all = TableSet.learn(table(ROWS, i -> spellings[i % 10]), options("z")).encoding();
        assertThat(((Encoding.Classes) all.target()).labels()).containsExactly("0", "1");
        Encoding more = TableSet.learn(table(ROWS, i -> i % 11 == 10 ? "maybe" : spellings[i % 11]), options("z")).encoding();
        assertThat(((Encoding.Classes) more.target()).labels()).containsExactly("0", "1", "maybe");
        Encoding mixed = TableSet.learn(table(ROWS, i -> i % 2 == 0 ? "1" : i % 4 == 1 ? "0" : "0.0"), options("z")).encoding();
        assertThat(((Encoding.Classes) mixed.target()).labels()).containsExactly("0", "1");
    }

    private static double[] targets(Table table, Encoding encoding) {
        Encoding only = new Encoding("t", List.of(new Encoding.Numeric("y", 0, 1, 0)), encoding.target(),
                Encoding.Missing.REFUSE);
        try (Arena arena = Arena.ofConfined()) {
            return ((org.kan4j.rows.Dataset) TableRows.all(table, only, true).load(arena, DType.F64, Part.DEFAULT_MEMORY))
                    .targets()
                    .toDoubles();
        }
    }

    private static double[] features(Table table, Encoding encoding, List<String> notes) {
        try (Arena arena = Arena.ofConfined()) {
            RowSource rows = TableRows.all(table, encoding, false, notes::add).load(arena, DType.F64, Part.DEFAULT_MEMORY);
            HostTensor x = HostTensor.allocate(arena, DType.F64, rows.size(), rows.in());
            try (RowSource.Pass pass = rows.inOrder()) {
                pass.read(0, rows.size(), x.segment(), MemorySegment.NULL, MemorySegment.NULL);
            }
            return x.toDoubles();
        }
    }

    @Test
    void unseenCategoriesAreUnknownWhereAsked() throws IOException {
        Encoding encoding = learn(i -> "k" + i % 2).encoding();
        Table other = table(2, i -> i == 0 ? "k1" : "new");
        assertThatThrownBy(() -> features(other, encoding, new ArrayList<>())).hasMessageContaining("unseen=unknown");
        Encoding lenient = Encoding.fromJson(encoding.with(Encoding.Missing.REFUSE, Encoding.Unseen.UNKNOWN).toJson());
        assertThat(features(other, lenient, new ArrayList<>())).containsExactly(0, 1, 0, 0);
    }

    @Test
    void aConstantThatChangesIsNotedOnce() throws IOException {
        Encoding encoding = learn(i -> "3").encoding();
        List<String> notes = new ArrayList<>();
        assertThat(features(table(5, i -> Integer.toString(i > 1 ? 7 : 3)), encoding, notes)).containsOnly(0);
        assertThat(notes)
                .containsExactly("column 'z' was 3 in all rows that the model was trained on and is 7 in row 3; the model "
                        + "takes no account of it");
    }

    @Test
    void aConstantThatIsMissingIsNotAnother() throws IOException {
        Encoding encoding = learn(i -> "3").encoding().with(Encoding.Missing.FILL, Encoding.Unseen.REFUSE);
        List<String> notes = new ArrayList<>();
        assertThat(features(table(4, i -> i == 1 ? "" : i == 2 ? "-" : "3"), encoding, notes)).containsOnly(0);
        assertThat(notes).isEmpty();
    }

    @Test
    void everyClassHasARowToTrainOn() throws IOException {
        for (int seed = 0; seed < 20; seed++) {
            TableSet set = TableSet.learn(table(ROWS, i -> i == 7 ? "rare" : "k" + i % 2),
                    new TableSet.Options("z", null, Set.of(),
                            Set.of(), Encoding.Missing.REFUSE, 0.9, seed));
            try (Arena arena = Arena.ofConfined()) {
                org.kan4j.rows.Dataset train = (org.kan4j.rows.Dataset) set.parts().train().load(arena, DType.F64,
                        Part.DEFAULT_MEMORY);
                assertThat(train.targets().toDoubles()).contains(2);
            }
        }
    }

    @Test
    void skewAndOutliersAreSaidAndQuantilesHelp() throws IOException {
        IntFunction<String> skewed = i -> Double.toString(Math.exp(-8 + 16.0 * i / ROWS));
        for (IntFunction<String> cell : List.of(skewed,
                (IntFunction<String>) i -> i == 50 ? "1e30" : Double.toString(i / 100.0))) {
            TableSet auto = learn(cell);
            assertThat(auto.notes()).hasSize(1).first().asString().contains("'z' is spread unevenly",
                    "scaled by quantiles (scaling=range");
            TableSet.Options range = options("y").withScaling(Encoding.Scaling.RANGE);
            TableSet plain = TableSet.learn(table(ROWS, cell), range);
            assertThat(plain.notes()).hasSize(1).first().asString().contains("'z' is spread unevenly", "quantiles=z");
            assertThat(((Encoding.Numeric) plain.encoding().columns().getFirst()).quantiles()).isEmpty();
            TableSet set = TableSet.learn(table(ROWS, cell), options("y").withQuantiles(Set.of("z")));
            assertThat(set.notes()).isEmpty();
            assertThat(auto.encoding()).isEqualTo(set.encoding());
            Encoding encoding = Encoding.fromJson(set.encoding().toJson());
            assertThat(encoding).isEqualTo(set.encoding());
            double[] x = features(table(ROWS, cell), encoding, new ArrayList<>());
            for (int part = 0; part < 4; part++) { // as a normal distribution has them between -2.5 and 2.5 deviations
                double from = -1 + part / 2.0;
                double share = part == 0 || part == 3 ? 0.1056 : 0.3944;
                assertThat(java.util.Arrays.stream(x).filter(v -> v >= from && v < from + 0.5).count())
                        .isBetween(Math.round((share - 0.06) * ROWS), Math.round((share + 0.06) * ROWS));
            }
        }
        // Even, normal and exponential values, counts, flags and few values are as they should be.
        java.util.SplittableRandom random = new java.util.SplittableRandom(1);
        for (IntFunction<String> cell : List.of((IntFunction<String>) i -> Integer.toString(2 * i),
                i -> Double.toString(random.nextGaussian()),
                i -> Double.toString(random.nextExponential()), i -> Integer.toString(i % 2), i -> i % 50 == 0 ? "1" : "0",
                i -> i % 3 == 0 ? "0" : Integer.toString(i))) {
            assertThat(learn(cell).notes()).isEmpty();
        }
        assertThatThrownBy(() -> TableSet.learn(table(ROWS, i -> "k" + i % 2), options("y").withQuantiles(Set.of("z"))))
                .hasMessageContaining("quantiles=z names a column of texts");
    }

    @Test
    void aColumnThatCountsTheRowsIsNoted() throws IOException {
        assertThat(learn(i -> Integer.toString(i + 1)).notes()).containsExactly(
                "'z' counts the rows; if it is an index and no measurement, drop=z leaves it out");
        assertThat(learn(i -> Integer.toString(i == 99 ? 98 : i)).notes()).isEmpty();
    }

    @Test
    void allRowsCanBeTrainedOn() throws IOException {
        TableSet set = TableSet.learn(table(ROWS, i -> Integer.toString(i)), new TableSet.Options("y", null, Set.of(), Set.of(),
                Encoding.Missing.REFUSE, 0, 1));
        assertThat(set.parts().train().rows()).isEqualTo(ROWS);
        assertThat(set.parts().test().rows()).isZero();
        assertThat(((Encoding.Value) set.encoding().target()).mean()).isCloseTo(ROWS / 2.0, within(1e-9));
    }

    @Test
    void optionsWithoutATargetAreRefusedInWords() {
        assertThatThrownBy(() -> options(null)).isInstanceOf(DataException.class).hasMessageContaining("no target is named");
    }

    // ------------------------------------------------------------------------------------------------- what looks odd

    @Test
    void codesWithLeadingZerosAreNoted() throws IOException {
        TableSet set = learn(i -> "%05d".formatted(500 + 431 * (i * 7 % 200)));
        assertThat(set.encoding().columns().getFirst()).isInstanceOf(Encoding.Numeric.class);
        assertThat(set.notes())
                .containsExactly("'z' has numbers with leading zeros, such as '00500', as codes have, and is taken "
                        + "as a number; categorical=z takes each as a category");
        for (String decimal : List.of("0.5", "0", "-0", "0e0")) {
            assertThat(learn(i -> i % 2 == 0 ? decimal : Integer.toString(i)).notes()).as(decimal).isEmpty();
        }
    }

    @Test
    void wholeNumbersThatADoubleRoundsAreNoted() throws IOException {
        assertThat(learn(i -> "90071992547409" + (100 + i * 37 % 200)).notes()).containsExactly("'z' has whole numbers of more "
                + "digits than a double holds, such as '90071992547409100', which are rounded; if they are ids, drop=z leaves "
                + "them out");
        assertThat(learn(i -> "9007199254740" + (100 + i * 37 % 200) + "e9").notes()).isEmpty();
        assertThat(learn(i -> "9007199254740" + (100 + i * 37 % 200)).notes()).as("below 2^53").isEmpty();
    }

    @Test
    void aMarkOfNoValueAmongNumbersIsNoted() throws IOException {
        assertThat(learn(i -> i % 20 == 3 ? "-999" : Double.toString(i * 37 % 200 / 100.)).notes()).singleElement().asString()
                .contains("'z' is spread unevenly").endsWith("; if -999 means no value, format.missing=-999 says so");
    }

    @Test
    void textsThatDifferInCaseOnlyAreNoted() throws IOException {
        assertThat(learn(i -> List.of("red", "Red", "blue").get(i % 3)).notes())
                .contains("the categories 'Red' and 'red' differ only in upper and lower case in 'z'");
        Table labels = Table.open(Files.write(folder.resolve("l.csv"), ("x,label\n" + "1,yes\n2,Yes\n3,no\n".repeat(20))
                .getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        assertThat(TableSet.learn(labels, options("label")).notes())
                .contains("the classes 'Yes' and 'yes' differ only in upper and lower case");
    }

    /** What helps with an input is no advice for the target. */
    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {"$%d.50!amounts of money", "%d %%!percentages", "2024-01-%02d!dates"})
    void aTargetInAnotherNotationIsToldWhatHelps(String cell, String what) throws IOException {
        List<String> lines = new ArrayList<>(List.of("x;y"));
        for (int i = 0; i < 60; i++) {
            lines.add(i * 7 % 60 + ";" + cell.formatted(i % 28 + 1));
        }
        Table table = Table.open(Files.write(folder.resolve("y.csv"), lines));
        assertThatThrownBy(() -> TableSet.learn(table, options("y"))).hasMessageContaining(what)
                .hasMessageContaining("(task=classification takes each as a class)").hasMessageNotContaining("drop=")
                .hasMessageNotContaining("categorical=");
    }

    @Test
    void classesOfOneRowEachCannotBeTestedOn() throws IOException {
        TableSet.Options asked = new TableSet.Options("y", TableSet.Task.CLASSIFICATION, Set.of(), Set.of(),
                Encoding.Missing.REFUSE, 0.2, 1);
        assertThatThrownBy(() -> TableSet.learn(table(50, i -> Integer.toString(i * 7 % 50)), asked))
                .hasMessageContaining(
                        "50 rows of 50 classes leave 50 to train and 0 to test on with testShare=0.2; testShare=0 trains");
    }

    @Test
    void namesThatAreNoWordsAreQuotedInAdvice() {
        assertThat(List.of("x", "größe", "Unnamed: 0", "a, b", "it's", "p(1)").stream().map(name -> Names.option("drop", name)))
                .containsExactly("drop=x", "drop=größe", "drop='Unnamed: 0'", "drop='\"a, b\"'", "drop='it's'", "drop='p(1)'");
    }
}
