// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.kan4j.error.FormatException;

/**
 * Which name of a state dict is which of a variant's {@link Slot}s in which layer. The order of layers is never
 * guessed: it comes from numbers in the names, or the user gives it.
 */
final class StateDictNames {

    private StateDictNames() {
    }

    /**
     * The names that are the variant's.
     *
     * @param order the user's names of the layers, first layer first, or null
     * @throws FormatException if the names do not tell the order of layers and none is given
     */
    static Map<String, Match> match(String what, Variant variant, Collection<String> keys, List<String> order) {
        return match(variant, keys, new Order(what, order));
    }

    /** The names that are the variant's, in whatever order of layers. */
    static Map<String, Match> guess(Variant variant, Collection<String> keys) {
        return match(variant, keys, new Order(null, null));
    }

    /** Which of a variant's tensors a name is, in which published layer. */
    record Match(Slot slot, int layer) {
    }

    /** Names as published behind one common prefix; else, names with the published endings. */
    private static Map<String, Match> match(Variant variant, Collection<String> keys, Order order) {
        Map<String, Map<String, Match>> byPrefix = new LinkedHashMap<>();
        Map<String, String> canonical = new LinkedHashMap<>();
        keys.forEach(key -> canonical.put(key, variant.canonical(key)));
        for (Slot slot : variant.slots()) {
            Pattern pattern = Pattern.compile("((?:.*\\.)?)" + Pattern.quote(slot.before()) + "(\\d{1,6})"
                    + Pattern.quote(slot.after()));
            for (String key : keys) {
                Matcher matcher = pattern.matcher(canonical.get(key));
                if (matcher.matches()) {
                    byPrefix.computeIfAbsent(matcher.group(1), p -> new LinkedHashMap<>())
                            .put(key, new Match(slot, Integer.parseInt(matcher.group(2))));
                }
            }
        }
        List<Map<String, Match>> found = byPrefix.values().stream().filter(matches -> hasLayers(variant, matches))
                .toList();
        if (found.isEmpty()) {
            return matchEndings(variant, keys, order);
        }
        order.requireNone();
        Map<String, Match> most = new LinkedHashMap<>(found.stream()
                .reduce((a, b) -> b.size() > a.size() ? b : a).orElseThrow());
        byPrefix.values().stream().filter(matches -> !hasLayers(variant, matches))
                .forEach(most::putAll); // lists of norms
        return variant.sequential() ? ranked(variant, most) : shifted(most, variant.firstIndex());
    }

    private static boolean hasLayers(Variant variant, Map<String, Match> matches) {
        return matches.values().stream().anyMatch(match -> !variant.between(match.slot().group()));
    }

    /**
     * Layers of a torch.nn.Sequential: other modules may stand between, so their numbers only order them. What stands
     * between belongs to the layer of its own number or the nearest before; without one it is left over.
     */
    private static Map<String, Match> ranked(Variant variant, Map<String, Match> matches) {
        TreeSet<Integer> numbers = new TreeSet<>();
        matches.values().stream().filter(match -> !variant.between(match.slot().group()))
                .forEach(m -> numbers.add(m.layer()));
        Map<String, Match> result = new LinkedHashMap<>();
        matches.forEach((key, match) -> {
            if (numbers.floor(match.layer()) != null) {
                result.put(key, new Match(match.slot(), numbers.headSet(match.layer(), true).size() - 1));
            }
        });
        return result;
    }

    private static Map<String, Match> shifted(Map<String, Match> matches, int first) {
        Map<String, Match> result = new LinkedHashMap<>();
        matches.forEach((key, match) -> {
            if (match.layer() >= first) {
                result.put(key, new Match(match.slot(), match.layer() - first));
            }
        });
        return result;
    }

    /**
     * A model class of the user's own, such as {@code fc1.cheby_coeffs}: what stands before the published ending names
     * the layer; layers follow each other in the order of the numbers in it, or in the one given.
     */
    private static Map<String, Match> matchEndings(Variant variant, Collection<String> keys, Order order) {
        Map<String, Slot> slotOf = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        for (String key : keys) {
            variant.slots().stream().filter(s -> !s.after().isEmpty() && ("." + key).endsWith(s.after()))
                    .reduce((a, b) -> b.after().length() > a.after().length() ? b : a).ifPresent(slot -> {
                        slotOf.put(key, slot);
                        seen.add(slot.key());
                    });
        }
        if (!variant.slots().stream().allMatch(s -> s.optional() || seen.contains(s.key()))) {
            return Map.of();
        }
        Set<String> between = new HashSet<>();
        Map<String, Set<String>> found = new LinkedHashMap<>();
        slotOf.forEach((key, slot) -> {
            found.computeIfAbsent(slot.before(), before -> new LinkedHashSet<>()).add(stem(key, slot));
            if (variant.between(slot.group())) {
                between.add(stem(key, slot));
            }
        });
        Map<String, List<String>> stems = new HashMap<>();
        found.forEach((before, names) -> stems.put(before, order.of(names, between)));
        Map<String, Match> matches = new LinkedHashMap<>();
        slotOf.forEach((key, slot) -> matches.put(key, new Match(slot, stems.get(slot.before())
                .indexOf(stem(key, slot)))));
        return variant.sequential() ? ranked(variant, matches) : matches;
    }

    /**
     * The order of layers that have names of the user's own.
     *
     * @param what how messages call the state dict; null where a guess is good enough
     * @param given the names in their order, or null
     */
    private record Order(String what, List<String> given) {

        void requireNone() {
            if (given != null) {
                throw new FormatException(what + ": its layers are numbered as published; leave " + asked() + " out");
            }
        }

        /** The names, first layer first. */
        List<String> of(Set<String> names, Set<String> between) {
            if (given != null) {
                return asGiven(names);
            }
            List<String> sorted = new ArrayList<>(names);
            for (int i = 0; what != null && i < sorted.size(); i++) {
                for (String other : sorted.subList(i + 1, sorted.size())) {
                    String name = sorted.get(i);
                    if (compareNumbers(name, other) == 0 && between.contains(name) == between.contains(other)) {
                        throw ambiguous(sorted);
                    }
                }
            }
            Comparator<String> numbers = StateDictNames::compareNumbers;
            TreeSet<String> ordered = new TreeSet<>(numbers.thenComparing(between::contains)
                    .thenComparing(Comparator.naturalOrder()));
            ordered.addAll(sorted);
            return List.copyOf(ordered);
        }

        private FormatException ambiguous(List<String> names) {
            List<String> other = names.stream().sorted().toList();
            return new FormatException(what + ": the names of its layers have no numbers that tell their order: "
                    + String.join(", ", other) + "; give it, first layer first, such as order=" + String.join(",", names)
                    + " or order=" + String.join(",", other.equals(names) ? names.reversed() : other));
        }

        private String asked() {
            return "order=" + String.join(",", given);
        }

        private List<String> asGiven(Set<String> names) {
            List<String> ordered = new ArrayList<>();
            for (String name : given) {
                List<String> meant = names.stream().filter(n -> n.equals(name) || n.endsWith("." + name)).toList();
                if (meant.size() != 1 || ordered.contains(meant.getFirst())) {
                    throw new FormatException(what + ": " + asked() + " names '" + name + "', which is "
                            + (meant.isEmpty() ? "no layer" : meant.size() > 1 ? "several layers" : "named twice")
                            + "; the layers are " + String.join(", ", names));
                }
                ordered.add(meant.getFirst());
            }
            if (ordered.size() < names.size()) {
                throw new FormatException(what + ": " + asked() + " must name all layers, " + String.join(", ", names));
            }
            return ordered;
        }
    }

    private static String stem(String key, Slot slot) {
        return key.substring(0, Math.max(0, key.length() - slot.after().length()));
    }

    private static final Pattern DIGITS = Pattern.compile("\\d{1,18}");

    /** Orders by the numbers in two names. */
    private static int compareNumbers(String a, String b) {
        Matcher first = DIGITS.matcher(a);
        Matcher second = DIGITS.matcher(b);
        while (first.find() && second.find()) {
            int order = Long.compare(Long.parseLong(first.group()), Long.parseLong(second.group()));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }
}
