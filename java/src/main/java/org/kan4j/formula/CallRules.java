// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Constant;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Rational;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;

/** Inverses, symmetries, phases and known values of functions. */
final class CallRules {

    private static final Set<UnaryFunction> ODD = Set.of(UnaryFunction.SIN, UnaryFunction.TAN, UnaryFunction.ASIN,
            UnaryFunction.ATAN, UnaryFunction.SINH, UnaryFunction.TANH, UnaryFunction.ATANH, UnaryFunction.ERF,
            UnaryFunction.SIGN);
    private static final Set<UnaryFunction> EVEN = Set.of(UnaryFunction.COS, UnaryFunction.COSH, UnaryFunction.ABS);
    /** f(g(x)) = x wherever g is defined. */
    private static final Map<UnaryFunction, UnaryFunction> INVERSES = Map.of(UnaryFunction.EXP, UnaryFunction.LOG,
            UnaryFunction.LOG, UnaryFunction.EXP, UnaryFunction.SIN, UnaryFunction.ASIN, UnaryFunction.COS, UnaryFunction.ACOS,
            UnaryFunction.TAN, UnaryFunction.ATAN, UnaryFunction.TANH, UnaryFunction.ATANH, UnaryFunction.ATANH,
            UnaryFunction.TANH);

    private final Simplifier simplifier;

    CallRules(Simplifier simplifier) {
        this.simplifier = simplifier;
    }

    Expression apply(Call call) {
        UnaryFunction f = call.function();
        Expression g = call.argument();
        if (g instanceof Call inner && inner.function().equals(INVERSES.get(f))) {
            return inner.argument();
        }
        if (g instanceof Real real) {
            double value = f.at(real.value());
            return Double.isFinite(value) ? Expression.real(value) : call;
        }
        if (g.isNumber()) {
            double value = f.at(Numbers.value(g));
            boolean exact = Simplifier.isZero(g) || f == UnaryFunction.LOG && Numbers.is(g, 1) || f == UnaryFunction.ABS
                    || f == UnaryFunction.SIGN || f == UnaryFunction.RELU;
            if (exact && value == Math.rint(value) && Math.abs(value) < 1e15) {
                return Expression.integer((long) value);
            }
        }
        if ((ODD.contains(f) || EVEN.contains(f)) && leadsNegative(g)) {
            Expression mirrored = Expression.call(f, opposite(g));
            return ODD.contains(f) ? mirrored.negated() : mirrored;
        }
        return switch (f.name()) {
            case "exp" -> exponential(call);
            case "log" -> logarithm(call);
            case "abs" -> absolute(call);
            case "sign" -> simplifier.isPositive(g) ? Numbers.ONE
                    : simplifier.isPositive(g.negated()) ? Expression.integer(-1) : call;
            case "relu" -> simplifier.isNotNegative(g) ? g : simplifier.isNotPositive(g) ? Numbers.ZERO : call;
            case "sin", "cos" -> phase(call);
            case "tanh" -> sumOfSpeeds(call);
            default -> call;
        };
    }

    static boolean leadsNegative(Expression g) {
        return InfixPrinter.isNegative(Simplifier.terms(g).stream().min(Order::compare).orElseThrow());
    }

    static Expression opposite(Expression g) {
        return Expression.sum(Simplifier.terms(g).stream().map(Expression::negated).toList());
    }

    /** exp(n log g + h) = g^n exp(h); a measured number leaves the exponent. */
    private static Expression exponential(Call call) {
        List<Expression> outside = new ArrayList<>();
        List<Expression> inside = new ArrayList<>();
        for (Expression term : Simplifier.terms(call.argument())) {
            Expression rest = Simplifier.rest(term);
            if (rest instanceof Call inner && inner.function() == UnaryFunction.LOG) {
                outside.add(Expression.power(inner.argument(), Simplifier.coefficient(term)));
            } else if (rest instanceof Call inner && inner.function() == UnaryFunction.ATANH) {
                Expression u = inner.argument();
                outside.add(Expression.power(Numbers.ONE.plus(u).over(Numbers.ONE.minus(u)),
                        Simplifier.coefficient(term).times(Expression.rational(1, 2))));
            } else if (ofLogarithm(term) != null) {
                outside.add(ofLogarithm(term));
            } else if (term instanceof Real real && Double.isFinite(StrictMath.exp(real.value()))
                    && StrictMath.exp(real.value()) > 0) {
                outside.add(Expression.real(StrictMath.exp(real.value())));
            } else {
                inside.add(term);
            }
        }
        if (outside.isEmpty()) {
            return call;
        }
        if (!inside.isEmpty()) {
            outside.add(Expression.call(UnaryFunction.EXP, Expression.sum(inside)));
        }
        return Expression.product(outside);
    }

    /** exp(n log g) = g^n for a factor n that is no number; null where there is no logarithm, or more than one. */
    private static Expression ofLogarithm(Expression term) {
        List<Expression> logarithms = Simplifier.factors(term).stream()
                .filter(f -> f instanceof Call inner && inner.function() == UnaryFunction.LOG).toList();
        if (logarithms.size() != 1) {
            return null;
        }
        List<Expression> exponent = new ArrayList<>(Simplifier.factors(term));
        exponent.remove(logarithms.getFirst());
        return Expression.power(((Call) logarithms.getFirst()).argument(), Expression.product(exponent));
    }

    private Expression logarithm(Call call) {
        Expression g = call.argument();
        if (g instanceof Power power && !power.exponent().isNumber() && simplifier.isPositive(power.base())) {
            return power.exponent().times(Expression.call(UnaryFunction.LOG, power.base()));
        }
        if (g == Constant.E) {
            return Numbers.ONE;
        }
        if (g instanceof Power power && power.exponent().isNumber()) {
            Integer whole = Numbers.whole(power.exponent(), 1000);
            boolean even = whole != null && whole % 2 == 0 && !simplifier.isNotNegative(power.base());
            Expression base = even ? Expression.call(UnaryFunction.ABS, power.base()) : power.base();
            return power.exponent().times(Expression.call(UnaryFunction.LOG, base));
        }
        if (g instanceof Product product) {
            Expression number = product.factors().get(0);
            if (number instanceof Real real && real.value() > 0) {
                return Expression.real(StrictMath.log(real.value()))
                        .plus(Expression.call(UnaryFunction.LOG, Simplifier.rest(product)));
            }
            Expression power = ofOnePower(product);
            if (power != null) {
                return power;
            }
            for (Expression factor : product.factors()) {
                if (factor instanceof Call inner && inner.function() == UnaryFunction.EXP) {
                    return inner.argument().plus(Expression.call(UnaryFunction.LOG, product.over(factor)));
                }
            }
        }
        if (g instanceof Sum sum && ProductRules.scale(sum) != null) {
            Expression scale = ProductRules.scale(sum);
            return Expression.real(StrictMath.log(Numbers.value(scale)))
                    .plus(Expression.call(UnaryFunction.LOG, ProductRules.divided(sum, scale)));
        }
        return call;
    }

    /** log(f^n g^n) = n log(f g), log(f^n g^-n) = n log(f/g); null where other exponents stand, or f g need not be positive. */
    private Expression ofOnePower(Product product) {
        Expression exponent = null;
        List<Expression> bases = new ArrayList<>();
        for (Expression factor : product.factors()) {
            if (!(factor instanceof Power power) || !power.exponent().isNumber()) {
                return null;
            }
            boolean negative = Numbers.isNegative(power.exponent());
            Expression size = negative ? power.exponent().negated() : power.exponent();
            if (exponent != null && !exponent.equals(size) || Numbers.is(size, 1)) {
                return null;
            }
            exponent = size;
            bases.add(negative ? Expression.power(power.base(), Expression.integer(-1)) : power.base());
        }
        Expression base = Expression.product(bases);
        return simplifier.isPositive(base) ? exponent.times(Expression.call(UnaryFunction.LOG, base)) : null;
    }

    private Expression absolute(Call call) {
        Expression g = call.argument();
        if (simplifier.isNotNegative(g)) {
            return g;
        }
        if (simplifier.isNotPositive(g)) {
            return g.negated();
        }
        if (g instanceof Product product) {
            List<Expression> outside = new ArrayList<>();
            List<Expression> inside = new ArrayList<>();
            for (Expression factor : product.factors()) {
                if (simplifier.isNotNegative(factor)) {
                    outside.add(factor);
                } else if (simplifier.isNotPositive(factor)) {
                    outside.add(factor.negated());
                } else {
                    inside.add(factor);
                }
            }
            if (!outside.isEmpty()) {
                outside.add(Expression.call(UnaryFunction.ABS, Expression.product(inside)));
                return Expression.product(outside);
            }
        }
        return call;
    }

    /** Shifts by multiples of pi/2, exact or measured. */
    private static Expression phase(Call call) {
        boolean sine = call.function() == UnaryFunction.SIN;
        Expression whole = multiplesOfPi(call, sine);
        if (whole != null) {
            return whole;
        }
        List<Expression> terms = new ArrayList<>(Simplifier.terms(call.argument()));
        for (int i = 0; i < terms.size(); i++) {
            Expression term = terms.get(i);
            if (Simplifier.rest(term) == Constant.PI && Simplifier.coefficient(term) instanceof Rational turns
                    && turns.denominator() <= 2) {
                terms.remove(i);
                long quarters = Math.floorMod(2 / turns.denominator() * turns.numerator(), 4L);
                return quarters(sine, Expression.sum(terms), (int) quarters);
            }
            if (term instanceof Real real && Math.abs(real.value()) > Math.PI) {
                terms.set(i, Expression.real(StrictMath.IEEEremainder(real.value(), 2 * StrictMath.PI)));
                return Expression.call(call.function(), Expression.sum(terms));
            }
        }
        return call;
    }

    /** sin(pi (g + n)) for whole or half n; null for anything else. */
    private static Expression multiplesOfPi(Call call, boolean sine) {
        if (!(call.argument() instanceof Product product)) {
            return null;
        }
        for (Expression factor : product.factors()) {
            if (factor instanceof Sum sum) {
                Expression outside = Expression.product(product.factors().stream().filter(f -> f != sum).toList());
                for (Expression term : sum.terms()) {
                    Expression shift = outside.times(term);
                    if (term.isNumber() && Simplifier.rest(shift) == Constant.PI
                            && Simplifier.coefficient(shift) instanceof Rational turns && turns.denominator() <= 2) {
                        long quarters = Math.floorMod(2 / turns.denominator() * turns.numerator(), 4L);
                        return quarters(sine, outside.times(sum.minus(term)), (int) quarters);
                    }
                }
            }
        }
        return null;
    }

    private static Expression quarters(boolean sine, Expression g, int quarters) {
        boolean odd = quarters % 2 == 1;
        Expression wave = Expression.call(sine == odd ? UnaryFunction.COS : UnaryFunction.SIN, g);
        boolean negative = sine ? quarters >= 2 : quarters == 1 || quarters == 2;
        return negative ? wave.negated() : wave;
    }

    /** tanh(atanh u + atanh v) = (u + v)/(1 + u v), tanh(n log u) = (u^2n - 1)/(u^2n + 1). */
    private static Expression sumOfSpeeds(Call call) {
        List<Expression> terms = Simplifier.terms(call.argument());
        if (terms.size() == 1 && Simplifier.coefficient(terms.get(0)) instanceof Rational half
                && Simplifier.rest(terms.get(0)) instanceof Call inner && inner.function() == UnaryFunction.LOG) {
            Expression square = Expression.power(inner.argument(), half.times(Expression.integer(2)));
            return square.minus(Expression.integer(1)).over(square.plus(Expression.integer(1)));
        }
        if (terms.size() != 2) {
            return call;
        }
        List<Expression> speeds = new ArrayList<>();
        for (Expression term : terms) {
            if (!(Simplifier.rest(term) instanceof Call inner) || inner.function() != UnaryFunction.ATANH
                    || !(Numbers.is(Simplifier.coefficient(term), 1) || Numbers.is(Simplifier.coefficient(term), -1))) {
                return call;
            }
            speeds.add(Simplifier.coefficient(term).times(inner.argument()));
        }
        Expression u = speeds.get(0);
        Expression v = speeds.get(1);
        return u.plus(v).over(Expression.integer(1).plus(u.times(v)));
    }
}
