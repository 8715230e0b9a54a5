// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.Cleaner;

/**
 * A safety net below objects that are to be closed: one that became unreachable without it is freed by the collector's
 * leave, and a warning names what it was. No substitute for closing: nobody knows when the collector looks.
 */
public final class Forgotten {

    private static final Logger LOG = System.getLogger("org.kan4j");
    private static final Cleaner CLEANER = Cleaner.create();

    private final State state;
    private final Cleaner.Cleanable cleanable;

    private Forgotten(State state, Cleaner.Cleanable cleanable) {
        this.state = state;
        this.cleanable = cleanable;
    }

    /** What outlives the owner, and so must not know it. */
    private static final class State implements Runnable {

        private final String what;
        private final Runnable free;
        private volatile boolean closed;
        private volatile boolean lent;

        State(String what, Runnable free) {
            this.what = what;
            this.free = free;
        }

        @Override
        public void run() {
            if (closed) {
                return;
            }
            LOG.log(Level.WARNING, what + " was never closed and nothing refers to it any more; " + (lent
                    ? "its memory stays taken, for views of it were handed out" : "it is freed now")
                    + ". Close it, best by try-with-resources");
            if (!lent) {
                try {
                    free.run();
                } catch (RuntimeException e) {
                    LOG.log(Level.WARNING, "freeing " + what + " failed", e);
                }
            }
        }
    }

    /**
     * Watches over an object.
     *
     * @param owner that is to be closed
     * @param what it is, for the warning
     * @param free frees it; must not refer to the owner
     */
    public static Forgotten watch(Object owner, String what, Runnable free) {
        State state = new State(what, free);
        return new Forgotten(state, CLEANER.register(owner, state));
    }

    /** Views were handed out that may be used without the owner: it is not freed by itself any more. */
    public void lent() {
        state.lent = true;
    }

    /** The owner has been closed as it should. */
    public void closed() {
        state.closed = true;
        cleanable.clean();
    }
}
