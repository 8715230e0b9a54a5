// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;

/** Rows of several files and rows that are dealt by a column, at their edges. */
class DealtRowsTest {

    @TempDir
    private Path folder;

    private Table parts(String... texts) throws IOException {
        Path parts = Files.createTempDirectory(folder, "parts");
        for (int i = 0; i < texts.length; i++) {
            Files.writeString(parts.resolve("part-" + i + ".csv"), texts[i].replace('/', '\n') + "\n");
        }
        return Table.open(parts);
    }

    @Test
    void whatIsSaidOfTheFirstFileIsSaidOfAll() throws IOException {
        Table unnamed = parts(",x,y/0,1,2", ",x,y/1,3,4");
        assertThat(unnamed.unnamed(0)).isTrue();
        assertThat(unnamed.unnamed(1)).isFalse();
        assertThat(parts("x;y/1,5;2", "x;y/2,5;3").notes())
                .containsExactly("numbers are read with decimal commas; format.decimal=. reads them with points");
        Table numbers = parts("5,2/3,4", "5,2/6,7");
        assertThat(numbers.hint()).startsWith("; the first row holds numbers: if it is no header, format.header=false");
        assertThatThrownBy(() -> parts("x,y/1,2", "x,z/1,2")).isInstanceOf(DataException.class)
                .hasMessageContaining("part-1.csv has no column 'y', which ")
                .hasMessageEndingWith("part-0.csv has; expected parts of "
                        + "one table (format.header=false if they have no names of columns)");
    }

    /** Files of several blocks: rows go on from file to file. */
    @Test
    void rowsAreNumberedThroughAllFiles() throws IOException {
        int columns = 9000;
        String header = IntStream.range(0, columns).mapToObj(c -> "c" + c).collect(Collectors.joining(","));
        String rest = ",7".repeat(columns - 1);
        String[] texts = IntStream.of(20, 3, 9)
                .mapToObj(rows -> header + IntStream.range(0, rows).mapToObj(row -> "/" + row + rest)
                        .collect(Collectors.joining()))
                .toArray(String[]::new);
        Table table = parts(texts);
        assertThat(table.rows()).isEqualTo(32);
        try (Table.Reader reader = table.reader(0)) {
            for (int block : IntStream.range(0, table.blocks()).map(b -> table.blocks() - 1 - b).toArray()) {
                reader.seek(block);
                long row = table.firstRow(block);
                while (reader.next()) {
                    assertThat(reader.row()).isEqualTo(++row);
                    assertThat(reader.number(0)).isEqualTo(row <= 20 ? row - 1 : row <= 23 ? row - 21 : row - 24);
                }
            }
        }
    }

    private BitSet second(String values, Splitting by, double share, long seed) throws IOException {
        Path file = Files.writeString(folder.resolve("t.csv"), "x,t\n" + List.of(values.split(" ")).stream()
                .map(value -> "1," + value.replace('_', ' ') + "\n").collect(Collectors.joining()));
        return new SplitColumn(Table.open(file), by, null).second(share, seed);
    }

    /** Positions that are held out: the last in time, equal ones together, rounded to whole rows. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"1 2 3 4 5|0.3|{3, 4}", "1 2 3 4 5|0.29|{4}", "5 4 3 2 1|0.3|{0, 1}",
        "1 2 3 4 5|0.01|{4}",
        "1 2 3 4 5|0.99|{1, 2, 3, 4}", "-1 -0 0 0|0.5|{1, 2, 3}", "-5 -7 3 -6|0.5|{0, 2}",
        "-1e300 -1e-300 1e-300 1e300|0.5|{2, 3}",
        "1 1 1 2|0.5|{3}", "1 2 2 2|0.25|{1, 2, 3}",
        "2024-01-01T00:00:00.2 2024-01-01T00:00:00.1 2024-01-01T00:00:00.3|0.34|{2}",
        "2024-01-02 2023-12-31 2024-01-01|0.34|{0}", "2024-01-01T10:00+02:00 2024-01-01T09:00Z 2024-01-01T08:30Z|0.34|{1}",
        "2024-01-01_10:00 2024-01-01_09:00 2024-01-01_11:00|0.34|{2}", "2024-01-01T10:00-05:00 2024-01-01T14:00Z|0.5|{0}"})
    void theLastInTimeAreHeldOut(String values, double share, String held) throws IOException {
        assertThat(second(values, Splitting.time("t"), share, 1)).hasToString(held);
    }

    /** More groups than there is room for at first. */
    @Test
    void manyGroupsAreDealtByTheirSizes() throws IOException {
        for (int groups : new int[] {15, 16, 17, 32, 33, 100}) {
            String values = IntStream.range(0, 5 * groups).mapToObj(i -> "g" + i / 5).collect(Collectors.joining(" "));
            BitSet second = second(values, Splitting.group("t"), 0.4, 3);
            assertThat(second.cardinality()).as("%d groups of 5", groups).isEqualTo(5 * Math.round(0.4 * groups));
            for (int i = 0; i < 5 * groups; i++) {
                assertThat(second.get(i)).isEqualTo(second.get(i / 5 * 5));
            }
        }
    }

    /** The first of two parts is what is left, the second the share; another encoding and another seed reach both. */
    @Test
    void partsAtRandomAreThoseOfTheirSeedAndEncoding() throws IOException {
        String rows = IntStream.range(0, 50).mapToObj(i -> i + "," + i * 7 % 50).collect(Collectors.joining("\n"));
        Table table = Table.open(Files.writeString(folder.resolve("t.csv"), "x,y\n" + rows + "\n"));
        Encoding encoding = TableSet
                .learn(table, new TableSet.Options("y", null, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0, 1))
                .encoding();
        Part all = TableRows.all(table, encoding, true);
        Parts parts = all.split(0.3, 5);
        assertThat(List.of(parts.train().rows(), parts.test().rows())).containsExactly(35, 15);
        Encoding plain = encoding.withTarget(new Encoding.Value("y", 0, 1));
        try (Arena arena = Arena.ofConfined()) {
            double[] first = targets(parts.train().with(plain), arena);
            double[] second = targets(parts.test().with(plain), arena);
            assertThat(first).hasSize(35);
            assertThat(second).hasSize(15).isNotEqualTo(targets(all.split(0.3, 6).test().with(plain), arena));
            assertThat(IntStream.concat(java.util.Arrays.stream(first).mapToInt(v -> (int) v),
                    java.util.Arrays.stream(second).mapToInt(v -> (int) v)).sorted().toArray())
                    .isEqualTo(IntStream.range(0, 50).toArray());
        }
    }

    private static double[] targets(Part part, Arena arena) {
        Dataset rows = (Dataset) part.load(arena, DType.F64, Part.DEFAULT_MEMORY);
        return IntStream.range(0, rows.size()).mapToDouble(i -> rows.targets().getFlat(rows.row(i))).toArray();
    }
}
