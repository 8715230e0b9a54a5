// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.kan4j.encoding.Encoding;
import org.kan4j.grid.GridUpdate;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingListener;
import org.kan4j.train.TrainingResult;

/**
 * Shows training as it goes: lines of epochs, and on a terminal a bar below them with loss, accuracy, samples a second and
 * the time left of the whole training.
 */
final class Progress implements TrainingListener, AutoCloseable {

    /** Which epochs have a line. */
    enum Log {
        /** Every one. */
        ALL,
        /** The first, every tenth, the best and the last. */
        TERSE,
        /** None. */
        NONE;

        /** Where nothing is said: a terminal shows all, a file or a pipe is read later. */
        static Log usual() {
            return Terminal.showsOutput() ? ALL : TERSE;
        }
    }

    private static final int TERSE_STEP = 10;
    private static final int LONGEST_BAR = 24;
    private static final int SHORTEST_BAR = 4;
    private static final long UPDATE_NS = 200_000_000;

    private final PrintWriter out;
    private final boolean bar;
    private final Log log;
    private final boolean classification;
    private final String part;
    private final Encoding encoding;

    private int epochs;
    private int firstEpoch;
    private long samples;
    private long begin;
    private long epochBegin;
    private long drawn;
    private EpochReport best;
    private EpochReport last;
    private int lastPrinted;
    private boolean bestPrinted;

    /**
     * @param bar whether to draw one on standard error
     * @param part what is measured on after each epoch, if anything
     * @param encoding of the target, in whose unit errors are
     */
    Progress(PrintWriter out, boolean bar, Log log, boolean classification, String part, Encoding encoding) {
        this.out = out;
        this.bar = bar;
        this.log = log;
        this.classification = classification;
        this.part = part;
        this.encoding = encoding;
    }

    /** Of the training in all. */
    int epochs() {
        return epochs;
    }

    @Override
    public void onStart(Trainer trainer, int rows) {
        epochs = trainer.epochs(rows);
        firstEpoch = trainer.epoch() + 1;
        samples = rows;
        begin = System.nanoTime();
        epochBegin = begin;
    }

    @Override
    public void onEpochStart(Trainer trainer, int epoch) {
        epochBegin = System.nanoTime();
    }

    @Override
    public void onBatch(Trainer trainer, Batch batch) {
        long now = System.nanoTime();
        if (bar && now - drawn >= UPDATE_NS) {
            drawn = now;
            Terminal.draw(render(batch, now, Terminal.width() - 1));
        }
    }

    @Override
    public void onGridUpdate(Trainer trainer, GridUpdate.Report report) {
        if (log != Log.NONE) {
            print(format("grids after step %,d: %d moved, %d kept, change %.2g", trainer.steps(), report.updated(),
                    report.kept(), report.residual()));
        }
    }

    @Override
    public void onEpochEnd(Trainer trainer, Epoch epoch) {
        last = EpochReport.of(epoch, part, encoding);
        if (best == null || last.decisive() < best.decisive()) {
            best = last;
            bestPrinted = false;
        }
        boolean shown = switch (log) {
            case ALL -> true;
            case TERSE -> last.number() == firstEpoch || last.number() % TERSE_STEP == 0 || last.number() == epochs;
            case NONE -> false;
        };
        if (shown) {
            print(last);
        }
    }

    /** Shows the lines of the best and the last epoch that were left out. */
    @Override
    public void onEnd(Trainer trainer, TrainingResult result) {
        close();
        if (log == Log.TERSE && last != null) {
            if (!bestPrinted) {
                print("best " + line(best));
            }
            if (lastPrinted != last.number() && last != best) {
                print(last);
            }
        }
    }

    private void print(EpochReport report) {
        print(line(report));
        lastPrinted = report.number();
        bestPrinted |= report == best;
    }

    private void print(String line) {
        Terminal.erase();
        out.println(line);
        out.flush();
    }

    private String line(EpochReport done) {
        String measured = done.part() == null ? "" : format("  %s loss %.4g  %s %s", done.part(), done.loss(), done.part(),
                score(classification, done.score()));
        return format("epoch %" + digits(epochs) + "d/%d  train loss %.4g%s  %.2f s  %,.0f samples/s", done.number(), epochs,
                done.trainLoss(), measured, done.seconds(), samples / Math.max(done.seconds(), 1e-9));
    }

    static String score(boolean classification, double score) {
        return classification ? format("accuracy %.2f %%", 100 * score) : format("RMSE %.6g", score);
    }

    private String render(Batch batch, long now, int width) {
        double share = samples == 0 ? 1 : (double) batch.rows() / samples;
        double seconds = (now - epochBegin) / 1e9;
        double done = batch.epoch() - firstEpoch + share;
        double left = done > 0.01 ? (now - begin) / 1e9 / done * (epochs - firstEpoch + 1 - done) : Double.NaN;
        String before = format("epoch %" + digits(epochs) + "d/%d [", batch.epoch(), epochs);
        String after = format("] loss %.4f%s  %,.0f samples/s  %s left", batch.loss(), batch.accuracy().isPresent()
                ? format("  accuracy %.2f %%", 100 * batch.accuracy().getAsDouble()) : "",
                batch.rows() / Math.max(seconds, 1e-9), duration(left));
        int room = Math.clamp(width - before.length() - after.length(), SHORTEST_BAR, LONGEST_BAR);
        return before + bar(share, room) + after;
    }

    /** Full only at the end. */
    static String bar(double share, int room) {
        int full = (int) (share * room);
        return "#".repeat(full) + "-".repeat(room - full);
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

    @Override
    public void close() {
        if (bar) {
            Terminal.erase();
        }
    }
}
