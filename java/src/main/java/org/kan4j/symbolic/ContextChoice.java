// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Arrays;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;

/**
 * Chooses functions for the edges of a network by what they do to the whole network, as arXiv 2603.15250
 * proposes: edges one by one in the context of the others, then, all constants fitted together, one edge anew while
 * that helps.
 *
 * @param library the functions
 * @param tolerance by which the error on held-out rows may rise, relative to the network's
 * @param candidates how many functions are tried an edge
 * @param window how many bits behind the best they may be
 * @param listener is told what is tried
 * @param cancelled asked between trials; what is there by then is returned
 */
public record ContextChoice(SymbolicLibrary library, double tolerance, int candidates, double window,
        Consumer<String> listener, BooleanSupplier cancelled) {

    /** @throws KanException if the tolerance is negative, no candidate is allowed or the window is negative */
    public ContextChoice {
        if (!(tolerance >= 0) || candidates < 1 || !(window >= 0)) {
            throw new KanException(Status.INVALID_ARGUMENT, "the tolerance " + tolerance + " and the window " + window
                    + " must be 0 or more, the candidates " + candidates + " 1 or more");
        }
    }

    /** The standard library, a tolerance of 5 %, four candidates within 8 bits. */
    public static ContextChoice defaults() {
        return new ContextChoice(SymbolicLibrary.standard(), 0.05, 4, 8, line -> {
        }, () -> false);
    }

    /** With other functions. */
    public ContextChoice withLibrary(SymbolicLibrary functions) {
        return new ContextChoice(functions, tolerance, candidates, window, listener, cancelled);
    }

    /** With another tolerance. */
    public ContextChoice withTolerance(double relative) {
        return new ContextChoice(library, relative, candidates, window, listener, cancelled);
    }

    /** With another number of functions an edge, and another distance in bits from the best. */
    public ContextChoice withCandidates(int most, double bits) {
        return new ContextChoice(library, tolerance, most, bits, listener, cancelled);
    }

    /** With a listener. */
    public ContextChoice withListener(Consumer<String> lines) {
        return new ContextChoice(library, tolerance, candidates, window, lines, cancelled);
    }

    /** With a question that ends the search when it is answered by true. */
    public ContextChoice withCancelled(BooleanSupplier question) {
        return new ContextChoice(library, tolerance, candidates, window, listener, question);
    }

    /**
     * Chooses.
     *
     * @param network its edges numeric functions ({@link Curve#asFunction}) as far as they are undecided
     * @param resolutions of edges by name, {@link EdgeFit#resolution}; 1e-3 for those not named
     * @param train rows to fit constants to
     * @param held other rows, by which candidates are compared
     * @throws KanException if a column is missing or the network is undefined on a row
     */
    public Choice choose(Composition network, Map<String, Double> resolutions, Observations train, Observations held) {
        for (double resolution : resolutions.values()) {
            if (!(resolution >= 0)) {
                throw new KanException(Status.INVALID_ARGUMENT, "the resolutions of edges must be 0 or more, given "
                        + Arrays.toString(resolutions.values().toArray()));
            }
        }
        return new ContextSearch(this, network, resolutions, train, held).run();
    }
}
