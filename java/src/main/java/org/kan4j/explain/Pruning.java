// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.List;
import java.util.Objects;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.model.Parameters;
import org.kan4j.rows.RowSource;

/**
 * Leaves out edges, nodes and inputs for as long as the network is no worse for it on rows held out. What goes leaves its
 * mean; what is left is fitted anew, with the numbers saved spent on resolution, as a smaller network of the same grid never
 * fits noise-free data as well. Edges go together at first, those of the least effect; then nodes, edges and inputs one by
 * one, over and over until nothing goes.
 *
 * <p>The result is never worse on the rows held out than one of {@code tolerance}, four times that within two standard errors of
 * the paired difference, or {@code accuracy} allows, each against the best network met. The same data and seed give the same result.
 *
 * @param tolerance relative rise of the root mean square error (of classes: of the log-loss) that is allowed, at least 0
 * @param threshold the largest effect ({@link Attribution.OfEdge#effect}) of an edge that may go with others at once
 * @param accuracy error, against the targets' deviation, that is good enough whatever the network reached before, 0 for
 *     none: networks that fit noise-free data to many digits cannot lose a node without losing some of them
 * @param iterations of L-BFGS of each refit, at least 1
 * @param inputs whether inputs may go
 * @param seed of the starts where a refit is stuck
 */
public record Pruning(double tolerance, double threshold, double accuracy, int iterations, boolean inputs, long seed) {

    /** Checks the values. */
    public Pruning {
        if (!(tolerance >= 0) || !(threshold >= 0) || !(accuracy >= 0) || iterations < 1) {
            throw KanException
                    .invalid("a pruning needs a tolerance, threshold and accuracy of at least 0 and at least 1 iteration, "
                            + "given %s, %s, %s and %s", tolerance, threshold, accuracy, iterations);
        }
    }

    /** Tolerance 0.05, threshold 0.1, accuracy 1e-3, 100 iterations, inputs may go, seed 1. */
    public static Pruning defaults() {
        return new Pruning(0.05, 0.1, 1e-3, 100, true, 1);
    }

    /** With another tolerance. */
    public Pruning withTolerance(double relative) {
        return new Pruning(relative, threshold, accuracy, iterations, inputs, seed);
    }

    /** With another threshold. */
    public Pruning withThreshold(double effect) {
        return new Pruning(tolerance, effect, accuracy, iterations, inputs, seed);
    }

    /** With an error that is good enough. */
    public Pruning withAccuracy(double relative) {
        return new Pruning(tolerance, threshold, relative, iterations, inputs, seed);
    }

    /** With other refits. */
    public Pruning withIterations(int steps) {
        return new Pruning(tolerance, threshold, accuracy, steps, inputs, seed);
    }

    /** Whether inputs may go. */
    public Pruning withInputs(boolean on) {
        return new Pruning(tolerance, threshold, accuracy, iterations, on, seed);
    }

    /** With another seed. */
    public Pruning withSeed(long number) {
        return new Pruning(tolerance, threshold, accuracy, iterations, inputs, number);
    }

    /**
     * Something that was left out, or was not.
     *
     * @param what in words
     * @param effect of it, relative to the output's deviation; NaN where it was not measured
     * @param before the error on the rows held out
     * @param after the error without it, refitted
     * @param shape of the network without it
     */
    public record Attempt(String what, double effect, double before, double after, boolean accepted, String shape,
            int edges) {
    }

    /** Hears of each attempt, and may end the work: the best so far is the result. */
    public interface Listener {
        /** An attempt is decided. */
        default void onAttempt(Attempt attempt) {
        }

        /** Asked before each attempt. */
        default boolean goOn() {
            return true;
        }
    }

    /**
     * What is left.
     *
     * @param graph whose {@link KanGraph#inputs} say which inputs are left
     * @param before the error on the rows held out of the network given, refitted
     * @param after that of what is left
     * @param attempts in order
     */
    public record Result(KanGraph graph, double before, double after, List<Attempt> attempts) {
        /** Copies the list. */
        public Result {
            Objects.requireNonNull(graph, "graph");
            attempts = List.copyOf(attempts);
        }

        /** An ordinary float64 model of what is left, which takes {@link KanGraph#inputs}; the caller closes it. */
        public Parameters parameters() {
            return graph.parameters();
        }
    }

    /** Prunes without a listener. */
    public Result run(Context context, Parameters parameters, RowSource train, RowSource held) {
        return run(context, KanGraph.of(parameters), train, held, new Listener() {
        });
    }

    /**
     * Prunes.
     *
     * @param train rows to fit to
     * @param held rows to judge by, none of which is among the others
     */
    public Result run(Context context, KanGraph graph, RowSource train, RowSource held, Listener listener) {
        return run(context, graph, Rows.of(train), Rows.of(held), listener);
    }

    Result run(Context context, KanGraph graph, Rows train, Rows held, Listener listener) {
        if (held.size() == 0 || train.size() == 0) {
            throw KanException.invalid("pruning needs rows to train on and rows to judge by, given %d and %d", train.size(),
                    held.size());
        }
        if (train.in() != graph.in() || held.in() != graph.in()) {
            throw KanException.invalid("the network has %d inputs, the rows %d and %d features", graph.in(), train.in(),
                    held.in());
        }
        return new PruningRun(this, context, graph, train, held, listener).run();
    }
}
