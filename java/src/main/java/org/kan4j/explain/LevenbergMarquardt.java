// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.kan4j.device.Context;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Damped Gauss-Newton steps on all numbers of a small network (Marquardt, An algorithm for least-squares estimation of nonlinear
 * parameters, 1963). L-BFGS creeps where functions of a basis are nearly dependent, as Gaussians are whose widths are their
 * distances; to these steps they are a linear system. The derivatives of a row's outputs come from the backward pass of that row
 * alone, so that every basis, norm and product has them.
 */
final class LevenbergMarquardt implements AutoCloseable {

    /** Multiplications of a step at most, in rows times numbers squared: about half a second. */
    private static final double WORK = 3e8;
    private static final double FIRST = 1e-3;
    private static final double LEAST = 1e-13;
    private static final double LESS = 5;
    private static final double MORE = 4;
    private static final int TRIALS = 12;
    /** Of the largest of the diagonal, added to all of it: a number that nothing depends on stays. */
    private static final double ROUNDING = 1e-15;

    private final Parameters parameters;
    private final Rows train;
    private final ParameterVector free;
    private final Arena arena = Arena.ofConfined();
    private final Workspace one;
    private final Workspace all;
    private final ParameterVector gradient;
    private final MemorySegment numbers;
    private final HostTensor features;
    private final HostTensor outputs;
    private double[] at;
    private double[] residuals;
    private double squares;
    private double damping = FIRST;

    /**
     * Steps from where the parameters are.
     *
     * @param train real targets
     * @param free 0 for a number that must stay as it is; null where all may move
     */
    LevenbergMarquardt(Context context, Parameters parameters, Rows train, ParameterVector free) {
        this.parameters = parameters;
        this.train = train;
        this.free = free;
        this.one = Workspace.training(context, parameters, 1);
        this.all = Workspace.inference(context, parameters, train.size());
        this.gradient = parameters.newVector();
        this.numbers = parameters.values().flat().segment();
        this.features = HostTensor.of(arena, train.x()).reshape(train.size(), train.in());
        this.outputs = HostTensor.allocate(arena, DType.F64, train.size(), train.out());
        this.at = numbers.toArray(ValueLayout.JAVA_DOUBLE);
        this.residuals = residuals();
        this.squares = dot(residuals, residuals);
    }

    /** Whether a network is so small for the rows, and their targets are numbers. */
    static boolean suits(KanGraph graph, Rows train) {
        return train.classes() == 0 && !graph.edges().isEmpty()
                && (double) train.y().length * graph.liveParameters() * graph.liveParameters() <= WORK;
    }

    /** Moves the parameters downhill; whether they did. */
    boolean step() {
        int n = at.length;
        double[][] products = new double[n][];
        Arrays.setAll(products, p -> new double[p + 1]);
        double[] slopes = new double[n];
        derivatives(products, slopes);
        for (int trial = 0; trial < TRIALS; trial++) {
            double[] moved = moved(products, slopes);
            MemorySegment.copy(moved, 0, numbers, ValueLayout.JAVA_DOUBLE, 0, n);
            double[] next = residuals();
            double reached = dot(next, next);
            if (reached < squares) { // never where it is not a number
                at = moved;
                residuals = next;
                squares = reached;
                damping = Math.max(damping / LESS, LEAST);
                return true;
            }
            damping *= MORE;
        }
        MemorySegment.copy(at, 0, numbers, ValueLayout.JAVA_DOUBLE, 0, n);
        return false;
    }

    /** Target less output. */
    private double[] residuals() {
        all.forward(features, outputs);
        double[] result = outputs.toDoubles();
        Arrays.setAll(result, k -> train.y()[k] - result[k]);
        return result;
    }

    /** Sums of products of derivatives by two numbers, and of a derivative and the residual, over all rows and outputs. */
    private void derivatives(double[][] products, double[] slopes) {
        int out = train.out();
        HostTensor row = HostTensor.allocate(arena, DType.F64, 1, train.in());
        HostTensor y = HostTensor.allocate(arena, DType.F64, 1, out);
        HostTensor seed = HostTensor.allocate(arena, DType.F64, 1, out);
        for (int k = 0; k < residuals.length; k++) {
            int o = k % out;
            if (o == 0) {
                MemorySegment.copy(train.x(), k / out * train.in(), row.segment(), ValueLayout.JAVA_DOUBLE, 0, train.in());
                one.forward(row, y);
            }
            seed.segment().fill((byte) 0);
            seed.segment().setAtIndex(ValueLayout.JAVA_DOUBLE, o, 1);
            one.backward(row, seed, gradient, null);
            if (free != null) {
                Refit.project(gradient, free);
            }
            add(gradient.flat().toDoubles(), residuals[k], products, slopes);
        }
    }

    /** Products of one row; most of them are 0 where functions are local. */
    private static void add(double[] derivative, double residual, double[][] products, double[] slopes) {
        for (int p = 0; p < derivative.length; p++) {
            double factor = derivative[p];
            if (factor != 0) {
                double[] sums = products[p];
                for (int q = 0; q <= p; q++) {
                    sums[q] += factor * derivative[q];
                }
                slopes[p] += factor * residual;
            }
        }
    }

    /** By Cholesky's factor of the damped products; as it was where they have none. */
    private double[] moved(double[][] products, double[] slopes) {
        int n = slopes.length;
        double least = 0;
        for (int p = 0; p < n; p++) {
            least = Math.max(least, ROUNDING * products[p][p]);
        }
        double[][] lower = new double[n][];
        double[] d = slopes.clone();
        for (int p = 0; p < n; p++) {
            double[] row = products[p].clone();
            row[p] += damping * row[p] + least;
            for (int q = 0; q < p; q++) {
                row[q] = (row[q] - dot(row, lower[q], q)) / lower[q][q];
            }
            row[p] -= dot(row, row, p);
            if (!(row[p] > 0)) {
                return at;
            }
            row[p] = Math.sqrt(row[p]);
            lower[p] = row;
            d[p] = (d[p] - dot(row, d, p)) / row[p];
        }
        for (int p = n - 1; p >= 0; p--) {
            d[p] /= lower[p][p];
            for (int q = 0; q < p; q++) {
                d[q] -= lower[p][q] * d[p];
            }
        }
        Arrays.setAll(d, p -> at[p] + d[p]);
        return d;
    }

    private static double dot(double[] a, double[] b) {
        return dot(a, b, a.length);
    }

    /** Of the first so many. */
    private static double dot(double[] a, double[] b, int count) {
        double even = 0;
        double odd = 0;
        int k = 0;
        for (; k + 1 < count; k += 2) {
            even += a[k] * b[k];
            odd += a[k + 1] * b[k + 1];
        }
        return k < count ? even + odd + a[k] * b[k] : even + odd;
    }

    @Override
    public void close() {
        gradient.close();
        all.close();
        one.close();
        arena.close();
    }
}
