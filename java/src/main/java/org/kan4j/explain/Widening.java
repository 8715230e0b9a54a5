// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Rswaf;
import org.kan4j.basis.Wavelet;
import org.kan4j.error.KanException;
import org.kan4j.layer.Activation;
import org.kan4j.layer.Affine;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;

/** More nodes and more layers of the same function: new nodes have no edges, a new layer is the identity. */
final class Widening {

    /** What stands in an order of nodes for one that is new. */
    static final int NEW = -1;

    private Widening() {
    }

    /** The next layer with edges; -1 behind the last. */
    static int next(KanGraph graph, int layer) {
        return IntStream.range(layer + 1, graph.layers().size()).filter(l -> graph.layer(l).dense()).findFirst().orElse(-1);
    }

    /** A hidden layer of nodes with more sums and products, the sums after its sums and the products after its products. */
    static KanGraph wider(KanGraph graph, int layer, int sums, int products) {
        int next = next(graph, layer);
        if (next < 0) {
            throw KanException.invalid("the nodes after layer %d are the outputs, of which there cannot be more", layer);
        }
        List<GraphLayer> layers = new ArrayList<>(graph.layers());
        if (products > 0 && IntStream.range(layer, next).noneMatch(l -> layers.get(l).spec() instanceof Multiply)) {
            layers.add(layer + 1, new GraphLayer(new Multiply(layers.get(layer).out(), 0, 2), Map.of()));
            next++;
        }
        int multiply = IntStream.range(layer, next).filter(l -> layers.get(l).spec() instanceof Multiply).findFirst()
                .orElse(-1);
        Multiply old = multiply < 0 ? new Multiply(layers.get(layer).out(), 0, 2) : (Multiply) layers.get(multiply).spec();
        int[] before = places(old.passed(), sums, old.products() * old.arity(), products * old.arity());
        int[] after = places(old.passed(), sums, old.products(), products);
        layers.set(layer, widened(layers.get(layer), before, all(layers.get(layer).in())));
        for (int l = layer + 1; l < next; l++) {
            if (l == multiply) {
                layers.set(l, new GraphLayer(new Multiply(old.passed() + sums, old.products() + products, old.arity()),
                        Map.of()));
            } else {
                int[] order = l < multiply ? before : after;
                layers.set(l, widened(layers.get(l), order, order));
            }
        }
        layers.set(next, widened(layers.get(next), all(layers.get(next).out()), after));
        return new KanGraph(layers, graph.inputs());
    }

    static int[] all(int count) {
        return IntStream.range(0, count).toArray();
    }

    /** Places of old nodes, with new ones after the first and after the last. */
    private static int[] places(int first, int moreFirst, int second, int moreSecond) {
        int[] places = new int[first + moreFirst + second + moreSecond];
        Arrays.setAll(places, k -> k < first ? k : k < first + moreFirst ? NEW
                : k < first + moreFirst + second ? k - moreFirst : NEW);
        return places;
    }

    /** A layer of these outputs and inputs, among them new ones without edges. */
    private static GraphLayer widened(GraphLayer layer, int[] outputs, int[] inputs) {
        if (layer.spec() instanceof LayerNorm || layer.dense() && layer.argument() != KanGraph.Argument.INPUT) {
            throw KanException.invalid("a layer norm over the nodes would see the new ones: %s", layer.spec());
        }
        GraphLayer wide = layer.take(known(outputs), known(inputs));
        if (layer.spec() instanceof Affine) {
            return GraphLayer.affine(filled(wide.tensor("scale"), outputs, 1), filled(wide.tensor("bias"), outputs, 0));
        }
        if (!layer.dense()) {
            return wide;
        }
        for (String name : wide.edgeTensors()) {
            double[] values = wide.tensor(name).clone();
            int width = values.length / (outputs.length * inputs.length);
            for (int k = 0; k < values.length; k++) {
                boolean fresh = outputs[k / width / inputs.length] == NEW || inputs[k / width % inputs.length] == NEW;
                values[k] = fresh ? 0 : values[k];
            }
            wide = wide.withTensor(name, values);
        }
        return wide.tensor("bias") == null ? wide : wide.withTensor("bias", filled(wide.tensor("bias"), outputs, 0));
    }

    /** New nodes have the form of the first, a knot vector for instance. */
    private static int[] known(int[] places) {
        return Arrays.stream(places).map(p -> Math.max(p, 0)).toArray();
    }

    private static double[] filled(double[] values, int[] places, double value) {
        double[] result = values.clone();
        for (int k = 0; k < result.length; k++) {
            result[k] = places[k] == NEW ? value : result[k];
        }
        return result;
    }

    // ------------------------------------------------------------------------------------------------------------ layers

    /**
     * With a last layer that is the identity: a base branch of 1 from each output to itself, no basis part.
     *
     * @param y outputs, (outputs)(rows), over which its grids lie
     */
    static KanGraph deeper(KanGraph graph, double[][] y) {
        List<GraphLayer> layers = new ArrayList<>(graph.layers());
        GraphLayer last = layers.stream().filter(GraphLayer::dense).reduce((a, b) -> b).orElseThrow();
        int n = graph.out();
        double[] identity = new double[n * n];
        for (int k = 0; k < n; k++) {
            identity[k * n + k] = 1;
        }
        if (last.spec() instanceof KanLayer kan) {
            Basis basis = kan.basis() instanceof Wavelet ? BSpline.of(5, 3) : kan.basis();
            KanLayer spec = KanLayer.of(n, n, over(basis, y)).withInputNorm(false).withBaseNorm(false)
                    .withBase(Activation.IDENTITY).withBias(true);
            layers.add(empty(spec, y).withTensor("base_weight", identity));
        } else {
            layers.add(new GraphLayer(new Linear(n, n, true), Map.of("weight", identity, "bias", new double[n])));
        }
        return new KanGraph(layers, graph.inputs());
    }

    /** A basis over the range of what it sees, (inputs)(rows); that of B-splines is set by knots ({@link #empty}). */
    static Basis over(Basis basis, double[][] seen) {
        double least = Arrays.stream(seen).flatMapToDouble(Arrays::stream).min().orElse(-1);
        double most = Math.max(Arrays.stream(seen).flatMapToDouble(Arrays::stream).max().orElse(1), least + 1e-3);
        return switch (basis) {
            case BSpline spline -> spline.withOutside(BSpline.Outside.LINEAR);
            case GaussianRbf rbf -> GaussianRbf.of(rbf.centres(), least, most);
            case Rswaf rswaf -> new Rswaf(rswaf.centres(), least, most, (rswaf.centres() - 1) / (most - least));
            default -> basis;
        };
    }

    /** A layer without an edge; knots lie evenly over the range of each input. */
    static GraphLayer empty(KanLayer spec, double[][] seen) {
        GraphLayer layer = initial(spec, 1);
        for (String name : layer.edgeTensors()) {
            layer = layer.withTensor(name, new double[layer.tensor(name).length]);
        }
        return spec.basis() instanceof BSpline spline ? layer.withTensor("knots", knots(spline, seen)) : layer;
    }

    /** A layer as training begins with it; scales of edges are 1, biases 0. */
    static GraphLayer initial(LayerSpec spec, long seed) {
        GraphLayer layer;
        try (Parameters parameters = Parameters.initialise(KanModel.of(DType.F64, spec), seed)) {
            layer = GraphLayer.of(parameters, 0);
        }
        Map<String, Double> plain = new LinkedHashMap<>(Map.of("coef_scale", 1.0, "bias", 0.0));
        for (Map.Entry<String, Double> each : plain.entrySet()) {
            if (layer.tensor(each.getKey()) != null) {
                double[] values = new double[layer.tensor(each.getKey()).length];
                Arrays.fill(values, each.getValue());
                layer = layer.withTensor(each.getKey(), values);
            }
        }
        return layer;
    }

    private static double[] knots(BSpline spline, double[][] seen) {
        int count = spline.grid() + 2 * spline.order() + 1;
        double[] knots = new double[seen.length * count];
        for (int i = 0; i < seen.length; i++) {
            double low = Arrays.stream(seen[i]).min().orElse(-1);
            double high = Arrays.stream(seen[i]).max().orElse(1);
            double step = Math.max(high - low, 1e-3) / spline.grid();
            for (int k = 0; k < count; k++) {
                knots[i * count + k] = low + (k - spline.order()) * step;
            }
        }
        return knots;
    }
}
