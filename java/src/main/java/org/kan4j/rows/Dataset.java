// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.rows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.internal.Checks;
import org.kan4j.internal.Inside;
import org.kan4j.internal.RowOrder;
import org.kan4j.internal.SplitMix;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Rows of features and targets, with optional weights. A view of tensors that the caller owns, which may be mapped
 * files: nothing is copied but the mini-batches.
 */
public final class Dataset implements RowSource {

    static {
        Inside.show(Gathering.class, RowOrder.class, pass -> () -> pass.order);
    }

    private final HostTensor features;
    private final HostTensor targets;
    private final HostTensor weights;
    private final int classes;
    private final int[] selection;
    private final int size;

    private Dataset(HostTensor features, HostTensor targets, HostTensor weights, int classes, int[] selection) {
        this.features = features;
        this.targets = targets;
        this.weights = weights;
        this.classes = classes;
        this.selection = selection;
        this.size = selection == null ? Math.toIntExact(features.rows()) : selection.length;
    }

    /**
     * Rows with real targets.
     *
     * @param features (..., in), the last axis the features, all others rows; F32 or F64; finite
     * @param targets (..., out), as many rows; a tensor of one axis is one target a row; of the same type; finite
     */
    public static Dataset regression(HostTensor features, HostTensor targets) {
        requireFeatures(features);
        HostTensor matrix = targets.shape().rank() == 1
                ? targets.reshape(targets.size(), 1) : targets;
        if (matrix.dtype() != features.dtype()) {
            throw KanException.invalid("features and targets must be of one type, given %s and %s; convert one with "
                    + "HostTensor.to", features.dtype(), matrix.dtype());
        }
        if (matrix.rows() != features.rows()) {
            throw new ShapeException(Counted.of(features.rows(), "row") + " of features " + features + " but " + matrix.rows()
                    + " of targets " + targets);
        }
        requireFinite("target", matrix);
        return new Dataset(features, matrix, null, 0, null);
    }

    /**
     * Rows with class labels.
     *
     * @param features (..., in), the last axis the features, all others rows; F32 or F64; finite
     * @param labels one label a row, 0 to classes - 1, of type I32
     * @param classes at least 2
     */
    public static Dataset classification(HostTensor features, HostTensor labels, int classes) {
        requireFeatures(features);
        Checks.atLeast("the classes of a classification", classes, 2);
        if (labels.dtype() != DType.I32) {
            throw KanException.invalid("labels must be of type I32, given %s", labels.dtype());
        }
        if (labels.size() != features.rows()) {
            throw new ShapeException(Counted.of(features.rows(), "row") + " of features " + features + " but "
                    + Counted.of(labels.size(), "label"));
        }
        for (long i = 0; i < labels.size(); i++) {
            int label = labels.segment().getAtIndex(ValueLayout.JAVA_INT, i);
            if (label < 0 || label >= classes) {
                throw KanException.invalid("the label of row %d is %d, labels are 0 to %d", i, label, classes - 1);
            }
        }
        return new Dataset(features, labels.reshape(labels.size()), null, classes, null);
    }

    private static void requireFeatures(HostTensor features) {
        if (features.shape().rank() < 2) {
            throw new ShapeException("features need an axis of rows and one of features, given " + features + ": reshape("
                    + features.size() + ", 1) makes rows of one feature of it, reshape(1, " + features.size() + ") one row");
        }
        if (!features.dtype().isFloating()) {
            throw KanException.invalid("features must be F32 or F64, given %s", features.dtype());
        }
        if (features.rows() > Integer.MAX_VALUE - 8) {
            throw new ShapeException("a data set holds at most 2^31 - 9 rows, given " + features.rows());
        }
        requireFinite("feature", features);
    }

    private static void requireFinite(String what, HostTensor tensor) {
        long columns = Math.max(1, tensor.shape().axis(-1));
        boolean single = tensor.dtype() == DType.F32;
        MemorySegment segment = tensor.segment();
        for (long i = 0, n = tensor.size(); i < n; i++) {
            boolean finite = single ? Float.isFinite(segment.getAtIndex(ValueLayout.JAVA_FLOAT, i))
                    : Double.isFinite(segment.getAtIndex(ValueLayout.JAVA_DOUBLE, i));
            if (!finite) {
                throw KanException.invalid("%s %d of row %d is %s; all must be finite", what, i % columns, i / columns,
                        tensor.getFlat(i));
            }
        }
    }

    /**
     * The same rows with weights in the loss and the metrics.
     *
     * @param rowWeights one a row of the whole tensors, of the features' type, at least 0 and not all 0
     */
    public Dataset withWeights(HostTensor rowWeights) {
        if (rowWeights.dtype() != features.dtype() || rowWeights.size() != features.rows()) {
            throw new ShapeException("weights for " + Counted.of(features.rows(), "row") + " must be " + features.dtype() + "["
                    + features.rows() + "], given " + rowWeights);
        }
        boolean some = rowWeights.size() == 0;
        for (long i = 0; i < rowWeights.size(); i++) {
            double weight = rowWeights.getFlat(i);
            some |= weight > 0;
            if (!(weight >= 0) || Double.isInfinite(weight)) {
                throw KanException.invalid("the weight of row %d is %s; weights must be at least 0 and finite", i,
                        weight);
            }
        }
        if (!some) {
            throw KanException.invalid("the weights of all %d rows are 0: nothing counts", rowWeights.size());
        }
        return new Dataset(features, targets, rowWeights.reshape(rowWeights.size()), classes, selection);
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public long in() {
        return features.shape().axis(-1);
    }

    @Override
    public long out() {
        return classes > 0 ? classes : targets.shape().axis(-1);
    }

    @Override
    public int classes() {
        return classes;
    }

    @Override
    public DType dtype() {
        return features.dtype();
    }

    @Override
    public boolean weighted() {
        return weights != null;
    }

    /** All features, of the rows not selected too. */
    public HostTensor features() {
        return features;
    }

    /** All targets or labels, of the rows not selected too. */
    public HostTensor targets() {
        return targets;
    }

    /** Which row of {@link #features} the row at this position is. */
    public int row(int position) {
        Objects.checkIndex(position, size);
        return selection == null ? position : selection[position];
    }

    /** Some of these rows, in this order. */
    public Dataset select(int... positions) {
        int[] rows = new int[positions.length];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = row(positions[i]);
        }
        return new Dataset(features, targets, weights, classes, rows);
    }

    /** As many rows, each drawn from all, so that some are there several times: a bootstrap sample (Efron, 1979). */
    public Dataset bootstrap(long seed) {
        SplitMix random = new SplitMix(seed);
        return select(IntStream.range(0, size).map(i -> random.below(size)).toArray());
    }

    @Override
    public Split<Dataset> split(double fraction, long seed) {
        if (!(fraction >= 0 && fraction <= 1)) {
            throw KanException.invalid("the fraction of a split must be 0 to 1, given %s", fraction);
        }
        int[] order = order(seed, -1);
        int[] wanted = new int[Math.max(1, classes)];
        int[] counts = new int[wanted.length];
        for (int i = 0; i < size; i++) {
            counts[stratum(i)]++;
        }
        for (int c = 0; c < wanted.length; c++) {
            wanted[c] = (int) Math.round(fraction * counts[c]);
        }
        int[] first = new int[Arrays.stream(wanted).sum()];
        int[] second = new int[size - first.length];
        int f = 0;
        int s = 0;
        for (int position : order) {
            if (wanted[stratum(position)] > 0) {
                wanted[stratum(position)]--;
                first[f++] = position;
            } else {
                second[s++] = position;
            }
        }
        return new Split<>(select(first), select(second));
    }

    private int stratum(int position) {
        return classes == 0 ? 0 : targets.segment().getAtIndex(ValueLayout.JAVA_INT, row(position));
    }

    /** The order of the rows in an epoch: a function of the seed and the epoch alone. */
    int[] order(long seed, int epoch) {
        int[] order = new int[size];
        Arrays.setAll(order, i -> i);
        new SplitMix(seed, epoch).shuffle(order);
        return order;
    }

    @Override
    public Pass inOrder() {
        return new Gathering(null);
    }

    @Override
    public Pass shuffled(long seed, int epoch) {
        return new Gathering(order(seed, epoch));
    }

    @Override
    public HostTensor sample(Arena arena, int most) {
        Checks.atLeast("the rows of a sample", most, 1);
        requireOpen();
        if (selection == null && size <= most) {
            return features.reshape(size, in());
        }
        int rows = Math.min(size, most);
        HostTensor sample = HostTensor.allocate(arena, dtype(), rows, in());
        for (int i = 0; i < rows; i++) {
            copy(features, row((int) ((long) i * size / rows)), sample.segment(), i, in() * dtype().bytes(), 1);
        }
        return sample;
    }

    private void requireOpen() {
        if (!features.segment().scope().isAlive() || !targets.segment().scope().isAlive()) {
            throw new IllegalStateException("the arena of the data set's tensors is closed");
        }
    }

    /** Copies from the tensors, in the order of the positions or their own. */
    private final class Gathering implements Pass {

        private final int[] order;

        Gathering(int[] order) {
            this.order = order;
        }

        @Override
        public void read(int from, int to, MemorySegment x, MemorySegment t, MemorySegment w) {
            gather(order, from, to, x, t, w);
        }

        @Override
        public void close() {
            // The tensors are the caller's.
        }
    }

    /** Copies rows into a mini-batch: the positions order[from .. to), or from .. to themselves where order is null. */
    private void gather(int[] order, int from, int to, MemorySegment x, MemorySegment t, MemorySegment w) {
        requireOpen();
        long featureBytes = in() * features.dtype().bytes();
        long targetBytes = classes > 0 ? Integer.BYTES : out() * targets.dtype().bytes();
        if (order == null && selection == null) {
            copy(features, from, x, 0, featureBytes, to - from);
            if (t.byteSize() > 0) {
                copy(targets, from, t, 0, targetBytes, to - from);
            }
            if (weights != null) {
                copy(weights, from, w, 0, weights.dtype().bytes(), to - from);
            }
            return;
        }
        for (int i = from; i < to; i++) {
            int position = order == null ? i : order[i];
            int row = selection == null ? position : selection[position];
            copy(features, row, x, i - from, featureBytes, 1);
            if (t.byteSize() > 0) {
                copy(targets, row, t, i - from, targetBytes, 1);
            }
            if (weights != null) {
                copy(weights, row, w, i - from, weights.dtype().bytes(), 1);
            }
        }
    }

    private static void copy(HostTensor source, long row, MemorySegment target, long targetRow, long bytes, long rows) {
        MemorySegment.copy(source.segment(), row * bytes, target, targetRow * bytes, rows * bytes);
    }

    /** Such as {@code 1437 rows, 64 features, 10 classes}. */
    @Override
    public String toString() {
        return Counted.of(size, "row") + ", " + Counted.of(in(), "feature") + ", "
                + (classes > 0 ? Counted.of(classes, "class") : Counted.of(out(), "target"));
    }
}
