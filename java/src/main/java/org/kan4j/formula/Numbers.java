// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import org.kan4j.formula.Expression.Constant;
import org.kan4j.formula.Expression.Rational;
import org.kan4j.formula.Expression.Real;

/** Arithmetic of the numbers in expressions: exact while fractions are small, in doubles otherwise. */
final class Numbers {

    /** Beyond it a double does not hold every whole number. */
    private static final long LARGEST = 1L << 53;

    static final Expression ZERO = new Rational(0, 1);
    static final Expression ONE = new Rational(1, 1);

    private Numbers() {
    }

    static long gcd(long a, long b) {
        while (b != 0) {
            long r = a % b;
            a = b;
            b = r;
        }
        return Math.abs(a);
    }

    /** A fraction, or the nearest double where its parts are too large. */
    static Expression fraction(long numerator, long denominator) {
        long divisor = gcd(numerator, denominator);
        long p = numerator / divisor;
        long q = denominator / divisor;
        if (q < 0) {
            p = -p;
            q = -q;
        }
        boolean fits = p >= -LARGEST && p <= LARGEST && q >= 1 && q <= LARGEST;
        return fits ? new Rational(p, q) : new Real((double) p / q);
    }

    static double value(Expression number) {
        return switch (number) {
            case Rational r -> (double) r.numerator() / r.denominator();
            case Real r -> r.value();
            case Constant c -> c.value();
            default -> throw new IllegalArgumentException(number + " is not a number");
        };
    }

    /** The sum; null where it is not finite. */
    static Expression add(Expression a, Expression b) {
        if (a instanceof Rational p && b instanceof Rational q) {
            try {
                return fraction(Math.addExact(Math.multiplyExact(p.numerator(), q.denominator()),
                        Math.multiplyExact(q.numerator(), p.denominator())),
                        Math.multiplyExact(p.denominator(), q.denominator()));
            } catch (ArithmeticException e) {
                return finite(value(a) + value(b));
            }
        }
        return finite(value(a) + value(b));
    }

    /** The product; null where it is not finite. */
    static Expression multiply(Expression a, Expression b) {
        if (a instanceof Rational p && b instanceof Rational q) {
            try {
                long g = Math.max(1, gcd(p.numerator(), q.denominator()));
                long h = Math.max(1, gcd(q.numerator(), p.denominator()));
                return fraction(Math.multiplyExact(p.numerator() / g, q.numerator() / h),
                        Math.multiplyExact(p.denominator() / h, q.denominator() / g));
            } catch (ArithmeticException e) {
                return finite(value(a) * value(b));
            }
        }
        return finite(value(a) * value(b));
    }

    /** A power of two numbers where it is a number again: exact or of a double to a whole exponent; otherwise null. */
    static Expression power(Expression base, Expression exponent) {
        if (!(exponent instanceof Rational n) || n.denominator() != 1 || Math.abs(n.numerator()) > 64) {
            return null;
        }
        int power = (int) n.numerator();
        if (base instanceof Real r) {
            double value = StrictMath.pow(r.value(), power);
            return value == 0 ? null : finite(value);
        }
        Rational fraction = (Rational) base;
        if (fraction.numerator() == 0) {
            return power > 0 ? ZERO : null;
        }
        Expression result = ONE;
        for (int i = 0; i < Math.abs(power); i++) {
            result = multiply(result, fraction);
            if (!(result instanceof Rational)) {
                return null;
            }
        }
        Rational whole = (Rational) result;
        return power >= 0 ? whole : fraction(whole.denominator(), whole.numerator());
    }

    /** The number where it is a whole one of at most a size; otherwise null. */
    static Integer whole(Expression number, int largest) {
        if (!number.isNumber()) {
            return null;
        }
        double value = value(number);
        return value == Math.rint(value) && Math.abs(value) <= largest ? (int) value : null;
    }

    static boolean isNegative(Expression number) {
        return number.isNumber() && value(number) < 0;
    }

    static boolean is(Expression number, long value) {
        return number instanceof Rational r && r.denominator() == 1 && r.numerator() == value;
    }

    private static Expression finite(double value) {
        return Double.isFinite(value) ? new Real(value) : null;
    }
}
