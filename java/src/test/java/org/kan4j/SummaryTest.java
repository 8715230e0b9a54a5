// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.tensor.DType;

/** A summary counted by hand: 3 * 4 + 4 of a linear layer, 2 * 4 of a norm and as many that are not trained. */
class SummaryTest {

    @Test
    void countsWhatIsTrainedAndWhatIsNot() {
        Summary summary = Summary.of(KanModel.of(DType.F64, new Linear(3, 4, true), BatchNorm.of(4)));
        assertEquals(16 + 8, summary.parameters());
        assertEquals(8, summary.buffers());
        assertEquals(8 * (24 + 8), summary.bytes());
        assertEquals(8 * (4 * 24 + 8), summary.trainingBytes());
        assertEquals(List.of(16L, 8L), summary.layers().stream().map(Summary.Layer::parameters).toList());
        assertEquals(List.of("Linear", "BatchNorm"), summary.layers().stream().map(Summary.Layer::what).toList());
        assertEquals(3, summary.layers().getFirst().in());
        assertEquals(4, summary.layers().getFirst().out());
        assertEquals("24 parameters, 8 other numbers, 256 bytes; 832 to train with AdamW",
                summary.toString().lines().skip(2).findFirst().orElseThrow());
        assertEquals(" 0  3 -> 4  16 parameters  Linear  weight [4, 3], bias [4]", summary.toString().lines().findFirst()
                .orElseThrow());
        Summary half = Summary.of(KanModel.of(DType.F32, new Linear(3, 4, true)));
        assertEquals(4 * 16, half.bytes());
    }
}
