// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.kan4j.cli.bench.Machine;

/** What rows of every benchmark have in common. */
final class BenchOutput {

    private BenchOutput() {
    }

    /** Adds when, where and with what a row was measured, so that a row can stand alone. */
    static void stamp(ObjectNode row, Machine machine) {
        row.put("kan4j", machine.kan4j()).put("build", machine.build()).put("java", machine.java())
                .put("processor", machine.processor()).put("cores", machine.cores()).put("memory_gb", machine.memoryGb())
                .put("system", machine.system()).put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    }

    /** Five significant digits: more than a measurement holds. */
    static double round(double value) {
        return Double.isFinite(value) ? new BigDecimal(value).round(new MathContext(5)).doubleValue() : value;
    }
}
