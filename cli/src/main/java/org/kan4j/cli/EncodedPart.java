// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.lang.foreign.Arena;
import org.kan4j.EncodedTable;
import org.kan4j.data.Part;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;

/** Some rows with how they are encoded. */
record EncodedPart(Encoding encoding, Part part, long memory) implements EncodedTable {

    @Override
    public RowSource rows(Arena arena, DType dtype) {
        return part.load(arena, dtype, memory);
    }
}
