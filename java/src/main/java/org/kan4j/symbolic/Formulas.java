// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Interval;

/** One run of {@link FormulaSearch}. */
final class Formulas {

    /** Errors below it, in deviations, are rounding. */
    private static final double ROUNDING = 1e-12;
    /** Below it the data has no noise and the formula's form is right. */
    private static final double EXACT = 1e-8;
    /** Relative difference of constants that are one, and that of a constant and a decimal number. */
    private static final double ALIKE = 1e-9;
    private static final double ROUNDED = 1e-13;
    private static final int DIGITS = 9;
    private static final double MOST_WHOLE = 1e6;
    private static final int ROUNDS = 60;
    /** Numbers that are tried for one constant in a round. */
    private static final int MOST_TRIALS = 3;

    private final FormulaSearch settings;
    private final Observations train;
    private final Observations held;
    private final Map<String, Interval> box;
    private final List<FormulaResult.Size> met = new ArrayList<>();
    private final Set<String> refused = new HashSet<>();
    private double[] baseline;

    /** Formulas with what is known of their constants. */
    private record State(Composition outputs, ConstantFit.Result fit) {
    }

    Formulas(FormulaSearch settings, Observations train, Observations held, Map<String, Interval> box) {
        this.settings = settings;
        this.train = train;
        this.held = held;
        this.box = box;
    }

    FormulaResult of(Composition composition) {
        ConstantFit.Result whole = ConstantFit.fit(composition.gauged(), train, settings.steps());
        Map<String, Expression> inlined = new LinkedHashMap<>();
        List<Expression> values = whole.composition().inlined();
        for (int k = 0; k < values.size(); k++) {
            inlined.put(composition.outputs().get(k), values.get(k));
        }
        meet(Composition.of(inlined));
        State raw = fitted(simplified(Composition.of(inlined)));
        meet(raw.outputs);
        baseline = squaredErrors(raw.outputs);
        List<FormulaResult.Snapped> exact = new ArrayList<>();
        State last = settings.snap() ? plain(decimal(snapped(alike(raw), exact))) : raw;
        for (ConstantFit.FittedConstant left : last.fit.constants()) {
            exact.add(new FormulaResult.Snapped(left.value(), left.standardError(), null));
        }
        Map<String, Expression> written = formulas(last.outputs);
        written.replaceAll((name, formula) -> DecimalForm.of(formula));
        return new FormulaResult(written, formulas(raw.outputs), exact, ConstantFit.rmse(last.outputs, train),
                ConstantFit.rmse(last.outputs, held), ConstantFit.rmse(raw.outputs, held), pareto(), whole.indistinct());
    }

    private static Map<String, Expression> formulas(Composition outputs) {
        Map<String, Expression> formulas = new LinkedHashMap<>();
        outputs.definitions().forEach(d -> formulas.put(d.name(), d.value()));
        return formulas;
    }

    private Composition simplified(Composition outputs) {
        Map<String, Expression> formulas = new LinkedHashMap<>();
        outputs.definitions().forEach(d -> formulas.put(d.name(), d.value().simplify(box)));
        return Composition.of(formulas);
    }

    private State fitted(Composition outputs) {
        ConstantFit.Result fit = ConstantFit.fit(outputs, train, settings.steps(), true);
        return new State(fit.composition(), fit);
    }

    /** A constant and what it may become. */
    private record Trial(double value, double error, ExactNumbers.Exact exact) {
    }

    private State snapped(State start, List<FormulaResult.Snapped> exact) {
        State state = start;
        for (int round = 0; round < ROUNDS && !settings.cancelled().getAsBoolean(); round++) {
            State next = null;
            for (Trial trial : trials(state)) {
                if (settings.cancelled().getAsBoolean()) {
                    return state;
                }
                next = tried(state, trial.value, trial.exact.expression());
                if (next != null) {
                    exact.add(new FormulaResult.Snapped(trial.value, trial.error, DecimalForm.of(trial.exact.expression())));
                    settings.listener().accept(trial.value + " -> " + trial.exact.expression());
                    break;
                }
                refused.add(key(trial));
            }
            if (next == null) {
                return state;
            }
            meet(next.outputs);
            state = next;
        }
        return state;
    }

    /** Constants that are equal to rounding, where the formula is right to rounding, are one. */
    private State alike(State state) {
        State now = state;
        List<ConstantFit.FittedConstant> constants = state.fit.constants();
        for (int i = 0; i < constants.size() && Math.sqrt(mean(baseline)) < EXACT; i++) {
            double first = constants.get(i).value();
            for (int j = i + 1; j < constants.size(); j++) {
                double second = constants.get(j).value();
                double sign = Math.signum(first) * Math.signum(second);
                if (first != second && Math.abs(second - sign * first) <= ALIKE * Math.abs(first)) {
                    State next = tried(now, second, Expression.real(sign * first));
                    now = next == null ? now : next;
                }
            }
        }
        return now;
    }

    /** Constants that a number of few decimal digits equals to rounding are that number. */
    private State decimal(State state) {
        Composition outputs = state.outputs;
        for (ConstantFit.FittedConstant constant : state.fit.constants()) {
            double error = Math.max(4 * constant.standardError(), ROUNDED * Math.abs(constant.value()));
            for (int digits = 1; digits <= DIGITS; digits++) {
                Expression near = near(constant.value(), digits, error);
                double chance = 2 * error / Math.abs(constant.value()) * Math.pow(10, digits);
                if (near == null || !(chance < 1e-3)) {
                    continue;
                }
                Composition rounded = Composition.of(replaced(outputs, constant.value(), near));
                if (!near.equals(Expression.real(constant.value())) && allowed(rounded)) {
                    outputs = rounded;
                }
                break;
            }
        }
        return new State(outputs, state.fit);
    }

    /** Of the equal forms the one that takes fewest digits. */
    private State plain(State state) {
        State best = state;
        for (Definition definition : state.outputs.definitions()) {
            for (Expression form : PlainForms.of(definition.value())) {
                for (Expression written : List.of(form.canonical(), form.simplify(box))) {
                    best = shorter(best, definition.name(), written);
                }
            }
        }
        Composition simple = simplified(best.outputs);
        return text(simple) <= text(best.outputs) && allowed(simple) ? new State(simple, best.fit) : best;
    }

    private State shorter(State best, String name, Expression form) {
        try {
            State other = decimal(fitted(best.outputs.with(name, form)));
            return text(other.outputs) < text(best.outputs) && allowed(other.outputs) ? other : best;
        } catch (KanException undefined) {
            settings.listener().accept(form + " is undefined on a row");
            return best;
        }
    }

    private static int text(Composition outputs) {
        return outputs.definitions().stream().mapToInt(d -> DecimalForm.of(d.value()).toString().length()).sum();
    }

    /** A number of so many digits, or one over such a number, within an error of a value; null where there is none. */
    static Expression near(double value, int digits, double error) {
        double plain = rounded(value, digits);
        if (Math.abs(plain - value) <= error) {
            boolean integer = plain == Math.rint(plain) && Math.abs(plain) < MOST_WHOLE;
            return integer ? Expression.integer((long) plain) : Expression.real(plain);
        }
        double below = rounded(1 / value, digits);
        double inverse = StrictMath.pow(below, -1);
        if (!(Math.abs(inverse - value) <= error)) {
            return null;
        }
        boolean whole = below == Math.rint(below) && Math.abs(below) < MOST_WHOLE;
        return whole ? Expression.rational((long) Math.signum(below), (long) Math.abs(below)) : Expression.real(inverse);
    }

    private static double rounded(double value, int digits) {
        return Double.isFinite(value) ? new BigDecimal(value).round(new MathContext(digits)).doubleValue() : value;
    }

    private static Map<String, Expression> replaced(Composition outputs, double value, Expression by) {
        Map<String, Expression> formulas = new LinkedHashMap<>();
        outputs.definitions().forEach(d -> formulas.put(d.name(), replaced(d.value(), value, by)));
        return formulas;
    }

    private static String key(Trial trial) {
        return (float) trial.value + " " + trial.exact.expression();
    }

    private List<Trial> trials(State state) {
        List<Trial> trials = new ArrayList<>();
        double residual = Math.max(state.fit.rmse(), ConstantFit.ROUNDING);
        double inflation = Math.max(1, ROUNDING / residual); // what rounding leaves unknown
        for (ConstantFit.FittedConstant constant : state.fit.constants()) {
            double value = constant.value();
            double error = Double.isInfinite(constant.standardError()) ? 1e-9 * Math.abs(value)
                    : Math.max(inflation * constant.standardError(), 1e-9 * Math.abs(value));
            List<ExactNumbers.Exact> numbers = new ArrayList<>(
                    ExactNumbers.of(value, error).stream().limit(MOST_TRIALS).toList());
            if (Double.isInfinite(constant.standardError())) {
                numbers.addFirst(ExactNumbers.ZERO); // another constant does its work
            }
            for (ExactNumbers.Exact number : numbers) {
                Trial trial = new Trial(value, constant.standardError(), number);
                if (!refused.contains(key(trial))) {
                    trials.add(trial);
                }
            }
        }
        trials.sort(Comparator.<Trial>comparingDouble(t -> t.exact.cost())
                .thenComparingDouble(t -> Math.abs(t.value - t.exact.value())));
        return trials;
    }

    /** With one constant exact and the others fitted anew; null where the held-out rows object. */
    private State tried(State state, double value, Expression number) {
        Map<String, Expression> formulas = new LinkedHashMap<>();
        try {
            for (Definition definition : state.outputs.definitions()) {
                formulas.put(definition.name(),
                        replaced(definition.value(), value, number).simplify(box));
            }
            State next = fitted(Composition.of(formulas));
            return allowed(next.outputs) ? next : null;
        } catch (KanException undefined) {
            return null;
        }
    }

    private static Expression replaced(Expression e, double value, Expression exact) {
        if (e instanceof Real real) {
            return real.value() == value ? exact : e;
        }
        return e.mapChildren(child -> replaced(child, value, exact));
    }

    private boolean allowed(Composition outputs) {
        double[] errors = squaredErrors(outputs);
        double before = mean(baseline);
        double after = mean(errors);
        if (Double.isNaN(after)) {
            return false;
        }
        if (Math.sqrt(before) < EXACT) {
            return Math.sqrt(after) <= Math.max(2 * Math.sqrt(before), ROUNDING);
        }
        return after <= before || !rejected(errors, baseline);
    }

    /** Whether errors are larger than others by more than two standard errors of the difference. */
    private static boolean rejected(double[] errors, double[] others) {
        int n = errors.length;
        double mean = 0;
        for (int b = 0; b < n; b++) {
            mean += (errors[b] - others[b]) / n;
        }
        double variance = 0;
        for (int b = 0; b < n; b++) {
            variance += Math.pow(errors[b] - others[b] - mean, 2) / Math.max(1, n - 1);
        }
        return mean > 2 * Math.sqrt(variance / n);
    }

    private static double mean(double[] values) {
        return VariableProjection.mean(values);
    }

    /** Of each held-out row, summed over outputs, in deviations. */
    private double[] squaredErrors(Composition outputs) {
        double[] squares = new double[held.rows()];
        Map<String, double[]> values = outputs.evaluate(held.inputs(), held.rows());
        for (String output : outputs.outputs()) {
            double deviation = held.deviation(output);
            double[] target = held.targets().get(output);
            for (int b = 0; b < squares.length; b++) {
                squares[b] += Math.pow((values.get(output)[b] - target[b]) / deviation, 2);
            }
        }
        return squares;
    }

    private void meet(Composition outputs) {
        double error = ConstantFit.rmse(outputs, held);
        int size = outputs.definitions().stream().mapToInt(d -> d.value().size()).sum();
        if (Double.isFinite(error)) {
            met.add(new FormulaResult.Size(size, error, formulas(outputs)));
        }
    }

    /** Those of which none is both smaller and better, by size. */
    private List<FormulaResult.Size> pareto() {
        List<FormulaResult.Size> sorted = new ArrayList<>(met);
        sorted.sort(Comparator.comparingInt(FormulaResult.Size::size).thenComparingDouble(FormulaResult.Size::heldRmse));
        List<FormulaResult.Size> front = new ArrayList<>();
        double best = Double.POSITIVE_INFINITY;
        for (FormulaResult.Size one : sorted) {
            if (one.heldRmse() < best && (front.isEmpty() || one.heldRmse() > ROUNDING || best > ROUNDING)) {
                front.add(one);
                best = one.heldRmse();
            }
        }
        return front;
    }
}
