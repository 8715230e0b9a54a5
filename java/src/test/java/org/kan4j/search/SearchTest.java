// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.kan4j.error.KanException;

class SearchTest {

    private static final Space SPACE = new Space(Map.of("a", numbers())).with(Map.of("b", numbers()))
            .with(Map.of("c", numbers()));

    private static List<String> numbers() {
        return IntStream.range(0, 12).mapToObj(Integer::toString).toList();
    }

    /** Least at a = 7, b = 2; c means nothing; a fold and a short training add a little. */
    private static double loss(Evaluation.Point point) {
        return 1 + Math.pow(number(point, "a") - 7, 2) + Math.pow(number(point, "b") - 2, 2) + 0.01 * point.fold()
                + 0.1 * (1 - point.budget());
    }

    private static double number(Evaluation.Point point, String name) {
        return Double.parseDouble(point.options().getOrDefault(name, "0"));
    }

    private static Search search() {
        return Search.over(SPACE).folds(3).seed(5);
    }

    @Test
    void theBestIsFoundAndIsAFunctionOfTheSeed() {
        Search.Result result = search().trials(100).run(point -> OptionalDouble.of(loss(point)));
        Trial best = result.best().orElseThrow();
        assertTrue(best.loss() < 3, best.toString());
        assertEquals(3, best.losses().size());
        assertEquals(100, result.candidates());
        assertEquals(result.trials(), search().trials(100).run(point -> OptionalDouble.of(loss(point))).trials());
        assertEquals(Map.of(), result.trials().getFirst().options());
        assertEquals(3, result.trials().getFirst().losses().size());
        List<Influence> mattered = Influence.of(result.trials());
        assertEquals("c", mattered.getLast().option());
        assertTrue(mattered.getFirst().share() > 0.2 && mattered.getLast().share() < 0.2, mattered.toString());
    }

    /** Beside one another trainings give what they give one after the other; three are met at once, in the first folds and the races. */
    @Test
    void workersChangeNothingButTime() throws InterruptedException {
        Search.Result alone = search().trials(40).run(point -> OptionalDouble.of(loss(point)));
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        CyclicBarrier folds = new CyclicBarrier(3);
        CyclicBarrier bracket = new CyclicBarrier(3);
        Search.Result beside = search().trials(40).workers(3).run(point -> {
            threads.add(Thread.currentThread());
            if (point.options().isEmpty() || point.budget() < 1) { // three folds, nine candidates
                meet(point.budget() < 1 ? bracket : folds);
            }
            return OptionalDouble.of(loss(point));
        });
        assertEquals(alone, beside);
        assertEquals(3, threads.size());
        for (Thread thread : threads) {
            thread.join(10_000);
            assertFalse(thread.isAlive(), "workers end with the search");
        }
        assertThrows(KanException.class, () -> search().workers(0));
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException("not three at once", e);
        }
    }

    /** What a training fails with ends the search; so does an interruption, with what was done. */
    @Test
    void failuresAndInterruptionsEndWorkers() {
        KanException failure = assertThrows(KanException.class, () -> search().trials(40).workers(2).run(point -> {
            if (point.fold() == 1) {
                throw KanException.invalid("no such rows");
            }
            return OptionalDouble.of(1);
        }));
        assertEquals("no such rows", failure.getMessage());
        Thread caller = Thread.currentThread();
        Search.Result stopped = search().trials(40).workers(2).run(point -> {
            if (point.budget() < 1) {
                caller.interrupt();
            }
            return OptionalDouble.of(loss(point));
        });
        assertTrue(Thread.interrupted(), "stays so");
        assertTrue(stopped.stopped());
        assertEquals(3, stopped.best().orElseThrow().losses().size());
    }

    /** Candidates that differ by what has no meaning are one. */
    @Test
    void whatHasNoMeaningIsNotDrawn() {
        Space two = new Space(Map.of("a", List.of("0", "1"))).with(Map.of("b", numbers()));
        Search.Result result = Search.over(two).folds(2).seed(5).trials(40).meaning(drawn -> {
            Map<String, String> left = new LinkedHashMap<>(drawn);
            left.keySet().removeIf(name -> name.equals("b") && "0".equals(drawn.get("a")));
            return left;
        }).run(point -> OptionalDouble.of(loss(point)));
        assertTrue(result.trials().stream().anyMatch(trial -> Map.of("a", "0").equals(trial.options())), result.toString());
        assertTrue(
                result.trials().stream()
                        .noneMatch(trial -> "0".equals(trial.options().get("a")) && trial.options().containsKey("b")),
                result.toString());
    }

    @Test
    void whatWasComputedIsNotComputedAgain() {
        Map<Evaluation.Point, Double> computed = new LinkedHashMap<>();
        Search.Result whole = search().trials(30).run(point -> {
            computed.put(point, loss(point));
            return OptionalDouble.of(loss(point));
        });
        for (int before : List.of(0, 1, 7, computed.size() - 1)) {
            Search again = search().trials(30);
            computed.entrySet().stream().limit(before).forEach(e -> again.known(e.getKey(), e.getValue()));
            List<Evaluation.Point> more = new ArrayList<>();
            assertEquals(whole.trials(), again.run(point -> {
                more.add(point);
                return OptionalDouble.of(loss(point));
            }).trials());
            assertEquals(computed.size() - before, more.size());
        }
    }

    @Test
    void whatFailsIsNotTakenAndTheFirstIsNeverBeaten() {
        Search.Result failing = search().trials(20)
                .run(point -> OptionalDouble.of(point.options().isEmpty() ? 5 : Double.NaN));
        assertEquals(0, failing.best().orElseThrow().number());
        Search.Result all = search().trials(20).run(point -> OptionalDouble.of(Double.POSITIVE_INFINITY));
        assertTrue(all.best().isEmpty());
    }

    @Test
    void itStopsWhereAskedAndKeepsTheBest() {
        int[] calls = {0};
        Search.Result result = search().trials(1000).stopWhen(() -> calls[0] >= 20).run(point -> {
            calls[0]++;
            return OptionalDouble.of(loss(point));
        });
        assertEquals(20, calls[0]);
        assertTrue(result.stopped() && result.best().isPresent());
        Search.Result none = search().trials(10).run(point -> OptionalDouble.empty());
        assertTrue(none.stopped() && none.best().isEmpty());
        Search.Result late = search().time(Duration.ofNanos(1)).run(point -> OptionalDouble.of(1));
        assertTrue(late.stopped());
        assertEquals(0, late.best().orElseThrow().number());
        assertEquals(1, late.trials().size());
    }

    @Test
    void candidatesThatAreGivenComeFirst() {
        List<Map<String, String>> next = List.of(Map.of("a", "7"), Map.of(), Map.of("a", "7", "b", "2"));
        Search.Result result = search().then(next).trials(4).run(point -> OptionalDouble.of(loss(point)));
        assertEquals(List.of(Map.of(), next.get(0), next.get(2)),
                List.of(0, 1, 3).stream().map(n -> result.trials().stream().filter(t -> t.number() == n).findFirst().orElseThrow()
                        .options()).toList());
        assertEquals(next.get(2), result.best().orElseThrow().options());
    }

    /** What does clearly worse on the folds that were tried, a twentieth of the first or less of more, is not tried on more. */
    @Test
    void aCandidateThatFallsBehindIsNotTriedOnMoreFolds() {
        List<Map<String, String>> next = List.of(Map.of("a", "1"), Map.of("a", "2"), Map.of("a", "3"));
        double[][] losses = {{5, 5, 5}, {4, 7, 5}, {4.1, 5.9, 5.01}, {4.3, 1, 1}};
        Search.Result result = search().then(next).trials(4)
                .run(point -> OptionalDouble.of(losses[(int) number(point, "a")][point.fold()]));
        assertEquals(List.of(3, 2, 3, 1), List.of(0, 1, 2, 3).stream().map(n -> result.trials().stream()
                .filter(t -> t.number() == n && t.budget() == 1).findFirst().orElseThrow().losses().size()).toList());
        assertEquals(0, result.best().orElseThrow().number());
    }

    /** A gain of 1 on each fold is one; of 4, 0 and -1 it is less than its standard error. */
    @Test
    void aGainWithinAStandardErrorIsNotTaken() {
        double[] uneven = {4, 0, -1};
        for (boolean even : List.of(true, false)) {
            Search.Result result = search().then(List.of(Map.of("a", "1"))).trials(2).run(point -> OptionalDouble.of(
                    point.options().isEmpty() ? 9 : 9 - (even ? 1 : uneven[point.fold()])));
            assertEquals(even ? 1 : 0, result.best().orElseThrow().number());
        }
    }

    @Test
    void aSmallSpaceEnds() {
        Search.Result result = Search.over(new Space(Map.of("a", List.of("", "1")))).folds(2).trials(50)
                .run(point -> OptionalDouble.of(1 + number(point, "a")));
        assertEquals(2, result.trials().stream().map(Trial::number).distinct().count());
        assertEquals(Map.of(), result.best().orElseThrow().options());
    }

    @Test
    void badSettingsAreRefused() {
        assertThrows(KanException.class, () -> search().run(point -> OptionalDouble.of(1)), "no end");
        assertThrows(KanException.class, () -> search().trials(0));
        assertThrows(KanException.class, () -> search().folds(1));
        assertThrows(KanException.class, () -> search().time(Duration.ZERO));
        assertThrows(KanException.class, () -> new Space(Map.of("a", List.of())));
        assertThrows(KanException.class, () -> new Space(Map.of("a", List.of("1", "1"))));
    }
}
