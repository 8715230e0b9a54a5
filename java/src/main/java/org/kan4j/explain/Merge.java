// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.Arrays;
import java.util.Optional;
import org.kan4j.device.Context;
import org.kan4j.layer.KanLayer;
import org.kan4j.basis.Wavelet;

/** Two hidden nodes of which one is an affine map of the other become one. */
final class Merge {

    /** Correlation of two nodes from which they are taken for one. */
    private static final double SAME = 1 - 1e-4;

    private Merge() {
    }

    /** The graph with the first such pair merged; empty if there is none. */
    static Optional<KanGraph> first(Context context, KanGraph graph, double[] x) {
        try (GraphRun run = new GraphRun(context, graph, x.length / graph.in())) {
            run.forward(x);
            for (int l = 1; l < graph.layers().size(); l++) {
                GraphLayer layer = graph.layer(l);
                boolean possible = layer.spec() instanceof KanLayer kan && !(kan.basis() instanceof Wavelet)
                        && layer.argument() == KanGraph.Argument.INPUT;
                double[] h = run.inputOf(l);
                for (int j = 0; possible && j < layer.in(); j++) {
                    for (int i = 0; i < j; i++) {
                        double[] stays = GraphRun.column(h, layer.in(), i);
                        double[] goes = GraphRun.column(h, layer.in(), j);
                        if (Math.abs(Moments.correlation(stays, goes)) > SAME) {
                            return Optional.of(graph.withLayer(l, merged(context, layer, i, j, stays, goes)));
                        }
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** What the edges of the node that goes did is added to those of the node that stays, by least squares. */
    private static GraphLayer merged(Context context, GraphLayer layer, int stays, int goes, double[] h, double[] g) {
        GraphLayer result = layer;
        for (int o = 0; o < layer.out(); o++) {
            if (!layer.has(o, goes)) {
                continue;
            }
            double[] target = values(context, layer, o, goes, g);
            if (layer.has(o, stays)) {
                double[] own = values(context, layer, o, stays, h);
                Arrays.setAll(target, b -> target[b] + own[b]);
            }
            result = Projection.of(context, result, o, stays, h, target).layer().without(o, goes, 0);
        }
        return result;
    }

    private static double[] values(Context context, GraphLayer layer, int output, int input, double[] x) {
        try (GraphRun.Piece piece = new GraphRun.Piece(context,
                layer.edges(new int[] {output}, input, GraphLayer.Part.BOTH))) {
            return piece.run(x);
        }
    }
}
