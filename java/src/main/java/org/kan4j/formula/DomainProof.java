// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Power;

/**
 * Whether an expression is defined (no pole, no logarithm or root of what has none) everywhere in a box, by interval
 * arithmetic on ever smaller parts of the box.
 *
 * @param status what was found
 * @param guard the sub-expression that leaves its domain or might, in words; empty if proved
 * @param point where it is violated, or the middle of the smallest part on which nothing could be decided; empty if proved
 */
public record DomainProof(DomainStatus status, String guard, Map<String, Double> point) {

    /** Parts of a box that are looked at before a proof is given up. */
    static final int PIECES = 100_000;

    private enum Kind {
        NONZERO("is not 0"), POSITIVE("is positive"), NOT_NEGATIVE("is not negative"), INSIDE("is within the domain");

        private final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    private record Guard(Expression argument, Kind kind, Interval domain) {

        boolean proved(Interval values) {
            return switch (kind) {
                case NONZERO -> values.low() > 0 || values.high() < 0;
                case POSITIVE -> values.low() > 0;
                case NOT_NEGATIVE -> values.low() >= 0;
                case INSIDE -> kindInside(values);
            };
        }

        private boolean kindInside(Interval values) {
            return domain.contains(values);
        }

        boolean violatedBy(double value) {
            return switch (kind) {
                case NONZERO -> value == 0;
                case POSITIVE -> value <= 0;
                case NOT_NEGATIVE -> value < 0;
                case INSIDE -> value < domain.low() || value > domain.high();
            };
        }
    }

    /** @throws NullPointerException without a status */
    public DomainProof {
        point = Map.copyOf(point);
    }

    static DomainProof of(Expression e, Map<String, Interval> box, int pieces) {
        Set<Guard> guards = new LinkedHashSet<>();
        collect(e, guards);
        DomainProof undecided = null;
        for (Guard guard : guards) { // inner ones first: the argument of each is continuous where those before it hold
            DomainProof proof = decide(guard, box, pieces);
            if (proof.status == DomainStatus.VIOLATED) {
                return proof;
            }
            undecided = undecided == null && proof.status == DomainStatus.UNDECIDED ? proof : undecided;
        }
        return undecided != null ? undecided : new DomainProof(DomainStatus.PROVED, "", Map.of());
    }

    private static void collect(Expression e, Set<Guard> guards) {
        e.children().forEach(child -> collect(child, guards));
        if (e instanceof Power power) {
            boolean negative = Numbers.isNegative(power.exponent());
            if (Numbers.whole(power.exponent(), 1000) != null) {
                if (negative) {
                    guards.add(new Guard(power.base(), Kind.NONZERO, null));
                }
            } else {
                boolean root = power.exponent().isNumber() && !negative;
                guards.add(new Guard(power.base(), root ? Kind.NOT_NEGATIVE : Kind.POSITIVE, null));
            }
        } else if (e instanceof Call call) {
            UnaryFunction function = call.function();
            if (function == UnaryFunction.TAN) {
                guards.add(new Guard(Expression.call(UnaryFunction.COS, call.argument()), Kind.NONZERO, null));
            } else if (function == UnaryFunction.LOG) {
                guards.add(new Guard(call.argument(), Kind.POSITIVE, null));
            } else if (!function.domain().equals(Interval.ALL)) {
                Interval domain = function.domain();
                Interval inside = function.isOpen() ? new Interval(Math.nextUp(domain.low()), Math.nextDown(domain.high()))
                        : domain;
                guards.add(new Guard(call.argument(), Kind.INSIDE, inside));
            }
        }
    }

    private static DomainProof decide(Guard guard, Map<String, Interval> box, int pieces) {
        List<String> names = guard.argument.variables();
        Map<String, Interval> own = new HashMap<>();
        names.forEach(name -> own.put(name, Enclosure.of(Expression.variable(name), box)));
        Deque<Map<String, Interval>> open = new ArrayDeque<>(List.of(own));
        Signs signs = new Signs();
        Map<String, Interval> smallest = null;
        int left = pieces;
        while (!open.isEmpty() && left-- > 0) {
            Map<String, Interval> part = open.poll();
            if (guard.proved(Enclosure.of(guard.argument, part))) {
                continue;
            }
            for (Map<String, Double> point : probes(names, part)) {
                double value = Evaluation.at(guard.argument, point);
                if (guard.violatedBy(value) || guard.kind == Kind.NONZERO && signs.bothWith(value)) {
                    return new DomainProof(DomainStatus.VIOLATED, describe(guard), point);
                }
            }
            List<Map<String, Interval>> halves = halves(names, part);
            if (halves.isEmpty()) {
                return undecided(guard, part);
            }
            open.addAll(halves);
            smallest = part;
        }
        return open.isEmpty() ? new DomainProof(DomainStatus.PROVED, "", Map.of()) : undecided(guard, smallest);
    }

    /** A continuous function of both signs on a connected box is 0 in between. */
    private static final class Signs {
        private boolean positive;
        private boolean negative;

        boolean bothWith(double value) {
            positive |= value > 0;
            negative |= value < 0;
            return positive && negative;
        }
    }

    private static DomainProof undecided(Guard guard, Map<String, Interval> part) {
        Map<String, Double> middle = new HashMap<>();
        part.forEach((name, range) -> middle.put(name, range.middle()));
        return new DomainProof(DomainStatus.UNDECIDED, describe(guard), middle);
    }

    private static String describe(Guard guard) {
        return "not shown that " + guard.argument + " " + guard.kind.words
                + (guard.kind == Kind.INSIDE ? " " + guard.domain : "");
    }

    /** The middle and two opposite corners. */
    private static List<Map<String, Double>> probes(List<String> names, Map<String, Interval> part) {
        Map<String, Double> middle = new HashMap<>();
        Map<String, Double> low = new HashMap<>();
        Map<String, Double> high = new HashMap<>();
        for (String name : names) {
            Interval range = part.get(name);
            middle.put(name, range.middle());
            low.put(name, Double.isInfinite(range.low()) ? range.middle() : range.low());
            high.put(name, Double.isInfinite(range.high()) ? range.middle() : range.high());
        }
        return List.of(middle, low, high);
    }

    private static List<Map<String, Interval>> halves(List<String> names, Map<String, Interval> part) {
        String widest = null;
        for (String name : names) {
            Interval range = part.get(name);
            boolean divisible = range.low() < range.middle() && range.middle() < range.high();
            if (divisible && (widest == null || range.width() > part.get(widest).width())) {
                widest = name;
            }
        }
        if (widest == null) {
            return List.of();
        }
        Interval range = part.get(widest);
        List<Map<String, Interval>> halves = new ArrayList<>();
        double middle = range.middle();
        for (Interval half : List.of(new Interval(range.low(), middle), new Interval(middle, range.high()))) {
            Map<String, Interval> changed = new HashMap<>(part);
            changed.put(widest, half);
            halves.add(changed);
        }
        return halves;
    }
}
