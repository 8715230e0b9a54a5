// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.util.List;

/**
 * A function of one feature, for every feature i of a row at once: a number, or a vector of {@link #width} numbers. A
 * directed graph of operations; a node that is reached twice is the same object and is computed once.
 */
sealed interface Expr {

    /** Numbers for each feature. */
    int width();

    /** Whether it is computed in double precision in a float32 model too. */
    default boolean wide() {
        return false;
    }

    /** Operations element by element; an operand of width 1 is used for every element of the other. */
    enum Op {
        ADD,
        SUB,
        MUL,
        DIV,
        MIN,
        MAX,
        NEG,
        ABS,
        EXP,
        SIN,
        COS,
        TANH,
        ERF,
        /** To double precision. */
        WIDEN,
        /** Back to the model's type. */
        NARROW
    }

    /**
     * The feature itself.
     *
     * @param normalised whether after the layer norm in front of the basis
     */
    record Input(boolean normalised) implements Expr {
        @Override
        public int width() {
            return 1;
        }
    }

    /**
     * Numbers known at export.
     *
     * @param rows 1, or one row a feature
     * @param values (rows, width)
     */
    record Constant(int rows, int width, double[] values) implements Expr {
    }

    /** An operation. */
    record Call(Op op, List<Expr> arguments) implements Expr {
        @Override
        public int width() {
            return arguments.stream().mapToInt(Expr::width).max().orElseThrow();
        }

        @Override
        public boolean wide() {
            return op == Op.WIDEN || op != Op.NARROW && arguments.stream().anyMatch(Expr::wide);
        }
    }

    /**
     * Polynomials of degree 1 to {@code a.length} by a three-term recurrence: P_0 = 1 (left out: it is a constant),
     * P_d = (a_d t + b_d) P_{d-1} - c_d P_{d-2}; the arrays begin with degree 1.
     */
    record Recurrence(Expr t, double[] a, double[] b, double[] c) implements Expr {
        @Override
        public int width() {
            return a.length;
        }
    }

    /**
     * All B-splines of an order on knots, half-open intervals, 0 outside the knots.
     *
     * @param rows 1, or one row of knots a feature
     * @param knots (rows, width + order + 1), non-decreasing
     * @param even whether every row is evenly spaced to within the rounding of the model's type
     */
    record Spline(Expr x, int order, int rows, double[] knots, boolean even) implements Expr {
        @Override
        public int width() {
            return count() - order - 1;
        }

        /** Knots of a row. */
        int count() {
            return knots.length / rows;
        }
    }

    // ------------------------------------------------------------------------------------------------- short spellings

    /** The feature. */
    Expr X = new Input(false);
    /** The feature after the layer's norm. */
    Expr Z = new Input(true);

    /** A number. */
    static Expr number(double value) {
        return new Constant(1, 1, new double[] {value});
    }

    /** Numbers that are the same for every feature. */
    static Expr vector(double... values) {
        return new Constant(1, values.length, values);
    }

    /** A number for each feature. */
    static Expr each(double[] values) {
        return new Constant(values.length, 1, values);
    }

    /** Numbers (features, width). */
    static Expr table(int width, double[] values) {
        return new Constant(values.length / width, width, values);
    }

    /** An operation. */
    static Expr of(Op op, Expr... arguments) {
        return new Call(op, List.of(arguments));
    }

    /** This + other. */
    default Expr plus(Expr other) {
        return of(Op.ADD, this, other);
    }

    /** This - other. */
    default Expr minus(Expr other) {
        return of(Op.SUB, this, other);
    }

    /** This times other. */
    default Expr times(Expr other) {
        return of(Op.MUL, this, other);
    }

    /** This times a number. */
    default Expr times(double factor) {
        return times(number(factor));
    }

    /** This / other. */
    default Expr over(Expr other) {
        return of(Op.DIV, this, other);
    }

    /** The larger of this and a number; NaN stays. */
    default Expr atLeast(Expr bound) {
        return of(Op.MAX, this, bound);
    }

    /** The smaller of this and a number; NaN stays. */
    default Expr atMost(Expr bound) {
        return of(Op.MIN, this, bound);
    }
}
