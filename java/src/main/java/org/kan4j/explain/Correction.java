// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.layer.Multiply;
import org.kan4j.rows.RowSource;

/**
 * A law corrected by data (KAN 2.0, arXiv 2408.10205, section 4): y = law(x) + learned(x). The law is a network, such as
 * {@link KanCompiler} makes of a textbook's formula, and stays as it is; the learned part are nodes beside it, which see what the
 * law's nodes of the same layer see and add to the outputs.
 *
 * @param graph law and learned part in one network
 * @param before root mean square error of the law on the rows held out
 * @param after that of the law with the learned part
 * @param learned root mean square of the learned part on the rows held out, as a share of the targets' deviation there: how
 *     much of the data the law does not say
 */
public record Correction(KanGraph graph, double before, double after, double learned) {

    /** Size of the new nodes before the fit, as a root mean square. */
    private static final double START = 0.3;

    /**
     * Fits the learned part.
     *
     * @param nodes sums beside each of the law's hidden layers; a law without hidden layers gets one
     * @param train rows to learn from, of numbers
     * @param held rows held out
     * @param iterations of L-BFGS
     * @param seed of the new nodes
     */
    public static Correction of(Context context, KanGraph law, int nodes, RowSource train, RowSource held, int iterations,
            long seed) {
        Rows rows = Rows.of(train);
        Rows others = Rows.of(held);
        if (rows.classes() > 0 || rows.in() != law.in() || rows.out() != law.out()) {
            throw KanException.invalid("the law has %s and gives %s, the rows have %s and %s", Counted.of(law.in(), "input"),
                    Counted.of(law.out(), "number"), Counted.of(rows.in(), "feature"),
                    rows.classes() > 0 ? Counted.of(rows.classes(), "class") : Counted.of(rows.out(), "target"));
        }
        if (nodes < 1) {
            throw KanException.invalid("the learned part needs at least 1 node a layer, given %d", nodes);
        }
        boolean hidden = law.layers().stream().filter(GraphLayer::dense).count() > 1;
        KanGraph wide = hidden ? law : law.deeper(context, rows.x());
        List<Integer> first = new ArrayList<>(); // of the new nodes, by layer; -1 where there are none
        for (int l = 0; l < wide.layers().size(); l++) {
            boolean between = wide.layer(l).dense() && Widening.next(wide, l) >= 0;
            first.add(between ? passed(wide, l) : -1);
            wide = between ? wide.wider(l, nodes, 0) : wide;
        }
        int last = first.size() - 1;
        while (!wide.layer(last).dense()) {
            last--;
        }
        int end = last;
        int before = first.subList(0, end).stream().filter(n -> n >= 0).reduce((a, b) -> b).orElseThrow();
        KanGraph start = wide.withLayer(end, wide.layer(end).withBias())
                .perturbed(context, START, KanGraph.Where.UNUSED, seed, Rows.spread(rows.x(), rows.in(), 4096));
        KanGraph graph = Refit.some(context, start, rows, iterations, new Refit.Movable() {
            @Override
            public boolean edge(int layer, int input, int output) {
                return layer == end ? among(input, before) : among(output, first.get(layer));
            }

            @Override
            public boolean node(int layer, int output) {
                return layer == end || among(output, first.get(layer));
            }

            private boolean among(int node, int from) {
                return from >= 0 && node >= from && node < from + nodes;
            }
        });
        double[] lawful = law.predict(context, others.x());
        double[] both = graph.predict(context, others.x());
        double deviation = Math.sqrt(Arrays.stream(Widening.all(law.out()))
                .mapToDouble(k -> Moments.variance(GraphRun.column(others.y(), law.out(), k))).average().orElse(0));
        return new Correction(graph, Moments.rms(lawful, others.y()), Moments.rms(both, others.y()),
                Moments.rms(both, lawful) / deviation);
    }

    private static int passed(KanGraph graph, int layer) {
        for (int l = layer; l < Widening.next(graph, layer); l++) {
            if (graph.layer(l).spec() instanceof Multiply multiply) {
                return multiply.passed();
            }
        }
        return graph.layer(layer).out();
    }
}
