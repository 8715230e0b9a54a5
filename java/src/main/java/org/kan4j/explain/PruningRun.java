// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.tensor.DType;
import org.kan4j.train.Fit;
import org.kan4j.error.KanException;
import org.kan4j.model.KanModel;

/** A pruning on its way. */
final class PruningRun {

    /** Edges up to which each is tried by itself. */
    private static final int SINGLE_EDGES = 64;
    /** Nodes up to which each is tried by itself. */
    private static final int SINGLE_NODES = 64;
    /** Inputs up to which each is tried by itself. */
    private static final int SINGLE_INPUTS = 64;
    /** Numbers up to which a network that is stuck is fitted from new starts. */
    private static final int SMALL = 400;
    private static final int STARTS = 8;
    private static final int FINER = 4;
    /**
     * How many times the tolerance may be used up where two standard errors of the paired difference hold zero: a few rows that a
     * candidate misses by far make those errors, too, as large as one likes.
     */
    private static final int UNCLEAR = 4;
    /** How near to the best, as a factor of its error, a candidate is fitted this many times longer. */
    private static final double NEAR = 20;
    private static final int LONGER = 4;
    /** How often one that is within a factor of being good enough is fitted so much longer while its error falls by some percents. */
    private static final int MOST_LONGER = 4;
    private static final double CLOSE = 1.5;
    private static final double FALLS = 0.97;

    private final Pruning options;
    private final Context context;
    private final Rows train;
    private final Rows held;
    private final Pruning.Listener listener;
    private final List<Pruning.Attempt> attempts = new ArrayList<>();
    /** Sets of edges that were not enough since something went last. */
    private final Set<List<Edge>> refused = new HashSet<>();
    private final long budget;
    private final int finest;
    private final double deviation;
    private KanGraph graph;
    private Quality quality;
    /** The best met, which what is allowed is measured against. */
    private Quality best;

    PruningRun(Pruning options, Context context, KanGraph graph, Rows train, Rows held, Pruning.Listener listener) {
        this.options = options;
        this.context = context;
        this.graph = graph;
        this.train = train;
        this.held = held;
        this.listener = listener;
        this.budget = graph.liveParameters();
        this.finest = FINER * Resolution.of(graph);
        this.deviation = train.classes() > 0 ? 1 : Moments.deviation(train.y());
    }

    Pruning.Result run() {
        Quality asGiven = Quality.of(context, graph, held);
        KanGraph refitted = Refit.run(context, graph, train, held, options.iterations());
        quality = Quality.of(context, refitted, held);
        if (quality.value() < asGiven.value()) {
            graph = refitted;
        } else {
            quality = asGiven;
        }
        best = quality;
        double before = quality.value();
        if (deviation == 0 || best.rows().length == 0) {
            constant();
        }
        boolean gone = true;
        while (gone && listener.goOn()) {
            gone = together();
            gone |= nodes();
            gone |= merges();
            gone |= singles();
            gone |= options.inputs() && inputs();
        }
        return new Pruning.Result(graph, before, quality.value(), attempts);
    }

    /** Targets that are all the same need no edges. */
    private void constant() {
        KanGraph none = graph;
        for (Edge edge : graph.edges()) {
            none = none.without(edge, 0);
        }
        attempt("all edges: the target is constant", 0, none);
    }

    // -------------------------------------------------------------------------------------------------------- attempts

    private Rows of(Rows rows, KanGraph candidate) {
        return candidate.in() == rows.in() ? rows : rows.features(candidate.inputs());
    }

    private KanGraph compact(KanGraph candidate) {
        KanGraph compacted = candidate.compacted(context);
        if (!options.inputs() && compacted.in() < candidate.in()) {
            return candidate; // the shape of the input is to stay
        }
        return compacted;
    }

    /** Fits what is left of a candidate; keeps it if it is allowed. */
    private boolean attempt(String what, double effect, KanGraph candidate) {
        if (!refused.add(candidate.edges())) {
            return false;
        }
        KanGraph small = compact(candidate);
        Fitted found = judged(fit(finer(small), options.iterations()));
        if (!allowed(found.quality()) && small.edges().size() < graph.edges().size()) {
            Fitted other = anew(small);
            found = other != null && other.quality().value() < found.quality().value() ? other : found;
        }
        KanGraph fitted = found.graph();
        Quality reached = found.quality();
        boolean accepted = allowed(reached) && fitted.edges().size() < graph.edges().size();
        Pruning.Attempt attempt = new Pruning.Attempt(what, effect, quality.value(), reached.value(), accepted,
                small.shape(), small.edges().size());
        attempts.add(attempt);
        listener.onAttempt(attempt);
        if (accepted) {
            refused.clear();
            graph = fitted;
            quality = reached;
            best = reached.value() < best.value() ? reached : best;
        }
        return accepted;
    }

    private record Fitted(KanGraph graph, Quality quality) {
    }

    /** How good a fitted candidate is, after more iterations where it is near to being good enough. */
    private Fitted judged(KanGraph fitted) {
        Quality reached = Quality.of(context, fitted, of(held, fitted));
        double near = NEAR * Math.max(best.value(), options.accuracy() * deviation);
        if (allowed(reached) || reached.value() > near) {
            return new Fitted(fitted, reached);
        }
        Fitted longer = new Fitted(fitted, reached);
        double close = CLOSE * Math.max((1 + options.tolerance()) * best.value(), options.accuracy() * deviation);
        for (int times = 0; times < MOST_LONGER && (times == 0 || longer.quality().value() < close)
                && !allowed(longer.quality()); times++) {
            KanGraph further = converged(longer.graph());
            Quality more = Quality.of(context, further, of(held, further));
            boolean falls = more.value() < FALLS * longer.quality().value();
            longer = more.value() < longer.quality().value() || times == 0 ? new Fitted(further, more) : longer;
            if (!falls) {
                break;
            }
        }
        return longer;
    }

    private KanGraph fit(KanGraph candidate, int iterations) {
        if (candidate.edges().isEmpty() && candidate.in() > 0) {
            return Refit.run(context, candidate, of(train, candidate), of(held, candidate), Math.min(iterations, 50));
        }
        try {
            return Refit.run(context, candidate, of(train, candidate), of(held, candidate), iterations);
        } catch (KanException e) {
            return candidate; // a loss that is not finite where it stands: it will be judged as it is
        }
    }

    /** Much further, by the method that gets there. */
    private KanGraph converged(KanGraph candidate) {
        Rows rows = of(train, candidate);
        return LevenbergMarquardt.suits(candidate, rows)
                ? Refit.converged(context, candidate, rows, of(held, candidate), options.iterations() / 2)
                : fit(candidate, LONGER * options.iterations());
    }

    /** Good enough: by its error, or as far as the rows can tell, or by the accuracy that was asked for. */
    private boolean allowed(Quality reached) {
        double value = reached.value();
        double bound = options.tolerance() * best.value();
        return value <= best.value() + bound || value <= best.value() + UNCLEAR * bound && reached.within(best, 2)
                || value <= options.accuracy() * deviation;
    }

    /** As fine as the numbers of the first network allow. */
    private KanGraph finer(KanGraph small) {
        int now = Resolution.of(small);
        int to = now;
        double[] x = of(train, small).x();
        long numbers = small.liveParameters();
        int edges = small.edges().size();
        while (now > 0 && to < finest && numbers + (long) edges * (to + 1 - now) <= budget
                && train.size() >= 10 * (to + 1)) {
            to++;
        }
        if (to <= now) {
            return small;
        }
        // A multiple of the grid there is keeps the function.
        int multiple = to / now * now;
        return Resolution.refined(context, small, multiple > now ? multiple : to, x);
    }

    /** The same shape from new starts; null where it is large or has gaps. */
    private Fitted anew(KanGraph small) {
        boolean full = small.layers().stream().filter(GraphLayer::dense).allMatch(
                layer -> IntStream.range(0, layer.in() * layer.out()).allMatch(e -> layer.has(e / layer.in(), e % layer.in())));
        if (!full || small.liveParameters() > SMALL || train.classes() > 0) {
            return null;
        }
        Fit fit = Fit.defaults().withStarts(STARTS, 60).withIterations(2 * options.iterations())
                .withSeed(options.seed()).withValidation(0);
        int fine = Resolution.of(graph);
        try (Arena arena = Arena.ofConfined();
                Fit.Result result = fit.run(context, KanModel.of(DType.F64, small.specs()), of(train, small).dataset(arena))) {
            KanGraph found = Refit.like(small, KanGraph.of(result.parameters()));
            KanGraph finer = finer(found);
            if (Resolution.of(finer) < fine) {
                finer = Resolution.refined(context, finer, fine, of(train, small).x());
            }
            return judged(fit(finer, options.iterations()));
        } catch (KanException e) {
            return null;
        }
    }

    // ----------------------------------------------------------------------------------------------------------- steps

    /** Edges of little effect, as many at once as may go. */
    private boolean together() {
        EdgeEffects effects = EdgeEffects.of(context, graph, of(train, graph).x());
        List<Map.Entry<Edge, EdgeEffects.Effect>> sorted = new ArrayList<>(effects.edges().entrySet());
        sorted.sort(Comparator.<Map.Entry<Edge, EdgeEffects.Effect>>comparingDouble(e -> e.getValue().effect())
                .thenComparing(Map.Entry::getKey));
        int low = 0;
        int high = (int) sorted.stream().filter(e -> e.getValue().effect() <= options.threshold()).count();
        while (low < high) { // the longest prefix that the network bears without a refit
            int middle = (low + high + 1) / 2;
            double value = Quality.of(context, less(sorted, middle), of(held, graph)).value();
            if (value <= 2 * quality.value() + 0.01 * deviation) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        for (int count = low; count > 0 && listener.goOn(); count /= 2) {
            String what = Counted.of(count, "edge") + " of the least effect";
            if (attempt(what, sorted.get(count - 1).getValue().effect(), less(sorted, count))) {
                return true;
            }
        }
        return false;
    }

    private KanGraph less(List<Map.Entry<Edge, EdgeEffects.Effect>> sorted, int count) {
        KanGraph result = graph;
        for (Map.Entry<Edge, EdgeEffects.Effect> entry : sorted.subList(0, count)) {
            result = result.without(entry.getKey(), entry.getValue().mean());
        }
        return result;
    }

    /** A group of edges that go together. */
    private record Group(String what, double effect, List<Edge> edges) {
    }

    /** Hidden nodes, those of little effect first. */
    private boolean nodes() {
        return each(SINGLE_NODES, effects -> {
            List<Group> groups = new ArrayList<>();
            int last = lastDense();
            for (int l = 0; l < last; l++) {
                GraphLayer layer = graph.layer(l);
                for (int o = 0; layer.dense() && o < layer.out(); o++) {
                    int layerIndex = l;
                    int node = o;
                    List<Edge> into = effects.keySet().stream()
                            .filter(e -> e.layer() == layerIndex && e.output() == node).toList();
                    double effect = into.stream().mapToDouble(e -> effects.get(e).effect()).max().orElse(0);
                    if (!into.isEmpty()) {
                        groups.add(new Group("node " + node + " after layer " + l, effect, into));
                    }
                }
            }
            return groups;
        });
    }

    private int lastDense() {
        return IntStream.range(0, graph.layers().size()).filter(l -> graph.layer(l).dense()).max().orElse(0);
    }

    private boolean singles() {
        return each(SINGLE_EDGES, effects -> effects.entrySet().stream()
                .map(e -> new Group("edge " + e.getKey(), e.getValue().effect(), List.of(e.getKey()))).toList());
    }

    private boolean inputs() {
        return each(SINGLE_INPUTS, effects -> {
            List<Group> groups = new ArrayList<>();
            int first = IntStream.range(0, graph.layers().size()).filter(l -> graph.layer(l).dense()).findFirst().orElse(0);
            for (int input : new TreeSet<>(effects.keySet().stream().filter(e -> e.layer() == first).map(Edge::input)
                    .toList())) {
                List<Edge> from = effects.keySet().stream().filter(e -> e.layer() == first && e.input() == input).toList();
                double effect = Math.sqrt(from.stream().mapToDouble(e -> Math.pow(effects.get(e).effect(), 2)).sum());
                groups.add(new Group("input " + graph.inputs()[input], effect, from));
            }
            return groups;
        });
    }

    private interface Groups {
        List<Group> of(Map<Edge, EdgeEffects.Effect> effects);
    }

    /** Tries groups one by one, the least effect first; whenever one goes, effects are measured anew. */
    private boolean each(int most, Groups groups) {
        boolean any = false;
        boolean gone = true;
        while (gone) {
            gone = false;
            Map<Edge, EdgeEffects.Effect> effects = EdgeEffects.of(context, graph, of(train, graph).x()).edges();
            List<Group> sorted = new ArrayList<>(groups.of(effects));
            sorted.sort(Comparator.comparingDouble(Group::effect));
            for (Group group : sorted.size() > most ? List.<Group>of() : sorted) {
                if (!listener.goOn()) {
                    return any;
                }
                KanGraph without = graph;
                for (Edge edge : group.edges()) {
                    without = without.without(edge, effects.get(edge).mean());
                }
                if (attempt(group.what(), group.effect(), without)) {
                    gone = true;
                    any = true;
                    break;
                }
            }
        }
        return any;
    }

    /** Nodes of which one is an affine map of another. */
    private boolean merges() {
        boolean any = false;
        Optional<KanGraph> merged = Merge.first(context, graph, of(train, graph).x());
        while (merged.isPresent() && listener.goOn() && attempt("a node that is like another", Double.NaN, merged.get())) {
            any = true;
            merged = Merge.first(context, graph, of(train, graph).x());
        }
        return any;
    }
}
