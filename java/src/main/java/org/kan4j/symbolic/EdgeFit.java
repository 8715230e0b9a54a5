// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.formula.DomainStatus;
import org.kan4j.formula.Expression;

/** Compares a curve with functions. */
public final class EdgeFit {

    /** Errors below it are rounding. */
    private static final double SMALLEST = 1e-13;
    private static final double TIE = 0.1;

    private EdgeFit() {
    }

    /**
     * The error of an edge below which candidates cannot be told apart.
     *
     * @param rmse of the network on held-out rows
     * @param noise of the data, at most {@code rmse}; 0 for none
     * @param coefficients of the edge
     * @param rows it was fitted to
     * @param squaredGradient mean of the squared derivative of the output with respect to the edge
     * @param variance of the edge over the rows
     */
    public static double resolution(double rmse, double noise, long coefficients, long rows, double squaredGradient,
            double variance) {
        double ofShape = Math.max(0, rmse * rmse - noise * noise);
        double ofNoise = noise * noise * coefficients / rows;
        return Math.sqrt((ofShape + ofNoise) / (squaredGradient * variance));
    }

    /**
     * Fits every function of a library to a curve. Those undefined on its range are left out.
     *
     * @param resolution the error below which candidates cannot be told apart
     * @return best first
     */
    public static List<Candidate> suggest(Curve curve, SymbolicLibrary library, double resolution) {
        return suggest(curve, curve, library, resolution);
    }

    /**
     * Fits every function of a library to a curve. Those undefined on its range are left out.
     *
     * @param check other points of the same function, to try what was fitted
     * @param resolution the error below which candidates cannot be told apart
     * @return best first
     * @throws KanException if the resolution is negative or NaN
     */
    public static List<Candidate> suggest(Curve curve, Curve check, SymbolicLibrary library, double resolution) {
        if (!(resolution >= 0)) {
            throw invalid("the resolution of an edge must be 0 or more, given " + resolution);
        }
        Fitter fitter = new Fitter(curve, check, resolution);
        List<Candidate> candidates = new ArrayList<>();
        for (EdgeFunction function : library.functions()) {
            Candidate candidate = fitter.fit(function);
            if (candidate != null) {
                candidates.add(candidate);
            }
        }
        return ranked(candidates);
    }

    /** By score; within {@value #TIE} bits of the best of those left by constants, then by error. */
    private static List<Candidate> ranked(List<Candidate> candidates) {
        List<Candidate> left = new ArrayList<>(candidates);
        left.sort(Comparator.comparingDouble(Candidate::score));
        List<Candidate> ranked = new ArrayList<>();
        while (!left.isEmpty()) {
            double limit = left.get(0).score() + TIE;
            Candidate next = left.stream().filter(c -> c.score() <= limit)
                    .min(Comparator.<Candidate>comparingInt(c -> c.function().constants())
                            .thenComparingDouble(Candidate::error))
                    .orElseThrow();
            left.remove(next);
            ranked.add(next);
        }
        return ranked;
    }

    /**
     * Those that may be taken: none where the curve is too coarse to tell, or nothing fits it. Their error must be at most
     * ten times the resolution, or 0.05 where that is more.
     */
    public static List<Candidate> offered(List<Candidate> candidates, double resolution) {
        return resolution > 0.3 ? List.of()
                : candidates.stream().filter(c -> c.error() <= Math.max(10 * resolution, 0.05)).toList();
    }

    /**
     * Fits one function.
     *
     * @throws KanException if it is undefined on the curve's range or the curve is constant
     */
    public static Candidate fit(Curve curve, EdgeFunction function) {
        Candidate candidate = new Fitter(curve, curve, 0).fit(function);
        if (candidate == null) {
            throw invalid("the function " + function.name() + " cannot be fitted on the range "
                    + curve.x()[0] + " to " + curve.x()[curve.x().length - 1] + " of the edge: it is undefined there, "
                    + "or the edge is constant");
        }
        return candidate;
    }

    private static KanException invalid(String message) {
        return new KanException(Status.INVALID_ARGUMENT, message);
    }

    private static final class Fitter {
        private final Curve curve;
        private final Curve check;
        private final Curve middle;
        private final double resolution;
        private final Family.Scale scale;
        private final VariableProjection projection;

        Fitter(Curve curve, Curve check, double resolution) {
            this.curve = curve;
            this.check = check;
            this.resolution = resolution;
            double low = curve.x()[0];
            double high = curve.x()[curve.x().length - 1];
            this.scale = new Family.Scale((low + high) / 2, (high - low) / 2);
            this.middle = curve.within(low + 0.1 * (high - low), high - 0.1 * (high - low));
            double[] u = new double[curve.x().length];
            for (int i = 0; i < u.length; i++) {
                u[i] = (curve.x()[i] - scale.middle()) / scale.half();
            }
            this.projection = new VariableProjection(u, curve.y());
        }

        Candidate fit(EdgeFunction function) {
            VariableProjection.Found best = null;
            Family family = null;
            for (Family one : function.families()) {
                VariableProjection.Found found = projection.fit(one);
                if (found != null && (best == null || found.squares() < best.squares())) {
                    best = found;
                    family = one;
                }
            }
            if (best == null) {
                return null;
            }
            Expression expression;
            try {
                expression = family.expression(best.theta(), best.c(), best.d(), scale);
            } catch (KanException tooLarge) { // constants that no double holds in the units of x
                return null;
            }
            if (expression.variables().isEmpty()) {
                return null;
            }
            var domain = expression.proveDomain(Map.of(Candidate.X, curve.range()));
            if (domain.status() == DomainStatus.VIOLATED) {
                return null;
            }
            double error = Math.sqrt(best.squares());
            double score = function.complexity() + 0.5 * function.constants()
                    + 2 * Math.log(Math.max(Math.hypot(error, resolution), SMALLEST)) / Math.log(2);
            return new Candidate(function, expression, error, error(expression, check), error(expression, middle), score,
                    domain);
        }

        private double error(Expression expression, Curve points) {
            double[] values = expression.evaluate(Map.of(Candidate.X, points.x()), points.x().length);
            double mean = VariableProjection.mean(curve.y());
            double squares = 0;
            double whole = 0;
            for (int i = 0; i < values.length; i++) {
                squares += (values[i] - points.y()[i]) * (values[i] - points.y()[i]);
                whole += (points.y()[i] - mean) * (points.y()[i] - mean);
            }
            return whole > 0 ? Math.sqrt(squares / whole) : Double.NaN;
        }
    }
}
