// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Set;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.RowEncoder;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.train.UsefulColumns;

/** Examples as rows that bring their encoding. */
record EncodedExamples(Examples examples, RowEncoder encoder, List<Encoding.Target> targets) implements EncodedTable {

    @Override
    public Encoding encoding() {
        return encoder.encoding();
    }

    @Override
    public EncodedExamples with(Encoding.Target target) {
        return new EncodedExamples(examples, new RowEncoder(encoding().withTarget(target)), List.of(target));
    }

    @Override
    public EncodedExamples without(Set<Encoding.Column> columns) {
        return new EncodedExamples(examples, new RowEncoder(UsefulColumns.without(encoding(), columns)), targets);
    }

    @Override
    public RowSource rows(Arena arena, DType dtype) {
        return Learner.rows(examples, encoder, arena, dtype);
    }

    @Override
    public RowSource.Split<? extends RowSource> split(Arena arena, DType dtype, double share, long seed) {
        if (examples.dealing().random()) {
            return EncodedTable.super.split(arena, dtype, share, seed);
        }
        Dealing.Fold held = examples.dealing().hold(share, seed);
        return new RowSource.Split<>(Learner.rows(examples.select(held.train()), encoder, arena, dtype),
                Learner.rows(examples.select(held.test()), encoder, arena, dtype));
    }
}
