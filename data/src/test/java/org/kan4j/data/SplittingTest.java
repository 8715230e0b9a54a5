// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;

/** Rows that are held out by a column. The input x is the row's number, so that parts tell which rows they have. */
class SplittingTest {

    private static final int ROWS = 200;

    @TempDir
    Path folder;

    private Table table(IntFunction<String> by) throws IOException {
        List<String> lines = new ArrayList<>(List.of("x,by,y"));
        for (int i = 0; i < ROWS; i++) {
            lines.add(i + "," + by.apply(i) + "," + (i * 7 % 13 + 0.5));
        }
        return Table.open(Files.write(folder.resolve("data.csv"), lines));
    }

    private static TableSet.Options options(Splitting by, double share) {
        return new TableSet.Options("y", null, Set.of(), Set.of(), Encoding.Missing.REFUSE, share, 1).withSplitting(by);
    }

    /** Numbers of the rows of a part. */
    private static Set<Integer> rows(TableSet set, Part part) {
        Encoding.Numeric x = (Encoding.Numeric) set.encoding().columns().getFirst();
        Set<Integer> rows = new HashSet<>();
        try (Arena arena = Arena.ofConfined()) {
            double[] features = ((Dataset) part.load(arena, DType.F64, Part.DEFAULT_MEMORY)).features().toDoubles();
            for (int i = 0; i < features.length; i += set.encoding().features()) {
                rows.add((int) Math.round(x.decode(features[i])));
            }
        }
        return rows;
    }

    @Test
    void groupsStayTogetherInTrainingValidationAndTest() throws IOException {
        TableSet set = TableSet.learn(table(i -> "p" + i % 17), options(Splitting.group("by"), 0.25));
        assertThat(set.encoding().inputs()).as("the column only splits").containsExactly("x");
        Parts held = set.parts().train().split(Splitting.group("by"), 0.2, 1);
        Set<Integer> test = rows(set, set.parts().test());
        Set<Integer> validation = rows(set, held.test());
        Set<Integer> train = rows(set, held.train());
        assertThat(test.size() + validation.size() + train.size()).isEqualTo(ROWS);
        assertThat(test.size()).isBetween(40, 60);
        assertThat(validation.size()).isBetween(20, 45);
        List<Set<Integer>> groups = java.util.stream.Stream.of(test, validation, train)
                .map(part -> part.stream().map(i -> i % 17).collect(java.util.stream.Collectors.toSet())).toList();
        assertThat(groups.get(0)).doesNotContainAnyElementsOf(groups.get(1)).doesNotContainAnyElementsOf(groups.get(2));
        assertThat(groups.get(1)).doesNotContainAnyElementsOf(groups.get(2));
    }

    @Test
    void anotherSeedDealsOtherGroups() throws IOException {
        Part all = TableSet.learn(table(i -> "p" + i % 17), options(Splitting.group("by"), 0)).parts().train();
        TableSet set = TableSet.learn(table(i -> "p" + i % 17), options(Splitting.group("by"), 0));
        Set<Set<Integer>> dealt = new HashSet<>();
        for (int seed = 0; seed < 5; seed++) {
            dealt.add(rows(set, all.split(Splitting.group("by"), 0.25, seed).test()));
        }
        assertThat(dealt).hasSizeGreaterThan(1);
    }

    @Test
    void theLastInTimeAreHeldOut() throws IOException {
        for (IntFunction<String> by : List.<IntFunction<String>>of(i -> Integer.toString((i * 71) % ROWS - 50),
                i -> java.time.LocalDate.of(2025, 12, 1).plusDays((i * 71) % ROWS).toString(),
                i -> java.time.LocalDate.of(2025, 12, 1).plusDays((i * 71) % ROWS).atTime(3, 0) + ":00Z")) {
            TableSet set = TableSet.learn(table(by), options(Splitting.time("by"), 0.25));
            assertThat(set.encoding().inputs()).containsExactly("x");
            assertThat(rows(set, set.parts().test())).hasSize(50).allMatch(i -> (i * 71) % ROWS >= 150);
            Parts held = set.parts().train().split(Splitting.time("by"), 0.2, 1);
            assertThat(rows(set, held.test())).hasSize(30).allMatch(i -> (i * 71) % ROWS >= 120);
        }
    }

    /** Below 0 too, across it, and of fractions; one row is left on either side however large the share. */
    @Test
    void timesAreInTheOrderOfTheirNumbers() throws IOException {
        for (double from : new double[] {-1000, -100, -0.5, 1e9}) {
            TableSet set = TableSet.learn(table(i -> Double.toString(from + (i * 71) % ROWS / 4.0)),
                    options(Splitting.time("by"), 0.25));
            assertThat(rows(set, set.parts().test())).hasSize(50).allMatch(i -> (i * 71) % ROWS >= 150);
        }
        TableSet most = TableSet.learn(table(Integer::toString), options(Splitting.time("by"), 0.9999));
        assertThat(rows(most, most.parts().train())).containsExactly(0);
        TableSet least = TableSet.learn(table(Integer::toString), options(Splitting.time("by"), 0.0001));
        assertThat(rows(least, least.parts().test())).containsExactly(ROWS - 1);
    }

    /** 2026-05-31T01:00+02:00 is before 2026-05-31T00:00Z, and a day without a time begins at 0 o'clock. */
    @Test
    void timesOfTheDayAndZonesAreInOrder() throws IOException {
        List<String> order = List.of("2026-05-30", "2026-05-30T00:00:01", "2026-05-31T01:00:00+02:00", "2026-05-30 23:30:00",
                "2026-05-31T00:00:00Z", "2026-05-31T00:00:00.000000001Z", "2026-05-30T23:00:00-02:00", "2026-06-01");
        TableSet.Options options = options(Splitting.time("by"), 0.4);
        TableSet set = TableSet.learn(table(i -> order.get(i % 8)), options);
        assertThat(rows(set, set.parts().test())).hasSize(100).allMatch(i -> i % 8 >= 4);
        assertThatThrownBy(() -> TableSet.learn(table(i -> i == 7 ? "5" : "2026-05-30"), options))
                .hasMessageContaining("'5' is no number and no date or time");
        assertThatThrownBy(() -> TableSet.learn(table(i -> i == 7 ? "2026-05-30" : "5"), options))
                .hasMessageContaining("'2026-05-30' is no number, as the rows before it have");
    }

    @Test
    void rowsOfOneTimeStayTogether() throws IOException {
        TableSet set = TableSet.learn(table(i -> Integer.toString(i / 60)), options(Splitting.time("by"), 0.25));
        assertThat(rows(set, set.parts().test())).as("times 2 and 3, whole").hasSize(80);
    }

    @Test
    void theColumnIsAnInputIfAsked() throws IOException {
        TableSet set = TableSet.learn(table(Integer::toString), options(Splitting.time("by").withInput(true), 0.25));
        assertThat(set.encoding().inputs()).containsExactly("x", "by");
    }

    @Test
    void whatCannotSplitIsRefused() throws IOException {
        assertThatThrownBy(() -> TableSet.learn(table(i -> "all"), options(Splitting.group("by"), 0.25)))
                .hasMessageContaining("'by' cannot split the rows by group: there is only 1 group");
        assertThatThrownBy(() -> TableSet.learn(table(i -> "7"), options(Splitting.time("by"), 0.25)))
                .hasMessageContaining("'by' is the same in all rows");
        assertThatThrownBy(() -> TableSet.learn(table(i -> i == 5 ? "later" : "2026-01-01"), options(Splitting.time("by"), 0.25)))
                .hasMessageContaining("'later' is no number and no date or time");
        assertThatThrownBy(() -> TableSet.learn(table(i -> i == 5 ? "" : "3"), options(Splitting.group("by"), 0.25)))
                .hasMessageContaining("no value to split by");
        assertThatThrownBy(() -> TableSet.learn(table(i -> "3"), options(Splitting.group("bye"), 0.25)))
                .hasMessageContaining("no column 'bye'");
        assertThatThrownBy(() -> TableSet.learn(table(i -> "3"), options(Splitting.group("y"), 0.25)))
                .hasMessageContaining("cannot be split by the target 'y'");
    }

    @Test
    void severalTargetsAreScaledEach() throws IOException {
        List<String> lines = new ArrayList<>(List.of("x,a,b"));
        for (int i = 0; i < 40; i++) {
            lines.add(i + "," + 2 * i + "," + (1000 - i));
        }
        Table table = Table.open(Files.write(folder.resolve("several.csv"), lines));
        TableSet.Options options = new TableSet.Options("a, b", null, Set.of(), Set.of(), Encoding.Missing.REFUSE, 0, 1);
        TableSet set = TableSet.learn(table, options);
        assertThat(set.encoding().targets()).containsExactly("a", "b");
        assertThat(Encoding.fromJson(set.encoding().toJson())).isEqualTo(set.encoding());
        try (Arena arena = Arena.ofConfined()) {
            double[] inMemory = ((Dataset) set.parts().train().load(arena, DType.F64, Part.DEFAULT_MEMORY)).targets().toDoubles();
            assertThat(inMemory).hasSize(80);
            assertThat(inMemory[0]).isNegative().isEqualTo(-inMemory[1], org.assertj.core.api.Assertions.within(1e-12));
            var pass = set.parts().train().load(arena, DType.F64, 1).shuffled(1, 0); // streamed
            var x = arena.allocate(40 * 8L, 8);
            var t = arena.allocate(80 * 8L, 8);
            pass.read(0, 40, x, t, java.lang.foreign.MemorySegment.NULL);
            double[] streamed = t.toArray(java.lang.foreign.ValueLayout.JAVA_DOUBLE);
            pass.close();
            assertThat(Arrays.stream(streamed).sorted().toArray()).isEqualTo(Arrays.stream(inMemory).sorted().toArray());
            for (int i = 0; i < 40; i++) {
                assertThat(streamed[2 * i]).isEqualTo(-streamed[2 * i + 1], org.assertj.core.api.Assertions.within(1e-12));
            }
        }
        assertThatThrownBy(() -> TableSet.learn(table, new TableSet.Options("a,b,a", null, Set.of(), Set.of(),
                Encoding.Missing.REFUSE, 0, 1))).hasMessageContaining("the target names 'a' twice");
        assertThatThrownBy(() -> TableSet.learn(table, options.withLevels(List.of(0.5))))
                .hasMessageContaining("quantiles are predicted of one target");
    }
}
