// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import java.util.List;

/**
 * Networks of another library that {@code bench latency --peers JAR} times beside kan4j's, by the same clock in the same
 * process. Providers are found by {@link java.util.ServiceLoader} in that jar; {@code bench/} has some for DJL and ONNX Runtime.
 */
public interface LatencyPeer {

    /** Names of its networks, as rows of the table show them. */
    List<String> models();

    /**
     * A network for one thread. Its weights are what it starts with.
     *
     * @param model one of {@link #models()}
     * @param widths of the layers
     * @param rows of a call
     */
    Call open(String model, long[] widths, int rows);

    /** What is timed. */
    interface Call extends AutoCloseable {

        /** From {@code rows} times the first width of inputs to {@code rows} times the last width of outputs. */
        void predict(float[] inputs, float[] outputs);

        @Override
        void close();
    }
}
