// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.Serializable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.sql.Row;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.RowEncoder;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Encoded rows as a model is trained on them, packed: what the cache of the executors and the spill file hold.
 *
 * @param rows of them
 * @param features (rows, in) numbers in the order of this machine's bytes
 * @param targets a number, or a class of 32 bits, a row
 * @param weights a number a row; empty where all count 1
 */
record Block(int rows, byte[] features, byte[] targets, byte[] weights) implements Serializable {

    private static final int MOST_ROWS = 65_536;
    private static final int MOST_BYTES = 32 << 20;

    /**
     * What packs rows.
     *
     * @param encoding of features and target, as JSON
     * @param single whether numbers are float32
     * @param classes 0 for a number to predict
     * @param weighted whether weights are packed
     * @param classWeights factors of the weights of training rows; empty for 1 each
     */
    record Layout(String encoding, boolean single, int classes, boolean weighted, List<Double> classWeights)
            implements Serializable {

        DType dtype() {
            return single ? DType.F32 : DType.F64;
        }
    }

    /**
     * Packs the rows of a partition that are, or are not, for validation.
     *
     * @param rows (features, label, weight, is for validation)
     */
    static Iterator<Block> pack(Iterator<Row> rows, Layout layout, boolean validation) {
        return new Packing(rows, layout, validation);
    }

    private static final class Packing implements Iterator<Block> {

        private final Iterator<Row> rows;
        private final Layout layout;
        private final boolean validation;
        private final RowEncoder encoder;
        private final VectorRow cells;
        private final double[] encoded;
        private final int most;
        private Row ahead;

        Packing(Iterator<Row> rows, Layout layout, boolean validation) {
            this.rows = rows;
            this.layout = layout;
            this.validation = validation;
            this.encoder = new RowEncoder(Encoding.fromJson(layout.encoding()));
            this.cells = new VectorRow(encoder.encoding().inputs());
            this.encoded = new double[encoder.features()];
            this.most = Math.clamp(MOST_BYTES / (encoded.length * layout.dtype().bytes()), 1, MOST_ROWS);
        }

        @Override
        public boolean hasNext() {
            while (ahead == null && rows.hasNext()) {
                Row row = rows.next();
                ahead = validation == (!row.isNullAt(3) && row.getBoolean(3)) ? row : null;
            }
            return ahead != null;
        }

        @Override
        public Block next() {
            int bytes = layout.dtype().bytes();
            ByteBuffer x = buffer(most * encoded.length * bytes);
            ByteBuffer t = buffer(most * (layout.classes() > 0 ? Integer.BYTES : bytes));
            ByteBuffer w = buffer(layout.weighted() ? most * bytes : 0);
            int count = 0;
            for (; count < most && hasNext(); count++) {
                encoder.features(cells.of(ahead.getAs(0)), encoded);
                for (double value : encoded) {
                    put(x, value);
                }
                double weight = ahead.getDouble(2);
                if (layout.classes() > 0) {
                    int label = (int) ahead.getDouble(1);
                    t.putInt(label);
                    weight *= validation || layout.classWeights().isEmpty() ? 1 : layout.classWeights().get(label);
                } else {
                    Encoding.Value value = (Encoding.Value) encoder.encoding().target();
                    put(t, value.encode(ahead.getDouble(1)));
                }
                if (layout.weighted()) {
                    put(w, weight + 0.0); // no negative zero
                }
                ahead = null;
            }
            return new Block(count, used(x), used(t), used(w));
        }

        private static ByteBuffer buffer(int bytes) {
            return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
        }

        private static byte[] used(ByteBuffer buffer) {
            return buffer.hasRemaining() ? Arrays.copyOf(buffer.array(), buffer.position()) : buffer.array();
        }

        private void put(ByteBuffer buffer, double value) {
            if (layout.single()) {
                buffer.putFloat((float) value);
            } else {
                buffer.putDouble(value);
            }
        }
    }

    /** Some blocks as one data set in memory of the arena's. */
    static Dataset dataset(Arena arena, List<Block> blocks, Layout layout) {
        long rows = blocks.stream().mapToLong(Block::rows).sum();
        long in = blocks.getFirst().features.length / layout.dtype().bytes() / blocks.getFirst().rows;
        HostTensor x = HostTensor.allocate(arena, layout.dtype(), rows, in);
        HostTensor t = HostTensor.allocate(arena, layout.classes() > 0 ? DType.I32 : layout.dtype(), rows);
        HostTensor w = HostTensor.allocate(arena, layout.dtype(), layout.weighted() ? rows : 0);
        long[] at = new long[3];
        for (Block block : blocks) {
            at[0] += append(x, at[0], block.features);
            at[1] += append(t, at[1], block.targets);
            at[2] += append(w, at[2], block.weights);
        }
        return dataset(x, t, w, layout);
    }

    static Dataset dataset(HostTensor x, HostTensor t, HostTensor w, Layout layout) {
        Dataset data = layout.classes() > 0 ? Dataset.classification(x, t, layout.classes()) : Dataset.regression(x, t);
        return layout.weighted() ? data.withWeights(w) : data;
    }

    private static long append(HostTensor to, long at, byte[] bytes) {
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, to.segment(), at, bytes.length);
        return bytes.length;
    }

    /** Whether some row has a weight. */
    boolean counts() {
        for (byte b : weights) {
            if (b != 0) {
                return true;
            }
        }
        return weights.length == 0;
    }

    /** The sum of the rows' weights. */
    double weight(Layout layout) {
        if (!layout.weighted()) {
            return rows;
        }
        ByteBuffer numbers = ByteBuffer.wrap(weights).order(ByteOrder.nativeOrder());
        double sum = 0;
        while (numbers.hasRemaining()) {
            sum += layout.single() ? numbers.getFloat() : numbers.getDouble();
        }
        return sum;
    }
}
