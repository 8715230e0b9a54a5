// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.BSplineRbf;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Jacobi;
import org.kan4j.basis.ReluPower;
import org.kan4j.basis.Rswaf;
import org.kan4j.basis.Sine;
import org.kan4j.device.ContextOptions;
import org.kan4j.error.KanException;
import org.kan4j.model.KanModel;
import org.kan4j.optim.Loss;
import org.kan4j.tensor.DType;
import org.kan4j.train.WeightRegulariser;

/**
 * How to train, as the params of an estimator say; travels to executors.
 *
 * @param network its shape and its functions
 * @param course of the training
 * @param mode auto, local, lbfgs or average
 * @param deterministic whether partial sums are added in the order of partitions
 * @param threads of a task
 * @param missing whether NaN among the features becomes the mean of the column; otherwise it is refused
 * @param standardise whether ranges are learned from the data
 * @param maxLocalBytes up to which {@code auto} is {@code local}
 * @param checkpointDir a folder of a Hadoop file system; empty for none
 * @param checkpointInterval epochs, or parts of L-BFGS, from one checkpoint to the next
 */
record Settings(Network network, Course course, String mode, boolean deterministic, int threads, boolean missing,
        boolean standardise, long maxLocalBytes, String checkpointDir, int checkpointInterval)
        implements Serializable {

    /** Checks what Spark's validators of params cannot. */
    Settings {
        network.basis();
    }

    /**
     * The network between inputs and outputs.
     *
     * @param hidden widths
     * @param basisName as {@code kan4j train --basis} names it
     * @param grid intervals, centres, degree or frequencies
     * @param order of splines
     * @param outside zero, clamp or linear; of B-splines
     * @param dtype float32 or float64
     * @param properties of the network and of the training
     */
    record Network(List<Integer> hidden, String basisName, int grid, int order, String outside, String dtype,
            Properties properties)
            implements Serializable {

        Basis basis() {
            return switch (basisName) {
                case "bspline" -> BSpline.of(grid, order)
                        .withOutside(BSpline.Outside.valueOf(outside.toUpperCase(java.util.Locale.ROOT)));
                case "fastkan" -> GaussianRbf.of(grid);
                case "rswaf" -> Rswaf.of(grid);
                case "fourierkan" -> new Fourier(grid);
                case "chebykan" -> new Chebyshev(grid);
                case "jacobikan" -> Jacobi.of(grid);
                case "sinekan" -> new Sine(grid);
                case "relukan" -> new ReluPower(grid, order);
                case "bsrbf" -> BSplineRbf.of(grid, order);
                default -> throw KanException.invalid("unknown basis '%s', known are: bspline, fastkan, rswaf, fourierkan, "
                        + "chebykan, jacobikan, sinekan, relukan, bsrbf", basisName);
            };
        }

        DType type() {
            return dtype.equals("float64") ? DType.F64 : DType.F32;
        }

        KanModel model(int in, int out) {
            long[] widths = new long[hidden.size() + 2];
            widths[0] = in;
            Arrays.setAll(widths, i -> i == 0 ? in : i <= hidden.size() ? hidden.get(i - 1) : out);
            return properties.based(KanModel.kan(type(), basis(), widths));
        }
    }

    /**
     * Steps, and when they end.
     *
     * @param optimizer adamw or lbfgs, of mode local
     * @param maxIter epochs; iterations of L-BFGS
     * @param tol relative change of the loss over ten iterations at which L-BFGS ends
     * @param stepSize learning rate of AdamW at the start
     * @param weightDecay of AdamW
     * @param batchSize rows of a step of AdamW
     * @param patience epochs, or measurements of L-BFGS, without a lower loss on the validation rows; 0 for no end
     * @param l1 factor of the penalty on the edges' sizes
     * @param entropy factor of the penalty on the entropy of the edges' shares
     * @param gridUpdates epochs, or iterations of L-BFGS, from one grid update to the next; 0 for none
     * @param classWeights one a class; empty for 1 each
     * @param seed of initial parameters and order of rows
     */
    record Course(String optimizer, int maxIter, double tol, double stepSize, double weightDecay, int batchSize, int patience,
            double l1, double entropy, int gridUpdates, List<Double> classWeights, long seed) implements Serializable {

        List<WeightRegulariser> penalties() {
            return l1 > 0 || entropy > 0 ? List.of(new WeightRegulariser(l1, entropy, 0, 0)) : List.of();
        }

        /** Factor of the learning rate from one epoch to the next, which ends at a fiftieth. */
        double decay() {
            return Math.pow(0.02, 1.0 / Math.max(1, maxIter));
        }
    }

    Properties properties() {
        return network.properties();
    }

    ContextOptions context() {
        return ContextOptions.defaults().withThreads(threads);
    }

    static Loss loss(int classes) {
        return classes > 0 ? new Loss.CrossEntropy() : new Loss.Mse();
    }
}
