// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.kan4j.error.Counted;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * What the features, nodes and edges of a network do on some rows.
 *
 * @param features those of the network's inputs, in order
 * @param edges those that are there, layer by layer
 * @param nodes shares of the nodes before each layer, the inputs first, and of the outputs last: they add up to 1 where
 *     no product is between
 * @param interactions of pairs of features, in descending order; empty where none were asked for
 * @param correlation the largest absolute correlation between two features: above about 0.1 total effects are permutation
 *     importances
 */
public record Attribution(List<Feature> features, List<OfEdge> edges, List<double[]> nodes, List<Pair> interactions,
        double correlation) {

    /** Features whose total effect is measured; of more, those of the largest derivatives. */
    public static final int MEASURED = 100;
    /** Rows that are used at most, evenly spread. */
    public static final int ROWS = 4096;
    /** Features between whose pairs interactions are measured at most: those of the largest total effects. */
    public static final int PAIRED = 12;

    /** Copies the lists. */
    public Attribution {
        features = List.copyOf(features);
        edges = List.copyOf(edges);
        nodes = List.copyOf(nodes);
        interactions = List.copyOf(interactions);
    }

    /**
     * What a feature does.
     *
     * @param input its index
     * @param total share of the output's variance it has part in (Sobol', Jansen); NaN where only the derivative was
     *     measured, as of more than {@value Attribution#MEASURED} features it is for those of the smallest derivatives
     * @param first share of the output's variance due to it alone; NaN likewise
     * @param share of the output's variance that its edges carry; may be negative where edges cancel
     * @param derivative mean squared derivative by it, times its variance, over the output's variance
     */
    public record Feature(int input, Sensitivity.Share total, Sensitivity.Share first, double share, double derivative) {
    }

    /**
     * What an edge does.
     *
     * @param effect root mean square change of the output, as a share of its deviation, were the edge its mean; first order
     * @param share Cov(phi, y) / Var(y), y its node: those of a node add up to 1, and are negative where edges cancel
     */
    public record OfEdge(Edge edge, double mean, double deviation, double effect, double share) {
    }

    /**
     * What two features do together.
     *
     * @param share of the output's variance they have part in together; 0 iff the output is a sum of a function without one
     *     and a function without the other
     */
    public record Pair(int first, int second, Sensitivity.Share share) {
    }

    private static final Sensitivity.Share UNKNOWN = new Sensitivity.Share(Double.NaN, Double.NaN);

    /** Without interactions, seed 1. */
    public static Attribution of(Context context, Parameters parameters, HostTensor rows) {
        try (Arena arena = Arena.ofConfined()) {
            return of(context, KanGraph.of(parameters), rows.to(arena, DType.F64).toDoubles(), false, 1);
        }
    }

    /**
     * Of a graph.
     *
     * @param x (rows, in), at least two
     * @param pairs whether to measure interactions
     * @param seed of which rows columns are exchanged with
     */
    public static Attribution of(Context context, KanGraph graph, double[] x, boolean pairs, long seed) {
        requireRows(graph, x);
        EdgeEffects effects = EdgeEffects.of(context, graph, x);
        double[] rows = Rows.spread(x, graph.in(), ROWS);
        List<OfEdge> edges = new ArrayList<>();
        for (Map.Entry<Edge, EdgeEffects.Effect> entry : effects.edges().entrySet()) {
            EdgeEffects.Effect e = entry.getValue();
            edges.add(new OfEdge(entry.getKey(), e.mean(), e.deviation(), e.effect(), e.share()));
        }
        edges.sort(Comparator.comparing(OfEdge::edge));
        try (GraphRun run = new GraphRun(context, graph, rows.length / graph.in())) {
            Sensitivity sensitivity = new Sensitivity(run::forward, rows, graph.in(), seed);
            List<Feature> features = features(graph.in(), effects, sensitivity);
            return new Attribution(features, edges, List.of(effects.nodes()),
                    pairs ? pairs(features, sensitivity) : List.of(), sensitivity.correlation());
        }
    }

    private static void requireRows(KanGraph graph, double[] x) {
        if (x.length == 0 || x.length % graph.in() != 0) {
            throw KanException.invalid("the network takes rows of %s, given %s", Counted.of(graph.in(), "feature"),
                    Counted.of(x.length, "number"));
        }
        for (int k = 0; k < x.length; k++) {
            if (!Double.isFinite(x[k])) {
                throw KanException.invalid("feature %d of row %d is %s; all must be finite", k % graph.in(), k / graph.in(),
                        x[k]);
            }
        }
    }

    private static List<Feature> features(int in, EdgeEffects effects, Sensitivity sensitivity) {
        double[] derivatives = effects.derivatives();
        List<Integer> measured = IntStream.range(0, in).boxed()
                .sorted(Comparator.comparingDouble(i -> -derivatives[i])).limit(MEASURED).toList();
        List<Feature> features = new ArrayList<>();
        for (int i = 0; i < in; i++) {
            boolean measure = measured.contains(i);
            features.add(new Feature(i, measure ? sensitivity.total(i) : UNKNOWN, measure ? sensitivity.first(i) : UNKNOWN,
                    effects.nodes()[0][i], derivatives[i]));
        }
        return features;
    }

    private static List<Pair> pairs(List<Feature> features, Sensitivity sensitivity) {
        List<Integer> few = features.stream().filter(f -> f.total().value() > 0)
                .sorted(Comparator.comparingDouble(f -> -f.total().value())).limit(PAIRED).map(Feature::input).sorted().toList();
        List<Pair> pairs = new ArrayList<>();
        for (int a = 0; a < few.size(); a++) {
            for (int b = a + 1; b < few.size(); b++) {
                pairs.add(new Pair(few.get(a), few.get(b), sensitivity.interaction(few.get(a), few.get(b))));
            }
        }
        pairs.sort(Comparator.comparingDouble(p -> -p.share().value()));
        return pairs;
    }
}
