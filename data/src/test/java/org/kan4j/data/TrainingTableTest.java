// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;

/** Tables as the library's front door trains on them, and rows that a model which is there takes. */
class TrainingTableTest {

    @TempDir
    private Path folder;
    private Path file;

    /** x is the row's number; eight groups; y = 2 x; a skewed target. */
    @BeforeEach
    void write() throws IOException {
        List<String> lines = new ArrayList<>(List.of("x,group,y,label"));
        for (int i = 0; i < 80; i++) {
            lines.add(i + ",g" + i % 8 + "," + 2 * i + "," + (i % 4 == 0 ? "no" : "yes"));
        }
        file = Files.write(folder.resolve("t.csv"), lines);
    }

    private static TableSet.Options options(String target, double share) {
        return new TableSet.Options(target, null, Set.of(), Set.of(), Encoding.Missing.REFUSE, share, 1);
    }

    /** The numbers of the rows. */
    private static Set<Integer> rows(TrainingTable table) {
        try (Arena arena = Arena.ofConfined()) {
            return rows(table.encoding(), (Dataset) table.rows(arena, DType.F64));
        }
    }

    private static Set<Integer> rows(Encoding encoding, Dataset rows) {
        Encoding.Numeric x = (Encoding.Numeric) encoding.columns().getFirst();
        double[] features = rows.features().toDoubles();
        Set<Integer> numbers = new TreeSet<>();
        for (int i = 0; i < rows.size(); i++) {
            numbers.add((int) Math.round(x.decode(features[rows.row(i) * encoding.features()])));
        }
        return numbers;
    }

    @Test
    void fourFifthsAreTrainedOnTheOthersTestedOn() {
        TrainingTable table = TrainingTable.of(file, "y");
        assertThat(table.encoding().target()).isInstanceOf(Encoding.Value.class);
        TrainingTable test = table.test().orElseThrow();
        assertThat(rows(table)).hasSize(64).doesNotContainAnyElementsOf(rows(test));
        assertThat(rows(test)).hasSize(16);
        assertThat(test.encoding()).isEqualTo(table.encoding());
        assertThat(test.test()).isEmpty();
        assertThat(TrainingTable.of(file, "label").encoding().target()).isEqualTo(
                new Encoding.Classes("label", List.of("no", "yes")));
        assertThat(TrainingTable.of(Table.open(file), options("y", 0)).test()).isEmpty();
        assertThat(rows(TrainingTable.of(Table.open(file), table.encoding()))).hasSize(80);
        assertThat(TrainingTable.of(Table.open(file), table.encoding()).test()).isEmpty();
    }

    @Test
    void rowsBeyondItsMemoryAreStreamed() {
        TrainingTable table = TrainingTable.of(file, "y");
        try (Arena arena = Arena.ofConfined()) {
            long bytes = 64L * (table.encoding().features() + 1) * 8;
            assertThat(table.withMemory(bytes).rows(arena, DType.F64)).isInstanceOf(Dataset.class);
            assertThat(table.withMemory(bytes - 1).rows(arena, DType.F64)).isInstanceOf(TableRows.class);
            assertThat(table.withMemory(bytes / 2).rows(arena, DType.F32)).isInstanceOf(Dataset.class);
            assertThat(table.withMemory(bytes / 2 - 1).rows(arena, DType.F32)).isInstanceOf(TableRows.class);
            assertThat(table.withMemory(1).test().orElseThrow().rows(arena, DType.F64)).isInstanceOf(TableRows.class);
            assertThat(table.withMemory(1).with(table.encoding().target()).rows(arena, DType.F64)).isInstanceOf(TableRows.class);
        }
    }

    /** What is held out of training rows is held out by group too; by chance where there are none. */
    @Test
    void rowsAreHeldOutAsTheTableWasSplit() {
        TrainingTable grouped = TrainingTable.of(Table.open(file), options("y", 0.25).withSplitting(Splitting.group("group")));
        TrainingTable dealt = TrainingTable.of(Table.open(file), options("y", 0.25));
        for (TrainingTable table : List.of(grouped, dealt)) {
            Set<Integer> train = rows(table);
            assertThat(train).hasSize(60);
            try (Arena arena = Arena.ofConfined()) {
                RowSource.Split<? extends RowSource> split = table.split(arena, DType.F64, 2 / 3.0, 5);
                List<Set<Integer>> parts = List.of(rows(table.encoding(), (Dataset) split.first()),
                        rows(table.encoding(), (Dataset) split.second()));
                assertThat(IntStream.of(parts.get(0).size(), parts.get(1).size())).containsExactlyInAnyOrder(20, 40);
                assertThat(parts.get(0)).doesNotContainAnyElementsOf(parts.get(1)).isSubsetOf(train);
                boolean whole = parts.get(0).stream().map(i -> i % 8).noneMatch(
                        g -> parts.get(1).stream().anyMatch(i -> i % 8 == g));
                assertThat(whole).isEqualTo(table == grouped);
                for (long seed = 5; seed < 8; seed += 2) {
                    Set<Integer> held = rows(table.encoding(), (Dataset) table.split(arena, DType.F64, 2 / 3.0, seed).second());
                    assertThat(held.equals(parts.get(1))).as("seed " + seed).isEqualTo(seed == 5);
                }
            }
        }
    }

    @Test
    void anotherTargetIsThatOfAllParts() {
        TrainingTable table = TrainingTable.of(file, "y");
        Encoding.Value other = new Encoding.Value("y", 0, 2, Transform.NONE);
        TrainingTable with = table.with(other);
        assertThat(with.encoding()).isEqualTo(table.encoding().withTarget(other));
        assertThat(with.targets()).containsExactly(other);
        for (TrainingTable part : List.of(with, with.test().orElseThrow())) {
            try (Arena arena = Arena.ofConfined()) {
                Dataset rows = (Dataset) part.rows(arena, DType.F64);
                Encoding.Numeric x = (Encoding.Numeric) with.encoding().columns().getFirst();
                for (int i = 0; i < rows.size(); i++) {
                    assertThat(rows.targets().getFlat(i)).as("y / 2 = x").isEqualTo(
                            Math.rint(x.decode(rows.features().get(i, 0))));
                }
            }
        }
        assertThat(rows(with)).isEqualTo(rows(table));
    }

    // ------------------------------------------------------------------------------------- rows for a model that is there

    private static Encoding encoding(Encoding.Column column, Encoding.Target target) {
        return new Encoding("t", List.of(new Encoding.Numeric("id", 0, 11, 5), column), target, Encoding.Missing.FILL);
    }

    private static void load(Table table, Encoding encoding, boolean needTarget) {
        try (Arena arena = Arena.ofConfined()) {
            TableRows.all(table, encoding, needTarget).load(arena, DType.F64, Part.DEFAULT_MEMORY);
        }
    }

    @Test
    void aColumnOfAnotherTypeThanTheModelTakesIsRefused() throws URISyntaxException {
        Table types = Table.open(Path.of(TrainingTableTest.class.getResource("types.parquet").toURI()));
        Encoding.Value y = new Encoding.Value("double", 0, 1);
        for (String other : List.of("kind", "day", "list")) {
            assertThatThrownBy(() -> load(types, encoding(new Encoding.Numeric(other, 0, 1, 0), y), false))
                    .hasMessageContaining("column '" + other + "' is of type ")
                    .hasMessageContaining("the model takes numbers there");
            assertThatThrownBy(() -> load(types, encoding(new Encoding.Numeric("big", 0, 1, 0),
                    new Encoding.Value(other, 0, 1)), true)).hasMessageContaining("column '" + other + "' is of type ");
            load(types, encoding(new Encoding.Numeric("big", 0, 1, 0), new Encoding.Value(other, 0, 1)), false);
        }
        for (String other : List.of("day", "list")) {
            assertThatThrownBy(() -> load(types, encoding(new Encoding.Categorical(other, List.of("a")), y), false))
                    .hasMessageContaining("the model takes categories there");
        }
        assertThatThrownBy(() -> load(types, encoding(new Encoding.Numeric("bigg", 0, 1, 0), y), false))
                .hasMessageContaining(
                        "has no column 'bigg', which the model was trained on (did you mean 'big'?); expected: id, bigg")
                .hasMessageContaining("given: id, big, ");
        load(types, encoding(new Encoding.Categorical("kind", List.of("k0", "k1", "k2")), y), true);
        load(types, encoding(new Encoding.Numeric("flag", 0, 1, 0), new Encoding.Classes("kind", List.of("k0", "k1", "k2"))),
                true);
    }

    /** Pixels are columns of their own, and what stands behind them is behind all of them. */
    @Test
    void pixelsAreColumnsEach() throws IOException {
        Path images = Files.writeString(folder.resolve("i.csv"), "pixel0,last,pixel1,k\n0,5,16,b\n8,-,4,a\n");
        Encoding encoding = new Encoding("t", List.of(new Encoding.Pixels(2, 16), new Encoding.Numeric("last", 0, 10, 2)),
                new Encoding.Classes("k", List.of("a", "b")), Encoding.Missing.FILL);
        try (Arena arena = Arena.ofConfined()) {
            Dataset rows = (Dataset) TableRows.all(Table.open(images), encoding, true).load(arena, DType.F64,
                    Part.DEFAULT_MEMORY);
            assertThat(rows.features().toDoubles()).containsExactly(-1, 1, 0, 0, -0.5, -0.6);
            assertThat(rows.targets().toDoubles()).containsExactly(1, 0);
        }
    }

    /** A dash is no value of a number, in every part of a folder and in what the names of folders say. */
    @Test
    void marksOfMissingNumbersAreMarksInFoldersToo() throws IOException {
        for (String part : List.of("size=1", "size=-")) {
            Files.createDirectories(folder.resolve("parts").resolve(part));
            Files.writeString(folder.resolve("parts").resolve(part).resolve("a.csv"), "x,y\n3,1.5\n-,2.5\n5,.\n");
        }
        Encoding encoding = new Encoding("t", List.of(new Encoding.Numeric("x", 0, 10, 2), new Encoding.Numeric("size", 0, 2, 2)),
                new Encoding.Classes("y", List.of(".", "1.5", "2.5")), Encoding.Missing.FILL);
        try (Arena arena = Arena.ofConfined()) {
            Dataset rows = (Dataset) TableRows.all(Table.open(folder.resolve("parts")), encoding, true).load(arena, DType.F64,
                    Part.DEFAULT_MEMORY);
            assertThat(rows.features().toDoubles()).containsExactlyInAnyOrder(-0.4, 0, -0.6, 0, 0, 0, -0.4, 1, -0.6, 1, 0, 1);
            assertThat(rows.targets().toDoubles()).containsExactly(1, 2, 0, 1, 2, 0);
        }
    }
}
