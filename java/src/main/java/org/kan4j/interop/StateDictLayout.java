// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.kan4j.error.FormatException;
import org.kan4j.interop.StateDictNames.Match;
import org.kan4j.tensor.Shape;

/**
 * Which tensor of a state dict is which of a variant's {@link Slot}s, and the sizes that follow: names are matched with
 * any prefix a wrapper put before them, the symbols of the slots' shapes are solved from the shapes found, and every
 * tensor that is missing, left over or misshaped is reported in one exception.
 */
final class StateDictLayout {

    /** One tensor of the state dict. */
    record Entry(Slot slot, int layer, String key) {
    }

    private final List<Entry> entries;
    private final List<Map<String, Long>> sizes;

    private StateDictLayout(List<Entry> entries, List<Map<String, Long>> sizes) {
        this.entries = entries;
        this.sizes = sizes;
    }

    /** The tensors that are there, in the order of the slots. */
    List<Entry> entries() {
        return entries;
    }

    /** Number of published layers. */
    int layers() {
        return sizes.size();
    }

    /** The value of a symbol in a layer. */
    long size(int layer, String symbol) {
        return sizes.get(layer).get(symbol);
    }

    /** The symbols of a layer. */
    Map<String, Long> sizes(int layer) {
        return sizes.get(layer);
    }

    /** The layers by what stands before the published endings of their names, and their widths. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        for (int l = 0; l < layers(); l++) {
            int layer = l;
            Entry first = entries.stream().filter(e -> e.layer() == layer).findFirst().orElseThrow();
            String ending = first.slot().after();
            String name = first.key().endsWith(ending) ? first.key().substring(0, first.key().length() - ending.length())
                    : first.key();
            names.add(name + " (" + size(l, "I") + " -> " + size(l, "O") + ")");
        }
        return names;
    }

    boolean has(int layer, String slotKey) {
        return entries.stream().anyMatch(e -> e.layer() == layer && e.slot().key().equals(slotKey));
    }

    /**
     * Matches the tensors found with the variant's.
     *
     * @param what  how messages call the state dict, such as a file name
     * @param found names and shapes
     * @param order what stands before the published endings of a user's own names, first layer first; null for numbers
     */
    static StateDictLayout of(String what, Variant variant, Map<String, Shape> found, Config config, List<String> order) {
        Map<String, Match> matches = StateDictNames.match(what, variant, found.keySet(), order);
        if (matches.isEmpty()) {
            throw new FormatException(what + ": no tensor has a name of variant " + variant.name() + ", such as "
                    + variant.slots().getFirst().key(0) + "; found " + some(found.keySet()) + suggestion(variant, found));
        }
        return new Solver(what, variant, found, config, matches).solve();
    }

    private static String suggestion(Variant variant, Map<String, Shape> found) {
        List<String> fitting = Variant.all().stream()
                .filter(v -> v != variant && StateDictNames.guess(v, found.keySet()).size() == found.size())
                .map(Variant::name).toList();
        return found.isEmpty() || fitting.isEmpty() ? "" : "; these are names of variant " + String.join(" or ", fitting);
    }

    private static String some(Collection<String> keys) {
        List<String> first = keys.stream().sorted().limit(4).toList();
        return keys.isEmpty() ? "none" : String.join(", ", first) + (keys.size() > first.size() ? ", …" : "");
    }

    // ---------------------------------------------------------------------------------------------------------- sizes

    /** Solves the shapes' symbols by the votes of the shapes found; the configuration decides where they disagree. */
    private static final class Solver {
        private static final int DECISIVE = 1 << 20;
        /** Up to which size one that fits is looked for, for a message. */
        private static final int MOST_SIZE = 1000;

        private final String what;
        private final Variant variant;
        private final Map<String, Shape> found;
        private final Config config;
        private final Map<String, Match> matches;
        private final int layers;
        /** Votes for a symbol's values by "symbol@layer"; neighbouring layers share "width@l". */
        private final Map<String, Map<Long, Integer>> votes = new HashMap<>();

        Solver(String what, Variant variant, Map<String, Shape> found, Config config, Map<String, Match> matches) {
            this.what = what;
            this.variant = variant;
            this.found = found;
            this.config = config;
            this.matches = matches;
            int last = matches.values().stream().mapToInt(Match::layer).max().orElseThrow();
            this.layers = Math.max(last + 1, variant.configLayers(config));
        }

        StateDictLayout solve() {
            voteByAxes();
            voteByProducts();
            voteByConfig();
            List<String> problems = new ArrayList<>();
            List<Entry> entries = entries(problems);
            if (!problems.isEmpty()) {
                throw new FormatException(what + " is not a state dict of variant " + variant.name() + ":\n  "
                        + String.join("\n  ", problems));
            }
            List<Map<String, Long>> sizes = new ArrayList<>();
            for (int l = 0; l < layers; l++) {
                Map<String, Long> layer = new HashMap<>();
                for (Slot slot : variant.slots()) {
                    for (String symbol : slot.symbols()) {
                        long size = value(symbol, l);
                        if (size >= 0) {
                            layer.put(symbol, size);
                        }
                    }
                }
                sizes.add(layer);
            }
            return new StateDictLayout(List.copyOf(entries), List.copyOf(sizes));
        }

        private void voteByAxes() {
            matches.forEach((key, match) -> {
                List<String> axes = match.slot().shape();
                Shape shape = found.get(key);
                for (int a = 0; a < axes.size() && shape.rank() == axes.size(); a++) {
                    if (Slot.isSymbol(axes.get(a))) {
                        vote(axes.get(a), match.layer(), shape.axis(a), 1);
                    }
                }
            });
        }

        /** An axis of I*N tells N where I is known, and I where N is. */
        private void voteByProducts() {
            matches.forEach((key, match) -> {
                List<String> axes = match.slot().shape();
                Shape shape = found.get(key);
                for (int a = 0; a < axes.size() && shape.rank() == axes.size(); a++) {
                    String[] factors = axes.get(a).split("\\*");
                    for (int f = 0; f < factors.length && factors.length > 1; f++) {
                        long others = 1;
                        for (int g = 0; g < factors.length; g++) {
                            others = g == f ? others : others * value(factors[g], match.layer());
                        }
                        if (others > 0 && shape.axis(a) % others == 0) {
                            vote(factors[f], match.layer(), shape.axis(a) / others, 1);
                        }
                    }
                }
            });
        }

        private void voteByConfig() {
            boolean widthsDisagree = votes.entrySet().stream()
                    .anyMatch(v -> v.getKey().startsWith("width@") && v.getValue().size() > 1);
            for (int l = 0; l < layers; l++) {
                int layer = l;
                Map<String, Long> sizes = variant.configSizes(config.at(l), l);
                // Tensors beat the configuration, but only all of them together: where some agree with it and others
                // do not, the others are the ones that are wrong.
                boolean mixed = sizes.entrySet().stream().anyMatch(s -> agrees(s.getKey(), layer, s.getValue()))
                        && sizes.entrySet().stream().filter(s -> !Slot.isWidth(s.getKey()))
                                .anyMatch(s -> !unanimous(s.getKey(), layer, s.getValue()));
                if (!mixed) {
                    refuseContradiction(layer, sizes);
                }
                sizes.forEach((symbol, size) -> {
                    boolean decide = Slot.isWidth(symbol) ? widthsDisagree : mixed;
                    if (decide || value(symbol, layer) < 0) {
                        vote(symbol, layer, size, DECISIVE);
                    }
                });
            }
        }

        /** A size that was asked for and that all tensors of a layer deny: one sentence, with what would fit. */
        private void refuseContradiction(int layer, Map<String, Long> sizes) {
            Map<String, Long> actual = new HashMap<>();
            sizes.keySet().stream().filter(symbol -> !Slot.isWidth(symbol))
                    .filter(symbol -> votes.getOrDefault(variable(symbol, layer), Map.of()).size() == 1)
                    .forEach(symbol -> actual.put(symbol, value(symbol, layer)));
            Config own = config.at(layer);
            List<String> asked = actual.entrySet().stream().allMatch(s -> sizes.get(s.getKey()).equals(s.getValue())) ? List.of()
                    : own.numbers().stream().filter(key -> !fits(own.having(key, own.integer(key) + 1), layer, sizes)).toList();
            if (asked.isEmpty()) {
                return;
            }
            String given = String.join(" and ", asked.stream().map(key -> key + " " + own.integer(key)).toList());
            String right = asked.stream().flatMap(key -> IntStream.rangeClosed(0, MOST_SIZE)
                    .filter(value -> fits(own.having(key, value), layer, actual)).mapToObj(value -> key + " " + value))
                    .findFirst()
                    .map(fit -> ", of " + fit).orElse("");
            throw new FormatException(what + ": the config says " + given + ", layer " + layer + " has tensors of another size"
                    + right);
        }

        private boolean fits(Config other, int layer, Map<String, Long> sizes) {
            return variant.configSizes(other, layer).entrySet().containsAll(sizes.entrySet());
        }

        private boolean agrees(String symbol, int layer, long size) {
            return !Slot.isWidth(symbol) && votes.getOrDefault(variable(symbol, layer), Map.of()).containsKey(size);
        }

        private boolean unanimous(String symbol, int layer, long size) {
            return votes.getOrDefault(variable(symbol, layer), Map.of()).keySet().equals(Set.of(size));
        }

        private static String variable(String symbol, int layer) {
            return switch (symbol) {
                case "I" -> "width@" + layer;
                case "O" -> "width@" + (layer + 1);
                default -> symbol + "@" + layer;
            };
        }

        private void vote(String symbol, int layer, long value, int weight) {
            votes.computeIfAbsent(variable(symbol, layer), v -> new LinkedHashMap<>())
                    .merge(value, weight, Integer::sum);
        }

        /** The value of a number or symbol with the most votes, or -1 while it is not known. */
        private long value(String factor, int layer) {
            if (!Slot.isSymbol(factor)) {
                return Long.parseLong(factor);
            }
            return votes.getOrDefault(variable(factor, layer), Map.of()).entrySet().stream()
                    .reduce((a, b) -> b.getValue() > a.getValue() ? b : a).map(Map.Entry::getKey).orElse(-1L);
        }

        /** The shape a tensor must have, unknown sizes as -1. */
        private long[] expected(Slot slot, int layer) {
            return slot.shape().stream().mapToLong(axis -> {
                long size = 1;
                for (String factor : axis.split("\\*")) {
                    long value = value(factor, layer);
                    size = size < 0 || value < 0 ? -1 : size * value;
                }
                return size;
            }).toArray();
        }

        private String text(Slot slot, int layer) {
            long[] sizes = expected(slot, layer);
            List<String> axes = new ArrayList<>();
            for (int a = 0; a < sizes.length; a++) {
                axes.add(sizes[a] < 0 ? slot.shape().get(a) : Long.toString(sizes[a]));
            }
            return axes.toString();
        }

        private List<Entry> entries(List<String> problems) {
            Map<String, String> keyOf = new HashMap<>(); // "slot@layer" -> key
            Set<String> groups = new HashSet<>();
            matches.forEach((key, match) -> {
                keyOf.put(match.slot().key() + "@" + match.layer(), key);
                groups.add(group(match.slot(), match.layer()));
            });
            List<Entry> entries = new ArrayList<>();
            for (int l = 0; l < layers; l++) {
                for (Slot slot : variant.slots()) {
                    String key = keyOf.get(slot.key() + "@" + l);
                    if (key != null) {
                        if (!Arrays.equals(found.get(key).toArray(), expected(slot, l))) {
                            problems.add("misshaped: " + key + ", expected " + text(slot, l) + ", found "
                                    + found.get(key));
                        }
                        entries.add(new Entry(slot, l, key));
                    } else if (groups.contains(group(slot, l)) && !slot.isCarried()
                            || variant.demands(slot.group(), config.at(l))) {
                        problems.add("missing: " + neighbourly(slot, l, keyOf) + ", expected " + text(slot, l)
                                + ", found nothing");
                    }
                }
            }
            Set<String> extra = new TreeSet<>(found.keySet());
            extra.removeAll(matches.keySet());
            extra.forEach(key -> problems.add("extra: " + key + ", expected nothing, found " + found.get(key)));
            return entries;
        }

        /** A slot's group, of the whole state dict or, as a norm between layers or where the config says it for each, of a layer. */
        private String group(Slot slot, int layer) {
            return variant.between(slot.group()) || config.eachLayers(slot.group()) ? slot.group() + "@" + layer : slot.group();
        }

        /** The name a missing tensor should have, in the fashion of its neighbours. */
        private String neighbourly(Slot slot, int layer, Map<String, String> keyOf) {
            for (Slot other : variant.slots()) {
                String key = keyOf.get(other.key() + "@" + layer);
                if (key != null && other.before().equals(slot.before()) && key.endsWith(other.after())
                        && variant.between(other.group()) == variant.between(slot.group())) {
                    return key.substring(0, key.length() - other.after().length()) + slot.after();
                }
            }
            return slot.key(layer + variant.firstIndex());
        }
    }
}
