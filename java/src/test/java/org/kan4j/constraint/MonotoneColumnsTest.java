// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.kan4j.basis.BSpline;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.KanException;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.tensor.DType;

/** Columns in which a model rises or falls: as they are written, where they are among features, and what suits them. */
class MonotoneColumnsTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"a=+|{a=1}", "a=-|{a=-1}", "a=b=+|{a=b=1}", "a b=-,c=+|{a b=-1, c=1}", "=+|none",
        "a|none",
        "a=|none", "a=1|none", "a=+,a=-|twice", "a=+-|none"})
    void columnsAreWrittenWithTheirSigns(String text, String directions) {
        List<String> parts = List.of(text.split(","));
        if (directions.startsWith("{")) {
            MonotoneColumns columns = MonotoneColumns.parse(parts);
            assertEquals(directions, columns.directions().toString());
            assertEquals(text, columns.toString());
            assertEquals(Optional.of(columns), MonotoneColumns.of(Map.of(MonotoneColumns.KEY, columns.toJson())));
        } else {
            assertEquals(
                    directions.equals("twice") ? "'a' is named twice" : "expected COLUMN=+ where the prediction rises with the "
                            + "column, or COLUMN=- where it falls, given '" + parts.getLast() + "'",
                    assertThrows(KanException.class, () -> MonotoneColumns.parse(parts)).getMessage());
        }
    }

    /** Behind a category of three and a number with an indicator. */
    @Test
    void directionsAreAtTheFeaturesOfTheirColumns() {
        List<Encoding.Column> columns = List.of(new Encoding.Categorical("k", List.of("p", "q", "r")),
                new Encoding.Numeric("gap", 0, 1, 0, List.of(), true), new Encoding.Pixels(2, 255),
                new Encoding.Numeric("x", 0, 1, 0));
        MonotoneColumns both = new MonotoneColumns(Map.of("x", -1, "gap", 1));
        Encoding number = new Encoding("t", columns, new Encoding.Value("y", 0, 1), Encoding.Missing.FILL);
        assertEquals(new Monotonicity(List.of(0, 0, 0, 1, 0, 0, 0, -1), List.of(1)), both.of(number));
        assertEquals(new Monotonicity(List.of(0, 0, 0, 1, 0, 0, 0, -1), List.of(1, 1, 1)), both.of(number.withTarget(
                new Encoding.Quantiles(new Encoding.Value("y", 0, 1), List.of(0.1, 0.5, 0.9)))));
        assertEquals(new Monotonicity(List.of(0, 0, 0, 1, 0, 0, 0, -1), List.of(-1, 1)), both.of(number.withTarget(
                new Encoding.Classes("c", List.of("no", "yes")))), "in the probability of the second");
        assertEquals("a model is monotone in numbers or in the probability of the second of two classes; 'c' has 3",
                assertThrows(KanException.class,
                        () -> both.of(number.withTarget(new Encoding.Classes("c", List.of("a", "b", "c")))))
                        .getMessage());
        assertEquals("'k' is a category, whose values have no order; expected a column of numbers",
                assertThrows(KanException.class, () -> new MonotoneColumns(Map.of("k", 1)).of(number)).getMessage());
        assertEquals("there is no input 'z'; there are " + number.inputs(),
                assertThrows(KanException.class, () -> new MonotoneColumns(Map.of("z", 1)).of(number)).getMessage());
    }

    @ParameterizedTest
    @EnumSource(BSpline.Outside.class)
    void splinesGoOnAsLinesAndBasesRise(BSpline.Outside outside) {
        for (Activation base : Activation.values()) {
            KanLayer layer = KanLayer.of(2, 1, BSpline.of(5, 3).withOutside(outside)).withBase(base).withBias(true);
            KanLayer suited = (KanLayer) new MonotoneColumns(Map.of("x", 1)).suited(KanModel.of(DType.F64, layer)).layers()
                    .getFirst();
            assertEquals(layer.withBase(base == Activation.SILU || base == Activation.GELU ? Activation.IDENTITY : base),
                    new KanLayer(2, 1, layer.basis(), suited.base(), suited.scale(), suited.mask(), suited.bias(),
                            suited.inputNorm(),
                            suited.baseNorm(), suited.trainBasis()));
            assertEquals(outside == BSpline.Outside.ZERO ? BSpline.Outside.LINEAR : outside,
                    ((BSpline) suited.basis()).outside());
        }
    }

    @Test
    void whatIsDamagedIsNamed() {
        for (String damaged : List.of("[", "{}", "{\"a\":2}", "{\"a\":\"x\"}", "{\"a\":0}")) {
            String message = assertThrows(KanException.class, () -> MonotoneColumns.of(Map.of(MonotoneColumns.KEY, damaged)))
                    .getMessage();
            assertEquals("the model's metadata 'kan4j.monotone' is damaged: ",
                    message.substring(0, Math.min(50, message.length())));
        }
        assertEquals(Optional.empty(), MonotoneColumns.of(Map.of()));
    }
}
