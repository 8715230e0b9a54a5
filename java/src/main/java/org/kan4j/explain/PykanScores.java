// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.Set;
import org.kan4j.device.Context;
import org.kan4j.layer.Multiply;

/**
 * The scores of pykan's {@code attribute} (MultKAN.attribute and forward of pykan 0.2.8), to compare with: an edge's
 * deviation over its node's, propagated back from the outputs. {@link Attribution} has numbers with a meaning.
 *
 * @param nodes scores of the nodes before each layer with edges, the inputs' first, and the outputs' last
 * @param edges scores of the edges of each layer with edges, (out, in) row-major
 */
public record PykanScores(List<double[]> nodes, List<double[]> edges) {

    /** What pykan adds to a node's deviation before it divides by it. */
    private static final double SMALL = 1e-4;

    /** Copies the lists. */
    public PykanScores {
        nodes = List.copyOf(nodes);
        edges = List.copyOf(edges);
    }

    /** From the outputs. */
    public static PykanScores of(Context context, KanGraph graph, double... x) {
        int last = graph.layers().size();
        double[][] identity = new double[graph.out()][graph.out()];
        for (int k = 0; k < identity.length; k++) {
            identity[k][k] = 1;
        }
        return from(context, graph, x, last, identity);
    }

    /**
     * From one node.
     *
     * @param layer index of a layer of the graph, whose input the node is
     */
    public static PykanScores of(Context context, KanGraph graph, int layer, int node, double... x) {
        double[][] one = new double[1][graph.layer(layer).in()];
        one[0][node] = 1;
        return from(context, graph, x, layer, one);
    }

    /** The features' scores. */
    public double[] features() {
        return nodes.getFirst().clone();
    }

    /**
     * pykan's {@code feature_interaction}: for each node that scores above a threshold, the inputs that score above another
     * threshold of the largest; how many nodes have the same set.
     *
     * @param layer index of the graph's layer whose inputs the nodes are
     */
    public static Map<List<Integer>, Integer> interactions(Context context, KanGraph graph, int layer, double neuron,
            double feature, double... x) {
        Map<List<Integer>, Integer> counts = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
        for (int node = 0; node < graph.layer(layer).in(); node++) {
            double[] scores = of(context, graph, layer, node, x).features();
            double most = Arrays.stream(scores).max().orElse(0);
            if (most > neuron) {
                Set<Integer> inputs = new TreeSet<>();
                for (int i = 0; i < scores.length; i++) {
                    if (scores[i] > most * feature) {
                        inputs.add(i);
                    }
                }
                counts.merge(List.copyOf(inputs), 1, Integer::sum);
            }
        }
        return counts;
    }

    private static PykanScores from(Context context, KanGraph graph, double[] x, int last, double[][] start) {
        List<double[]> nodes = new ArrayList<>();
        List<double[]> edges = new ArrayList<>();
        double[][] scores = start;
        nodes.addFirst(mean(scores));
        try (GraphRun run = new GraphRun(context, graph, x.length / graph.in())) {
            run.forward(x);
            for (int l = last - 1; l >= 0; l--) {
                GraphLayer layer = graph.layer(l);
                if (layer.spec() instanceof Multiply multiply) {
                    scores = copied(multiply, scores);
                } else if (layer.dense()) {
                    double[] ratios = ratios(run, layer, l);
                    double[] ofEdges = new double[ratios.length];
                    double[][] before = new double[scores.length][layer.in()];
                    for (int k = 0; k < scores.length; k++) {
                        for (int e = 0; e < ratios.length; e++) {
                            double score = scores[k][e / layer.in()] * ratios[e];
                            ofEdges[e] += score / scores.length;
                            before[k][e % layer.in()] += score;
                        }
                    }
                    scores = before;
                    edges.addFirst(ofEdges);
                    nodes.addFirst(mean(scores));
                }
            }
        }
        return new PykanScores(nodes, edges);
    }

    /** E_oi / (N_o + 1e-4), (out, in). */
    private static double[] ratios(GraphRun run, GraphLayer layer, int l) {
        int out = layer.out();
        double[] y = run.inputOf(l + 1);
        double[] ratios = new double[out * layer.in()];
        for (int i = 0; i < layer.in(); i++) {
            double[] all = run.edgesOf(l, i);
            for (int o = 0; o < out; o++) {
                ratios[o * layer.in() + i] = Moments.sampleDeviation(GraphRun.column(all, out, o))
                        / (Moments.sampleDeviation(GraphRun.column(y, out, o)) + SMALL);
            }
        }
        return ratios;
    }

    /** A product's score is each of its factors'. */
    private static double[][] copied(Multiply multiply, double[][] scores) {
        double[][] before = new double[scores.length][Math.toIntExact(multiply.in())];
        for (int k = 0; k < scores.length; k++) {
            System.arraycopy(scores[k], 0, before[k], 0, multiply.passed());
            for (int f = multiply.passed(); f < before[k].length; f++) {
                before[k][f] = scores[k][multiply.passed() + (f - multiply.passed()) / multiply.arity()];
            }
        }
        return before;
    }

    private static double[] mean(double[][] scores) {
        double[] mean = new double[scores[0].length];
        for (double[] score : scores) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += score[i] / scores.length;
            }
        }
        return mean;
    }
}
