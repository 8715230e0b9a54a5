// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.kan4j.constraint.MonotoneColumns;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.Counted;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;

/**
 * The front door: models from raw rows, and from files.
 *
 * {@snippet :
 * try (KanClassifier model = Kan.classifier().hidden(16).fit(x, labels)) {       // double[][], String[]
 *     System.out.println(model.predict(5.1, 3.5, 1.4, 0.2));                     // setosa (99.9 %)
 *     System.out.println(model.evaluate(testX, testLabels));                     // accuracy, per class, confusion matrix
 *     model.save(Path.of("model.safetensors"));
 * }
 * }
 */
public final class Kan {

    private Kan() {
    }

    /** Trains to tell one of several classes. */
    public static KanBuilder<KanClassifier> classifier() {
        return new KanBuilder<>(KanClassifier.class, Learner.Task.CLASSES);
    }

    /** Trains to tell a number. */
    public static KanBuilder<KanRegressor> regressor() {
        return new KanBuilder<>(KanRegressor.class, Learner.Task.VALUE);
    }

    /** Trains to tell any number of labels. */
    public static KanBuilder<KanMultiLabel> multiLabel() {
        return new KanBuilder<>(KanMultiLabel.class, Learner.Task.LABELS);
    }

    /**
     * Reads a model that {@link TrainedKan#save}, or {@code kan4j train}, wrote. The caller closes it.
     *
     * @throws IOException if the file cannot be read
     * @throws FormatException if it is damaged, or does not say what its inputs and outputs mean
     */
    public static TrainedKan load(Path file) throws IOException {
        Checkpoint checkpoint = Checkpoint.read(Objects.requireNonNull(file, "file"));
        try {
            String json = checkpoint.properties().get(Encoding.KEY);
            if (json == null) {
                throw new FormatException(file + " does not say what its inputs and outputs mean (metadata '" + Encoding.KEY
                        + "'): it is no model of Kan or of kan4j train; Checkpoint.read takes it as it is");
            }
            Encoding encoding = encoding(file, json);
            if (!fits(checkpoint.model(), encoding)) {
                throw new FormatException(file + ": the model has " + Counted.of(checkpoint.model().in(), "input") + " and "
                        + Counted.of(checkpoint.model().out(), "output") + ", its metadata '" + Encoding.KEY + "' describes "
                        + encoding.features() + " and " + encoding.target().width());
            }
            return TrainedKan.of(encoding, Predictor.of(checkpoint), checkpoint.properties(), null);
        } catch (RuntimeException | Error e) {
            checkpoint.close();
            throw e;
        }
    }

    /**
     * A model of numbers that are there, such as those that a {@link org.kan4j.train.Trainer} trained on rows so encoded.
     *
     * @param parameters on the CPU; the model owns them from here on, and closes them with itself
     * @param encoding what the inputs and outputs mean
     * @throws ShapeException if the two do not fit each other; the parameters stay the caller's then
     */
    public static TrainedKan of(Parameters parameters, Encoding encoding) {
        KanModel model = parameters.model();
        if (!fits(model, encoding)) {
            throw new ShapeException("the model has " + Counted.of(model.in(), "input") + " and "
                    + Counted.of(model.out(), "output") + ", the encoding "
                    + encoding.features() + " and " + encoding.target().width());
        }
        return TrainedKan.of(encoding, Predictor.of(parameters), Map.of(), null);
    }

    private static boolean fits(KanModel model, Encoding encoding) {
        return encoding.features() == model.in() && encoding.target().width() == model.out();
    }

    private static Encoding encoding(Path file, String json) {
        try {
            return Encoding.fromJson(json);
        } catch (FormatException e) {
            throw new FormatException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * As {@link #load(Path)}, of a kind.
     *
     * @throws FormatException if the model is of another kind
     */
    public static <M extends TrainedKan> M load(Path file, Class<M> kind) throws IOException {
        TrainedKan model = load(file);
        if (!kind.isInstance(model)) {
            model.close();
            throw new FormatException(file + " is a " + model.getClass().getSimpleName() + ", expected a "
                    + kind.getSimpleName());
        }
        return kind.cast(model);
    }

    /** Rows as a model's are encoded, whose target may have another scale; refuses others. */
    static EncodedTable same(Encoding model, EncodedTable table) {
        Encoding rows = table.encoding();
        boolean scaled = !rows.values().isEmpty() && model.target().getClass() == rows.target().getClass()
                && model.outputs().equals(rows.outputs());
        if (!model.columns().equals(rows.columns()) || !scaled && !model.target().equals(rows.target())) {
            throw KanException.invalid("the rows are encoded otherwise than those the model was trained on: their inputs are "
                    + "%s and their target is '%s', the model's %s and '%s'; encode them with the model's encoding",
                    rows.inputs(), rows.target().name(), model.inputs(), model.target().name());
        }
        return table.with(model.target());
    }

    /** The properties that a trained model's file carries; the columns in which it is monotone may be null. */
    static Map<String, String> properties(Encoding encoding, MonotoneColumns columns) {
        return columns == null ? Map.of(Encoding.KEY, encoding.toJson())
                : Map.of(Encoding.KEY, encoding.toJson(), MonotoneColumns.KEY, columns.toJson());
    }
}
