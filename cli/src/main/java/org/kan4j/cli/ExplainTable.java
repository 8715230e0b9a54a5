// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.kan4j.data.FormulaSet.Range;
import org.kan4j.device.Context;
import org.kan4j.explain.Explain;
import org.kan4j.explain.Explanation;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Formula;

/** Formulas that are known, explained from their samples: which come back. */
final class ExplainTable {

    /** Names that stand for a table where a file is expected. */
    static final List<String> NAMES = List.of("formulas", "feynman");

    private static final double SAME = 1e-9;
    private static final int POINTS = 1000;

    /** A formula, its sampled box and the number of samples. */
    private record Case(String name, String formula, String ranges, int rows) {
    }

    private static final List<Case> FORMULAS = List.of(of("F1", "exp(sin(pi*x)+y^2)", null), of("F2", "x*y", null),
            of("F3", "(u+v)/(1+u*v)", "-0.9:0.9"), of("F4", "sin(2*(log(x)+log(y)))", "0.2:5"), of("F5", "sqrt(x^2+y^2)", null),
            of("F6", "sqrt(1+a^2+b^2)", null), of("F7", "n/(exp(a)+exp(-a))", "a=-1:1,n=0.05:1"), of("F8", "1/(1+a*b)", "0.1:2"),
            of("F9", "a+alpha*b", null), of("F10", "exp(-theta^2/(2*sigma^2))/sqrt(2*pi*sigma^2)", "theta=-1:1,sigma=0.5:2"),
            of("F11", "cos(a)+alpha*cos(a)^2", "a=-pi:pi,alpha=-1:1"),
            new Case("F12", "exp((sin(pi*(a^2+b^2))+sin(pi*(c^2+d^2)))/2)", null, 3000), of("F13", "x/y", "x=0.1:1,y=0.5:2"),
            of("F14", "sqrt(1-v^2)", "-0.95:0.95"), of("F18", "exp(sin(pi*x)+y^2)+0*(r+s+t+u+v)", null),
            of("N1", "x^3+x^2+x", null), of("N2", "x^4+x^3+x^2+x", null), of("N3", "x^5+x^4+x^3+x^2+x", null),
            of("N4", "x^6+x^5+x^4+x^3+x^2+x", null), of("N5", "sin(x^2)*cos(x)-1", null), of("N6", "sin(x)+sin(x+x^2)", null),
            of("N7", "log(x+1)+log(x^2+1)", "0:2"), of("N8", "sqrt(x)", "0:4"), of("N10", "2*sin(x)*cos(y)", null));

    private static Case of(String name, String formula, String ranges) {
        return new Case(name, formula, ranges, 1000);
    }

    private ExplainTable() {
    }

    /** Explains each of a table's formulas and prints a line for it, then how many came back. */
    static void print(String name, Explain explain, Context context, PrintWriter out) {
        List<Case> cases = name.equals("formulas") ? FORMULAS
                : Feynman.all().stream().map(e -> new Case(e.name(), e.formula().toString(), null, 1000)).toList();
        int exact = 0;
        for (Case one : cases) {
            FitProblem problem = FitProblem.of(name.equals("feynman") ? one.name() : one.formula(), one.ranges(), null);
            long begin = System.nanoTime();
            String found;
            boolean same = false;
            try {
                Explanation explanation = explain.run(context, sample(problem, one.rows(), explain.seed()),
                        values(problem, one.rows(), explain.seed()), problem.formula().variables(), "value");
                found = explanation.formulas().isEmpty() ? explanation.reason().orElse("") : explanation.formulas().getFirst()
                        .toString();
                same = !explanation.formulas().isEmpty() && same(problem, explanation.formulas().getFirst());
            } catch (org.kan4j.error.KanException e) {
                found = e.getMessage();
            }
            exact += same ? 1 : 0;
            out.println(
                    format("%-10s %-5s %6.1f s  %-48s %s", one.name(), same ? "exact" : "-", (System.nanoTime() - begin) / 1e9,
                            problem.formula(), found.length() > 160 ? found.substring(0, 160) + " ..." : found));
            out.flush();
        }
        out.println(format("exact      %d of %d, seed %d", exact, cases.size(), explain.seed()));
    }

    private static double[][] sample(FitProblem problem, int rows, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] x = new double[rows][problem.ranges().size()];
        for (double[] row : x) {
            for (int i = 0; i < row.length; i++) {
                Range range = problem.ranges().get(i);
                row[i] = random.nextDouble(range.low(), range.high());
            }
        }
        return x;
    }

    private static double[] values(FitProblem problem, int rows, long seed) {
        List<Double> values = new ArrayList<>();
        for (double[] row : sample(problem, rows, seed)) {
            values.add(problem.formula().evaluate(row));
        }
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Equal to rounding at points of twice the box, where both are finite. */
    private static boolean same(FitProblem problem, Expression found) {
        Formula other = Formula.of(found, problem.formula().variables());
        SplittableRandom random = new SplittableRandom(3);
        double[] point = new double[problem.ranges().size()];
        double worst = 0;
        double size = 0;
        int finite = 0;
        for (int k = 0; k < POINTS; k++) {
            for (int i = 0; i < point.length; i++) {
                Range range = problem.ranges().get(i);
                double half = range.high() - range.low();
                double middle = (range.low() + range.high()) / 2;
                point[i] = random.nextDouble(middle - half, middle + half);
            }
            double a = problem.formula().evaluate(point);
            double b = other.evaluate(point);
            if (Double.isFinite(a) && Double.isFinite(b)) {
                worst = Math.max(worst, Math.abs(a - b));
                size += a * a;
                finite++;
            }
        }
        return finite > POINTS / 10 && worst <= SAME * Math.sqrt(size / finite);
    }
}
