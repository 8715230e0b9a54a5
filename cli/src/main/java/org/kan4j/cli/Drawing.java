// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Draws a plot without putting anything else at stake: a Java without its desktop module, a system without fonts, numbers
 * that the chart library cannot bear end in a warning, whatever they throw and however long they take.
 */
final class Drawing {

    /** What {@code --plot} takes for no plot. */
    static final String NONE = "none";

    private static final long LIMIT_MS = 20_000;

    private Drawing() {
    }

    /** Refuses a name of another kind of file; null and none are no names. */
    static void check(Path file) {
        if (isFile(file) && !file.toString().toLowerCase(Locale.ROOT).endsWith(".png") && Output.isReplaced(file)) {
            throw new InputException("--plot " + file + ": expected a name that ends with .png, or none");
        }
    }

    /** Refuses a name of another kind of file than SVG, for what is drawn as such; null is no name. */
    static void checkSvg(String option, Path file) {
        if (file != null && file.toString().toLowerCase(Locale.ROOT).matches("(?s).*\\.(?!svg$)\\w+")
                && Output.isReplaced(file)) {
            throw new InputException(option + " " + file + ": expected a name that ends with .svg");
        }
    }

    /** Whether there is something to draw into. */
    static boolean isFile(Path file) {
        return file != null && !file.toString().equals(NONE);
    }

    /** Draws into a file, and says so, or why not. */
    static void draw(Path file, Callable<byte[]> image, PrintWriter screen, PrintWriter warnings) {
        draw(file, image, screen, warnings, LIMIT_MS);
    }

    static void draw(Path file, Callable<byte[]> image, PrintWriter screen, PrintWriter warnings, long limitMillis) {
        FutureTask<byte[]> task = new FutureTask<>(image);
        Thread thread = new Thread(task, "kan4j-plot");
        thread.setDaemon(true); // the command ends whether it does or not
        thread.start();
        boolean interrupted = Thread.interrupted(); // of a training that was stopped
        try {
            byte[] png = task.get(limitMillis, TimeUnit.MILLISECONDS);
            Output.write(file, png);
            screen.println("plot         " + file);
        } catch (ExecutionException e) {
            warn(warnings, "cannot be drawn here: " + e.getCause());
        } catch (TimeoutException e) {
            warn(warnings, "was given up after " + limitMillis / 1000.0 + " s");
        } catch (InterruptedException e) {
            interrupted = true;
            warn(warnings, "was interrupted");
        } catch (java.io.IOException e) {
            warn(warnings, "cannot be written: " + Main.describe(e));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void warn(PrintWriter warnings, String what) {
        warnings.println("warning: the plot " + what.lines().findFirst().orElse("") + "; --plot none draws none");
        warnings.flush();
    }
}
