// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.encoding.Encoding;
import org.kan4j.io.Safetensors;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** What seldom happens to files: parts without rows or of other types, files that change, names that are taken. */
class SeldomTest {

    @TempDir
    private Path folder;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @Test
    void partsWithoutRowsAreGoneOver() throws IOException {
        Path parts = Files.createDirectory(folder.resolve("parts"));
        for (int i = 0; i < 7; i++) {
            Files.writeString(parts.resolve("part-" + i + ".csv"), "x,y\n" + (i % 3 == 1 ? i + ",2\n" + (10 * i) + ",3\n" : ""));
        }
        Table table = Table.open(parts);
        assertThat(table.rows()).isEqualTo(4);
        assertThat(CsvTableTest.cells(table)).containsExactly(List.of("1", "2"), List.of("10", "3"), List.of("4", "2"),
                List.of("40", "3"));
        try (Table.Reader reader = table.reader(0)) { // backwards too
            for (int block = table.blocks() - 1, row = 4; block >= 0; block--) {
                reader.seek(block);
                while (reader.next()) {
                    row--;
                }
                assertThat(table.firstRow(block)).isEqualTo(row);
            }
        }
        assertThatThrownBy(() -> table.column("z")).hasMessageContaining("has no column 'z'");
    }

    @Test
    void partsOfOtherTypesAreNoPartsOfOneTable() throws IOException {
        Path parts = Files.createDirectory(folder.resolve("parts"));
        try (Arena arena = Arena.ofConfined()) {
            Safetensors.write(parts.resolve("a.safetensors"), Map.of("x", HostTensor.of(arena, 1f, 2f)), Map.of());
        }
        Files.writeString(parts.resolve("b.csv"), "x\n1\n");
        assertThatThrownBy(() -> Table.open(parts)).isInstanceOf(DataException.class).hasMessage(parts.resolve("b.csv")
                + ": column 'x' is of type text, in " + parts.resolve("a.safetensors")
                + " of type F32; expected parts of one table");
    }

    @Test
    void aFileThatChangedSinceItWasOpenedIsNotRead() throws IOException {
        Path file = file("t.csv", "x,y\n1,2\n3,4\n");
        Table table = Table.open(file);
        file("t.csv", "x,y\n1,2\n3,4\n5,6\n7,8\n");
        assertThatThrownBy(() -> table.reader(0)).isInstanceOf(DataException.class)
                .hasMessage(file + " has changed since it was opened");
    }

    @Test
    void aColumnWithoutANameTakesNoOthers() throws IOException {
        Table table = Table.open(file("t.csv", "x,,column 2,column 2'\n1,2,3,4\n"));
        assertThat(CsvTableTest.names(table)).containsExactly("x", "column 2''", "column 2", "column 2'");
        assertThat(table.unnamed(1)).isTrue();
        assertThat(table.unnamed(2)).isFalse();
    }

    @Test
    void aHeaderThatIsNotQuotedToItsEndIsNamed() throws IOException {
        assertThatThrownBy(() -> Table.open(file("t.csv", "\"x\"a,y\n1,2\n"))).isInstanceOf(DataException.class)
                .hasMessageContaining("t.csv").hasMessageContaining("quote");
    }

    @Test
    void filesOfNumbersAreReadOrNamed() throws IOException {
        Path labels = Files.write(folder.resolve("l.idx"), new byte[] {0, 0, 8, 1, 0, 0, 0, 2, 7, 9});
        Path images = Files.write(folder.resolve("i.idx"), new byte[] {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, -1, 51,
            102});
        Samples samples = Idx.images("t", Idx.read(images), Idx.read(labels), 10);
        assertThat(List.of(samples.rows(), samples.features(), samples.label(0), samples.label(1))).containsExactly(2, 2, 7, 9);
        Path none = folder.resolve("none.idx");
        assertThatThrownBy(() -> Idx.read(none)).isInstanceOf(DataException.class).hasMessageStartingWith(
                "cannot read " + none + ": ");
        assertThatThrownBy(() -> Idx.images("t", Idx.read(labels), Idx.read(images), 10))
                .hasMessage("t: expected images (n, height, width) and labels (n), got [2] and [2, 1, 2]");
    }

    /** Rows that are split after they are read: the same for each part, of whatever encoding. */
    @Test
    void partsAtRandomHaveTheirShares() throws IOException {
        StringBuilder text = new StringBuilder("x,y\n");
        for (int i = 0; i < 50; i++) {
            text.append(i).append(',').append(i * 7 % 50).append('\n');
        }
        Table table = Table.open(file("t.csv", text.toString()));
        Encoding encoding = TableSet.learn(table, new TableSet.Options("y", null, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0,
                1)).encoding();
        Part all = TableRows.all(table, encoding, true, note -> {
        });
        Part first = new RandomPart(all, 0.3, 5, true);
        Part second = new RandomPart(all, 0.3, 5, false);
        assertThat(List.of(first.rows(), second.rows())).containsExactly(35, 15);
        for (Part part : List.of(first, second)) {
            try (Arena arena = Arena.ofShared()) {
                double[] as = part.load(arena, DType.F64, Part.DEFAULT_MEMORY).sample(arena, 50).toDoubles();
                assertThat(as).hasSize(part.rows());
                assertThat(part.with(encoding).load(arena, DType.F64, Part.DEFAULT_MEMORY).sample(arena, 50).toDoubles())
                        .isEqualTo(as);
            }
        }
    }
}
