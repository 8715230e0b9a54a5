// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.Target.Quantity;

/**
 * Polynomials of inputs of which some are raised to one exponent, quotients of two of them, and such of the target raised to it: a
 * dose's response, Hill's function beside an offset, means of a power. The exponent is another input, a plain function of one, or
 * a constant. Whether there is such a law is a matter of linear algebra: the columns of P(x) - y Q(x) = 0 are dependent; a
 * constant is where they come nearest to that.
 */
final class ExponentForms implements StructureRun.Form {

    private static final int MOST_INPUTS = 6;
    private static final int MOST_BESIDE_CONSTANTS = 4;
    private static final int MOST_COLUMNS = 50;
    /** Rows that exponents are looked at at, a column. */
    private static final int ROWS = 3;
    private static final int LEAST_ROWS = 60;
    /** Degrees above and below the line. */
    private static final int[][] SIZES = {{1, 0}, {2, 0}, {1, 1}, {3, 0}, {2, 1}, {2, 2}};
    /** What of a unit column the others leave, where they are dependent: of an exponent that is known, and of one that is measured. */
    private static final double NOTHING = 1e-9;
    private static final double MEASURED = 1e-8;
    /** What is left at the nearest of the constants gone through, and how much less some steps from there where there is a law. */
    private static final double NEAR = 0.1;
    private static final double DIP = 0.3;
    private static final int FIRST = 12;
    private static final int FOLLOWED = 40;
    /** Share of a column's sum that one row may have. */
    private static final double ALONE = 0.2;
    private static final double VARIES = 0.01;
    private static final int HALVINGS = 60;
    /** From one: a power of so little more is the input and a little of its logarithm, of which anything smooth is made. */
    private static final double NEXT_TO_ONE = 1e-3;
    private static final double[] CONSTANTS = Families.powersOfTen(-0.85, 0.85, 36);
    /** Rates of exponentials, over half the range of the input. */
    private static final double[] RATES = Families.powersOfTen(-0.5, 2.2, 54);

    private final StructureRun run;
    private final PolynomialForms polynomials;

    ExponentForms(StructureRun run) {
        this.run = run;
        this.polynomials = new PolynomialForms(run);
    }

    /** An exponent, row by row. */
    private record Exponent(Expression written, double[] values) {

        static Exponent of(double constant, int rows) {
            double[] values = new double[rows];
            Arrays.fill(values, constant);
            return new Exponent(Expression.real(constant), values);
        }

        Exponent times(int sign) {
            return sign > 0 ? this : new Exponent(written.negated(), Arrays.stream(values).map(v -> -v).toArray());
        }
    }

    /** A function of an input that exponents are. */
    private record Rule(DoubleUnaryOperator value, UnaryOperator<Expression> written) {

        Exponent of(Quantity input) {
            return new Exponent(written.apply(input.meaning()), Arrays.stream(input.values()).map(value).toArray());
        }
    }

    private static final Expression ONE = Expression.integer(1);
    private static final Rule ITSELF = new Rule(v -> v, e -> e);
    private static final List<Rule> RULES = List.of(ITSELF, new Rule(v -> 1 / v, ONE::over),
            new Rule(v -> v - 1, e -> e.minus(ONE)), new Rule(v -> 1 / (v - 1), e -> ONE.over(e.minus(ONE))),
            new Rule(v -> (v - 1) / v, e -> e.minus(ONE).over(e)), new Rule(v -> v / (v - 1), e -> e.over(e.minus(ONE))));

    /**
     * Which inputs are raised, and whether the target is.
     *
     * @param dropped an input that is an exponent and nothing else; null where there is none
     * @param target 0 where it stays, 1 and -1 where it and the inputs are raised to the exponent or to minus it
     */
    private record Law(List<Quantity> raised, Quantity dropped, int target, int[] size) {

        Target of(Target given, Exponent exponent) {
            double[] e = exponent.times(target < 0 ? -1 : 1).values;
            Expression written = exponent.times(target < 0 ? -1 : 1).written;
            List<Quantity> inputs = new ArrayList<>();
            for (Quantity input : given.inputs()) {
                boolean isRaised = raised.contains(input);
                if (isRaised) {
                    double[] values = new double[e.length];
                    Arrays.setAll(values, b -> Math.pow(input.values()[b], e[b]));
                    inputs.add(new Quantity(Expression.power(input.meaning(), written), values));
                } else if (input != dropped) {
                    inputs.add(input);
                }
            }
            double[] y = given.values();
            if (target != 0) {
                y = new double[e.length];
                Arrays.setAll(y, b -> Math.pow(given.values()[b], e[b]));
            }
            return new Target(inputs, y, given.precision());
        }

        Expression back(Expression e, Exponent exponent) {
            return target == 0 ? e : Expression.power(e, ONE.over(exponent.times(target).written));
        }
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        int n = target.inputs().size();
        if (n > MOST_INPUTS || depth > 1 && n > 1 || depth == 0 && run.thorough() || target.precision() > NOTHING) {
            return run.over(); // of the target itself all is looked through among what fits well
        }
        return n == 1 && ofExponential(target, whole) || n == 1 && ofExponentials(target, whole) || ofInputs(target, whole)
                || n <= MOST_BESIDE_CONSTANTS && ofConstants(target, whole);
    }

    /** Laws of an exponent, the smallest first. */
    private static List<Law> laws(Target target, List<Quantity> raisable, Quantity exponent, boolean plain) {
        boolean positive = Arrays.stream(target.values()).allMatch(v -> v > 0);
        List<Law> laws = new ArrayList<>();
        for (int[] size : SIZES) {
            for (int set = 0; set < 1 << raisable.size(); set++) {
                int chosen = set;
                List<Quantity> raised = raisable.stream().filter(q -> (chosen >> raisable.indexOf(q) & 1) == 1).toList();
                boolean some = plain || raised.isEmpty() || raised.size() == raisable.size();
                for (int sign = some ? positive ? -1 : 0 : 2; sign <= (positive ? 1 : 0); sign++) {
                    if (sign == 0 && (raised.isEmpty() || !plain)) {
                        continue;
                    }
                    laws.add(new Law(raised, null, sign, size));
                    if (exponent != null && plain && target.inputs().size() > 1) {
                        laws.add(new Law(raised, exponent, sign, size));
                    }
                }
            }
        }
        return laws;
    }

    private boolean ofInputs(Target target, Predicate<Expression> whole) {
        Target few = few(target);
        for (int i = 0; i < target.inputs().size(); i++) {
            Quantity p = few.inputs().get(i);
            List<Quantity> others = few.inputs().stream().filter(q -> q != p && q.positive()).toList();
            for (Rule rule : RULES) {
                Exponent exponent = rule.of(p);
                if (target.inputs().size() < 2 || Arrays.stream(exponent.values).anyMatch(v -> !(Math.abs(v) < 50))) {
                    continue;
                }
                for (Law law : laws(few, others, p, rule == ITSELF)) {
                    if (run.over()) {
                        return true;
                    }
                    if (left(law.of(few, exponent), law.size) < NOTHING
                            && followed(target, few, law, rule.of(target.inputs().get(i)), whole)) {
                        return true;
                    }
                }
            }
        }
        return run.over();
    }

    /** A law of few rows in all of them. */
    private boolean followed(Target target, Target few, Law law, Exponent exponent, Predicate<Expression> whole) {
        List<Quantity> raised = law.raised.stream().map(q -> target.inputs().get(few.inputs().indexOf(q))).toList();
        Quantity dropped = law.dropped == null ? null : target.inputs().get(few.inputs().indexOf(law.dropped));
        Law all = new Law(raised, dropped, law.target, law.size);
        Target of = all.of(target, exponent);
        if (!of.finite()) {
            return run.over();
        }
        return polynomials.quotients(of, new int[][] {law.size}, e -> {
            run.say("inputs to the power of %s: polynomials of degrees %d and %d", exponent.written, law.size[0], law.size[1]);
            return whole.test(all.back(e, exponent));
        });
    }

    // -------------------------------------------------------------------------------------------------------------- constants

    private record Start(Law law, int at, double left) {
    }

    private boolean ofConstants(Target target, Predicate<Expression> whole) {
        Target few = few(target);
        return ofConstants(target, few, laws(few, few.inputs().stream().filter(Quantity::positive).toList(), null, true),
                CONSTANTS, whole);
    }

    /** Exponentials of such: exp(z - exp(z)), an extreme value's density. */
    private boolean ofExponentials(Target target, Predicate<Expression> whole) {
        return Arrays.stream(target.values()).allMatch(v -> v > 0)
                && ofExponential(target.with(Arrays.stream(target.values()).map(Math::log).toArray(), target.precision()),
                        e -> whole.test(Expression.call(UnaryFunction.EXP, e)));
    }

    /** Quotients in an input and an exponential of it, of a rate of its own: coth(x) - 1/x, (x/sinh(x))^2, logistic curves. */
    private boolean ofExponential(Target target, Predicate<Expression> whole) {
        Quantity input = target.inputs().getFirst();
        double low = Arrays.stream(input.values()).min().orElseThrow();
        double half = (Arrays.stream(input.values()).max().orElseThrow() - low) / 2;
        Expression inside = Expression.real(-1 / half).times(input.meaning().minus(Expression.real(low)));
        Quantity decay = new Quantity(Expression.call(UnaryFunction.EXP, inside),
                Arrays.stream(input.values()).map(v -> Math.exp((low - v) / half)).toArray());
        Target both = new Target(List.of(input, decay), target.values(), target.precision());
        Target few = few(both);
        return ofConstants(both, few, Arrays.stream(SIZES).map(size -> new Law(List.of(few.inputs().getLast()), null, 0, size))
                .toList(), RATES, whole);
    }

    private boolean ofConstants(Target target, Target few, List<Law> laws, double[] constants, Predicate<Expression> whole) {
        int rows = few.values().length;
        List<Start> starts = new ArrayList<>();
        for (Law law : laws) {
            double[] left = new double[constants.length];
            for (int k = 0; k < left.length; k++) {
                left[k] = left(law.of(few, Exponent.of(constants[k], rows)), law.size);
            }
            for (int k = 1; k + 1 < left.length; k++) {
                if (left[k] < NEAR && left[k] <= Math.min(left[k - 1], left[k + 1])) {
                    double nearer = left(law.of(few, Exponent.of(least(few, law, constants, k, FIRST), rows)), law.size);
                    if (nearer < DIP * left[k]) {
                        starts.add(new Start(law, k, nearer / left[k]));
                    }
                }
            }
            if (run.over()) {
                return true;
            }
        }
        starts.sort(Comparator.comparingDouble(Start::left));
        for (Start start : starts.stream().limit(FOLLOWED).sorted(Comparator.comparingInt(s -> s.law.size[0] + s.law.size[1]))
                .toList()) {
            if (run.over()) {
                return true;
            }
            double best = least(few, start.law, constants, start.at, HALVINGS);
            if ((constants != CONSTANTS || Math.abs(best - 1) > NEXT_TO_ONE)
                    && left(start.law.of(few, Exponent.of(best, rows)), start.law.size) < MEASURED
                    && followed(target.with(target.values(), MEASURED), few, start.law,
                            Exponent.of(best, target.values().length), whole)) {
                return true;
            }
        }
        return run.over();
    }

    /** The constant near one of those gone through at which the columns come nearest to dependence. */
    private double least(Target few, Law law, double[] constants, int at, int steps) {
        return Golden.least(c -> left(law.of(few, Exponent.of(c, few.values().length)), law.size), constants[at - 1],
                constants[at + 1], steps);
    }

    // ---------------------------------------------------------------------------------------------------------------- columns

    private static Target few(Target target) {
        int rows = Math.min(target.values().length, Math.max(LEAST_ROWS, ROWS * MOST_COLUMNS));
        return new Target(target.inputs().stream().map(q -> new Quantity(q.meaning(), some(q.values(), rows))).toList(),
                some(target.values(), rows), target.precision());
    }

    private static double[] some(double[] all, int rows) {
        double[] some = new double[rows];
        Arrays.setAll(some, b -> all[(int) ((long) b * all.length / rows)]);
        return some;
    }

    /** What of one of the columns of above(x) - y below(x) the others leave, as a share of it; 1 where there are too many. */
    private double left(Target target, int[] size) {
        if (isTrivial(target.values()) || target.inputs().stream().anyMatch(q -> isTrivial(q.values()))) {
            return 1;
        }
        List<double[]> columns = new ArrayList<>();
        monomials(target, 0, size[0], null, columns);
        monomials(target, 0, size[1], target.values(), columns);
        int rows = Math.min(target.values().length, Math.max(LEAST_ROWS, ROWS * columns.size()));
        if (columns.size() > MOST_COLUMNS || 2 * columns.size() > rows) {
            return 1;
        }
        run.budget().spend(2.0 * rows * columns.size() * columns.size());
        return new TriangularFactor(columns.stream().map(c -> Arrays.copyOf(c, rows)).toArray(double[][]::new), new double[rows],
                0)
                .least();
    }

    /** Values that are next to constant, or of which one row's are all there is: such columns are always dependent. */
    private static boolean isTrivial(double[] values) {
        double most = 0;
        double sum = 0;
        for (double v : values) {
            most = Math.max(most, Math.abs(v));
            sum += Math.abs(v);
        }
        return !Double.isFinite(sum) || most > ALONE * sum || VariableProjection.spread(values) < VARIES * sum / values.length;
    }

    private static void monomials(Target target, int from, int degree, double[] product, List<double[]> into) {
        double[] one = product == null ? LinearFit.ones(target.values().length) : product;
        if (into.size() <= MOST_COLUMNS) {
            into.add(one);
        }
        for (int i = from; i < target.inputs().size() && degree > 0; i++) {
            monomials(target, i, degree - 1, LinearFit.times(one, target.inputs().get(i).values()), into);
        }
    }
}
