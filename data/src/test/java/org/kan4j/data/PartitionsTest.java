// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.encoding.Encoding;

/** Folders of partitions ({@code key=value}), as Hive, Spark and pandas write them. */
class PartitionsTest {

    @TempDir
    Path folder;

    private void part(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @BeforeEach
    void parts() throws IOException {
        part("year=2023/kind=red/part-0.csv", "x,y\n1,2\n3,4\n");
        part("year=2023/kind=a%2Fb%20%C3%A9+/part-0.csv", "y,x\n6,5\n");
        part("year=2024/kind=__HIVE_DEFAULT_PARTITION__/part-0.csv", "x,y\n7,8\n");
        part("year=2024/kind=red/_SUCCESS", "");
        part("year=2024/kind=red/.part-0.csv.crc", "crc");
        part("_temporary/0/x.csv", "nothing");
    }

    @Test
    void keysAreColumnsOfTheirRows() {
        Table table = Table.open(folder);
        assertThat(CsvTableTest.names(table)).containsExactly("y", "x", "year", "kind"); // as in the first file
        assertThat(table.rows()).isEqualTo(4);
        assertThat(CsvTableTest.cells(table)).containsExactly(List.of("6", "5", "2023", "a/b é+"),
                List.of("2", "1", "2023", "red"),
                List.of("4", "3", "2023", "red"), List.of("8", "7", "2024", "-"));
        assertThat(table.find("kind")).contains(3);
        try (Table.Reader reader = table.reader(2)) { // none of the files' own
            reader.seek(0);
            assertThat(reader.next()).isTrue();
            assertThat(reader.number(0)).isEqualTo(2023);
            assertThat(reader.next()).isFalse();
        }
        try (Table.Reader reader = table.reader(3, 0)) { // in another order
            reader.seek(1);
            reader.next();
            assertThat(reader.text(0)).isEqualTo("red");
            assertThat(reader.number(1)).isEqualTo(2);
            assertThatThrownBy(() -> reader.number(0)).hasMessageContaining("row 1, the folder's 'kind'")
                    .hasMessageContaining("expected a number, got 'red'");
        }
    }

    @Test
    void theyAreInputsOrTheTarget() throws IOException {
        for (int i = 0; i < 20; i++) {
            part("year=2023/kind=blue/part-" + i + ".csv", "x,y\n" + i + "," + (i * 7 % 20) + ".5\n");
        }
        TableSet.Options options = new TableSet.Options("y", null, Set.of(), Set.of(), Encoding.Missing.FILL, 0.2, 1);
        TableSet set = TableSet.learn(Table.open(folder), options);
        assertThat(set.encoding().inputs()).containsExactlyInAnyOrder("x", "year", "kind");
        assertThat(set.encoding().columns().getLast())
                .isEqualTo(new Encoding.Categorical("kind", List.of("a/b é+", "blue", "red")));
        assertThat(set.encoding().columns().get(1)).isInstanceOf(Encoding.Numeric.class);
        TableSet.Options refuse = new TableSet.Options("y", null, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0.2, 1);
        assertThatThrownBy(() -> TableSet.learn(Table.open(folder), refuse))
                .hasMessageContaining("the folder's 'kind': there is no");
    }

    @Test
    void columnsOfTheFilesComeFirst() throws IOException {
        part("year=2023/kind=red/part-0.csv", "x,y,kind\n1,2,mine\n");
        part("year=2023/kind=a%2Fb%20%C3%A9+/part-0.csv", "x,y,kind\n1,2,mine\n");
        part("year=2024/kind=__HIVE_DEFAULT_PARTITION__/part-0.csv", "x,y,kind\n7,8,mine\n");
        Table table = Table.open(folder);
        assertThat(CsvTableTest.names(table)).containsExactly("x", "y", "kind", "year");
        assertThat(CsvTableTest.cells(table).getFirst()).containsExactly("1", "2", "mine", "2023");
    }

    @Test
    void otherFoldersAreRefused() throws IOException {
        part("year=2023/other/part-0.csv", "x,y\n1,2\n");
        assertThatThrownBy(() -> Table.open(folder)).isInstanceOf(DataException.class)
                .hasMessageContaining("holds 'other', which is no file and no partition (key=value)");
    }

    @Test
    void partitionsOfOtherKeysAreRefused() throws IOException {
        part("year=2025/part-0.csv", "x,y\n1,2\n");
        assertThatThrownBy(() -> Table.open(folder)).isInstanceOf(DataException.class)
                .hasMessageContaining("is in partitions of [year]").hasMessageContaining("[year, kind]");
    }
}
