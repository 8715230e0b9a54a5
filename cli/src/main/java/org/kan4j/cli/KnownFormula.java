// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.kan4j.data.FormulaSet.Range;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Interval;
import org.kan4j.formula.UnaryFunction;

/**
 * A formula that is looked for in its samples.
 *
 * @param name of it
 * @param outputs one formula each
 * @param ranges of the variables, in the variables' order
 * @param rows sampled
 * @param noise deviation of the noise, as a share of the output's
 */
record KnownFormula(String name, List<Expression> outputs, Map<String, Interval> ranges, int rows, double noise) {

    /** The Bessel function of order 0 by the midpoint rule on its integral, which is exact to rounding up to 30. */
    static final UnaryFunction J0 = UnaryFunction.of("j0", x -> mean(x, false), x -> mean(x, true), Interval.ALL);

    private static final int BESSEL_POINTS = 24;
    private static final double SAME = 1e-9;
    private static final int POINTS = 1000;
    private static final double[] NOISE = {0.001, 0.01, 0.05};

    private static double mean(double x, boolean slope) {
        double sum = 0;
        for (int k = 0; k < BESSEL_POINTS; k++) {
            double sine = Math.sin((k + 0.5) * Math.PI / (2 * BESSEL_POINTS));
            sum += slope ? -sine * Math.sin(x * sine) : Math.cos(x * sine);
        }
        return sum / BESSEL_POINTS;
    }

    /** Those of a table: formulas, science, measured, noise, bases, pruning, tutorial or feynman, of which some are kept in units too. */
    static List<KnownFormula> table(String table) {
        List<KnownFormula> all = new ArrayList<>();
        if (table.equals("feynman")) {
            Feynman.all().forEach(e -> all.add(new KnownFormula(e.name(), List.of(e.formula().expression()),
                    ranges(e.formula().variables(), e.ranges()), 1000, 0)));
        }
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                KnownFormula.class.getResourceAsStream("known-formulas.txt"), StandardCharsets.UTF_8))) {
            lines.lines().filter(line -> line.startsWith(table + ";")).map(KnownFormula::of).forEach(all::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!table.equals("noise")) {
            return all;
        }
        return all.stream().flatMap(f -> Arrays.stream(NOISE).mapToObj(n -> new KnownFormula(
                f.name + " " + 100 * n + " %", f.outputs, f.ranges, f.rows, n))).toList();
    }

    private static KnownFormula of(String line) {
        String[] words = Arrays.stream(line.split(";")).map(String::strip).toArray(String[]::new);
        List<Expression> outputs = Arrays.stream(words[2].split(", ")).map(text -> Expression.parse(text, List.of(J0))).toList();
        String box = words.length > 3 && !words[3].isEmpty() ? words[3] : null;
        List<String> variables = box != null && box.contains("=")
                ? Arrays.stream(box.split(",")).map(part -> part.substring(0, part.indexOf('='))).toList()
                : outputs.stream().flatMap(e -> e.variables().stream()).distinct().toList();
        return new KnownFormula(words[1], outputs, ranges(variables, FitProblem.box(variables, box)),
                words.length > 4 ? Integer.parseInt(words[4]) : 1000,
                words.length > 5 ? Double.parseDouble(words[5]) : 0);
    }

    private static Map<String, Interval> ranges(List<String> variables, List<Range> box) {
        Map<String, Interval> ranges = new LinkedHashMap<>();
        for (int i = 0; i < variables.size(); i++) {
            ranges.put(variables.get(i), new Interval(box.get(i).low(), box.get(i).high()));
        }
        return ranges;
    }

    /** Random points of the box, column by column. */
    Map<String, double[]> sample(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, double[]> columns = new LinkedHashMap<>();
        ranges.forEach((name, range) -> columns.put(name, random.doubles(rows, range.low(), range.high()).toArray()));
        return columns;
    }

    /** An output's values there, with noise. */
    double[] values(int output, long seed) {
        double[] values = outputs.get(output).evaluate(sample(seed), rows);
        double mean = Arrays.stream(values).average().orElseThrow();
        double deviation = Math.sqrt(Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
        java.util.Random random = new java.util.Random(seed);
        Arrays.setAll(values, b -> values[b] + (noise == 0 ? 0 : noise * deviation * random.nextGaussian()));
        return values;
    }

    /** Whether formulas are these: the same trees once simplified on the box, or equal to rounding on points of twice the box. */
    boolean is(List<Expression> found) {
        for (int k = 0; k < outputs.size(); k++) {
            if (!found.get(k).simplify(ranges).equals(outputs.get(k).simplify(ranges)) && !equalOnTwiceTheBox(k, found.get(k))) {
                return false;
            }
        }
        return true;
    }

    private boolean equalOnTwiceTheBox(int output, Expression found) {
        SplittableRandom random = new SplittableRandom(3);
        Map<String, double[]> columns = new LinkedHashMap<>();
        ranges.forEach((name, range) -> columns.put(name,
                random.doubles(POINTS, range.low() - range.width() / 2, range.high() + range.width() / 2).toArray()));
        double[] a = outputs.get(output).evaluate(columns, POINTS);
        double[] b = found.evaluate(columns, POINTS);
        double worst = 0;
        double size = 0;
        int finite = 0;
        for (int i = 0; i < POINTS; i++) {
            if (Double.isFinite(a[i]) && Double.isFinite(b[i])) {
                worst = Math.max(worst, Math.abs(a[i] - b[i]));
                size += a[i] * a[i];
                finite++;
            }
        }
        return finite > POINTS / 10 && worst <= SAME * Math.sqrt(size / finite);
    }
}
