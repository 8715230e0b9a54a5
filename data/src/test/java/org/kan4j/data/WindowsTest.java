// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Rows read in windows are those of the data in memory, of any type, kind of target and memory. */
class WindowsTest {

    @TempDir
    Path folder;

    /** 30,000 rows in blocks of 8,192; whole groups, of a block each, are held out, so that windows are left without rows. */
    @ParameterizedTest
    @CsvSource({"F32, 'y,z'", "F64, 'y,z'", "F32, y", "F32, kind", "F64, kind"})
    void windowsHoldWhatMemoryWould(DType dtype, String target) throws IOException {
        StringBuilder text = new StringBuilder("a,b,c,d,y,z,kind,block\n");
        for (int i = 0; i < 30_000; i++) {
            text.append(i).append(',').append(i * 31 % 1009).append(',').append(i * 17 % 503 * 0.37).append(',').append(i % 7)
                    .append(',').append(i * 13 % 997 * 0.1).append(',').append(i * 5 % 211 * 0.3).append(',')
                    .append("uvw".charAt(i % 3)).append(',').append((i + 1) / 8192).append('\n');
        }
        Table table = Table.open(Files.writeString(folder.resolve("t.csv"), text));
        TableSet set = TableSet.learn(table,
                new TableSet.Options(target, null, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0.3, 3)
                        .withSplitting(Splitting.group("block")));
        for (Part part : new Part[] {set.parts().train(), set.parts().test()}) {
            try (Arena arena = Arena.ofConfined()) {
                Dataset loaded = (Dataset) part.load(arena, dtype, Part.DEFAULT_MEMORY);
                RowSource streamed = part.load(arena, dtype, 1);
                assertThat(streamed).isInstanceOf(TableRows.class);
                assertThat(streamed.size()).isEqualTo(loaded.size()).isGreaterThan(5_000).isLessThan(25_000);
                assertThat(numbers(streamed, dtype)).isEqualTo(numbers(loaded, dtype));
            }
        }
    }

    /** Features and targets of a pass in order, in batches across the windows. */
    private static double[][] numbers(RowSource rows, DType dtype) {
        try (Arena arena = Arena.ofConfined(); RowSource.Pass pass = rows.inOrder()) {
            boolean classes = rows.classes() > 0;
            HostTensor x = HostTensor.allocate(arena, dtype, rows.size(), rows.in());
            HostTensor t = classes ? HostTensor.allocate(arena, DType.I32, rows.size(), 1)
                    : HostTensor.allocate(arena, dtype, rows.size(), rows.out());
            for (int at = 0; at < rows.size(); at += 777) {
                int to = Math.min(rows.size(), at + 777);
                pass.read(at, to, x.slice(at, to).segment(), t.slice(at, to).segment(), MemorySegment.NULL);
            }
            return new double[][] {x.toDoubles(), t.toDoubles()};
        }
    }

    /** A picture's samples as tensors, of both types, and some of them in another order. */
    @Test
    void samplesAreLoadedAsTheyAreRead() {
        byte[] images = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, (byte) 255, 51, 102, 1, 2};
        Samples samples = Idx.images("t", Idx.parse("i", images), Idx.parse("l", new byte[] {0, 0, 8, 1, 0, 0, 0, 3, 7, 9, 0}),
                10);
        Samples some = samples.select(new int[] {2, 0});
        for (DType dtype : new DType[] {DType.F32, DType.F64}) {
            try (Arena arena = Arena.ofConfined()) {
                Dataset all = samples.load(arena, dtype, 0);
                double[] values = {-1, 1, 51 / 127.5 - 1, 102 / 127.5 - 1, 1 / 127.5 - 1, 2 / 127.5 - 1};
                for (int i = 0; i < values.length; i++) {
                    assertThat(all.features().getFlat(i)).isEqualTo(dtype == DType.F32 ? (float) values[i] : values[i]);
                }
                assertThat(all.targets().toDoubles()).containsExactly(7, 9, 0);
                assertThat(all.classes()).isEqualTo(10);
                assertThat(some.load(arena, dtype, 0).targets().toDoubles()).containsExactly(0, 7);
                assertThat(some.load(arena, dtype, 0).features().getFlat(3)).isEqualTo(1);
            }
        }
        assertThat(some.rows()).isEqualTo(2);
        assertThatThrownBy(() -> Idx.images("t", Idx.parse("i", new byte[] {0, 0, 8, 1, 0, 0, 0, 1, 5}),
                Idx.parse("l", new byte[] {0, 0, 8, 1, 0, 0, 0, 1, 5}), 10)).isInstanceOf(DataException.class)
                .hasMessage("t: expected images (n, height, width) and labels (n), got [1] and [1]");
    }

    /** However many are held out, each class keeps a row to learn from; of classes of one row some are taken only if there are others. */
    @Test
    void noClassIsHeldOutWhole() {
        for (double share : new double[] {0.2, 0.5, 0.6, 0.9, 1}) {
            long[] sizes = {1, 100, 2, 0};
            Split split = new Split(sizes, share, 1);
            long[] second = new long[sizes.length];
            for (int stratum = 0; stratum < sizes.length; stratum++) {
                for (long row = 0; row < sizes[stratum]; row++) {
                    second[stratum] += split.second(stratum) ? 1 : 0;
                }
            }
            assertThat(second).as("share %s", share).containsExactly(0, Math.min(99, Math.round(100 * share)),
                    Math.min(1, Math.round(2 * share)), 0);
        }
    }
}
