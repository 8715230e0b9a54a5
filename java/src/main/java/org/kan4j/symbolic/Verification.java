// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.formula.DomainProof;
import org.kan4j.formula.DomainStatus;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Interval;

/**
 * What is known of a formula's truth. Errors are in the target's own unit.
 *
 * @param rmse of the formula on test rows
 * @param maxError of the formula on test rows
 * @param deviation of the target on test rows
 * @param rmsDifference of formula and network at points spread over the box; NaN without a network
 * @param maxDifference likewise
 * @param undefinedShare of those points at which the formula is not finite
 * @param domain whether it is defined everywhere in the box
 * @param extrapolation a sentence about the box widened by 10 %; empty if the formula is defined there too
 */
public record Verification(double rmse, double maxError, double deviation, double rmsDifference, double maxDifference,
        double undefinedShare, DomainProof domain, String extrapolation) {

    private static final int POINTS = 10_000;
    private static final double WIDER = 0.1;

    /** The share of the target's variance that the formula explains on test rows. */
    public double r2() {
        return 1 - rmse * rmse / (deviation * deviation);
    }

    /**
     * Verifies a formula.
     *
     * @param output its name among the targets
     * @param test rows that nothing was fitted to or chosen by
     * @param network from columns to the output's values at as many points; null if there is none
     * @param box the ranges of the columns
     * @throws KanException if a column or the target is missing
     */
    public static Verification of(Expression formula, String output, Observations test,
            java.util.function.Function<Map<String, double[]>, double[]> network, Map<String, Interval> box) {
        double[] target = test.targets().get(output);
        if (target == null) {
            throw new KanException(Status.INVALID_ARGUMENT, "the output '" + output + "' has no target; there are "
                    + String.join(", ", test.targets().keySet()));
        }
        double[] values = formula.evaluate(test.inputs(), test.rows());
        double squares = 0;
        double most = 0;
        for (int b = 0; b < target.length; b++) {
            squares += Math.pow(values[b] - target[b], 2);
            most = Math.max(most, Math.abs(values[b] - target[b]));
        }
        Map<String, double[]> points = points(box);
        double[] inBox = formula.evaluate(points, POINTS);
        double[] expected = network == null ? null : network.apply(points);
        double difference = 0;
        double largest = 0;
        int undefined = 0;
        for (int i = 0; i < POINTS; i++) {
            if (!Double.isFinite(inBox[i])) {
                undefined++;
            } else if (expected != null) {
                difference += Math.pow(inBox[i] - expected[i], 2);
                largest = Math.max(largest, Math.abs(inBox[i] - expected[i]));
            }
        }
        boolean compared = expected != null && undefined < POINTS;
        return new Verification(Math.sqrt(squares / target.length), most, test.deviation(output),
                compared ? Math.sqrt(difference / (POINTS - undefined)) : Double.NaN, compared ? largest : Double.NaN,
                (double) undefined / POINTS, formula.proveDomain(box), extrapolation(formula, box));
    }

    private static String extrapolation(Expression formula, Map<String, Interval> box) {
        Map<String, Interval> wider = new LinkedHashMap<>();
        box.forEach((name, range) -> wider.put(name,
                new Interval(range.low() - WIDER * range.width(), range.high() + WIDER * range.width())));
        DomainProof proof = formula.proveDomain(wider);
        return proof.status() != DomainStatus.VIOLATED ? ""
                : "outside the data the formula is undefined, as at " + proof.point() + " (" + proof.guard() + ")";
    }

    /** A lattice with a random shift: evenly spread in the box whatever its dimension. */
    private static Map<String, double[]> points(Map<String, Interval> box) {
        List<String> names = new ArrayList<>(box.keySet());
        double ratio = golden(names.size());
        SplittableRandom random = new SplittableRandom(1);
        Map<String, double[]> points = new HashMap<>();
        double step = 1;
        for (String name : names) {
            step /= ratio;
            double shift = random.nextDouble();
            Interval range = box.get(name);
            double[] column = new double[POINTS];
            for (int i = 0; i < POINTS; i++) {
                double place = shift + (i + 1) * step;
                column[i] = range.low() + (place - Math.floor(place)) * range.width();
            }
            points.put(name, column);
        }
        return points;
    }

    /** The root of x^(d+1) = x + 1, whose powers make the lattice. */
    private static double golden(int dimensions) {
        UnaryOperator<Double> next = x -> Math.pow(1 + x, 1.0 / (dimensions + 1));
        double ratio = 2;
        for (int i = 0; i < 60; i++) {
            ratio = next.apply(ratio);
        }
        return ratio;
    }
}
