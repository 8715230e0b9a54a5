// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;

/**
 * Fits all measured constants of a composition together: Levenberg-Marquardt (Marquardt, An algorithm for least-squares
 * estimation of nonlinear parameters, 1963) on exact derivatives, by QR. Values that are not finite are never accepted.
 */
public final class ConstantFit {

    /** What of a unit column may be left for it to count as independent. */
    private static final double RANK = 1e-10;
    /** What arithmetic leaves of residuals, in deviations. */
    static final double ROUNDING = 1e-16;
    /** Residuals below it are rounding, whose pattern means nothing. */
    private static final double ROUNDED = 1e-12;
    private static final int HALVINGS = 8;
    private static final double NO_GAIN = 1e-12;

    /**
     * A fitted constant.
     *
     * @param value of the constant
     * @param standardError from the residuals; infinite where the data does not tell it from another
     * @param place the definition it stands in
     */
    public record FittedConstant(double value, double standardError, String place) {
    }

    /**
     * What came of a fit.
     *
     * @param composition with the fitted constants
     * @param rmse over all rows and outputs, in units of the outputs' deviations
     * @param constants in the order in which they stand
     * @param indistinct a sentence for each constant that the data does not tell from another
     */
    public record Result(Composition composition, double rmse, List<FittedConstant> constants, List<String> indistinct) {

        /** Copies the lists. */
        public Result {
            constants = List.copyOf(constants);
            indistinct = List.copyOf(indistinct);
        }
    }

    private ConstantFit() {
    }

    /**
     * Fits every measured constant.
     *
     * @param steps at most
     * @throws KanException if a target or a column is missing, or the composition is undefined on a row
     */
    public static Result fit(Composition composition, Observations data, int steps) {
        return fit(composition, data, steps, false);
    }

    /** @param tied whether equal constants stay equal */
    static Result fit(Composition composition, Observations data, int steps, boolean tied) {
        for (String column : composition.columns()) {
            if (!data.inputs().containsKey(column)) {
                throw invalid("the column '" + column + "' is missing; there are "
                        + String.join(", ", data.inputs().keySet()));
            }
        }
        for (String output : composition.outputs()) {
            if (!data.targets().containsKey(output)) {
                throw invalid("the output '" + output + "' has no target; there are "
                        + String.join(", ", data.targets().keySet()));
            }
        }
        return new Search(new Tape(composition, tied), composition, data).run(steps);
    }

    private static KanException invalid(String message) {
        return new KanException(Status.INVALID_ARGUMENT, message);
    }

    private static final class Search {
        private final Tape tape;
        private final List<String> outputs;
        private final Observations data;
        private final double[] deviations;
        private final int rows;

        Search(Tape tape, Composition composition, Observations data) {
            this.tape = tape;
            this.outputs = composition.outputs();
            this.data = data;
            this.rows = data.rows();
            this.deviations = outputs.stream().mapToDouble(data::deviation).toArray();
        }

        /** Target less value, in deviations. */
        private double[] residuals(double[] parameters) {
            double[][] values = tape.forward(parameters, data.inputs(), rows);
            double[] residuals = new double[rows * outputs.size()];
            for (int k = 0; k < outputs.size(); k++) {
                double[] target = data.targets().get(outputs.get(k));
                for (int b = 0; b < rows; b++) {
                    residuals[k * rows + b] = (target[b] - values[k][b]) / deviations[k];
                }
            }
            return residuals;
        }

        private double[][] jacobian(int parameters) {
            double[][] all = new double[parameters][rows * outputs.size()];
            double[][] one = new double[parameters][rows];
            for (int k = 0; k < outputs.size(); k++) {
                tape.backward(k, one);
                for (int p = 0; p < parameters; p++) {
                    for (int b = 0; b < rows; b++) {
                        double slope = one[p][b] / deviations[k];
                        all[p][k * rows + b] = Double.isFinite(slope) ? slope : 0; // at an end of a domain
                    }
                }
            }
            return all;
        }

        Result run(int steps) {
            double[] parameters = tape.parameters();
            double[] residuals = residuals(parameters);
            double squares = VariableProjection.squares(residuals);
            if (!Double.isFinite(squares)) {
                throw invalid("the formula is undefined on a row of the data");
            }
            double damping = 1e-3;
            for (int step = 0; step < steps && parameters.length > 0; step++) {
                residuals(parameters);
                TriangularFactor factor = new TriangularFactor(jacobian(parameters.length), residuals.clone(), RANK);
                double before = squares;
                for (int trial = 0; trial < 16 && squares == before; trial++) {
                    double[] moved = moved(parameters, factor.solve(damping), trial == 0 ? HALVINGS : 0);
                    double[] next = residuals(moved);
                    double reached = VariableProjection.squares(next);
                    if (reached < squares && Arrays.stream(moved).allMatch(Double::isFinite)) {
                        parameters = moved;
                        residuals = next;
                        squares = reached;
                        damping = Math.max(damping / 8, 1e-16);
                    } else {
                        damping = Math.max(4 * damping, 1e-12);
                    }
                }
                if (!(before - squares > NO_GAIN * before) || squares < 1e-31 * residuals.length) {
                    break;
                }
            }
            return result(parameters, residuals, squares);
        }

        /** The step, halved as often as rows leave a domain. */
        private double[] moved(double[] parameters, double[] change, int halvings) {
            double[] moved = new double[parameters.length];
            double share = 1;
            for (int i = 0; i <= halvings; i++, share /= 2) {
                double part = share;
                Arrays.setAll(moved, p -> parameters[p] + part * change[p]);
                if (i < halvings && Double.isFinite(VariableProjection.squares(residuals(moved)))) {
                    break;
                }
            }
            return moved;
        }

        private Result result(double[] parameters, double[] residuals, double squares) {
            int n = residuals.length;
            residuals(parameters);
            TriangularFactor factor = new TriangularFactor(jacobian(parameters.length), residuals.clone(), RANK);
            double[] variances = factor.variances();
            double noise = Math.max(ROUNDING, Math.sqrt(squares / Math.max(1, n - parameters.length)));
            List<FittedConstant> constants = new ArrayList<>();
            for (int p = 0; p < parameters.length; p++) {
                constants.add(new FittedConstant(parameters[p], noise * Math.sqrt(variances[p]), tape.place(p)));
            }
            List<String> indistinct = new ArrayList<>();
            for (int place = factor.rank(); place < parameters.length; place++) {
                int lost = factor.column(place);
                String sentence = "the constant " + parameters[lost] + " of " + tape.place(lost);
                if (factor.rank() > 0) {
                    int twin = factor.twin(place);
                    sentence += " and the constant " + parameters[twin] + " of " + tape.place(twin)
                            + " cannot be told apart on this data";
                } else {
                    sentence += " changes nothing on this data";
                }
                indistinct.add(sentence);
            }
            return new Result(tape.with(parameters), Math.sqrt(squares / n), constants, indistinct);
        }
    }

    /**
     * Whether what a composition leaves of the data is no noise: the form is not right, and standard errors are lower bounds.
     *
     * @throws KanException if a target or a column is missing
     */
    public static boolean leavesPattern(Composition composition, Observations data) {
        Map<String, double[]> values = composition.evaluate(data.inputs(), data.rows());
        return composition.outputs().stream().anyMatch(output -> {
            double[] residuals = data.targets().get(output).clone();
            double[] value = values.get(output);
            Arrays.setAll(residuals, b -> residuals[b] - value[b]);
            double rms = Math.sqrt(VariableProjection.squares(residuals) / data.rows());
            return rms > ROUNDED * data.deviation(output) && Residuals.goTogether(residuals, List.copyOf(data.inputs().values()));
        });
    }

    /** The root mean squared error of a composition in units of the outputs' deviations; infinite where it is undefined. */
    static double rmse(Composition composition, Observations data) {
        double squares = 0;
        var values = composition.evaluate(data.inputs(), data.rows());
        for (String output : composition.outputs()) {
            double deviation = data.deviation(output);
            double[] target = data.targets().get(output);
            double[] value = values.get(output);
            for (int b = 0; b < target.length; b++) {
                squares += Math.pow((value[b] - target[b]) / deviation, 2);
            }
        }
        double rmse = Math.sqrt(squares / data.rows() / composition.outputs().size());
        return Double.isNaN(rmse) ? Double.POSITIVE_INFINITY : rmse;
    }
}
