// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.error;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class CountedTest {

    @Test
    void aCountOfOneHasTheNounOfOne() {
        assertEquals("0 rows, 1 row, 2 rows, -1 rows",
                Counted.of(0, "row") + ", " + Counted.of(1, "row") + ", " + Counted.of(2, "row")
                        + ", " + Counted.of(-1, "row"));
        assertEquals("1 class, 3 classes, 4 batches, 2 epochs, 2 categories, 9 times, 5 class weights",
                Counted.of(1, "class") + ", "
                        + Counted.of(3, "class") + ", " + Counted.of(4, "batch") + ", " + Counted.of(2, "epoch") + ", "
                        + Counted.of(2, "category") + ", "
                        + Counted.of(9, "time") + ", " + Counted.of(5, "class weight"));
        assertEquals("1 row, 12,345 rows", Counted.grouped(1, "row") + ", " + Counted.grouped(12345, "row"));
    }
}
