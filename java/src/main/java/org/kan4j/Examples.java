// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;

/**
 * Raw rows with what is to be predicted of them, in memory: arrays, records, beans or maps. Numbers need no scaling, texts
 * and constants of enums become categories, NaN and null are missing values. A view of what it was made of, which must not
 * change while it is used.
 *
 * {@snippet :
 * Examples arrays = Examples.of(x, labels).named("length", "width");
 * Examples records = Examples.of(flowers, Columns.of(Flower.class).without("species"), Flower::species);
 * Examples maps = Examples.of(listOfMaps, "species");
 * }
 *
 * Targets are texts, whole numbers, truth values or constants of enums for classes, numbers for regression, and
 * collections of labels where a row may have several.
 */
public final class Examples {

    /** The name of a target that has none. */
    private static final String TARGET = "target";

    private final String target;
    private final List<String> names;
    private final List<Columns.Kind> kinds;
    private final IntFunction<IntFunction<?>> rows;
    private final IntFunction<?> targets;
    private final int size;
    /** Numbers of the rows in {@link #rows}; null for all in order. */
    private final int[] selection;
    private final double[] weights;
    private final Dealing dealing;

    private Examples(String target, List<String> names, List<Columns.Kind> kinds, IntFunction<IntFunction<?>> rows,
            IntFunction<?> targets, int size, int[] selection, double[] weights) {
        this(target, names, kinds, rows, targets, size, selection, weights, Dealing.RANDOM);
    }

    private Examples(String target, List<String> names, List<Columns.Kind> kinds, IntFunction<IntFunction<?>> rows,
            IntFunction<?> targets, int size, int[] selection, double[] weights, Dealing dealing) {
        this.dealing = dealing;
        this.target = target;
        this.names = names;
        this.kinds = kinds;
        this.rows = rows;
        this.targets = targets;
        this.size = size;
        this.selection = selection;
        this.weights = weights;
    }

    // ------------------------------------------------------------------------------------------------------- creation

    /** Rows of numbers, each with a class. */
    public static Examples of(double[][] x, String[] labels) {
        return arrays(Objects.requireNonNull(x, "x").length, width(x.length, i -> requireRow(x[i], i).length), i -> j -> x[i][j],
                Objects.requireNonNull(labels, "labels").length, i -> labels[i]);
    }

    /** Rows of numbers, each with a class, or a number to predict. */
    public static Examples of(double[][] x, int[] targets) {
        return arrays(Objects.requireNonNull(x, "x").length, width(x.length, i -> requireRow(x[i], i).length), i -> j -> x[i][j],
                Objects.requireNonNull(targets, "targets").length, i -> targets[i]);
    }

    /** Rows of numbers, each with a number to predict. */
    public static Examples of(double[][] x, double[] targets) {
        return arrays(Objects.requireNonNull(x, "x").length, width(x.length, i -> requireRow(x[i], i).length), i -> j -> x[i][j],
                Objects.requireNonNull(targets, "targets").length, i -> targets[i]);
    }

    /** Rows of numbers, each with any number of labels. */
    public static Examples of(double[][] x, List<? extends Collection<String>> labels) {
        return arrays(Objects.requireNonNull(x, "x").length, width(x.length, i -> requireRow(x[i], i).length), i -> j -> x[i][j],
                Objects.requireNonNull(labels, "labels").size(), labels::get);
    }

    /** Rows of numbers, each with several numbers to predict, {@code target0}, {@code target1} and so on. */
    public static Examples of(double[][] x, double[][] targets) {
        width(Objects.requireNonNull(targets, "targets").length, i -> requireRow(targets[i], i).length);
        return arrays(Objects.requireNonNull(x, "x").length, width(x.length, i -> requireRow(x[i], i).length), i -> j -> x[i][j],
                Objects.requireNonNull(targets, "targets").length, i -> targets[i]);
    }

    /** Rows of numbers, each with a class. */
    public static Examples of(float[][] x, String[] labels) {
        return arrays(Objects.requireNonNull(x, "x").length, width(x.length, i -> requireRow(x[i], i).length), i -> j -> x[i][j],
                Objects.requireNonNull(labels, "labels").length, i -> labels[i]);
    }

    /** Rows of numbers, each with a class, or a number to predict. */
    public static Examples of(float[][] x, int[] targets) {
        return arrays(Objects.requireNonNull(x, "x").length, width(x.length, i -> requireRow(x[i], i).length), i -> j -> x[i][j],
                Objects.requireNonNull(targets, "targets").length, i -> targets[i]);
    }

    /** Rows of numbers, each with a number to predict. */
    public static Examples of(float[][] x, float[] targets) {
        return arrays(Objects.requireNonNull(x, "x").length, width(x.length, i -> requireRow(x[i], i).length), i -> j -> x[i][j],
                Objects.requireNonNull(targets, "targets").length, i -> targets[i]);
    }

    /** Rows of numbers, each with any number of labels. */
    public static Examples of(float[][] x, List<? extends Collection<String>> labels) {
        return arrays(Objects.requireNonNull(x, "x").length, width(x.length, i -> requireRow(x[i], i).length), i -> j -> x[i][j],
                Objects.requireNonNull(labels, "labels").size(), labels::get);
    }

    private static Examples arrays(int count, int width, IntFunction<IntFunction<?>> rows, int targetCount,
            IntFunction<?> targets) {
        if (targetCount != count) {
            throw new ShapeException(Counted.of(count, "row") + " but " + Counted.of(targetCount, "target"));
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < width; i++) {
            names.add("x" + i);
        }
        return new Examples(TARGET, List.copyOf(names), names.stream().map(n -> Columns.Kind.NUMBER).toList(), rows, targets,
                count, null, null);
    }

    /** A row that is there. */
    static <R> R requireRow(R row, int position) {
        if (row == null) {
            throw KanException.invalid("row %d is null", position);
        }
        return row;
    }

    private static int width(int count, java.util.function.IntUnaryOperator lengths) {
        for (int i = 0; i < count; i++) {
            if (lengths.applyAsInt(i) != lengths.applyAsInt(0)) {
                throw new ShapeException(
                        "row " + i + " has " + Counted.of(lengths.applyAsInt(i), "number") + ", the rows before it "
                                + lengths.applyAsInt(0));
            }
        }
        return count == 0 ? 0 : lengths.applyAsInt(0);
    }

    /**
     * Rows of the application's own.
     *
     * @param rows records, beans, anything
     * @param columns the inputs
     * @param target what is to be predicted of a row
     */
    public static <R> Examples of(List<? extends R> rows, Columns<R> columns, Function<? super R, ?> target) {
        Objects.requireNonNull(rows, "rows");
        Objects.requireNonNull(target, "target");
        return new Examples(TARGET, columns.names(), columns.all().stream().map(Columns.Column::kind).toList(),
                i -> j -> columns.all().get(j).cell().apply(requireRow(rows.get(i), i)),
                i -> target.apply(requireRow(rows.get(i), i)), rows.size(), null,
                null);
    }

    /**
     * Rows of named cells. The inputs are the keys of the first row but the target, in their order where the map has one and by
     * the alphabet otherwise; every row has to have them.
     *
     * @param target the key of what is to be predicted
     */
    public static Examples of(List<? extends Map<String, ?>> rows, String target) {
        if (rows.isEmpty()) {
            throw KanException.invalid("there are no rows");
        }
        Map<String, ?> first = requireRow(rows.getFirst(), 0);
        Stream<String> keys = first.keySet().stream().filter(key -> !Objects.equals(key, target)).map(String::valueOf);
        List<String> names = (first instanceof SequencedMap ? keys : keys.sorted()).toList();
        if (!first.containsKey(target)) {
            throw KanException.invalid("the rows have no '%s' to predict; they have %s", target, first.keySet());
        }
        return new Examples(target, names, names.stream().map(n -> Columns.Kind.BY_VALUE).toList(),
                i -> CellRow.of("row " + i, names, requireRow(rows.get(i), i), "which the first row has").cells(),
                i -> requireRow(rows.get(i), i).get(target), rows.size(), null, null);
    }

    /** The same with names for the inputs, by which maps and records are predicted of later. */
    public Examples named(String... inputs) {
        requireNames(inputs);
        if (inputs.length != names.size()) {
            throw new ShapeException(Counted.of(inputs.length, "name") + " for " + Counted.of(names.size(), "input"));
        }
        if (Arrays.stream(inputs).distinct().count() != inputs.length) {
            throw KanException.invalid("each input needs a name of its own, given %s", Arrays.toString(inputs));
        }
        return new Examples(target, List.of(inputs), kinds, rows, targets, size, selection, weights, dealing);
    }

    private static void requireNames(String... names) {
        for (String name : names) {
            Objects.requireNonNull(name, "a name");
        }
    }

    /** The same with a name for what is predicted; of several numbers a name each, with commas between them. */
    public Examples predicting(String name) {
        requireNames(name);
        return new Examples(name, names, kinds, rows, targets, size, selection, weights, dealing);
    }

    /**
     * The same with weights in training.
     *
     * @param rowWeights one a row, at least 0
     */
    public Examples weighted(double... rowWeights) {
        if (rowWeights.length != size) {
            throw new ShapeException(Counted.of(rowWeights.length, "weight") + " for " + Counted.of(size, "row"));
        }
        return new Examples(target, names, kinds, rows, targets, size, selection, rowWeights.clone(), dealing);
    }

    /** Some of these rows, in this order. */
    public Examples select(int... positions) {
        int[] chosen = Arrays.stream(positions).map(this::row).toArray();
        return new Examples(target, names, kinds, rows, targets, chosen.length, chosen,
                weights == null ? null : Arrays.stream(positions).mapToDouble(i -> weights[i]).toArray(),
                dealing.select(positions));
    }

    /**
     * The same in groups that stay together: whatever is held out or measured in a cross-validation has no row of a group that
     * was trained on.
     *
     * @param groups one a row, such as the patient
     */
    public Examples grouped(List<?> groups) {
        requireEach("group", groups.size());
        for (int i = 0; i < groups.size(); i++) {
            if (groups.get(i) == null) {
                throw KanException.invalid("the group of row %d is null", i);
            }
        }
        return with(new Dealing(List.copyOf(groups), null));
    }

    /**
     * The same in an order of time: the last rows are held out, those of one time together, and a cross-validation measures each
     * part by what came before it.
     *
     * @param times one a row, such as the day
     */
    public Examples ordered(double... times) {
        requireEach("time", times.length);
        return with(new Dealing(null, times.clone()));
    }

    private void requireEach(String what, int count) {
        if (count != size) {
            throw new ShapeException(Counted.of(count, what) + " for " + Counted.of(size, "row"));
        }
    }

    private Examples with(Dealing other) {
        return new Examples(target, names, kinds, rows, targets, size, selection, weights, other);
    }

    Dealing dealing() {
        return dealing;
    }

    // ------------------------------------------------------------------------------------------------------ properties

    /** Number of rows. */
    public int size() {
        return size;
    }

    /** Names of the inputs. */
    public List<String> names() {
        return names;
    }

    /** The name of what is predicted. */
    public String target() {
        return target;
    }

    List<Columns.Kind> kinds() {
        return kinds;
    }

    double[] weights() {
        return weights;
    }

    private int row(int position) {
        java.util.Objects.checkIndex(position, size);
        return selection == null ? position : selection[position];
    }

    /** The inputs of a row. */
    CellRow inputs(int position) {
        return new CellRow("row " + position, names, rows.apply(row(position)));
    }

    /** The inputs of a row that are named, which may be in another order. */
    CellRow inputs(int position, List<String> wanted) {
        CellRow all = inputs(position);
        if (wanted.equals(names)) {
            return all;
        }
        int[] at = wanted.stream().mapToInt(names::indexOf).toArray();
        for (int i = 0; i < at.length; i++) {
            if (at[i] < 0) {
                throw KanException.invalid("the rows have no '%s', which the model was trained on; they have %s",
                        wanted.get(i), names);
            }
        }
        return new CellRow(all.where(), wanted, i -> all.cells().apply(at[i]));
    }

    /** What is to be predicted of a row, as a row of one cell, or of several where it is an array of numbers. */
    CellRow targetOf(int position) {
        Object cell = targets.apply(row(position));
        if (cell instanceof double[] several) {
            String[] named = target.split(",", -1);
            List<String> each = new ArrayList<>();
            for (int i = 0; i < several.length; i++) {
                each.add(several.length == 1 ? target : named.length == several.length ? named[i] : target + i);
            }
            return new CellRow("row " + position, each, i -> several[i]);
        }
        return new CellRow("row " + position, List.of(target), i -> cell);
    }
}
