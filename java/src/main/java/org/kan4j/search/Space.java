// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.search;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;

/**
 * What is searched: names of options, each with the values it may have. The empty text leaves an option out.
 *
 * @param options in their order, which is part of what a seed draws
 */
public record Space(Map<String, List<String>> options) {

    /** Keeps an immutable copy. */
    public Space {
        Map<String, List<String>> copy = new LinkedHashMap<>();
        options.forEach((name, values) -> copy.put(name, List.copyOf(values)));
        options = java.util.Collections.unmodifiableMap(copy);
        options.forEach((name, values) -> {
            if (values.isEmpty() || values.stream().distinct().count() < values.size()) {
                throw KanException.invalid("the option '%s' needs different values to search, given %s", name, values);
            }
        });
    }

    /** The same with these options besides, or instead of those of their names. */
    public Space with(Map<String, List<String>> more) {
        Map<String, List<String>> all = new LinkedHashMap<>(options);
        all.putAll(more);
        return new Space(all);
    }

    /** The same without some options, which are fixed otherwise. */
    public Space without(Iterable<String> names) {
        Map<String, List<String>> left = new LinkedHashMap<>(options);
        names.forEach(left::remove);
        return new Space(left);
    }

    /** Options of which each is kept or, as often, drawn anew. */
    Map<String, String> draw(Map<String, String> from, SplitMix random) {
        Map<String, String> drawn = new LinkedHashMap<>(from);
        options.forEach((name, values) -> {
            if (random.below(2) == 0) {
                put(drawn, name, values.get(random.below(values.size())));
            }
        });
        return drawn;
    }

    /** Options with one or two of their values moved to a neighbour, as values mostly stand in order. */
    Map<String, String> near(Map<String, String> from, SplitMix random) {
        Map<String, String> moved = new LinkedHashMap<>(from);
        List<String> names = List.copyOf(options.keySet());
        for (int i = 0, moves = 1 + random.below(2); i < moves && !names.isEmpty(); i++) {
            String name = names.get(random.below(names.size()));
            List<String> values = options.get(name);
            int at = values.indexOf(from.getOrDefault(name, ""));
            int to = at < 0 ? random.below(values.size()) : Math.floorMod(at + (random.below(2) == 0 ? -1 : 1), values.size());
            put(moved, name, values.get(to));
        }
        return moved;
    }

    private static void put(Map<String, String> options, String name, String value) {
        if (value.isEmpty()) {
            options.remove(name);
        } else {
            options.put(name, value);
        }
    }
}
