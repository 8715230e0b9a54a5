// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
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

    /** One for each form, and forms inside forms. */
    @ParameterizedTest
    @CsvSource({"exp(sin(pi*x) + y^2), x=-1:1 y=-1:1", "(u + v)/(u*v + 1), u=-0.9:0.9 v=-0.9:0.9",
        "sqrt(a^2 + b^2 + 1), a=-1:1 b=-1:1", "8.314*T*n/V, n=0.1:5 T=250:400 V=0.01:0.1",
        "6.626E-34*f - 3.5E-19, f=6e14:2e15", "12*log(r/12 + 1), r=0.01:0.1", "2*sin(x)*cos(y), x=-1:1 y=-1:1",
        "a + alpha*b, a=-1:1 alpha=-1:1 b=-1:1",
        "a + 2*sqrt(a)*cos(delta) + 1, a=0.05:1 delta=-3:3", "sin(2*log(x*y)), x=0.2:5 y=0.2:5",
        "exp(-(theta - theta1)^2/(2*sigma^2))/(sqrt(2*pi)*sigma), theta=-1:1 theta1=-1:1 sigma=0.5:2",
        "4*a*sin((b - c)/2)^2/(b - c)^2, a=0:1 b=-1:1 c=-1:1", "3*exp(-t/9)/2 + 3*exp(-t/2), t=0:30",
        "2*cos(2*t)*exp(-0.3*t), t=0:10", "x^3/(exp(x) - 1), x=0.2:8", "sin(7.3*x)/2 + sin(3*x), x=0:6",
        "log(x^3 + x^2 + x + 1), x=0:2",
        "l/2 + exp(-0.3*l)*cos(2*t), t=0:6 l=0:5", "(sin(x) + y*exp(z))*y + z, x=-3:3 y=-1:1 z=-1:1",
        "sin(2*a + 3*b), a=-2:2 b=-2:2", "70*m^(3/4), m=0.1:100", "K*c^0.37, K=1:5 c=0.1:10",
        "D*(1 - exp(a*(1.2 - r)))^2, D=1:5 a=0.5:2 r=0.8:4",
        "8.314*T/(V - b) - a/V^2, T=250:400 V=0.1:2 a=1:4 b=0.02:0.06",
        "A*exp(-g*t)*cos(t*w), A=0.5:2 g=0.1:0.5 w=1:3 t=0:6",
        "V*w/sqrt((R*w)^2 + 9*(w^2 - 2/3)^2), V=1:10 R=1:10 w=1:5",
        "(a*x^d + b*c^d)/(c^d + x^d), a=0:0.2 b=0.8:1.2 c=2:20 d=0.8:2.5 x=0.1:100",
        "V*x^2.3/(K^2.3 + x^2.3) + b, b=0.1:0.5 V=1:3 K=1:8 x=0.1:20", "(M^2*(g - 1)/2 + 1)^(g/(g - 1)), g=1.2:1.67 M=0.1:2",
        "J*L*S*V/(((I + L)*S + K*L)*J + I*K*L), V=1:10 S=0.1:10 K=0.5:5 I=0.1:5 J=0.5:5 L=0.5:5",
        "1/(log(0.05*k/D + 1/R^0.9) + 2)^2, k=0.00001:0.001 D=0.05:1 R=5000:1000000", "(a - b)/log(a/b), a=20:60 b=5:15",
        "sqrt(a^2 - 2*a*b*cos(pi*t/180) + b^2), a=1:10 b=1:10 t=10:170",
        "180*asin(sin(pi*t/180)/n)/pi, t=5:80 n=1.1:2.4", "-sqrt(a^2 - 2*a*b*cos(t) + b^2), a=1:10 b=1:10 t=0.2:3",
        "1/(sin(a)*b^2 + exp(b) + 5), a=0:3 b=0.5:2", "1/sqrt(a^2 - 2*a*b*cos(t) + b^2), a=1:3 b=4:10 t=0.2:3",
        "1/sqrt(Q^2*(v^2/w^2 + w^2/v^2 - 2) + 1), Q=1:10 v=1:5 w=1:5"})
    void aFormulaComesBack(String text, String ranges) {
        comesBack(text, ranges, 400);
    }

    /** With fewer rows these come back in other words. */
    @ParameterizedTest
    @CsvSource({"A*sin(k*x - t*w + 1/2), A=0.5:2 k=1:2 x=0:3 w=1:2 t=0:3",
        "(1 - cos(n*theta))/(2*sin(theta/2)^2), n=1:3 theta=0.2:3"})
    void aFormulaOfMoreRowsComesBack(String text, String ranges) {
        comesBack(text, ranges, 800);
    }

    private static void comesBack(String text, String ranges, int rows) {
        Map<String, Interval> box = box(ranges);
        Formula formula = Formula.parse(text, List.copyOf(box.keySet()));
        Observations train = sample(formula, box, rows, 1);
        Observations held = sample(formula, box, 100, 2);
        List<StructureSearch.Met> met = StructureSearch.defaults().find("Y_", train, held);
        assertTrue(!met.isEmpty() && met.getFirst().heldRmse() < 3e-12, met.toString());
        FormulaResult result = FormulaSearch.defaults().find(Composition.of(Map.of("Y_", met.getFirst().formula())), train, held,
                box);
        assertEquals(text, result.formulas().get("Y_").toString());
    }

    /** Inputs of categories: one of them is 1, so that products of two are nothing. */
    @ParameterizedTest
    @ValueSource(strings = {"u/(b + v + 1)", "(a + 2*b + 3*c)*u/(v + 2)", "(a + 2*b)/(u + 1) + v^2", "a*u + 2*b*v + c*u^2",
        "u/(c + v + 1)"})
    void categoriesAreInputs(String text) {
        Map<String, Interval> box = box("a=0:1 b=0:1 c=0:1 u=0.5:3 v=-0.5:1");
        Formula formula = Formula.parse(text, List.copyOf(box.keySet()));
        List<Observations> parts = List.of(sample(formula, box, 400, 1), sample(formula, box, 60, 2)).stream().map(drawn -> {
            Map<String, double[]> inputs = new LinkedHashMap<>(drawn.inputs());
            double[] which = inputs.get("a").clone();
            for (String name : List.of("a", "b", "c")) {
                int place = "abc".indexOf(name);
                inputs.put(name, Arrays.stream(which).map(w -> (int) (3 * w) == place ? 1 : 0).toArray());
            }
            return new Observations(inputs, Map.of("Y_", formula.expression().evaluate(inputs, drawn.rows())), drawn.rows());
        }).toList();
        assertEquals(Set.of("c"), parts.getFirst().implied());
        List<StructureSearch.Met> met = StructureSearch.defaults().find("Y_", parts.getFirst(), parts.getLast());
        assertTrue(!met.isEmpty() && met.getFirst().heldRmse() < 3e-12, met.toString());
    }

    /** A power whose base and exponent are of inputs, found with a part of the work that is usual. */
    @Test
    void compoundInterestTakesAPartOfTheWork() {
        Map<String, Interval> box = box("P=100:1000 r=0.01:0.1 t=1:10");
        Formula formula = Formula.parse("P*(r/12 + 1)^(12*t)", List.copyOf(box.keySet()));
        List<StructureSearch.Met> met = StructureSearch.defaults().withOperations(3e10).find("Y_", sample(formula, box, 800, 1),
                sample(formula, box, 100, 2));
        assertTrue(!met.isEmpty() && met.getFirst().heldRmse() < 1e-12, met.toString());
    }

    /** Of which it is no polynomial, as its logarithm is none; found before the work is done that looks for what only comes near. */
    @Test
    void aFactorOfSeveralInputsIsLookedAtItself() {
        Map<String, Interval> box = box("a=0:1 b=-1:1 c=-1:1");
        Formula formula = Formula.parse("4*a*sin((b - c)/2)^2/(b - c)^2", List.copyOf(box.keySet()));
        List<StructureSearch.Met> met = StructureSearch.defaults().withOperations(6e9).find("Y_", sample(formula, box, 400, 1),
                sample(formula, box, 100, 2));
        assertTrue(!met.isEmpty() && met.getFirst().formula().toString().contains("sin("), met.toString());
    }

    /** Angles in degrees are up to 20 at least and to 360 at most. */
    @Test
    void angles() {
        for (double most : new double[] {19.9, 20, 360, 360.1}) {
            Target.Quantity x = new Target.Quantity(Expression.variable("x"), new double[] {-most, 1, 2});
            Target target = new Target(List.of(x), new double[] {1, 2, 3}, 0);
            assertEquals(most >= 20 && most <= 360 ? 1 : 0, Angles.of(target).size(), "up to " + most);
        }
    }

    @Test
    void columnsWithoutEffectAreNotInTheFormula() {
        Map<String, Interval> box = box("x=-1:1 y=-1:1 r=-1:1 s=-1:1 t=-1:1 u=-1:1");
        Formula formula = Formula.parse("exp(sin(pi*x)+y^2)", List.copyOf(box.keySet()));
        List<StructureSearch.Met> met = StructureSearch.defaults().find("Y_", sample(formula, box, 800, 1),
                sample(formula, box, 100, 2));
        assertEquals(List.of("x", "y"), met.getFirst().formula().variables());
    }

    @Test
    void whatDependsOnAMissingColumnIsNotFound() {
        Map<String, Interval> box = box("x=-1:1 y=-1:1");
        Observations whole = sample(Formula.parse("x*y", List.of("x", "y")), box, 400, 1);
        Observations without = new Observations(Map.of("x", whole.inputs().get("x")), whole.targets(), 400);
        List<StructureSearch.Met> met = StructureSearch.defaults().find("Y_", without.thinned(300), without);
        assertTrue(met.isEmpty() || met.getFirst().heldRmse() > 0.9, met.toString());
    }

    @Test
    void manyColumnsAreLeftToNetworks() {
        Map<String, double[]> inputs = new LinkedHashMap<>();
        for (int i = 0; i < 2000; i++) {
            inputs.put("x" + i, new SplittableRandom(i).doubles(20).toArray());
        }
        List<String> lines = new java.util.ArrayList<>();
        Observations data = new Observations(inputs, Map.of("Y_", inputs.get("x1")), 20);
        assertTrue(StructureSearch.defaults().withListener(lines::add).find("Y_", data, data).isEmpty());
        assertEquals(List.of("2000 inputs are more than the 10 that are looked through for structure"), lines);
    }

    /** What is found depends on the work done and not on the time it took: here the search is made to wait again and again. */
    @Test
    void aSlowMachineFindsTheSame() {
        Map<String, Interval> box = box("t=0:20");
        Formula formula = Formula.parse("5*(1 + exp(-0.6*(t - 7)))^(-0.4)", List.copyOf(box.keySet()));
        Observations train = sample(formula, box, 300, 1);
        Observations held = sample(formula, box, 60, 2);
        StructureSearch search = StructureSearch.defaults().withOperations(4e9);
        List<StructureSearch.Met> met = search.find("Y_", train, held);
        assertFalse(met.isEmpty());
        AtomicInteger asked = new AtomicInteger();
        assertEquals(met, search.withCancelled(() -> {
            LockSupport.parkNanos(1_000_000);
            return asked.incrementAndGet() < 0;
        }).find("Y_", train, held));
        AtomicInteger less = new AtomicInteger();
        search.withOperations(5e8).withCancelled(() -> less.incrementAndGet() < 0).find("Y_", train, held);
        assertTrue(less.get() < asked.get(), "the bound on the work bounds nothing");
    }

    @Test
    void theSearchEndsWhenItIsAskedTo() {
        Map<String, Interval> box = box("x=-1:1 y=-1:1");
        Observations data = sample(Formula.parse("x*y", List.of("x", "y")), box, 400, 1);
        assertTrue(StructureSearch.defaults().withCancelled(() -> true).find("Y_", data, data).isEmpty());
    }
}
