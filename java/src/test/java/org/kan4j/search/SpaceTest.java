// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.kan4j.internal.SplitMix;

/** What a search draws, step by step, and what it says of it. */
class SpaceTest {

    private static final List<String> ORDER = List.of("0", "1", "2", "3", "4");

    @Test
    void optionsAreAddedReplacedAndTakenAway() {
        Map<String, List<String>> some = new LinkedHashMap<>();
        some.put("a", List.of("1", "2"));
        some.put("b", List.of("3"));
        Space space = new Space(some);
        assertEquals(Map.of("a", List.of("1", "2"), "b", List.of("4"), "c", List.of("5")),
                space.with(Map.of("b", List.of("4"), "c", List.of("5"))).options());
        assertEquals(Map.of("a", List.of("1", "2")), space.without(List.of("b", "none")).options());
        assertEquals(some, space.options(), "it is not changed itself");
    }

    /** One or two options are moved by one place, in a circle; what has no place is drawn; the empty text leaves out. */
    @Test
    void neighboursAreOnePlaceAway() {
        Space space = new Space(Map.of("a", ORDER)).with(Map.of("b", ORDER)).with(Map.of("c", List.of("", "x")));
        Set<String> seen = new HashSet<>();
        Set<Integer> moved = new HashSet<>();
        Map<String, String> from = Map.of("a", "0", "b", "3", "other", "kept");
        for (int seed = 0; seed < 200; seed++) {
            Map<String, String> near = space.near(from, new SplitMix(seed));
            assertEquals("kept", near.get("other"));
            assertTrue(Set.of("0", "1", "4").contains(near.get("a")), near.toString());
            assertTrue(Set.of("2", "3", "4").contains(near.get("b")), near.toString());
            int count = (near.get("a").equals("0") ? 0 : 1) + (near.get("b").equals("3") ? 0 : 1)
                    + (near.containsKey("c") ? 1 : 0);
            moved.add(count);
            seen.add(near.get("a") + near.get("b") + near.get("c"));
        }
        assertEquals(Set.of(1, 2), moved);
        assertEquals(3 * 3 * 2 - 1 - 4, seen.size(), "all with one or two moves: neither none nor three");
        Set<String> drawn = new HashSet<>();
        for (int seed = 0; seed < 100; seed++) {
            drawn.add(new Space(Map.of("a", ORDER)).near(Map.of("a", "elsewhere"), new SplitMix(seed)).get("a"));
        }
        assertEquals(Set.copyOf(ORDER), drawn);
        assertEquals(Map.of("a", "1"), new Space(Map.of()).near(Map.of("a", "1"), new SplitMix(1)), "nothing to move");
    }

    @Test
    void drawsHaveAllValues() {
        Space space = new Space(Map.of("a", ORDER, "c", List.of("", "x")));
        Set<Map<String, String>> drawn = new HashSet<>();
        for (int seed = 0; seed < 200; seed++) {
            drawn.add(space.draw(Map.of("a", "1", "z", "kept"), new SplitMix(seed)));
        }
        assertEquals(10, drawn.size());
        assertTrue(drawn.contains(Map.of("a", "3", "z", "kept")) && drawn.contains(Map.of("a", "3", "c", "x", "z", "kept")));
    }

    @Test
    void aTrialHasTheMeanAndTheDeviationOfItsFolds() {
        Trial trial = new Trial(3, Map.of(), 1, List.of(1.0, 2.0, 6.0));
        assertEquals(3, trial.loss());
        assertEquals(Math.sqrt((4 + 1 + 9) / 2.0), trial.deviation(), 1e-15);
        assertEquals(0, new Trial(3, Map.of(), 1, List.of(7.0)).deviation());
        assertEquals(Double.POSITIVE_INFINITY, new Trial(3, Map.of(), 1, List.of()).loss());
    }

    private static Trial trial(double budget, double loss, String... options) {
        Map<String, String> all = new LinkedHashMap<>();
        for (int i = 0; i < options.length; i += 2) {
            all.put(options[i], options[i + 1]);
        }
        return new Trial(0, all, budget, List.of(loss));
    }

    /**
     * Logarithms of the losses in base 2 are 0, 2, 4 and 6 about 3. Between the values of a, whose means are 1 and 5, lie 16 of
     * 20 in all: R squared 0.8, adjusted for 4 trials and 2 values 1 - 0.2 * 3 / 2 = 0.7. Between those of b, means 2 and 4,
     * lie 4: 1 - 0.8 * 3 / 2 is below 0.
     */
    @Test
    void influenceIsTheAdjustedShareOfTheVariance() {
        List<Trial> trials = new ArrayList<>(List.of(trial(0.25, 1, "a", "1", "b", "1"), trial(0.25, 4, "a", "1", "b", "2"),
                trial(0.25, 16, "a", "2", "b", "1"), trial(0.25, 64, "a", "2", "b", "2")));
        List<Influence> plain = Influence.of(trials);
        trials.add(trial(1, 1000, "a", "1")); // in full, of another budget
        trials.add(trial(0.25, Double.POSITIVE_INFINITY, "a", "3"));
        trials.add(trial(0.25, 0, "a", "3"));
        List<Influence> influences = Influence.of(trials);
        assertEquals(plain, influences);
        assertEquals(List.of("a", "b"), influences.stream().map(Influence::option).toList(), "the one that mattered most first");
        assertEquals(0.7, influences.getFirst().share(), 1e-12);
        assertEquals(0, influences.getLast().share());
        assertEquals(2, influences.getFirst().means().get("1"), 1e-12);
        assertEquals(32, influences.getFirst().means().get("2"), 1e-12);
        assertEquals(List.of(), Influence.of(List.of(trial(0.25, 1, "a", "1"), trial(0.25, 2, "a", "1"))), "of one value");
        List<Influence> each = Influence.of(List.of(trial(0.25, 1, "a", "1"), trial(0.25, 2)));
        assertEquals(0, each.getFirst().share(), "each trial a value of its own");
        assertEquals(Set.of("", "1"), each.getFirst().means().keySet());
        assertEquals(0, Influence.of(List.of(trial(0.25, 2, "a", "1"), trial(0.25, 2, "a", "1"), trial(0.25, 2, "a", "2")))
                .getFirst().share(), "all losses are alike");
    }

    /** Nine candidates are compared by short trainings, three in full; on the second fold is only who leads on the first. */
    @Test
    void halvingGoesByTheLeastLosses() {
        List<Evaluation.Point> asked = new ArrayList<>();
        List<Trial> told = new ArrayList<>();
        Space space = new Space(Map.of("a", java.util.stream.IntStream.range(1, 100).mapToObj(Integer::toString).toList()));
        Search.Result result = Search.over(space).folds(3).seed(2).trials(10).from(Map.of("fixed", "1")).listener(told::add)
                .run(point -> {
                    asked.add(point);
                    return OptionalDouble.of(Double.parseDouble(point.options().getOrDefault("a", "1000")));
                });
        assertEquals(3 + 9 + 3 + 2, asked.size());
        assertEquals(result.trials(), told);
        List<Trial> shorts = result.trials().stream().filter(t -> t.budget() == 0.25).toList();
        assertEquals(9, shorts.size());
        List<Integer> three = shorts.stream().sorted(java.util.Comparator.comparingDouble(Trial::loss)).limit(3)
                .map(Trial::number).toList();
        List<Trial> full = result.trials().stream().filter(t -> t.budget() == 1 && t.number() > 0).toList();
        assertEquals(three, full.stream().map(Trial::number).toList());
        assertEquals(List.of(3, 1, 1), full.stream().map(t -> t.losses().size()).toList());
        List<Trial> whole = result.trials().stream().filter(t -> t.losses().size() == 3).toList();
        assertEquals(List.of(0, three.getFirst()), whole.stream().map(Trial::number).toList());
        assertEquals(whole.getLast(), result.best().orElseThrow());
        assertTrue(shorts.stream().filter(t -> t.number() % 2 != 0).allMatch(t -> t.options().get("fixed").equals("1")),
                "what the space does not have stays");
        assertEquals(10, result.candidates());
        assertTrue(!result.stopped());
    }
}
