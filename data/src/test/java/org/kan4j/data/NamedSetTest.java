// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamedSetTest {

    private static final Cache.Entry HELLO = new Cache.Entry("hello.txt",
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");

    @TempDir
    Path folder;

    /** A source that gives the bytes under the name, or fails with a message. */
    private record Fake(String name, String file, byte[] bytes, String failure, List<String> asked)
            implements Cache.Source {
        @Override
        public void fetch(List<Cache.Entry> entries, Path into) throws IOException {
            asked.add(name);
            if (failure != null) {
                throw new IOException(failure);
            }
            Files.write(into.resolve(file), bytes);
        }
    }

    private final List<String> asked = new ArrayList<>();
    private final List<String> told = new ArrayList<>();

    private Cache cache() {
        return new Cache(folder, told::add);
    }

    private Fake gives(String name, String file, byte[] bytes) {
        return new Fake(name, file, bytes, null, asked);
    }

    private Fake fails(String name, String why) {
        return new Fake(name, null, null, why, asked);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gz = new GZIPOutputStream(out)) {
            gz.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }

    @Test
    void digitsAreSplitStratifiedAndScaled() {
        Parts parts = NamedSet.DIGITS.load(cache());
        Samples trained = (Samples) parts.train();
        Samples tested = (Samples) parts.test();
        assertThat(trained.rows() + tested.rows()).isEqualTo(1797);
        for (int c = 0; c < 10; c++) {
            int label = c;
            long test = IntStream.range(0, tested.rows()).filter(i -> tested.label(i) == label).count();
            long train = IntStream.range(0, trained.rows()).filter(i -> trained.label(i) == label).count();
            assertThat(test).isEqualTo(Math.round((test + train) * 0.2));
        }
        double[] row = new double[64];
        double low = 1;
        double high = -1;
        for (int i = 0; i < trained.rows(); i++) {
            trained.read(i, row);
            for (double v : row) {
                low = Math.min(low, v);
                high = Math.max(high, v);
            }
        }
        assertThat(low).isEqualTo(-1);
        assertThat(high).isEqualTo(1);
        assertThat(told).isEmpty();
    }

    @Test
    void sourcesAreTriedInTurnUntilOneGivesIntactFiles() throws IOException {
        Path home = cache().get("set", List.of(HELLO), List.of(fails("first", "no such command"),
                gives("second", "hello.txt", new byte[] {1}), gives("third", "hello.txt.gz", gzip("hello")),
                fails("fourth", "never asked")));
        assertThat(asked).containsExactly("first", "second", "third");
        assertThat(told).containsExactly("fetching set from first", "fetching set from second", "fetching set from third");
        assertThat(home.resolve("hello.txt")).hasContent("hello");
        try (Stream<Path> left = Files.list(home)) {
            assertThat(left).containsExactly(home.resolve("hello.txt"));
        }
    }

    @Test
    void whatIsInTheCacheIsNotFetchedAgainUnlessItIsDamaged() throws IOException {
        Fake source = gives("source", "hello.txt.gz", gzip("hello"));
        cache().get("set", List.of(HELLO), List.of(source));
        cache().get("set", List.of(HELLO), List.of(source));
        assertThat(asked).hasSize(1);
        Files.writeString(folder.resolve("set/hello.txt"), "hallo");
        cache().get("set", List.of(HELLO), List.of(source));
        assertThat(asked).hasSize(2);
        assertThat(folder.resolve("set/hello.txt")).hasContent("hello");
    }

    @Test
    void failureNamesEverySourceAndWhy() {
        assertThatThrownBy(() -> cache().get("set", List.of(HELLO), List.of(fails("npm", "no npm command here"),
                gives("mirror", "hello.txt", new byte[] {1}), gives("other", "readme", new byte[0]))))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("cannot fetch set into " + folder.resolve("set"))
                .hasMessageContaining("npm: no npm command here")
                .hasMessageContaining("mirror: hello.txt has SHA-256 "
                        + "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a, expected " + HELLO.sha256())
                .hasMessageContaining("other: it has no hello.txt");
    }

    @Test
    void aCacheThatCannotBeWrittenIsNamedAndNothingIsFetched() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> new Cache(file, text -> {
            throw new AssertionError(text);
        }).get("set", List.of(HELLO),
                List.of(fails("npm", "asked")))).isInstanceOf(DataException.class)
                .hasMessageContaining("cannot write into the data cache " + file.resolve("set"))
                .hasMessageContaining("$KAN4J_CACHE");
    }
}
