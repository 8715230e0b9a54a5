// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.constraint;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.kan4j.basis.BSpline;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.tensor.HostTensor;

/**
 * Inputs in which all outputs of a model rise, or fall, wherever the others are.
 *
 * <p>It is kept by construction. The derivative of a B-spline is a B-spline whose coefficients are the differences of
 * neighbouring ones over distances of knots (de Boor, A Practical Guide to Splines, chapter X), so a spline whose coefficients
 * ascend rises everywhere. {@link #project} moves the edges of such an input to the nearest ones that rise or fall, and the
 * edges of later layers to the nearest that rise: a sum and a chain of rising functions rise. Beyond the grid an edge goes on
 * as its end does ({@link BSpline.Outside#CLAMP} or {@code LINEAR}), and a base branch that is not monotone is left out of
 * such edges; so it holds of all real inputs. {@link #prove} decides by the same numbers, whoever made them.
 *
 * @param directions one an input of the model: 1 where outputs rise with it, -1 where they fall, 0 where they may do both
 * @param outputs one an output: 1 where it is as said, -1 where it is the other way round, as of the first of two classes
 */
public record Monotonicity(List<Integer> directions, List<Integer> outputs) {

    /**
     * Neighbouring coefficients are at least so far apart: a constant edge would let nothing through, in either direction of
     * training.
     */
    static final double STEP = 0x1p-13;

    /** Checks the numbers. */
    public Monotonicity {
        directions = List.copyOf(directions);
        outputs = List.copyOf(outputs);
        if (directions.stream().anyMatch(d -> d < -1 || d > 1) || directions.stream().allMatch(d -> d == 0)) {
            throw KanException.invalid("the directions of inputs must be 1, -1 or 0, and one of them not 0, given %s",
                    directions);
        }
        if (outputs.isEmpty() || outputs.stream().anyMatch(d -> d != 1 && d != -1)) {
            throw KanException.invalid("the directions of outputs must be 1 or -1, given %s", outputs);
        }
    }

    /**
     * Refuses a model that cannot be kept so, naming what can.
     *
     * @throws KanException if a layer is none of plain B-splines that go on beyond the grid, or the numbers do not fit
     */
    public void require(KanModel model) {
        if (model.in() != directions.size() || model.out() != outputs.size()) {
            throw KanException.invalid("directions of %s and %s are for no model of %d and %d",
                    Counted.of(directions.size(), "input"),
                    Counted.of(outputs.size(), "output"), model.in(), model.out());
        }
        for (LayerSpec spec : model.layers()) {
            String why = unsuited(spec);
            if (why != null) {
                throw KanException
                        .invalid("a monotone model has layers of B-splines (bspline) that are clamped or linear outside "
                                + "the grid, whose coefficients are in order, without normalisation; given %s", why);
            }
        }
    }

    private static String unsuited(LayerSpec spec) {
        if (!(spec instanceof KanLayer layer)) {
            return "a layer of " + spec.getClass().getSimpleName();
        }
        if (!(layer.basis() instanceof BSpline spline)) {
            return "the basis " + layer.basis().name();
        }
        return layer.inputNorm() || layer.baseNorm() ? "a layer norm"
                : spline.outside() == BSpline.Outside.ZERO ? "splines that are 0 outside the grid" : null;
    }

    /**
     * Moves parameters to the nearest that keep the promise, edge by edge; those that do stay as they are. The same numbers give
     * the same bits.
     */
    public void project(Parameters parameters) {
        require(parameters.model());
        int last = parameters.model().layers().size() - 1;
        try (Arena arena = Arena.ofConfined()) {
            for (int l = 0; l <= last; l++) {
                KanLayer layer = (KanLayer) parameters.model().layers().get(l);
                for (TensorInfo tensor : parameters.tensors()) {
                    if (tensor.layer() == l && tensor.role() == TensorInfo.Role.PARAMETER) {
                        project(arena, parameters, layer, tensor, l == last);
                    }
                }
            }
        }
    }

    private void project(Arena arena, Parameters parameters, KanLayer layer, TensorInfo tensor, boolean last) {
        boolean coef = tensor.tensor().equals("coef");
        boolean base = tensor.tensor().equals("base_weight");
        boolean scale = tensor.tensor().equals("coef_scale");
        if (!coef && !base && !scale) {
            return; // a bias moves an output up and down, whatever the inputs are
        }
        HostTensor natural = parameters.get(arena, tensor.name());
        double[] numbers = natural.toDoubles();
        int in = Math.toIntExact(layer.in());
        int n = coef ? layer.basis().functions() : 1;
        double[] means = new double[n];
        int[] sizes = new int[n];
        boolean changed = false;
        for (int o = 0; o < layer.out(); o++) {
            for (int i = 0; i < in; i++) {
                int direction = (tensor.layer() == 0 ? directions.get(i) : 1) * (last ? outputs.get(o) : 1);
                int at = (o * in + i) * n;
                if (direction == 0) {
                    continue;
                }
                if (coef) {
                    if (!ascends(numbers, at, n, direction, STEP / 2)) { // half: what was put right once stays as it is
                        Isotonic.project(numbers, at, n, direction, STEP, means, sizes);
                        changed = true;
                    }
                } else {
                    double kept = scale ? Math.max(numbers[at], STEP)
                            : rises(layer.base()) ? direction * Math.max(direction * numbers[at], 0) : 0;
                    changed |= kept != numbers[at];
                    numbers[at] = kept;
                }
            }
        }
        if (changed) {
            for (int j = 0; j < numbers.length; j++) {
                natural.setFlat(j, numbers[j]);
            }
            parameters.set(tensor.name(), natural);
        }
    }

    private static boolean ascends(double[] numbers, int at, int n, int direction, double step) {
        for (int j = 1; j < n; j++) {
            if (!(direction * (numbers[at + j] - numbers[at + j - 1]) >= step)) {
                return false;
            }
        }
        return true;
    }

    /** Whether a base branch rises everywhere; SiLU and GELU do not. */
    private static boolean rises(Activation base) {
        return base == Activation.IDENTITY || base == Activation.RELU || base == Activation.TANH || base == Activation.SIGMOID;
    }

    /**
     * Decides whether a model keeps the promise for all real inputs, by its coefficients: not by trying. What is not proved may
     * be so nevertheless.
     *
     * @return the first thing that is in the way, in words, one an input that is not proved; empty where all is proved
     */
    public List<String> prove(Parameters parameters) {
        require(parameters.model());
        List<Edges> layers = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            for (int l = 0; l < parameters.model().layers().size(); l++) {
                layers.add(Edges.of(arena, parameters, l));
            }
        }
        List<String> gaps = new ArrayList<>();
        for (int i = 0; i < directions.size(); i++) {
            String gap = directions.get(i) == 0 ? null : gap(layers, i);
            if (gap != null) {
                gaps.add(gap);
            }
        }
        return gaps;
    }

    /** Follows an input through the layers; what is in the way, or null. */
    private String gap(List<Edges> layers, int input) {
        int[] trend = new int[directions.size()]; // of each node with the input: 1 rises, -1 falls, 0 does not depend on it
        trend[input] = 1;
        for (int l = 0; l < layers.size(); l++) {
            Edges edges = layers.get(l);
            int[] next = new int[edges.out()];
            for (int o = 0; o < next.length; o++) {
                for (int i = 0; i < trend.length; i++) {
                    int edge = trend[i] == 0 ? 0 : edges.trend(o, i);
                    if (edge == Edges.NEITHER) {
                        return "the edge " + l + "," + i + "," + o + " neither rises nor falls, and input " + input
                                + " goes through it";
                    }
                    int all = trend[i] * edge;
                    if (all != 0 && next[o] != 0 && all != next[o]) {
                        return "node " + o + " of layer " + l + " rises with input " + input + " along one edge and falls along "
                                + "another";
                    }
                    next[o] = all != 0 ? all : next[o];
                }
            }
            trend = next;
        }
        for (int o = 0; o < trend.length; o++) {
            if (trend[o] * directions.get(input) * outputs.get(o) < 0) {
                return "output " + o + " goes the other way with input " + input;
            }
        }
        return null;
    }

    /** How each edge of a layer goes. */
    private record Edges(int in, int out, int[] trends) {

        static final int NEITHER = 2;

        int trend(int output, int input) {
            return trends[output * in + input];
        }

        static Edges of(Arena arena, Parameters parameters, int l) {
            KanLayer layer = (KanLayer) parameters.model().layers().get(l);
            double[] coef = numbers(arena, parameters, l, "coef");
            double[] base = numbers(arena, parameters, l, "base_weight");
            double[] scale = numbers(arena, parameters, l, "coef_scale");
            double[] knots = numbers(arena, parameters, l, "knots");
            double[] mask = numbers(arena, parameters, l, "mask");
            int n = layer.basis().functions();
            int[] trends = new int[coef.length / n];
            for (int e = 0; e < trends.length; e++) {
                double factor = mask == null ? 1 : mask[e];
                int i = e % Math.toIntExact(layer.in());
                int each = knots.length / Math.toIntExact(layer.in());
                int spline = ascending(knots, i * each, each) ? spline(coef, e * n, n) : NEITHER;
                double scaled = factor * (scale == null ? 1 : scale[e]);
                double weight = base == null ? 0 : factor * base[e];
                int first = scaled == 0 ? 0 : spline == NEITHER || Double.isNaN(scaled) ? NEITHER : spline * sign(scaled);
                int second = weight == 0 ? 0 : rises(layer.base()) && !Double.isNaN(weight) ? sign(weight) : NEITHER;
                trends[e] = first == NEITHER || second == NEITHER || first * second < 0 ? NEITHER : first != 0 ? first : second;
            }
            return new Edges(Math.toIntExact(layer.in()), Math.toIntExact(layer.out()), trends);
        }

        private static int sign(double value) {
            return value > 0 ? 1 : value < 0 ? -1 : 0;
        }

        private static boolean ascending(double[] knots, int at, int count) {
            for (int j = at + 1; j < at + count; j++) {
                if (!(knots[j] >= knots[j - 1])) {
                    return false;
                }
            }
            return true;
        }

        private static int spline(double[] coef, int at, int n) {
            boolean up = true;
            boolean down = true;
            for (int j = at + 1; j < at + n; j++) {
                up &= coef[j] >= coef[j - 1];
                down &= coef[j] <= coef[j - 1];
            }
            return up && down ? 0 : up ? 1 : down ? -1 : NEITHER;
        }

        private static double[] numbers(Arena arena, Parameters parameters, int l, String name) {
            return parameters.tensors().stream().filter(t -> t.layer() == l && t.tensor().equals(name)).findFirst()
                    .map(t -> parameters.get(arena, t.name()).toDoubles()).orElse(null);
        }
    }
}
