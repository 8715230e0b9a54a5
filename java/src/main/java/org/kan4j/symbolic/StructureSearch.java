// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.kan4j.formula.Expression;

/**
 * Looks for a formula in the data itself, before any network is fitted: polynomials and quotients of them, sums and products
 * of functions of single columns (least squares in Chebyshev polynomials), few terms of products of plain functions, all of
 * them also of the target's logarithm, square, reciprocal ..., and, one inside another, factors that can be divided out,
 * columns that enter by their difference, product or quotient, and columns that enter by one function times others
 * (the decompositions of AI Feynman, arXiv 1905.11481, by linear algebra in the place of networks). Every form that may be is
 * fitted to the target as a whole, all constants together.
 *
 * @param library functions of one variable
 * @param enough root mean square error on held-out rows, in deviations, at which the search ends
 * @param operations elementary ones after which it ends, about as many multiplications and additions; a count, so that what is
 *     found does not depend on how fast a machine is
 * @param listener is told what is tried
 * @param cancelled asked between trials; what is there by then is returned
 */
public record StructureSearch(SymbolicLibrary library, double enough, double operations, Consumer<String> listener,
        BooleanSupplier cancelled) {

    /** Error, in deviations, at which a formula is the data's own. */
    private static final double EXACT = 3e-12;
    /** Twenty-five seconds of one core of an AMD EPYC. */
    private static final double OPERATIONS = 5e10;

    /** @throws NullPointerException without a library, a listener or a question */
    public StructureSearch {
        Objects.requireNonNull(library, "library");
        Objects.requireNonNull(listener, "listener");
        Objects.requireNonNull(cancelled, "cancelled");
    }

    /** The standard library, to the last digit. */
    public static StructureSearch defaults() {
        return new StructureSearch(SymbolicLibrary.standard(), EXACT, OPERATIONS, line -> {
        }, () -> false);
    }

    /** With other functions. */
    public StructureSearch withLibrary(SymbolicLibrary functions) {
        return new StructureSearch(functions, enough, operations, listener, cancelled);
    }

    /** Ending at another error, such as the noise of the data. */
    public StructureSearch withEnough(double deviations) {
        return new StructureSearch(library, deviations, operations, listener, cancelled);
    }

    /** Ending after another number of operations. */
    public StructureSearch withOperations(double most) {
        return new StructureSearch(library, enough, most, listener, cancelled);
    }

    /** With a listener. */
    public StructureSearch withListener(Consumer<String> lines) {
        return new StructureSearch(library, enough, operations, lines, cancelled);
    }

    /** With a question that ends the search when it is answered by true. */
    public StructureSearch withCancelled(BooleanSupplier question) {
        return new StructureSearch(library, enough, operations, listener, question);
    }

    /**
     * A formula that was met.
     *
     * @param formula of the columns, its constants fitted
     * @param heldRmse on held-out rows, in deviations
     */
    public record Met(Expression formula, double heldRmse) {
    }

    /**
     * Searches.
     *
     * @param output name of the target
     * @param train rows to fit to
     * @param held other rows, by which formulas are compared
     * @return the best formulas met, the best first
     */
    public List<Met> find(String output, Observations train, Observations held) {
        return new StructureRun(this, output, train, held).run();
    }
}
