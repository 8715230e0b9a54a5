// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;

/**
 * A real function of one variable that expressions may call: one of those here, or one of the user's. Values of those here
 * are {@link StrictMath}'s, the same on every machine.
 */
public final class UnaryFunction {

    private static final Interval UNIT = new Interval(-1, 1);
    private static final Interval POSITIVE = new Interval(0, Double.POSITIVE_INFINITY);
    private static final double HALF_PI = StrictMath.PI / 2;

    /** e to a power. */
    public static final UnaryFunction EXP = new UnaryFunction("exp", StrictMath::exp, "exp(x)", Interval.ALL, false,
            bounded(rising(StrictMath::exp), POSITIVE));
    /** The natural logarithm. */
    public static final UnaryFunction LOG = new UnaryFunction("log", StrictMath::log, "1/x", POSITIVE, true,
            rising(StrictMath::log));
    /** The absolute value. */
    public static final UnaryFunction ABS = new UnaryFunction("abs", Math::abs, "sign(x)", Interval.ALL, false,
            x -> x.contains(0) ? new Interval(0, x.magnitude()) : Interval.spanning(Math.abs(x.low()), Math.abs(x.high())))
            .with(Notation.SYMPY, "Abs").with(Notation.C, "fabs").with(Notation.JAVA, "Math.abs");
    /** -1, 0 or 1. */
    public static final UnaryFunction SIGN = new UnaryFunction("sign", Math::signum, "0", Interval.ALL, false,
            x -> new Interval(Math.signum(x.low()), Math.signum(x.high())))
            .with(Notation.JAVA, "Math.signum").with(Notation.LATEX, "\\operatorname{sign}");
    /** The larger of 0 and x. */
    public static final UnaryFunction RELU = new UnaryFunction("relu", x -> Math.max(0, x), "(1 + sign(x))/2", Interval.ALL,
            false, x -> new Interval(Math.max(0, x.low()), Math.max(0, x.high())))
            .with(Notation.PYTHON, "relu").with(Notation.JAVA, "relu").with(Notation.LATEX, "\\operatorname{relu}");
    /** The sine. */
    public static final UnaryFunction SIN = new UnaryFunction("sin", StrictMath::sin, "cos(x)", Interval.ALL, false,
            x -> wave(StrictMath::sin, x, HALF_PI));
    /** The cosine. */
    public static final UnaryFunction COS = new UnaryFunction("cos", StrictMath::cos, "-sin(x)", Interval.ALL, false,
            x -> wave(StrictMath::cos, x, 0));
    /** The tangent. */
    public static final UnaryFunction TAN = new UnaryFunction("tan", StrictMath::tan, "1 + tan(x)^2", Interval.ALL, false,
            UnaryFunction::tangent);
    /** The inverse of the sine. */
    public static final UnaryFunction ASIN = new UnaryFunction("asin", StrictMath::asin, "1/sqrt(1 - x^2)", UNIT, false,
            rising(StrictMath::asin)).with(Notation.PYTHON, "np.arcsin").with(Notation.LATEX, "\\arcsin");
    /** The inverse of the cosine. */
    public static final UnaryFunction ACOS = new UnaryFunction("acos", StrictMath::acos, "-1/sqrt(1 - x^2)", UNIT, false,
            x -> new Interval(StrictMath.acos(x.high()), StrictMath.acos(x.low())).outward(2))
            .with(Notation.PYTHON, "np.arccos").with(Notation.LATEX, "\\arccos");
    /** The inverse of the tangent. */
    public static final UnaryFunction ATAN = new UnaryFunction("atan", StrictMath::atan, "1/(1 + x^2)", Interval.ALL, false,
            rising(StrictMath::atan)).with(Notation.PYTHON, "np.arctan").with(Notation.LATEX, "\\arctan");
    /** The hyperbolic sine. */
    public static final UnaryFunction SINH = new UnaryFunction("sinh", StrictMath::sinh, "cosh(x)", Interval.ALL, false,
            rising(StrictMath::sinh));
    /** The hyperbolic cosine. */
    public static final UnaryFunction COSH = new UnaryFunction("cosh", StrictMath::cosh, "sinh(x)", Interval.ALL, false,
            bounded(even(StrictMath::cosh), new Interval(1, Double.POSITIVE_INFINITY)));
    /** The hyperbolic tangent. */
    public static final UnaryFunction TANH = new UnaryFunction("tanh", StrictMath::tanh, "1 - tanh(x)^2", Interval.ALL,
            false, bounded(rising(StrictMath::tanh), UNIT));
    /** The inverse of the hyperbolic tangent. */
    public static final UnaryFunction ATANH = new UnaryFunction("atanh", SpecialFunctions::atanh, "1/(1 - x^2)", UNIT, true,
            rising(SpecialFunctions::atanh)).with(Notation.PYTHON, "np.arctanh").with(Notation.JAVA, "atanh")
            .with(Notation.LATEX, "\\operatorname{artanh}");
    /** The error function. */
    public static final UnaryFunction ERF = new UnaryFunction("erf", SpecialFunctions::erf, "2*exp(-x^2)/sqrt(pi)",
            Interval.ALL, false, bounded(x -> rising(SpecialFunctions::erf).apply(x).outward(6), UNIT))
            .with(Notation.PYTHON, "erf").with(Notation.JAVA, "erf").with(Notation.LATEX, "\\operatorname{erf}");

    private static final List<UnaryFunction> ALL = List.of(EXP, LOG, ABS, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, TANH,
            ATANH, SIGN, RELU, ERF);

    private final String name;
    private final DoubleUnaryOperator value;
    private final String slopeText;
    private final DoubleUnaryOperator slope;
    private final Interval domain;
    private final boolean open;
    private final UnaryOperator<Interval> enclosure;
    private final Map<Notation, String> names;
    private Expression slopeTree;

    private UnaryFunction(String name, DoubleUnaryOperator value, String slopeText, Interval domain, boolean open,
            UnaryOperator<Interval> enclosure) {
        this(name, value, slopeText, null, domain, open, enclosure, Map.of());
    }

    private UnaryFunction(String name, DoubleUnaryOperator value, String slopeText, DoubleUnaryOperator slope,
            Interval domain, boolean open, UnaryOperator<Interval> enclosure, Map<Notation, String> names) {
        this.name = name;
        this.value = value;
        this.slopeText = slopeText;
        this.slope = slope;
        this.domain = domain;
        this.open = open;
        this.enclosure = enclosure;
        this.names = names;
    }

    /**
     * A function of the user's.
     *
     * @param name an identifier, such as {@code j0}
     * @param value its values
     * @param slope the values of its derivative
     * @param domain where it is defined, ends included
     * @throws KanException if the name is not an identifier or has a meaning already
     */
    public static UnaryFunction of(String name, DoubleUnaryOperator value, DoubleUnaryOperator slope, Interval domain) {
        if (!Parser.isIdentifier(name) || Parser.isReserved(name)) {
            throw new KanException(Status.INVALID_ARGUMENT, "'" + name + "' cannot be the name of a function: it must be of "
                    + "letters, digits and _ and have no meaning of its own");
        }
        return new UnaryFunction(name, value, null, slope, domain, false, x -> Interval.ALL, Map.of());
    }

    /** The same function, named otherwise in a notation: with its prefix, as in {@code np.sin}. */
    public UnaryFunction with(Notation notation, String written) {
        Map<Notation, String> changed = new EnumMap<>(Notation.class);
        changed.putAll(names);
        changed.put(notation, written);
        return new UnaryFunction(name, value, slopeText, slope, domain, open, enclosure, changed);
    }

    /** The same function with enclosures: what holds its values on an interval within its domain. */
    public UnaryFunction withEnclosure(UnaryOperator<Interval> values) {
        return new UnaryFunction(name, value, slopeText, slope, domain, open, values, names);
    }

    /** All functions that every expression may call. */
    public static List<UnaryFunction> standard() {
        return ALL;
    }

    /** Its name in text. */
    public String name() {
        return name;
    }

    /** Where it is defined, without the ends if {@link #isOpen}; the tangent has poles within. */
    public Interval domain() {
        return domain;
    }

    /** Whether it is undefined at the finite ends of its domain. */
    public boolean isOpen() {
        return open;
    }

    /** The value at a number. */
    public double at(double x) {
        return value.applyAsDouble(x);
    }

    /** The derivative's value at a number. */
    public double slopeAt(double x) {
        if (slope != null) {
            return slope.applyAsDouble(x);
        }
        return Evaluation.at(slopeTree(), Map.of("x", x));
    }

    /** The derivative as an expression of an argument. */
    Expression slope(Expression argument) {
        if (slope != null) {
            return new Expression.Call(new UnaryFunction(name + "_slope", slope, null, null, domain, open,
                    x -> Interval.ALL, Map.of()), argument);
        }
        return slopeTree().substitute(Map.of("x", argument));
    }

    private synchronized Expression slopeTree() {
        if (slopeText == null) {
            throw new KanException(Status.UNSUPPORTED, "the derivative of the function " + name + " is not known");
        }
        if (slopeTree == null) { // not in the constructor: the parser needs all functions
            slopeTree = Expression.parse(slopeText);
        }
        return slopeTree;
    }

    /** An interval that holds its values on the part of an interval that lies in its domain; all numbers if none does. */
    public Interval enclose(Interval x) {
        Interval inside = x.meet(domain);
        return inside == null ? Interval.ALL : enclosure.apply(inside);
    }

    String name(Notation notation) {
        String written = names.get(notation);
        if (written != null) {
            return written;
        }
        boolean standard = slopeText != null;
        return switch (notation) {
            case JAVA -> standard ? "Math." + name : name;
            case PYTHON -> standard ? "np." + name : name;
            case LATEX -> standard ? "\\" + name : "\\operatorname{" + name.replace("_", "\\_") + "}";
            default -> name;
        };
    }

    private static UnaryOperator<Interval> rising(DoubleUnaryOperator f) {
        return x -> Interval.spanning(f.applyAsDouble(x.low()), f.applyAsDouble(x.high())).outward(2);
    }

    private static UnaryOperator<Interval> even(DoubleUnaryOperator f) {
        return x -> {
            double far = f.applyAsDouble(x.magnitude());
            double near = x.contains(0) ? f.applyAsDouble(0)
                    : f.applyAsDouble(Math.min(Math.abs(x.low()), Math.abs(x.high())));
            return Interval.spanning(near, far).outward(2);
        };
    }

    private static UnaryOperator<Interval> bounded(UnaryOperator<Interval> values, Interval range) {
        return x -> values.apply(x).meet(range);
    }

    /** Sine or cosine, whose maxima lie at {@code peak} and every 2 pi from it. */
    private static Interval wave(DoubleUnaryOperator f, Interval x, double peak) {
        if (!(x.width() < 2 * StrictMath.PI) || x.magnitude() > 1e9) {
            return UNIT;
        }
        Interval ends = Interval.spanning(f.applyAsDouble(x.low()), f.applyAsDouble(x.high())).outward(2);
        double high = reaches(x, peak) ? 1 : Math.min(1, ends.high());
        double low = reaches(x, peak + StrictMath.PI) ? -1 : Math.max(-1, ends.low());
        return new Interval(low, high);
    }

    /** Whether an interval, a little widened, holds a point of {@code start} + 2 pi k. */
    private static boolean reaches(Interval x, double start) {
        double slack = 1e-14 * (1 + x.magnitude());
        double turns = Math.ceil((x.low() - slack - start) / (2 * StrictMath.PI) - 1e-14);
        return start + turns * 2 * StrictMath.PI <= x.high() + slack;
    }

    private static Interval tangent(Interval x) {
        boolean pole = !(x.width() < StrictMath.PI) || x.magnitude() > 1e9 || reaches(x, HALF_PI) || reaches(x, -HALF_PI);
        return pole ? Interval.ALL : Interval.spanning(StrictMath.tan(x.low()), StrictMath.tan(x.high())).outward(2);
    }

    /** Functions are equal where their names are: names are unique within an expression. */
    @Override
    public boolean equals(Object other) {
        return other instanceof UnaryFunction function && function.name.equals(name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return name;
    }
}
