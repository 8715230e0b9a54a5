// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression.Call;

/** One run of {@link ContextChoice}. */
final class ContextSearch {

    private static final int POINTS = 257;
    private static final int MOST_ROWS = 600;
    private static final double FEWEST_SQUARES = 1e-24;
    private static final double EXACT = 1e-10;
    private static final double UNKNOWN_RESOLUTION = 1e-3;

    /** A choice of candidates with its constants fitted. */
    private record State(Map<String, Candidate> chosen, Composition composition, double rmse, double score) {
    }

    private final ContextChoice settings;
    private final Composition network;
    private final Map<String, Double> resolutions;
    private final Observations train;
    private final Observations held;
    private final Map<String, List<Candidate>> candidates = new LinkedHashMap<>();
    private final double networkRmse;

    ContextSearch(ContextChoice settings, Composition network, Map<String, Double> resolutions, Observations train,
            Observations held) {
        this.settings = settings;
        this.network = network;
        this.resolutions = resolutions;
        this.train = train.thinned(MOST_ROWS);
        this.held = held;
        this.networkRmse = ConstantFit.rmse(network, held);
    }

    Choice run() {
        suggest();
        State state = greedy();
        if (!candidates.isEmpty() && state.chosen.size() == candidates.size()) {
            state = refitted(state);
        }
        state = exchanged(state);
        while (!accepted(state) && !state.chosen.isEmpty() && !settings.cancelled().getAsBoolean()) {
            State without = withoutWorst(state);
            if (without == null) {
                break;
            }
            state = without;
        }
        State last = state;
        List<String> numeric = network.numericEdges().stream().filter(e -> !last.chosen.containsKey(e)).toList();
        return new Choice(state.composition, state.chosen, numeric, state.rmse, networkRmse, accepted(state));
    }

    private boolean accepted(State state) {
        return state.rmse <= (1 + settings.tolerance()) * networkRmse;
    }

    /** Candidates of all edges for the network as it is: their constants fit each other. */
    private void suggest() {
        Map<String, double[]> values = new HashMap<>(train.inputs());
        values.putAll(network.evaluate(train.inputs(), train.rows()));
        List<String> edges = new ArrayList<>(network.numericEdges());
        Map<String, List<Candidate>> unordered = new HashMap<>();
        for (String edge : edges) {
            if (settings.cancelled().getAsBoolean()) {
                break;
            }
            Call call = (Call) network.value(edge);
            double[] input = call.argument().evaluate(values, train.rows());
            double resolution = resolutions.getOrDefault(edge, UNKNOWN_RESOLUTION);
            List<Candidate> offered = offered(call, input, resolution);
            settings.listener().accept(edge + ": " + (offered.isEmpty() ? "no function fits"
                    : String.join("; ", offered.stream().map(Candidate::toString).toList())));
            if (!offered.isEmpty()) {
                unordered.put(edge, offered);
            }
        }
        Map<String, Integer> depths = depths();
        edges.removeIf(edge -> !unordered.containsKey(edge));
        edges.sort(Comparator.<String>comparingInt(depths::get)
                .thenComparing(Comparator.comparingDouble((String edge) -> margin(unordered.get(edge))).reversed()));
        edges.forEach(edge -> candidates.put(edge, unordered.get(edge)));
    }

    private List<Candidate> offered(Call edge, double[] input, double resolution) {
        try {
            double[] places = Curve.places(input, POINTS);
            double low = Arrays.stream(input).min().orElseThrow();
            double high = Arrays.stream(input).max().orElseThrow();
            double[] all = Arrays.stream(new double[][] {places, {low, high}}).flatMapToDouble(Arrays::stream).sorted()
                    .distinct().toArray();
            Curve curve = new Curve(all, Arrays.stream(all).map(edge.function()::at).toArray());
            List<Candidate> offered = EdgeFit.offered(EdgeFit.suggest(curve, settings.library(), resolution), resolution);
            return offered.stream().limit(settings.candidates())
                    .filter(c -> c.score() <= offered.get(0).score() + settings.window()).toList();
        } catch (KanException constantInput) {
            return List.of();
        }
    }

    private static double margin(List<Candidate> ranked) {
        return ranked.size() < 2 ? Double.POSITIVE_INFINITY : ranked.get(1).score() - ranked.get(0).score();
    }

    /** How many numeric edges lie before an edge. */
    private Map<String, Integer> depths() {
        Map<String, Integer> depths = new TreeMap<>();
        for (Definition definition : network.definitions()) {
            int before = definition.value().variables().stream().mapToInt(v -> depths.getOrDefault(v, 0)).max().orElse(0);
            depths.put(definition.name(), before + (network.numericEdges().contains(definition.name()) ? 1 : 0));
        }
        return depths;
    }

    /** Inner edges first, clear ones before doubtful ones, each by its score with the others as they are. */
    private State greedy() {
        State state = new State(Map.of(), network, networkRmse, Double.POSITIVE_INFINITY);
        for (Map.Entry<String, List<Candidate>> edge : candidates.entrySet()) {
            State best = null;
            for (Candidate candidate : edge.getValue()) {
                if (best != null && settings.cancelled().getAsBoolean()) {
                    break;
                }
                Map<String, Candidate> chosen = new LinkedHashMap<>(state.chosen);
                chosen.put(edge.getKey(), candidate);
                State trial = fitted(chosen, edge.getValue().size() > 1 ? 4 : 0);
                best = better(best, trial);
            }
            state = best != null ? best : state;
        }
        return state;
    }

    private static State better(State a, State b) {
        return a == null || b != null && b.score < a.score ? b : a;
    }

    private State refitted(State state) {
        State all = fitted(state.chosen, 60);
        return all == null ? state : all;
    }

    /** The network with candidates, all constants moved so many steps from where they fit the curves; null if undefined. */
    private State fitted(Map<String, Candidate> chosen, int steps) {
        Composition composition = network;
        double bits = 0;
        int constants = 0;
        for (Map.Entry<String, Candidate> edge : chosen.entrySet()) {
            Call call = (Call) network.value(edge.getKey());
            composition = composition.with(edge.getKey(),
                    edge.getValue().expression().substitute(Map.of(Candidate.X, call.argument())));
            bits += edge.getValue().function().complexity();
            constants += edge.getValue().function().constants();
        }
        try {
            composition = ConstantFit.fit(DomainRepair.apply(composition, train), train, steps).composition();
        } catch (KanException undefined) {
            return null;
        }
        double rmse = ConstantFit.rmse(composition, held);
        if (!Double.isFinite(rmse)) {
            return null;
        }
        double rows = held.rows();
        double score = rows / 2 * log2(Math.max(rmse * rmse, FEWEST_SQUARES)) + 0.5 * constants * log2(rows) + bits;
        return new State(chosen, composition, rmse, score);
    }

    private static double log2(double value) {
        return Math.log(value) / Math.log(2);
    }

    /** One edge anew at a time, doubtful ones first, while the whole becomes better. */
    private State exchanged(State start) {
        State state = start;
        List<String> edges = new ArrayList<>(candidates.keySet());
        edges.sort(Comparator.comparingDouble(edge -> margin(candidates.get(edge))));
        boolean improved = true;
        while (improved && state.rmse > EXACT) {
            improved = false;
            for (String edge : edges) {
                for (Candidate candidate : candidates.get(edge)) {
                    if (settings.cancelled().getAsBoolean() || state.rmse <= EXACT) {
                        return state;
                    }
                    if (candidate.equals(state.chosen.get(edge))) {
                        continue;
                    }
                    Map<String, Candidate> chosen = new LinkedHashMap<>(state.chosen);
                    chosen.put(edge, candidate);
                    State trial = fitted(chosen, 12);
                    if (trial != null && trial.rmse < 3 * state.rmse) {
                        trial = better(trial, fitted(chosen, 60));
                    }
                    if (trial != null && trial.score < state.score - 1) {
                        settings.listener().accept(edge + ": " + candidate.function().name() + " instead, held-out error "
                                + trial.rmse + " of a deviation");
                        state = trial;
                        improved = true;
                    }
                }
            }
        }
        return state;
    }

    /** One edge numeric again: the one without whose function the error is least; null if none can be. */
    private State withoutWorst(State state) {
        State best = null;
        String worst = null;
        for (String edge : state.chosen.keySet()) {
            Map<String, Candidate> chosen = new LinkedHashMap<>(state.chosen);
            chosen.remove(edge);
            State trial = fitted(chosen, 12);
            if (trial != null && (best == null || trial.rmse < best.rmse)) {
                best = trial;
                worst = edge;
            }
        }
        if (best != null) {
            settings.listener().accept(worst + " stays numeric: held-out error " + best.rmse + " of a deviation");
        }
        return best;
    }
}
