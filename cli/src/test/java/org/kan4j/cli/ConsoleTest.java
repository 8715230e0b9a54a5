// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What commands print to, and what becomes of prints that nobody takes. */
class ConsoleTest {

    @Test
    void linesArePrintedAtOnceInUtf8() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Console console = new Console(bytes);
        console.writer().println("größer ≥ 1");
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("größer ≥ 1" + System.lineSeparator());
        console.write('!');
        assertThat(bytes.toString(StandardCharsets.UTF_8)).endsWith("!");
        console.writer().print("kept back");
        assertThat(console.failure()).isNull();
        assertThat(bytes.toString(StandardCharsets.UTF_8)).as("asked for, all is written").endsWith("!kept back");
    }

    /** A reader such as head that has gone is no failure; a full disk is. */
    @ParameterizedTest
    @CsvSource({"Broken pipe, false", "java.io.IOException: Broken pipe, false", "No space left on device, true", ", true"})
    void theFirstFailedWriteIsTold(String message, boolean told) {
        AtomicInteger writes = new AtomicInteger();
        Console console = new Console(new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                writes.incrementAndGet();
                throw writes.get() == 1 ? new IOException(message) : new IOException("another");
            }
        });
        console.writer().println("one");
        console.writer().println("two");
        if (told) {
            assertThat(console.failure()).isInstanceOf(IOException.class).hasMessage(message);
        } else {
            assertThat(console.failure()).isNull();
        }
        assertThat(writes).as("no further one is tried").hasValue(1);
    }
}
