// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

/** Householder's QR of columns of unit length, with column pivoting; the right side goes along. */
final class TriangularFactor {

    private static final double ANEW = 1e-5;

    private final double[][] r;
    private final double[] right;
    private final int[] order;
    private final double[] scales;
    private final int rank;

    /**
     * @param columns [column][row]; overwritten
     * @param side of as many rows; overwritten
     * @param tolerance what is left of a unit column below it counts as nothing
     */
    TriangularFactor(double[][] columns, double[] side, double tolerance) {
        int n = columns.length;
        scales = new double[n];
        order = new int[n];
        for (int j = 0; j < n; j++) {
            order[j] = j;
            scales[j] = Math.sqrt(VariableProjection.squares(columns[j]));
            for (int b = 0; scales[j] > 0 && b < side.length; b++) {
                columns[j][b] /= scales[j];
            }
        }
        double[] left = new double[n];
        java.util.Arrays.setAll(left, j -> VariableProjection.squares(columns[j]));
        int found = 0;
        while (found < n && found < side.length) {
            if (pivot(columns, left, found) <= tolerance) {
                break;
            }
            reflect(columns, side, found);
            for (int j = found + 1; j < n; j++) {
                left[j] -= columns[j][found] * columns[j][found];
            }
            found++;
        }
        rank = found;
        r = columns;
        right = side;
    }

    /** Brings the column with the most left to a place; what is left of it. Small differences are summed anew. */
    private double pivot(double[][] columns, double[] left, int place) {
        int best = place;
        for (int j = place; j < columns.length; j++) {
            if (left[j] < ANEW) {
                left[j] = VariableProjection.dot(columns[j], columns[j], place);
            }
            best = left[j] > left[best] ? j : best;
        }
        double most = left[best];
        left[best] = left[place];
        double[] column = columns[place];
        columns[place] = columns[best];
        columns[best] = column;
        int index = order[place];
        order[place] = order[best];
        order[best] = index;
        return Math.sqrt(most);
    }

    private static void reflect(double[][] columns, double[] side, int k) {
        double[] v = columns[k];
        double norm = VariableProjection.dot(v, v, k);
        double alpha = v[k] > 0 ? -Math.sqrt(norm) : Math.sqrt(norm);
        double head = v[k] - alpha;
        double beta = alpha * head; // minus half of the squared length of the reflector
        double[] reflector = v.clone();
        reflector[k] = head;
        for (int j = k + 1; j < columns.length; j++) {
            apply(reflector, columns[j], k, beta);
        }
        apply(reflector, side, k, beta);
        java.util.Arrays.fill(v, k, v.length, 0);
        v[k] = alpha;
    }

    private static void apply(double[] reflector, double[] to, int k, double beta) {
        double factor = VariableProjection.dot(reflector, to, k) / beta;
        for (int b = k; b < to.length; b++) {
            to[b] += factor * reflector[b];
        }
    }

    int rank() {
        return rank;
    }

    /** What the columns before it leave of the last unit column; nothing where one is without rank. */
    double least() {
        return rank < order.length ? 0 : Math.abs(r[rank - 1][rank - 1]);
    }

    /** The column that came to a place. */
    int column(int place) {
        return order[place];
    }

    /** The least squares solution with damping of every unit column; columns without rank stay 0. */
    double[] solve(double damping) {
        if (damping == 0) {
            return solved(r, right);
        }
        double[][] stacked = new double[rank][2 * rank];
        double[] side = new double[2 * rank];
        for (int j = 0; j < rank; j++) {
            System.arraycopy(r[j], 0, stacked[j], 0, Math.min(j + 1, rank));
            stacked[j][rank + j] = Math.sqrt(damping);
            side[j] = right[j];
        }
        for (int k = 0; k < rank; k++) {
            reflect(stacked, side, k);
        }
        return solved(stacked, side);
    }

    private double[] solved(double[][] triangle, double[] side) {
        double[] solution = new double[order.length];
        double[] y = new double[rank];
        for (int k = rank - 1; k >= 0; k--) {
            double value = side[k];
            for (int j = k + 1; j < rank; j++) {
                value -= triangle[j][k] * y[j];
            }
            y[k] = value / triangle[k][k];
            solution[order[k]] = y[k] / scales[order[k]];
        }
        return solution;
    }

    /** The diagonal of the inverse of the columns' products; infinite for columns without rank. */
    double[] variances() {
        double[] variances = new double[order.length];
        java.util.Arrays.fill(variances, Double.POSITIVE_INFINITY);
        double[][] inverse = new double[rank][rank]; // of R, [column][row]
        for (int j = 0; j < rank; j++) {
            for (int k = j; k >= 0; k--) {
                double value = k == j ? 1 : 0;
                for (int m = k + 1; m <= j; m++) {
                    value -= r[m][k] * inverse[j][m];
                }
                inverse[j][k] = value / r[k][k];
            }
        }
        for (int k = 0; k < rank; k++) {
            double sum = 0;
            for (int j = k; j < rank; j++) {
                sum += inverse[j][k] * inverse[j][k];
            }
            variances[order[k]] = sum / (scales[order[k]] * scales[order[k]]);
        }
        return variances;
    }

    /** What of the right side no column explains: the sum of its squares. */
    double left() {
        return VariableProjection.dot(right, right, rank);
    }

    /** Factors of the columns whose sum is nothing, that of the first column without rank being 1 over its length. */
    double[] nothing() {
        double[] factors = new double[order.length];
        factors[order[rank]] = 1 / scales[order[rank]];
        double[] y = ofOthers(rank);
        for (int k = 0; k < rank; k++) {
            factors[order[k]] = -y[k] / scales[order[k]];
        }
        return factors;
    }

    /** A unit column without rank as a sum of those with it. */
    private double[] ofOthers(int place) {
        double[] y = new double[rank];
        for (int k = rank - 1; k >= 0; k--) {
            double value = r[place][k];
            for (int j = k + 1; j < rank; j++) {
                value -= r[j][k] * y[j];
            }
            y[k] = value / r[k][k];
        }
        return y;
    }

    /** For a column without rank: the column among those with it that does most of its work. */
    int twin(int place) {
        double[] y = ofOthers(place);
        int best = 0;
        for (int k = rank - 1; k >= 0; k--) {
            best = Math.abs(y[k]) > Math.abs(y[best]) ? k : best;
        }
        return order[best];
    }
}
