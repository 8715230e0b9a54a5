// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.passes.Passes;
import org.kan4j.measure.EdgeStatistics;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** The derivatives of a penalty by {@link EdgeStatistics}, to which regularisers add theirs. */
public final class EdgeGradient {

    private final List<Layer> layers = new ArrayList<>();

    EdgeGradient(EdgeStatistics statistics) {
        for (EdgeStatistics.Layer layer : statistics.layers()) {
            layers.add(new Layer(layer));
        }
    }

    /** Those of each KAN layer, in the order of {@link EdgeStatistics#layers}. */
    public List<Layer> layers() {
        return List.copyOf(layers);
    }

    void clear() {
        for (Layer layer : layers) {
            Arrays.fill(layer.meanAbs, 0);
            Arrays.fill(layer.mean, 0);
            Arrays.fill(layer.deviation, 0);
            Arrays.fill(layer.inputDeviation, 0);
        }
    }

    /**
     * Adds what the penalty gives for some of the statistics' rows to the gradients of a layer.
     *
     * @param count of the rows of this pass, {@code total} of the statistics
     * @param gradInput the derivative by the layer's input, or null
     * @param gradParameters the layer's part of the gradient
     */
    void pull(Passes passes, DType dtype, int index, long count, long total, MemorySegment input,
            MemorySegment gradInput, MemorySegment gradParameters) {
        for (Layer layer : layers) {
            if (layer.of.index() != index) {
                continue;
            }
            try (Arena arena = Arena.ofConfined()) {
                double share = (double) count / total;
                double[] means = layer.of.mean();
                double[] deviations = layer.of.deviation();
                MemorySegment size = arena.allocate(ValueLayout.JAVA_DOUBLE, layer.mean.length);
                MemorySegment mean = arena.allocate(ValueLayout.JAVA_DOUBLE, layer.mean.length);
                MemorySegment square = arena.allocate(ValueLayout.JAVA_DOUBLE, layer.mean.length);
                for (int e = 0; e < layer.mean.length; e++) {
                    // The deviation is sqrt(mean phi^2 - (mean phi)^2).
                    double deviation = deviations[e];
                    double bySquare = deviation > 0 ? layer.deviation[e] / (2 * deviation) : 0;
                    size.setAtIndex(ValueLayout.JAVA_DOUBLE, e, layer.meanAbs[e] * share);
                    mean.setAtIndex(ValueLayout.JAVA_DOUBLE, e,
                            (layer.mean[e] - 2 * bySquare * means[e]) * share);
                    square.setAtIndex(ValueLayout.JAVA_DOUBLE, e, bySquare * share);
                }
                passes.edgeBackward(index, count, input, size, mean, square, gradInput, gradParameters);
                if (gradInput != null) {
                    layer.pullInputs(count, total, passes.memory(), input, gradInput, dtype, arena);
                }
            }
        }
    }

    /** The derivatives by one layer's statistics. The arrays are the ones to add to, (out, in) row-major. */
    public static final class Layer {

        private final EdgeStatistics.Layer of;
        private final double[] meanAbs;
        private final double[] mean;
        private final double[] deviation;
        private final double[] inputDeviation;

        private Layer(EdgeStatistics.Layer of) {
            this.of = of;
            meanAbs = new double[of.out() * of.in()];
            mean = new double[of.out() * of.in()];
            deviation = new double[of.out() * of.in()];
            inputDeviation = new double[of.in()];
        }

        /** By the mean |phi| of each edge. */
        public double[] meanAbs() {
            return meanAbs;
        }

        /** By the mean phi of each edge. */
        public double[] mean() {
            return mean;
        }

        /** By the standard deviation of each edge. */
        public double[] deviation() {
            return deviation;
        }

        /** By the standard deviation of each of the layer's inputs, (in). */
        public double[] inputDeviation() {
            return inputDeviation;
        }

        private void pullInputs(long count, long total, Memory memory, MemorySegment input, MemorySegment gradInput,
                DType dtype, Arena arena) {
            double[] slope = new double[inputDeviation.length];
            double[] spreads = of.inputDeviation();
            boolean any = false;
            for (int i = 0; i < slope.length; i++) {
                double spread = spreads[i];
                slope[i] = spread > 0 ? inputDeviation[i] / (total * spread) : 0;
                any |= slope[i] != 0;
            }
            if (!any) {
                return;
            }
            int in = slope.length;
            double[] means = of.inputMean();
            long bytes = count * in * dtype.bytes();
            MemorySegment gradient = memory.onHost(gradInput, bytes, arena);
            HostTensor x = HostTensor.wrap(memory.onHost(input, bytes, arena), dtype, count, in);
            HostTensor d = HostTensor.wrap(gradient, dtype, count, in);
            for (long b = 0; b < count; b++) {
                for (int i = 0; i < in; i++) {
                    d.setFlat(b * in + i, d.getFlat(b * in + i) + slope[i] * (x.getFlat(b * in + i) - means[i]));
                }
            }
            memory.write(gradient, gradInput, bytes);
        }
    }
}
