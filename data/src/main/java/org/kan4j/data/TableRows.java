// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Rows of a table as a model sees them, read and encoded anew in every pass, so that they may be larger than memory. A
 * pass holds two windows of blocks, one in use and the next one, which another thread reads meanwhile.
 *
 * <p>A shuffled pass takes the blocks in a random order, as many at a time as fit into a window, and shuffles the rows of
 * each window. Both are functions of the seed, the epoch and the memory alone, so a resumed training goes on at its row.
 */
public final class TableRows implements RowSource {

    /** A sample of at most so many bytes is kept for the next time. */
    private static final long SAMPLE_KEPT = 1L << 28;

    private final Table table;
    private final Encoding encoding;
    private final TableEncoder encoder;
    private final boolean hasTarget;
    private final BitSet chosen;
    /** First row of each block in the table, and how many of its rows are chosen. */
    private final int[] firsts;
    private final int[] counts;
    private final int size;
    private final DType dtype;
    private final int windowRows;
    private final long memory;
    private final Constants constants;
    private byte[] sampled;

    /**
     * Rows of a table.
     *
     * @param needTarget whether the table must hold the target; without it passes give features only
     * @param chosen numbers of the rows, from 0; null for all
     * @param memory bytes for the windows of a shuffled pass; a window holds at least one block
     * @param notes told of columns that were constant in the training rows and are not here
     */
    TableRows(Table table, Encoding encoding, boolean needTarget, BitSet chosen, DType dtype, long memory,
            Consumer<String> notes) {
        this.constants = new Constants(encoding, notes);
        this.table = table;
        this.encoding = encoding;
        this.encoder = new TableEncoder(encoding, table, needTarget);
        this.hasTarget = needTarget;
        this.chosen = chosen;
        this.dtype = dtype;
        this.memory = memory;
        this.counts = new int[table.blocks()];
        this.firsts = new int[counts.length];
        long sum = 0;
        for (int block = 0; block < counts.length; block++) {
            firsts[block] = (int) sum;
            counts[block] = table.rows(block);
            sum += counts[block];
            if (sum > TableSet.MAX_ROWS) {
                throw TableSet.tooMany(table);
            }
            if (chosen != null) {
                counts[block] = chosen.get(firsts[block], (int) sum).cardinality();
            }
        }
        this.size = Arrays.stream(counts).sum();
        this.windowRows = (int) Math.min(size, memory / 2 / rowBytes());
    }

    /** All rows of a table, for a model that exists; in memory where they fit. */
    public static Part all(Table table, Encoding encoding, boolean needTarget) {
        return all(table, encoding, needTarget, note -> {
        });
    }

    /**
     * All rows of a table, for a model that exists; in memory where they fit.
     *
     * @param needTarget whether the table must hold the target; without it passes give features only
     * @param notes told a line for each column that was constant in the training rows and is not here
     */
    public static Part all(Table table, Encoding encoding, boolean needTarget, Consumer<String> notes) {
        return new TablePart(table, encoding, needTarget, null, Math.toIntExact(table.rows()), notes);
    }

    long featureBytes() {
        return in() * dtype.bytes();
    }

    long targetBytes() {
        return !hasTarget ? 0 : classes() > 0 ? Integer.BYTES : out() * dtype.bytes();
    }

    long rowBytes() {
        return featureBytes() + targetBytes();
    }

    int firstOf(int block) {
        return firsts[block];
    }

    int chosenOf(int block) {
        return counts[block];
    }

    boolean isChosen(int row) {
        return chosen == null || chosen.get(row);
    }

    /** The features of the row that a reader is at. */
    void features(Table.Reader reader, double[] row) {
        encoder.features(reader, row);
        constants.look(reader);
    }

    void target(Table.Reader reader, double[] into) {
        encoder.target(reader, into);
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public long in() {
        return encoding.features();
    }

    @Override
    public long out() {
        return encoding.target().width();
    }

    @Override
    public int classes() {
        return encoding.target() instanceof Encoding.Classes classes ? classes.width() : 0;
    }

    @Override
    public DType dtype() {
        return dtype;
    }

    @Override
    public boolean weighted() {
        return false;
    }

    @Override
    public Pass inOrder() {
        int[] blocks = new int[counts.length];
        Arrays.setAll(blocks, i -> i);
        return new Stream(blocks, 1, null);
    }

    @Override
    public Pass shuffled(long seed, int epoch) {
        SplittableRandom random = new SplittableRandom(new SplittableRandom(seed).nextLong() + epoch);
        int[] blocks = new int[counts.length];
        for (int i = 0; i < blocks.length; i++) { // Fisher and Yates, inside out
            int j = random.nextInt(i + 1);
            blocks[i] = blocks[j];
            blocks[j] = i;
        }
        return new Stream(blocks, windowRows, random);
    }

    /** Takes a pass over the table the first time. */
    @Override
    public synchronized HostTensor sample(Arena arena, int most) {
        HostTensor sample = HostTensor.allocate(arena, dtype, Math.min(size, most), in());
        MemorySegment rows = sample.segment();
        if (sampled != null && sampled.length == rows.byteSize()) {
            rows.copyFrom(MemorySegment.ofArray(sampled));
            return sample;
        }
        try (Pass pass = inOrder()) {
            for (long i = 0; i < sample.rows(); i++) {
                int row = (int) (i * size / sample.rows());
                pass.read(row, row + 1, rows.asSlice(i * featureBytes(), featureBytes()), MemorySegment.NULL,
                        MemorySegment.NULL);
            }
        }
        sampled = rows.byteSize() <= SAMPLE_KEPT ? rows.toArray(ValueLayout.JAVA_BYTE) : null;
        return sample;
    }

    @Override
    public Split<TableRows> split(double fraction, long seed) {
        TableEncoder target = new TableEncoder(new Encoding(encoding.data(), List.of(), encoding.target(), encoding.missing()),
                table, true);
        long[] sizes = new long[Math.max(1, classes())];
        BitSet first = new BitSet();
        BitSet second = new BitSet();
        org.kan4j.data.Split[] dealer = new org.kan4j.data.Split[1];
        double[] label = new double[Math.toIntExact(out())];
        try (Table.Reader reader = table.reader(target.columns())) {
            TablePart.numberCells(target.encoding(), true).forEach(reader::asNumber);
            for (int round = 0; round < 2; round++) {
                int row = 0;
                for (int block = 0; block < counts.length; block++) {
                    reader.seek(block);
                    for (; reader.next(); row++) {
                        if (!isChosen(row)) {
                            continue;
                        }
                        if (classes() > 0) {
                            target.target(reader, label);
                        }
                        int stratum = classes() > 0 ? (int) label[0] : 0;
                        if (round == 0) {
                            sizes[stratum]++;
                        } else {
                            (dealer[0].second(stratum) ? second : first).set(row);
                        }
                    }
                }
                dealer[0] = new org.kan4j.data.Split(sizes, 1 - fraction, seed);
            }
        }
        return new Split<>(part(first), part(second));
    }

    private TableRows part(BitSet rows) {
        return new TableRows(table, encoding, true, rows, dtype, memory, note -> {
        });
    }

    /** A pass over blocks in an order, window by window. */
    private final class Stream implements Pass {

        private final int[] blocks;
        private final long[] seeds;
        /** Where the windows begin: in {@link #blocks}, and among the rows of the pass; each with the end. */
        private final int[] blockStart;
        private final int[] rowStart;
        private final Table.Reader reader;
        private final Arena arena = Arena.ofShared();
        private final ExecutorService loader = Executors.newSingleThreadExecutor(work -> {
            Thread thread = new Thread(work, "kan4j-data");
            thread.setDaemon(true);
            return thread;
        });
        private TableWindow current;
        private TableWindow other;
        private CompletableFuture<Void> loading = CompletableFuture.completedFuture(null);
        private boolean closed;

        Stream(int[] blocks, int mostRows, SplittableRandom random) {
            this.blocks = blocks;
            Windows windows = Windows.of(counts, blocks, mostRows);
            blockStart = windows.blockStart();
            rowStart = windows.rowStart();
            seeds = random == null ? null : random.longs(blockStart.length - 1).toArray();
            reader = table.reader(encoder.columns());
            TablePart.numberCells(encoding, hasTarget).forEach(reader::asNumber);
            current = new TableWindow(arena, TableRows.this, windows.largest());
            other = new TableWindow(arena, TableRows.this, windows.largest());
        }

        @Override
        public void read(int from, int to, MemorySegment x, MemorySegment targets, MemorySegment weights) {
            Objects.checkFromToIndex(from, to, size);
            for (int row = from; row < to;) {
                int found = Arrays.binarySearch(rowStart, row);
                int window = found >= 0 ? found : -found - 2;
                while (rowStart[window + 1] == row) { // windows without rows
                    window++;
                }
                use(window);
                int n = Math.min(to, rowStart[window + 1]) - row;
                int at = row - rowStart[window];
                MemorySegment.copy(current.x, at * featureBytes(), x, (row - from) * featureBytes(), n * featureBytes());
                if (hasTarget && targets.byteSize() > 0) {
                    MemorySegment.copy(current.targets, at * targetBytes(), targets, (row - from) * targetBytes(),
                            n * targetBytes());
                }
                row += n;
            }
        }

        /** Makes a window the current one, and has the one after it read meanwhile. */
        private void use(int window) {
            if (current.number == window) {
                return;
            }
            if (other.number != window) {
                finish();
                start(window);
            }
            finish();
            TableWindow full = other;
            other = current;
            current = full;
            if (window + 2 < rowStart.length) {
                start(window + 1);
            }
        }

        private void start(int window) {
            TableWindow into = other;
            into.number = window;
            loading = CompletableFuture.runAsync(() -> into.load(reader, blocks, blockStart[window],
                    blockStart[window + 1], seeds == null ? null : new SplittableRandom(seeds[window])), loader);
        }

        private void finish() {
            try {
                loading.join();
            } catch (CompletionException e) {
                other.number = -1;
                loading = CompletableFuture.completedFuture(null);
                throw e.getCause() instanceof RuntimeException cause ? cause : e;
            }
        }

        @Override
        public void close() {
            if (closed) {
                return;
            }
            closed = true;
            other.abandoned = true;
            loading.handle((done, failure) -> null).join();
            loader.shutdown();
            try (arena; reader) {
                current = null;
                other = null;
            }
        }
    }
}
