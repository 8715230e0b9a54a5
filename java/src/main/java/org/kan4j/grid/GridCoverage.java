// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.grid;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.Parameters;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.HostTensor;

/**
 * How many of the numbers that a model's layers see lie outside their grids, where a spline is 0 or continues as its
 * basis says and nothing was learned. Counted for every layer with a grid, B-splines between the knots t_k and t_(G+k)
 * of each input, Gaussians and RSWAF between the first and the last centre.
 *
 * @param layers those with a grid, in order
 */
public record GridCoverage(List<Layer> layers) {

    /** Rows that are looked at where nothing is said. */
    public static final int ROWS = 10_000;

    private static final int FIRST_ROWS = 1_000;

    /** Of the width of a grid: a number so little beyond an end is a rounding of it. */
    private static final double ROUNDING = 1e-6;

    /** Keeps an immutable copy. */
    public GridCoverage {
        layers = List.copyOf(layers);
    }

    /**
     * Of one layer.
     *
     * @param layer its index in the model
     * @param rows that were looked at
     * @param outside rows outside the grid, for each input
     */
    public record Layer(int layer, int rows, int[] outside) {

        /** Keeps a copy. */
        public Layer {
            outside = outside.clone();
        }

        /** Rows outside the grid, for each input; a copy. */
        @Override
        public int[] outside() {
            return outside.clone();
        }

        /** Of all numbers the layer saw, 0 to 1. */
        public double share() {
            long sum = 0;
            for (int count : outside) {
                sum += count;
            }
            return (double) sum / ((long) rows * outside.length);
        }

        /** The input with the most rows outside. */
        public int worstInput() {
            int worst = 0;
            for (int i = 1; i < outside.length; i++) {
                worst = outside[i] > outside[worst] ? i : worst;
            }
            return worst;
        }

        /** Of the numbers an input saw, 0 to 1. */
        public double share(int input) {
            return (double) outside[input] / rows;
        }
    }

    /** Counts over at most so many rows, evenly spread; what a layer's input norm makes of its inputs is counted. */
    public static GridCoverage measure(Context context, Parameters parameters, RowSource rows, int most) {
        try (Arena arena = Arena.ofConfined()) {
            return measure(context, parameters, rows.sample(arena, most));
        }
    }

    /**
     * Counts over rows.
     *
     * @param features (..., in of the model), at least one row, of the model's type
     */
    public static GridCoverage measure(Context context, Parameters parameters, HostTensor features) {
        return parameters.on(context, here -> of(context, here, features));
    }

    private static GridCoverage of(Context context, Parameters parameters, HostTensor features) {
        return parameters.on(context, placed -> {
            List<Layer> layers = new ArrayList<>();
            for (int l = 0; l < placed.model().layers().size(); l++) {
                if (GridUpdate.hasGrid(placed.model().layers().get(l))) {
                    layers.add(measure(placed, l, LayerSamples.of(context, placed, l, features)));
                }
            }
            return new GridCoverage(layers);
        });
    }

    /** Of the first layer, on rows that are at hand without a pass over all of them; empty where it has no grid. */
    public static Optional<Layer> firstLayer(Context context, Parameters parameters, RowSource rows) {
        if (!GridUpdate.hasGrid(parameters.model().layers().getFirst()) || rows.size() == 0) {
            return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            HostTensor features = rows instanceof Dataset ? rows.sample(arena, ROWS) : first(arena, rows);
            return parameters.on(context,
                    here -> Optional.of(measure(here, 0, LayerSamples.of(context, here, 0, features))));
        }
    }

    private static HostTensor first(Arena arena, RowSource rows) {
        int count = Math.min(FIRST_ROWS, rows.size());
        HostTensor features = HostTensor.allocate(arena, rows.dtype(), count, rows.in());
        HostTensor weights = HostTensor.allocate(arena, rows.dtype(), count);
        try (RowSource.Pass pass = rows.inOrder()) {
            pass.read(0, count, features.segment(), MemorySegment.NULL, weights.segment());
        }
        return features;
    }

    private static Layer measure(Parameters parameters, int layer, LayerSamples samples) {
        KanLayer spec = (KanLayer) parameters.model().layers().get(layer);
        int[] outside = new int[Math.toIntExact(spec.in())];
        try (Arena arena = Arena.ofConfined()) {
            boolean spline = spec.basis() instanceof BSpline;
            double[] points = parameters.get(arena, "layers." + layer + (spline ? ".knots" : ".centres")).toDoubles();
            for (int i = 0; i < outside.length; i++) {
                int first = 0;
                int last = points.length - 1;
                if (spec.basis() instanceof BSpline basis) {
                    int count = basis.grid() + 2 * basis.order() + 1;
                    first = i * count + basis.order();
                    last = first + basis.grid();
                }
                double slack = (points[last] - points[first]) * ROUNDING;
                double low = points[first] - slack;
                double high = points[last] + slack;
                for (double z : samples.column(i)) {
                    outside[i] += z < low || z > high ? 1 : 0;
                }
            }
        }
        return new Layer(layer, samples.rows(), outside);
    }

    /** The layer with the largest share outside; empty where no layer has a grid. */
    public Optional<Layer> worst() {
        return layers.stream().max(Comparator.comparingDouble(Layer::share));
    }
}
