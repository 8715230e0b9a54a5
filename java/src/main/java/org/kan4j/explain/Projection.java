// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import org.kan4j.device.Context;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.Linear;

/**
 * An edge's coefficients for given values, by least squares. The columns are what the kernels give for one coefficient
 * each, so that any basis with coefficients will do.
 *
 * @param layer with the edge in place
 * @param residual root mean square of what is left
 */
record Projection(GraphLayer layer, double residual) {

    /** Weight that keeps coefficients small that nothing determines, against columns of norm 1. */
    private static final double RIDGE = 1e-13;

    /**
     * Fits.
     *
     * @param x arguments
     * @param target values of the edge there; a constant part goes into the coefficients as far as these hold it
     */
    static Projection of(Context context, GraphLayer layer, int output, int input, double[] x, double[] target) {
        GraphLayer one = layer.edges(new int[] {output}, input, GraphLayer.Part.BOTH);
        double[][] columns = columns(context, one, x);
        double[] solution = LeastSquares.solve(columns, target, RIDGE);
        double squares = 0;
        for (int b = 0; b < x.length; b++) {
            double value = 0;
            for (int k = 0; k < columns.length; k++) {
                value += columns[k][b] * solution[k];
            }
            squares += (value - target[b]) * (value - target[b]);
        }
        GraphLayer result = layer;
        int at = 0;
        int edge = output * layer.in() + input;
        for (String name : layer.edgeTensors()) {
            double[] values = layer.tensor(name).clone();
            int width = values.length / (layer.in() * layer.out());
            System.arraycopy(solution, at, values, edge * width, width);
            at += width;
            result = result.withTensor(name, values);
        }
        if (layer.spec() instanceof KanLayer kan && kan.scale()) {
            double[] scale = layer.tensor("coef_scale").clone();
            scale[edge] = 1;
            result = result.withTensor("coef_scale", scale);
        }
        return new Projection(result, Math.sqrt(squares / x.length));
    }

    /** One column a coefficient, in the order of the edge's tensors. */
    private static double[][] columns(Context context, GraphLayer edge, double[] x) {
        int all = edge.edgeTensors().stream().mapToInt(name -> edge.tensor(name).length).sum();
        GraphLayer wide = edge.take(new int[all], new int[1]); // as many copies as there are coefficients
        int at = 0;
        for (String name : edge.edgeTensors()) {
            int width = edge.tensor(name).length;
            double[] unit = new double[all * width];
            for (int k = 0; k < width; k++) {
                unit[(at + k) * width + k] = 1;
            }
            at += width;
            wide = wide.withTensor(name, unit);
        }
        if (edge.spec() instanceof KanLayer kan && kan.scale()) {
            double[] ones = new double[all];
            java.util.Arrays.fill(ones, 1);
            wide = wide.withTensor("coef_scale", ones);
        } else if (!(edge.spec() instanceof KanLayer) && !(edge.spec() instanceof Linear)) {
            throw new IllegalStateException(edge.spec().toString());
        }
        double[][] columns = new double[all][];
        try (GraphRun.Piece piece = new GraphRun.Piece(context, wide)) {
            double[] values = piece.run(x);
            for (int k = 0; k < all; k++) {
                columns[k] = GraphRun.column(values, all, k);
            }
        }
        return columns;
    }
}
