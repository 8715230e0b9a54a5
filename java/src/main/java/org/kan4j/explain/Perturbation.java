// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import org.kan4j.device.Context;
import org.kan4j.internal.SplitMix;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.Multiply;

/** Random functions added to the edges of a network, for data to change (KAN 2.0, arXiv 2408.10205, section 4). */
final class Perturbation {

    private Perturbation() {
    }

    static KanGraph of(Context context, KanGraph graph, double[] x, double magnitude, KanGraph.Where where, long seed) {
        boolean[][] used = used(graph);
        KanGraph result = graph;
        SplitMix random = new SplitMix(seed, 41);
        try (GraphRun run = new GraphRun(context, graph, x.length / graph.in())) {
            run.forward(x);
            for (int l = 0; l < graph.layers().size(); l++) {
                GraphLayer layer = graph.layer(l);
                if (!(layer.spec() instanceof KanLayer)) {
                    continue;
                }
                double[] seen = layer.argument() == KanGraph.Argument.INPUT ? run.inputOf(l)
                        : layer.normalised(run.inputOf(l));
                double[] y = run.inputOf(l + 1);
                for (int o = 0; o < layer.out(); o++) {
                    double size = Moments.deviation(GraphRun.column(y, layer.out(), o));
                    for (int i = 0; i < layer.in(); i++) {
                        boolean chosen = switch (where) {
                            case UNUSED -> !used[l][o];
                            case PRESENT -> layer.has(o, i);
                            case ALL -> true;
                        };
                        if (chosen) {
                            double[] at = GraphRun.column(seen, layer.in(), i);
                            result = result.withLayer(l, moved(context, result.layer(l), o, i, at,
                                    magnitude * (size > 0 ? size : 1), random));
                        }
                    }
                }
            }
        }
        return result;
    }

    /** Adds random coefficients whose function has this root mean square on the rows. */
    private static GraphLayer moved(Context context, GraphLayer layer, int o, int i, double[] at, double rms,
            SplitMix random) {
        String name = layer.edgeTensors().getFirst();
        double[] old = layer.tensor(name);
        int width = old.length / (layer.in() * layer.out());
        int start = (o * layer.in() + i) * width;
        double[] values = old.clone();
        for (int k = start; k < start + width; k++) {
            values[k] = random.normal();
        }
        GraphLayer alone = layer.withTensor(name, values);
        double[] phi;
        try (GraphRun.Piece piece = new GraphRun.Piece(context,
                alone.edges(new int[] {o}, i, layer.edgeTensors().size() > 1 ? GraphLayer.Part.BASIS : GraphLayer.Part.BOTH))) {
            phi = piece.run(at);
        }
        double size = Moments.rms(phi, new double[phi.length]);
        for (int k = start; k < start + width; k++) {
            values[k] = old[k] + (size > 0 ? values[k] * rms / size : 0);
        }
        return layer.withTensor(name, values);
    }

    /** Whether an output of the network depends on an output of a layer, by layer. */
    private static boolean[][] used(KanGraph graph) {
        int count = graph.layers().size();
        boolean[][] used = new boolean[count][];
        used[count - 1] = new boolean[graph.out()];
        java.util.Arrays.fill(used[count - 1], true);
        for (int l = count - 1; l > 0; l--) {
            GraphLayer layer = graph.layer(l);
            boolean[] before = new boolean[layer.in()];
            for (int i = 0; i < before.length; i++) {
                if (layer.dense()) {
                    for (int o = 0; o < layer.out(); o++) {
                        before[i] |= used[l][o] && layer.has(o, i);
                    }
                } else {
                    before[i] = used[l][layer.spec() instanceof Multiply m && i >= m.passed()
                            ? m.passed() + (i - m.passed()) / m.arity() : i];
                }
            }
            used[l - 1] = before;
        }
        return used;
    }
}
