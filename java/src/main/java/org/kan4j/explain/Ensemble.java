// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.basis.Rational;
import org.kan4j.basis.Wavelet;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Affine;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;

/**
 * Networks of one form as one ordinary network whose outputs are the mean of theirs: the members stand side by side, all see the
 * inputs, there are no edges between their hidden nodes, and the last layer adds what they give, divided by their number.
 * Whatever serves, exports or explains a network does so with it. Hidden layers after the first have as many times more
 * coefficients as there are members squared, those of absent edges being 0, which a {@link org.kan4j.serve.Predictor} leaves out.
 */
public final class Ensemble {

    /** Most members. */
    public static final int MOST = 100;
    /** Most numbers of the network: 800 MB in double precision. */
    private static final long MOST_NUMBERS = 100_000_000;

    private Ensemble() {
    }

    /**
     * Refuses what has no such network: layer norms, which would tie the members together, and basis functions that are trained
     * and shared by edges, of which each member has its own.
     *
     * @param members how many of the model there are to be, 2 to {@link #MOST}
     * @throws UnsupportedException if it has none; the message says what has
     * @throws KanException if it would be too large
     */
    public static void requireMean(KanModel model, int members) {
        if (members < 2 || members > MOST) {
            throw KanException.invalid("an ensemble has 2 to %d members, given %d", MOST, members);
        }
        List<LayerSpec> layers = model.layers();
        boolean single = layers.stream().filter(spec -> spec instanceof KanLayer || spec instanceof Linear).count() == 1;
        for (int l = 0; l < layers.size(); l++) {
            boolean right = switch (layers.get(l)) {
                case KanLayer kan -> !kan.inputNorm() && !kan.trainBasis() && !(kan.basis() instanceof Rational)
                        && !(kan.basis() instanceof Wavelet wavelet
                                && (single || wavelet.kind() == Wavelet.Kind.SHANNON));
                case Linear linear -> true;
                case Affine affine -> l > 0;
                case BatchNorm norm -> l > 0;
                case ActivationLayer activation -> l > 0 && l < layers.size() - 1;
                default -> false;
            };
            if (!right) {
                throw new UnsupportedException(
                        "the mean of networks is one network where no layer norm ties nodes together and no "
                                + "basis functions are trained: of B-splines, Fourier series, wavelets (with a hidden layer, not "
                                + "Shannon's), MLPs, and Chebyshev and Jacobi polynomials without layer norms; given "
                                + layers.get(l));
            }
        }
        double numbers = 0;
        for (int l = 0; l < layers.size(); l++) {
            boolean inner = l > 0 && l < layers.size() - 1;
            numbers += (double) KanModel.of(model.dtype(), layers.get(l)).parameterCount() * members * (inner ? members : 1);
        }
        if (numbers > MOST_NUMBERS) {
            throw KanException
                    .invalid("an ensemble of %d such networks would be one of %.3g numbers, expected at most %.3g: fewer "
                            + "members or narrower hidden layers make it smaller", members, numbers, (double) MOST_NUMBERS);
        }
    }

    /**
     * The mean of networks.
     *
     * @param members of one model, two to {@link #MOST}; they stay as they are
     * @return of the members' type; the caller closes it. A batch norm is the affine map that it predicts with
     * @throws KanException if their inputs are on grids of different knots, or as {@link #requireMean}
     */
    public static Parameters mean(List<Parameters> members) {
        if (members.isEmpty()) {
            throw KanException.invalid("an ensemble has 2 to %d members, given none", MOST);
        }
        KanModel model = members.getFirst().model();
        for (Parameters member : members) {
            if (!member.model().equals(model)) {
                throw new ShapeException("the members of an ensemble are networks of one form, given " + model + " and "
                        + member.model());
            }
        }
        requireMean(model, members.size());
        List<List<GraphLayer>> all = members.stream().map(member -> share(KanGraph.of(member), members.size())).toList();
        List<GraphLayer> layers = new ArrayList<>();
        int last = all.getFirst().size() - 1;
        for (int l = 0; l <= last; l++) {
            int at = l;
            layers.add(joined(all.stream().map(each -> each.get(at)).toList(), l == 0, l == last));
        }
        return new KanGraph(layers, Widening.all(Math.toIntExact(model.in()))).parameters(model.dtype());
    }

    /** The layers of a member whose outputs are its share of the mean; affine maps behind the last edges are in their weights. */
    private static List<GraphLayer> share(KanGraph graph, int members) {
        // Coefficients of two layers can be added, and one that predicts need not multiply by factors, where these are in them.
        List<GraphLayer> layers = new ArrayList<>(graph.layers().stream().map(GraphLayer::withoutScale).toList());
        double[] scale = new double[graph.out()];
        double[] bias = new double[graph.out()];
        Arrays.fill(scale, 1.0 / members);
        while (layers.getLast().spec() instanceof Affine) {
            GraphLayer affine = layers.removeLast();
            for (int o = 0; o < scale.length; o++) {
                bias[o] += scale[o] * affine.tensor("bias")[o];
                scale[o] *= affine.tensor("scale")[o];
            }
        }
        GraphLayer last = layers.removeLast();
        double[] own = last.bias();
        Arrays.setAll(own, o -> own[o] * scale[o] + bias[o]);
        for (String name : last.edgeTensors()) {
            double[] values = last.tensor(name).clone();
            int row = values.length / scale.length;
            Arrays.setAll(values, k -> values[k] * scale[k / row]);
            last = last.withTensor(name, values);
        }
        layers.add(last.withBias().withTensor("bias", own));
        return layers;
    }

    /**
     * The layers side by side.
     *
     * @param first whether they all see the same inputs; otherwise each its own
     * @param last whether their outputs are added; otherwise each has its own
     */
    private static GraphLayer joined(List<GraphLayer> layers, boolean first, boolean last) {
        GraphLayer one = layers.getFirst();
        int n = layers.size();
        int in = first ? one.in() : n * one.in();
        int out = last ? one.out() : n * one.out();
        Map<String, double[]> tensors = new LinkedHashMap<>();
        for (String name : one.names()) {
            List<double[]> values = layers.stream().map(layer -> layer.tensor(name)).toList();
            tensors.put(name, switch (name) {
                case "coef", "base_weight" -> edges(values, one, first, last, 0);
                case "weight", "translation" -> edges(values, one, first, last, 0);
                case "scale" -> one.dense() ? edges(values, one, first, last, 1) : concatenated(values);
                case "bias" -> last ? sum(values) : concatenated(values);
                default -> first || !isOfInput(name) ? same(values) : concatenated(values);
            });
        }
        return new GraphLayer(switch (one.spec()) {
            case KanLayer kan -> new KanLayer(in, out, kan.basis(), kan.base(), kan.scale(), false, kan.bias(), false, false,
                    false);
            case Linear linear -> new Linear(in, out, linear.bias());
            case Affine affine -> new Affine(out);
            case ActivationLayer layer -> new ActivationLayer(out, layer.activation());
            default -> throw new IllegalStateException("refused before: " + one.spec());
        }, tensors);
    }

    /** Whether each input has numbers of its own in a tensor that a basis is made of; all edges share them otherwise. */
    static boolean isOfInput(String tensor) {
        return switch (tensor) {
            case "phase", "phase_low", "phase_high", "knots" -> true;
            case "centres", "inv_width", "freq", "numerator" -> false;
            default -> throw new IllegalStateException("a basis has a new tensor, " + tensor + ": whose numbers are in it?");
        };
    }

    /** Numbers of edges, (outputs, inputs, width), in blocks; where nothing is shared the other edges have the value given. */
    private static double[] edges(List<double[]> values, GraphLayer one, boolean first, boolean last, double absent) {
        int n = values.size();
        int width = values.getFirst().length / (one.in() * one.out());
        int block = one.in() * width;
        int row = first ? block : n * block;
        double[] all = new double[Math.multiplyExact(last ? one.out() : n * one.out(), row)];
        if (!first) {
            Arrays.fill(all, absent);
        }
        for (int m = 0; m < n; m++) {
            for (int o = 0; o < one.out(); o++) {
                int to = (last ? o : m * one.out() + o) * row + (first ? 0 : m * block);
                for (int k = 0; k < block; k++) {
                    double value = values.get(m)[o * block + k];
                    all[to + k] = first && last ? all[to + k] + value : value;
                }
            }
        }
        return all;
    }

    private static double[] concatenated(List<double[]> values) {
        return values.stream().flatMapToDouble(Arrays::stream).toArray();
    }

    private static double[] sum(List<double[]> values) {
        double[] sum = new double[values.getFirst().length];
        values.forEach(each -> Arrays.setAll(sum, k -> sum[k] + each[k]));
        return sum;
    }

    private static double[] same(List<double[]> values) {
        for (double[] each : values) {
            if (!Arrays.equals(each, values.getFirst())) {
                throw KanException
                        .invalid("the members of an ensemble have different grids on the same inputs, as updates of grids "
                                + "make them: leave these out");
            }
        }
        return values.getFirst();
    }
}
