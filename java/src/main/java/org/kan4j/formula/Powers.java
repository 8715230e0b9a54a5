// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;

/** Factors of one base. */
final class Powers {

    private Powers() {
    }

    /** b^p b^q = b^(p + q) for numbers p and q. */
    static Expression collected(Product product) {
        Map<Expression, Expression> powers = new LinkedHashMap<>();
        List<Expression> all = new ArrayList<>();
        for (Expression factor : product.factors()) {
            if (factor.isNumber()) {
                all.add(factor);
            } else if (factor instanceof Power power && power.exponent().isNumber()) {
                powers.merge(power.base(), power.exponent(), Expression::plus);
            } else {
                powers.merge(factor, Numbers.ONE, Expression::plus);
            }
        }
        powers.forEach((base, exponent) -> all.add(Expression.power(base, exponent)));
        return Expression.product(all);
    }
}
