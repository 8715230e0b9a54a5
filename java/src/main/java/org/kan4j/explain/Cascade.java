// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.kan4j.device.Context;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.Multiply;

/**
 * What follows from absent edges, in two passes. Forward: a node without incoming edges is a constant, whose effect moves
 * into the biases after it, and products of constants are constants. Backward: what nothing depends on goes. Outputs stay,
 * and so does one node of a layer that would be empty.
 */
final class Cascade {

    private final Context context;
    private final List<GraphLayer> layers;
    /** Values of the constant nodes at each boundary between layers, NaN for the others. */
    private final double[][] constants;
    /** The nodes that stay at each boundary, in their new order. */
    private final int[][] kept;
    /** Factors that products have been freed of, by layer; null where there are none. */
    private final double[][] scales;
    private final Multiply[] products;

    private Cascade(Context context, KanGraph graph) {
        this.context = context;
        this.layers = new ArrayList<>(graph.layers());
        this.constants = new double[layers.size() + 1][];
        this.kept = new int[layers.size() + 1][];
        this.scales = new double[layers.size()][];
        this.products = new Multiply[layers.size()];
    }

    static KanGraph of(Context context, KanGraph graph) {
        Cascade cascade = new Cascade(context, graph);
        cascade.forward(graph.in());
        cascade.backward();
        List<GraphLayer> rebuilt = cascade.rebuild();
        return new KanGraph(rebuilt, graph.inputs()).withInputs(cascade.kept[0]);
    }

    // --------------------------------------------------------------------------------------------------------- forward

    private void forward(int in) {
        constants[0] = new double[in];
        Arrays.fill(constants[0], Double.NaN);
        for (int l = 0; l < layers.size(); l++) {
            GraphLayer layer = layers.get(l);
            constants[l + 1] = new double[layer.out()];
            Arrays.fill(constants[l + 1], Double.NaN);
            if (layer.dense()) {
                dense(l);
            } else if (layer.spec() instanceof Multiply multiply) {
                for (int p = 0; p < layer.out(); p++) {
                    constants[l + 1][p] = product(multiply, p, constants[l]);
                }
            } else if (!(layer.spec() instanceof LayerNorm)) {
                each(l);
            }
        }
    }

    /** Constant inputs go into the bias; what has no edges left is its bias. */
    private void dense(int l) {
        GraphLayer layer = layers.get(l);
        for (int i = 0; i < layer.in() && layer.argument() == KanGraph.Argument.INPUT; i++) {
            if (Double.isNaN(constants[l][i])) {
                continue;
            }
            double[] values;
            try (GraphRun.Piece piece = new GraphRun.Piece(context, layer.edgesOf(i, GraphLayer.Part.BOTH))) {
                values = piece.run(new double[] {constants[l][i]});
            }
            for (int o = 0; o < layer.out(); o++) {
                if (layer.has(o, i)) {
                    layer = layer.without(o, i, values[o]);
                }
            }
        }
        layers.set(l, layer);
        double[] bias = layer.bias();
        for (int o = 0; o < layer.out(); o++) {
            int output = o;
            GraphLayer whole = layer;
            if (IntStream.range(0, layer.in()).noneMatch(i -> whole.has(output, i))) {
                constants[l + 1][o] = bias[o];
            }
        }
    }

    private void each(int l) {
        GraphLayer layer = layers.get(l);
        double[] x = constants[l].clone();
        if (Arrays.stream(x).allMatch(Double::isNaN)) {
            return;
        }
        try (GraphRun.Piece piece = new GraphRun.Piece(context, layer)) {
            constants[l + 1] = piece.run(x); // NaN stays NaN
        }
    }

    private static double product(Multiply multiply, int node, double[] constants) {
        if (node < multiply.passed()) {
            return constants[node];
        }
        double value = 1;
        for (int f : factors(multiply, node)) {
            if (constants[f] == 0) {
                return 0;
            }
            value *= constants[f]; // NaN where one is not constant
        }
        return value;
    }

    private static int[] factors(Multiply multiply, int node) {
        int first = multiply.passed() + (node - multiply.passed()) * multiply.arity();
        return IntStream.range(first, first + multiply.arity()).toArray();
    }

    // -------------------------------------------------------------------------------------------------------- backward

    private void backward() {
        kept[layers.size()] = IntStream.range(0, layers.getLast().out()).toArray();
        for (int l = layers.size() - 1; l >= 0; l--) {
            GraphLayer layer = layers.get(l);
            if (layer.dense()) {
                kept[l] = layer.argument() == KanGraph.Argument.INPUT ? needed(layer, kept[l + 1])
                        : IntStream.range(0, layer.in()).toArray();
            } else if (layer.spec() instanceof Multiply multiply) {
                factors(l, multiply);
            } else if (layer.spec() instanceof LayerNorm) {
                reorder(l, IntStream.range(0, layer.in()).toArray());
                kept[l] = kept[l + 1];
            } else {
                kept[l] = kept[l + 1];
            }
        }
    }

    private static int[] needed(GraphLayer layer, int[] outputs) {
        int[] inputs = IntStream.range(0, layer.in())
                .filter(i -> Arrays.stream(outputs).anyMatch(o -> layer.has(o, i))).toArray();
        return inputs.length == 0 ? new int[1] : inputs;
    }

    /** Another order of the nodes after a layer, up to the next layer with edges, which takes them in any. */
    private void reorder(int l, int[] order) {
        for (int b = l + 1; b <= layers.size(); b++) {
            kept[b] = order;
            if (b < layers.size() && layers.get(b).dense()) {
                return;
            }
        }
    }

    private void factors(int l, Multiply multiply) {
        boolean free = IntStream.range(l + 1, layers.size()).anyMatch(next -> layers.get(next).dense());
        List<Integer> sums = new ArrayList<>();
        List<Integer> ones = new ArrayList<>();
        List<Integer> more = new ArrayList<>();
        int most = 0;
        int least = Integer.MAX_VALUE;
        for (int node : kept[l + 1]) {
            int live = node < multiply.passed() ? 1 : live(l, multiply, node);
            (node < multiply.passed() ? sums : live <= 1 ? ones : more).add(node);
            most = Math.max(most, live);
            least = node < multiply.passed() ? least : Math.min(least, live);
        }
        int arity = free || least == most && least > 1 ? Math.max(2, most) : multiply.arity();
        if (!free && arity == multiply.arity()) {
            more = new ArrayList<>(IntStream.of(kept[l + 1]).boxed().filter(node -> node >= multiply.passed()).toList());
            ones.clear();
        }
        List<Integer> order = new ArrayList<>(sums);
        order.addAll(ones);
        order.addAll(more);
        List<Integer> before = new ArrayList<>(sums);
        double[] scale = new double[order.size()];
        Arrays.fill(scale, 1);
        for (int node : ones) {
            scale[before.size()] = take(l, multiply, node, 1, before);
        }
        for (int p = 0; p < more.size(); p++) {
            scale[sums.size() + ones.size() + p] = take(l, multiply, more.get(p), arity, before);
        }
        if (free) {
            reorder(l, order.stream().mapToInt(Integer::intValue).toArray());
        }
        kept[l] = before.stream().mapToInt(Integer::intValue).toArray();
        products[l] = more.isEmpty() ? null : new Multiply(sums.size() + ones.size(), more.size(), arity);
        scales[l] = Arrays.stream(scale).allMatch(s -> s == 1) ? null : scale;
    }

    private int live(int l, Multiply multiply, int node) {
        return (int) Arrays.stream(factors(multiply, node)).filter(f -> Double.isNaN(constants[l][f])).count();
    }

    /** Adds the factors of a product that stay, constants only to fill up; the product of those that go. */
    private double take(int l, Multiply multiply, int node, int arity, List<Integer> before) {
        int[] factors = factors(multiply, node);
        int fill = Math.max(0, arity - live(l, multiply, node));
        double scale = 1;
        for (int f : factors) {
            boolean constant = !Double.isNaN(constants[l][f]);
            if (!constant || fill-- > 0) {
                before.add(f);
            } else {
                scale *= constants[l][f];
            }
        }
        return scale;
    }

    // --------------------------------------------------------------------------------------------------------- rebuild

    private List<GraphLayer> rebuild() {
        List<GraphLayer> rebuilt = new ArrayList<>();
        for (int l = 0; l < layers.size(); l++) {
            GraphLayer layer = layers.get(l);
            if (layer.spec() instanceof Multiply) {
                if (products[l] != null) {
                    rebuilt.add(new GraphLayer(products[l], java.util.Map.of()));
                }
                if (scales[l] != null) {
                    rebuilt.add(GraphLayer.affine(scales[l], new double[scales[l].length]));
                }
            } else {
                rebuilt.add(layer.take(kept[l + 1], kept[l]));
            }
        }
        return rebuilt;
    }
}
