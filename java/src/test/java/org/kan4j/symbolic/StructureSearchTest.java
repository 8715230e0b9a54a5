// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Formula;
import org.kan4j.formula.Interval;

/** Formulas of their data alone. */
class StructureSearchTest {

    static Observations sample(Formula formula, Map<String, Interval> box, int rows, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, double[]> inputs = new LinkedHashMap<>();
        box.forEach((name, range) -> inputs.put(name, random.doubles(rows, range.low(), range.high()).toArray()));
        return new Observations(inputs, Map.of("Y_", formula.expression().evaluate(inputs, rows)), rows);
    }

    static Map<String, Interval> box(String ranges) {
        Map<String, Interval> box = new LinkedHashMap<>();
        for (String part : ranges.split(" ")) {
            String[] words = part.split("[=:]");
            box.put(words[0], new Interval(Double.parseDouble(words[1]), Double.parseDouble(words[2])));
        }
        return box;
    }

    @ParameterizedTest
    @CsvSource({"exp(sin(pi*x)+y^2), x=-1:1 y=-1:1", "(u+v)/(1+u*v), u=-0.9:0.9 v=-0.9:0.9"})
    void aFormulaComesBack(String text, String ranges) {
        Map<String, Interval> box = box(ranges);
        Formula formula = Formula.parse(text, List.copyOf(box.keySet()));
        Observations train = sample(formula, box, 800, 1);
        Observations held = sample(formula, box, 100, 2);
        List<StructureSearch.Met> met = StructureSearch.defaults().find("Y_", train, held);
        assertTrue(!met.isEmpty() && met.getFirst().heldRmse() < 3e-12, met.toString());
    }
}
