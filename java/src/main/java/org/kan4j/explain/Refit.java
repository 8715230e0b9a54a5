// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.kan4j.device.Context;
import org.kan4j.tensor.DType;
import org.kan4j.train.DataObjective;
import org.kan4j.rows.Dataset;
import org.kan4j.grid.GridUpdate;
import org.kan4j.tensor.HostTensor;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.LbfgsMinimizer;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Objective;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;

/**
 * Full-batch L-BFGS on what a graph has. An absent edge stays absent for every basis: the gradient by its coefficients and
 * base weight is set to 0, so that no step leaves the subspace where they are 0.
 */
final class Refit {

    /** Iterations from one grid update to the next. */
    private static final int PART = 50;
    /** Iterations from one look at the rows held out to the next. */
    private static final int LOOK = 10;
    /** Steps of Levenberg-Marquardt without a gain on the rows held out. */
    private static final int PATIENCE = 5;
    private static final GridUpdate UPDATE = GridUpdate.defaults().withUniformShare(1).withSamplesPerCell(10);

    private Refit() {
    }

    /** The graph after so many iterations; grids are moved to the data during the first half of them. */
    static KanGraph run(Context context, KanGraph graph, Rows train, int iterations) {
        return run(context, graph, train, iterations, after -> {
        });
    }

    /** The best on rows held out of the graphs on that way, the one given included: a fit to noise is better before its end. */
    static KanGraph run(Context context, KanGraph graph, Rows train, Rows held, int iterations) {
        Lowest lowest = new Lowest(context, graph, held);
        run(context, graph, train, iterations, lowest);
        return lowest.graph;
    }

    private static KanGraph run(Context context, KanGraph graph, Rows train, int iterations, Consumer<KanGraph> visitor) {
        try (Arena arena = Arena.ofConfined(); Parameters parameters = graph.parameters()) {
            Dataset data = train.dataset(arena);
            HostTensor features = data.features();
            try (ParameterVector held = held(graph, parameters);
                    DataObjective objective = DataObjective.of(context, parameters, data, loss(train), List.of());
                    LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, parameters, Lbfgs.of(iterations).withHistory(20))) {
                Objective projected = held == null ? objective : gradient -> {
                    double value = objective.evaluate(gradient);
                    project(gradient, held);
                    return value;
                };
                boolean stuck = false;
                for (int done = LOOK; done < iterations + LOOK && !stuck; done += LOOK) {
                    stuck = minimizer.minimize(projected, Math.min(LOOK, iterations + LOOK - done))
                            .stop() == Lbfgs.Stop.NO_DESCENT;
                    visitor.accept(like(graph, KanGraph.of(parameters)));
                    if (done <= iterations / 2 && (stuck || done % PART == 0)) {
                        UPDATE.apply(context, parameters, features);
                        minimizer.reset();
                        stuck = false;
                    }
                }
            }
            return like(graph, KanGraph.of(parameters));
        }
    }

    /** As {@link #run}, by Levenberg-Marquardt and at most so many steps; grids stay. */
    static KanGraph converged(Context context, KanGraph graph, Rows train, Rows held, int steps) {
        Lowest lowest = new Lowest(context, graph, held);
        try (Parameters parameters = graph.parameters();
                ParameterVector free = held(graph, parameters);
                LevenbergMarquardt minimizer = new LevenbergMarquardt(context, parameters, train, free)) {
            for (int step = 0; step < steps && lowest.since < PATIENCE && minimizer.step(); step++) {
                lowest.accept(like(graph, KanGraph.of(parameters)));
            }
        }
        return lowest.graph;
    }

    /** The graph met that errs least on rows held out. */
    private static final class Lowest implements Consumer<KanGraph> {
        private final Context context;
        private final Rows held;
        private KanGraph graph;
        private double value;
        /** Graphs met since. */
        private int since;

        Lowest(Context context, KanGraph start, Rows held) {
            this.context = context;
            this.held = held;
            this.graph = start;
            this.value = Quality.of(context, start, held).value();
        }

        @Override
        public void accept(KanGraph met) {
            double reached = Quality.of(context, met, held).value();
            since = reached < value ? 0 : since + 1;
            if (reached < value) {
                graph = met;
                value = reached;
            }
        }
    }

    /** What may change of a layer with edges. */
    interface Movable {
        /** An edge's coefficients. */
        boolean edge(int layer, int input, int output);

        /** A node's bias. */
        boolean node(int layer, int output);
    }

    /** The graph after so many iterations on some of its edges and biases; nothing else moves, grids neither. */
    static KanGraph some(Context context, KanGraph graph, Rows train, int iterations, Movable movable) {
        try (Arena arena = Arena.ofConfined(); Parameters parameters = graph.parameters()) {
            try (ParameterVector free = free(graph, parameters, movable);
                    DataObjective objective = DataObjective.of(context, parameters, train.dataset(arena), loss(train),
                            List.of());
                    LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, parameters,
                            Lbfgs.of(iterations).withHistory(20))) {
                minimizer.minimize(gradient -> {
                    double value = objective.evaluate(gradient);
                    project(gradient, free);
                    return value;
                }, iterations);
            }
            return like(graph, KanGraph.of(parameters));
        }
    }

    /** The graph after so many iterations on the biases and on the edges that are there, frozen ones excepted. */
    static KanGraph without(Context context, KanGraph graph, Rows train, int iterations, Set<Edge> frozen) {
        return some(context, graph, train, iterations, new Movable() {
            @Override
            public boolean edge(int layer, int input, int output) {
                return graph.layer(layer).has(output, input) && !frozen.contains(new Edge(layer, input, output));
            }

            @Override
            public boolean node(int layer, int output) {
                return true;
            }
        });
    }

    private static ParameterVector free(KanGraph graph, Parameters parameters, Movable movable) {
        ParameterVector free = parameters.newVector();
        try (Arena arena = Arena.ofConfined()) {
            for (TensorInfo tensor : parameters.tensors()) {
                if (tensor.role() != TensorInfo.Role.PARAMETER) {
                    continue;
                }
                GraphLayer layer = graph.layer(tensor.layer());
                double[] ones = new double[Math.toIntExact(tensor.shape().size())];
                boolean edges = layer.dense() && (layer.edgeTensors().contains(tensor.tensor())
                        || tensor.tensor().equals("coef_scale"));
                boolean nodes = layer.dense() && tensor.tensor().equals("bias");
                int width = edges ? ones.length / (layer.in() * layer.out()) : 1;
                for (int k = 0; k < ones.length; k++) {
                    int edge = k / width;
                    ones[k] = edges && movable.edge(tensor.layer(), edge % layer.in(), edge / layer.in())
                            || nodes && movable.node(tensor.layer(), k) ? 1 : 0;
                }
                free.set(tensor.name(), HostTensor.of(arena, ones).reshape(tensor.shape().toArray()).to(arena, DType.F64));
            }
        }
        return free;
    }

    static Loss loss(Rows rows) {
        return rows.classes() > 0 ? new Loss.CrossEntropy() : new Loss.Mse();
    }

    /** The same numbers with the inputs' old names. */
    static KanGraph like(KanGraph named, KanGraph numbers) {
        return new KanGraph(numbers.layers(), named.inputs());
    }

    /** 1 where a parameter may move, 0 where it belongs to an absent edge; null if there are none. */
    private static ParameterVector held(KanGraph graph, Parameters parameters) {
        ParameterVector free = parameters.newVector();
        boolean any = false;
        try (Arena arena = Arena.ofConfined()) {
            for (TensorInfo tensor : parameters.tensors()) {
                if (tensor.role() != TensorInfo.Role.PARAMETER) {
                    continue;
                }
                GraphLayer layer = graph.layer(tensor.layer());
                double[] ones = new double[Math.toIntExact(tensor.shape().size())];
                java.util.Arrays.fill(ones, 1);
                if (layer.dense() && layer.edgeTensors().contains(tensor.tensor())) {
                    int width = ones.length / (layer.in() * layer.out());
                    for (int k = 0; k < ones.length; k++) {
                        int edge = k / width;
                        if (!layer.has(edge / layer.in(), edge % layer.in())) {
                            ones[k] = 0;
                            any = true;
                        }
                    }
                }
                free.set(tensor.name(), HostTensor.of(arena, ones).reshape(tensor.shape().toArray())
                        .to(arena, DType.F64));
            }
        }
        if (!any) {
            free.close();
            return null;
        }
        return free;
    }

    /** Sets to 0 what must not move. */
    static void project(ParameterVector gradient, ParameterVector free) {
        MemorySegment g = gradient.flat().segment();
        MemorySegment f = free.flat().segment();
        for (long k = 0, n = gradient.flat().size(); k < n; k++) {
            if (f.getAtIndex(ValueLayout.JAVA_DOUBLE, k) == 0) {
                g.setAtIndex(ValueLayout.JAVA_DOUBLE, k, 0);
            }
        }
    }
}
