// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.util.List;
import org.kan4j.tensor.DType;
import org.kan4j.model.KanModel;

/**
 * A model with its numbers as a flat list of steps, what every export is printed from: scales, masks and constant
 * factors are multiplied into the weights, running statistics into affine maps, and a basis is an {@link Expr}. {@link
 * Lowering} makes it.
 *
 * @param model what it was made from
 * @param dtype what it is computed in
 */
record Program(KanModel model, DType dtype, List<Step> steps) {

    /** One map of rows. */
    sealed interface Step {
        /** Features it takes. */
        int in();

        /** Features it gives. */
        int out();
    }

    /**
     * y_o = bias_o + sum over i and c of column_c(x_i) w_ico.
     *
     * @param norm gives {@link Expr#Z} from x; null where no column uses it
     * @param columns functions of a feature, one after the other
     * @param weights (in, sum of the columns' widths, out)
     * @param bias (out), or null
     */
    record Product(int in, int out, Normalise norm, List<Expr> columns, double[] weights,
            double[] bias) implements Step {
        /** Columns of a feature. */
        int width() {
            return columns.stream().mapToInt(Expr::width).sum();
        }
    }

    /**
     * y_o = bias_o + sum over i of edge(x_i)_o, for functions that belong to an edge.
     *
     * @param edge of width out
     * @param bias (out), or null
     */
    record Edges(int in, int out, Expr edge, double[] bias) implements Step {
    }

    /** (x - mean) / sqrt(var + eps) * weight + bias over the features of a row. */
    record Normalise(int in, double eps, double[] weight, double[] bias) implements Step {
        @Override
        public int out() {
            return in;
        }
    }

    /** y_i = function(x_i), of width 1. */
    record Elementwise(int in, Expr function) implements Step {
        @Override
        public int out() {
            return in;
        }
    }

    /** The first features pass, the rest are multiplied in runs. */
    record Products(int passed, int products, int arity) implements Step {
        @Override
        public int in() {
            return passed + products * arity;
        }

        @Override
        public int out() {
            return passed + products;
        }
    }

    /** Features of a row. */
    int in() {
        return steps.getFirst().in();
    }

    /** Outputs of a row. */
    int out() {
        return steps.getLast().out();
    }
}
