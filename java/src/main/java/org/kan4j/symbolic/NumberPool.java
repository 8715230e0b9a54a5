// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.Target.Quantity;

/**
 * Numbers made of inputs, without constants but 1: products of powers of one or two inputs, plain functions of them, and what the
 * four operations make of two or three of those.
 */
final class NumberPool {

    /** Arguments up to which a wave is a plain function. */
    private static final double LARGE = 300;
    private static final double CONSTANT = 1e-9;
    private static final Expression ONE = Expression.integer(1);

    private final int[] rows;
    private final List<Atom> products = new ArrayList<>();
    private final List<Atom> plainest = new ArrayList<>();
    private final List<Atom> functions = new ArrayList<>();
    private final List<Atom> shifted = new ArrayList<>();

    /** A number that others are made of, at some rows. */
    record Atom(Expression meaning, double[] values) {
    }

    /** Looks at numbers one after another. */
    interface Visitor {
        /**
         * One number.
         *
         * @param values at some rows; overwritten by those of the next
         * @return whether to go on
         */
        boolean visit(double[] values, Supplier<Expression> meaning);
    }

    private record Operation(DoubleBinaryOperator value, BinaryOperator<Expression> written) {
    }

    private static final Operation PLUS = new Operation(Double::sum, Expression::plus);
    private static final Operation MINUS = new Operation((a, b) -> a - b, Expression::minus);
    private static final Operation TIMES = new Operation((a, b) -> a * b, Expression::times);
    private static final Operation OVER = new Operation((a, b) -> a / b, Expression::over);

    /** @param rows those that numbers are looked at at */
    NumberPool(List<Quantity> inputs, int[] rows) {
        this.rows = rows;
        for (int i = 0; i < inputs.size(); i++) {
            Atom a = new Atom(inputs.get(i).meaning(), some(inputs.get(i).values()));
            powers(a);
            add(plainest, a);
            add(plainest, power(a, 2));
            for (int j = i + 1; j < inputs.size(); j++) {
                Atom b = new Atom(inputs.get(j).meaning(), some(inputs.get(j).values()));
                for (List<Atom> all : List.of(products, plainest)) {
                    add(all, combined(a, b, TIMES));
                    add(all, combined(a, b, OVER));
                    add(all, combined(b, a, OVER));
                    add(all, power(combined(a, b, TIMES), -1));
                }
            }
        }
        for (Atom atom : List.copyOf(products)) {
            functions(atom);
            add(shifted, mapped(atom, v -> 1 - v, e -> ONE.minus(e)));
            add(shifted, mapped(atom, v -> 1 + v, e -> ONE.plus(e)));
        }
    }

    private void powers(Atom a) {
        add(products, a);
        add(products, power(a, 2));
        add(products, power(a, -1));
        add(products, power(a, -2));
        add(products, mapped(a, Math::sqrt, Expression::squareRoot));
    }

    private void functions(Atom u) {
        add(functions, mapped(u, v -> Math.exp(-v), e -> Expression.call(UnaryFunction.EXP, e.negated())));
        add(functions, mapped(u, Math::log, e -> Expression.call(UnaryFunction.LOG, e)));
        if (Arrays.stream(u.values).allMatch(v -> Math.abs(v) < LARGE)) {
            add(functions, mapped(u, Math::sin, e -> Expression.call(UnaryFunction.SIN, e)));
            add(functions, mapped(u, Math::cos, e -> Expression.call(UnaryFunction.COS, e)));
        }
    }

    private double[] some(double[] all) {
        return Arrays.stream(rows).mapToDouble(b -> all[b]).toArray();
    }

    private static Atom mapped(Atom u, DoubleUnaryOperator f, UnaryOperator<Expression> written) {
        return new Atom(written.apply(u.meaning), Arrays.stream(u.values).map(f).toArray());
    }

    private static Atom power(Atom u, int exponent) {
        return mapped(u, v -> Math.pow(v, exponent), e -> Expression.power(e, Expression.integer(exponent)));
    }

    private static Atom combined(Atom a, Atom b, Operation operation) {
        double[] values = new double[a.values.length];
        Arrays.setAll(values, r -> operation.value.applyAsDouble(a.values[r], b.values[r]));
        return new Atom(operation.written.apply(a.meaning, b.meaning), values);
    }

    /** Of a number of one or two inputs, which may be any function of them: the input, the quotient and the product. */
    static List<Expression> plainer(Expression number) {
        List<Expression> inputs = number.variables().stream().map(Expression::variable).toList();
        List<Expression> all = switch (inputs.size()) {
            case 1 -> inputs;
            case 2 -> List.of(inputs.get(0).over(inputs.get(1)), inputs.get(0).times(inputs.get(1)));
            default -> List.of();
        };
        return all.stream().filter(e -> !e.equals(number)).toList();
    }

    private static void add(List<Atom> all, Atom atom) {
        double most = 0;
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (double v : atom.values) {
            most = Math.max(most, Math.abs(v));
            low = Math.min(low, v);
            high = Math.max(high, v);
        }
        if (Double.isFinite(most) && high - low > CONSTANT * most) {
            all.add(atom);
        }
    }

    /** Products of powers of one or two inputs. */
    List<Atom> products() {
        return products;
    }

    /** Those, and functions of them. */
    List<Atom> plain() {
        List<Atom> all = new ArrayList<>(products);
        all.addAll(functions);
        return all;
    }

    /** Those of one atom or of two; whether the visitor wants more. */
    boolean pairs(Visitor visitor) {
        List<Atom> plain = plain();
        for (Atom atom : plain) {
            if (!visitor.visit(atom.values, atom::meaning)) {
                return false;
            }
        }
        double[] scratch = new double[rows.length];
        for (int j = 1; j < plain.size(); j++) {
            for (int i = 0; i < j; i++) {
                boolean logarithms = isLogarithm(plain.get(i)) && isLogarithm(plain.get(j)); // their sums are products
                if (!made(plain.get(i), plain.get(j), logarithms ? List.of(TIMES, OVER) : List.of(PLUS, MINUS, TIMES, OVER),
                        scratch, visitor)) {
                    return false;
                }
            }
        }
        for (int i = 0; i < shifted.size(); i++) {
            List<Atom> others = new ArrayList<>(plain);
            others.addAll(shifted.subList(0, i));
            for (Atom other : others) {
                if (!made(shifted.get(i), other, List.of(TIMES, OVER), scratch, visitor)) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isLogarithm(Atom atom) {
        return atom.meaning instanceof Expression.Call call && call.function() == UnaryFunction.LOG;
    }

    /** A sum or a difference of two products, and a third. */
    boolean triples(Visitor visitor) {
        double[] sum = new double[rows.length];
        double[] scratch = new double[rows.length];
        for (int i = 0; i < plainest.size(); i++) {
            for (int j = i + 1; j < plainest.size(); j++) {
                Atom a = plainest.get(i);
                Atom b = plainest.get(j);
                for (Operation first : List.of(PLUS, MINUS)) {
                    Arrays.setAll(sum, r -> first.value.applyAsDouble(a.values[r], b.values[r]));
                    for (int k = 0; k < plainest.size(); k++) {
                        List<Operation> second = new ArrayList<>(k > j ? List.of(PLUS, MINUS) : List.of());
                        second.addAll(plainest.get(k).meaning instanceof Expression.Variable ? List.of(TIMES, OVER) : List.of());
                        Supplier<Expression> meaning = () -> first.written.apply(a.meaning, b.meaning);
                        if (!made(sum, meaning, plainest.get(k), second, scratch, visitor)) {
                            return false;
                        }
                    }
                }
            }
        }
        return true;
    }

    private static boolean made(Atom a, Atom b, List<Operation> operations, double[] scratch, Visitor visitor) {
        return made(a.values, a::meaning, b, operations, scratch, visitor);
    }

    private static boolean made(double[] a, Supplier<Expression> meaning, Atom b, List<Operation> operations, double[] scratch,
            Visitor visitor) {
        for (Operation operation : operations) {
            for (int r = 0; r < scratch.length; r++) {
                scratch[r] = operation.value.applyAsDouble(a[r], b.values[r]);
            }
            if (!visitor.visit(scratch, () -> operation.written.apply(meaning.get(), b.meaning))) {
                return false;
            }
        }
        return true;
    }
}
