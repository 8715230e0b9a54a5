// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.data.FormulaSet.Range;
import org.kan4j.encoding.Encoding;
import org.kan4j.formula.Formula;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;

/** Points of a formula: what they encode is the formula's, and where it is undefined that is said. */
class FormulaSetTest {

    private static final List<Range> TWO = List.of(new Range(1, 4), new Range(-8, 2));

    private static FormulaSet sample(Arena arena, String formula, List<Range> ranges, int rows, int testRows, long seed) {
        return FormulaSet.sample(arena, DType.F64, Formula.parse(formula), ranges, rows, testRows, seed);
    }

    @Test
    void rowsDecodedAreTheFormulas() {
        try (Arena arena = Arena.ofConfined()) {
            FormulaSet set = sample(arena, "x * x - 3 * y", TWO, 200, 50, 1);
            assertThat(set.encoding().columns()).containsExactly(new Encoding.Numeric("x", 1, 4, 2.5),
                    new Encoding.Numeric("y", -8, 2, -3));
            Encoding.Value value = (Encoding.Value) set.encoding().target();
            assertThat(value.name()).isEqualTo("value");
            for (Dataset part : List.of(set.train(), set.test())) {
                double lowest = 4;
                for (int b = 0; b < part.size(); b++) {
                    double x = 2.5 + 1.5 * part.features().get(b, 0);
                    double y = -3 + 5 * part.features().get(b, 1);
                    lowest = Math.min(lowest, x);
                    assertThat(value.decode(part.targets().get(b, 0))).isCloseTo(x * x - 3 * y, within(1e-9));
                }
                assertThat(lowest).isBetween(1.0, 1.3);
            }
            double sum = 0;
            double squares = 0;
            for (int b = 0; b < 200; b++) {
                double target = set.train().targets().get(b, 0);
                sum += target;
                squares += target * target;
            }
            assertThat(sum / 200).isCloseTo(0, within(1e-9));
            assertThat(squares / 200).isCloseTo(1, within(1e-9));
            assertThat(List.of(set.train().size(), set.test().size())).containsExactly(200, 50);
            assertThat(set.test().features().get(0, 0)).isNotEqualTo(set.train().features().get(0, 0));
            assertThat(sample(arena, "x + y", TWO, 3, 2, 1).train().features().get(0, 0))
                    .isEqualTo(set.train().features().get(0, 0)).isNotEqualTo(sample(arena, "x + y", TWO, 3, 2, 2).train()
                            .features().get(0, 0));
        }
    }

    @Test
    void aConstantFormulaIsScaledByNothing() {
        try (Arena arena = Arena.ofConfined()) {
            assertThat(sample(arena, "7 + 0 * x", List.of(new Range(0, 1)), 5, 5, 1).encoding().target())
                    .isEqualTo(new Encoding.Value("value", 7, 1));
        }
    }

    /** Zero within the range, either end, the middle; a limit that is no number is none. */
    @ParameterizedTest
    @CsvSource({"1 / x, -1, 2, Infinity at x = 0.0", "1 / x, 0, 2, Infinity at x = 0.0", "1 / (x - 2), 1, 2, Infinity at x = 2.0",
        "1 / (x - 1), 1, 2, Infinity at x = 1.0", "1 / (x - 3), 2, 4, Infinity at x = 3.0", "x * log(x), 0, 1,",
        "1 / (x - 3), 2, 4.5,", "1 / x, 0.5, 2,"})
    void polesAreRefusedWhereSamplesNeverFall(String formula, double low, double high, String pole) {
        try (Arena arena = Arena.ofConfined()) {
            if (pole == null) {
                assertThat(sample(arena, formula, List.of(new Range(low, high)), 3, 3, 1).train().size()).isEqualTo(3);
            } else {
                assertThatThrownBy(() -> sample(arena, formula, List.of(new Range(low, high)), 3, 3, 1))
                        .isInstanceOf(DataException.class).hasMessageContaining("is undefined on the range: it is ")
                        .hasMessageContaining(pole + "; its ranges say where to sample it");
            }
        }
    }

    /** Every corner of six variables is looked at; of seven the middle alone. */
    @Test
    void cornersOfManyVariablesAreNot() {
        try (Arena arena = Arena.ofConfined()) {
            String six = "1 / (a + b + c + d + f + h - 8)";
            assertThatThrownBy(() -> sample(arena, six, Collections.nCopies(6, new Range(1, 2)), 1, 1, 1))
                    .hasMessageContaining("a = 1.0, b = 1.0, c = 1.5, d = 1.5, f = 1.5, h = 1.5");
            String seven = "1 / (a + b + c + d + f + g + h - 10)";
            assertThat(sample(arena, seven, Collections.nCopies(7, new Range(1, 2)), 1, 1, 1).train().size()).isEqualTo(1);
            assertThatThrownBy(() -> sample(arena, seven, Collections.nCopies(7, new Range(1, 13 / 7.0)), 1, 1, 1))
                    .isInstanceOf(DataException.class);
        }
    }

    @Test
    void whatIsNoNumberAtASampleIsRefused() {
        try (Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> sample(arena, "log(x)", List.of(new Range(-2, -1)), 3, 3, 1))
                    .hasMessageMatching("the formula log\\(x\\) is undefined on the range: it is NaN at x = -1\\.\\d+; its .*");
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "NaN, 1", "0, NaN", "0, Infinity", "-Infinity, 0", "-1e308, 1e308"})
    void rangesHaveFiniteEndsInOrder(double low, double high) {
        assertThatThrownBy(() -> new Range(low, high)).isInstanceOf(DataException.class)
                .hasMessage("a range needs a lower end below its upper end, given " + low + ":" + high);
    }
}
