// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;

/** A window of a pass over {@link TableRows}: the chosen rows of some blocks, encoded, in the blocks' order or shuffled. */
final class TableWindow {

    final MemorySegment x;
    /** What the rows' targets are, or NULL where the pass gives none. */
    final MemorySegment targets;
    /** Which window of the pass it holds. */
    int number = -1;
    /** Asks the thread that loads to give up. */
    volatile boolean abandoned;
    private final TableRows rows;
    private final double[] row;
    private final double[] target;

    TableWindow(Arena arena, TableRows rows, int most) {
        this.rows = rows;
        this.row = new double[(int) rows.in()];
        this.target = new double[(int) rows.out()];
        x = HostTensor.allocate(arena, rows.dtype(), most, rows.in()).segment();
        targets = rows.targetBytes() == 0 ? MemorySegment.NULL
                : rows.classes() > 0 ? HostTensor.allocate(arena, DType.I32, Shape.of(most)).segment()
                        : HostTensor.allocate(arena, rows.dtype(), most, rows.out()).segment();
    }

    /** Reads the rows of {@code blocks[from..to)}; shuffled where there is a source of chance. */
    void load(Table.Reader reader, int[] blocks, int from, int to, SplittableRandom random) {
        int n = 0;
        for (int b = from; b < to && !abandoned; b++) {
            if (rows.chosenOf(blocks[b]) == 0) {
                continue;
            }
            reader.seek(blocks[b]);
            for (int at = rows.firstOf(blocks[b]); reader.next(); at++) {
                if (!rows.isChosen(at)) {
                    continue;
                }
                int place = n;
                if (random != null) { // Fisher and Yates, inside out: the row at a random place makes room
                    place = random.nextInt(n + 1);
                    move(x, place, n, rows.featureBytes());
                    move(targets, place, n, rows.targetBytes());
                }
                store(reader, place);
                n++;
            }
        }
    }

    private static void move(MemorySegment of, long from, long to, long bytes) {
        if (from != to && bytes > 0) {
            MemorySegment.copy(of, from * bytes, of, to * bytes, bytes);
        }
    }

    private void store(Table.Reader reader, int place) {
        rows.features(reader, row);
        put(x, rows.dtype(), (long) place * row.length, row);
        if (rows.targetBytes() > 0) {
            rows.target(reader, target);
            if (rows.classes() > 0) {
                targets.setAtIndex(ValueLayout.JAVA_INT, place, (int) target[0]);
            } else {
                put(targets, rows.dtype(), (long) place * target.length, target);
            }
        }
    }

    /** Writes numbers into a segment from a place on, converted to a type. */
    static void put(MemorySegment segment, DType dtype, long at, double[] numbers) {
        if (dtype == DType.F32) {
            for (int i = 0; i < numbers.length; i++) {
                segment.setAtIndex(ValueLayout.JAVA_FLOAT, at + i, (float) numbers[i]);
            }
        } else {
            for (int i = 0; i < numbers.length; i++) {
                segment.setAtIndex(ValueLayout.JAVA_DOUBLE, at + i, numbers[i]);
            }
        }
    }
}
