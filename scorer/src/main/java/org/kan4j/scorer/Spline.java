// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

import java.util.Arrays;

/** B-splines of an order on knots of each input's own, by the recursion of Cox and de Boor, written out for order 3. */
final class Spline extends Basis {

    private final double[] t;
    private final int count;
    private final int k;
    private final String outside;
    private final double[] cells; // a unit of x within the grid, by input
    private final double[][] inverses; // 1 / (t_{c+d} - t_c) at [d - 1][input * count + c]; 0 where that is none

    Spline(double[] knots, int in, int order, String outside) {
        super(knots.length / in - order - 1);
        this.t = knots;
        this.count = knots.length / in;
        this.k = order;
        this.outside = outside;
        this.cells = new double[in];
        this.inverses = new double[order][knots.length];
        for (int i = 0; i < in; i++) {
            int from = i * count;
            cells[i] = (count - 1 - 2 * order) / (t[from + count - 1 - order] - t[from + order]);
            for (int d = 1; d <= order; d++) {
                for (int j = 0; j + d < count; j++) {
                    double width = t[from + j + d] - t[from + j];
                    inverses[d - 1][from + j] = width == 0 ? 0 : 1 / width;
                }
            }
        }
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
        if (k == 3 && z >= low && z < high) {
            return cubic(i, from, z, values);
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

    /** The four functions of order 3 between the ends of the grid. */
    private int cubic(int i, int from, double z, double[] values) {
        int m = from + 3 + Math.min((int) ((z - t[from + 3]) * cells[i]), count - 8); // the cell, were knots evenly spaced
        while (z < t[m]) {
            m--;
        }
        while (z >= t[m + 1]) {
            m++;
        }
        double[] second = inverses[1];
        double[] third = inverses[2];
        double right = t[m + 1] - z;
        double right2 = t[m + 2] - z;
        double left = z - t[m];
        double left2 = z - t[m - 1];
        double unit = inverses[0][m];
        double a0 = right * unit * second[m - 1];
        double a1 = left * unit * second[m];
        double b0 = right * a0 * third[m - 2];
        double b1 = (left2 * a0 + right2 * a1) * third[m - 1];
        double b2 = left * a1 * third[m];
        values[0] = right * b0;
        values[1] = (z - t[m - 2]) * b0 + right2 * b1;
        values[2] = left2 * b1 + (t[m + 3] - z) * b2;
        values[3] = left * b2;
        return m - from - 3;
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
        return c < 0 || c + d >= count ? 0 : inverses[d - 1][from + c];
    }
}
