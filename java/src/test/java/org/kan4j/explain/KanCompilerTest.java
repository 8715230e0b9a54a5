// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.formula.Formula;
import org.kan4j.formula.Interval;

/** Formulas made networks. */
class KanCompilerTest {

    private static KanCompiler compile(String text, double low, double high, Basis basis) {
        Formula formula = Formula.parse(text);
        List<Interval> box = Collections.nCopies(formula.variables().size(), new Interval(low, high));
        try (Context context = KanGraphTest.single()) {
            return KanCompiler.compile(context, formula, box, basis);
        }
    }

    @ParameterizedTest
    @CsvSource({"exp(sin(pi*x)+y^2), '[2,1,1]'", "x*y, '[2,0+1,1]'", "x^1.5*y^2/3, '[2,0+1,1]'", "x + y, '[2,1]'", "x, '[1,1]'",
        "abs(x - 0.5)^(2/3), '[1,1]'", "x*y*z + x, '[3,1+1x3,1]'",
        "(x+y)*(x-y), '[2,0+1,1]'", "sqrt((x-y)^2 + (u-v)^2), '[4,2,1,1]'", "x^y, '[2,0+1,1]'",
        "sin(x*y) + sin(x*y)^2, '[2,0+1,2,1]'",
        "exp((sin(pi*(a^2+b^2)) + sin(pi*(c^2+d^2)))/2), '[4,2,1,1]'", "x^6 - 7, '[1,1]'", "2*x*y + x*y^2, '[2,0+2,1]'"})
    void aFormulaIsItsNetwork(String text, String shape) {
        boolean positive = text.contains("^y") || text.contains("^1.5");
        KanCompiler compiled = compile(text, positive ? 0.05 : -1, positive ? 0.8 : 1, BSpline.of(60, 5));
        assertEquals(shape, compiled.graph().shape());
        double bound = text.contains("abs") || text.contains("sqrt") ? 2e-2 : 1e-5;
        assertTrue(compiled.difference() <= bound * Math.max(1, compiled.deviation()), text + ": " + compiled);
    }

    @Test
    void otherBasesHoldItToo() {
        for (Basis basis : List.of(GaussianRbf.of(20), new Chebyshev(16))) {
            KanCompiler compiled = compile("exp(sin(pi*x)+y^2)", -1, 1, basis);
            assertTrue(compiled.difference() < 5e-2 * compiled.deviation(), compiled.toString());
        }
    }

    @Test
    void whereItIsNotFiniteItIsRefused() {
        KanException e = assertThrows(KanException.class, () -> compile("log(x) + y", -1, 1, BSpline.of(5, 3)));
        assertTrue(e.getMessage().contains("give ranges where it is finite"), e.getMessage());
        Formula formula = Formula.parse("x*y");
        try (Context context = KanGraphTest.single()) {
            assertThrows(KanException.class, () -> KanCompiler.compile(context, formula, List.of(new Interval(0, 1)),
                    BSpline.of(5, 3)));
        }
    }
}
