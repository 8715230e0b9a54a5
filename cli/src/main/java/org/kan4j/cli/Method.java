// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.kan4j.train.ActivationRegulariser;
import org.kan4j.train.ClassBalance;
import org.kan4j.optim.Clipping;
import org.kan4j.grid.GridUpdate;
import org.kan4j.train.GridUpdates;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.ParameterGroup;
import org.kan4j.rows.RowSource;
import org.kan4j.train.Trainer;
import org.kan4j.train.WeightRegulariser;
import picocli.CommandLine.Option;

/**
 * How {@code kan4j train} trains, beyond the usual: options of the command line, and as they are part of the effective
 * options in metrics and checkpoints, each under its name. What is not given is null.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.ANY, getterVisibility = JsonAutoDetect.Visibility.NONE)
final class Method {

    static final String LBFGS = "lbfgs";

    private static final String SGD = "sgd";
    private static final String BALANCED = "balanced";
    private static final int LBFGS_ITERATIONS = 20;

    @Option(names = "--optimizer", paramLabel = "NAME", description = "adamw, sgd or lbfgs; adamw by default. lbfgs takes all rows at once unless --batch says otherwise.")
    private String optimizer;

    @Option(names = "--momentum", paramLabel = "F", description = "Of sgd, 0 to below 1; 0.9 by default.")
    private Double momentum;

    @Option(names = "--iterations", paramLabel = "N", description = "Of lbfgs on each batch of an epoch; 20 by default.")
    private Integer iterations;

    @Option(names = "--history", paramLabel = "N", description = "Steps that lbfgs remembers, 1 to 1000; 20 by default.")
    private Integer history;

    @Option(names = "--steps", paramLabel = "N", description = "Steps in all, instead of or within --epochs; no limit by default.")
    private Long steps;

    @Option(names = "--accumulate", paramLabel = "N", description = "Batches whose gradients make one step; 1 by default.")
    private Integer accumulate;

    @Option(names = "--clip-norm", paramLabel = "R", description = "Limit on the norm of a step's gradient; none by default.")
    private Double clipNorm;

    @Option(names = "--clip-value", paramLabel = "R", description = "Limit on each number of a step's gradient; none by default.")
    private Double clipValue;

    @Option(names = "--freeze", paramLabel = "NAME", split = ",", description = "Tensors to leave as they are; * is any text: layers.0.*, *.base_weight, *.centres.")
    private List<String> freeze;

    @Option(names = "--group", paramLabel = "NAME:lr=R:decay=R", split = ",", description = "Tensors with a learning rate or weight decay of their own, such as *.centres:lr=1e-4:decay=0.")
    private List<String> group;

    @Option(names = "--average", paramLabel = "F", description = "Keep a moving average of the parameters with this decay, such as 0.999, as the model.")
    private Double average;

    @Option(names = "--class-weights", paramLabel = "W", split = ",", description = "balanced, or a weight for each class: how much its rows count in training.")
    private List<String> classWeights;

    @Option(names = "--huber", paramLabel = "D", description = "Regression by Huber's loss, which is linear in errors beyond D deviations of the target; by default "
            + "the mean squared error.")
    private Double huber;

    @Option(names = "--update-grid", paramLabel = "N", description = "Move the grids to the data after every N steps; never by default.")
    private Long updateGrid;

    @Option(names = "--update-grid-until", paramLabel = "N", description = "Last step after which --update-grid does so; no last one by default.")
    private Long updateGridUntil;

    @Option(names = "--update-grid-share", paramLabel = "F", description = "Share of an even grid in an updated one, the rest are quantiles; 0.02 by default.")
    private Double updateGridShare;

    @Option(names = "--l1", paramLabel = "R", description = "Penalty on the size of edges' coefficients.")
    private Double l1;

    @Option(names = "--entropy", paramLabel = "R", description = "Penalty on the entropy of edges' sizes.")
    private Double entropy;

    @Option(names = "--first-difference", paramLabel = "R", description = "Penalty on squared differences of neighbouring coefficients.")
    private Double firstDifference;

    @Option(names = "--second-difference", paramLabel = "R", description = "Penalty on squared second differences of neighbouring coefficients.")
    private Double secondDifference;

    @Option(names = "--sparsity", paramLabel = "R", description = "pykan's penalty (lamb) on what edges give over the rows of a step: sizes R, their entropy 2 R.")
    private Double sparsity;

    @Option(names = "--sparsity-of", paramLabel = "NAME", description = "The size of an edge: its deviation over its input's (normalised_deviation, the default), its "
            + "deviation, or mean_abs.")
    private String sparsityOf;

    // ---------------------------------------------------------------------------------------------------------- checks

    /** Refuses values out of range, each by its option. */
    void check() {
        if (optimizer != null && !List.of("adamw", SGD, LBFGS).contains(optimizer)) {
            throw new InputException("--optimizer must be adamw, sgd or lbfgs, given '" + optimizer + "'");
        }
        onlyFor("--momentum", momentum, SGD);
        onlyFor("--iterations", iterations, LBFGS);
        onlyFor("--history", history, LBFGS);
        within("--momentum", momentum, momentum != null && momentum >= 0 && momentum < 1, "at least 0 and below 1");
        Ranges.atLeast("--iterations", iterations, 1);
        within("--history", history, history != null && history >= 1 && history <= 1000, "1 to 1000");
        Ranges.atLeast("--steps", steps, 1);
        Ranges.atLeast("--accumulate", accumulate, 1);
        Ranges.positive("--clip-norm", clipNorm);
        Ranges.positive("--clip-value", clipValue);
        Ranges.positive("--huber", huber);
        within("--average", average, average != null && average > 0 && average < 1, "above 0 and below 1");
        Ranges.atLeast("--update-grid", updateGrid, 1);
        Ranges.atLeast("--update-grid-until", updateGridUntil, 1);
        within("--update-grid-share", updateGridShare,
                updateGridShare != null && updateGridShare >= 0 && updateGridShare <= 1, "0 to 1");
        if (updateGrid == null && (updateGridUntil != null || updateGridShare != null)) {
            throw new InputException("--update-grid-until and --update-grid-share need --update-grid N");
        }
        Ranges.nonNegative("--l1", l1);
        Ranges.nonNegative("--entropy", entropy);
        Ranges.nonNegative("--first-difference", firstDifference);
        Ranges.nonNegative("--second-difference", secondDifference);
        Ranges.nonNegative("--sparsity", sparsity);
        if (sparsityOf != null && sparsity == null) {
            throw new InputException("--sparsity-of needs --sparsity R");
        }
        sparsityOf();
        if (lbfgs() && (accumulate != null && accumulate > 1 || clipNorm != null || clipValue != null || group != null)) {
            throw new InputException("--accumulate, --clip-norm, --clip-value and --group are not for --optimizer lbfgs, which "
                    + "searches along a line of its own");
        }
        groups();
        weights(0);
    }

    /** Refuses what the task has no use for. */
    void check(boolean classification) {
        if (huber != null && classification) {
            throw new InputException("--huber is for regression");
        }
    }

    private void onlyFor(String option, Object value, String name) {
        if (value != null && !name.equals(optimizer)) {
            throw new InputException(option + " is for --optimizer " + name);
        }
    }

    private static void within(String option, Object value, boolean inside, String range) {
        if (value != null && !inside) {
            throw new InputException(option + " must be " + range + ", given " + value);
        }
    }

    boolean lbfgs() {
        return LBFGS.equals(optimizer);
    }

    /** Sets of as many numbers as a model's parameters that the optimizer keeps from its first step on. */
    int moments() {
        return lbfgs() ? 0 : !SGD.equals(optimizer) ? 2 : momentum != null && momentum == 0 ? 0 : 1;
    }

    Long steps() {
        return steps;
    }

    boolean huber() {
        return huber != null;
    }

    boolean updatesGrids() {
        return updateGrid != null;
    }

    boolean hasClassWeights() {
        return classWeights != null;
    }

    /** Goes on to another number of steps. */
    void setSteps(Long more) {
        steps = more;
    }

    // ------------------------------------------------------------------------------------------------------- to a trainer

    /** Sets a trainer up to train so. */
    void apply(Trainer.Builder builder, Double learningRate, Double weightDecay) {
        builder.optimizer(optimizer(learningRate, weightDecay));
        if (steps != null) {
            builder.steps(steps);
        }
        if (accumulate != null) {
            builder.accumulation(accumulate);
        }
        builder.clipping(new Clipping(clipNorm == null ? Double.POSITIVE_INFINITY : clipNorm,
                clipValue == null ? Double.POSITIVE_INFINITY : clipValue));
        if (freeze != null) {
            freeze.forEach(name -> builder.group(ParameterGroup.frozen(name)));
        }
        groups().forEach(builder::group);
        if (average != null) {
            builder.averaging(average);
        }
        if (huber != null) {
            builder.loss(new Loss.Huber(huber));
        }
        if (updateGrid != null) {
            GridUpdate update = GridUpdate.defaults();
            builder.gridUpdates(GridUpdates.every(updateGrid).withUntil(updateGridUntil == null ? 0 : updateGridUntil)
                    .withUpdate(updateGridShare == null ? update : update.withUniformShare(updateGridShare)));
        }
        if (l1 != null || entropy != null || firstDifference != null || secondDifference != null) {
            builder.regulariser(new WeightRegulariser(or0(l1), or0(entropy), or0(firstDifference), or0(secondDifference)));
        }
        if (sparsity != null) {
            builder.regulariser(new ActivationRegulariser(sparsityOf(), sparsity, 2 * sparsity, 0, 0));
        }
    }

    /** What --sparsity is of. */
    private ActivationRegulariser.Measure sparsityOf() {
        if (sparsityOf == null) {
            return ActivationRegulariser.Measure.NORMALISED_DEVIATION;
        }
        return Arrays.stream(ActivationRegulariser.Measure.values())
                .filter(measure -> measure.name().toLowerCase(Locale.ROOT).equals(sparsityOf)).findFirst()
                .orElseThrow(() -> new InputException("--sparsity-of must be normalised_deviation, deviation or mean_abs, given '"
                        + sparsityOf + "'"));
    }

    private Optimizer optimizer(Double learningRate, Double weightDecay) {
        return switch (optimizer) {
            case SGD -> new Optimizer.Sgd(learningRate, momentum == null ? 0.9 : momentum, weightDecay, false);
            case LBFGS -> Lbfgs.of(iterations == null ? LBFGS_ITERATIONS : iterations)
                    .withHistory(history == null ? Lbfgs.of(1).history() : history);
            case null, default -> Optimizer.adamW(learningRate, weightDecay);
        };
    }

    private static double or0(Double value) {
        return value == null ? 0 : value;
    }

    private List<ParameterGroup> groups() {
        return group == null ? List.of() : group.stream().map(Method::group).toList();
    }

    private static ParameterGroup group(String text) {
        String[] parts = text.split(":");
        double rate = Double.NaN;
        double decay = Double.NaN;
        for (String part : Arrays.asList(parts).subList(1, parts.length)) {
            double value = number("--group", text, part.substring(part.indexOf('=') + 1));
            if (part.startsWith("lr=")) {
                rate = value;
            } else if (part.startsWith("decay=")) {
                decay = value;
            } else {
                throw new InputException("--group " + text + ": expected NAME:lr=R:decay=R, found '" + part + "'");
            }
            Ranges.nonNegative("--group " + text, value);
        }
        if (parts.length < 2 || parts[0].isEmpty()) {
            throw new InputException("--group " + text + ": expected NAME:lr=R, NAME:decay=R or both");
        }
        return new ParameterGroup(parts[0], false, rate, decay);
    }

    private static double number(String option, String text, String value) {
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw new InputException(option + " " + text + ": '" + value + "' is not a number", e);
        }
    }

    // ------------------------------------------------------------------------------------------------------ class weights

    /** The weights of the classes of the training rows; to be asked only if there are some. */
    double[] classWeights(RowSource rows) {
        if (rows.classes() == 0) {
            throw new InputException("--class-weights is for classification");
        }
        return classWeights.equals(List.of(BALANCED)) ? ClassBalance.of(rows) : weights(rows.classes());
    }

    private double[] weights(int classes) {
        if (classWeights == null || classWeights.equals(List.of(BALANCED))) {
            return new double[0];
        }
        double[] weights = classWeights.stream()
                .mapToDouble(w -> number("--class-weights", String.join(",", classWeights), w)).toArray();
        for (double weight : weights) {
            Ranges.nonNegative("--class-weights", weight);
        }
        if (classes > 0 && weights.length != classes) {
            throw new InputException("--class-weights must be balanced or " + classes + " numbers, one a class, given "
                    + weights.length);
        }
        return weights;
    }
}
