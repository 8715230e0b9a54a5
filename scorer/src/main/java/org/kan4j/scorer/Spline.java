// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

import java.util.Arrays;

/** B-splines of an order on knots of each input's own, by the recursion of Cox and de Boor. */
final class Spline extends Basis {

    private final double[] t;
    private final int count;
    private final int k;
    private final String outside;

    Spline(double[] knots, int in, int order, String outside) {
        super(knots.length / in - order - 1);
        this.t = knots;
        this.count = knots.length / in;
        this.k = order;
        this.outside = outside;
    }

    @Override
    int values() {
        return k + 1;
    }

    @Override
    int evaluate(int i, double z, double[] values) {
        int from = i * count;
        int last = from + count - 1;
        double low = t[from + k];
        double high = t[last - k];
        boolean inner = !outside.equals("zero");
        if (z != z || !inner && !(z >= t[from] && z < t[last])) {
            Arrays.fill(values, z != z ? z : 0);
            return 0;
        }
        double x = inner ? Math.max(low, Math.min(high, z)) : z;
        int cell = inner ? cell(x, from + k, last - k - 1) : cell(x, from, last - 1);
        int first = cell - from - k;
        if (x != z && outside.equals("linear")) {
            double[] lower = new double[k + 1];
            recursion(cell, x, k - 1, from, lower);
            recursion(cell, x, k, from, values);
            for (int j = 0; j <= k; j++) {
                int c = first + j;
                // B'_c = k (N_c / (t_{c+k} - t_c) - N_{c+1} / (t_{c+k+1} - t_{c+1})), N of order k - 1 in lower[j - 1],
                // lower[j]
                double slope = (j > 0 ? lower[j - 1] * inverse(from, c, k) : 0) - (j < k
                        ? lower[j] * inverse(from, c + 1, k) : 0);
                values[j] += (z - x) * k * slope;
            }
        } else {
            recursion(cell, x, k, from, values);
        }
        return first;
    }

    /** The last cell of a range that begins at or before x and is not empty. */
    private int cell(double x, int first, int last) {
        int cell = last;
        while (cell > first && (t[cell] > x || t[cell] == t[cell + 1])) {
            cell--;
        }
        while (cell < last && t[cell] == t[cell + 1]) {
            cell++;
        }
        return cell;
    }

    /** The order + 1 functions that are not zero in a cell, into values[0..order]. */
    private void recursion(int cell, double x, int order, int from, double[] values) {
        Arrays.fill(values, 0);
        values[0] = 1;
        for (int d = 1; d <= order; d++) {
            double saved = 0;
            for (int r = 0; r < d; r++) {
                int c = cell - from + 1 - d + r; // of order d - 1
                double unit = values[r] * inverse(from, c, d);
                values[r] = saved + (unit == 0 ? 0 : (t[from + c + d] - x) * unit);
                saved = unit == 0 ? 0 : (x - t[from + c]) * unit;
            }
            values[d] = saved;
        }
    }

    /** 1 / (t_{c+d} - t_c); 0 where that is 0 or one of the two is not there. */
    private double inverse(int from, int c, int d) {
        if (c < 0 || c + d >= count || t[from + c + d] == t[from + c]) {
            return 0;
        }
        return 1 / (t[from + c + d] - t[from + c]);
    }
}
