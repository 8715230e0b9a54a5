// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.Multiply;

/** The order of hidden nodes: the function does not depend on it, how a network looks does. */
final class Arrangement {

    /** Sweeps over all layers; three or four are enough. */
    private static final int SWEEPS = 8;

    private Arrangement() {
    }

    /**
     * The nodes after a layer in another order.
     *
     * @param order for each place the node that goes there, sums before products
     */
    static KanGraph permuted(KanGraph graph, int layer, int[] order) {
        int next = Widening.next(graph, layer);
        if (next < 0) {
            throw KanException.invalid("the nodes after layer %d are the outputs, whose order has a meaning", layer);
        }
        List<GraphLayer> layers = new ArrayList<>(graph.layers());
        layers.set(next, layers.get(next).take(Widening.all(layers.get(next).out()), order));
        int[] places = order;
        for (int l = next - 1; l > layer; l--) {
            GraphLayer between = layers.get(l);
            if (between.spec() instanceof Multiply multiply) {
                places = factors(multiply, places);
            } else if (between.spec() instanceof LayerNorm) {
                int[] now = places;
                for (String name : List.of("weight", "bias")) {
                    double[] values = between.tensor(name);
                    between = values == null ? between
                            : between.withTensor(name, Arrays.stream(now).mapToDouble(i -> values[i]).toArray());
                }
                layers.set(l, between);
            } else {
                layers.set(l, between.take(places, places));
            }
        }
        layers.set(layer, layers.get(layer).take(places, Widening.all(layers.get(layer).in())));
        return new KanGraph(layers, graph.inputs());
    }

    private static int[] factors(Multiply multiply, int[] order) {
        int[] factors = new int[Math.toIntExact(multiply.in())];
        int at = 0;
        for (int place = 0; place < order.length; place++) {
            int node = order[place];
            if (place < multiply.passed() != node < multiply.passed()) {
                throw KanException.invalid("a sum and a product cannot change places: of the nodes, 0 to %d are sums, the "
                        + "others products", multiply.passed() - 1);
            }
            int count = node < multiply.passed() ? 1 : multiply.arity();
            int first = node < multiply.passed() ? node
                    : multiply.passed() + (node - multiply.passed()) * multiply.arity();
            for (int f = 0; f < count; f++) {
                factors[at++] = first + f;
            }
        }
        return factors;
    }

    /** How many of the nodes after a layer are sums; the others are products. */
    private static int sums(KanGraph graph, int layer, int next) {
        for (int l = layer + 1; l < next; l++) {
            if (graph.layer(l).spec() instanceof Multiply multiply) {
                return multiply.passed();
            }
        }
        return graph.layer(next).in();
    }

    /** The node after products that each output of a layer belongs to. */
    private static int[] owners(KanGraph graph, int layer, int next) {
        int[] owners = Widening.all(graph.layer(layer).out());
        for (int l = layer + 1; l < next; l++) {
            if (graph.layer(l).spec() instanceof Multiply multiply) {
                Arrays.setAll(owners, k -> k < multiply.passed() ? k
                        : multiply.passed() + (k - multiply.passed()) / multiply.arity());
            }
        }
        return owners;
    }

    /** An edge between two levels of nodes. */
    private record Wire(int level, int from, int to, double effect) {
    }

    /** A network's levels of nodes, inputs first: the order of each, and the wires between them. */
    private static final class Levels {
        final List<Integer> layers = new ArrayList<>(); // the layer with edges after each level
        final List<int[]> orders = new ArrayList<>();
        final List<Integer> sums = new ArrayList<>();
        final List<Wire> wires = new ArrayList<>();

        Levels(Context context, KanGraph graph, double[] x) {
            Map<Edge, EdgeEffects.Effect> effects = EdgeEffects.of(context, graph, x).edges();
            for (int l = 0; l < graph.layers().size(); l++) {
                if (!graph.layer(l).dense()) {
                    continue;
                }
                int layer = l;
                int next = Widening.next(graph, l);
                int level = layers.size();
                layers.add(l);
                orders.add(Widening.all(graph.layer(l).in()));
                int[] owner = next < 0 ? Widening.all(graph.layer(l).out()) : owners(graph, l, next);
                sums.add(next < 0 ? 0 : sums(graph, l, next)); // of the level after
                effects.forEach((edge, effect) -> {
                    if (edge.layer() == layer) {
                        wires.add(new Wire(level, edge.input(), owner[edge.output()], effect.effect()));
                    }
                });
            }
            orders.add(Widening.all(graph.layer(layers.getLast()).out()));
        }

        private double[] places(int level) {
            int[] order = orders.get(level);
            double[] places = new double[order.length];
            for (int place = 0; place < order.length; place++) {
                places[order[place]] = (place + 0.5) / order.length;
            }
            return places;
        }

        /** Sum over the wires of effect times the distance of their ends, where places go from 0 to 1. */
        double length() {
            double[][] places = new double[orders.size()][];
            Arrays.setAll(places, this::places);
            return wires.stream().mapToDouble(w -> w.effect()
                    * Math.abs(places[w.level()][w.from()] - places[w.level() + 1][w.to()])).sum();
        }

        /** The nodes of a level by the mean place of what they are connected with, sums and products among themselves. */
        void sort(int level) {
            double[] before = places(level - 1);
            double[] after = places(level + 1);
            double[] weight = new double[orders.get(level).length];
            double[] place = new double[weight.length];
            for (Wire w : wires) {
                if (w.level() == level - 1) {
                    weight[w.to()] += w.effect();
                    place[w.to()] += w.effect() * before[w.from()];
                } else if (w.level() == level) {
                    weight[w.from()] += w.effect();
                    place[w.from()] += w.effect() * after[w.to()];
                }
            }
            double[] now = places(level);
            int first = sums.get(level - 1);
            orders.set(level, Arrays.stream(orders.get(level)).boxed().sorted(Comparator.<Integer>comparingInt(
                    n -> n < first ? 0 : 1).thenComparingDouble(n -> weight[n] > 0 ? place[n] / weight[n] : now[n]))
                    .mapToInt(Integer::intValue).toArray());
        }

        /** Exchanges neighbours of a level as long as that makes the wires shorter; whether any were. */
        boolean exchange(int level) {
            boolean any = false;
            int[] order = orders.get(level);
            for (int place = 0; place + 1 < order.length; place++) {
                if (place + 1 == sums.get(level - 1)) {
                    continue;
                }
                double length = length();
                swap(order, place);
                if (length() < length * (1 - 1e-9)) {
                    any = true;
                } else {
                    swap(order, place);
                }
            }
            return any;
        }

        private static void swap(int[] order, int place) {
            int node = order[place];
            order[place] = order[place + 1];
            order[place + 1] = node;
        }
    }

    /** Hidden nodes ordered for short strong edges: the sum of effect times horizontal distance falls to a local minimum. */
    static KanGraph arranged(Context context, KanGraph graph, double[] x) {
        Levels levels = new Levels(context, graph, x);
        double length = levels.length();
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            List<int[]> last = List.copyOf(levels.orders);
            for (int level = 1; level + 1 < levels.orders.size(); level++) {
                levels.sort(level);
            }
            double now = levels.length();
            if (!(now < length)) {
                levels.orders.clear();
                levels.orders.addAll(last);
                break;
            }
            length = now;
        }
        boolean better = levels.wires.size() <= 1000;
        while (better) { // each exchange makes them shorter, so there are finitely many
            better = false;
            for (int level = 1; level + 1 < levels.orders.size(); level++) {
                better |= levels.exchange(level);
            }
        }
        KanGraph result = graph;
        for (int level = 1; level + 1 < levels.orders.size(); level++) {
            result = permuted(result, levels.layers.get(level - 1), levels.orders.get(level));
        }
        return result;
    }

    /** What {@link #arranged} makes small. */
    static double length(Context context, KanGraph graph, double[] x) {
        return new Levels(context, graph, x).length();
    }
}
