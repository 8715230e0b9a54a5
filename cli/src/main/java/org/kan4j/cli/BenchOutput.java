// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.kan4j.cli.bench.Machine;

/** What rows of every benchmark have in common. */
final class BenchOutput {

    private BenchOutput() {
    }

    /** Lets a benchmark be stopped after what is being measured, by Ctrl-C or an interrupt of its thread. */
    static final class Stop implements AutoCloseable {

        private final AtomicBoolean asked = new AtomicBoolean();
        private final Interrupt interrupt = new Interrupt(() -> asked.set(true),
                "what is being measured takes too long to be waited for; nothing is written");

        /** Whether it is time to stop. */
        boolean isAsked() {
            return asked.get() || Thread.currentThread().isInterrupted();
        }

        /**
         * The exit status, after all there is has been written; says what that is where it is less than all.
         *
         * @param what is measured, plural
         * @param json where it is written; null for nowhere
         */
        int status(PrintWriter out, int done, int all, String what, Path json) {
            if (!isAsked()) {
                return 0;
            }
            String kept = json == null || done == 0 ? ""
                    : "; they are in " + (Output.isStandardOutput(json) ? "standard output" : json);
            out.println(done == 0 ? format("stopped before the first of %d %s had ended; nothing is written", all, what)
                    : format("stopped after %d of %d %s", done, all, what) + kept);
            out.flush();
            interrupt.reported();
            return Interrupt.STATUS;
        }

        @Override
        public void close() {
            interrupt.close();
        }
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
