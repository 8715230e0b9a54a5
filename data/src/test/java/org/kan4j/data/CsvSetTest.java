// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvSetTest {

    @TempDir
    Path folder;

    private CsvFile file(String... lines) throws IOException {
        Path path = folder.resolve("data.csv");
        Files.write(path, java.util.List.of(lines));
        return CsvFile.open(path);
    }

    private static CsvSet.Options options(String target) {
        return new CsvSet.Options(target, null, Set.of(), Set.of(), 0.25, 1);
    }

    private static CsvSet.Options options(String target, CsvSet.Task task) {
        return new CsvSet.Options(target, task, Set.of(), Set.of(), 0.25, 1);
    }

    @Test
    void textTargetsAreClassesAndColumnsAreEncoded() throws IOException {
        CsvSet set = CsvSet.read(file("size,colour,kind", "1,red,a", "3,blue,b", "2,red,a", "5,green,b", "4,red,a",
                "1,blue,b", "2,red,a", "3,green,b"), options("kind"));
        Encoding encoding = set.encoding();
        assertThat(encoding.columns().get(1)).isEqualTo(new Encoding.Categorical("colour",
                java.util.List.of("blue", "green", "red")));
        assertThat(encoding.target()).isEqualTo(new Encoding.Classes("kind", java.util.List.of("a", "b")));
        assertThat(encoding.features()).isEqualTo(4);
        assertThat(set.parts().test().rows()).isEqualTo(2);  // one of each class
        assertThat(IntStream.range(0, 2).mapToDouble(set.parts().test()::target)).containsExactlyInAnyOrder(0.0, 1.0);
        double[] row = new double[4];
        for (int i = 0; i < set.parts().train().rows(); i++) {
            set.parts().train().read(i, row);
            assertThat(row[0]).isBetween(-1.0, 1.0);
            assertThat(row[1] + row[2] + row[3]).isEqualTo(1);
        }
        assertThat(Encoding.fromJson(encoding.toJson())).isEqualTo(encoding);
    }

    @Test
    void numberTargetsAreScaledByTheTrainingRows() throws IOException {
        CsvSet set = CsvSet.read(file("x;y", "1;1.5", "2;2.5", "3;3.5", "4;100.5"), options("y"));
        Encoding.Value value = (Encoding.Value) set.encoding().target();
        Samples train = set.parts().train();
        double mean = IntStream.range(0, 3).mapToDouble(train::target).sum();
        assertThat(mean).isCloseTo(0, org.assertj.core.api.Assertions.within(1e-12));
        double raw = set.parts().test().target(0) * value.deviation() + value.mean();
        assertThat(raw).isIn(1.5, 2.5, 3.5, 100.5);
    }

    @Test
    void twoNumbersAreClassesMoreAreNotAndAreHinted() throws IOException {
        assertThat(CsvSet.read(file("x,y", "1,0", "2,1", "3,0", "4,1"), options("y")).encoding().target())
                .isInstanceOf(Encoding.Classes.class);
        CsvSet three = CsvSet.read(file("x,y", "1,0", "2,1", "3,2", "4,1"), options("y"));
        assertThat(three.encoding().target()).isInstanceOf(Encoding.Value.class);
        assertThat(three.note().orElseThrow()).contains("3 different whole numbers", "--task classification");
        assertThat(CsvSet.read(file("x,y", "1,0", "2,1", "3,2", "4,1", "5,0", "6,2"),
                options("y", CsvSet.Task.CLASSIFICATION)).encoding().target())
                .isEqualTo(new Encoding.Classes("y", java.util.List.of("0", "1", "2")));
    }

    @Test
    void missingCellsAreNamedByRowLineAndColumn() throws IOException {
        CsvFile gap = file("a,b,y", "1,2,3", "4,,6", "7,8,9");
        assertThatThrownBy(() -> CsvSet.read(gap, options("y"))).isInstanceOf(DataException.class)
                .hasMessageEndingWith("data.csv: row 2 (line 3), column 'b': the cell is empty; missing values are not "
                        + "supported, remove or fill such rows first");
        CsvFile marked = file("a,y", "1,3", "NA,6");
        assertThatThrownBy(() -> CsvSet.read(marked, options("y"))).hasMessageContaining("'NA' marks a missing value");
    }

    @Test
    void cellsThatAreNoFiniteNumberAreNamed() throws IOException {
        CsvFile odd = file("a,y", "1,1", "2,2", "3,3", "4,4", "5,5", "6,6", "7,7", "8,8", "9,9", "1o,10");
        assertThatThrownBy(() -> CsvSet.read(odd, options("y"))).hasMessageContaining(
                "row 10 (line 11), column 'a': expected a number as in 9 of 10 rows, got '1o' (--categorical a");
        CsvFile infinite = file("a,y", "1,1", "inf,2");
        assertThatThrownBy(() -> CsvSet.read(infinite, options("y")))
                .hasMessageContaining("row 2 (line 3), column 'a': expected a finite number, got 'inf'");
        CsvFile text = file("a,y", "1,1", "2,high");
        assertThatThrownBy(() -> CsvSet.read(text, options("y", CsvSet.Task.REGRESSION)))
                .hasMessageContaining("column 'y': regression needs a number, got 'high'");
    }

    @Test
    void rowsOfAnotherLengthAreNamed() throws IOException {
        CsvFile ragged = file("a,y", "1,1", "2,2,2");
        assertThatThrownBy(() -> CsvSet.read(ragged, options("y")))
                .hasMessageContaining("row 2 (line 3) has 3 fields, expected 2 as in the header");
    }

    @Test
    void unknownColumnsAreAnsweredWithTheList() throws IOException {
        CsvFile some = file("a,y", "1,1", "2,2");
        assertThatThrownBy(() -> CsvSet.read(some, options("z"))).hasMessageContaining("has no column 'z'; its columns are: a, y");
    }

    @Test
    void badHeadersAndFilesAreRefused() throws IOException {
        assertThatThrownBy(() -> file("a,a", "1,2")).hasMessageContaining("two columns 'a'");
        assertThatThrownBy(() -> file("a,,b", "1,2,3")).hasMessageContaining("column 2 has no name");
        assertThatThrownBy(() -> file("")).hasMessageContaining("empty, expected a header");
        assertThatThrownBy(() -> CsvFile.open(folder.resolve("none.csv"))).hasMessageContaining("no such file");
        assertThatThrownBy(() -> CsvFile.open(folder)).hasMessageContaining("is not a file");
        Path binary = folder.resolve("binary.csv");
        Files.write(binary, new byte[] {'a', ',', 'b', '\n', (byte) 0xff, (byte) 0xfe, ',', '1', '\n'});
        assertThatThrownBy(() -> CsvSet.read(CsvFile.open(binary), options("b"))).isInstanceOf(DataException.class);
    }

    @Test
    void targetsWithNothingToLearnAreRefused() throws IOException {
        CsvFile same = file("a,y", "1,1", "2,1", "3,1");
        assertThatThrownBy(() -> CsvSet.read(same, options("y"))).hasMessageContaining("is the same in all 3 rows");
        CsvFile only = file("y", "1", "2");
        assertThatThrownBy(() -> CsvSet.read(only, options("y"))).hasMessageContaining("no column is left");
    }

    @Test
    void unknownCategoriesAreRefusedWhenPredicting() throws IOException {
        Encoding encoding = CsvSet.read(file("c,y", "a,1", "b,2", "a,3", "b,4"), options("y")).encoding();
        CsvFile other = file("c", "a", "q");
        assertThatThrownBy(() -> CsvSet.encode(other, encoding, false)).hasMessageContaining(
                "row 2 (line 3), column 'c': 'q' is not one of the values the model was trained on: a, b");
        assertThatThrownBy(() -> CsvSet.encode(other, encoding, true)).hasMessageContaining("no column 'y'");
    }

    @Test
    void damagedEncodingsAreRefused() {
        for (String json : new String[] {"", "{", "[]", "{\"data\":\"x\"}", "{\"data\":\"x\",\"columns\":[{\"type\":\"odd\"}]}"}) {
            assertThatThrownBy(() -> Encoding.fromJson(json)).isInstanceOf(DataException.class)
                    .hasMessageContaining("kan4j.data");
        }
    }

    @Test
    void quotesByteOrderMarksAndEmptyLinesAreRead() throws IOException {
        Path path = folder.resolve("q.csv");
        Files.write(path, "\ufeff\"a b\",y\n\"1\",\"x,1\"\n\n2,z\n".getBytes(StandardCharsets.UTF_8));
        CsvFile csv = CsvFile.open(path);
        assertThat(csv.columns()).containsOnlyKeys("a b", "y");
        java.util.List<CsvFile.Row> rows = new java.util.ArrayList<>();
        csv.forEach(rows::add);
        assertThat(rows).containsExactly(new CsvFile.Row(1, 2, java.util.List.of("1", "x,1")),
                new CsvFile.Row(2, 4, java.util.List.of("2", "z")));
    }
}
