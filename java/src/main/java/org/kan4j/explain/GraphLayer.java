// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Affine;
import org.kan4j.layer.BatchNorm;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;
import org.kan4j.model.Parameters;
import org.kan4j.basis.Rational;
import org.kan4j.model.TensorInfo;
import org.kan4j.basis.Wavelet;

/**
 * One layer with its numbers in double precision, on the heap. Immutable. Whatever is asked of single edges is asked of
 * a smaller layer of the same kind, cut out of this one ({@link #take}) and run by the kernels: so an edge has the same
 * values here as in the layer, for every basis.
 */
final class GraphLayer {

    /** What the kernels of a layer norm inside a KAN layer add to the variance. */
    private static final double NORM_EPS = 1e-5;

    private final LayerSpec spec;
    private final Map<String, double[]> tensors;

    GraphLayer(LayerSpec spec, Map<String, double[]> tensors) {
        this.spec = spec;
        this.tensors = tensors;
    }

    /** A layer of a model in the form it predicts with: a batch norm is the affine map of its running statistics. */
    static GraphLayer of(Parameters parameters, int index) {
        Map<String, double[]> tensors = new LinkedHashMap<>();
        try (Arena arena = Arena.ofConfined()) {
            for (TensorInfo tensor : parameters.tensors()) {
                if (tensor.layer() == index) {
                    tensors.put(tensor.tensor(), parameters.get(arena, tensor.name()).toDoubles());
                }
            }
        }
        LayerSpec spec = parameters.model().layers().get(index);
        if (spec instanceof KanLayer kan && kan.mask()) {
            return new GraphLayer(kan.withMask(false), folded(tensors, "mask", "coef", "base_weight"));
        }
        if (!(spec instanceof BatchNorm norm)) {
            return new GraphLayer(spec, tensors);
        }
        int n = Math.toIntExact(norm.features());
        double[] scale = new double[n];
        double[] bias = new double[n];
        for (int i = 0; i < n; i++) {
            scale[i] = tensors.get("weight")[i] / Math.sqrt(tensors.get("running_var")[i] + norm.eps());
            bias[i] = tensors.get("bias")[i] - tensors.get("running_mean")[i] * scale[i];
        }
        return affine(scale, bias);
    }

    /** Without a factor of each edge, which goes into its numbers. */
    private static Map<String, double[]> folded(Map<String, double[]> tensors, String factor, String... names) {
        Map<String, double[]> folded = new LinkedHashMap<>(tensors);
        double[] factors = folded.remove(factor);
        for (String name : names) {
            folded.computeIfPresent(name, (n, values) -> {
                int width = values.length / factors.length;
                return IntStream.range(0, values.length).mapToDouble(k -> values[k] * factors[k / width]).toArray();
            });
        }
        return folded;
    }

    /** The same function with the factor of each edge's spline in its coefficients. */
    GraphLayer withoutScale() {
        return spec instanceof KanLayer kan && kan.scale()
                ? new GraphLayer(kan.withScale(false), folded(tensors, "coef_scale", "coef")) : this;
    }

    static GraphLayer affine(double[] scale, double[] bias) {
        return new GraphLayer(new Affine(scale.length), Map.of("scale", scale, "bias", bias));
    }

    LayerSpec spec() {
        return spec;
    }

    int in() {
        return Math.toIntExact(spec.in());
    }

    int out() {
        return Math.toIntExact(spec.out());
    }

    double[] tensor(String name) {
        return tensors.get(name);
    }

    /** Of its tensors. */
    Set<String> names() {
        return tensors.keySet();
    }

    /** Whether it has edges. */
    boolean dense() {
        return spec instanceof KanLayer || spec instanceof Linear;
    }

    // ----------------------------------------------------------------------------------------------------------- edges

    /** The tensors that are all 0 where an edge is absent. */
    List<String> edgeTensors() {
        boolean product = spec instanceof KanLayer kan && !(kan.basis() instanceof Wavelet);
        return (product ? Stream.of("coef", "base_weight") : Stream.of("weight")).filter(tensors::containsKey).toList();
    }

    boolean has(int output, int input) {
        for (String name : edgeTensors()) {
            double[] values = tensors.get(name);
            int width = values.length / (in() * out());
            int start = (output * in() + input) * width;
            for (int k = start; k < start + width; k++) {
                if (values[k] != 0) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Without an edge, whose mean goes into the bias. */
    GraphLayer without(int output, int input, double mean) {
        GraphLayer biased = withBias();
        Map<String, double[]> changed = new LinkedHashMap<>(biased.tensors);
        for (String name : edgeTensors()) {
            double[] values = changed.get(name).clone();
            int width = values.length / (in() * out());
            int start = (output * in() + input) * width;
            Arrays.fill(values, start, start + width, 0);
            changed.put(name, values);
        }
        double[] bias = changed.get("bias").clone();
        bias[output] += mean;
        changed.put("bias", bias);
        return new GraphLayer(biased.spec, changed);
    }

    /** With a bias, of zeros where it had none. */
    GraphLayer withBias() {
        if (tensors.containsKey("bias")) {
            return this;
        }
        LayerSpec biased = spec instanceof KanLayer kan ? kan.withBias(true)
                : new Linear(spec.in(), spec.out(), true);
        return new GraphLayer(biased, with("bias", new double[out()]));
    }

    /** The bias, zeros where there is none; a copy. */
    double[] bias() {
        return tensors.containsKey("bias") ? tensors.get("bias").clone() : new double[out()];
    }

    /** With another tensor in the place of one of this layer's, or beside them. */
    GraphLayer withTensor(String name, double[] values) {
        return new GraphLayer(spec, with(name, values));
    }

    /** The same numbers of another form. */
    GraphLayer withSpec(LayerSpec other) {
        return new GraphLayer(other, tensors);
    }

    private Map<String, double[]> with(String name, double[] values) {
        Map<String, double[]> changed = new LinkedHashMap<>(tensors);
        changed.put(name, values);
        return changed;
    }

    // ---------------------------------------------------------------------------------------------------------- slices

    /** The layer of some inputs and outputs, in the order given. A layer norm inside stays one only of all inputs. */
    GraphLayer take(int[] outputs, int[] inputs) {
        return switch (spec) {
            case KanLayer kan -> takeKan(kan, outputs, inputs);
            case Linear linear -> {
                Map<String, double[]> taken = new LinkedHashMap<>();
                taken.put("weight", pick(tensors.get("weight"), outputs, inputs));
                if (linear.bias()) {
                    taken.put("bias", pick(tensors.get("bias"), outputs, out()));
                }
                yield new GraphLayer(new Linear(inputs.length, outputs.length, linear.bias()), taken);
            }
            case Affine affine -> affine(pick(tensors.get("scale"), outputs, out()),
                    pick(tensors.get("bias"), outputs, out()));
            case ActivationLayer layer -> new GraphLayer(new ActivationLayer(outputs.length, layer.activation()), tensors);
            case LayerNorm norm -> this;
            case BatchNorm norm -> throw new IllegalStateException("a graph has no batch norm");
            case Multiply multiply -> throw new IllegalStateException("products are cut by their factors");
        };
    }

    private GraphLayer takeKan(KanLayer kan, int[] outputs, int[] inputs) {
        Map<String, double[]> taken = new LinkedHashMap<>();
        tensors.forEach((name, values) -> taken.put(name, switch (name) {
            case "coef", "base_weight", "coef_scale", "weight", "scale", "translation" -> pick(values, outputs, inputs);
            case "bias" -> pick(values, outputs, out());
            case "norm_weight", "norm_bias" -> pick(values, inputs, in());
            case "denominator" -> pick(values, groups(kan, inputs), ((Rational) kan.basis()).groups());
            default -> Ensemble.isOfInput(name) ? pick(values, inputs, in()) : values;
        }));
        if (kan.basis() instanceof Wavelet wavelet && wavelet.kind() == Wavelet.Kind.SHANNON) {
            window(taken.get("weight"), inputs);
        }
        var basis = kan.basis() instanceof Rational rational
                ? new Rational(rational.groups() == 1 ? 1 : inputs.length) : kan.basis();
        return new GraphLayer(new KanLayer(inputs.length, outputs.length, basis, kan.base(), kan.scale(), false,
                kan.bias(), kan.inputNorm(), kan.baseNorm(), kan.trainBasis()), taken);
    }

    /**
     * The layer among more inputs, on which nothing depends: the reverse of {@link #take}.
     *
     * @param places of this layer's inputs among them, ascending
     */
    GraphLayer among(int[] places, int inputs) {
        int[] from = new int[inputs]; // an input that is new has the form of the first
        boolean[] there = new boolean[inputs];
        for (int i = 0; i < places.length; i++) {
            from[places[i]] = i;
            there[places[i]] = true;
        }
        GraphLayer wide = take(IntStream.range(0, out()).toArray(), from);
        for (String name : wide.edgeTensors()) {
            double[] values = wide.tensors.get(name).clone();
            int width = values.length / (inputs * out());
            for (int k = 0; k < values.length; k++) {
                values[k] = there[k / width % inputs] ? values[k] : 0;
            }
            wide = wide.withTensor(name, values);
        }
        return wide;
    }

    /** Each input becomes a group of its own; of one group nothing changes. */
    private static int[] groups(KanLayer kan, int[] inputs) {
        int groups = ((Rational) kan.basis()).groups();
        if (groups == 1) {
            return new int[1];
        }
        int size = Math.toIntExact(kan.in() / groups);
        return Arrays.stream(inputs).map(i -> i / size).toArray();
    }

    /** Shannon's window depends on an input's place among all; what the new place lacks of it goes into the weight. */
    private void window(double[] weight, int[] inputs) {
        for (int k = 0; k < weight.length; k++) {
            int place = k % inputs.length;
            weight[k] *= window(inputs[place], in()) / window(place, inputs.length);
        }
    }

    private static double window(int place, int of) {
        return of < 2 ? 1 : 0.54 - 0.46 * Math.cos(2 * Math.PI * place / (of - 1));
    }

    private double[] pick(double[] values, int[] outputs, int[] inputs) {
        int width = values.length / (in() * out());
        double[] taken = new double[outputs.length * inputs.length * width];
        for (int o = 0; o < outputs.length; o++) {
            for (int i = 0; i < inputs.length; i++) {
                System.arraycopy(values, (outputs[o] * in() + inputs[i]) * width, taken,
                        (o * inputs.length + i) * width, width);
            }
        }
        return taken;
    }

    private static double[] pick(double[] values, int[] rows, int count) {
        int width = values.length / count;
        double[] taken = new double[rows.length * width];
        for (int r = 0; r < rows.length; r++) {
            System.arraycopy(values, rows[r] * width, taken, r * width, width);
        }
        return taken;
    }

    /**
     * The edges of one input alone: a layer (1, out) without bias and norm whose outputs are the edges.
     *
     * @param part the basis and the base branch, or one of them
     */
    GraphLayer edgesOf(int input, Part part) {
        int[] outputs = IntStream.range(0, out()).toArray();
        return edges(outputs, input, part);
    }

    /** The edges from one input to some outputs. */
    GraphLayer edges(int[] outputs, int input, Part part) {
        if (spec instanceof Linear linear) {
            GraphLayer cut = take(outputs, new int[] {input});
            return new GraphLayer(new Linear(1, outputs.length, false), Map.of("weight", cut.tensor("weight")));
        }
        KanLayer kan = (KanLayer) spec;
        Map<String, double[]> kept = new LinkedHashMap<>(tensors);
        List.of("bias", "norm_weight", "norm_bias").forEach(kept::remove);
        if (part == Part.BASIS) {
            kept.remove("base_weight");
        } else if (part == Part.BASE) {
            kept.put("coef", new double[kept.get("coef").length]);
        }
        KanLayer plain = new KanLayer(kan.in(), kan.out(), kan.basis(), part == Part.BASIS ? Activation.NONE : kan.base(),
                kan.scale(), false, false, false, false, kan.trainBasis());
        return new GraphLayer(plain, kept).take(outputs, new int[] {input});
    }

    /** What of an edge is asked for. */
    enum Part {
        BOTH, BASIS, BASE
    }

    /** What its edges are functions of. */
    KanGraph.Argument argument() {
        if (!(spec instanceof KanLayer kan) || !kan.inputNorm()) {
            return KanGraph.Argument.INPUT;
        }
        return kan.base() == Activation.NONE || kan.baseNorm() ? KanGraph.Argument.NORMALISED
                : KanGraph.Argument.BOTH;
    }

    /** The layer norm inside, of rows one after the other. */
    double[] normalised(double[] x) {
        double[] weight = tensors.get("norm_weight");
        double[] bias = tensors.get("norm_bias");
        int n = in();
        double[] z = new double[x.length];
        for (int row = 0; row < x.length / n; row++) {
            double mean = 0;
            for (int i = 0; i < n; i++) {
                mean += x[row * n + i];
            }
            mean /= n;
            double squares = 0;
            for (int i = 0; i < n; i++) {
                squares += (x[row * n + i] - mean) * (x[row * n + i] - mean);
            }
            double factor = 1 / Math.sqrt(squares / n + NORM_EPS);
            for (int i = 0; i < n; i++) {
                z[row * n + i] = (x[row * n + i] - mean) * factor * weight[i] + bias[i];
            }
        }
        return z;
    }

    // ------------------------------------------------------------------------------------------------------ parameters

    /** Writes the numbers into a model's parameters. */
    void store(Parameters parameters, int index) {
        try (Arena arena = Arena.ofConfined()) {
            List<String> missing = new ArrayList<>(tensors.keySet());
            for (TensorInfo tensor : parameters.tensors()) {
                if (tensor.layer() == index) {
                    HostTensor values = HostTensor.of(arena, tensors.get(tensor.tensor())).reshape(tensor.shape().toArray());
                    parameters.set(tensor.name(), values.to(arena, parameters.model().dtype()));
                    missing.remove(tensor.tensor());
                }
            }
            if (!missing.isEmpty()) {
                throw new IllegalStateException(spec + " has no tensors " + missing);
            }
        }
    }

    /** A model of this layer alone. */
    Parameters alone() {
        Parameters parameters = Parameters.zeros(KanModel.of(DType.F64, spec));
        try {
            store(parameters, 0);
            return parameters;
        } catch (RuntimeException | Error e) {
            parameters.close();
            throw e;
        }
    }
}
