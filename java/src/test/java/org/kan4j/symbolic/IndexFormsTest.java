// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.kan4j.formula.Formula;
import org.kan4j.formula.Interval;
import org.kan4j.symbolic.Target.Quantity;

/** One number of many inputs, without what is tried before. */
class IndexFormsTest {

    private Target target(Observations rows) {
        List<Quantity> inputs = new ArrayList<>();
        rows.inputs().forEach((name, values) -> inputs.add(new Quantity(org.kan4j.formula.Expression.variable(name), values)));
        return new Target(inputs, rows.targets().get("Y_"), 1e-13);
    }

    private String found(String text, String ranges, boolean powers) {
        Map<String, Interval> box = StructureSearchTest.box(ranges);
        Formula formula = Formula.parse(text, List.copyOf(box.keySet()));
        Observations train = StructureSearchTest.sample(formula, box, 400, 1);
        Observations held = StructureSearchTest.sample(formula, box, 100, 2);
        StructureSearch search = StructureSearch.defaults();
        StructureRun run = new StructureRun(search, "Y_", train, held);
        IndexForms forms = new IndexForms(run);
        boolean over = powers ? forms.ofPowers(target(train), 0, run::offer) : forms.ofMore(target(train), 0, run::offer);
        List<StructureSearch.Met> met = run.met();
        assertTrue(over, met.toString());
        return FormulaSearch.defaults().find(Composition.of(Map.of("Y_", met.getFirst().formula())), train, held, box).formulas()
                .get("Y_").toString();
    }

    /** A number of many sizes, of whose logarithm the factors know no share. */
    @Test
    void planck() {
        assertEquals("nu^3/(exp(nu/(T*k)) - 1)", found("nu^3/(exp(nu/(T*k)) - 1)", "nu=0.1:10 T=1:4 k=0.9:1.1", true));
    }

    /** A constant of the number's own. */
    @Test
    void compoundInterest() {
        assertEquals("P*(r/12 + 1)^(12*t)", found("P*(r/12 + 1)^(12*t)", "P=100:1000 r=0.01:0.1 t=1:10", false));
    }
}
