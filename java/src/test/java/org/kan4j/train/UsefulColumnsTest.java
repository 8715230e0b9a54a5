// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.kan4j.encoding.Encoding;
import org.kan4j.internal.SplitMix;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Columns without use, of linear models that are given. */
class UsefulColumnsTest {

    private static final Encoding.Column A = new Encoding.Numeric("z", 0, 1, 0.5);
    private static final Encoding.Column CODE = new Encoding.Categorical("code", List.of("x", "y"));
    private static final Encoding.Column B = new Encoding.Numeric("b", 0, 1, 0.5);
    private static final Encoding ENCODING = new Encoding("d.csv", List.of(A, CODE, B), new Encoding.Value("t", 0, 1),
            Encoding.Missing.REFUSE, Encoding.Unseen.UNKNOWN);

    /** Measures a model of these weights on rows whose target it tells. */
    private static void measure(UsefulColumns useful, double decay, double... weights) {
        SplitMix random = new SplitMix(3);
        double[] x = new double[80 * 4];
        Arrays.setAll(x, k -> random.uniform(-1, 1));
        double[] y = new double[80];
        Arrays.setAll(y, b -> weights[0] * x[4 * b] + weights[1] * x[4 * b + 1] + weights[2] * x[4 * b + 2]
                + weights[3] * x[4 * b + 3]);
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.zeros(KanModel.of(DType.F64, new Linear(4, 1, false)));
                Trainer trainer = Trainer.builder(parameters).build()) {
            parameters.set(parameters.tensors().getFirst().name(), HostTensor.of(arena, weights).reshape(1, 4));
            useful.measure(decay, trainer, Dataset.regression(HostTensor.of(arena, x).reshape(80, 4),
                    HostTensor.of(arena, y).reshape(80, 1)), 1);
        }
    }

    @Test
    void columnsThatChangeNothingAreUselessToTheirDecayAlone() {
        UsefulColumns useful = new UsefulColumns(ENCODING);
        assertEquals(Set.of(), useful.useless(0.1, Set.of()), "nothing was measured");
        measure(useful, 0.1, 1, 0, 0, 0);
        measure(useful, 0.2, 0, 0, 1, 0);
        measure(useful, 0.3, 0, 0, 0, 0);
        measure(useful, 0.4, 1, 1, 0, 1);
        assertEquals(Set.of(CODE, B), useful.useless(0.1, Set.of()));
        assertEquals(Set.of(CODE), useful.useless(0.1, Set.of("b", "code")), "a number that is needed stays");
        assertEquals(Set.of(A, B), useful.useless(0.2, Set.of()), "the second number of a category is the category's");
        assertEquals(Set.of(), useful.useless(0.3, Set.of()), "none is of use: all stay");
        assertEquals(Set.of(), useful.useless(0.4, Set.of()));
        assertEquals(Set.of(), useful.useless(0.5, Set.of()));
    }

    @Test
    void columnsAreNamedByTheAlphabetAndTakenOutOfTheEncoding() {
        Set<Encoding.Column> all = new HashSet<>(List.of(A, new Encoding.Pixels(2, 1), CODE, B));
        assertEquals(List.of("b", "code", "z"), UsefulColumns.names(all));
        Encoding less = UsefulColumns.without(ENCODING, Set.of(CODE));
        assertEquals(new Encoding("d.csv", List.of(A, B), ENCODING.target(), Encoding.Missing.REFUSE, Encoding.Unseen.UNKNOWN),
                less);
    }
}
