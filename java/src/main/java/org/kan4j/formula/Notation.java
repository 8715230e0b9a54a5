// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

/**
 * How an expression is written. The infix notations read back as the same tree ({@link Expression#parse}); variables whose
 * names are no identifiers stand between back quotes in {@link #TEXT} and lose what no identifier may hold in the others.
 */
public enum Notation {
    /** {@code exp(sin(pi*x) + y^2)}. */
    TEXT,
    /** An expression of Java, of doubles. */
    JAVA,
    /** An expression of Python with NumPy as {@code np}. */
    PYTHON,
    /** Text for SymPy's {@code sympify}; fractions stay exact. */
    SYMPY,
    /** An expression of C with math.h, of doubles. */
    C,
    /** LaTeX for math mode. */
    LATEX,
    /** Presentation MathML, one math element. */
    MATHML
}
