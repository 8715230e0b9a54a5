// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.KanException;

/** Where the front door's choices change, at both sides, and what it tells of rows, to the last number. */
class FrontEdgesTest {

    // ---------------------------------------------------------------------------------------------------------- recipes

    /** Epochs pass 400,000 rows beyond 20, fewer of rows wider than 40. */
    @ParameterizedTest
    @CsvSource({"1, 8, false, 32|16, 10, 0, 200, 16, 0.005, 0.4, 0, 3, 200, 1.0, 3",
        "29, 8, false, 32|16, 10, 0, 200, 16, 0.005, 0.4, 0, 3, 200, 1.0, 3",
        "30, 8, false, 32|16, 10, 5, 200, 16, 0.005, 0.4, 4, 3, 200, 1.0, 3",
        "29, 8, true, 32|16, 5, 0, 200, 16, 0.005, 0.4, 0, 3, 200, 1.0, 3",
        "30, 8, true, 32|16, 5, 12, 200, 16, 0.005, 0.4, 4, 3, 200, 1.0, 3",
        "999, 8, false, 32|16, 10, 5, 200, 16, 0.005, 0.4, 4, 3, 200, 1.0, 3",
        "1000, 8, false, 32|16, 10, 5, 200, 16, 0.005, 0.4, 4, 1, 200, 1.0, 3",
        "4000, 8, false, 32|16, 10, 5, 120, 16, 0.005, 0.4, 4, 1, 120, 1.0, 3",
        "4000, 40, false, 32|16, 10, 5, 120, 16, 0.005, 0.4, 4, 1, 120, 1.0, 3",
        "4000, 41, false, 32|16, 10, 5, 117, 16, 0.005, 0.4, 4, 1, 117, 1.0, 3",
        "4999, 8, true, 32|16, 5, 12, 100, 16, 0.005, 0.4, 4, 1, 100, 1.0, 3",
        "5000, 8, true, 64|32, 10, 0, 100, 128, 0.01, 0.4, 4, 1, 50, 1.0, 3",
        "19999, 8, false, 64|32, 10, 0, 40, 128, 0.01, 0.4, 4, 1, 20, 1.0, 3",
        "20000, 8, false, 64|32, 10, 0, 40, 256, 0.01, 0.4, 4, 1, 20, 1.0, 3",
        "50000, 8, false, 64|32, 10, 0, 28, 256, 0.01, 0.4, 4, 1, 14, 1.0, 3",
        "50001, 8, false, 64|32, 10, 0, 27, 256, 0.01, 0.1, 0, 1, 14, 1.0, 1"})
    void theRecipeAtItsBorders(long rows, long features, boolean classes, String hidden, int grid, int other, int epochs,
            int batch,
            double rate, double decay, int decays, int comparisons, int compared, double any, int members) {
        Recipe recipe = Recipe.of(rows, features, classes);
        assertEquals(
                new Recipe(List.of(hidden.split("\\|")).stream().map(Long::valueOf).toList(), grid, other, epochs, batch, rate,
                        Math.pow(0.02, any / epochs), decay, decays == 0 ? List.of() : List.of(0.001, 0.1, 0.4, 1.5), comparisons,
                        compared,
                        members),
                recipe);
        assertEquals(decays > 0, recipe.choosesColumns());
        assertEquals(comparisons == 3 ? 3 : 2, recipe.transformComparisons());
        assertEquals(Recipe.of(rows, features), Recipe.of(rows, features, false));
    }

    @Test
    void whatIsChangedOfARecipeAndWhatIsNot() {
        Recipe recipe = Recipe.of(2000, 8);
        assertEquals(
                new Recipe(List.of(32L, 16L), 10, 5, 7, 16, 0.005, Math.pow(0.02, 1 / 7.0), 0.4, List.of(0.001, 0.1, 0.4, 1.5),
                        1, 7, 3),
                recipe.withEpochs(7));
        assertEquals(200, recipe.withEpochs(900).comparedEpochs());
        Recipe own = new Recipe(List.of(32L), 5, 0, 20, 32, 0.005, 0.9, 1e-4, List.of(), 0, 0, 1);
        assertEquals(0.9, own.withEpochs(7).decay());
        assertEquals(
                new Recipe(List.of(32L, 16L), 5, 0, 200, 16, 0.005, recipe.decay(), 0.4, List.of(0.001, 0.1, 0.4, 1.5), 1, 200,
                        3),
                recipe.onOtherGrid());
        assertFalse(recipe.takesFewer(0.951, 1));
        assertTrue(recipe.takesFewer(0.949, 1));
        assertFalse(recipe.takesOther(0.951, 1), "a coarser grid");
        assertTrue(recipe.takesOther(0.949, 1));
        Recipe classes = Recipe.of(2000, 8, true);
        assertFalse(classes.takesOther(1, 1), "a finer grid");
        assertTrue(classes.takesOther(0.999, 1));
        assertFalse(new Recipe(List.of(), 5, 0, 1, 1, 1, 1, 0, List.of(0.1), 1, 1, 1).choosesColumns(), "of one network");
    }

    // ---------------------------------------------------------------------------------------------------------- reports

    /** Fifteen steps, each with its lower end; all that is sure is in the last one. */
    @Test
    void confidenceIsDealtToFifteenSteps() {
        double[] sure = {0.51, 0.54, 0.61, 0.67, 0.74, 0.81, 0.87, 0.94, 1};
        double[][] probabilities = IntStream.range(0, 9).mapToObj(i -> new double[] {1 - sure[i], sure[i]})
                .toArray(double[][]::new);
        Report report = Report.classes(List.of("a", "b"), probabilities, new int[] {1, 1, 1, 1, 1, 1, 1, 1, 0});
        assertEquals(List.of(1L, 1L, 1L, 1L, 1L, 1L, 1L, 2L), report.reliability().stream().map(Report.Bin::rows).toList());
        assertEquals(new Report.Bin((0.94 + 1) / 2, 0.5, 2), report.reliability().getLast());
        assertEquals((0.49 + 0.46 + 0.39 + 0.33 + 0.26 + 0.19 + 0.13 + 2 * 0.47) / 9, report.measures().get("ece"), 1e-12);
        long[][] confusion = report.confusionMatrix();
        confusion[0][0] = 77;
        assertArrayEquals(new long[][] {{0, 1}, {0, 8}}, report.confusionMatrix(), "a copy");
    }

    @Test
    void curvesHaveTwoHundredPointsAndPairsFiveThousand() {
        for (int n : new int[] {150, 200, 400, 1000}) {
            double[][] probabilities = IntStream.range(0, n).mapToObj(i -> new double[] {1 - i / (double) n, i / (double) n})
                    .toArray(double[][]::new);
            List<Report.RocPoint> roc = Report.classes(List.of("a", "b"), probabilities, IntStream.range(0, n).map(i -> i % 2)
                    .toArray()).roc("b");
            assertEquals(Math.min(n, 200) + 1, roc.size());
            assertEquals(new Report.RocPoint(0, 0), roc.getFirst());
            assertEquals(new Report.RocPoint(1, 1), roc.getLast());
        }
        for (int n : new int[] {4999, 5000, 5001, 12_345}) {
            double[] values = IntStream.range(0, n).asDoubleStream().toArray();
            List<double[]> pairs = Report.values(values, values).pairs();
            assertEquals(Math.min(n, 5000), pairs.size());
            for (int i = 0; i < pairs.size(); i++) {
                assertEquals((long) i * n / pairs.size(), pairs.get(i)[1]);
            }
        }
    }

    /** What is not a number is no end of the measuring. */
    @Test
    void probabilitiesThatAreNoneAreMeasuredToTheEnd() {
        Report report = Report.classes(List.of("a", "b"), new double[][] {{Double.NaN, Double.NaN}, {0.4, 0.6}},
                new int[] {0, 1});
        assertEquals(2, report.rows());
        assertEquals(1, report.accuracy().orElseThrow(), "the first of none");
    }

    @Test
    void aReportSaysItAll() {
        double[] truth = IntStream.range(0, 1500).asDoubleStream().toArray();
        double[] predicted = IntStream.range(0, 1500).mapToDouble(i -> i + (i % 2 == 0 ? 1 : -3)).toArray();
        assertEquals(List.of("1,500 rows", "rmse         2.236", "mae          2.000", "r2           1.000"),
                Report.values(predicted, truth).toString().lines().toList());
        double[][] probabilities = IntStream.range(0, 1500).mapToObj(i -> new double[] {0.25, 0.5, 0.25})
                .toArray(double[][]::new);
        assertEquals(List.of("      precision    recall        f1      rows  predicted as",
                "a        0.0000    0.0000    0.0000       500  [0, 500, 0]",
                "b        0.3333    1.0000    0.5000       500  [0, 500, 0]",
                "c        0.0000    0.0000    0.0000       500  [0, 500, 0]"),
                Report.classes(List.of("a", "b", "c"), probabilities, IntStream.range(0, 1500).map(i -> i % 3).toArray())
                        .toString()
                        .lines().skip(6).toList());
        assertEquals(
                List.of("         precision    recall        f1      rows", "longname    1.0000    0.5000    0.6667         2"),
                Report.labels(List.of("longname"), new double[][] {{0.9}, {0.1}}, new boolean[][] {{true}, {true}}).toString()
                        .lines().skip(5).toList());
    }

    /** Each is below its own level, on the bound is in; the middle of an even number of levels is no median. */
    @Test
    void quantilesAtTheirBounds() {
        Encoding.Quantiles target = new Encoding.Quantiles(new Encoding.Value("my_y", 0, 1), List.of(0.05, 0.25, 0.75, 0.975));
        Report report = Report.quantiles(target, new double[][] {{1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}},
                new double[][] {{1}, {4}, {4.5}});
        Map<String, Double> measures = new LinkedHashMap<>(report.measures());
        assertEquals(
                (0 + 0.75 * 1 + 0.25 * 2 + 0.025 * 3 + 0.05 * 3 + 0.25 * 2 + 0.75 * 1 + 0 + 0.05 * 3.5 + 0.25 * 2.5 + 0.75 * 1.5
                        + 0.975 * 0.5) / 12,
                measures.remove("pinball"), 1e-12);
        assertEquals(0.925, measures.remove("nominal"), 1e-12);
        Map<String, Double> expected = new LinkedHashMap<>();
        expected.put("coverage", 2 / 3.0);
        expected.put("width", 3.0);
        expected.put("below q05", 1 / 3.0);
        expected.put("below q25", 1 / 3.0);
        expected.put("below q75", 1 / 3.0);
        expected.put("below q97 5", 2 / 3.0);
        assertEquals(expected.values().stream().toList(), measures.values().stream().toList(), measures.toString());
        assertEquals(List.of("coverage", "width", "below q05", "below q25", "below q75"),
                List.copyOf(measures.keySet()).subList(0, 5));
    }

    // ------------------------------------------------------------------------------------------------------------ cells

    private enum Colour {
        RED {
            @Override
            public String toString() {
                return "rot";
            }
        }
    }

    @Test
    void cellsOfEveryTypeAreNumbersTextsOrMissing() {
        Map<Object, Object> numbers = new LinkedHashMap<>();
        numbers.put(true, 1.0);
        numbers.put(false, 0.0);
        numbers.put(2.5f, 2.5);
        numbers.put('7', 7.0);
        numbers.put(" 1e3 ", 1000.0);
        numbers.put("1.", 1.0);
        numbers.put(".5", 0.5);
        numbers.put(Optional.of("3"), 3.0);
        numbers.put(OptionalInt.of(4), 4.0);
        numbers.put(OptionalLong.of(5), 5.0);
        numbers.put(OptionalDouble.of(0), 0.0);
        numbers.forEach((cell, number) -> assertEquals(number, row(cell).number(0), cell.toString()));
        for (Object none : List.of("1d", "1f", "0x10", "1e", "x", "", "NaN", "Infinity", "1 2", Colour.RED)) {
            assertFalse(CellRow.isNumber(none), none.toString());
            assertEquals("here, 'c': expected a number, got '" + none + "'",
                    assertThrows(KanException.class, () -> row(none).number(0)).getMessage());
        }
        for (Object gone : new Object[] {null, Double.NaN, Float.NaN, Optional.empty(), OptionalInt.empty(), OptionalLong.empty(),
            OptionalDouble.empty()}) {
            assertTrue(row(gone).missing(0), String.valueOf(gone));
        }
        Map<Object, String> texts = new LinkedHashMap<>();
        texts.put(Colour.RED, "RED");
        texts.put(1.0, "1");
        texts.put(1.5f, "1.5");
        texts.put(0.1f, "0.1");
        texts.put(-2f, "-2");
        texts.put('a', "a");
        texts.put(true, "true");
        texts.put(1e300, "1.0E300");
        texts.put(12L, "12");
        texts.forEach((cell, text) -> assertEquals(text, row(cell).text(0)));
    }

    private static CellRow row(Object cell) {
        return new CellRow("here", List.of("c"), i -> cell);
    }

    // ---------------------------------------------------------------------------------------------------------- columns

    /** A bean with all that looks like a getter and is none. */
    public static class Bean {
        /** One. */
        public double getZeta() {
            return 1;
        }

        /** Another. */
        public boolean isAlive() {
            return true;
        }

        /** A name of its own. */
        public String getURL() {
            return "u";
        }

        /** No name. */
        public int get() {
            return 2;
        }

        /** No name either. */
        public boolean is() {
            return false;
        }

        /** Asks for something. */
        public int getAt(int place) {
            return place;
        }

        /** Of no object. */
        public static int getShared() {
            return 3;
        }

        /** Gives nothing. */
        public void getReady() {
            // nothing to do
        }

        /** Called otherwise. */
        public int gettable() {
            return 4;
        }

        /** No getter at all. */
        public int size() {
            return 5;
        }
    }

    /** A row that fails. */
    public static final class Failing {
        /** Never gives it. */
        public double getX() {
            throw new IllegalStateException("too early");
        }
    }

    @Test
    void gettersAreColumnsInTheirOrder() {
        Columns<Bean> columns = Columns.of(Bean.class);
        assertEquals(List.of("alive", "table", "uRL", "zeta"), columns.names());
        List<Object> cells = columns.all().stream().<Object>map(column -> column.cell().apply(new Bean())).toList();
        assertEquals(List.of(true, 4, "u", 1.0), cells);
        assertEquals("getX of a row failed: java.lang.IllegalStateException: too early", assertThrows(KanException.class,
                () -> Columns.of(Failing.class).all().getFirst().cell().apply(new Failing())).getMessage());
        assertEquals("there is no column 'b'; the columns are [alive, table, uRL, zeta]",
                assertThrows(KanException.class, () -> columns.without("b")).getMessage());
        assertEquals(List.of("table", "zeta"), columns.without("alive", "uRL").names());
        assertEquals("there is a column 'zeta' already",
                assertThrows(KanException.class, () -> columns.number("zeta", bean -> 1)).getMessage());
    }

    /** Numbers are such whatever they are, categories too; of maps and records the values tell. */
    @Test
    void kindsOfColumnsAreWhatTheyWereSaidToBe() {
        Columns<String> said = Columns.<String>of().number("length", String::length).category("code", text -> text);
        assertEquals(List.of(Columns.Kind.NUMBER, Columns.Kind.CATEGORY), said.all().stream().map(Columns.Column::kind).toList());
        assertEquals(List.of(Columns.Kind.BY_VALUE, Columns.Kind.BY_VALUE, Columns.Kind.BY_VALUE, Columns.Kind.BY_VALUE),
                Columns.of(Bean.class).all().stream().map(Columns.Column::kind).toList());
        List<String> rows = IntStream.range(0, 30).mapToObj(i -> Integer.toString(10 + i % 3)).toList();
        List<Encoding.Column> columns = Learner.learn(Examples.of(rows, said, text -> text.charAt(1) - '0'), Learner.Task.VALUE,
                Encoding.Missing.REFUSE, Encoding.Unseen.REFUSE, Encoding.Scaling.AUTO, List.of(),
                org.kan4j.encoding.Transform.Choice.NONE).encoding().columns();
        assertEquals(new Encoding.Categorical("code", List.of("10", "11", "12")), columns.get(1));
        assertTrue(columns.get(0) instanceof Encoding.Numeric);
    }

    // --------------------------------------------------------------------------------------------------------- examples

    @Test
    void examplesKeepWhatIsSaidOfThemThroughEveryStep() {
        double[][] x = IntStream.range(0, 6).mapToObj(i -> new double[] {i, -i}).toArray(double[][]::new);
        double[] y = {0, 1, 2, 3, 4, 5};
        double[] weights = {1, 2, 3, 4, 5, 6};
        double[] times = {5, 4, 3, 2, 1, 0};
        Examples all = Examples.of(x, y).weighted(weights).ordered(times).named("a", "b").predicting("t");
        weights[5] = 100;
        times[5] = 100;
        Examples examples = all.select(5, 0, 2);
        assertEquals(List.of("a", "b"), examples.names());
        assertEquals("t", examples.target());
        assertArrayEquals(new double[] {6, 1, 3}, examples.weights(), "copied when they were given");
        assertArrayEquals(new double[] {0, 5, 3}, examples.dealing().times());
        assertEquals(List.of("row 0", "row 1", "row 2"),
                IntStream.range(0, 3).mapToObj(i -> examples.inputs(i).where()).toList());
        assertEquals("5.0 -5.0 5.0", examples.inputs(0).number(0) + " " + examples.inputs(0).number(1) + " "
                + examples.targetOf(0).number(0));
        assertEquals(-2, examples.inputs(2, List.of("b")).number(0));
        Examples grouped = Examples.of(x, y).grouped(List.of("p", "q", "p", "q", "r", "r")).weighted(1, 2, 3, 4, 5, 6).select(4,
                3);
        assertEquals(List.of("r", "q"), grouped.dealing().groups());
        assertArrayEquals(new double[] {5, 4}, grouped.weights());
        Examples both = Examples.of(x, y).weighted(1, 2, 3, 4, 5, 6).grouped(List.of("p", "q", "p", "q", "r", "r"));
        assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, both.weights(), "groups leave weights as they are");
    }

    @Test
    void severalTargetsHaveTheNamesThatAreGiven() {
        double[][] x = {{1}, {2}};
        double[][] two = {{3, 4}, {5, 6}};
        assertEquals(List.of("target0", "target1"), Examples.of(x, two).targetOf(0).names());
        assertEquals(List.of("u", "v"), Examples.of(x, two).predicting("u,v").targetOf(0).names());
        assertEquals(List.of("u0", "u1"), Examples.of(x, two).predicting("u").targetOf(0).names());
        assertEquals(List.of("u,v,w0", "u,v,w1"), Examples.of(x, two).predicting("u,v,w").targetOf(0).names());
        assertEquals(List.of("u"), Examples.of(x, new double[][] {{3}, {4}}).predicting("u").targetOf(1).names());
        assertEquals(6, Examples.of(x, two).targetOf(1).number(1));
        Map<String, String> said = new LinkedHashMap<>();
        said.put("row 1 has 1 number, the rows before it 2", "targets");
        assertEquals(said.keySet().stream().collect(Collectors.joining()), assertThrows(KanException.class,
                () -> Examples.of(x, new double[][] {{3, 4}, {5}})).getMessage());
    }

    // ------------------------------------------------------------------------------------------------------------ folds

    @Test
    void foldsOfTimeAreThoseBeforeAndTheNext() {
        double[] times = {7, 1, 2, 3, 4, 5, 6, 0};
        List<String> dealt = new ArrayList<>();
        for (Dealing.Fold fold : new Dealing(null, times).folds(3, 1, 8, null)) {
            dealt.add(IntStream.of(fold.train()).mapToObj(i -> (long) times[i] + "").sorted().collect(Collectors.joining()) + "|"
                    + IntStream.of(fold.test()).mapToObj(i -> (long) times[i] + "").sorted().collect(Collectors.joining()));
        }
        assertEquals(List.of("01|23", "0123|45", "012345|67"), dealt);
        List<Dealing.Fold> equal = new Dealing(null, new double[] {0, 0, 0, 0, 1, 2, 3}).folds(3, 1, 7, null);
        assertEquals(List.of(1, 1, 1), equal.stream().map(fold -> fold.test().length).toList(),
                "each begins behind the one before");
        assertArrayEquals(new int[] {6}, equal.get(2).test());
        Dealing.Fold held = new Dealing(null, times).hold(0.3, 1);
        assertArrayEquals(new int[] {0, 6}, held.test(), "the last three tenths of eight, rounded: the times 6 and 7");
        assertEquals("a time is NaN, expected numbers in whose order the rows are", assertThrows(KanException.class,
                () -> new Dealing(null, new double[] {1, Double.NaN}).hold(0.5, 1)).getMessage());
        assertEquals("to hold rows out 1 time takes more different times, given 1", assertThrows(KanException.class,
                () -> new Dealing(null, new double[] {1, 1}).hold(0.5, 1)).getMessage());
        for (int folds : new int[] {1, 9}) {
            assertEquals("the folds must be 2 to the 8 rows, given " + folds, assertThrows(KanException.class,
                    () -> Dealing.RANDOM.folds(folds, 1, 8, null)).getMessage());
        }
        assertEquals(8, Dealing.RANDOM.folds(8, 1, 8, null).size());
    }
}
