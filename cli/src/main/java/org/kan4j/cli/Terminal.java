// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The line that a terminal shows while work goes on: drawn on standard error over itself, and erased before anything else
 * is printed. Terminal libraries are not used for this: they take the handler of Ctrl-C away.
 */
final class Terminal {

    private static final String ERASE = "\r\033[K";
    private static final int USUAL_WIDTH = 80;
    private static final long MEASURE_NS = 5_000_000_000L;

    private static int width;
    private static long measured;
    private static boolean drawn;

    private Terminal() {
    }

    /** Whether standard error is a terminal; the launcher says so. */
    static boolean isThere() {
        String known = System.getProperty("kan4j.terminal");
        return known != null ? Boolean.parseBoolean(known) : isTerminal(2);
    }

    /** Whether lines that are printed are read as they come. */
    static boolean showsOutput() {
        return isTerminal(1);
    }

    private static boolean isTerminal(int descriptor) {
        try {
            String name = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
            return name.matches("/dev/(pts/[0-9]+|tty.*|console)");
        } catch (IOException | UnsupportedOperationException e) {
            return false; // not Linux, where there is nothing to run yet
        }
    }

    /** Shows a line, cut to the terminal's width, in place of the one before. */
    static synchronized void draw(String text) {
        int columns = width() - 1; // a full line would wrap where it is erased
        System.err.print(ERASE + (text.length() > columns ? text.substring(0, columns) : text));
        System.err.flush();
        drawn = true;
    }

    /** Takes the line away, if there is one. */
    static synchronized void erase() {
        if (drawn) {
            System.err.print(ERASE);
            System.err.flush();
            drawn = false;
        }
    }

    /** Columns: of COLUMNS, else of the terminal itself, looked at every few seconds for it may be resized. */
    static synchronized int width() {
        String columns = System.getenv("COLUMNS");
        if (columns != null && columns.matches("[1-9][0-9]{1,4}")) {
            return Integer.parseInt(columns);
        }
        if (width == 0 || System.nanoTime() - measured > MEASURE_NS) {
            width = measure();
            measured = System.nanoTime();
        }
        return width;
    }

    private static int measure() {
        try {
            Process stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            String size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            return size.matches("[0-9]+ [1-9][0-9]{1,4}") ? Integer.parseInt(size.substring(size.indexOf(' ') + 1))
                    : USUAL_WIDTH;
        } catch (IOException e) {
            return USUAL_WIDTH;
        }
    }
}
