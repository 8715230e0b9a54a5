// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.FormatException;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

class TableSetTest {

    @TempDir
    Path folder;

    private Table file(String... lines) throws IOException {
        Path path = folder.resolve("data.csv");
        Files.write(path, List.of(lines));
        return Table.open(path);
    }

    private static TableSet.Options options(String target) {
        return options(target, null);
    }

    private static TableSet.Options options(String target, TableSet.Task task) {
        return new TableSet.Options(target, task, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0.25, 1);
    }

    private static Dataset load(Arena arena, Part part) {
        return (Dataset) part.load(arena, DType.F64, Part.DEFAULT_MEMORY);
    }

    @Test
    void textTargetsAreClassesAndColumnsAreEncoded() throws IOException {
        TableSet set = TableSet.learn(file("size,colour,kind", "1,red,a", "3,blue,b", "2,red,a", "5,green,b", "4,red,a",
                "1,blue,b", "2,red,a", "3,green,b"), options("kind"));
        Encoding encoding = set.encoding();
        assertThat(encoding.columns().get(1)).isEqualTo(new Encoding.Categorical("colour",
                List.of("blue", "green", "red")));
        assertThat(encoding.target()).isEqualTo(new Encoding.Classes("kind", List.of("a", "b")));
        assertThat(encoding.features()).isEqualTo(4);
        try (Arena arena = Arena.ofConfined()) {
            Dataset test = load(arena, set.parts().test());
            assertThat(test.targets().toDoubles()).containsExactlyInAnyOrder(0.0, 1.0); // one of each class
            HostTensor train = load(arena, set.parts().train()).features();
            assertThat(train.rows()).isEqualTo(6);
            for (int i = 0; i < train.rows(); i++) {
                assertThat(train.get(i, 0)).isBetween(-1.0, 1.0);
                assertThat(train.get(i, 1) + train.get(i, 2) + train.get(i, 3)).isEqualTo(1);
            }
        }
        assertThat(Encoding.fromJson(encoding.toJson())).isEqualTo(encoding);
    }

    @Test
    void numberTargetsAreScaledByTheTrainingRows() throws IOException {
        TableSet set = TableSet.learn(file("x;y", "1;1.5", "2;2.5", "3;3.5", "4;100.5"), options("y"));
        Encoding.Value value = (Encoding.Value) set.encoding().target();
        try (Arena arena = Arena.ofConfined()) {
            double[] train = load(arena, set.parts().train()).targets().toDoubles();
            assertThat(train).hasSize(3);
            assertThat(Arrays.stream(train).sum()).isCloseTo(0, within(1e-12));
            assertThat(Arrays.stream(train).map(v -> v * v).sum()).isCloseTo(3, within(1e-12));
            double raw = load(arena, set.parts().test()).targets().toDoubles()[0] * value.deviation() + value.mean();
            assertThat(raw).isIn(1.5, 2.5, 3.5, 100.5);
        }
    }

    @Test
    void twoNumbersAreClassesMoreAreNotAndAreHinted() throws IOException {
        assertThat(TableSet.learn(file("x,y", "1,0", "2,1", "3,0", "4,1"), options("y")).encoding().target())
                .isInstanceOf(Encoding.Classes.class);
        TableSet three = TableSet.learn(file("x,y", "1,0", "2,1", "3,2", "4,1"), options("y"));
        assertThat(three.encoding().target()).isInstanceOf(Encoding.Value.class);
        assertThat(three.notes().getFirst()).contains("3 different whole numbers", "task=classification");
        assertThat(TableSet.learn(file("x,y", "1,0", "2,1", "3,2", "4,1", "5,0", "6,2"),
                options("y", TableSet.Task.CLASSIFICATION)).encoding().target())
                .isEqualTo(new Encoding.Classes("y", List.of("0", "1", "2")));
    }

    @Test
    void missingCellsAreNamedByRowLineAndColumn() throws IOException {
        Table gap = file("a,b,y", "1,2,3", "4,,6", "7,8,9");
        assertThatThrownBy(() -> TableSet.learn(gap, options("y"))).isInstanceOf(DataException.class)
                .hasMessageEndingWith("data.csv: row 2 (line 3), column 'b': there is no value; missing=fill "
                        + "takes the mean for numbers and no category for categories, or fill or leave out such rows "
                        + "first");
        Table marked = file("a,y", "1,3", "NA,6");
        assertThatThrownBy(() -> TableSet.learn(marked, options("y")))
                .hasMessageContaining("row 2 (line 3), column 'a': there is no value");
    }

    @Test
    void cellsThatAreNoFiniteNumberAreNamed() throws IOException {
        Table odd = file("a,y", "1,1", "2,2", "3,3", "4,4", "5,5", "6,6", "7,7", "8,8", "9,9", "1o,10");
        assertThatThrownBy(() -> TableSet.learn(odd, options("y"))).hasMessageContaining(
                "row 10 (line 11), column 'a': got '1o', expected a number as in 9 of 10 rows (categorical=a");
        Table infinite = file("a,y", "1,1", "inf,2");
        assertThatThrownBy(() -> TableSet.learn(infinite, options("y")))
                .hasMessageContaining("row 2 (line 3), column 'a': expected a finite number, got 'inf'");
        Table text = file("a,y", "1,1", "2,high");
        assertThatThrownBy(() -> TableSet.learn(text, options("y", TableSet.Task.REGRESSION)))
                .hasMessageContaining("column 'y': got 'high', regression needs a number");
    }

    @Test
    void rowsOfAnotherLengthAreNamed() throws IOException {
        Table ragged = file("a,y", "1,1", "2,2,2");
        assertThatThrownBy(() -> TableSet.learn(ragged, options("y")))
                .hasMessageContaining("row 2 (line 3) has 3 fields, expected 2 as in the header");
    }

    @Test
    void unknownColumnsAreAnsweredWithTheList() throws IOException {
        Table some = file("a,y", "1,1", "2,2");
        assertThatThrownBy(() -> TableSet.learn(some, options("z")))
                .hasMessageContaining("has no column 'z'; its columns are: a, y");
        Set<String> none = Set.of("nowhere");
        for (TableSet.Options wrong : List.of(options("nowhere"), options("y,nowhere"),
                new TableSet.Options("y", null, none, Set.of(), Encoding.Missing.REFUSE, 0.25, 1),
                new TableSet.Options("y", null, Set.of(), none, Encoding.Missing.REFUSE, 0.25, 1),
                options("y").withQuantiles(none), options("y").withSplitting(Splitting.group("nowhere")),
                options("y").withSplitting(Splitting.time("nowhere")),
                options("y").withSplitting(Splitting.group("nowhere").withInput(true)))) {
            assertThatThrownBy(() -> TableSet.learn(some, wrong)).as(wrong.toString())
                    .hasMessageContaining("has no column 'nowhere'; its columns are: a, y");
        }
    }

    @Test
    void badHeadersAndFilesAreRefused() throws IOException {
        assertThatThrownBy(() -> file("a,a", "1,2")).hasMessageContaining("two columns 'a'");
        assertThatThrownBy(() -> file("")).hasMessageContaining("expected a header");
        assertThatThrownBy(() -> Table.open(folder.resolve("none.csv"))).hasMessageContaining("no such file");
        assertThatThrownBy(() -> Table.open(Files.createDirectory(folder.resolve("empty"))))
                .hasMessageContaining("is a folder without data");
        Path binary = folder.resolve("binary.csv");
        Files.write(binary, new byte[] {'a', ',', 'b', '\n', (byte) 0xff, (byte) 0xfe, ',', '1', '\n'});
        assertThatThrownBy(() -> TableSet.learn(Table.open(binary), options("b"))).isInstanceOf(DataException.class);
    }

    @Test
    void targetsWithNothingToLearnAreRefused() throws IOException {
        Table same = file("a,y", "1,1", "2,1", "3,1");
        assertThatThrownBy(() -> TableSet.learn(same, options("y"))).hasMessageContaining("is the same in all 3 rows");
        Table only = file("y", "1", "2");
        assertThatThrownBy(() -> TableSet.learn(only, options("y"))).hasMessageContaining("no column is left");
    }

    @Test
    void unknownCategoriesAreRefusedWhenPredicting() throws IOException {
        Encoding encoding = TableSet.learn(file("c,y", "a,1", "b,2", "a,3", "b,4"), options("y")).encoding();
        Table other = file("c", "a", "q");
        assertThatThrownBy(() -> read(other, encoding, false)).hasMessageContaining(
                "row 2 (line 3), column 'c': 'q' is not one of the values the model was trained on: a, b");
        assertThatThrownBy(() -> read(other, encoding, true)).hasMessageContaining("no column 'y'")
                .hasMessageContaining(", y; given: ");
    }

    @Test
    void damagedEncodingsAreRefused() {
        String target = "\"target\":{\"type\":\"value\",\"name\":\"y\",\"mean\":0,\"deviation\":1}";
        for (String json : new String[] {"", "{", "[]", "{\"data\":\"x\"}", "{\"data\":\"x\",\"columns\":[{\"type\":\"odd\"}]}",
            "{\"columns\":[]," + target + "}", "{\"data\":\"x\",\"columns\":[]}",
            "{\"data\":\"x\",\"columns\":[{\"type\":\"numeric\",\"name\":\"a\",\"low\":0}]," + target + "}",
            "{\"data\":\"x\",\"columns\":[{\"type\":\"numeric\",\"low\":0,\"high\":1}]," + target + "}",
            "{\"data\":\"x\",\"columns\":[{\"type\":\"categorical\",\"name\":\"a\"}]," + target + "}"}) {
            assertThatThrownBy(() -> Encoding.fromJson(json)).isInstanceOf(FormatException.class)
                    .hasMessageContaining("kan4j.data");
        }
    }

    @Test
    void encodingsOfBeforeMissingValuesCouldBeFilledAreRead() {
        Encoding encoding = Encoding
                .fromJson("{\"data\":\"x\",\"columns\":[{\"type\":\"numeric\",\"name\":\"a\",\"low\":0,\"high\":4}],"
                        + "\"target\":{\"type\":\"classes\",\"name\":\"y\",\"labels\":[\"n\",\"p\"]}}");
        assertThat(encoding.missing()).isEqualTo(Encoding.Missing.REFUSE);
        assertThat(encoding.columns()).containsExactly(new Encoding.Numeric("a", 0, 4, 2));
    }

    @Test
    void quotesByteOrderMarksAndEmptyLinesAreRead() throws IOException {
        Path path = folder.resolve("q.csv");
        Files.write(path, "\ufeff\"a b\",y\n\"1\",\"x,1\"\n\n2,z\n".getBytes(StandardCharsets.UTF_8));
        Table csv = Table.open(path);
        assertThat(csv.columns()).extracting(Table.Column::name).containsExactly("a b", "y");
        assertThat(csv.rows()).isEqualTo(2);
        try (Table.Reader reader = csv.reader(1, 0)) {
            reader.seek(0);
            assertThat(reader.next()).isTrue();
            assertThat(reader.text(0)).isEqualTo("x,1");
            assertThat(reader.number(1)).isEqualTo(1);
            assertThat(reader.next()).isTrue();
            assertThat(reader.error(0, "odd")).hasMessageEndingWith("q.csv: row 2 (line 4), column 'y': odd");
            assertThat(reader.next()).isFalse();
        }
    }

    @Test
    void missingValuesAreFilledWhereAsked() throws IOException {
        TableSet.Options fill = new TableSet.Options("y", null, Set.of(), Set.of(), Encoding.Missing.FILL, 0.01, 1);
        Table table = file(IntStream.range(-1, 100).mapToObj(i -> i < 0 ? "a,c,y" : (i == 7 ? "," : i + ",")
                + (i == 8 ? "?" : "k" + i % 2) + "," + i).toArray(String[]::new));
        Encoding encoding = TableSet.learn(table, fill).encoding();
        Encoding.Numeric a = (Encoding.Numeric) encoding.columns().get(0);
        assertThat(encoding.columns().get(1)).isEqualTo(new Encoding.Categorical("c", List.of("k0", "k1")));
        double[] rows = read(table, Encoding.fromJson(encoding.toJson()), false);
        assertThat(a.indicator()).isTrue();
        assertThat(IntStream.range(0, 100).filter(i -> rows[i * 4 + 1] != 0)).containsExactly(7);
        assertThat(rows[7 * 4 + 1]).isEqualTo(1);
        assertThat(rows[7 * 4]).isEqualTo((a.mean() - a.low()) / (a.high() - a.low()) * 2 - 1);
        assertThat(a.mean()).isCloseTo(50, within(1.0));
        assertThat(Arrays.copyOfRange(rows, 8 * 4 + 2, 8 * 4 + 4)).containsExactly(0, 0);
        Table gap = file("a,c,y", "1,k0,1", "2,k1,", "3,k1,3");
        assertThatThrownBy(() -> TableSet.learn(gap, fill))
                .hasMessageContaining("row 2 (line 3), column 'y': the target is missing");
        TableSet none = TableSet.learn(file("a,c,y", ",k0,1", ",k1,2", ",k1,3"), options("y"));
        assertThat(none.encoding().inputs()).containsExactly("c");
        assertThat(none.notes()).contains("column 'a' has no value in any row and is left out");
    }

    @Test
    void columnsThatDoNotMatchTheModelAreNamedWithWhatIsExpectedAndGiven() throws IOException {
        Encoding encoding = TableSet.learn(file("size,weight,y", "1,2,3", "2,3,4", "3,4,5", "4,5,6"), options("y"))
                .encoding();
        Table other = file("size,wieght,y", "1,2,3");
        assertThatThrownBy(() -> read(other, encoding, false)).isInstanceOf(DataException.class).hasMessageContaining(
                "has no column 'weight', which the model was trained on (did you mean 'wieght'?); expected: size, weight; "
                        + "given: size, wieght, y");
        Table text = file("size,weight", "1,2", "1,heavy");
        assertThatThrownBy(() -> read(text, encoding, false)).hasMessageContaining(
                "row 2 (line 3), column 'weight': expected a number, got 'heavy'");
    }

    private static double[] read(Table table, Encoding encoding, boolean needTarget) {
        try (Arena arena = Arena.ofConfined()) {
            RowSource rows = TableRows.all(table, encoding, needTarget).load(arena, DType.F64, Part.DEFAULT_MEMORY);
            HostTensor x = HostTensor.allocate(arena, DType.F64, rows.size(), rows.in());
            try (RowSource.Pass pass = rows.inOrder()) {
                pass.read(0, rows.size(), x.segment(), MemorySegment.NULL, MemorySegment.NULL);
            }
            return x.toDoubles();
        }
    }
}
