// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.Target.Quantity;

/** Polynomials of the inputs, of which few terms are left, and quotients of two polynomials. */
final class PolynomialForms implements StructureRun.Form {

    private static final int MOST_TERMS = 90;
    private static final int MOST_LEFT = 14;
    private static final int HIGHEST = 6;
    /** What a term adds to the target, as a share of it, below which it is none. */
    private static final double NOTHING = 1e-8;
    /** And how many times the noise. */
    private static final double NOISY = 4;
    private static final double FITS = 1e-7;
    /** How well the parts of a quotient are known. */
    private static final double PART = 1e-9;
    /** Products of powers of both signs, and values that an input has to take for them. */
    private static final int MOST_POWERS = 250;
    private static final int FEW = 6;
    private static final double LARGE = 50;
    private static final int[][] WITH_FUNCTIONS = {{1, 1}, {2, 1}};
    private static final int[][] QUOTIENTS = {{1, 1}, {0, 2}, {1, 2}, {2, 1}, {2, 2}, {1, 3}, {3, 1}, {2, 3}, {3, 2}, {3, 3},
        {4, 3},
        {4, 4}};

    private static final int[][] SQUARED = {{1, 1}, {2, 1}, {2, 2}, {3, 3}, {4, 4}};
    private static final int MOST_SQUARED = 3;
    /** Roots of an input in products of powers, and the highest power of one. */
    private static final int[] ROOTS = {2, 3};
    private static final int HIGHEST_ROOT = 3;

    private final StructureRun run;

    PolynomialForms(StructureRun run) {
        this.run = run;
    }

    /** A product of powers of the inputs, and its values. */
    private record Term(Expression expression, double[] values) {
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        List<Term> terms = terms(target, HIGHEST, 1);
        for (Warp warp : Warp.of(target.values())) {
            Target warped = target.with(warp.apply(target.values()), target.precision());
            if (run.over()) {
                return true;
            }
            if (warped.finite() && polynomial(terms, warped, e -> whole.test(warp.back().apply(e)))) {
                return true;
            }
        }
        for (Warp warp : Warp.of(target.values())) {
            Target warped = target.with(warp.apply(target.values()), target.precision());
            if (warp.ofQuotients() && warped.finite() && quotients(warped, e -> whole.test(warp.back().apply(e)))) {
                return true;
            }
        }
        return laurent(target, whole) || quotients(target, Math::log, e -> Expression.call(UnaryFunction.LOG, e), whole)
                || quotients(target, Math::exp, e -> Expression.call(UnaryFunction.EXP, e), whole) || even(target, whole);
    }

    /** Quotients in the square of an input: l^2/(l^2 - c), of which few powers are left where a quotient in l has too many. */
    private boolean even(Target target, Predicate<Expression> whole) {
        for (Quantity input : target.inputs()) {
            Quantity square = new Quantity(Expression.power(input.meaning(), Expression.integer(2)),
                    LinearFit.times(input.values(), input.values()));
            Target squared = target.inputs().size() > MOST_SQUARED ? target : target.with(List.of(input), square);
            for (Warp warp : squared == target ? List.<Warp>of() : Warp.of(target.values())) {
                Target warped = squared.with(warp.apply(target.values()), target.precision());
                if (run.over() || warp.ofQuotients() && warped.finite()
                        && quotients(warped, SQUARED, e -> whole.test(warp.back().apply(e)))) {
                    return true;
                }
            }
        }
        return run.over();
    }

    /** Polynomials in the inputs and one over them, of the target, its square, and one over them. */
    private boolean laurent(Target target, Predicate<Expression> whole) {
        if (target.inputs().size() < 2 || target.inputs().stream().anyMatch(q -> q.functions() < FEW
                || Arrays.stream(q.values()).anyMatch(v -> v == 0))) {
            return run.over();
        }
        List<List<Term>> all = new ArrayList<>();
        for (int highest = 1; highest <= 2; highest++) {
            all.add(laurent(target.inputs(), highest, null, 1));
        }
        for (int root : ROOTS) {
            for (Quantity input : target.inputs().stream().filter(Quantity::positive).toList()) {
                List<Term> terms = laurent(target.inputs(), 2, input, root);
                all.add(terms.isEmpty() ? laurent(target.inputs(), 1, input, root) : terms);
            }
        }
        for (List<Term> terms : all) {
            for (Warp warp : terms.isEmpty() ? List.<Warp>of() : Warp.of(target.values())) {
                Target warped = target.with(warp.apply(target.values()), target.precision());
                if (run.over() || (warp == Warp.NONE || warp.isReciprocal() || warp.isSquare()) && warped.finite()
                        && polynomial(terms, warped, e -> whole.test(warp.back().apply(e)))) {
                    return true;
                }
            }
        }
        return run.over();
    }

    /**
     * Products of powers up to one, positive or negative, of each input; none where they are too many.
     *
     * @param rooted an input of a root of which there are powers; null where there is none
     */
    private static List<Term> laurent(List<Quantity> inputs, int highest, Quantity rooted, int root) {
        List<Term> terms = List.of(new Term(Expression.integer(1), LinearFit.ones(inputs.getFirst().values().length)));
        for (Quantity input : inputs) {
            List<Term> next = new ArrayList<>(terms);
            int most = input == rooted ? HIGHEST_ROOT : highest;
            for (int k = -most; k <= most; k++) {
                int exponent = k;
                double fraction = (double) k / (input == rooted ? root : 1);
                double[] power = Arrays.stream(input.values()).map(v -> Math.pow(v, fraction)).toArray();
                Expression written = Expression.power(input.meaning(), Expression.rational(k, input == rooted ? root : 1));
                terms.stream().filter(t -> exponent != 0)
                        .forEach(t -> next.add(new Term(t.expression.times(written), LinearFit.times(t.values, power))));
            }
            terms = next;
            if (terms.size() > MOST_POWERS) {
                return List.of();
            }
        }
        return terms;
    }

    /** Quotients of sums of the inputs and a function of each: (a - b)/log(a/b). */
    private boolean quotients(Target target, DoubleUnaryOperator f, UnaryOperator<Expression> written,
            Predicate<Expression> whole) {
        List<Quantity> inputs = new ArrayList<>(target.inputs());
        target.inputs().stream().map(q -> new Quantity(written.apply(q.meaning()), Arrays.stream(q.values()).map(f).toArray()))
                .filter(q -> Arrays.stream(q.values()).allMatch(v -> Math.abs(v) < LARGE)).forEach(inputs::add);
        return inputs.size() > target.inputs().size() && target.precision() < PART
                && quotients(new Target(inputs, target.values(), target.precision()), WITH_FUNCTIONS, whole);
    }

    private boolean quotients(Target target, Predicate<Expression> whole) {
        return quotients(target, QUOTIENTS, whole);
    }

    /** Quotients of polynomials of some degrees above and below the line. */
    boolean quotients(Target target, int[][] sizes, Predicate<Expression> whole) {
        int last = -1;
        for (int[] degrees : sizes) {
            List<Term> above = terms(target, degrees[0], 2);
            List<Term> below = terms(target, degrees[1], 2);
            int size = above.size() + below.size();
            if (size <= MOST_TERMS && size < target.values().length / 3 && size != last
                    && quotient(above, below, target, whole)) {
                return true;
            }
            last = size;
        }
        return run.over();
    }

    /**
     * All of total degrees up to one, or up to that which keeps their number low.
     *
     * @param parts polynomials that share what an input of few values allows
     */
    private List<Term> terms(Target target, int highest, int parts) {
        int[] most = target.inputs().stream().mapToInt(q -> Math.max(1, q.functions() / parts)).toArray();
        List<Term> all = new ArrayList<>(List.of(new Term(Expression.integer(1), LinearFit.ones(target.values().length))));
        List<Term> last = List.copyOf(all);
        for (int degree = 1; degree <= highest; degree++) {
            List<Term> next = new ArrayList<>();
            for (Term term : last) {
                for (int i = 0; i < target.inputs().size(); i++) {
                    Quantity input = target.inputs().get(i);
                    boolean ascending = target.inputs().subList(i + 1, target.inputs().size()).stream()
                            .noneMatch(later -> term.expression.variables().containsAll(later.meaning().variables())
                                    && contains(term.expression, later.meaning()));
                    double[] product = LinearFit.times(term.values, input.values());
                    if (ascending && !run.isImplied(input) && degree(term.expression, input.meaning()) < most[i]
                            && Arrays.stream(product).anyMatch(v -> v != 0)) { // two categories exclude one another
                        next.add(new Term(term.expression.times(input.meaning()), product));
                    }
                }
            }
            if (all.size() + next.size() > MOST_TERMS) {
                break;
            }
            all.addAll(next);
            last = next;
        }
        return all;
    }

    private static int degree(Expression product, Expression factor) {
        return product.equals(factor) ? 1 : product instanceof Expression.Product p
                ? p.factors().stream().mapToInt(f -> degree(f, factor)).sum() : 0;
    }

    private static boolean contains(Expression product, Expression factor) {
        return product.equals(factor) || product.children().stream().anyMatch(c -> contains(c, factor));
    }

    private boolean polynomial(List<Term> all, Target target, Predicate<Expression> whole) {
        List<Term> terms = new ArrayList<>(all);
        if (terms.size() > target.values().length / 2) {
            return false;
        }
        double size = Math.sqrt(VariableProjection.squares(target.values()));
        for (int pass = 0; pass < 3; pass++) {
            LinearFit fit = run.budget().fit(terms.stream().map(Term::values).toList(), target.values());
            if (fit.error() > Math.max(FITS, 1.2 * target.precision())) {
                return false;
            }
            double limit = Math.max(NOTHING * size, NOISY * target.precision() * target.deviation());
            List<Term> kept = new ArrayList<>();
            List<Expression> sum = new ArrayList<>();
            for (int k = 0; k < terms.size(); k++) {
                if (Math.abs(fit.factors()[k]) * Math.sqrt(VariableProjection.squares(terms.get(k).values)) > limit) {
                    kept.add(terms.get(k));
                    sum.add(Expression.real(fit.factors()[k]).times(terms.get(k).expression));
                }
            }
            if (kept.size() == terms.size() || pass == 2) {
                return kept.size() <= MOST_LEFT && whole.test(Expression.sum(sum));
            }
            terms = kept;
        }
        return false;
    }

    /** above(x) - y below(x) = 0: the columns of which nothing is made. */
    private boolean quotient(List<Term> above, List<Term> below, Target target, Predicate<Expression> whole) {
        List<Term> terms = new ArrayList<>(above);
        below.forEach(t -> terms.add(new Term(t.expression, LinearFit.times(t.values, target.values()))));
        int upper = above.size();
        for (int pass = 0; pass < 4; pass++) {
            run.budget().spend(2.0 * target.values().length * terms.size() * terms.size());
            double[][] columns = terms.stream().map(t -> t.values.clone()).toArray(double[][]::new);
            TriangularFactor factor = new TriangularFactor(columns, new double[target.values().length],
                    Math.max(1e-9, 3 * target.precision()));
            if (factor.rank() == terms.size()) {
                return false;
            }
            double[] factors = factor.nothing();
            double[] parts = new double[factors.length];
            Arrays.setAll(parts, k -> Math.abs(factors[k]) * Math.sqrt(VariableProjection.squares(terms.get(k).values)));
            double most = Arrays.stream(parts).max().orElseThrow();
            if (!(most < Double.POSITIVE_INFINITY)) { // of columns that are nearly nothing by themselves
                return false;
            }
            int left = (int) Arrays.stream(parts).filter(p -> p > 1e-6 * most).count();
            boolean done = left == terms.size() || pass == 3;
            List<Expression> numerator = new ArrayList<>();
            List<Expression> denominator = new ArrayList<>();
            int shift = 0;
            for (int k = factors.length - 1; k >= 0; k--) {
                if (parts[k] <= 1e-6 * most) {
                    terms.remove(k);
                    shift += k < upper ? 1 : 0;
                } else {
                    double sign = k < upper ? 1 : -1;
                    (k < upper ? numerator : denominator).add(Expression.real(sign * factors[k]).times(terms.get(k).expression));
                }
            }
            upper -= shift;
            if (numerator.isEmpty() || denominator.isEmpty()) {
                return false;
            }
            if (done && left > MOST_LEFT) {
                return false;
            }
            if (done) {
                Expression divisor = scaled(denominator, factors);
                Expression apart = left < factors.length ? null : apart(terms.subList(0, upper), factors, divisor, target);
                Expression quotient = scaled(numerator, factors).over(divisor);
                return whole.test(apart != null && apart.size() < quotient.size() ? apart : quotient);
            }
        }
        return false;
    }

    /**
     * Powers of an input that is above the line alone, each times a quotient of the others that is a quotient of fewer terms; null
     * where that is none.
     */
    private Expression apart(List<Term> above, double[] factors, Expression below, Target target) {
        double[] divisor = run.evaluate(below);
        double most = Arrays.stream(factors).map(Math::abs).max().orElseThrow();
        for (Quantity input : target.inputs()) {
            int[] degrees = above.stream().mapToInt(t -> degree(t.expression, input.meaning())).distinct().toArray();
            if (contains(below, input.meaning()) || degrees.length < 2 || target.inputs().size() < 2) {
                continue;
            }
            List<Expression> sum = new ArrayList<>();
            for (int degree : degrees) {
                double[] part = new double[divisor.length];
                for (int k = 0; k < above.size(); k++) {
                    Term term = above.get(k);
                    double factor = degree(term.expression, input.meaning()) == degree ? factors[k] / most : 0;
                    Arrays.setAll(part, b -> part[b] + (factor == 0 ? 0 : factor * term.values[b]));
                }
                Arrays.setAll(part, b -> part[b] / divisor[b] / Math.pow(input.values()[b], degree));
                Target others = target.with(List.of(input), null).with(part, PART);
                List<Expression> found = new ArrayList<>();
                if (others.deviation() <= PART * Math.abs(others.mean())) {
                    found.add(Expression.real(others.mean()));
                }
                if (!found.isEmpty() || others.finite() && quotients(others, found::add)) {
                    sum.add(found.getFirst().times(Expression.power(input.meaning(), Expression.integer(degree))));
                }
            }
            if (sum.size() == degrees.length) {
                return Expression.sum(sum);
            }
        }
        return null;
    }

    /** Over the largest factor: numbers of the size of 1. */
    private static Expression scaled(List<Expression> terms, double[] factors) {
        double most = Arrays.stream(factors).map(Math::abs).max().orElseThrow();
        return Expression.sum(terms.stream().map(t -> Expression.real(1 / most).times(t)).toList());
    }
}
