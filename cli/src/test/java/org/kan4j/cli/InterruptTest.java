// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InterruptTest {

    /** A VM that trains many models, as tests and tune do, would keep them all. */
    @Test
    void nothingIsAskedToStopOnceItHasEnded() {
        Interrupt interrupt = new Interrupt(() -> {
        }, "late");
        interrupt.close();
        assertThat(Runtime.getRuntime().removeShutdownHook(interrupt.hook)).as("still registered").isFalse();
    }
}
