// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** What passes over a table and splits of it promise. */
class TablePassTest {

    private static final int ROWS = 70_000; // of one column, in more than one block

    @TempDir
    private Path folder;

    private Table table() throws IOException {
        List<String> lines = new ArrayList<>(List.of("a,y"));
        for (int i = 0; i < ROWS; i++) {
            lines.add(i + "," + i % 7);
        }
        return Table.open(Files.write(folder.resolve("t.csv"), lines));
    }

    private static final Encoding ENCODING = new Encoding("t", List.of(new Encoding.Numeric("a", 0, ROWS - 1, 0)),
            new Encoding.Value("y", 0, 1), Encoding.Missing.REFUSE);

    /** The values of column a of some rows. */
    private static Set<Double> values(RowSource rows) {
        Set<Double> values = new java.util.TreeSet<>();
        try (Arena arena = Arena.ofConfined(); RowSource.Pass pass = rows.inOrder()) {
            HostTensor x = HostTensor.allocate(arena, DType.F64, rows.size(), 1);
            pass.read(0, rows.size(), x.segment(), MemorySegment.NULL, MemorySegment.NULL);
            for (double value : x.toDoubles()) {
                values.add(value);
            }
        }
        return values;
    }

    @Test
    void theSeedDecidesWhichRowsOfAFileAreTestedOn() throws IOException {
        Table table = table();
        List<Set<Double>> tests = new ArrayList<>();
        for (long seed : new long[] {1, 1, 2}) {
            TableSet set = TableSet.learn(table, new TableSet.Options("y", TableSet.Task.REGRESSION, Set.of(), Set.of(),
                    Encoding.Missing.REFUSE, 0.01, seed));
            try (Arena arena = Arena.ofShared()) {
                tests.add(values(set.parts().test().load(arena, DType.F64, 1 << 20)));
            }
        }
        assertThat(tests.get(0)).isEqualTo(tests.get(1)).isNotEqualTo(tests.get(2));
    }

    @Test
    void theSeedDecidesTheSplitOfAStream() throws IOException {
        try (Arena arena = Arena.ofShared()) {
            RowSource rows = TableRows.all(table(), ENCODING, true).load(arena, DType.F64, 1 << 16);
            Set<Double> one = values(rows.split(0.5, 1).first());
            assertThat(values(rows.split(0.5, 1).first())).isEqualTo(one);
            assertThat(values(rows.split(0.5, 2).first())).isNotEqualTo(one);
        }
    }

    /** A pass that is closed while another thread reads ahead waits for it before the reader is closed. */
    @Test
    void aReaderIsClosedOnlyWhenNobodyReadsWithIt() throws Exception {
        List<String> events = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Table real = table();
        Table slow = (Table) Proxy.newProxyInstance(Table.class.getClassLoader(), new Class<?>[] {Table.class},
                (proxy, method, arguments) -> !method.getName().equals("reader") ? method.invoke(real, arguments)
                        : slow(real.reader((int[]) arguments[0]), events, reading, goOn));
        try (Arena arena = Arena.ofShared()) {
            RowSource rows = TableRows.all(slow, ENCODING, false).load(arena, DType.F64, 1 << 16);
            Set<Thread> before = loaders();
            RowSource.Pass pass = rows.inOrder();
            HostTensor x = HostTensor.allocate(arena, DType.F64, 1, 1);
            pass.read(0, 1, x.segment(), MemorySegment.NULL, MemorySegment.NULL); // the second block is read ahead
            assertThat(reading.await(60, TimeUnit.SECONDS)).isTrue();
            Thread closer = new Thread(pass::close);
            closer.start();
            closer.join(200); // not that it would end
            assertThat(events).doesNotContain("closed");
            goOn.countDown();
            closer.join();
            assertThat(events).containsExactly("read", "closed");
            for (Thread loader : loaders()) {
                if (!before.contains(loader)) {
                    loader.join(60_000);
                    assertThat(loader.isAlive()).as("the thread that reads ahead has ended").isFalse();
                }
            }
        }
    }

    private static Set<Thread> loaders() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals("kan4j-data"))
                .collect(Collectors.toSet());
    }

    /** A reader that stops in its second block until it may go on. */
    private static Table.Reader slow(Table.Reader real, List<String> events, CountDownLatch reading, CountDownLatch goOn) {
        int[] block = {0};
        return (Table.Reader) Proxy.newProxyInstance(Table.class.getClassLoader(), new Class<?>[] {Table.Reader.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("seek")) {
                        block[0] = (int) arguments[0];
                        if (block[0] == 1) {
                            reading.countDown();
                            goOn.await();
                            events.add("read");
                        }
                    }
                    if (method.getName().equals("close") && !events.contains("closed")) {
                        events.add("closed");
                    }
                    return method.invoke(real, arguments);
                });
    }
}
