// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.tensor.DType;
import org.kan4j.error.KanException;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Multiply;
import org.kan4j.model.Parameters;
import org.kan4j.rows.RowSource;

/**
 * A network as nodes and edges, in double precision: what attribution, pruning and formulas look at. Immutable; holds no
 * memory off the heap. Made from the parameters of any model and turned back into such ({@link #parameters}).
 *
 * <p>A node of a layer is y_o = bias_o + sum_i phi_oi(x_i). An edge whose coefficients and base weight are all 0 is
 * absent; that is how {@link Pruning} leaves edges out, for every basis, and a fit through {@link Pruning} holds it there.
 * Batch norms are seen as the affine maps that they predict with, masks as part of the coefficients.
 */
public final class KanGraph {

    /** What the edges of a layer are functions of. */
    public enum Argument {
        /** Each of the layer's input i alone. */
        INPUT,
        /** Each of feature i of a layer norm inside the layer, which depends on all inputs. */
        NORMALISED,
        /** The basis of the layer norm's, the base branch of the input's: no function of one variable. */
        BOTH
    }

    private final List<GraphLayer> layers;
    private final int[] inputs;

    KanGraph(List<GraphLayer> layers, int[] inputs) {
        this.layers = List.copyOf(layers);
        this.inputs = inputs;
    }

    /** The graph of a model. */
    public static KanGraph of(Parameters parameters) {
        List<GraphLayer> layers = new ArrayList<>();
        for (int l = 0; l < parameters.model().layers().size(); l++) {
            layers.add(GraphLayer.of(parameters, l));
        }
        return new KanGraph(layers, IntStream.range(0, Math.toIntExact(parameters.model().in())).toArray());
    }

    /** An ordinary float64 model of the same function, which the caller closes. */
    public Parameters parameters() {
        return parameters(DType.F64);
    }

    /** An ordinary model of the same function in a type, which the caller closes. */
    public Parameters parameters(DType dtype) {
        Parameters parameters = Parameters.zeros(KanModel.of(dtype, specs()));
        try {
            for (int l = 0; l < layers.size(); l++) {
                layers.get(l).store(parameters, l);
            }
            return parameters;
        } catch (RuntimeException | Error e) {
            parameters.close();
            throw e;
        }
    }

    /** The layers' forms, input first. */
    public List<LayerSpec> specs() {
        return layers.stream().map(GraphLayer::spec).toList();
    }

    List<GraphLayer> layers() {
        return layers;
    }

    GraphLayer layer(int index) {
        return layers.get(index);
    }

    /** With another layer in the place of one. */
    KanGraph withLayer(int index, GraphLayer layer) {
        List<GraphLayer> changed = new ArrayList<>(layers);
        changed.set(index, layer);
        return new KanGraph(changed, inputs);
    }

    /** Features of the input. */
    public int in() {
        return layers.getFirst().in();
    }

    /** Outputs. */
    public int out() {
        return layers.getLast().out();
    }

    /** Which of the first model's inputs each input is: pruning may leave some out. */
    public int[] inputs() {
        return inputs.clone();
    }

    /** The edges that are there, layer by layer, by output, then input. */
    public List<Edge> edges() {
        List<Edge> edges = new ArrayList<>();
        for (int l = 0; l < layers.size(); l++) {
            GraphLayer layer = layers.get(l);
            for (int o = 0; layer.dense() && o < layer.out(); o++) {
                for (int i = 0; i < layer.in(); i++) {
                    if (layer.has(o, i)) {
                        edges.add(new Edge(l, i, o));
                    }
                }
            }
        }
        return edges;
    }

    /**
     * The edges that are there and match a pattern.
     *
     * @param pattern {@code LAYER,INPUT,OUTPUT}, numbers from 0 or {@code *} for any, such as {@code 0,*,2}
     * @throws KanException if it is no pattern, or no edge matches
     */
    public List<Edge> edges(String pattern) {
        List<Edge> matching = Edge.matching(pattern, edges());
        if (matching.isEmpty()) {
            requireEdge(Edge.parse(pattern.replace("*", "0")));
            throw KanException.invalid("no edge matches %s: those that did were pruned", pattern);
        }
        return matching;
    }

    /** What the edges of a layer are functions of. */
    public Argument argument(int layer) {
        requireEdges(layer);
        return layers.get(layer).argument();
    }

    /**
     * Nodes by layer, the inputs first: plain numbers, and products after a plus sign, as {@code [2,1+1,1]}, those of more than
     * two factors with their number, as {@code [3,0+1x3,1]}. Layers without edges count as part of the one before.
     */
    public String shape() {
        List<String> widths = new ArrayList<>();
        widths.add(Integer.toString(in()));
        for (int l = 0; l < layers.size(); l++) {
            if (!layers.get(l).dense()) {
                continue;
            }
            String width = Integer.toString(layers.get(l).out());
            for (int next = l + 1; next < layers.size() && !layers.get(next).dense(); next++) {
                if (layers.get(next).spec() instanceof Multiply multiply) {
                    width = new Shape.Width(multiply.passed(), multiply.products(), multiply.arity()).toString();
                }
            }
            widths.add(width);
        }
        return "[" + String.join(",", widths) + "]";
    }

    /**
     * Values of an edge, as the kernels compute them: base branch, scale and mask included.
     *
     * @param x arguments: of the layer's input, or with {@link Argument#NORMALISED} of the norm's output
     * @return one value for each, 0 where the edge is absent
     * @throws KanException if there is no such edge, or it is no function of one variable
     */
    public double[] values(Context context, Edge edge, double... x) {
        requireEdge(edge);
        GraphLayer layer = layers.get(edge.layer());
        if (layer.argument() == Argument.BOTH) {
            throw mixed(edge.layer());
        }
        try (GraphRun.Piece piece = new GraphRun.Piece(context, layer.edges(new int[] {edge.output()}, edge.input(),
                GraphLayer.Part.BOTH))) {
            return piece.run(x);
        }
    }

    static KanException mixed(int layer) {
        return KanException.invalid("the edges of layer %d are not functions of one variable: their basis sees a layer "
                + "norm and their base branch the input itself; use a model of KanLayer.withInputNorm(false)", layer);
    }

    /** Refuses what is no edge, with what there is. */
    void requireEdge(Edge edge) {
        requireEdges(edge.layer());
        GraphLayer layer = layers.get(edge.layer());
        if (edge.input() < 0 || edge.input() >= layer.in() || edge.output() < 0 || edge.output() >= layer.out()) {
            throw KanException.invalid("there is no edge %s: layer %d has inputs 0 to %d and outputs 0 to %d", edge,
                    edge.layer(), layer.in() - 1, layer.out() - 1);
        }
    }

    private void requireEdges(int layer) {
        if (layer < 0 || layer >= layers.size() || !layers.get(layer).dense()) {
            List<Integer> dense = IntStream.range(0, layers.size()).filter(l -> layers.get(l).dense()).boxed().toList();
            throw KanException.invalid("there are no edges in layer %d; the layers with edges are %s", layer, dense);
        }
    }

    /**
     * The graph without an edge, whose mean goes into its node's bias.
     *
     * @param mean of the edge over the data
     */
    public KanGraph without(Edge edge, double mean) {
        requireEdge(edge);
        return withLayer(edge.layer(), layers.get(edge.layer()).without(edge.output(), edge.input(), mean));
    }

    /**
     * Fitted anew to rows, while absent edges stay absent and frozen ones what they are.
     *
     * @param iterations of L-BFGS
     * @param frozen edges that keep their coefficients, such as those of {@link #edges(String)}
     */
    public KanGraph fitted(Context context, RowSource train, int iterations, Collection<Edge> frozen) {
        frozen.forEach(this::requireEdge);
        return Refit.without(context, this, Rows.of(train), iterations, Set.copyOf(frozen));
    }

    /**
     * Without nodes that nothing depends on, nodes that are constant (their effect goes into the biases after them), and
     * inputs that nothing depends on; products lose constant factors. The same function.
     */
    public KanGraph compacted(Context context) {
        return Cascade.of(context, this);
    }

    /** Which edges {@link #perturbed} adds to. */
    public enum Where {
        /** Those into nodes that no output depends on, such as new ones: the function stays as it is. */
        UNUSED,
        /** Those that are there. */
        PRESENT,
        /** All, also those that are absent. */
        ALL
    }

    /**
     * With more nodes, which have no edges: the same function (KAN 2.0, arXiv 2408.10205, section 4).
     *
     * @param layer index of a layer with edges, the last one excepted, after which the nodes stand
     * @param sums how many sums more; they come after the sums there are
     * @param products how many products more, of as many factors as those there are, or of two; they come last
     */
    public KanGraph wider(int layer, int sums, int products) {
        requireEdges(layer);
        if (sums < 0 || products < 0 || sums + products > 10_000) {
            throw KanException.invalid("a layer gets 0 to 10000 nodes more, given %d sums and %d products", sums, products);
        }
        return Widening.wider(this, layer, sums, products);
    }

    /**
     * With another layer at the end, the identity: the same function. It has the basis of the last layer of edges, without
     * layer norms, over the range of the outputs.
     *
     * @param x rows (rows, in)
     */
    public KanGraph deeper(Context context, double... x) {
        double[] y = predict(context, x);
        double[][] columns = new double[out()][];
        Arrays.setAll(columns, k -> GraphRun.column(y, out(), k));
        return Widening.deeper(this, columns);
    }

    /**
     * With random functions added to edges, for data to change.
     *
     * @param x rows (rows, in)
     * @param magnitude root mean square of what an edge gets, as a share of its node's deviation on the rows, or as a number
     *     where the node is constant
     */
    public KanGraph perturbed(Context context, double magnitude, Where where, long seed, double... x) {
        if (!(magnitude > 0 && magnitude < Double.POSITIVE_INFINITY)) {
            throw KanException.invalid("a perturbation's magnitude must be above 0 and finite, given %s", magnitude);
        }
        return Perturbation.of(context, this, x, magnitude, where, seed);
    }

    /**
     * With two hidden nodes in each other's place: the same function.
     *
     * @param layer index of the layer with edges after which the nodes stand
     * @param a a node; sums come before products
     * @param b another of its kind
     */
    public KanGraph swapped(int layer, int a, int b) {
        requireEdges(layer);
        int nodes = Widening.next(this, layer) < 0 ? out() : layers.get(Widening.next(this, layer)).in();
        if (a < 0 || b < 0 || a >= nodes || b >= nodes) {
            throw KanException.invalid("the nodes after layer %d are 0 to %d, given %d and %d", layer, nodes - 1, a, b);
        }
        int[] order = Widening.all(nodes);
        order[a] = b;
        order[b] = a;
        return Arrangement.permuted(this, layer, order);
    }

    /**
     * With its hidden nodes in an order of short strong edges, as a picture wants them: the same function.
     *
     * @param x rows (rows, in)
     */
    public KanGraph arranged(Context context, double... x) {
        return Arrangement.arranged(context, this, x);
    }

    /**
     * With splines that fall to 0 outside their grids, as pykan's do, instead of going on as lines: the same function where
     * what each node sees lies within its grid.
     */
    public KanGraph withinGrids() {
        return new KanGraph(layers.stream().map(layer -> layer.spec() instanceof KanLayer kan
                && kan.basis() instanceof BSpline spline
                        ? layer.withSpec(new KanLayer(kan.in(), kan.out(),
                                spline.withOutside(BSpline.Outside.ZERO), kan.base(), kan.scale(), kan.mask(), kan.bias(),
                                kan.inputNorm(),
                                kan.baseNorm(), kan.trainBasis()))
                        : layer)
                .toList(), inputs);
    }

    /** Outputs of rows given one after the other, computed in double precision. */
    public double[] predict(Context context, double... x) {
        try (GraphRun run = new GraphRun(context, this, x.length / in())) {
            return run.forward(x);
        }
    }

    /** Trainable numbers of an ordinary model of it. */
    public long parameterCount() {
        return KanModel.of(DType.F64, specs()).parameterCount();
    }

    /** Numbers of the edges that are there, of the biases and of what edges share. */
    long liveParameters() {
        long absent = 0;
        for (GraphLayer layer : layers) {
            if (layer.dense()) {
                int all = layer.in() * layer.out();
                long each = layer.edgeTensors().stream().mapToLong(name -> layer.tensor(name).length / all).sum()
                        + (layer.spec() instanceof KanLayer kan && kan.scale() ? 1 : 0);
                for (int o = 0; o < layer.out(); o++) {
                    for (int i = 0; i < layer.in(); i++) {
                        absent += layer.has(o, i) ? 0 : each;
                    }
                }
            }
        }
        return parameterCount() - absent;
    }

    /**
     * The graph on more features, on the others of which nothing depends.
     *
     * @param places of its inputs among them, ascending
     * @param features number of them
     */
    public KanGraph among(int[] places, int features) {
        if (places.length == features) {
            return this;
        }
        GraphLayer first = layers.getFirst();
        if (!first.dense() || first.argument() != Argument.INPUT) {
            throw KanException.invalid("the first layer, %s, depends on all of its inputs: no others can be put beside them",
                    first.spec());
        }
        List<GraphLayer> changed = new ArrayList<>(layers);
        changed.set(0, first.among(places, features));
        return new KanGraph(changed, IntStream.range(0, features).toArray());
    }

    KanGraph withInputs(int[] kept) {
        return new KanGraph(layers, Arrays.stream(kept).map(i -> inputs[i]).toArray());
    }

    @Override
    public String toString() {
        return shape() + ", " + Counted.of(edges().size(), "edge");
    }
}
