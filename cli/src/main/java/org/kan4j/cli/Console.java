// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** Standard output or error as UTF-8 text. Keeps the first failed write, which a {@link PrintWriter} would swallow. */
final class Console extends OutputStream {

    private final OutputStream stream;
    private final PrintWriter writer = new PrintWriter(new OutputStreamWriter(this, StandardCharsets.UTF_8), true);
    private IOException failure;

    Console(OutputStream stream) {
        this.stream = stream;
    }

    /** What commands write to. */
    PrintWriter writer() {
        return writer;
    }

    /** The first write that failed, or null; that a reader such as head has gone is no failure. */
    IOException failure() {
        writer.flush();
        boolean left = failure != null && String.valueOf(failure.getMessage()).contains("Broken pipe");
        return left ? null : failure;
    }

    @Override
    public void write(int value) {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        if (failure == null) {
            try {
                stream.write(bytes, from, length);
            } catch (IOException e) {
                failure = e;
            }
        }
    }
}
