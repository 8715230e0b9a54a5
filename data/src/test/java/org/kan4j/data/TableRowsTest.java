// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.encoding.Encoding;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingListener;

/** Rows that are read anew in every pass. */
class TableRowsTest {

    private static final int ROWS = 60_000;

    @TempDir
    Path folder;

    private Table table;
    private TableSet set;

    @BeforeEach
    void write() throws IOException {
        Path file = folder.resolve("rows.csv");
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            out.write("number,wave,kind\n");
            for (int i = 0; i < ROWS; i++) {
                out.write(i + "," + (i % 101) / 50.0 + "," + (i % 3 == 0 ? "a" : "b") + "\n");
            }
        }
        table = Table.open(file);
        set = TableSet.learn(table, new TableSet.Options("kind", null, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0.1,
                1));
    }

    private RowSource rows(Part part, Arena arena, long memory) {
        return part.load(arena, DType.F64, memory);
    }

    /** The row numbers of a pass, recovered from the first feature, each with its label. */
    private int[][] pass(RowSource rows, RowSource.Pass pass, int from, int batch) {
        Encoding.Numeric number = (Encoding.Numeric) set.encoding().columns().getFirst();
        int[][] seen = new int[2][rows.size() - from];
        try (Arena arena = Arena.ofConfined(); pass) {
            HostTensor x = HostTensor.allocate(arena, DType.F64, batch, rows.in());
            HostTensor t = HostTensor.allocate(arena, DType.I32, batch);
            for (int at = from; at < rows.size(); at += batch) {
                int n = Math.min(batch, rows.size() - at);
                pass.read(at, at + n, x.segment(), t.segment(), MemorySegment.NULL);
                for (int i = 0; i < n; i++) {
                    seen[0][at - from + i] = (int) Math.round((x.get(i, 0) + 1) / 2 * (number.high() - number.low())
                            + number.low());
                    seen[1][at - from + i] = (int) t.get(i);
                }
            }
        }
        return seen;
    }

    private static boolean labelsFit(int[][] seen) {
        return IntStream.range(0, seen[0].length).allMatch(i -> seen[1][i] == (seen[0][i] % 3 == 0 ? 0 : 1));
    }

    @Test
    void aPassInOrderHasTheRowsOfTheDataInMemory() {
        try (Arena arena = Arena.ofConfined()) {
            Part part = set.parts().train();
            assertThat(part.rows()).isEqualTo(54_000);
            RowSource streamed = rows(part, arena, 1 << 16);
            RowSource loaded = rows(part, arena, 1L << 30);
            assertThat(streamed).isInstanceOf(TableRows.class);
            assertThat(loaded).isInstanceOf(Dataset.class);
            int[][] seen = pass(streamed, streamed.inOrder(), 0, 1000);
            assertThat(seen).isDeepEqualTo(pass(loaded, loaded.inOrder(), 0, 54_000));
            assertThat(seen[0]).isSorted();
            assertThat(labelsFit(seen)).isTrue();
            assertThat(streamed.sample(arena, 100).toDoubles()).isEqualTo(loaded.sample(arena, 100).toDoubles());
            assertThat(streamed.sample(arena, 100).toDoubles()).isEqualTo(loaded.sample(arena, 100).toDoubles());
        }
    }

    /** Two windows share the memory: of 20,000 rows each, into which the chosen ones of a block of 21,845 fit (the header is in the first). */
    @Test
    void aWindowTakesHalfOfTheMemory() {
        try (Arena arena = Arena.ofConfined()) {
            RowSource rows = rows(set.parts().train(), arena, 2 * 20_000 * (2 * Double.BYTES + Integer.BYTES));
            int[] first = Arrays.copyOf(pass(rows, rows.shuffled(7, 2), 0, 1000)[0], 5000);
            assertThat(Arrays.stream(first).map(row -> (row + 1) / Table.blockRows(3)).distinct().count()).isEqualTo(1);
        }
    }

    @Test
    void aShuffledPassHasEveryRowOnceInAnOrderOfSeedAndEpochAlone() {
        try (Arena arena = Arena.ofConfined()) {
            RowSource rows = rows(set.parts().train(), arena, 1 << 20);
            assertThat(rows).isInstanceOf(TableRows.class);
            int[][] first = pass(rows, rows.shuffled(7, 2), 0, 1000);
            int[][] inOrder = pass(rows, rows.inOrder(), 0, 1000);
            assertThat(first[0]).isNotEqualTo(inOrder[0]);
            assertThat(Arrays.stream(first[0]).sorted().toArray()).isEqualTo(inOrder[0]);
            assertThat(labelsFit(first)).isTrue();
            // Neighbours in the file are none in the pass.
            assertThat(IntStream.range(1, first[0].length).filter(i -> Math.abs(first[0][i] - first[0][i - 1]) == 1))
                    .hasSizeLessThan(50);
            // Of batches of another size, and from the middle on: the same rows.
            assertThat(pass(rows, rows.shuffled(7, 2), 0, 777)).isDeepEqualTo(first);
            assertThat(pass(rows, rows.shuffled(7, 2), 41_234, 500)[0])
                    .isEqualTo(Arrays.copyOfRange(first[0], 41_234, first[0].length));
            assertThat(pass(rows, rows.shuffled(7, 3), 0, 1000)[0]).isNotEqualTo(first[0]);
            assertThat(pass(rows, rows.shuffled(8, 2), 0, 1000)[0]).isNotEqualTo(first[0]);
        }
    }

    @Test
    void aSplitKeepsTheClassesSharesAndEveryRowOnce() {
        try (Arena arena = Arena.ofConfined()) {
            RowSource rows = rows(set.parts().train(), arena, 1 << 18);
            RowSource.Split<? extends RowSource> split = rows.split(0.75, 3);
            int[][] first = pass(split.first(), split.first().inOrder(), 0, 1000);
            int[][] second = pass(split.second(), split.second().inOrder(), 0, 1000);
            assertThat(first[1]).hasSize(40_500);
            assertThat(Arrays.stream(first[1]).filter(c -> c == 0).count()).isEqualTo(13_500);
            assertThat(IntStream.concat(Arrays.stream(first[0]), Arrays.stream(second[0])).sorted().toArray())
                    .isEqualTo(pass(rows, rows.inOrder(), 0, 1000)[0]);
        }
    }

    @Test
    void anErrorInTheFileReachesTheReaderOfThePass() throws IOException {
        Path file = folder.resolve("odd.csv");
        StringBuilder text = new StringBuilder("number,wave\n");
        IntStream.range(0, 100_000).forEach(i -> text.append(i).append(i == 99_999 ? ",odd\n" : ",0.5\n"));
        Files.writeString(file, text);
        try (Arena arena = Arena.ofConfined()) {
            RowSource rows = TableRows.all(Table.open(file), set.encoding(), false).load(arena, DType.F64, 1);
            try (RowSource.Pass pass = rows.inOrder()) {
                MemorySegment x = arena.allocate(8 * rows.in());
                pass.read(0, 1, x, MemorySegment.NULL, MemorySegment.NULL);
                assertThatThrownBy(() -> pass.read(99_999, 100_000, x, MemorySegment.NULL, MemorySegment.NULL))
                        .isInstanceOf(DataException.class).hasMessageContaining(
                                "odd.csv: row 100000 (line 100001), column 'wave': expected a number, got 'odd'");
            }
        }
    }

    /** Stops in the middle of an epoch, saves, resumes from the file: the same bits as without the stop. */
    @Test
    void aStoppedAndResumedTrainingEndsWithTheSameBits() throws IOException {
        Path checkpoint = folder.resolve("c.safetensors");
        KanModel model = KanModel.kan(DType.F64, BSpline.of(3, 3), 2, 2);
        try (Arena arena = Arena.ofConfined(); Context context = Context.open()) {
            RowSource rows = rows(set.parts().train(), arena, 1 << 18);
            byte[] whole;
            try (Parameters parameters = Parameters.initialise(model, 1);
                    Trainer trainer = Trainer.builder(parameters).context(context).epochs(2).batchSize(500).seed(5).build()) {
                trainer.fit(rows);
                whole = bytes(parameters);
            }
            try (Parameters parameters = Parameters.initialise(model, 1);
                    Trainer trainer = Trainer.builder(parameters).context(context).epochs(2).batchSize(500).seed(5)
                            .checkpoint(checkpoint).listener(new TrainingListener() {
                                @Override
                                public void onBatch(Trainer trainer, Batch batch) {
                                    if (trainer.steps() == 150) {
                                        trainer.requestStop();
                                    }
                                }
                            }).build()) {
                assertThat(trainer.fit(rows).stopped()).isTrue();
            }
            try (Checkpoint stopped = Checkpoint.read(checkpoint);
                    Trainer trainer = Trainer.resume(stopped).context(context).build()) {
                assertThat(trainer.steps()).isEqualTo(150);
                trainer.fit(rows);
                assertThat(bytes(stopped.parameters())).isEqualTo(whole);
            }
        }
    }

    private static byte[] bytes(Parameters parameters) {
        return parameters.values().flat().segment().toArray(ValueLayout.JAVA_BYTE);
    }
}
