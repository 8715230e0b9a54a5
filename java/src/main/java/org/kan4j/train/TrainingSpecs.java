// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.kan4j.constraint.Monotonicity;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.grid.GridUpdate;
import org.kan4j.internal.Fields;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.ParameterGroup;
import org.kan4j.optim.Schedule;

/** What a training is configured with, as JSON and back. Names are the file format's own, never those of classes. */
final class TrainingSpecs {

    private TrainingSpecs() {
    }

    private static Map<String, Object> object(String type, Object... namesAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("type", type);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static FormatException unknown(String what, Fields fields, String known) {
        return new FormatException("unknown " + what + " '" + fields.text("type") + "'; known are " + known);
    }

    static Map<String, Object> loss(Loss loss) {
        return switch (loss) {
            case Loss.Mse mse -> object("mse");
            case Loss.CrossEntropy crossEntropy -> object("cross_entropy");
            case Loss.BinaryCrossEntropy binary -> object("binary_cross_entropy", "positive_weight",
                    binary.positiveWeight());
            case Loss.Huber huber -> object("huber", "delta", huber.delta());
            case Loss.Pinball pinball -> object("pinball", "levels", pinball.levels());
            case Loss.Custom custom -> object("custom", "name", custom.name());
        };
    }

    static Loss loss(Fields fields) {
        return switch (fields.text("type")) {
            case "mse" -> new Loss.Mse();
            case "cross_entropy" -> new Loss.CrossEntropy();
            case "binary_cross_entropy" -> new Loss.BinaryCrossEntropy(
                    fields.has("positive_weight") ? fields.number("positive_weight") : 1);
            case "huber" -> new Loss.Huber(fields.number("delta"));
            case "pinball" -> new Loss.Pinball(fields.numbers("levels"));
            case "custom" -> new Absent("loss", fields.text("name"));
            default -> throw unknown("loss", fields, "mse, cross_entropy, binary_cross_entropy, huber, pinball, custom");
        };
    }

    static Map<String, Object> optimizer(Optimizer optimizer) {
        return switch (optimizer) {
            case Optimizer.AdamW a -> object("adamw", "learning_rate", a.learningRate(), "beta1", a.beta1(), "beta2",
                    a.beta2(), "eps", a.eps(), "weight_decay", a.weightDecay());
            case Optimizer.Sgd s -> object("sgd", "learning_rate", s.learningRate(), "momentum", s.momentum(),
                    "weight_decay", s.weightDecay(), "nesterov", s.nesterov());
            case Lbfgs l -> object("lbfgs", "history", l.history(), "iterations", l.iterations(), "gradient_tolerance",
                    l.gradientTolerance(), "change_tolerance", l.changeTolerance(), "search_evaluations",
                    l.searchEvaluations());
        };
    }

    static Optimizer optimizer(Fields fields) {
        return switch (fields.text("type")) {
            case "adamw" -> new Optimizer.AdamW(fields.number("learning_rate"), fields.number("beta1"),
                    fields.number("beta2"), fields.number("eps"), fields.number("weight_decay"));
            case "sgd" -> new Optimizer.Sgd(fields.number("learning_rate"), fields.number("momentum"),
                    fields.number("weight_decay"), fields.bool("nesterov"));
            case "lbfgs" -> new Lbfgs(fields.integer("history", 1), fields.integer("iterations", 0),
                    fields.number("gradient_tolerance"), fields.number("change_tolerance"),
                    fields.integer("search_evaluations", 1));
            default -> throw unknown("optimizer", fields, "adamw, sgd, lbfgs");
        };
    }

    static Map<String, Object> schedule(Schedule schedule) {
        return switch (schedule) {
            case Schedule.Constant constant -> object("constant");
            case Schedule.Exponential e -> object("exponential", "gamma", e.gamma());
            case Schedule.Step s -> object("step", "every_epochs", s.everyEpochs(), "gamma", s.gamma());
            case Schedule.Cosine c -> object("cosine", "warmup_epochs", c.warmupEpochs(), "floor", c.floor());
            case Schedule.OneCycle o -> object("one_cycle", "peak_at", o.peakAt(), "start", o.start(), "end", o.end());
            case Schedule.Plateau p -> object("plateau", "gamma", p.gamma(), "patience", p.patience(), "threshold",
                    p.threshold(), "cooldown", p.cooldown(), "floor", p.floor());
            case Schedule.Custom custom -> object("custom", "name", custom.name());
        };
    }

    static Schedule schedule(Fields fields) {
        return switch (fields.text("type")) {
            case "constant" -> new Schedule.Constant();
            case "exponential" -> new Schedule.Exponential(fields.number("gamma"));
            case "step" -> new Schedule.Step(fields.integer("every_epochs", 1), fields.number("gamma"));
            case "cosine" -> new Schedule.Cosine(fields.number("warmup_epochs"), fields.number("floor"));
            case "one_cycle" -> new Schedule.OneCycle(fields.number("peak_at"), fields.number("start"),
                    fields.number("end"));
            case "plateau" -> new Schedule.Plateau(fields.number("gamma"), fields.integer("patience", 0),
                    fields.number("threshold"), fields.integer("cooldown", 0), fields.number("floor"));
            case "custom" -> new Absent("schedule", fields.text("name"));
            default -> throw unknown("schedule", fields, "constant, exponential, step, cosine, one_cycle, plateau, custom");
        };
    }

    static Map<String, Object> group(ParameterGroup group) {
        return object("group", "tensors", group.tensors(), "frozen", group.frozen(), "learning_rate",
                finite(group.learningRate()), "weight_decay", finite(group.weightDecay()));
    }

    static ParameterGroup group(Fields fields) {
        return new ParameterGroup(fields.text("tensors"), fields.bool("frozen"), fields.numberOrNaN("learning_rate"),
                fields.numberOrNaN("weight_decay"));
    }

    static Map<String, Object> clipping(Clipping clipping) {
        return object("clipping", "norm", finite(clipping.norm()), "value", finite(clipping.value()));
    }

    static Clipping clipping(Fields fields) {
        double norm = fields.numberOrNaN("norm");
        double value = fields.numberOrNaN("value");
        return new Clipping(Double.isNaN(norm) ? Double.POSITIVE_INFINITY : norm,
                Double.isNaN(value) ? Double.POSITIVE_INFINITY : value);
    }

    static Map<String, Object> gridUpdates(GridUpdates updates) {
        GridUpdate update = updates.update();
        return object("grid_updates", "uniform_share", update.uniformShare(), "margin", update.margin(),
                "minimum_spacing", update.minimumSpacing(), "samples_per_cell", update.samplesPerCell(), "tolerance",
                finite(update.tolerance()), "every", updates.every(), "until", updates.until(), "rows", updates.rows());
    }

    static GridUpdates gridUpdates(Fields fields) {
        double tolerance = fields.numberOrNaN("tolerance");
        return new GridUpdates(new GridUpdate(fields.number("uniform_share"), fields.number("margin"),
                fields.number("minimum_spacing"), fields.integer("samples_per_cell", 0),
                Double.isNaN(tolerance) ? Double.POSITIVE_INFINITY : tolerance),
                fields.whole("every"), fields.whole("until"), fields.integer("rows", 1));
    }

    static Map<String, Object> regulariser(Regulariser regulariser) {
        return switch (regulariser) {
            case WeightRegulariser w -> object("weights", "l1", w.l1(), "entropy", w.entropy(), "first_difference",
                    w.firstDifference(), "second_difference", w.secondDifference());
            case ActivationRegulariser a -> object("activations", "measure", name(a.measure()), "l1", a.l1(), "entropy",
                    a.entropy(), "coefficients", a.coefficients(), "differences", a.differences());
            default -> throw KanException.invalid("a regulariser of one's own cannot be written into checkpoints, given "
                    + "%s; a DataObjective takes any", regulariser);
        };
    }

    static Regulariser regulariser(Fields fields) {
        return switch (fields.text("type")) {
            case "weights" -> new WeightRegulariser(fields.number("l1"), fields.number("entropy"),
                    fields.number("first_difference"), fields.number("second_difference"));
            case "activations" -> new ActivationRegulariser(
                    fields.constant("measure", ActivationRegulariser.Measure.class), fields.number("l1"),
                    fields.number("entropy"), fields.number("coefficients"), fields.number("differences"));
            default -> throw unknown("regulariser", fields, "weights, activations");
        };
    }

    static Map<String, Object> monotonicity(Monotonicity monotonicity) {
        return object("monotone", "inputs", monotonicity.directions(), "outputs", monotonicity.outputs());
    }

    static Monotonicity monotonicity(Fields fields) {
        return new Monotonicity(whole(fields.numbers("inputs")), whole(fields.numbers("outputs")));
    }

    private static List<Integer> whole(List<Double> numbers) {
        return numbers.stream().map(Double::intValue).toList();
    }

    /** JSON has no NaN and no infinity. */
    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
