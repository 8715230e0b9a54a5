// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kan4j.data.FormulaSet.Range;
import org.kan4j.formula.Formula;

/**
 * What {@code kan4j fit-function} fits, and by which network.
 *
 * @param name of the equation, or the formula as given
 * @param formula of the variables
 * @param ranges of the variables, in their order
 * @param layers widths of the network
 * @param published RMSE of this shape on these ranges, or NaN
 */
record FitProblem(String name, Formula formula, List<Range> ranges, long[] layers, double published) {

    static FitProblem of(Feynman equation) {
        return new FitProblem(equation.name(), equation.formula(), equation.ranges(), equation.layers(), equation.published());
    }

    /**
     * What the command line asks for.
     *
     * @param text a formula or the name of an equation
     * @param ranges of the variables, as given; null for the equation's or -1..1
     * @param layers null for the equation's or n,2n+1,1
     */
    static FitProblem of(String text, String ranges, long[] layers) {
        Optional<Feynman> known = Feynman.named(text);
        Formula formula = known.map(Feynman::formula).orElseGet(() -> parse(text));
        int n = formula.variables().size();
        if (n == 0) {
            throw new InputException("the formula '" + text + "' has no variable");
        }
        List<Range> box = ranges != null || known.isEmpty() ? box(formula.variables(), ranges) : known.get().ranges();
        long[] widths = layers != null ? layers : known.isPresent() ? known.get().layers() : new long[] {n, 2L * n + 1, 1};
        if (widths.length < 2 || widths[0] != n || widths[widths.length - 1] != 1
                || Arrays.stream(widths).anyMatch(w -> w < 1)) {
            throw new InputException("--layers must go from the " + n + " variables " + formula.variables()
                    + " to 1 output, such as " + n + ",2,1, given " + ModelOptions.join(widths));
        }
        double published = known.isPresent() && ranges == null && layers == null ? known.get().published() : Double.NaN;
        return new FitProblem(known.map(Feynman::name).orElse(text), formula, box, widths, published);
    }

    private static Formula parse(String text) {
        if (text.matches("I{1,3}\\.[0-9]+\\.[0-9]+[a-z]*")) {
            throw new InputException("no equation '" + text + "'; --list shows those known by name");
        }
        return Formula.parse(text);
    }

    /** @param ranges of the variables, as given; null for -1..1 */
    static List<Range> box(List<String> variables, String ranges) {
        if (ranges == null || !ranges.contains("=")) {
            Range all = ranges == null ? new Range(-1, 1) : range(ranges);
            return variables.stream().map(name -> all).toList();
        }
        Map<String, Range> named = new HashMap<>();
        for (String part : ranges.split(",", -1)) {
            String[] sides = part.split("=", -1);
            String name = sides[0].strip();
            if (sides.length != 2) {
                throw new InputException("--ranges: expected NAME=LOW:HIGH, given '" + part + "'");
            }
            if (!variables.contains(name)) {
                throw new InputException("--ranges: '" + name + "' is none of the formula's variables "
                        + String.join(", ", variables));
            }
            if (named.put(name, range(sides[1])) != null) {
                throw new InputException("--ranges names '" + name + "' twice");
            }
        }
        for (String name : variables) {
            if (!named.containsKey(name)) {
                throw new InputException("--ranges says nothing of the variable '" + name + "'");
            }
        }
        return variables.stream().map(named::get).toList();
    }

    private static Range range(String text) {
        String[] ends = text.split(":", -1);
        if (ends.length != 2) {
            throw new InputException("--ranges: expected LOW:HIGH, given '" + text + "'");
        }
        return new Range(constant(ends[0]), constant(ends[1]));
    }

    /** A number, or a formula of none such as 2*pi. */
    private static double constant(String text) {
        return Formula.parse(text, List.of()).evaluate();
    }

    /** The network's widths, as lists are written. */
    String shape() {
        return Arrays.toString(layers).replace(" ", "");
    }

    /** The ranges as {@code --ranges} takes them, to four digits. */
    String box() {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < ranges.size(); i++) {
            parts.add(format("%s=%.4g:%.4g", formula.variables().get(i), ranges.get(i).low(), ranges.get(i).high()));
        }
        return String.join(",", parts);
    }
}
