// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.kan4j.error.Counted;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.internal.Fields;
import org.kan4j.internal.Json;
import org.kan4j.internal.model.OptimizerSteps;
import org.kan4j.io.SavedState;
import org.kan4j.measure.Metrics;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Optimizer;

/**
 * A training as what a checkpoint keeps besides the model: in the description, JSON, the plan and where it stands; the
 * moments of the optimizer; with early stopping or averaging, where the tensors of the model are the best so far or the
 * average, the parameters that training goes on with as {@code current}, and with both the average as {@code average}.
 */
final class TrainingFormat {

    private static final String CURRENT = "current";
    private static final String AVERAGE = "average";

    private TrainingFormat() {
    }

    /** For a checkpoint; what it holds stays the training's. */
    static SavedState save(TrainingState training) {
        Map<String, Parameters> sets = new LinkedHashMap<>();
        if (training.current() != null) {
            sets.put(CURRENT, training.current());
        }
        if (training.average() != null) {
            sets.put(AVERAGE, training.average());
        }
        return new SavedState(Json.write(describe(training)), training.moments(), sets);
    }

    /**
     * From a checkpoint; what it holds stays the checkpoint's.
     *
     * @throws FormatException if the description is not one of a training, or others than its tensors are there
     */
    static TrainingState load(SavedState saved) {
        try {
            Fields fields = new Fields("training", Json.parseObject(saved.description()));
            Optimizer optimizer = TrainingSpecs.optimizer(fields.object("optimizer"));
            OptimizerSteps.Curvature curvature = optimizer instanceof Lbfgs lbfgs ? curvature(fields, lbfgs) : null;
            TrainingPlan plan = plan(fields, optimizer);
            boolean best = plan.patience() > 0;
            boolean average = plan.averaging() > 0;
            require("moments", saved.vectors().keySet(), moments(optimizer, curvature));
            require("sets of parameters", saved.sets().keySet(),
                    best && average ? Set.of(CURRENT, AVERAGE) : best || average ? Set.of(CURRENT) : Set.of());
            return new TrainingState(plan, progress(fields), saved.vectors(), fields.whole("steps"),
                    fields.has("restarted_at") ? fields.whole("restarted_at") : 0, curvature, saved.sets().get(CURRENT),
                    saved.sets().get(AVERAGE));
        } catch (Json.ParseException e) {
            throw new FormatException("the training of the checkpoint cannot be resumed: its description is not JSON, "
                    + e.getMessage(), e);
        } catch (KanException e) {
            throw new FormatException("the training of the checkpoint cannot be resumed: " + e.getMessage(), e);
        }
    }

    private static void require(String what, Set<String> found, Set<String> expected) {
        if (!found.equals(expected)) {
            throw new FormatException("its " + what + " must be " + new TreeSet<>(expected) + ", found "
                    + new TreeSet<>(found));
        }
    }

    private static Set<String> moments(Optimizer optimizer, OptimizerSteps.Curvature curvature) {
        return switch (optimizer) {
            case Optimizer.AdamW adamW -> Set.of("m", "v");
            case Optimizer.Sgd sgd -> sgd.momentum() > 0 ? Set.of("velocity") : Set.of();
            case Lbfgs lbfgs -> IntStream.range(0, curvature.stored()).boxed()
                    .flatMap(i -> Stream.of("step_" + i, "change_" + i)).collect(Collectors.toSet());
        };
    }

    /** Where the memory of L-BFGS stands; its vectors are tensors of the file. */
    private static OptimizerSteps.Curvature curvature(Fields training, Lbfgs config) {
        Fields fields = training.object("lbfgs");
        int stored = fields.integer("stored", 0);
        int newest = fields.integer("newest", -1);
        List<Double> products = fields.numbers("inverse_products");
        if (stored > config.history()) {
            throw new FormatException("L-BFGS remembers " + Counted.of(stored, "step") + ", more than its history of "
                    + config.history());
        }
        if (products.size() != stored || newest >= stored || newest < 0 && stored > 0) {
            throw new FormatException(
                    "the memory of L-BFGS does not fit together: " + Counted.of(stored, "step") + ", the newest "
                            + newest + ", " + products.size() + " products");
        }
        return new OptimizerSteps.Curvature(newest, fields.number("gamma"), products);
    }

    static Map<String, Object> describe(TrainingState training) {
        TrainingPlan plan = training.plan();
        TrainingProgress progress = training.progress();
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("loss", plan.loss() == null ? null : TrainingSpecs.loss(plan.loss()));
        map.put("optimizer", TrainingSpecs.optimizer(plan.optimizer()));
        map.put("schedule", TrainingSpecs.schedule(plan.schedule()));
        map.put("epochs", plan.epochs());
        map.put("batch_size", plan.batchSize());
        map.put("seed", plan.seed());
        map.put("shuffle", plan.shuffle());
        map.put("patience", plan.patience());
        if (!plan.classWeights().isEmpty()) {
            map.put("class_weights", plan.classWeights());
        }
        if (plan.steps() > 0) {
            map.put("all_steps", plan.steps());
        }
        if (plan.accumulation() > 1) {
            map.put("accumulation", plan.accumulation());
        }
        if (plan.clipping().active()) {
            map.put("clipping", TrainingSpecs.clipping(plan.clipping()));
        }
        if (!plan.groups().isEmpty()) {
            map.put("groups", plan.groups().stream().map(TrainingSpecs::group).toList());
        }
        if (plan.averaging() > 0) {
            map.put("averaging", plan.averaging());
        }
        if (plan.gridUpdates() != null) {
            map.put("grid_updates", TrainingSpecs.gridUpdates(plan.gridUpdates()));
        }
        if (!plan.regularisers().isEmpty()) {
            map.put("regularisers", plan.regularisers().stream().map(TrainingSpecs::regulariser).toList());
        }
        if (plan.monotonicity() != null) {
            map.put("monotone", TrainingSpecs.monotonicity(plan.monotonicity()));
        }
        OptimizerSteps.Curvature curvature = training.curvature();
        if (curvature != null) {
            Map<String, Object> memory = new LinkedHashMap<>();
            memory.put("stored", curvature.stored());
            memory.put("newest", curvature.newest());
            memory.put("gamma", curvature.gamma());
            memory.put("inverse_products", curvature.inverseProducts());
            map.put("lbfgs", memory);
        }
        if (progress.converged) {
            map.put("converged", true);
        }
        map.put("steps", training.steps());
        if (training.restartedAt() > 0) {
            map.put("restarted_at", training.restartedAt());
        }
        map.put("batch", progress.batch);
        map.put("rows", progress.rows);
        map.put("loss_sum", progress.lossSum);
        map.put("weight_sum", progress.weightSum);
        map.put("correct", progress.correct);
        List<Object> history = new ArrayList<>();
        for (TrainingListener.Epoch epoch : progress.history) {
            Map<String, Object> item = new LinkedHashMap<>();
            item.put("epochs", epoch.epochs());
            item.put("loss", epoch.loss());
            item.put("accuracy", epoch.accuracy().isPresent() ? epoch.accuracy().getAsDouble() : null);
            item.put("seconds", epoch.seconds());
            item.put("validation_rows", epoch.validation().map(Metrics::rows).orElse(null));
            item.put("validation", epoch.validation().map(Metrics::values).orElse(null));
            history.add(item);
        }
        map.put("history", history);
        return map;
    }

    private static TrainingPlan plan(Fields fields, Optimizer optimizer) {
        return new TrainingPlan(fields.isNull("loss") ? null : TrainingSpecs.loss(fields.object("loss")),
                fields.has("class_weights") ? fields.numbers("class_weights") : List.of(), optimizer,
                TrainingSpecs.schedule(fields.object("schedule")), fields.integer("epochs", 0),
                fields.has("all_steps") ? fields.whole("all_steps") : 0, fields.integer("batch_size", 1),
                fields.has("accumulation") ? fields.integer("accumulation", 1) : 1, fields.whole("seed"),
                fields.bool("shuffle"), fields.integer("patience", 0),
                fields.has("clipping") ? TrainingSpecs.clipping(fields.object("clipping")) : Clipping.none(),
                fields.has("groups") ? fields.objects("groups").stream().map(TrainingSpecs::group).toList() : List.of(),
                fields.has("averaging") ? fields.number("averaging") : 0,
                fields.has("grid_updates") ? TrainingSpecs.gridUpdates(fields.object("grid_updates")) : null,
                fields.has("regularisers") ? fields.objects("regularisers").stream().map(TrainingSpecs::regulariser).toList()
                        : List.of(),
                fields.has("monotone") ? TrainingSpecs.monotonicity(fields.object("monotone")) : null);
    }

    private static TrainingProgress progress(Fields fields) {
        TrainingProgress progress = new TrainingProgress();
        progress.converged = fields.has("converged") && fields.bool("converged");
        progress.batch = fields.integer("batch", 0);
        progress.rows = fields.integer("rows", 0);
        progress.lossSum = fields.number("loss_sum");
        progress.weightSum = fields.number("weight_sum");
        progress.correct = fields.number("correct");
        for (Fields item : fields.objects("history")) {
            Optional<Metrics> validation = Optional.empty();
            if (!item.isNull("validation")) {
                Map<String, Double> values = new LinkedHashMap<>();
                Fields measured = item.object("validation");
                for (String name : measured.names()) {
                    values.put(name, measured.number(name));
                }
                validation = Optional.of(new Metrics(item.whole("validation_rows"), values));
            }
            progress.history.add(new TrainingListener.Epoch(progress.history.size() + 1, item.integer("epochs", 1),
                    item.number("loss"),
                    item.isNull("accuracy") ? OptionalDouble.empty() : OptionalDouble.of(item.number("accuracy")),
                    validation, item.number("seconds")));
        }
        return progress;
    }
}
