// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Sum;

/** The light normal form of trees: one tree for each printed text. */
final class Normal {

    private Normal() {
    }

    static Expression sum(List<? extends Expression> terms) {
        List<Expression> flat = new ArrayList<>(terms.size());
        int number = -1;
        for (Expression term : terms) {
            for (Expression part : term instanceof Sum inner ? inner.terms() : List.of(term)) {
                Expression folded = part.isNumber() && number >= 0 ? Numbers.add(flat.get(number), part) : null;
                if (folded != null) {
                    flat.set(number, folded);
                    continue;
                }
                if (part.isNumber()) {
                    number = requireFinite(number, flat.size());
                }
                flat.add(part);
            }
        }
        if (number >= 0 && Numbers.is(flat.get(number), 0)) {
            flat.remove(number);
        }
        return switch (flat.size()) {
            case 0 -> Numbers.ZERO;
            case 1 -> flat.get(0);
            default -> new Sum(flat);
        };
    }

    static Expression product(List<? extends Expression> factors) {
        Expression number = Numbers.ONE;
        List<Expression> above = new ArrayList<>(factors.size());
        List<Expression> below = new ArrayList<>();
        for (Expression factor : factors) {
            for (Expression part : factor instanceof Product inner ? inner.factors() : List.of(factor)) {
                if (part.isNumber()) {
                    number = Numbers.multiply(number, part);
                    if (number == null) {
                        throw overflow();
                    }
                } else {
                    (isDivisor(part) ? below : above).add(part);
                }
            }
        }
        List<Expression> all = new ArrayList<>();
        if (!Numbers.is(number, 1)) {
            all.add(number);
        }
        all.addAll(above);
        below.sort(Comparator.comparing(Normal::isUnfoldable)); // stable
        all.addAll(below);
        return switch (all.size()) {
            case 0 -> Numbers.ONE;
            case 1 -> all.get(0);
            default -> new Product(all);
        };
    }

    static Expression power(Expression base, Expression exponent) {
        if (Numbers.is(exponent, 1)) {
            return base;
        }
        if (Numbers.is(exponent, 0)) {
            return Numbers.ONE;
        }
        if (base.isNumber() && exponent.isNumber()) {
            Expression number = Numbers.power(base, exponent);
            if (number != null) {
                return number;
            }
            if (infinite(base, exponent)) {
                return new Power(base, Expression.integer(-1));
            }
        }
        if (Numbers.is(exponent, -1)) {
            if (base instanceof Power inner && inner.exponent().isNumber()) {
                return power(inner.base(), Numbers.multiply(exponent, inner.exponent()));
            }
            if (base instanceof Product inner) {
                return product(inner.factors().stream().map(f -> power(f, exponent)).toList());
            }
        }
        return new Power(base, exponent);
    }

    static Expression call(UnaryFunction function, Expression argument) {
        return function == UnaryFunction.EXP && Numbers.is(argument, 1) ? Expression.Constant.E
                : new Expression.Call(function, argument);
    }

    static void requireCall(UnaryFunction function, Expression argument) {
        require(function != UnaryFunction.EXP || !Numbers.is(argument, 1), "call");
    }

    /** Whether it is the reciprocal of a number that is not folded: of 0. */
    static boolean isUnfoldable(Expression factor) {
        return factor instanceof Power power && power.base().isNumber() && Numbers.is(power.exponent(), -1);
    }

    /** Whether a factor stands below the fraction line. */
    static boolean isDivisor(Expression factor) {
        return factor instanceof Power power && Numbers.isNegative(power.exponent());
    }

    /** Whether it is a negative whole power of 0 other than -1, which stands for all. */
    private static boolean infinite(Expression base, Expression exponent) {
        Integer whole = Numbers.whole(exponent, Integer.MAX_VALUE);
        return Numbers.is(base, 0) && whole != null && whole < 0 && !Numbers.is(exponent, -1);
    }

    static void requireSum(List<Expression> terms) {
        int numbers = 0;
        for (Expression term : terms) {
            numbers += term.isNumber() ? 1 : 0;
            require(!(term instanceof Sum) && !Numbers.is(term, 0), "sum");
        }
        require(terms.size() >= 2 && numbers <= 1, "sum");
    }

    static void requireProduct(List<Expression> factors) {
        boolean below = false;
        boolean last = false;
        for (int i = 0; i < factors.size(); i++) {
            Expression factor = factors.get(i);
            require(!(factor instanceof Product) && !Numbers.is(factor, 1) && (i == 0 || !factor.isNumber()), "product");
            require(!below || isDivisor(factor), "product");
            require(!last || isUnfoldable(factor), "product");
            below |= isDivisor(factor);
            last |= isUnfoldable(factor);
        }
        require(factors.size() >= 2, "product");
    }

    static void requirePower(Expression base, Expression exponent) {
        require(!Numbers.is(exponent, 0) && !Numbers.is(exponent, 1), "power");
        require(!base.isNumber() || !exponent.isNumber() || Numbers.power(base, exponent) == null, "power");
        require(!infinite(base, exponent), "power");
        require(!Numbers.is(exponent, -1) || !(base instanceof Product), "power");
        require(!Numbers.is(exponent, -1) || !(base instanceof Power inner) || !inner.exponent().isNumber(), "power");
    }

    private static int requireFinite(int before, int now) {
        if (before >= 0) {
            throw overflow();
        }
        return now;
    }

    private static KanException overflow() {
        return new KanException(Status.INVALID_ARGUMENT, "the numbers of an expression are too large for doubles");
    }

    private static void require(boolean normal, String what) {
        if (!normal) {
            throw new KanException(Status.INVALID_ARGUMENT,
                    "not a " + what + " in normal form; Expression." + what + " makes one");
        }
    }
}
