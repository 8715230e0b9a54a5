// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.search;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;

/**
 * Search of options by successive halving (Jamieson and Talwalkar, arXiv 1502.07943; Li et al., arXiv 1603.06560) with cross
 * validation. Of nine candidates, made short trainings of on one fold, the better three are trained in full, fold after fold for as
 * long as none did clearly better on the same folds (a race: Maron and Moore, 1994); then come the next nine. Half of those
 * that are drawn are the options to begin with, each kept or drawn anew, half are neighbours of the best so far.
 *
 * <p>The options to begin with are the first candidate and are always tried on all folds. Another is only taken if it does better by
 * more than a standard error over the folds (Breiman et al., 1984, section 3.4.3): the least of many losses is less than it is worth.
 *
 * <p>With a number of trials it is a function of the seed and the losses. What was computed can be given again
 * ({@link #known}), so a search that was interrupted goes on where it was. Used by one thread; trainings may go on beside one another
 * ({@link #workers}), which changes nothing but how long they take.
 */
public final class Search {

    /** Candidates that are compared at a time, and how many of a rung reach the next. */
    private static final int BRACKET = 9;
    private static final int HALVING = 3;
    /** Share of the epochs of the first rung. */
    private static final double SHORT = 0.25;
    /** By how much of a loss the first fold may be worse than the best's; of more folds the mean by as many times less. */
    private static final double SLACK = 0.05;
    /** Draws until one is new. */
    private static final int DRAWS = 50;

    private final Space space;
    private Map<String, String> first = Map.of();
    private List<Map<String, String>> next = List.of();
    private UnaryOperator<Map<String, String>> meaning = UnaryOperator.identity();
    private int trials = Integer.MAX_VALUE;
    private long deadline = Long.MAX_VALUE;
    private int folds = 5;
    private int workers = 1;
    private long seed = 1;
    private BooleanSupplier stop = () -> false;
    private Consumer<Trial> listener = trial -> {
    };
    private final Map<Evaluation.Point, Double> known = new ConcurrentHashMap<>();
    private final List<Trial> done = new ArrayList<>();
    private volatile boolean begun;

    private Search(Space space) {
        this.space = Objects.requireNonNull(space, "space");
    }

    /** A search of some options. */
    public static Search over(Space space) {
        return new Search(space);
    }

    /** Options to begin with; otherwise none, the defaults. */
    public Search from(Map<String, String> options) {
        first = inOrder(options);
        return this;
    }

    /** Candidates that come next, such as are known to do well where the first does not; none otherwise. */
    public Search then(List<Map<String, String>> options) {
        next = options.stream().map(Search::inOrder).toList();
        return this;
    }

    /** What of drawn options has a meaning, such as those of a basis for that basis; otherwise all. The rest is left out. */
    public Search meaning(UnaryOperator<Map<String, String>> value) {
        meaning = Objects.requireNonNull(value, "value");
        return this;
    }

    /** A copy in the same order: what is printed and written of it is the same in every VM. */
    private static Map<String, String> inOrder(Map<String, String> options) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(options));
    }

    /** Candidates in all, the first one included; otherwise as the time allows. */
    public Search trials(int value) {
        if (value < 1) {
            throw KanException.invalid("the trials must be at least 1, given %d", value);
        }
        trials = value;
        return this;
    }

    /** How long to search; otherwise until the trials are made. The options to begin with are tried however short it is. */
    public Search time(Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw KanException.invalid("the time must be above 0, given %s", value);
        }
        deadline = System.nanoTime() + value.toNanos();
        return this;
    }

    /** Folds of the cross-validation; otherwise 5. */
    public Search folds(int value) {
        if (value < 2) {
            throw KanException.invalid("the folds must be at least 2, given %d", value);
        }
        folds = value;
        return this;
    }

    /** Trainings beside one another, for which the evaluation is called by as many threads; otherwise one. */
    public Search workers(int value) {
        if (value < 1) {
            throw KanException.invalid("the workers must be at least 1, given %d", value);
        }
        workers = value;
        return this;
    }

    /** The seed of the candidates; otherwise 1. */
    public Search seed(long value) {
        seed = value;
        return this;
    }

    /** Ends the search before the next training when this says yes. */
    public Search stopWhen(BooleanSupplier asked) {
        stop = Objects.requireNonNull(asked, "asked");
        return this;
    }

    /** Who is told of each candidate on each rung. */
    public Search listener(Consumer<Trial> value) {
        listener = Objects.requireNonNull(value, "listener");
        return this;
    }

    /** A loss that was computed before and is not computed again. */
    public Search known(Evaluation.Point point, double loss) {
        known.put(point, loss);
        return this;
    }

    /**
     * What came of a search.
     *
     * @param best of those that were tried on all folds, the first one unless another is better by more than chance; where none was, of
     *     the longest trainings; empty where there was none
     * @param trials all, each candidate once a rung, in order
     * @param candidates how many there were
     * @param stopped whether on request or for time, before all trials were made
     */
    public record Result(Optional<Trial> best, List<Trial> trials, int candidates, boolean stopped) {

        /** Keeps an immutable copy. */
        public Result {
            trials = List.copyOf(trials);
        }
    }

    /** Searches. */
    public Result run(Evaluation evaluation) {
        if (trials == Integer.MAX_VALUE && deadline == Long.MAX_VALUE) {
            throw KanException.invalid("a search needs a number of trials or a time");
        }
        if (workers == 1) {
            return run(evaluation, null);
        }
        try (ExecutorService pool = Executors.newFixedThreadPool(workers,
                Thread.ofPlatform().name("kan4j-search-", 1).daemon().factory())) {
            try {
                return run(evaluation, pool);
            } finally {
                pool.shutdownNow(); // interrupts what nobody waits for
            }
        }
    }

    private Result run(Evaluation evaluation, ExecutorService pool) {
        Set<Map<String, String>> seen = new HashSet<>();
        int made = 0;
        boolean whole = rung(List.of(new Trial(0, first, 0, List.of())), 1, folds, evaluation, pool).size() == 1;
        begun = true;
        seen.add(first);
        made++;
        boolean more = true;
        while (whole && more && made < trials) {
            List<Trial> bracket = new ArrayList<>();
            for (; bracket.size() < BRACKET && made < trials; made++) {
                Optional<Map<String, String>> drawn = candidate(made, seen);
                more = drawn.isPresent(); // else the space has no more
                if (!more) {
                    break;
                }
                bracket.add(new Trial(made, drawn.get(), 0, List.of()));
            }
            List<Trial> better = rung(bracket, SHORT, 1, evaluation, pool);
            whole = better.size() == bracket.size();
            rung(keep(better, HALVING), 1, folds, evaluation, pool);
            whole &= !over();
        }
        return new Result(best().map(this::unlessByChance), done, made, more && made < trials);
    }

    /** The best, or the first where it is not better by more than a standard error of the differences over the folds. */
    private Trial unlessByChance(Trial best) {
        Trial usual = done.getFirst();
        int n = best.losses().size();
        if (n < 2 || usual.losses().size() != n || !(usual.loss() < Double.POSITIVE_INFINITY)) {
            return best;
        }
        double gain = usual.loss() - best.loss();
        double squares = 0;
        for (int fold = 0; fold < n; fold++) {
            double difference = usual.losses().get(fold) - best.losses().get(fold) - gain;
            squares += difference * difference;
        }
        return gain > Math.sqrt(squares / (n - 1) / n) ? best : usual;
    }

    private boolean over() {
        return stop.getAsBoolean() || begun && System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted();
    }

    /** One that was not there before; a function of the seed, its number and the best so far. */
    private Optional<Map<String, String>> candidate(int number, Set<Map<String, String>> seen) {
        if (number <= next.size() && seen.add(next.get(number - 1))) {
            return Optional.of(next.get(number - 1));
        }
        SplitMix random = new SplitMix(seed, number);
        for (int i = 0; i < DRAWS; i++) {
            boolean near = number % 2 == 0 && i < DRAWS / 2;
            Map<String, String> drawn = meaning.apply(near ? space.near(best().map(Trial::options).orElse(first), random)
                    : space.draw(first, random));
            if (seen.add(drawn)) {
                return Optional.of(drawn);
            }
        }
        return Optional.empty();
    }

    /** Tries candidates on some folds, on further ones while they lead; those for which there is time. */
    private List<Trial> rung(List<Trial> candidates, double budget, int tried, Evaluation evaluation, ExecutorService pool) {
        List<Double> least = best().map(Trial::losses).orElse(List.of());
        List<List<Double>> losses = candidates.stream().<List<Double>>map(each -> new ArrayList<>()).toList();
        List<Trial> rung = new ArrayList<>();
        List<Integer> leading = IntStream.range(0, losses.size()).boxed().toList();
        for (int fold = 0; fold < tried && !leading.isEmpty(); fold++) {
            // Who is the first, or alone, goes on whatever comes: its folds need not wait for one another.
            int ahead = pool != null && (least.isEmpty() || leading.size() == 1) ? tried : fold + 1;
            List<FutureTask<OptionalDouble>> tasks = new ArrayList<>();
            for (int f = fold; f < ahead; f++) {
                for (int each : leading) {
                    Evaluation.Point point = new Evaluation.Point(candidates.get(each).options(), budget, f);
                    tasks.add(new FutureTask<>(() -> loss(point, evaluation)));
                }
            }
            if (pool != null) {
                tasks.forEach(pool::execute);
            }
            for (int t = 0; t < tasks.size(); t++) {
                OptionalDouble loss = result(tasks.get(t), pool);
                List<Double> mine = losses.get(leading.get(t % leading.size()));
                if (t < leading.size() && loss.isPresent()) { // what is ahead is known then
                    mine.add(loss.getAsDouble());
                } else if (t < leading.size()) {
                    mine.clear();
                }
            }
            leading = ahead(losses, leading, fold + 1, least);
        }
        for (int i = 0; i < losses.size(); i++) {
            if (!losses.get(i).isEmpty()) {
                Trial trial = new Trial(candidates.get(i).number(), candidates.get(i).options(), budget, losses.get(i));
                rung.add(trial);
                done.add(trial);
                listener.accept(trial);
            }
        }
        return rung;
    }

    /** Those that neither the best before nor one of them did clearly better than on the first folds. */
    private static List<Integer> ahead(List<List<Double>> losses, List<Integer> some, int folds, List<Double> least) {
        List<Integer> there = some.stream().filter(each -> losses.get(each).size() == folds).toList();
        double bar = there.stream().mapToDouble(each -> sum(losses.get(each))).min().orElse(Double.POSITIVE_INFINITY);
        double lower = least.size() < folds ? bar : Math.min(bar, sum(least.subList(0, folds)));
        return there.stream().filter(each -> sum(losses.get(each)) <= (1 + SLACK / folds) * lower).toList();
    }

    /** What a task gives, which nobody else runs without a pool; nothing where this thread is interrupted, which ends the search. */
    private static OptionalDouble result(FutureTask<OptionalDouble> task, ExecutorService pool) {
        if (pool == null) {
            task.run();
        }
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return OptionalDouble.empty();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private static double sum(List<Double> losses) {
        return losses.stream().mapToDouble(Double::doubleValue).sum();
    }

    private OptionalDouble loss(Evaluation.Point point, Evaluation evaluation) {
        Double before = known.get(point);
        if (before != null) {
            return OptionalDouble.of(before);
        }
        if (over()) {
            return OptionalDouble.empty();
        }
        OptionalDouble loss = evaluation.loss(point);
        if (loss.isPresent()) {
            double finite = Double.isNaN(loss.getAsDouble()) ? Double.POSITIVE_INFINITY : loss.getAsDouble();
            known.put(point, finite);
            return OptionalDouble.of(finite);
        }
        return loss;
    }

    private static List<Trial> keep(List<Trial> rung, int most) {
        return rung.stream().filter(trial -> trial.loss() < Double.POSITIVE_INFINITY)
                .sorted(Comparator.comparingDouble(Trial::loss)).limit(most).toList();
    }

    private Optional<Trial> best() {
        return done.stream().filter(trial -> trial.loss() < Double.POSITIVE_INFINITY)
                .min(Comparator.comparingInt((Trial trial) -> -trial.losses().size()).thenComparing(trial -> -trial.budget())
                        .thenComparingDouble(Trial::loss));
    }
}
