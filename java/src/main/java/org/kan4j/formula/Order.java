// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Constant;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Sum;
import org.kan4j.formula.Expression.Variable;

/**
 * The canonical order: by the variables that occur, then by falling degree, then by kind and parts; numbers come first in
 * products and last in sums,
 * which begin with what is not negative.
 */
final class Order {

    /** a, b, x1, x2, x10. */
    static final Comparator<String> NATURAL = Order::natural;
    private static final Comparator<Expression> BASIC = Order::compare;

    private Order() {
    }

    private static int natural(String a, String b) {
        int stemA = stem(a);
        int stemB = stem(b);
        int byStem = a.substring(0, stemA).compareTo(b.substring(0, stemB));
        if (byStem != 0) {
            return byStem;
        }
        int byLength = Integer.compare(a.length(), b.length());
        return byLength != 0 ? byLength : a.compareTo(b);
    }

    /** Where the digits at a name's end begin. */
    private static int stem(String name) {
        int end = name.length();
        while (end > 0 && name.charAt(end - 1) >= '0' && name.charAt(end - 1) <= '9') {
            end--;
        }
        return end;
    }

    static void collectVariables(Expression e, Collection<String> names) {
        if (e instanceof Variable variable) {
            names.add(variable.name());
        }
        e.children().forEach(child -> collectVariables(child, names));
    }

    static Expression canonical(Expression e) {
        Expression inner = e.mapChildren(Order::canonical);
        if (inner instanceof Sum sum) {
            List<Expression> terms = new ArrayList<>(sum.terms());
            terms.sort(BASIC);
            if (InfixPrinter.isNegative(terms.get(0))) { // 1 - x reads better than -x + 1
                terms.stream().filter(term -> !InfixPrinter.isNegative(term)).findFirst().ifPresent(positive -> {
                    terms.remove(positive);
                    terms.add(0, positive);
                });
            }
            return Expression.sum(terms);
        }
        if (inner instanceof Product product) {
            List<Expression> factors = new ArrayList<>(product.factors());
            factors.sort(Comparator.<Expression>comparingInt(f -> constant(f) ? 0 : 1).thenComparing(BASIC));
            return Expression.product(factors);
        }
        return inner;
    }

    static int compare(Expression a, Expression b) {
        if (a.equals(b)) {
            return 0;
        }
        int byConstancy = Boolean.compare(constant(a), constant(b));
        if (byConstancy != 0) {
            return byConstancy;
        }
        int byVariables = compareAll(a.variables(), b.variables(), NATURAL);
        if (byVariables != 0) {
            return byVariables;
        }
        int byDegree = Double.compare(degree(b), degree(a));
        if (byDegree != 0) {
            return byDegree;
        }
        int byKind = Integer.compare(kind(a), kind(b));
        if (byKind != 0) {
            return byKind;
        }
        if (a instanceof Call f && b instanceof Call g && !f.function().equals(g.function())) {
            return f.function().name().compareTo(g.function().name());
        }
        if (a.isNumber() && b.isNumber()) {
            int byValue = Double.compare(Numbers.value(a), Numbers.value(b));
            return byValue != 0 ? byValue : a.toString().compareTo(b.toString());
        }
        int byParts = compareAll(a.children(), b.children(), BASIC);
        return byParts != 0 ? byParts : a.toString().compareTo(b.toString());
    }

    private static boolean constant(Expression e) {
        return !(e instanceof Variable) && e.children().stream().allMatch(Order::constant);
    }

    private static <T> int compareAll(List<T> a, List<T> b, Comparator<? super T> comparator) {
        Iterator<T> rest = b.iterator();
        for (T item : a) {
            if (!rest.hasNext()) {
                return 1;
            }
            int order = comparator.compare(item, rest.next());
            if (order != 0) {
                return order;
            }
        }
        return rest.hasNext() ? -1 : 0;
    }

    /** The degree of a polynomial's term; 0 for what is none. */
    private static double degree(Expression e) {
        return switch (e) {
            case Variable v -> 1;
            case Power p when p.exponent().isNumber() -> degree(p.base()) * Numbers.value(p.exponent());
            case Product p -> p.factors().stream().mapToDouble(Order::degree).sum();
            case Sum s -> s.terms().stream().mapToDouble(Order::degree).max().orElse(0);
            default -> 0;
        };
    }

    private static int kind(Expression e) {
        return switch (e) {
            case Variable v -> 0;
            case Power p -> 1;
            case Product p -> 2;
            case Sum s -> 3;
            case Call c -> 4;
            case Constant c -> 5;
            default -> 6;
        };
    }
}
