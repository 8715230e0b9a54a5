// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Objects;
import org.kan4j.formula.DomainProof;
import org.kan4j.formula.Expression;

/**
 * A function fitted to a curve.
 *
 * @param function what it is
 * @param expression of the variable {@link #X}, its constants measured
 * @param error the root of the squared error over the squared deviation of the curve
 * @param checkError the same at points that were not fitted
 * @param middleError the same on the middle 80 % of the range
 * @param score in bits, smaller is better: complexity + half a bit a constant + 2 log2 of the error
 * @param domain whether it is defined on the whole range
 */
public record Candidate(EdgeFunction function, Expression expression, double error, double checkError, double middleError,
        double score, DomainProof domain) {

    /** The name of the variable. */
    public static final String X = "x";

    /** @throws NullPointerException without a function, an expression or what is known of its domain */
    public Candidate {
        Objects.requireNonNull(function, "function");
        Objects.requireNonNull(expression, "expression");
        Objects.requireNonNull(domain, "domain");
    }

    @Override
    public String toString() {
        return String.format("%s (%.1e, %.1f bits): %s", function.name(), error, score, expression);
    }
}
