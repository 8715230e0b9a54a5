// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Formula;
import org.kan4j.formula.Interval;

/** Each form of a search by itself: what it is for is among the first that it offers, without another form's help. */
class FormsTest {

    private static StructureRun.Form form(String name, StructureRun run) {
        return switch (name) {
            case "polynomial" -> new PolynomialForms(run);
            case "exponent" -> new ExponentForms(run);
            case "power" -> new PowerForms(run);
            case "power ridge" -> new PowerRidges(run);
            case "logarithm" -> new LogarithmForms(run, List.of(new FactorForms(run)));
            case "sum" -> new SumForms(run);
            case "mixed" -> new MixedForms(run);
            case "factor" -> new FactorForms(run);
            case "pair" -> new PairForms(run);
            case "ridge" -> new RidgeForms(run);
            case "scaling" -> new ScalingForms(run);
            case "sparse" -> new SparseForms(run);
            case "single" -> new SingleForms(run, SymbolicLibrary.standard());
            case "squares" -> (target, depth, whole) -> raised(run).squares(target, whole);
            case "rooted" -> (target, depth, whole) -> raised(run).rooted(target, whole);
            case "products" -> (target, depth, whole) -> raised(run).products(target, whole);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static RaisedForms raised(StructureRun run) {
        return new RaisedForms(run, new SingleForms(run, SymbolicLibrary.standard()));
    }

    @ParameterizedTest
    @CsvSource({"polynomial, x^2*y - 3*y + 2, x=-1:2 y=-1:2, 1", "polynomial, (x + 2*y)/(1 + x*y), x=0.1:0.9 y=0.1:0.9, 2",
        "polynomial, (x^4 + 1)/(x^4 + x + 2), x=-1:3, 3",
        "polynomial, sqrt(x^2 + y^2 + 1), x=-1:1 y=-1:1, 2", "power, x^2*exp(y) + sin(y)/x, x=0.5:2 y=-1:1, 2",
        "sum, exp(x) + sin(3*y) - 2, x=-1:1 y=-1:1, 1", "sum, exp(sin(2*x) + y^3), x=-1:1 y=-1:1, 2",
        "sum, exp(x*y) + sin(3*z), x=-1:1 y=-1:1 z=-1:1, 1", "mixed, x^2 + sin(3*x)*exp(y), x=-1:1 y=-1:1, 4",
        "factor, x^2*exp(3*y), x=0.5:2 y=-1:1, 1", "factor, sin(2*y)/sqrt(x), x=0.5:2 y=-1:1, 1",
        "factor, c*a^2*sqrt(p)*exp(3*y)/q, c=0.6:0.9 a=0.1:1 p=1:5 q=1:2 y=-1:1, 1",
        "pair, exp(x - y), x=-1:1 y=-1:1, 1", "pair, sin(x*y), x=0.5:2 y=0.5:2, 1",
        "pair, log(x^2 + y^2), x=0.5:2 y=0.5:2, 1", "pair, tanh(x/y), x=0.5:2 y=0.5:2, 1",
        "pair, cos(y/x), x=0.5:2 y=0.5:2, 1", "ridge, tanh(a + 0.37*b), a=-1:1 b=-1:1, 1",
        "scaling, (b^2 + 1)*exp(a/b), a=0.5:2 b=0.5:2, 9", "sparse, 2*x*sin(y) - 3*exp(x) + 1, x=-1:1 y=-2:2, 1",
        "single, x^3/(exp(x) - 1), x=0.5:6, 3", "single, sin(3*log(x)), x=0.2:5, 2", "single, exp(sin(2*x)), x=-1:2, 2",
        "polynomial, 1/sqrt(1 + q^2*(w/v - v/w)^2), q=1:10 w=1:5 v=1:5, 1", "polynomial, (a - b)/log(a/b), a=20:60 b=5:15, 1",
        "sparse, s/(k*(1 + i/j) + s), s=0.1:10 k=0.5:5 i=0.1:5 j=0.5:5, 1",
        "exponent, b + v*x^n/(k^n + x^n), x=0.1:20 b=0.1:0.5 v=1:3 k=1:8 n=1:3, 1",
        "exponent, b + v*x^2.3/(k^2.3 + x^2.3), x=0.1:20 b=0.1:0.5 v=1:3 k=1:8, 1",
        "exponent, (1 + (g - 1)/2*m^2)^(g/(g - 1)), g=1.2:1.67 m=0.1:2, 1",
        "exponent, a*(d*k^(-r) + (1 - d)*l^(-r))^(-1/r), a=1:3 d=0.2:0.8 k=1:10 l=1:10 r=0.2:2, 1",
        "power ridge, tanh(0.3*a^1.7 + 0.7*b^0.45), a=0.2:2 b=0.2:2, 1",
        "logarithm, (1 + 0.3*y)^(2*x), x=0.5:2 y=0.1:3, 1",
        "products, 2.3*x^0.7*(3.1 - x)^1.4, x=0.1:3, 1", "products, x^(5/3)/(x^2 + 0.7)^(2/3)*exp(-x/3), x=0.3:4, 1",
        "polynomial, 15.75*a - 17.8*a^(2/3) - 0.711*b^2/a^(1/3) - 23.7*(a - 2*b)^2/a, a=40:240 b=20:95, 1",
        "polynomial, sqrt(1 + 1.04*l^2/(l^2 - 0.06) + 0.23*l^2/(l^2 - 0.02) + l^2/(l^2 - 103)), l=0.3:2.5, 9",
        "exponent, 1/tanh(x) - 1/x, x=0.1:9, 3", "exponent, exp(z - exp(z)), z=-2:1, 4",
        "squares, (x^3 - 1/5)^2, x=-1:1, 1", "rooted, (2 + sin(3*x))^0.37, x=-2:2, 1",
        "rooted, (2 + sin(3*x))^(-0.37), x=-2:2, 1"})
    void aFormFindsWhatItIsFor(String name, String text, String ranges, int most) {
        Map<String, Interval> box = StructureSearchTest.box(ranges);
        Formula formula = Formula.parse(text, List.copyOf(box.keySet()));
        Observations train = StructureSearchTest.sample(formula, box, 300, 1);
        List<String> offered = new ArrayList<>();
        boolean[] found = {false};
        StructureSearch search = StructureSearch.defaults().withCancelled(() -> found[0] || offered.size() > most);
        StructureRun run = new StructureRun(search, "Y_", train, StructureSearchTest.sample(formula, box, 60, 2));
        List<Target.Quantity> inputs = new ArrayList<>();
        train.inputs().forEach((input, values) -> inputs.add(new Target.Quantity(Expression.variable(input), values)));
        Target target = new Target(inputs, train.targets().get("Y_"), 1e-13);
        Predicate<Expression> whole = e -> {
            double[] values = e.evaluate(train.inputs(), train.rows());
            double squares = 0;
            for (int b = 0; b < values.length; b++) {
                squares += Math.pow(values[b] - target.values()[b], 2);
            }
            double error = Math.sqrt(squares / values.length) / target.deviation();
            offered.add(error + " " + e);
            found[0] |= error < 1e-5;
            return found[0];
        };
        form(name, run).search(target, 0, whole);
        assertTrue(found[0] && offered.size() <= most,
                () -> offered.size() + " " + offered.reversed().stream().limit(5).toList());
    }
}
