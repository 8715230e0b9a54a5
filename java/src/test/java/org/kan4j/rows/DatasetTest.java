// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.rows;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.internal.measure.Measurement;
import org.kan4j.internal.memory.HostMemory;
import org.kan4j.measure.Metrics;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

class DatasetTest {

    private static Dataset thirds(Arena arena, int rows) {
        float[][] x = new float[rows][2];
        int[] labels = new int[rows];
        for (int i = 0; i < rows; i++) {
            x[i] = new float[] {i, -i};
            labels[i] = i % 3;
        }
        return Dataset.classification(HostTensor.of(arena, x), HostTensor.of(arena, labels), 3);
    }

    @Test
    void anOrderIsAPermutationOfSeedAndEpochAlone() {
        try (Arena arena = Arena.ofConfined()) {
            Dataset data = thirds(arena, 300);
            int[] order = data.order(7, 2);
            assertArrayEquals(order, data.order(7, 2));
            assertFalse(Arrays.equals(order, data.order(7, 3)));
            assertFalse(Arrays.equals(order, data.order(8, 2)));
            int[] sorted = order.clone();
            Arrays.sort(sorted);
            assertArrayEquals(IntStream.range(0, 300).toArray(), sorted);
        }
    }

    @Test
    void everyRowIsAsLikelyInEveryPlace() {
        try (Arena arena = Arena.ofConfined()) {
            Dataset data = thirds(arena, 5);
            int[][] counts = new int[5][5];
            int trials = 20_000;
            for (int seed = 0; seed < trials; seed++) {
                int[] order = data.order(seed, 0);
                for (int place = 0; place < 5; place++) {
                    counts[place][order[place]]++;
                }
            }
            double expected = trials / 5.0;
            double deviation = Math.sqrt(expected * 0.8);
            for (int[] place : counts) {
                for (int count : place) {
                    assertEquals(expected, count, 5 * deviation);
                }
            }
        }
    }

    @Test
    void aSplitKeepsTheClassesSharesAndEveryRowOnce() {
        try (Arena arena = Arena.ofConfined()) {
            Dataset data = thirds(arena, 100); // 34, 33, 33
            RowSource.Split<Dataset> split = data.split(0.8, 5);
            assertEquals(27 + 26 + 26, split.first().size());
            assertEquals(100, split.first().size() + split.second().size());
            int[] seen = new int[100];
            int[] classes = new int[3];
            for (int i = 0; i < split.first().size(); i++) {
                seen[split.first().row(i)]++;
                classes[split.first().row(i) % 3]++;
            }
            for (int i = 0; i < split.second().size(); i++) {
                seen[split.second().row(i)]++;
            }
            assertArrayEquals(new int[] {27, 26, 26}, classes);
            assertTrue(Arrays.stream(seen).allMatch(n -> n == 1));
            assertEquals(split.first().row(3), data.split(0.8, 5).first().row(3));
        }
    }

    @Test
    void miniBatchesHoldTheRowsOfTheirOrder() {
        try (Arena arena = Arena.ofConfined()) {
            Dataset data = thirds(arena, 10).select(9, 4, 2, 7);
            Measurement.Batch batch = new Measurement.Batch(new HostMemory(arena), data, 2);
            int[] order = data.order(3, 5);
            int[] rows = {9, 4, 2, 7};
            try (RowSource.Pass shuffled = data.shuffled(3, 5); RowSource.Pass inOrder = data.inOrder()) {
                shuffled.read(1, 3, batch.x, batch.targets, MemorySegment.NULL);
                int a = rows[order[1]];
                int b = rows[order[2]];
                assertArrayEquals(new double[] {a, -a, b, -b}, HostTensor.wrap(batch.x, DType.F32, 4).toDoubles());
                assertArrayEquals(new double[] {a % 3, b % 3}, HostTensor.wrap(batch.targets, DType.I32, 2).toDoubles());
                inOrder.read(2, 4, batch.x, batch.targets, MemorySegment.NULL);
                assertArrayEquals(new double[] {2, -2, 7, -7}, HostTensor.wrap(batch.x, DType.F32, 4).toDoubles());
            }
        }
    }

    @Test
    void aSampleIsEvenlySpread() {
        try (Arena arena = Arena.ofConfined()) {
            Dataset data = thirds(arena, 10);
            assertArrayEquals(new double[] {0, 0, 3, -3, 6, -6}, data.sample(arena, 3).toDoubles());
            assertArrayEquals(new double[] {9, -9, 2, -2}, data.select(9, 4, 2, 7).sample(arena, 2).toDoubles());
            assertEquals(10, data.sample(arena, 11).rows());
        }
    }

    @Test
    void aWeightOfTwoCountsAsTwoRows() {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(3, 3), 2, 1);
        double[][] x = {{0.1, 0.2}, {-0.3, 0.4}, {0.5, -0.6}};
        double[] y = {1, 2, 3};
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 1)) {
            Dataset weighted = Dataset.regression(HostTensor.of(arena, x), HostTensor.of(arena, y))
                    .withWeights(HostTensor.of(arena, 2.0, 1.0, 0.0));
            Dataset repeated = Dataset.regression(HostTensor.of(arena, new double[][] {x[0], x[0], x[1]}),
                    HostTensor.of(arena, 1.0, 1.0, 2.0));
            Metrics a = Metrics.measure(context, parameters, null, weighted);
            Metrics b = Metrics.measure(context, parameters, null, repeated);
            assertEquals(b.loss(), a.loss(), 1e-12 * b.loss());
            assertEquals(b.rmse().orElseThrow(), a.rmse().orElseThrow(), 1e-12);
            assertEquals(b.loss(), b.rmse().orElseThrow() * b.rmse().orElseThrow(), 1e-12 * b.loss());
        }
    }

    @Test
    void badDataIsNamedByRowAndColumn() {
        try (Arena arena = Arena.ofConfined()) {
            HostTensor x = HostTensor.of(arena, new float[][] {{1, 2}, {3, Float.NaN}});
            HostTensor y = HostTensor.of(arena, 1f, 2f);
            message("feature 1 of row 1 is NaN", () -> Dataset.regression(x, y));
            HostTensor good = HostTensor.of(arena, new float[][] {{1, 2}, {3, 4}});
            message("target 0 of row 1 is Infinity",
                    () -> Dataset.regression(good, HostTensor.of(arena, 1f, Float.POSITIVE_INFINITY)));
            message("label of row 1 is 3", () -> Dataset.classification(good, HostTensor.of(arena, 0, 3), 3));
            message("I32", () -> Dataset.classification(good, y, 3));
            message("3 labels", () -> Dataset.classification(good, HostTensor.of(arena, 0, 1, 2), 3));
            message("2 rows", () -> Dataset.regression(good, HostTensor.of(arena, 1f, 2f, 3f)));
            message("weights of all 2 rows are 0",
                    () -> Dataset.regression(good, y).withWeights(HostTensor.of(arena, 0f, 0f)));
            message("the weight of row 1 is -1", () -> Dataset.regression(good, y).withWeights(HostTensor.of(arena, 1f, -1f)));
            message("one type", () -> Dataset.regression(good, HostTensor.of(arena, 1.0, 2.0)));
            message("weight of row 0", () -> Dataset.regression(good, y).withWeights(HostTensor.of(arena, -1f, 1f)));
            message("row 1 has 1 number", () -> HostTensor.of(arena, new float[][] {{1, 2}, {3}}));
        }
    }

    private static void message(String part, org.junit.jupiter.api.function.Executable call) {
        String message = assertThrows(KanException.class, call).getMessage();
        assertTrue(message.contains(part), "'" + part + "' in: " + message);
    }

    /** Every row may be drawn, as often as chance has it; weights go with their rows. */
    @Test
    void rowsDrawnWithReplacement() {
        try (Arena arena = Arena.ofConfined()) {
            HostTensor x = HostTensor.of(arena, new double[][] {{0}, {1}, {2}});
            Dataset rows = Dataset.regression(x, x).withWeights(HostTensor.of(arena, 1.0, 2.0, 3.0));
            java.util.Set<Integer> drawn = new java.util.HashSet<>();
            java.util.Set<String> orders = new java.util.HashSet<>();
            for (int seed = 0; seed < 12; seed++) {
                Dataset bag = rows.bootstrap(seed);
                assertEquals(3, bag.size());
                assertTrue(bag.weighted());
                HostTensor weights = HostTensor.allocate(arena, DType.F64, 3);
                HostTensor features = HostTensor.allocate(arena, DType.F64, 3, 1);
                HostTensor targets = HostTensor.allocate(arena, DType.F64, 3, 1);
                try (RowSource.Pass pass = bag.inOrder()) {
                    pass.read(0, 3, features.segment(), targets.segment(), weights.segment());
                }
                StringBuilder order = new StringBuilder();
                for (int i = 0; i < 3; i++) {
                    drawn.add(bag.row(i));
                    order.append(bag.row(i));
                    assertEquals(bag.row(i), features.getFlat(i));
                    assertEquals(bag.row(i) + 1, weights.getFlat(i));
                }
                orders.add(order.toString());
            }
            assertEquals(java.util.Set.of(0, 1, 2), drawn);
            assertTrue(orders.size() > 6, orders.toString());
        }
    }
}
