// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.kan4j.basis.BSpline;
import org.kan4j.constraint.MonotoneColumns;
import org.kan4j.device.Context;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Outputs;
import org.kan4j.error.KanException;
import org.kan4j.explain.Ensemble;
import org.kan4j.explain.KanGraph;
import org.kan4j.measure.Metric;
import org.kan4j.measure.Metrics;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.Schedule;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.train.Calibration;
import org.kan4j.train.ClassBalance;
import org.kan4j.train.HeldOut;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingResult;
import org.kan4j.train.UsefulColumns;

/** Trains as a {@link KanBuilder} says. */
final class KanFit {

    private static final String ERROR = "error in the unit of the target";

    /** What a trained candidate comes to on the rows held out. */
    @FunctionalInterface
    private interface Measure {
        double of(double decay, Trainer trainer, RowSource held);
    }

    private static final Measure OWN_LOSS = (decay, trainer, held) -> trainer.evaluate(held).loss();

    private final KanBuilder<?> how;
    private final Encoding encoding;
    private final MonotoneColumns columns;
    private final DType type;

    KanFit(KanBuilder<?> how, Encoding encoding) {
        this.how = how;
        this.encoding = encoding;
        this.columns = how.monotone.isEmpty() ? null : new MonotoneColumns(how.monotone);
        this.type = how.dtype != null ? how.dtype : columns != null ? DType.F64 : DType.F32;
    }

    /** Rows to train on, and rows to measure on after each epoch; null for none. */
    private record Rows(RowSource train, RowSource held) {
    }

    /**
     * The table with the target that does best on rows held out, in its unit: another than the first only where it does better however
     * rows are held out, for a few large errors decide. Additive models are sums in that unit.
     */
    static EncodedTable chosen(KanBuilder<?> how, EncodedTable table) {
        if (table.targets().size() < 2 || how.hidden != null && how.hidden.length == 0) {
            return table;
        }
        new KanFit(how, table.encoding()).require(table);
        EncodedTable best = table;
        List<Double> least = new KanFit(how, table.encoding()).errors(table);
        for (Encoding.Target target : table.targets().subList(1, table.targets().size())) {
            EncodedTable each = table.with(target);
            List<Double> errors = new KanFit(how, each.encoding()).errors(each);
            if (HeldOut.isAlwaysLess(errors, least)) {
                least = errors;
                best = each;
            }
        }
        return best;
    }

    /** In the unit of the target on rows held out, with the usual weight decay; fewer than asked for where rows are too few or many, or on request. */
    private List<Double> errors(EncodedTable table) {
        List<Double> errors = new ArrayList<>();
        try (Arena arena = Arena.ofShared(); Context running = Context.open(how.context)) {
            RowSource rows = table.rows(arena, type);
            Recipe recipe = recipe(rows);
            Metric error = Metric.mean(ERROR, (outputs, wanted) -> Outputs.error(encoding.target(), outputs, wanted));
            double decay = how.weightDecay != null ? how.weightDecay : recipe.weightDecay();
            for (int r = 0; r < recipe.transformComparisons() && !recipe.weightDecays().isEmpty(); r++) {
                compare(running, model(recipe), recipe, List.of(decay), rows, 1, how.seed + r, (any, trainer, held) -> Metrics
                        .measure(running, trainer.parameters(), null, held, error).values().get(ERROR))
                        .forEach(score -> errors.add(score.loss()));
            }
        }
        return errors;
    }

    private Recipe recipe(RowSource rows) {
        Recipe usual = Recipe.of(rows.size(), encoding.features(), encoding.values().isEmpty());
        return how.epochs == null ? usual : usual.withEpochs(how.epochs);
    }

    /** Refuses what does not go together, before anything is trained. */
    private void require(EncodedTable table) {
        try (Arena arena = Arena.ofShared()) {
            require(rows(table, arena));
        }
    }

    private void require(Rows rows) {
        if (how.members != null && how.members > 1 && how.checkpoint != null) {
            throw KanException.invalid("a checkpoint is of one training, an ensemble has %d: leave out one of the two; "
                    + "TrainedKan.save writes the ensemble", how.members);
        }
        Recipe recipe = recipe(rows.train);
        if (how.members(recipe) > 1) {
            Ensemble.requireMean(model(recipe), how.members(recipe));
        }
        if (how.bagged && !(rows.train instanceof Dataset)) {
            throw KanException.invalid("bagging needs the rows in memory; these are read anew in every pass");
        }
    }

    TrainedKan fit(EncodedTable table) {
        return fit(table, encoding);
    }

    /** Of some columns, all of which the model is to have as inputs. */
    private TrainedKan fit(EncodedTable table, Encoding all) {
        try (Arena arena = Arena.ofShared(); Context running = Context.open(how.context)) {
            Rows rows = rows(table, arena);
            require(rows);
            Recipe recipe = recipe(rows.train);
            UsefulColumns useful = new UsefulColumns(encoding);
            HeldOut.Score<Double> chosen = weightDecay(running, model(recipe), recipe, rows.train, useful);
            EncodedTable fewer = !how.isUsual() ? table
                    : table.without(useful.useless(chosen.candidate(), how.monotone.keySet()));
            if (fewer.encoding().features() < encoding.features()) {
                KanFit narrow = new KanFit(how, fewer.encoding());
                if (narrow.isClearlyBelow(chosen, fewer, running)) {
                    return narrow.fit(fewer, all); // what suits fewer is chosen anew
                }
            }
            return finish(running, rows, recipe, chosen, all);
        }
    }

    /** Whether this, of fewer columns, does better with what was chosen for more. */
    private boolean isClearlyBelow(HeldOut.Score<Double> chosen, EncodedTable fewer, Context running) {
        try (Arena arena = Arena.ofShared()) {
            RowSource train = rows(fewer, arena).train;
            Recipe recipe = recipe(train);
            return compare(running, model(recipe), recipe, List.of(chosen.candidate()), train, recipe.comparisons(), how.seed,
                    OWN_LOSS)
                    .stream().anyMatch(score -> recipe.takesFewer(score.loss(), chosen.loss()));
        }
    }

    /** Chooses the grid, trains and puts what was learned of these columns among all there are. */
    private TrainedKan finish(Context running, Rows rows, Recipe recipe, HeldOut.Score<Double> chosen, Encoding all) {
        int count = how.members(recipe);
        KanModel model = model(recipe);
        double shrinking = chosen.candidate();
        if (how.isUsual() && recipe.otherGrid() > 0 && Double.isFinite(chosen.loss())) {
            KanModel other = model(recipe.onOtherGrid());
            boolean better = compare(running, other, recipe, List.of(shrinking), rows.train, recipe.comparisons(),
                    how.seed, OWN_LOSS).stream()
                    .anyMatch(score -> recipe.takesOther(score.loss(), chosen.loss()));
            model = better ? other : model;
        }
        List<Parameters> members = new ArrayList<>();
        try {
            TrainingResult result = null;
            while (members.size() < count && (result == null || !result.stopped())) {
                long seed = how.seed + members.size();
                members.add(Parameters.initialise(model, seed));
                result = train(members.getLast(), seed, running, recipe, rows, shrinking);
            }
            if (result.stopped() && members.size() > 1) {
                members.removeLast().close();
            }
            return trained(mean(members), rows, result, all);
        } finally {
            members.forEach(Parameters::close);
        }
    }

    /** The mean of several, which stay the caller's; a single one, which is taken out of the list. */
    private static Parameters mean(List<Parameters> members) {
        return members.size() == 1 ? members.removeFirst() : Ensemble.mean(members);
    }

    private TrainedKan trained(Parameters learned, Rows rows, TrainingResult result, Encoding all) {
        Parameters parameters = learned;
        try {
            if (how.calibrated) {
                Calibration.of(parameters, rows.held);
            }
            parameters = among(learned, encoding, all);
            return TrainedKan.of(all, Predictor.of(parameters), Kan.properties(all, columns), result);
        } catch (RuntimeException | Error e) {
            parameters.close();
            throw e;
        }
    }

    /**
     * A network of some columns as one of all, on the others of which nothing depends.
     *
     * @param learned is closed where another is given back
     */
    private static Parameters among(Parameters learned, Encoding some, Encoding all) {
        if (some.features() == all.features()) {
            return learned;
        }
        try (learned) {
            IntStream.Builder places = IntStream.builder();
            int from = 0;
            for (Encoding.Column column : all.columns()) {
                if (some.columns().contains(column)) {
                    IntStream.range(from, from + column.width()).forEach(places::add);
                }
                from += column.width();
            }
            return KanGraph.of(learned).among(places.build().toArray(), from).parameters(learned.model().dtype());
        }
    }

    private Rows rows(EncodedTable table, Arena arena) {
        double share = how.validation > 0 ? how.validation : how.patience > 0 || how.calibrated ? 0.1 : 0;
        if (share == 0) {
            return new Rows(table.rows(arena, type), null);
        }
        RowSource.Split<? extends RowSource> split = table.split(arena, type, share, how.seed);
        if (split.first().size() == 0 || split.second().size() == 0) {
            throw KanException.invalid("holding out %s of the rows leaves a part empty", share);
        }
        return new Rows(split.first(), split.second());
    }

    private TrainingResult train(Parameters parameters, long seed, Context running, Recipe recipe, Rows rows, double shrinking) {
        Trainer.Builder builder = trainer(parameters, seed, running, recipe, rows.train, shrinking);
        builder.checkpoint(how.checkpoint);
        if (how.patience > 0) {
            builder.earlyStopping(how.patience);
        }
        how.listeners.forEach(builder::listener);
        RowSource train = how.bagged ? ((Dataset) rows.train).bootstrap(seed) : rows.train;
        try (Trainer trainer = builder.build()) {
            return rows.held == null ? trainer.fit(train) : trainer.fit(train, rows.held);
        }
    }

    /** The one of the recipe's that does best on rows held out, with its loss; where one is given, or there are none, with NaN. */
    private HeldOut.Score<Double> weightDecay(Context running, KanModel model, Recipe recipe, RowSource rows,
            UsefulColumns useful) {
        double usual = how.weightDecay != null ? how.weightDecay : recipe.weightDecay();
        if (how.weightDecay != null) {
            return new HeldOut.Score<>(usual, Double.NaN);
        }
        List<HeldOut.Score<Double>> scores = compare(running, model, recipe, recipe.weightDecays(), rows, recipe.comparisons(),
                how.seed, (decay, trainer, held) -> {
                    if (how.isUsual() && recipe.choosesColumns()) {
                        useful.measure(decay, trainer, held, how.seed);
                    }
                    return trainer.evaluate(held).loss();
                });
        return HeldOut.best(scores).flatMap(best -> scores.stream().filter(score -> score.candidate().equals(best)).findFirst())
                .orElse(new HeldOut.Score<>(usual, Double.NaN));
    }

    /** Trains with each weight decay, and measures on rows held out. */
    private List<HeldOut.Score<Double>> compare(Context running, KanModel model, Recipe recipe, List<Double> decays,
            RowSource rows,
            int repetitions, long splits, Measure measure) {
        Recipe shorter = recipe.withEpochs(recipe.comparedEpochs());
        return HeldOut.compare(decays, rows, repetitions, splits, (decay, train, held) -> {
            try (Parameters parameters = Parameters.initialise(model, how.seed);
                    Trainer trainer = trainer(parameters, how.seed, running, shorter, train, decay).build()) {
                return trainer.fit(train).stopped() ? OptionalDouble.empty()
                        : OptionalDouble.of(measure.of(decay, trainer, held));
            }
        });
    }

    private KanModel model(Recipe recipe) {
        long[] inner = how.hidden != null ? how.hidden : recipe.hidden().stream().mapToLong(Long::longValue).toArray();
        return Learner.model(type, how.basis != null ? how.basis : BSpline.of(recipe.grid(), 3), inner, encoding, columns);
    }

    private Trainer.Builder trainer(Parameters parameters, long seed, Context running, Recipe recipe, RowSource train,
            double shrinking) {
        Trainer.Builder builder = Trainer.builder(parameters).context(running).seed(seed).epochs(recipe.epochs())
                .batchSize(how.batchSize != null ? how.batchSize : recipe.batchSize())
                .optimizer(Optimizer.adamW(how.learningRate != null ? how.learningRate : recipe.learningRate(), shrinking))
                .schedule(Schedule.exponential(recipe.decay()))
                .properties(Kan.properties(encoding, columns));
        Learner.suit(builder, encoding, columns);
        if (how.balanced) {
            builder.classWeights(ClassBalance.of(train));
        }
        how.stops.forEach(builder::listener);
        how.more.forEach(settings -> settings.accept(builder));
        return builder;
    }
}
