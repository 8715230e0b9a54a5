// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import org.kan4j.model.ParameterVector;

/** A scalar function of a model's parameters, with its gradient: what {@link LbfgsMinimizer} minimises. */
@FunctionalInterface
public interface Objective {

    /**
     * The function's value at the parameters as they are now.
     *
     * @param gradient receives the derivative by the parameters, overwriting what is there
     * @return the value; NaN or infinite where it is not defined, which a line search steps back from
     */
    double evaluate(ParameterVector gradient);
}
