// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressState;

/**
 * Shows training as it goes: a line an epoch, and on a terminal a bar below them with loss, accuracy, samples a second
 * and the time left of the whole training.
 */
final class Progress implements AutoCloseable {

    private static final int LONGEST_BAR = 24;
    private static final int SHORTEST_BAR = 4;
    private static final int UPDATE_MS = 200;

    private final PrintWriter out;
    private final boolean bar;
    private final boolean classification;
    private final int epochs;
    private final long samples;
    private final long begin = System.nanoTime();
    private final int firstEpoch;

    private ProgressBar current;
    private int epoch;
    private long epochBegin;
    private volatile String metrics = "";

    /**
     * @param terminal whether to draw a bar on standard error
     * @param samples of an epoch
     * @param firstEpoch the first one to come, from 1
     */
    Progress(PrintWriter out, boolean terminal, boolean classification, int epochs, int firstEpoch, long samples) {
        this.out = out;
        this.bar = terminal;
        this.classification = classification;
        this.epochs = epochs;
        this.firstEpoch = firstEpoch;
        this.samples = samples;
    }

    /** Whether standard error is a terminal; the launcher knows, the VM alone does not. */
    static boolean terminal() {
        String known = System.getProperty("kan4j.terminal");
        return known != null ? Boolean.parseBoolean(known) : System.console() != null && System.console().isTerminal();
    }

    /**
     * @param number of the epoch, from 1
     * @param seen samples of this epoch so far
     * @param loss mean over them
     * @param accuracy over them, NaN if not known
     */
    void batch(int number, long seen, double loss, double accuracy) {
        if (!bar) {
            return;
        }
        metrics = Double.isNaN(accuracy) ? format("loss %.4f", loss)
                : format("loss %.4f  accuracy %.2f %%", loss, 100 * accuracy);
        if (current == null) {
            epoch = number;
            epochBegin = System.nanoTime();
            current = new ProgressBarBuilder().setInitialMax(samples).setUpdateIntervalMillis(UPDATE_MS)
                    .setRenderer(this::render).setConsumer(new Line(System.err)).clearDisplayOnFinish().build();
        }
        current.stepTo(seen);
    }

    void endEpoch(EpochReport done) {
        closeBar();
        out.println(format("epoch %" + digits(epochs) + "d/%d  train loss %.4g  %s loss %.4g  %s %s  %.2f s  %,.0f samples/s",
                done.number(), epochs, done.trainLoss(), done.part(), done.loss(), done.part(), score(classification, done.score()),
                done.seconds(), samples / Math.max(done.seconds(), 1e-9)));
        out.flush();
    }

    /** A line of its own between the epochs'. */
    void note(String text) {
        closeBar();
        out.println(text);
        out.flush();
    }

    static String score(boolean classification, double score) {
        return classification ? format("accuracy %.2f %%", 100 * score) : format("RMSE %.6g", score);
    }

    private String render(ProgressState state, int width) {
        double share = state.getMax() == 0 ? 1 : (double) state.getCurrent() / state.getMax();
        double now = System.nanoTime();
        double seconds = (now - epochBegin) / 1e9;
        double done = epoch - firstEpoch + share;
        double left = done > 0.01 ? (now - begin) / 1e9 / done * (epochs - firstEpoch + 1 - done) : Double.NaN;
        String before = format("epoch %" + digits(epochs) + "d/%d [", epoch, epochs);
        String after = format("] %s  %,.0f samples/s  %s left", metrics, state.getCurrent() / Math.max(seconds, 1e-9),
                duration(left));
        int bar = Math.clamp(width - before.length() - after.length(), SHORTEST_BAR, LONGEST_BAR);
        int full = (int) (share * bar);
        String text = before + "#".repeat(full) + "-".repeat(bar - full) + after;
        return text.length() > width ? text.substring(0, Math.max(width, 0)) : text;
    }

    /** Draws over the line that the cursor is in and at the end leaves it for the next text; the library's adds a line. */
    private static final class Line extends ConsoleProgressBarConsumer {

        private static final String ERASE = "\r\033[K";

        private final PrintStream terminal;

        Line(PrintStream terminal) {
            super(terminal);
            this.terminal = terminal;
        }

        @Override
        public void accept(String text) {
            terminal.print(ERASE + text);
        }

        @Override
        public void clear() {
            terminal.print(ERASE);
        }

        @Override
        public void close() {
            terminal.flush();
        }
    }

    static String duration(double seconds) {
        if (Double.isNaN(seconds)) {
            return "-:--";
        }
        long s = Math.round(seconds);
        return s < 3600 ? format("%d:%02d", s / 60, s % 60) : format("%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    }

    private static int digits(int number) {
        return Integer.toString(number).length();
    }

    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    private void closeBar() {
        if (current != null) {
            current.close();
            current = null;
        }
    }

    @Override
    public void close() {
        closeBar();
    }
}
