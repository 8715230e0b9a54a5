// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.model;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.kan4j.device.Context;
import org.kan4j.internal.Inside;
import org.kan4j.internal.passes.Passes;
import org.kan4j.model.ParameterVector;

/** The inside of an optimizer's state: steps on memory that has been checked, and what a resumed training needs. */
public interface OptimizerSteps {

    /** Of {@link org.kan4j.optim.OptimizerState}. */
    static OptimizerSteps of(Object state) {
        return Inside.of(state, OptimizerSteps.class);
    }

    /**
     * What L-BFGS knows besides its vectors.
     *
     * @param newest place of the newest step; -1 of none
     * @param gamma the scale of the initial estimate of the inverse Hessian
     * @param inverseProducts 1 / (step . change) of each step
     */
    record Curvature(int newest, double gamma, List<Double> inverseProducts) {

        /** Steps remembered. */
        public int stored() {
            return inverseProducts.size();
        }
    }

    /** Counts a step and sets its learning rate. */
    void next(double learningRate);

    /** The backward pass with an AdamW step in it, which {@link #next} has counted. */
    void backward(Passes passes, long rows, MemorySegment x, MemorySegment gradOutput);

    /**
     * One update of all parameters.
     *
     * @param factor on the learning rates of groups that have one of their own
     */
    void step(Context context, ParameterVector gradients, double learningRate, double factor);

    /**
     * Kernels take learning rate and number of updates from a kan_optimizer_state on the device from now on, so that a
     * recorded step can be replayed; NULL ends that.
     */
    void keepOnDevice(MemorySegment array);

    /** An update of all parameters by what a struct on the device says, see {@link #keepOnDevice}; for SGD. */
    void queue(Context context, ParameterVector gradients);

    /** The struct of the C ABI. */
    MemorySegment config();

    /** Updates made since the moments were last 0. */
    long stepsOfMoments();

    /** Steps made when the moments were last 0. */
    long restartedAt();

    /** Counts the iterations of a minimisation. */
    void count(int iterations);

    /** What L-BFGS knows besides its vectors; null of other optimizers. */
    Curvature curvature();

    /** Goes on where another state of the same optimizer was; the vectors are copied. */
    void restore(Map<String, ParameterVector> moments, long steps, long restartedAt, Curvature curvature);
}
