// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.kan4j.device.Context;
import org.kan4j.layer.Multiply;

/** What single edges do on some rows, layer by layer: one forward pass, one backward pass an output. */
final class EdgeEffects {

    /** Rows of a chunk; the edges of one input of a layer are expanded for so many rows at a time. */
    private static final int ROWS = 4096;
    private static final int MAX_FACTORS = 8;

    /**
     * Of one edge.
     *
     * @param mean over the rows
     * @param deviation over the rows
     * @param effect root mean square change of the output, as a share of its deviation, if the edge were its mean; first
     *     order
     * @param share Cov(phi, y) / Var(y) of its node
     */
    record Effect(double mean, double deviation, double effect, double share) {
    }

    private final Map<Edge, Effect> edges = new LinkedHashMap<>();
    /** Shares of the nodes at each boundary between layers, the inputs' first. */
    private double[][] nodes;
    /** mean of squared derivatives by the inputs, times their variance, over the output's variance. */
    private double[] derivatives;

    private EdgeEffects() {
    }

    Map<Edge, Effect> edges() {
        return edges;
    }

    double[][] nodes() {
        return nodes;
    }

    double[] derivatives() {
        return derivatives;
    }

    /** On at most {@value #ROWS} of the rows, evenly spread. */
    static EdgeEffects of(Context context, KanGraph graph, double[] x) {
        int in = graph.in();
        double[] rows = Rows.spread(x, in, ROWS);
        EdgeEffects effects = new EdgeEffects();
        try (GraphRun run = new GraphRun(context, graph, rows.length / in)) {
            effects.measure(graph, run, rows);
        }
        return effects;
    }

    private void measure(KanGraph graph, GraphRun run, double[] rows) {
        double[] y = run.forward(rows);
        int out = graph.out();
        int n = run.rows();
        int count = graph.layers().size();
        double[][][] cotangents = new double[out][count + 1][];
        double[] variance = new double[out];
        int varying = 0;
        for (int k = 0; k < out; k++) {
            variance[k] = Moments.variance(GraphRun.column(y, out, k));
            varying += variance[k] > 0 ? 1 : 0;
            double[] seed = new double[y.length];
            for (int b = 0; b < n; b++) {
                seed[b * out + k] = 1;
            }
            run.backward(seed);
            for (int l = 0; l <= count; l++) {
                cotangents[k][l] = run.cotangentOf(l);
            }
        }
        nodes = new double[count + 1][];
        nodes[count] = new double[out];
        Arrays.setAll(nodes[count], k -> variance[k] > 0 ? 1 : 0);
        double of = Math.max(1, varying);
        Arrays.setAll(nodes[count], k -> nodes[count][k] / of);
        for (int l = count - 1; l >= 0; l--) {
            GraphLayer layer = graph.layer(l);
            nodes[l] = new double[layer.in()];
            if (layer.dense()) {
                dense(run, layer, l, cotangents, variance, varying);
            } else if (layer.spec() instanceof Multiply multiply) {
                products(run, multiply, l);
            } else {
                nodes[l] = nodes[l + 1].clone();
            }
        }
        derivatives = new double[graph.in()];
        for (int i = 0; i < graph.in(); i++) {
            double spread = Moments.variance(GraphRun.column(rows, graph.in(), i));
            for (int k = 0; k < out; k++) {
                double squares = 0;
                for (int b = 0; b < n; b++) {
                    double g = cotangents[k][0][b * graph.in() + i];
                    squares += g * g;
                }
                derivatives[i] += variance[k] > 0 ? squares / n * spread / variance[k] / varying : 0;
            }
        }
    }

    private void dense(GraphRun run, GraphLayer layer, int l, double[][][] cotangents, double[] variance, int varying) {
        int out = layer.out();
        int n = run.rows();
        double[] y = run.inputOf(l + 1);
        double[][] sums = new double[out][];
        double[] spread = new double[out];
        for (int o = 0; o < out; o++) {
            sums[o] = GraphRun.column(y, out, o);
            spread[o] = Moments.variance(sums[o]);
        }
        for (int i = 0; i < layer.in(); i++) {
            double[] all = run.edgesOf(l, i);
            for (int o = 0; o < out; o++) {
                if (!layer.has(o, i)) {
                    continue;
                }
                double[] phi = GraphRun.column(all, out, o);
                double mean = Moments.mean(phi);
                double effect = 0;
                for (int k = 0; k < cotangents.length; k++) {
                    double squares = 0;
                    for (int b = 0; b < n; b++) {
                        double change = cotangents[k][l + 1][b * out + o] * (phi[b] - mean);
                        squares += change * change;
                    }
                    effect += variance[k] > 0 ? squares / n / variance[k] / varying : 0;
                }
                double share = spread[o] > 0 ? Moments.covariance(phi, sums[o]) / spread[o] : 0;
                nodes[l][i] += nodes[l + 1][o] * share;
                edges.put(new Edge(l, i, o), new Effect(mean, Moments.deviation(phi), Math.sqrt(effect), share));
            }
        }
    }

    private void products(GraphRun run, Multiply multiply, int l) {
        double[] u = run.inputOf(l);
        int in = Math.toIntExact(multiply.in());
        for (int p = 0; p < multiply.passed(); p++) {
            nodes[l][p] = nodes[l + 1][p];
        }
        for (int p = 0; p < multiply.products(); p++) {
            int first = multiply.passed() + p * multiply.arity();
            double[][] factors = new double[multiply.arity()][];
            for (int f = 0; f < factors.length; f++) {
                factors[f] = GraphRun.column(u, in, first + f);
            }
            double[] shares = shapley(factors);
            for (int f = 0; f < factors.length; f++) {
                nodes[l][first + f] = nodes[l + 1][multiply.passed() + p] * shares[f];
            }
        }
    }

    /**
     * Shapley values of v(S) = Var(prod_S u_m prod_others mean u_m) over the factors of a product, as shares of their sum;
     * of more than {@value #MAX_FACTORS} factors all get the same.
     */
    static double[] shapley(double[][] factors) {
        int m = factors.length;
        double[] shares = new double[m];
        if (m > MAX_FACTORS) {
            Arrays.fill(shares, 1.0 / m);
            return shares;
        }
        double[] worth = new double[1 << m];
        for (int set = 0; set < worth.length; set++) {
            double[] product = new double[factors[0].length];
            Arrays.fill(product, 1);
            for (int f = 0; f < m; f++) {
                double mean = Moments.mean(factors[f]);
                for (int b = 0; b < product.length; b++) {
                    product[b] *= (set >> f & 1) == 1 ? factors[f][b] : mean;
                }
            }
            worth[set] = Moments.variance(product);
        }
        double sum = 0;
        for (int f = 0; f < m; f++) {
            for (int set = 0; set < worth.length; set++) {
                if ((set >> f & 1) == 0) {
                    shares[f] += weight(Integer.bitCount(set), m) * (worth[set | 1 << f] - worth[set]);
                }
            }
            sum += shares[f];
        }
        for (int f = 0; f < m; f++) {
            shares[f] = sum > 0 ? shares[f] / sum : 0;
        }
        return shares;
    }

    /** size! (m - size - 1)! / m! */
    private static double weight(int size, int m) {
        double weight = 1.0 / m;
        for (int k = 1; k <= size; k++) {
            weight *= (double) k / (m - k);
        }
        return weight;
    }
}
