// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;

class EncodingTest {

    /** As files of the first command line have it: no mean, no rule for missing values. */
    private static final String FIRST = "{\"data\":\"x.csv\",\"columns\":[{\"type\":\"numeric\",\"name\":\"a\",\"low\":0.0,"
            + "\"high\":4.0},{\"type\":\"categorical\",\"name\":\"c\",\"values\":[\"no\",\"yes\"]}],"
            + "\"target\":{\"type\":\"value\",\"name\":\"y\",\"mean\":10.0,\"deviation\":2.0}}";

    @Test
    void filesOfEveryVersionAreRead() {
        Encoding encoding = Encoding.fromJson(FIRST);
        assertEquals(new Encoding.Numeric("a", 0, 4, 2), encoding.columns().getFirst());
        assertEquals(Encoding.Missing.REFUSE, encoding.missing());
        assertEquals(Encoding.Unseen.REFUSE, encoding.unseen());
        assertEquals(encoding, Encoding.fromJson(encoding.toJson()));
        Encoding all = new Encoding("d", List.of(new Encoding.Numeric("a", -1, 1, 0.5, List.of(-1.0, 0.25, 1.0)),
                new Encoding.Pixels(3, 16)), new Encoding.Labels("l", List.of("x", "y")), Encoding.Missing.FILL,
                Encoding.Unseen.UNKNOWN);
        assertEquals(all, Encoding.fromJson(all.toJson()));
        Encoding classes = new Encoding("d", List.of(), new Encoding.Classes("k", List.of("ä\"\n")), Encoding.Missing.FILL);
        assertEquals(classes, Encoding.fromJson(classes.toJson()));
    }

    @Test
    void damageIsNamed() {
        for (String json : List.of("", "[]", "{}", FIRST.replace("numeric", "number"), FIRST.replace("0.0", "\"0\""),
                FIRST.replace("\"deviation\":2.0", "\"deviation\":null"), FIRST.replace("\"data\"", "\"date\""),
                FIRST.replace("[\"no\",\"yes\"]", "[1]"))) {
            String message = assertThrows(FormatException.class, () -> Encoding.fromJson(json), json).getMessage();
            assertTrue(message.contains("kan4j.data"), message);
        }
    }

    @Test
    void rowsBecomeNumbers() {
        Encoding encoding = Encoding.fromJson(FIRST);
        assertArrayEquals(new double[] {-1, 0, 1}, Cells.encode(encoding, 0, "yes"));
        assertArrayEquals(new double[] {0.5, 1, 0}, Cells.encode(encoding, 3, "no"));
        assertThrows(KanException.class, () -> Cells.encode(encoding, null, "no"));
        assertThrows(KanException.class, () -> Cells.encode(encoding, 1, "maybe"));
        assertThrows(KanException.class, () -> Cells.encode(encoding, Double.POSITIVE_INFINITY, "no"));
        Encoding lenient = encoding.with(Encoding.Missing.FILL, Encoding.Unseen.UNKNOWN);
        assertArrayEquals(new double[] {0, 0, 0}, Cells.encode(lenient, null, null));
        assertArrayEquals(new double[] {0, 0, 0}, Cells.encode(lenient, 2, "maybe"));
        Encoding spread = new Encoding("d", List.of(new Encoding.Numeric("a", 0, 100, 3, List.of(0.0, 1.0, 100.0))),
                encoding.target(), null);
        assertArrayEquals(new double[] {0}, Cells.encode(spread, 1), 1e-15);
        assertArrayEquals(new double[] {-0.5}, Cells.encode(spread, 0.5), 1e-15);
        Encoding wide = new Encoding("d", List.of(new Encoding.Numeric("a", -Double.MAX_VALUE, Double.MAX_VALUE, 0)),
                encoding.target(), null);
        assertArrayEquals(new double[] {1}, Cells.encode(wide, Double.MAX_VALUE));
    }

    /** The mean of a long tail is where few values are; of what is scaled by its range it is the middle of the matter. */
    @Test
    void aMissingValueBecomesTheMeanOrOfQuantilesTheMedian() {
        ColumnRange range = new ColumnRange();
        for (int i = 0; i < 40; i++) {
            range.add(i);
        }
        range.add(1000);
        assertTrue(range.isUneven());
        assertEquals(20, range.input("a", Encoding.Scaling.AUTO).mean());
        assertEquals(20, range.input("a", Encoding.Scaling.QUANTILES).mean());
        assertEquals(1780.0 / 41, range.input("a", Encoding.Scaling.RANGE).mean(), 1e-12);
        for (Encoding.Scaling scaling : Encoding.Scaling.values()) {
            Encoding.Numeric column = range.input("a", scaling);
            Encoding encoding = new Encoding("d", List.of(column), new Encoding.Value("y", 0, 1), Encoding.Missing.FILL);
            assertArrayEquals(Cells.encode(encoding, column.mean()), Cells.encode(encoding, (Object) null));
            for (double value : new double[] {0, 4.5, 39, 500, 1000}) {
                assertEquals(value, column.decode(Cells.encode(encoding, value)[0]), 1e-9, scaling.toString());
            }
        }
    }

    @Test
    void labelsAreComparedAsValues() {
        RowEncoder encoder = new RowEncoder(new Encoding("d", List.of(), new Encoding.Classes("k", List.of("0", "1")), null));
        assertEquals(1, encoder.target(new Cells("1.0"), 0));
        assertEquals(1, encoder.target(new Cells("TRUE"), 0));
        assertEquals(1, encoder.target(new Cells(1.0f), 0));
        assertEquals(0, encoder.target(new Cells(false), 0));
        assertThrows(KanException.class, () -> encoder.target(new Cells("2"), 0));
        RowEncoder apart = new RowEncoder(new Encoding("d", List.of(), new Encoding.Classes("k", List.of("1", "1.0")), null));
        assertEquals(1, apart.target(new Cells("1.0"), 0));
        assertThrows(KanException.class, () -> apart.target(new Cells("+1"), 0));
    }

    @Test
    void outputsBecomeProbabilitiesAndValues() {
        assertArrayEquals(new double[] {0.5, 0.5}, Outputs.decode(new Encoding.Classes("k", List.of("a", "b")),
                new double[] {1e4, 1e4}));
        assertArrayEquals(new double[] {0.5, 1, 0}, Outputs.decode(new Encoding.Labels("k", List.of("a", "b", "c")),
                new double[] {0, 800, -800}));
        assertArrayEquals(new double[] {13}, Outputs.decode(new Encoding.Value("y", 10, 2), new double[] {1.5}));
    }
}
