// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.model.KanModel;
import org.kan4j.tensor.DType;

class BenchBoundTest {

    private static final int MANY = Math.min(256, Runtime.getRuntime().availableProcessors() + 2);

    @Test
    void boundsAreCountedForEachPass() {
        StringWriter text = new StringWriter();
        ArrayNode rows = JsonNodeFactory.instance.arrayNode();
        KanModel wide = KanModel.kan(DType.F32, BSpline.of(5, 3), 256, 256);
        try (BenchOutput.Stop stop = new BenchOutput.Stop(); PrintWriter out = new PrintWriter(text)) {
            assertThat(BenchBound.print(out, List.of(new BenchBound.Shape("wide", 256, wide)), new int[] {MANY}, stop, rows))
                    .isEqualTo(2);
        }
        assertThat(text.toString()).contains("T = " + MANY).contains("forward").contains("backward");
        assertThat(rows).hasSize(2).allSatisfy(row -> {
            assertThat(row.get("one_thread_ms").asDouble()).isPositive();
            assertThat(row.get("bounds")).hasSize(1);
            assertThat(row.get("bounds").get(0).asDouble()).isPositive();
        });
    }

    /** What is there is kept; the status says that it is not all. */
    @Test
    void aBenchmarkThatIsStoppedSaysHowFarItCame() {
        StringWriter text = new StringWriter();
        try (BenchOutput.Stop stop = new BenchOutput.Stop(); PrintWriter out = new PrintWriter(text)) {
            assertThat(stop.status(out, 3, 3, "rows", null)).isZero();
            Thread.currentThread().interrupt();
            assertThat(stop.isAsked()).isTrue();
            assertThat(stop.status(out, 0, 3, "rows", Path.of("r.json"))).isEqualTo(Interrupt.STATUS);
            assertThat(stop.status(out, 2, 3, "rows", Path.of("r.json"))).isEqualTo(Interrupt.STATUS);
            assertThat(stop.status(out, 2, 3, "rows", Path.of("-"))).isEqualTo(Interrupt.STATUS);
            assertThat(stop.status(out, 1, 3, "rows", null)).isEqualTo(130);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(text.toString().lines()).containsExactly(
                "stopped before the first of 3 rows had ended; nothing is written",
                "stopped after 2 of 3 rows; they are in r.json", "stopped after 2 of 3 rows; they are in standard output",
                "stopped after 1 of 3 rows");
    }

    @Test
    void threadsThatWouldSpinAreRefused() {
        assertThatThrownBy(() -> BenchBound.check(new int[] {1})).isInstanceOf(InputException.class)
                .hasMessageContaining("--bound: expected numbers of threads above the").hasMessageContaining("given 1");
        assertThatThrownBy(() -> BenchBound.check(new int[] {257})).hasMessageContaining("up to 256, given 257");
    }
}
