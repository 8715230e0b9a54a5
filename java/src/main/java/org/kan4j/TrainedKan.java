// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.kan4j.constraint.MonotoneColumns;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.Counted;
import org.kan4j.explain.AdditiveShapes;
import org.kan4j.encoding.Outputs;
import org.kan4j.encoding.RawRow;
import org.kan4j.encoding.RowEncoder;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.train.TrainingResult;

/**
 * A trained model with what its numbers mean: takes raw rows, gives labels, probabilities or values. It serves any number
 * of threads at once, and its file is that of the command line, which predicts with it as this does with the command
 * line's.
 *
 * <p>It owns the memory of the model. Closing it is all there is to close: calls that run are waited for, new ones are
 * refused. One that is forgotten is freed some time after it became unreachable, with a warning in the log.
 */
public abstract sealed class TrainedKan implements AutoCloseable permits KanClassifier, KanRegressor, KanMultiLabel {

    private static final Logger LOG = System.getLogger("org.kan4j");

    /** Beyond the range of the training rows by this part of it, an input is said to be outside. */
    private static final double SLACK = 0.1;

    private final RowEncoder encoder;
    private final List<String> inputs;
    private final Parameters parameters;
    private final Predictor predictor;
    private final Map<String, String> properties;
    private final TrainingResult training;
    private final AtomicBoolean warned = new AtomicBoolean();
    private volatile boolean closed;

    /** Takes over the predictor, and the parameters with it. */
    TrainedKan(Encoding encoding, Predictor predictor, Map<String, String> properties, TrainingResult training) {
        this.encoder = new RowEncoder(encoding);
        this.inputs = encoding.inputs();
        this.parameters = predictor.parameters();
        this.predictor = predictor;
        this.properties = new LinkedHashMap<>(properties);
        this.properties.put(Encoding.KEY, encoding.toJson());
        this.training = training;
    }

    /** Refuses a target of another kind of model. */
    static void requireKind(Encoding.Target target, Class<? extends TrainedKan> kind) {
        Class<?> told = switch (target) {
            case Encoding.Classes c -> KanClassifier.class;
            case Encoding.Labels l -> KanMultiLabel.class;
            case Encoding.Value v -> KanRegressor.class;
            case Encoding.Numbers n -> KanRegressor.class;
            case Encoding.Quantiles q -> KanRegressor.class;
        };
        if (told != kind) {
            throw KanException.invalid("'%s' is encoded for a %s, given to the builder of a %s", target.name(),
                    told.getSimpleName(), kind.getSimpleName());
        }
    }

    /** The model of an encoding's kind. */
    static TrainedKan of(Encoding encoding, Predictor predictor, Map<String, String> properties, TrainingResult training) {
        return switch (encoding.target()) {
            case Encoding.Classes c -> new KanClassifier(encoding, predictor, properties, training);
            case Encoding.Labels l -> new KanMultiLabel(encoding, predictor, properties, training);
            case Encoding.Value v -> new KanRegressor(encoding, predictor, properties, training);
            case Encoding.Numbers n -> new KanRegressor(encoding, predictor, properties, training);
            case Encoding.Quantiles q -> new KanRegressor(encoding, predictor, properties, training);
        };
    }

    // ----------------------------------------------------------------------------------------------------- predictions

    /**
     * Predicts of a row of numbers.
     *
     * @param row the inputs in the order of {@link Encoding#inputs}, raw; NaN is a missing value
     * @throws IllegalStateException if this is closed
     */
    public Prediction predict(double... row) {
        Objects.requireNonNull(row, "row");
        return predictRaw(CellRow.of("the row", inputs, row));
    }

    /** As {@link #predict(double...)}. */
    public Prediction predict(float... row) {
        Objects.requireNonNull(row, "row");
        double[] wide = new double[row.length];
        for (int i = 0; i < row.length; i++) {
            wide[i] = row[i];
        }
        return predict(wide);
    }

    /**
     * Predicts of a row of named cells.
     *
     * @param row with every input; others are left alone
     */
    public Prediction predict(Map<String, ?> row) {
        Objects.requireNonNull(row, "row");
        return predictRaw(CellRow.of("the row", inputs, row));
    }

    /**
     * Predicts of a record whose components have the names of the inputs; others are left alone.
     *
     * @throws KanException if the record keeps its components from this library
     */
    @SuppressWarnings("unchecked")
    public Prediction predict(Record row) {
        Objects.requireNonNull(row, "row");
        return predict(row, (Columns<Record>) Columns.of(row.getClass()));
    }

    /** Predicts of a row of the application's own. */
    public <R> Prediction predict(R row, Columns<R> columns) {
        return predictRaw(CellRow.of("the row", inputs, columns, row));
    }

    /**
     * Predicts of a row of raw cells.
     *
     * @param row whose cells are {@link Encoding#inputs} in order
     */
    public Prediction predictRaw(RawRow row) {
        double[] features = new double[encoder.features()];
        encoder.features(row, features);
        return predictEncoded(features, 1).getFirst();
    }

    /** Predicts of many rows of numbers, on all processors. */
    public List<Prediction> predictAll(double[][] rows) {
        return predictAll(named(Examples.of(rows, new int[rows.length])));
    }

    /** Rows of numbers in the order of the inputs. */
    Examples named(Examples numbers) {
        if (numbers.size() > 0 && numbers.names().size() != inputs.size()) {
            throw new ShapeException(
                    "the rows have " + Counted.of(numbers.names().size(), "number") + ", the model takes " + inputs.size()
                            + ": " + inputs);
        }
        return numbers.size() == 0 ? numbers : numbers.named(inputs.toArray(String[]::new));
    }

    /** As {@link #predictAll(double[][])}. */
    public List<Prediction> predictAll(float[][] rows) {
        return predictAll(named(Examples.of(rows, new int[rows.length])));
    }

    /** Predicts of many rows of named cells, on all processors. */
    public List<Prediction> predictAll(List<? extends Map<String, ?>> rows) {
        double[] features = new double[Math.multiplyExact(rows.size(), encoder.features())];
        double[] one = new double[encoder.features()];
        for (int i = 0; i < rows.size(); i++) {
            Examples.requireRow(rows.get(i), i);
            encoder.features(CellRow.of("row " + i, inputs, rows.get(i)), one);
            System.arraycopy(one, 0, features, i * one.length, one.length);
        }
        return predictEncoded(features, rows.size());
    }

    /** Predicts of the rows of examples, whose targets are left alone, on all processors. */
    public List<Prediction> predictAll(Examples examples) {
        return predictEncoded(Learner.features(examples, encoder), examples.size());
    }

    /**
     * Predicts of rows that are encoded already, such as those of an {@link EncodedTable}, on all processors.
     *
     * @param features (rows, {@link Encoding#features}), one row after the other
     */
    public List<Prediction> predictEncoded(double[] features, int rows) {
        requireOpen();
        int in = encoder.features();
        if (features.length != (long) rows * in) {
            throw new ShapeException(Counted.of(rows, "row") + " of " + Counted.of(in, "feature") + " are "
                    + Counted.of((long) rows * in, "number") + ", given "
                    + features.length);
        }
        if (rows == 0) {
            return List.of();
        }
        Encoding.Target target = encoding().target();
        double[] outputs = predictor.predict(features);
        List<Prediction> predictions = new ArrayList<>(rows);
        double[] one = new double[target.width()];
        for (int i = 0; i < rows; i++) {
            System.arraycopy(outputs, i * one.length, one, 0, one.length);
            List<String> outside = encoder.outside(features, i * in, SLACK);
            if (!outside.isEmpty() && warned.compareAndSet(false, true)) {
                LOG.log(Level.WARNING, "a row to predict is beyond the range of the training rows in {0}, where nothing was "
                        + "learned; Prediction.outside tells for each row, this is said once", outside);
            }
            predictions.add(new Prediction(target, Outputs.decode(target, one), outside));
        }
        return predictions;
    }

    // ---------------------------------------------------------------------------------------------------- measurements

    /** Measures on rows with what is so. */
    public Report evaluate(Examples examples) {
        requireOpen();
        requireRows(examples);
        try (Arena arena = Arena.ofShared()) {
            return measuring().report(Learner.rows(examples, encoder, arena, DType.F64));
        }
    }

    /**
     * Measures on the rows of a table.
     *
     * @throws KanException if the table's rows are encoded otherwise than the model's
     */
    public Report evaluate(EncodedTable table) {
        requireOpen();
        EncodedTable rows = Kan.same(encoding(), table);
        try (Arena arena = Arena.ofShared()) {
            return measuring().report(rows.rows(arena, DType.F64));
        }
    }

    /**
     * How much the model leans on each input, measured on rows with what is so, better others than it was trained on: on 20,000
     * of them, evenly spread, where there are more.
     *
     * @param repetitions at least 1; more make the means surer
     * @return one an input, in order
     */
    public List<Importance> importance(Examples examples, int repetitions, long seed) {
        requireOpen();
        requireRows(examples);
        try (Arena arena = Arena.ofShared()) {
            return measuring().importance(Learner.rows(examples, encoder, arena, DType.F64), repetitions, seed);
        }
    }

    /** As {@link #importance(Examples, int, long)}, on the rows of a table. */
    public List<Importance> importance(EncodedTable table, int repetitions, long seed) {
        requireOpen();
        EncodedTable rows = Kan.same(encoding(), table);
        try (Arena arena = Arena.ofShared()) {
            return measuring().importance(rows.rows(arena, DType.F64), repetitions, seed);
        }
    }

    private static void requireRows(Examples examples) {
        if (examples.size() == 0) {
            throw KanException.invalid("there are no rows to measure on");
        }
    }

    private Measuring measuring() {
        return new Measuring(encoding(), predictor);
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the model is closed");
        }
    }

    /**
     * The functions of an additive model ({@link KanBuilder#additive}), with the mean 0 over the rows of examples.
     *
     * @throws KanException if the model is not additive
     */
    public AdditiveShapes shapes(Examples examples) {
        return shapes(Learner.features(examples, encoder));
    }

    /** As {@link #shapes(Examples)}, over rows that are encoded already, one after the other. */
    public AdditiveShapes shapes(double[] features) {
        return AdditiveShapes.of(parameters.model(), encoding(), predictor::predict, features);
    }

    // ------------------------------------------------------------------------------------------------------ properties

    /** What its inputs and outputs are. */
    public Encoding encoding() {
        return encoder.encoding();
    }

    /** The numbers, for what {@code org.kan4j.model} and others do with them; closed with this. */
    public Parameters parameters() {
        return parameters;
    }

    /**
     * What its numbers do not prove of the columns in which it was trained to rise or fall ({@link KanBuilder#monotone}), in
     * words; empty where all is proved, for all real inputs, and where nothing was asked for.
     */
    public List<String> unproved() {
        return MonotoneColumns.of(properties).map(columns -> columns.prove(encoding(), parameters)).orElse(List.of());
    }

    /** Its layers, shapes and counts. */
    public Summary summary() {
        return Summary.of(parameters.model());
    }

    /** How its training went, why it ended and which epoch was best; absent where it was loaded. */
    public Optional<TrainingResult> training() {
        return Optional.ofNullable(training);
    }

    /** What the file carries besides, by name. */
    public Map<String, String> properties() {
        return Map.copyOf(properties);
    }

    /** Writes it; the file appears, or is replaced, whole. {@link Kan#load} and {@code kan4j predict} read it. */
    public void save(Path file) throws IOException {
        Objects.requireNonNull(file, "file");
        requireOpen();
        Checkpoint.write(file, parameters, properties);
    }

    /** Refuses new calls, waits for those that run, and frees the model; does nothing the second time. */
    @Override
    public void close() {
        closed = true;
        predictor.close();
        parameters.close();
    }

    /** Such as {@code KanClassifier of species from 4 inputs, 1,234 parameters}. */
    @Override
    public String toString() {
        return String.format(java.util.Locale.ROOT, "%s of %s from %s, %s", getClass().getSimpleName(),
                encoding().target().name(), Counted.of(inputs.size(), "input"),
                Counted.grouped(parameters.model().parameterCount(), "parameter"));
    }
}
