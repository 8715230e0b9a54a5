// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.passes;

import org.kan4j.device.Context;
import org.kan4j.internal.Inside;

/** The inside of a model's parameters. */
public interface NativeParameters {

    /** Of {@link org.kan4j.model.Parameters}. */
    static NativeParameters of(Object parameters) {
        return Inside.of(parameters, NativeParameters.class);
    }

    /**
     * To run the model forward only, from any thread, one at a time.
     *
     * @param context on the device of the parameters, any where that is the CPU
     */
    Passes passes(Context context, long maxRows);

    /**
     * As {@link #passes}, prepared once for predictions.
     *
     * @param context of a CPU
     */
    Chain chain(Context context, long maxRows);

    /** Something that runs with these numbers until they are closed, and is closed then, before they are. */
    void uses(AutoCloseable user);

    /** The opposite of {@link #uses}. */
    void usesNoMore(AutoCloseable user);
}
