// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** On Ctrl-C, SIGTERM or SIGHUP asks the work to stop and lets it write what it has before the VM ends. */
final class Interrupt implements AutoCloseable {

    /** Of a command that was stopped: 128 and the number of SIGINT. */
    static final int STATUS = 130;
    private static final int PATIENCE_S = 20;

    private final CountDownLatch done = new CountDownLatch(1);
    final Thread hook; // whose registration a test asks for

    /**
     * From now on.
     *
     * @param stop asks the work to stop
     * @param late what to say where the step that runs takes too long to be waited for
     */
    Interrupt(Runnable stop, String late) {
        hook = new Thread(() -> {
            stop.run();
            try {
                if (!done.await(PATIENCE_S, TimeUnit.SECONDS)) {
                    System.err.println("kan4j: " + late);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }, "kan4j-interrupt");
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException ending) {
            Objects.requireNonNull(ending); // the VM is ending, and whoever was asked to stop does this as the last thing
        }
    }

    /** What there is is written and said so. */
    void reported() {
        done.countDown();
    }

    @Override
    public void close() {
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            Objects.requireNonNull(ending); // the VM is ending: the hook is running and has been released
        }
    }
}
