// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.encoding.Encoding;

/**
 * Damaged CSV, Parquet and safetensors files: each gives rows or one sentence, never another exception, and none hangs.
 * {@code -Dkan4j.fuzz=100000} tries as many files, {@code -Dkan4j.fuzz.seed=N} others; the heap's size limits what a file may
 * make the readers take.
 */
class ReaderFuzzTest {

    private static final int FILES = Integer.getInteger("kan4j.fuzz", 600);
    private static final long SEED = Long.getLong("kan4j.fuzz.seed", 1);
    /** Of processor time of the whole VM, which a busy machine does not stretch: what takes more of it hangs. */
    private static final Duration HANG = Duration.ofSeconds(10);
    /** What waits takes no processor time: by the clock, then. */
    private static final Duration STUCK = Duration.ofMinutes(3);

    @TempDir
    Path folder;

    private record Intact(String name, byte[] bytes) {
    }

    private static Intact resource(String name) throws IOException {
        try (InputStream in = ReaderFuzzTest.class.getResourceAsStream(name)) {
            return new Intact(name, in.readAllBytes());
        }
    }

    private static List<Intact> intact() throws IOException {
        List<Intact> files = new ArrayList<>();
        for (String name : List.of("plain.parquet", "types.parquet", "gzip.parquet", "lz4.parquet", "logical.parquet",
                "dotted-name.parquet", "uint32.parquet", "float16.parquet", "indexed.parquet", "uint32.csv")) {
            files.add(resource(name));
        }
        String csv = "# a comment\n\"name, x\";größe;kind;y\n1,5;2;\"a \"\"b\"\"\";3\n-1,25;#N/A;\"c\nd\";4\n\n2;-;e;5\n";
        files.add(new Intact("quoted.csv", csv.getBytes(StandardCharsets.UTF_8)));
        files.add(new Intact("utf16.csv", ("\ufeff" + csv).getBytes(StandardCharsets.UTF_16LE)));
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(csv.getBytes(StandardCharsets.UTF_8));
        }
        files.add(new Intact("packed.csv.gz", packed.toByteArray()));
        String header = "{\"x\":{\"dtype\":\"F32\",\"shape\":[4,2],\"data_offsets\":[0,32]},\"y\":{\"dtype\":\"I64\",\"shape\":[4],"
                + "\"data_offsets\":[32,64]}}";
        byte[] tensors = Arrays.copyOf(new byte[] {(byte) header.length()}, 8 + header.length() + 64);
        System.arraycopy(header.getBytes(StandardCharsets.UTF_8), 0, tensors, 8, header.length());
        files.add(new Intact("t.safetensors", tensors));
        return files;
    }

    /** Flips, cuts, doubles, or overwrites some bytes with ones that mean something in a format. */
    private static byte[] damaged(byte[] intact, SplittableRandom random) {
        byte[] bytes = intact.clone();
        byte[] telling = "\"\n\r,;\t#\u0000-.0eE{}[]".getBytes(StandardCharsets.UTF_8);
        for (int hits = 1 << random.nextInt(6); hits > 0 && bytes.length > 0; hits--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(8)) {
                case 0 -> bytes = Arrays.copyOf(bytes, at);
                case 1 -> {
                    int from = random.nextInt(at + 1);
                    byte[] more = Arrays.copyOf(bytes, bytes.length + at - from);
                    System.arraycopy(bytes, from, more, at, bytes.length - from);
                    bytes = more;
                }
                case 2, 3 -> bytes[at] = telling[random.nextInt(telling.length)];
                case 4 -> bytes[at] = (byte) (random.nextBoolean() ? 0xff : 0x7f);
                case 5 ->
                    bytes[Math.max(0, bytes.length - 1 - random.nextInt(Math.min(bytes.length, 600)))] = (byte) random.nextInt();
                default -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            }
        }
        return bytes;
    }

    @Test
    void damagedFilesGiveRowsOrASentence() throws Exception {
        List<Intact> all = intact();
        for (Intact each : all) {
            Path file = Files.write(folder.resolve(each.name), each.bytes);
            assertThat(rows(file)).as(each.name).isPositive();
        }
        SplittableRandom random = new SplittableRandom(SEED);
        int read = 0;
        int refused = 0;
        ExecutorService worker = Executors.newSingleThreadExecutor(work -> {
            Thread thread = new Thread(work);
            thread.setDaemon(true);
            return thread;
        });
        for (int i = 0; i < FILES; i++) {
            Intact original = all.get(i % all.size());
            byte[] bytes = damaged(original.bytes, random);
            Path file = Files.write(folder.resolve("damaged-" + original.name), bytes);
            Future<Boolean> outcome = worker.submit(() -> {
                try {
                    rows(file);
                    return true;
                } catch (DataException e) {
                    requireSentence(e);
                    return false;
                }
            });
            try {
                if (get(outcome)) {
                    read++;
                } else {
                    refused++;
                }
            } catch (ExecutionException | TimeoutException e) {
                Path kept = Files.write(Path.of(System.getProperty("java.io.tmpdir"), "kan4j-fuzz-" + original.name), bytes);
                throw new AssertionError("file " + i + " of seed " + SEED + ", kept as " + kept, e);
            }
        }
        worker.shutdown();
        assertThat(read).isGreaterThan(FILES / 20);
        assertThat(refused).isGreaterThan(FILES / 20);
    }

    private static void requireSentence(DataException e) {
        assertThat(e.getMessage()).isNotBlank().doesNotContain("\tat ", "java.", "Exception", "Cannot ", "because ");
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static boolean get(Future<Boolean> outcome) throws Exception {
        long cpu = cpuNanos();
        long begin = System.nanoTime();
        while (true) {
            try {
                return outcome.get(1, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                if (cpuNanos() - cpu > HANG.toNanos() || System.nanoTime() - begin > STUCK.toNanos()) {
                    throw e;
                }
            }
        }
    }

    /** Reads all cells, then learns from the table. */
    private static long rows(Path file) {
        Table table = Table.open(file);
        List<Integer> readable = new ArrayList<>();
        for (int i = 0; i < table.columns().size(); i++) {
            if (table.columns().get(i).kind() != Table.Kind.OTHER) {
                readable.add(i);
            }
        }
        long rows = 0;
        try (Table.Reader reader = table.reader(readable.stream().mapToInt(Integer::intValue).toArray())) {
            for (int block = 0; block < table.blocks(); block++) {
                reader.seek(block);
                while (reader.next()) {
                    rows++;
                    for (int i = 0; i < readable.size(); i++) {
                        if (!reader.missing(i)) {
                            assertThat(reader.text(i)).isNotNull();
                            reader.tryNumber(i);
                        }
                    }
                }
            }
        }
        if (!readable.isEmpty() && rows > 0) {
            String target = table.columns().get(readable.getLast()).name();
            Set<String> drop = new java.util.HashSet<>();
            table.columns().stream().filter(c -> c.kind() == Table.Kind.OTHER).forEach(c -> drop.add(c.name()));
            try {
                TableSet.learn(table, new TableSet.Options(target, null, drop, Set.of(), Encoding.Missing.FILL, 0.3, 1));
            } catch (DataException e) {
                requireSentence(e);
            }
        }
        return rows;
    }
}
