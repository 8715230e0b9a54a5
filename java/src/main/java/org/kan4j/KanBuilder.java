// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.kan4j.basis.Basis;
import org.kan4j.constraint.MonotoneColumns;
import org.kan4j.device.ContextOptions;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.error.KanException;
import org.kan4j.explain.Ensemble;
import org.kan4j.tensor.DType;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingListener;

/**
 * How to train a model on raw rows. Everything has a default that suits the number of rows ({@link Recipe}); scaling,
 * categories, labels and the type of the numbers are seen to. Where network and training are left to the recipe, columns
 * without which rows held out are predicted clearly better stay inputs on which nothing depends. Settings change this object
 * and give it back; it may train any number of models, by one thread at a time.
 *
 * <p>A training ends early where {@link #stopWhen} says so or its thread is interrupted; the model is then what had been
 * learned, and its {@link TrainedKan#training} says that it was stopped.
 *
 * @param <M> the kind of model
 */
public final class KanBuilder<M extends TrainedKan> {

    private final Class<M> kind;
    private final Learner.Task task;
    long[] hidden;
    Basis basis;
    Integer epochs;
    Integer batchSize;
    Double learningRate;
    Double weightDecay;
    double validation;
    int patience;
    long seed = 1;
    Integer members;
    boolean bagged;
    DType dtype;
    private Encoding.Missing missing = Encoding.Missing.REFUSE;
    private Encoding.Unseen unseen = Encoding.Unseen.REFUSE;
    private Encoding.Scaling scaling = Encoding.Scaling.AUTO;
    private Transform.Choice transform = Transform.Choice.AUTO;
    boolean balanced;
    boolean calibrated;
    private List<Double> levels = List.of();
    final Map<String, Integer> monotone = new LinkedHashMap<>();
    ContextOptions context = ContextOptions.defaults();
    Path checkpoint;
    final List<TrainingListener> listeners = new ArrayList<>();
    /** Those that are asked in comparisons too. */
    final List<TrainingListener> stops = new ArrayList<>();
    final List<Consumer<Trainer.Builder>> more = new ArrayList<>();

    KanBuilder(Class<M> kind, Learner.Task task) {
        this.kind = kind;
        this.task = task;
    }

    // -------------------------------------------------------------------------------------------------------- settings

    /** Widths of the hidden layers, none for a single layer; otherwise two, by the number of rows. */
    public KanBuilder<M> hidden(long... widths) {
        for (long width : widths) {
            require(width >= 1, "a hidden layer's width must be at least 1, given %d", width);
        }
        hidden = widths.clone();
        return this;
    }

    /** The functions on the edges; otherwise cubic splines, of intervals by the number of rows. */
    public KanBuilder<M> basis(Basis value) {
        basis = Objects.requireNonNull(value, "basis");
        return this;
    }

    /** Passes over the training rows; otherwise by their number. */
    public KanBuilder<M> epochs(int value) {
        require(value >= 1, "the epochs must be at least 1, given %d", value);
        epochs = value;
        return this;
    }

    /** Rows of a step; otherwise by the number of training rows. */
    public KanBuilder<M> batchSize(int value) {
        require(value >= 1, "the batch size must be at least 1, given %d", value);
        batchSize = value;
        return this;
    }

    /** The learning rate at the start; otherwise 5e-3, 0.01 from 5,000 rows on. */
    public KanBuilder<M> learningRate(double value) {
        require(value > 0 && Double.isFinite(value), "the learning rate must be above 0 and finite, given %s", value);
        learningRate = value;
        return this;
    }

    /** Decoupled weight decay; otherwise chosen by rows held out, before the training on all ({@link Recipe}). */
    public KanBuilder<M> weightDecay(double value) {
        weightDecay = value;
        return this;
    }

    /**
     * The share of the rows to hold out and measure on after each epoch, chosen by the seed; otherwise none.
     *
     * @param share above 0 and below 1
     */
    public KanBuilder<M> validation(double share) {
        require(share > 0 && share < 1, "the share of validation rows must be above 0 and below 1, given %s", share);
        validation = share;
        return this;
    }

    /**
     * Ends when the loss on the held-out rows has not become better for so many epochs, and keeps the best epoch's model;
     * otherwise all epochs are made. Holds out a tenth unless {@link #validation} says otherwise.
     */
    public KanBuilder<M> patience(int value) {
        require(value >= 1, "the patience must be at least 1, given %d", value);
        patience = value;
        return this;
    }

    /** The seed of initial parameters, order of rows and held-out rows; otherwise 1. The same seed gives the same model. */
    public KanBuilder<M> seed(long value) {
        seed = value;
        return this;
    }

    /**
     * Trains as many models, by the seed, the next and so on, and keeps their mean as one ordinary model, which errs less than they
     * do ({@link org.kan4j.explain.Ensemble}, which says of which networks); otherwise three of up to 50,000 rows, and one where
     * there are more, or where anything is said of network, epochs, batches, rate, validation, checkpoint or trainer. Of classes the logits are averaged. They hold out the
     * same rows; listeners hear of each training, {@link TrainedKan#training} of the last; one that is stopped is left out unless
     * it is the first. Not with {@link #checkpoint}.
     *
     * @param count 1, which is no ensemble, to 100
     */
    public KanBuilder<M> ensemble(int count) {
        require(count >= 1 && count <= Ensemble.MOST, "an ensemble has 1 to %d members, given %d", Ensemble.MOST, count);
        members = count;
        return this;
    }

    /** Trains each model of the ensemble on as many rows drawn with replacement (Breiman, 1996), instead of on all. */
    public KanBuilder<M> bagged() {
        bagged = true;
        return this;
    }

    /** How many models there are the mean of: where nothing is said of them, of their training and of a checkpoint, the recipe's. */
    int members(Recipe recipe) {
        return members != null ? members : isUsual() ? recipe.members() : 1;
    }

    /** Whether nothing is said of network and training. */
    boolean isUsual() {
        return hidden == null && basis == null && epochs == null && batchSize == null && learningRate == null && validation == 0
                && patience == 0 && checkpoint == null && more.isEmpty();
    }

    /** What the model computes in, F32 or F64; otherwise F32, and F64 where it is monotone. */
    public KanBuilder<M> dtype(DType value) {
        require(Objects.requireNonNull(value, "dtype").isFloating(), "a model computes in F32 or F64, given %s", value);
        dtype = value;
        return this;
    }

    /** What becomes of missing values, in training and prediction; otherwise they are refused. */
    public KanBuilder<M> missing(Encoding.Missing value) {
        missing = Objects.requireNonNull(value, "missing");
        return this;
    }

    /** What becomes of categories that training did not have; otherwise they are refused. */
    public KanBuilder<M> unseen(Encoding.Unseen value) {
        unseen = Objects.requireNonNull(value, "unseen");
        return this;
    }

    /** How columns of numbers are brought to -1..1; otherwise as suits their values. */
    public KanBuilder<M> scaling(Encoding.Scaling value) {
        scaling = Objects.requireNonNull(value, "scaling");
        return this;
    }

    /**
     * How numbers to predict are bent before they are scaled; otherwise as suits a single one with a long tail, on rows held out.
     * Predictions are in the unit of the rows; the mean of several, by a transform, is nearer to their median than to their mean.
     */
    public KanBuilder<M> targetTransform(Transform.Choice value) {
        require(task == Learner.Task.VALUE || value == Transform.Choice.AUTO || value == Transform.Choice.NONE,
                "only numbers have a target transform; Kan.regressor predicts numbers");
        transform = Objects.requireNonNull(value, "transform");
        return this;
    }

    /** Has the rows of each class count as much as those of another, however many there are; for classes. */
    public KanBuilder<M> balanced() {
        require(task == Learner.Task.CLASSES, "only classes can be balanced");
        balanced = true;
        return this;
    }

    /** Divides the logits of classes by the temperature that suits the held-out rows, a tenth unless {@link #validation} says else. */
    public KanBuilder<M> calibrated() {
        require(task == Learner.Task.CLASSES, "only probabilities of classes are calibrated");
        calibrated = true;
        return this;
    }

    /**
     * Has what is predicted, or the probability of the second of two classes, rise or fall in a column wherever the others are:
     * kept by construction and proved, {@link TrainedKan#unproved}. For B-splines, on the CPU.
     *
     * @param column of numbers
     * @param direction 1 for rising, -1 for falling
     */
    public KanBuilder<M> monotone(String column, int direction) {
        monotone.putAll(new MonotoneColumns(Map.of(column, direction)).directions());
        return this;
    }

    /** No interactions: predictions are a sum of functions of one input each, {@link #hidden} of none. */
    public KanBuilder<M> additive() {
        return hidden();
    }

    /**
     * Predicts quantiles of the number instead of its mean, by the pinball loss, {@link Prediction#quantile}. They never cross.
     *
     * @param ofQuantiles ascending, each above 0 and below 1, such as 0.05, 0.5 and 0.95
     */
    public KanBuilder<M> quantiles(double... ofQuantiles) {
        require(task == Learner.Task.VALUE, "only numbers have quantiles; Kan.regressor predicts numbers");
        levels = new Encoding.Quantiles(new Encoding.Value("", 0, 1), Arrays.stream(ofQuantiles).boxed().toList()).levels();
        return this;
    }

    /** Device and threads of the training; otherwise the CPU with all its processors. */
    public KanBuilder<M> on(ContextOptions value) {
        context = Objects.requireNonNull(value, "context");
        return this;
    }

    /** Where to write a checkpoint after each epoch and when stopped, which {@link Kan#load} reads too; otherwise nowhere. */
    public KanBuilder<M> checkpoint(Path file) {
        checkpoint = file;
        return this;
    }

    /** Who is told how the training goes, such as {@link TrainingListener#logging}. */
    public KanBuilder<M> listener(TrainingListener value) {
        listeners.add(Objects.requireNonNull(value, "listener"));
        return this;
    }

    /** Ends the training after the step during which this begins to say yes. */
    public KanBuilder<M> stopWhen(BooleanSupplier asked) {
        Objects.requireNonNull(asked, "asked");
        stops.add(new TrainingListener() {
            @Override
            public void onBatch(Trainer trainer, Batch batch) {
                if (asked.getAsBoolean()) {
                    trainer.requestStop();
                }
            }
        });
        return this;
    }

    /** Further settings of the trainer, made after all others: a loss, a metric, a schedule of one's own, penalties. */
    public KanBuilder<M> trainer(Consumer<Trainer.Builder> settings) {
        more.add(Objects.requireNonNull(settings, "settings"));
        return this;
    }

    private static void require(boolean right, String message, Object... values) {
        if (!right) {
            throw KanException.invalid(message, values);
        }
    }

    // -------------------------------------------------------------------------------------------------------- training

    /** Trains on rows of numbers, each with a class. The caller closes the model. */
    public M fit(double[][] x, String[] labels) {
        return fit(Examples.of(x, labels));
    }

    /** As {@link #fit(double[][], String[])}. */
    public M fit(float[][] x, String[] labels) {
        return fit(Examples.of(x, labels));
    }

    /** Trains on rows of numbers, each with a class, or a number to predict. The caller closes the model. */
    public M fit(double[][] x, int[] targets) {
        return fit(Examples.of(x, targets));
    }

    /** As {@link #fit(double[][], int[])}. */
    public M fit(float[][] x, int[] targets) {
        return fit(Examples.of(x, targets));
    }

    /** Trains on rows of numbers, each with a number to predict. The caller closes the model. */
    public M fit(double[][] x, double[] targets) {
        return fit(Examples.of(x, targets));
    }

    /** Trains on rows of numbers, each with several numbers to predict. The caller closes the model. */
    public M fit(double[][] x, double[][] targets) {
        return fit(Examples.of(x, targets));
    }

    /** As {@link #fit(double[][], double[])}. */
    public M fit(float[][] x, float[] targets) {
        return fit(Examples.of(x, targets));
    }

    /** Trains on rows of numbers, each with any number of labels. The caller closes the model. */
    public M fit(double[][] x, List<? extends Collection<String>> labels) {
        return fit(Examples.of(x, labels));
    }

    /** As {@link #fit(double[][], List)}. */
    public M fit(float[][] x, List<? extends Collection<String>> labels) {
        return fit(Examples.of(x, labels));
    }

    /**
     * Trains on raw rows. The caller closes the model.
     *
     * @throws KanException if the rows or the settings do not fit; the message says what does
     * @throws org.kan4j.error.NonFiniteLossException if the loss becomes NaN or infinite
     */
    public M fit(Examples examples) {
        return fit(Learner.learn(examples, task, missing, unseen, scaling, levels, transform));
    }

    /** As {@link #fit(Examples)} on the rows of a table, as they are encoded there. */
    public M fit(EncodedTable table) {
        TrainedKan.requireKind(table.encoding().target(), kind);
        EncodedTable chosen = KanFit.chosen(this, table);
        return kind.cast(new KanFit(this, chosen.encoding()).fit(chosen));
    }

    // ------------------------------------------------------------------------------------------------ cross-validation

    /**
     * Trains as many models as there are folds, each on the others, and measures it on its own. Encodings are learned of
     * the training rows alone; classes are dealt evenly, {@link Examples#grouped} groups as wholes. In {@link Examples#ordered}
     * rows each part but the first is measured by a model that was trained on those before it.
     *
     * @param folds at least 2, at most the rows
     */
    public CrossValidation crossValidate(Examples examples, int folds) {
        return new CrossValidation(examples.dealing().folds(folds, seed, examples.size(),
                task == Learner.Task.CLASSES ? i -> examples.targetOf(i).text(0) : null).stream().map(fold -> {
                    try (M model = fit(examples.select(fold.train()))) {
                        return model.evaluate(examples.select(fold.test()));
                    }
                }).toList());
    }
}
