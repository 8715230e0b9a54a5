// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * How much an option mattered among trials of the same budget.
 *
 * @param option its name
 * @param share part of the variance of the losses' logarithms that lies between its values, 0 to 1, less what chance puts there
 *     (adjusted R squared); 0 where each trial has a value of its own
 * @param means geometric mean of the losses with each value; the empty text is the option left out
 */
public record Influence(String option, double share, Map<String, Double> means) {

    /** Keeps an immutable copy. */
    public Influence {
        means = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(means));
    }

    /** Of each option with different values, the one that mattered most first. Trials without a finite loss are left out. */
    public static List<Influence> of(List<Trial> trials) {
        List<Trial> first = trials.stream().filter(t -> t.budget() < 1 && t.loss() > 0 && t.loss() < Double.POSITIVE_INFINITY)
                .toList();
        TreeSet<String> names = new TreeSet<>();
        first.forEach(trial -> names.addAll(trial.options().keySet()));
        List<Influence> all = new ArrayList<>();
        double mean = first.stream().mapToDouble(t -> Math.log(t.loss())).average().orElse(0);
        double total = first.stream().mapToDouble(t -> Math.pow(Math.log(t.loss()) - mean, 2)).sum();
        for (String name : names) {
            Map<String, List<Double>> groups = new java.util.TreeMap<>();
            first.forEach(t -> groups.computeIfAbsent(t.options().getOrDefault(name, ""), any -> new ArrayList<>())
                    .add(Math.log(t.loss())));
            Map<String, Double> means = new LinkedHashMap<>();
            double between = 0;
            for (Map.Entry<String, List<Double>> group : groups.entrySet()) {
                double of = group.getValue().stream().mapToDouble(Double::doubleValue).average().orElseThrow();
                between += group.getValue().size() * (of - mean) * (of - mean);
                means.put(group.getKey(), Math.exp(of));
            }
            if (groups.size() > 1) {
                all.add(new Influence(name, adjusted(total > 0 ? between / total : 0, first.size(), groups.size()), means));
            }
        }
        all.sort(Comparator.comparingDouble(Influence::share).reversed());
        return all;
    }

    private static double adjusted(double share, int trials, int values) {
        return trials <= values ? 0 : Math.max(0, 1 - (1 - share) * (trials - 1) / (trials - values));
    }
}
