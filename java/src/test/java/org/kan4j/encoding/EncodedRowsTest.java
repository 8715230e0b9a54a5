// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;

/** Rows of every kind of column and target, what they become, what their parts are called, and how a file keeps it. */
class EncodedRowsTest {

    /** 2 to 6, with a second number where it is missing; three categories; three pixels; 10 to 30. */
    private static final List<Encoding.Column> COLUMNS = List.of(new Encoding.Numeric("a", 2, 6, 3, List.of(), true),
            new Encoding.Categorical("c", List.of("x", "y", "z")), new Encoding.Pixels(3, 16),
            new Encoding.Numeric("b", 10, 30, 15));
    private static final Encoding.Value PRICE = new Encoding.Value("price", 1, 2, Transform.LOG);
    private static final Encoding.Value SIZE = new Encoding.Value("size", 10, 4);
    private static final List<Encoding.Target> TARGETS = List.of(SIZE, PRICE, new Encoding.Numbers(List.of(SIZE, PRICE)),
            new Encoding.Quantiles(SIZE, List.of(0.05, 0.5, 0.999)), new Encoding.Classes("k", List.of("no", "yes")),
            new Encoding.Labels("l", List.of("p", "q", "r")));

    private static Encoding encoding(Encoding.Target target) {
        return new Encoding("data.csv", COLUMNS, target, Encoding.Missing.FILL, Encoding.Unseen.UNKNOWN);
    }

    private static String refusal(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(KanException.class, call).getMessage();
    }

    @Test
    void everyCellIsInItsPlace() {
        Encoding encoding = encoding(SIZE);
        assertEquals(9, encoding.features());
        assertEquals(9, new RowEncoder(encoding).features());
        assertEquals(encoding, new RowEncoder(encoding).encoding());
        assertEquals(List.of("a", "c", "pixel0", "pixel1", "pixel2", "b"), encoding.inputs());
        assertArrayEquals(new double[] {0.5, 0, 0, 1, 0, -1, -0.5, 1, 0.5}, Cells.encode(encoding, 5, "y", 0, 4, 16, 25));
        assertArrayEquals(new double[] {-0.5, 1, 0, 0, 0, -1, -1, 0, -0.5}, Cells.encode(encoding, null, null, 0, null, 8, null));
        assertArrayEquals(new double[] {2, 0, 0, 0, 0, -1, -1, -1, 3}, Cells.encode(encoding, 8, "new", 0, 0, 0, 50), "beyond");
        Encoding strict = encoding.with(Encoding.Missing.REFUSE, Encoding.Unseen.REFUSE);
        for (int cell = 0; cell < 6; cell++) {
            Object[] cells = {5, "y", 0, 4, 16, 25};
            cells[cell] = null;
            assertTrue(refusal(() -> Cells.encode(strict, cells)).startsWith("cell " + cell + ": there is no value"));
        }
        assertTrue(refusal(() -> Cells.encode(strict, 5, "w", 0, 4, 16, 25))
                .startsWith("cell 1: 'w' is not one of the values the model was trained on: x, y, z; unseen=unknown"));
        assertTrue(refusal(() -> Cells.encode(strict, 5, "y", 0, Double.POSITIVE_INFINITY, 16, 25))
                .startsWith("cell 3: expected a finite"));
        assertTrue(refusal(() -> Cells.encode(strict, 1e300, "y", 0, 4, 16, 25))
                .contains("too far outside the range of the training "
                        + "rows, 2 to 6"));
    }

    @Test
    void aConstantColumnSaysNothing() {
        Encoding.Numeric constant = new Encoding.Numeric("a", 3, 3, 3);
        assertEquals(0, constant.encode(3));
        assertEquals(0, constant.encode(7));
        Encoding.Numeric shifted = new Encoding.Numeric("a", 10, 30, 15);
        assertEquals(15, shifted.decode(-0.5), 1e-12);
        assertEquals(40, shifted.decode(2), 1e-12);
    }

    @Test
    void whatIsOutsideIsNamedByItsColumn() {
        RowEncoder encoder = new RowEncoder(encoding(SIZE));
        double[] two = Arrays.copyOf(new double[1], 18);
        two[9] = 1.2;
        two[10] = 5; // tells of a missing value
        two[13] = -7; // a pixel
        assertEquals(List.of(), encoder.outside(two, 0, 0.1));
        assertEquals(List.of(), encoder.outside(two, 9, 0.1), "a tenth beyond is borne");
        two[9] = -1.21;
        assertEquals(List.of("a"), encoder.outside(two, 9, 0.1));
        two[17] = 1.21;
        assertEquals(List.of("a", "b"), encoder.outside(two, 9, 0.1));
        assertEquals(List.of(), encoder.outside(two, 9, 0.11));
    }

    @Test
    void targetsAreScaledEachByItself() {
        double[][] wanted = {{2}, {0.5}, {2, 0.5}, {2, 2, 2}, {1}};
        Object[][] cells = {{"?", 18}, {"?", Math.exp(2)}, {"?", 18, Math.exp(2)}, {"?", 18}, {"?", "yes"}};
        for (int t = 0; t < wanted.length; t++) {
            RowEncoder encoder = new RowEncoder(encoding(TARGETS.get(t)));
            double[] into = new double[wanted[t].length];
            encoder.target(new Cells(cells[t]), 1, into);
            assertArrayEquals(wanted[t], into, 1e-15);
            assertEquals(wanted[t][0], encoder.target(new Cells(cells[t]), 1), 1e-15);
            for (int cell = 1; cell < cells[t].length; cell++) {
                Object[] without = cells[t].clone();
                without[cell] = null;
                assertEquals("cell " + cell + ": the target is missing; leave such rows out",
                        refusal(() -> encoder.target(new Cells(without), 1, into)));
            }
        }
        RowEncoder several = new RowEncoder(encoding(TARGETS.getLast()));
        assertTrue(refusal(() -> several.target(new Cells("p"), 0)).contains("several labels has no single target"));
        assertEquals(2, several.label("r"));
        assertEquals(-1, several.label("s"));
        assertEquals(-1, new RowEncoder(encoding(SIZE)).label("p"));
        assertTrue(refusal(() -> new RowEncoder(encoding(PRICE)).target(new Cells(0), 0))
                .startsWith("cell 0: the target's logarithm is predicted, which a number above 0 has, got '0'"));
        Encoding many = encoding(new Encoding.Classes("k", IntStream.range(0, 25).mapToObj(i -> "k" + i).toList()));
        assertTrue(refusal(() -> new RowEncoder(many).target(new Cells("?"), 0)).endsWith(", k19, ... (25 in all)"));
        Encoding twenty = encoding(new Encoding.Classes("k", IntStream.range(0, 20).mapToObj(i -> "k" + i).toList()));
        assertTrue(refusal(() -> new RowEncoder(twenty).target(new Cells("?"), 0)).endsWith(", k18, k19"));
    }

    @Test
    void outputsHaveNamesAndMeanings() {
        List<List<String>> names = List.of(List.of("size"), List.of("price"), List.of("size", "price"),
                List.of("size_q05", "size_q50", "size_q999"), List.of("no", "yes"), List.of("p", "q", "r"));
        List<List<String>> columns = List.of(List.of("size"), List.of("price"), List.of("size", "price"), List.of("size"),
                List.of("k"), List.of("l"));
        double[][] outputs = {{2}, {0.5}, {2, 0.5}, {2, -1, 0.5}, {0, Math.log(3)}, {0, Math.log(3), -Math.log(3)}};
        double[][] meant = {{18}, {Math.exp(2)}, {18, Math.exp(2)}, {6, 12, 18}, {0.25, 0.75}, {0.5, 0.75, 0.25}};
        for (int t = 0; t < TARGETS.size(); t++) {
            Encoding encoding = encoding(TARGETS.get(t));
            assertEquals(names.get(t), encoding.outputs());
            assertEquals(columns.get(t), encoding.targets());
            assertEquals(String.join(",", columns.get(t)), encoding.target().name());
            assertEquals(names.get(t).size(), encoding.target().width());
            assertEquals(t < 4 ? names.get(t).size() : 0, encoding.values().size());
            assertEquals(t == 1 || t == 2, encoding.bends());
            double[] given = outputs[t].clone();
            assertArrayEquals(meant[t], Outputs.decode(TARGETS.get(t), given), 1e-12);
            assertArrayEquals(outputs[t], given, "left alone");
        }
        assertEquals(List.of("size", "log(price)"), encoding(TARGETS.get(2)).transformed());
        assertEquals(2 * Math.exp(2), PRICE.slope(0.5), 1e-12);
        assertEquals(4, SIZE.slope(0.5));
        assertEquals(0, Outputs.argMax(new double[] {2, 1, 2}));
        assertEquals(2, Outputs.argMax(new double[] {0, 1, 3}));
        for (int t : new int[] {2, 4, 5}) {
            assertThrows(KanException.class, () -> Outputs.error(TARGETS.get(t), new double[3], new double[3]));
        }
    }

    @Test
    void severalNumbersAndQuantilesAreChecked() {
        assertThrows(KanException.class, () -> new Encoding.Numbers(List.of(SIZE)));
        assertThrows(KanException.class, () -> new Encoding.Numbers(List.of(SIZE, SIZE)));
        for (List<Double> none : List.of(List.<Double>of(), List.of(0.0), List.of(1.0), List.of(0.5, 0.5), List.of(0.1, 0.5, 0.4),
                List.of(Double.NaN))) {
            assertThrows(KanException.class, () -> new Encoding.Quantiles(SIZE, none), none.toString());
        }
    }

    @Test
    void everyEncodingComesBackFromItsFile() {
        for (Encoding.Target target : TARGETS) {
            assertEquals(encoding(target), Encoding.fromJson(encoding(target).toJson()));
            Encoding other = encoding(SIZE).withTarget(target).with(Encoding.Missing.REFUSE, Encoding.Unseen.REFUSE);
            assertEquals(other, Encoding.fromJson(other.toJson()));
        }
        // Files of before missing values could be filled have no mean: the middle.
        String old = encoding(SIZE).toJson().replace("\"mean\":15.0", "\"mean\":null");
        assertEquals(20, ((Encoding.Numeric) Encoding.fromJson(old).columns().getLast()).mean());
    }

    /** A field that this version does not know may change what a model says. */
    @Test
    void aFieldThatIsNotKnownIsRefusedWhereverItIs() {
        for (Encoding.Target target : TARGETS) {
            String json = encoding(target).toJson();
            int objects = 0;
            for (int at = json.indexOf('{'); at >= 0; at = json.indexOf('{', at + 1)) {
                String more = json.substring(0, at + 1) + "\"newer\":1," + json.substring(at + 1);
                assertTrue(assertThrows(FormatException.class, () -> Encoding.fromJson(more)).getMessage()
                        .contains("has the unknown field 'newer' in "), more);
                objects++;
            }
            assertTrue(objects >= 6, objects + " objects");
        }
        String pixels = encoding(SIZE).toJson();
        for (String count : List.of("0", "-1", "2147483648", "1.5", "\"3\"")) {
            assertThrows(FormatException.class, () -> Encoding.fromJson(pixels.replace("\"count\":3", "\"count\":" + count)),
                    count);
        }
        assertThrows(FormatException.class, () -> Encoding.fromJson(pixels.replace("\"indicator\":true", "\"indicator\":1")));
        String several = encoding(TARGETS.get(2)).toJson();
        assertThrows(FormatException.class,
                () -> Encoding.fromJson(several.replaceFirst("\"type\":\"value\"", "\"type\":\"classes\"")));
    }

    @Test
    void valuesAreTextsInOneWay() {
        assertEquals(List.of("3", "-0.5", "9223372036854774784", "9.223372036854776E18", "NaN"),
                java.util.stream.Stream.of(3.0, -0.5, 0x1p63 - 1024, 0x1p63, Double.NaN).map(Values::text).toList());
        assertEquals(List.of("2", "0.1", "true", "REFUSE", "a"), java.util.stream.Stream.<Object>of(2f, 0.1f, true,
                Encoding.Missing.REFUSE, "a").map(Values::text).toList());
        assertEquals(List.of("1", "0", "1", "1", "-0.5", "1000", ".", "1x", "0x1", "e1", "1d", "", "+", "TRUEX"),
                java.util.stream.Stream
                        .of("TRUE", "false", "1.0", "+1", "-.5", "1E3", ".", "1x", "0x1", "e1", "1d", "", "+", "TRUEX")
                        .map(Values::canonical).toList());
        assertEquals(List.of("1", "2"), Values.merged(new TreeSet<>(List.of("1.0", "1", "TRUE", "2"))));
        assertEquals(List.of("False", "True"), Values.merged(new TreeSet<>(List.of("True", "False"))));
        assertEquals(Map.of("1", "1", "0", "false", "x", "x"), Values.names(List.of("true", "1.0", "false", "x")));
        Values.Index index = new Values.Index(List.of("0.5", "yes", "1", "1.0"));
        assertEquals(List.of(0, 0, 1, -1, 2, 3, -1, -1),
                java.util.stream.Stream.of("0.5", ".5", "yes", "YES", "1", "1.0", "+1", "2")
                        .map(index::of).toList());
    }
}
