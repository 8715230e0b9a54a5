// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.kan4j.basis.Basis;
import org.kan4j.constraint.MonotoneColumns;
import org.kan4j.encoding.ColumnRange;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.RowEncoder;
import org.kan4j.encoding.Transform;
import org.kan4j.encoding.Values;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.model.KanModel;
import org.kan4j.optim.Loss;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.Trainer;

/** Learns from examples how to encode them, and encodes them. */
final class Learner {

    private static final Logger LOG = System.getLogger("org.kan4j");

    /** What a model is to tell. */
    enum Task {
        CLASSES, VALUE, LABELS
    }

    /** Different texts that a column of categories has at most. */
    private static final int MAX_CATEGORIES = 1000;
    /** Above so many categories, or so large a share of the rows, a column of texts is more likely none. */
    private static final int MANY_CATEGORIES = 20;
    private static final double MANY_SHARE = 0.05;

    private Learner() {
    }

    // -------------------------------------------------------------------------------------------------------- learning

    static EncodedExamples learn(Examples examples, Task task, Encoding.Missing missing, Encoding.Unseen unseen,
            Encoding.Scaling scaling, List<Double> levels, Transform.Choice transform) {
        if (examples.size() < 2) {
            throw KanException.invalid("%s to learn from, expected at least 2", Counted.of(examples.size(), "row"));
        }
        if (examples.names().isEmpty()) {
            throw KanException.invalid("the rows have no inputs to predict '%s' from", examples.target());
        }
        for (String target : examples.targetOf(0).names()) {
            if (examples.names().contains(target)) {
                throw KanException.invalid("'%s' is an input and what is to be predicted; name one of them otherwise", target);
            }
        }
        List<Encoding.Column> columns = new ArrayList<>();
        for (int c = 0; c < examples.names().size(); c++) {
            columns.add(column(examples, c, scaling));
        }
        List<Encoding.Target> targets = targets(examples, task, levels, transform);
        return new EncodedExamples(examples, new RowEncoder(new Encoding("", columns, targets.getFirst(), missing, unseen)),
                targets);
    }

    private static Encoding.Column column(Examples examples, int at, Encoding.Scaling scaling) {
        String name = examples.names().get(at);
        Columns.Kind kind = examples.kinds().get(at);
        ColumnRange range = new ColumnRange();
        SortedSet<String> texts = new TreeSet<>();
        CellRow odd = null;
        int numbers = 0;
        int present = 0;
        for (int i = 0; i < examples.size(); i++) {
            CellRow row = examples.inputs(i);
            if (row.missing(at)) {
                range.addMissing();
                continue;
            }
            present++;
            if (kind == Columns.Kind.NUMBER || kind == Columns.Kind.BY_VALUE && CellRow.isNumber(row.cell(at))) {
                range.add(RowEncoder.finite(row, at));
                numbers++;
            } else {
                odd = row;
                texts.add(row.text(at));
            }
        }
        if (present == 0) {
            throw KanException.invalid("the input '%s' has no value in any row", name);
        }
        if (numbers == present) {
            return range.input(name, scaling);
        }
        if (numbers > 0) {
            throw odd.error(at,
                    "got '" + odd.text(at) + "', but " + numbers + " of " + Counted.of(present, "row") + " have numbers there; "
                            + "Columns.category takes all as categories");
        }
        List<String> categories = Values.merged(texts);
        if (categories.size() > MAX_CATEGORIES) {
            throw KanException.invalid("the input '%s' has more than %d different texts, which is no category; leave it out",
                    name, MAX_CATEGORIES);
        }
        if (categories.size() > Math.max(MANY_CATEGORIES, MANY_SHARE * examples.size())) {
            LOG.log(Level.WARNING, "the input ''{0}'' has {1} different texts, such as ''{2}'', and becomes as many inputs of "
                    + "the model; leave it out if it is a name or a date", name, categories.size(), categories.getFirst());
        }
        return new Encoding.Categorical(name, categories);
    }

    private static List<Encoding.Target> targets(Examples examples, Task task, List<Double> levels, Transform.Choice transform) {
        return task == Task.VALUE ? values(examples, levels, transform) : List.of(labelled(examples, task));
    }

    private static Encoding.Target labelled(Examples examples, Task task) {
        String name = examples.target();
        SortedSet<String> given = new TreeSet<>();
        for (int i = 0; i < examples.size(); i++) {
            CellRow row = present(examples, i);
            if (task == Task.CLASSES) {
                given.add(label(row));
            } else {
                given.addAll(labels(row));
            }
        }
        List<String> labels = Values.merged(given).stream().sorted(BY_VALUE).toList();
        if (labels.size() < (task == Task.CLASSES ? 2 : 1)) {
            throw same(name, examples);
        }
        if (task == Task.CLASSES && labels.size() > MANY_CATEGORIES && labels.size() > examples.size() / 2) {
            throw KanException.invalid("'%s' has %d classes in %d rows, such as '%s': too few rows of each to learn from; "
                    + "Kan.regressor predicts numbers", name, labels.size(), examples.size(), labels.getFirst());
        }
        return task == Task.CLASSES ? new Encoding.Classes(name, labels) : new Encoding.Labels(name, labels);
    }

    private static KanException same(String name, Examples examples) {
        return KanException.invalid("'%s' is the same in all %d rows: nothing to learn", name, examples.size());
    }

    private static CellRow present(Examples examples, int position) {
        CellRow row = examples.targetOf(position);
        for (int t = 0; t < row.names().size(); t++) {
            if (row.missing(t)) {
                throw row.error(t, "the target is missing; leave such rows out");
            }
        }
        return row;
    }

    /** A number to predict, several, or quantiles of one, by each transform there is to choose among. */
    private static List<Encoding.Target> values(Examples examples, List<Double> levels, Transform.Choice transform) {
        List<String> names = examples.targetOf(0).names();
        List<ColumnRange> ranges = names.stream().map(name -> new ColumnRange()).toList();
        for (int i = 0; i < examples.size(); i++) {
            CellRow row = present(examples, i);
            for (int t = 0; t < ranges.size(); t++) {
                ranges.get(t).add(RowEncoder.finite(row, t));
            }
        }
        for (int t = 0; t < ranges.size(); t++) {
            if (ranges.get(t).low() == ranges.get(t).high()) {
                throw same(names.get(t), examples);
            }
        }
        if (!levels.isEmpty() && names.size() > 1) {
            throw KanException.invalid("quantiles are predicted of one number, the rows have %s", names);
        }
        return Transform.kinds(transform, ranges).stream().map(kind -> {
            List<Encoding.Value> values = IntStream.range(0, ranges.size())
                    .mapToObj(t -> ranges.get(t).target(names.get(t), kind)).toList();
            return !levels.isEmpty() ? new Encoding.Quantiles(values.getFirst(), levels)
                    : values.size() == 1 ? values.getFirst() : (Encoding.Target) new Encoding.Numbers(values);
        }).toList();
    }

    /** Whole numbers by their value, texts by the alphabet. */
    private static final Comparator<String> BY_VALUE = (a, b) -> {
        if (a.matches("-?\\d{1,18}") && b.matches("-?\\d{1,18}")) {
            int byNumber = Long.compare(Long.parseLong(a), Long.parseLong(b));
            return byNumber != 0 ? byNumber : a.compareTo(b);
        }
        return a.compareTo(b);
    };

    private static String label(CellRow row) {
        Object cell = row.cell(0);
        if (cell instanceof Collection) {
            throw row.error(0, "a class is one label, given " + cell + "; Kan.multiLabel predicts several");
        }
        if (cell instanceof Double || cell instanceof Float) {
            double value = ((Number) cell).doubleValue();
            if (value != Math.rint(value)) {
                throw row.error(0, "a class is a label or a whole number, given " + cell + "; Kan.regressor predicts numbers");
            }
        }
        return row.text(0);
    }

    private static List<String> labels(CellRow row) {
        if (row.cell(0) instanceof Collection<?> several) {
            return several.stream().map(each -> {
                if (each == null) {
                    throw row.error(0, "one of the labels is null");
                }
                return Values.text(each);
            }).toList();
        }
        throw row.error(0, "expected a collection of labels, got '" + row.cell(0) + "'");
    }

    /** Has a trainer minimise what suits a target, and keep the model monotone in columns, which may be null. */
    static void suit(Trainer.Builder builder, Encoding encoding, MonotoneColumns columns) {
        if (encoding.target() instanceof Encoding.Labels) {
            builder.loss(new Loss.BinaryCrossEntropy());
        }
        if (encoding.target() instanceof Encoding.Quantiles q) {
            builder.loss(new Loss.Pinball(q.levels()));
        }
        if (columns != null) {
            builder.monotone(columns.of(encoding));
        }
    }

    /** The network for rows so encoded, with hidden layers of these widths; monotone columns may be null. */
    static KanModel model(DType type, Basis basis, long[] hidden, Encoding encoding, MonotoneColumns columns) {
        long[] widths = new long[hidden.length + 2];
        widths[0] = encoding.features();
        System.arraycopy(hidden, 0, widths, 1, hidden.length);
        widths[hidden.length + 1] = encoding.target().width();
        KanModel free = KanModel.kan(type, basis, widths);
        return columns == null ? free : columns.suited(free);
    }

    // -------------------------------------------------------------------------------------------------------- encoding

    /** The features of all rows, one after the other. */
    static double[] features(Examples examples, RowEncoder encoder) {
        double[] all = new double[Math.multiplyExact(examples.size(), encoder.features())];
        double[] row = new double[encoder.features()];
        List<String> inputs = encoder.encoding().inputs();
        for (int i = 0; i < examples.size(); i++) {
            encoder.features(examples.inputs(i, inputs), row);
            System.arraycopy(row, 0, all, i * row.length, row.length);
        }
        return all;
    }

    /** The class of each row; -1 for one that the model does not know where that is borne. */
    static int[] classes(Examples examples, RowEncoder encoder) {
        int[] classes = new int[examples.size()];
        for (int i = 0; i < classes.length; i++) {
            CellRow row = examples.targetOf(i);
            label(row);
            classes[i] = (int) encoder.target(row, 0);
        }
        return classes;
    }

    /** Rows of numbers to predict. */
    private static Dataset numbers(Examples examples, RowEncoder encoder, Arena arena, HostTensor x) {
        int width = encoder.encoding().target().width();
        double[] all = new double[Math.multiplyExact(examples.size(), width)];
        double[] row = new double[width];
        for (int i = 0; i < examples.size(); i++) {
            encoder.target(examples.targetOf(i), 0, row);
            System.arraycopy(row, 0, all, i * width, width);
        }
        return Dataset.regression(x, fill(HostTensor.allocate(arena, x.dtype(), examples.size(), width), all));
    }

    /** For each row, which labels it has. */
    static boolean[][] labels(Examples examples, RowEncoder encoder) {
        boolean[][] has = new boolean[examples.size()][encoder.encoding().target().width()];
        for (int i = 0; i < has.length; i++) {
            CellRow row = examples.targetOf(i);
            for (String label : labels(row)) {
                int place = encoder.label(label);
                if (place < 0) {
                    throw row.error(0, "'" + label + "' is not one of the labels of the model");
                }
                has[i][place] = true;
            }
        }
        return has;
    }

    /** The rows as a model sees them. */
    static Dataset rows(Examples examples, RowEncoder encoder, Arena arena, DType dtype) {
        int n = examples.size();
        HostTensor x = fill(HostTensor.allocate(arena, dtype, n, encoder.features()), features(examples, encoder));
        Dataset rows = switch (encoder.encoding().target()) {
            case Encoding.Classes c -> Dataset.classification(x, HostTensor.of(arena, classes(examples, encoder)), c.width());
            case Encoding.Value v -> numbers(examples, encoder, arena, x);
            case Encoding.Numbers several -> numbers(examples, encoder, arena, x);
            case Encoding.Quantiles q -> numbers(examples, encoder, arena, x);
            case Encoding.Labels l -> {
                boolean[][] has = labels(examples, encoder);
                double[] flat = new double[n * l.width()];
                for (int i = 0; i < flat.length; i++) {
                    flat[i] = has[i / l.width()][i % l.width()] ? 1 : 0;
                }
                yield Dataset.regression(x, fill(HostTensor.allocate(arena, dtype, n, l.width()), flat));
            }
        };
        return examples.weights() == null ? rows
                : rows.withWeights(fill(HostTensor.allocate(arena, dtype, n), examples.weights()));
    }

    private static HostTensor fill(HostTensor tensor, double[] numbers) {
        for (int i = 0; i < numbers.length; i++) {
            if (tensor.dtype() == DType.F32) {
                tensor.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) numbers[i]);
            } else {
                tensor.segment().setAtIndex(ValueLayout.JAVA_DOUBLE, i, numbers[i]);
            }
        }
        return tensor;
    }
}
