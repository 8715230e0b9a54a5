// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

/** A penalty added to the loss, with its gradient. */
@FunctionalInterface
public interface Regulariser {

    /**
     * The penalty at the parameters as they are.
     *
     * @param gradient receives the penalty's derivative by the parameters, added to what is there
     */
    double addTo(Context context, Parameters parameters, ParameterVector gradient);
}
