// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.measure;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.internal.Inside;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.passes.EdgeSums;
import org.kan4j.internal.passes.Passes;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * What the edges of a model's KAN layers give over some rows: for the edge phi_oi from input i to output o of a layer
 * the mean of |phi_oi(x_i)|, the mean of phi and its standard deviation. phi is all that the edge adds to its output:
 * base branch, scale and mask are in it. Made by one pass of the kernels over the data, in chunks, without an array of
 * (rows, out, in); chunks are merged exactly but for rounding (Chan, Golub, LeVeque 1983).
 *
 * <p>Holds no memory off the heap that must be freed.
 */
public final class EdgeStatistics {

    /** Rows of a chunk. */
    private static final int CHUNK = 4096;

    static {
        Inside.show(EdgeStatistics.class, EdgeSums.class, statistics -> statistics.sums);
    }

    private final EdgeSums sums = new EdgeSums() {
        @Override
        public void clear() {
            rows = 0;
        }

        @Override
        public void add(Passes passes, long count, MemorySegment x) {
            grow(count);
            for (Layer layer : layers) {
                EdgeStatistics.this.add(passes, layer.index, count, passes.inputOfPass(layer.index, x));
            }
        }
    };
    private final DType dtype;
    private final List<Layer> layers;
    private long rows;

    /** Those of no rows yet. */
    public EdgeStatistics(KanModel model) {
        dtype = model.dtype();
        List<Layer> found = new ArrayList<>();
        for (int l = 0; l < model.layers().size(); l++) {
            if (model.layers().get(l) instanceof KanLayer kan) {
                found.add(new Layer(l, Math.toIntExact(kan.out()), Math.toIntExact(kan.in())));
            }
        }
        layers = List.copyOf(found);
    }

    /**
     * Those of all rows.
     *
     * @param features (..., in of the model) of its type, at least one row
     */
    public static EdgeStatistics of(Context context, Parameters parameters, HostTensor features) {
        KanModel model = parameters.model();
        if (features.dtype() != model.dtype()) {
            throw KanException.invalid("the model computes in %s, given rows of %s", model.dtype(), features.dtype());
        }
        if (features.shape().rank() == 0 || features.shape().axis(-1) != model.in()) {
            throw new ShapeException(
                    "the model takes " + Counted.of(model.in(), "feature") + " as the last axis, given rows of shape "
                            + features.shape());
        }
        if (features.rows() == 0) {
            throw KanException.invalid("edge statistics need at least one row");
        }
        EdgeStatistics statistics = new EdgeStatistics(model);
        long total = features.rows();
        long chunk = Math.min(total, CHUNK);
        long rowBytes = model.in() * model.dtype().bytes();
        try (Workspace workspace = Workspace.inference(context, parameters, chunk)) {
            Passes passes = Passes.of(workspace);
            Memory memory = passes.memory();
            MemorySegment there = memory.context() == null ? null : memory.allocate(chunk * rowBytes);
            for (long from = 0; from < total; from += chunk) {
                long count = Math.min(chunk, total - from);
                MemorySegment rows = features.segment().asSlice(from * rowBytes, count * rowBytes);
                if (there != null) {
                    memory.write(rows, there, count * rowBytes);
                }
                statistics.grow(count);
                passes.forward(count, there == null ? rows : there,
                        (layer, input) -> statistics.add(passes, layer, count, input));
            }
        }
        return statistics;
    }

    /** Rows they are of. */
    public long rows() {
        return rows;
    }

    /** Those of each KAN layer, input first. */
    public List<Layer> layers() {
        return layers;
    }

    private void grow(long count) {
        rows += count;
    }

    private void add(Passes passes, int index, long count, MemorySegment input) {
        for (Layer layer : layers) {
            if (layer.index != index) {
                continue;
            }
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment size = arena.allocate(ValueLayout.JAVA_DOUBLE, layer.mean.length);
                MemorySegment mean = arena.allocate(ValueLayout.JAVA_DOUBLE, layer.mean.length);
                MemorySegment deviation = arena.allocate(ValueLayout.JAVA_DOUBLE, layer.mean.length);
                passes.edgeStatistics(index, count, input, size, mean, deviation);
                layer.add(rows - count, count, size, mean, deviation);
                long bytes = count * layer.in * dtype.bytes();
                layer.addInputs(rows - count, count, passes.memory().onHost(input, bytes, arena), dtype);
            }
        }
    }

    /** The statistics of one KAN layer. Arrays are (out, in), row-major, and copies. */
    public static final class Layer {

        private final int index;
        private final int out;
        private final int in;
        private final double[] meanAbs;
        private final double[] mean;
        private final double[] squares; // mean squared distance from the mean
        private final double[] inputMean;
        private final double[] inputSquares;

        private Layer(int index, int out, int in) {
            this.index = index;
            this.out = out;
            this.in = in;
            int edges = Math.multiplyExact(out, in);
            meanAbs = new double[edges];
            mean = new double[edges];
            squares = new double[edges];
            inputMean = new double[in];
            inputSquares = new double[in];
        }

        /** Its place among the model's layers. */
        public int index() {
            return index;
        }

        /** Outputs of the layer. */
        public int out() {
            return out;
        }

        /** Inputs of the layer. */
        public int in() {
            return in;
        }

        /** Mean |phi| of each edge. */
        public double[] meanAbs() {
            return meanAbs.clone();
        }

        /** Mean phi of each edge. */
        public double[] mean() {
            return mean.clone();
        }

        /** Standard deviation of phi of each edge, that of the rows as a population. */
        public double[] deviation() {
            return roots(squares);
        }

        /** Mean of each of the layer's inputs, (in). */
        public double[] inputMean() {
            return inputMean.clone();
        }

        /** Standard deviation of each of the layer's inputs, (in). */
        public double[] inputDeviation() {
            return roots(inputSquares);
        }

        private static double[] roots(double[] values) {
            double[] roots = new double[values.length];
            for (int i = 0; i < roots.length; i++) {
                roots[i] = Math.sqrt(values[i]);
            }
            return roots;
        }

        private void add(long before, long count, MemorySegment sizes, MemorySegment means, MemorySegment deviations) {
            double share = (double) count / (before + count);
            for (int e = 0; e < mean.length; e++) {
                double size = sizes.getAtIndex(ValueLayout.JAVA_DOUBLE, e);
                double center = means.getAtIndex(ValueLayout.JAVA_DOUBLE, e);
                double deviation = deviations.getAtIndex(ValueLayout.JAVA_DOUBLE, e);
                if (before == 0) {
                    meanAbs[e] = size;
                    mean[e] = center;
                    squares[e] = deviation * deviation;
                    continue;
                }
                double distance = center - mean[e];
                meanAbs[e] += (size - meanAbs[e]) * share;
                mean[e] += distance * share;
                squares[e] += (deviation * deviation - squares[e] + distance * distance * (1 - share)) * share;
            }
        }

        private void addInputs(long before, long count, MemorySegment x, DType dtype) {
            double[] center = new double[in];
            double[] spread = new double[in];
            HostTensor values = HostTensor.wrap(x, dtype, count, in);
            for (long b = 0; b < count; b++) {
                for (int i = 0; i < in; i++) {
                    center[i] += values.getFlat(b * in + i);
                }
            }
            for (int i = 0; i < in; i++) {
                center[i] /= count;
            }
            for (long b = 0; b < count; b++) {
                for (int i = 0; i < in; i++) {
                    double d = values.getFlat(b * in + i) - center[i];
                    spread[i] += d * d;
                }
            }
            double share = (double) count / (before + count);
            for (int i = 0; i < in; i++) {
                double distance = before == 0 ? 0 : center[i] - inputMean[i];
                inputMean[i] = before == 0 ? center[i] : inputMean[i] + distance * share;
                double old = before == 0 ? 0 : inputSquares[i];
                inputSquares[i] = old + (spread[i] / count - old + distance * distance * (1 - share)) * share;
            }
        }
    }
}
