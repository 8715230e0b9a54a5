// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** The time of a search, of which the last training, of the best on all rows, is to have its part. Any thread may ask. */
final class TuneClock {

    private static final double NANOS = 1e9;
    /** On what is expected, and seconds for the report. */
    private static final double MARGIN = 1.1;
    private static final double REPORT = 1;

    /** Of processors whose time is the time, where a benchmark on a busy machine asks for it. */
    private static final int PROCESSORS = Integer.getInteger("kan4j.tune.processors", 0);

    private final LongSupplier time = PROCESSORS == 0 ? System::nanoTime : TuneClock::used;
    private final long start = time.getAsLong();
    private final double limit;
    private final Map<Map<String, String>, Double> seconds = new HashMap<>();
    private double reserved = Double.NaN;

    /** Of so many seconds from now on, or of infinitely many. */
    TuneClock(double limit) {
        this.limit = limit;
    }

    boolean isEndless() {
        return limit == Double.POSITIVE_INFINITY;
    }

    double left() {
        return limit - passed();
    }

    double passed() {
        return (time.getAsLong() - start) / NANOS;
    }

    /** How long that may take by the clock on the wall, of which processor time says nothing. */
    Duration longest() {
        return PROCESSORS == 0 ? Duration.ofMillis(Math.max(1, (long) (1000 * limit))) : Duration.ofDays(1);
    }

    private static long used() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / PROCESSORS;
    }

    /** Keeps how long so many networks took; one with a share of the epochs is that share of one. */
    synchronized void took(Map<String, String> options, double networks, double time) {
        seconds.put(options, time / networks);
    }

    /** Keeps time for so many networks of these options as the last thing. */
    synchronized void reserve(double networks, Map<String, String> best) {
        reserved = REPORT + MARGIN * networks * seconds.getOrDefault(best, 0.0);
    }

    /** Whether no more than the reserved time is left; not before some is reserved, as something has to be trained. */
    synchronized boolean isUp() {
        return passed() + reserved > limit;
    }

    /** Whether there is time for so many networks of these options, of which a shorter one was made; otherwise nobody knows. */
    synchronized boolean hasTimeFor(double networks, Map<String, String> options) {
        return passed() + REPORT + MARGIN * networks * seconds.getOrDefault(options, Double.NEGATIVE_INFINITY) <= limit;
    }
}
