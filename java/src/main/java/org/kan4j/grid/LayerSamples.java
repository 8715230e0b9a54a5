// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.grid;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.memory.Staged;
import org.kan4j.internal.passes.Passes;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.tensor.HostTensor;

/**
 * What the basis of a KAN layer sees of some data: each input's column in double precision. The data is streamed
 * through the layers before it in chunks; of more rows than fit a set amount of memory, evenly spread ones are kept,
 * and every row for the smallest and largest value.
 */
final class LayerSamples {

    private static final long MAX_NUMBERS = 1L << 22;
    /** Rows that pass through the layers at a time. */
    private static final int CHUNK = 4096;
    private static final int MIN_ROWS = 1024;
    private static final double NORM_EPS = 1e-5;

    private final double[][] columns; // [in][rows]
    private final double[] lo;
    private final double[] hi;

    private LayerSamples(double[][] columns, double[] lo, double[] hi) {
        this.columns = columns;
        this.lo = lo;
        this.hi = hi;
    }

    /** The values of an input, in the order of the rows. */
    double[] column(int input) {
        return columns[input];
    }

    int rows() {
        return columns[0].length;
    }

    double lo(int input) {
        return lo[input];
    }

    double hi(int input) {
        return hi[input];
    }

    /**
     * Collects them.
     *
     * @param features (..., in of the model), at least one row
     * @throws KanException if one is not finite, with its place
     */
    static LayerSamples of(Context context, Parameters parameters, int layer, HostTensor features) {
        KanLayer spec = (KanLayer) parameters.model().layers().get(layer);
        if (features.dtype() != parameters.model().dtype()) {
            throw KanException.invalid("the model computes in %s, given samples of %s", parameters.model().dtype(),
                    features.dtype());
        }
        if (features.shape().rank() == 0 || features.shape().axis(-1) != parameters.model().in()) {
            throw new ShapeException("the model takes " + Counted.of(parameters.model().in(), "feature")
                    + " as the last axis, given samples of shape " + features.shape());
        }
        long rows = features.rows();
        if (rows == 0) {
            throw KanException.invalid("a grid algorithm needs at least one row of samples");
        }
        int in = Math.toIntExact(spec.in());
        long most = Math.max(MIN_ROWS, MAX_NUMBERS / in);
        long stride = (rows + most - 1) / most;
        int kept = (int) ((rows + stride - 1) / stride);
        double[][] columns = new double[in][kept];
        double[] lo = new double[in];
        double[] hi = new double[in];
        java.util.Arrays.fill(lo, Double.POSITIVE_INFINITY);
        java.util.Arrays.fill(hi, Double.NEGATIVE_INFINITY);
        int chunk = (int) Math.min(rows, CHUNK);
        long rowBytes = parameters.model().in() * features.dtype().bytes();
        try (Arena arena = Arena.ofConfined();
                Memory memory = Memory.confined(context);
                Workspace workspace = Workspace.inference(context, parameters, chunk)) {
            double[] weight = null;
            double[] bias = null;
            if (spec.inputNorm()) {
                weight = parameters.get(arena, "layers." + layer + ".norm_weight").toDoubles();
                bias = parameters.get(arena, "layers." + layer + ".norm_bias").toDoubles();
            }
            Staged batch = new Staged(memory, chunk * rowBytes);
            Staged layerInputs = new Staged(memory, (long) chunk * in * features.dtype().bytes());
            double[] z = new double[in];
            Passes passes = Passes.of(workspace);
            for (long from = 0; from < rows; from += chunk) {
                int count = (int) Math.min(chunk, rows - from);
                MemorySegment.copy(features.segment(), from * rowBytes, batch.host(), 0, count * rowBytes);
                batch.upload(count * rowBytes);
                long inputBytes = (long) count * in * features.dtype().bytes();
                MemorySegment x = layerInputs.download(passes.inputOf(layer, count, batch.array()), inputBytes);
                HostTensor inputs = HostTensor.wrap(x.asSlice(0, inputBytes), features.dtype(), count, in);
                for (int b = 0; b < count; b++) {
                    for (int i = 0; i < in; i++) {
                        z[i] = inputs.getFlat((long) b * in + i);
                    }
                    if (weight != null) {
                        normalise(z, weight, bias);
                    }
                    long row = from + b;
                    for (int i = 0; i < in; i++) {
                        if (!Double.isFinite(z[i])) {
                            throw KanException.invalid("input %d of layer %d is %s for row %d of the samples; all must "
                                    + "be finite", i, layer, z[i], row);
                        }
                        lo[i] = Math.min(lo[i], z[i]);
                        hi[i] = Math.max(hi[i], z[i]);
                        if (row % stride == 0) {
                            columns[i][(int) (row / stride)] = z[i];
                        }
                    }
                }
            }
        }
        return new LayerSamples(columns, lo, hi);
    }

    private static void normalise(double[] z, double[] weight, double[] bias) {
        double mean = 0;
        for (double value : z) {
            mean += value / z.length;
        }
        double variance = 0;
        for (double value : z) {
            variance += (value - mean) * (value - mean) / z.length;
        }
        for (int i = 0; i < z.length; i++) {
            z[i] = (z[i] - mean) / Math.sqrt(variance + NORM_EPS) * weight[i] + bias[i];
        }
    }
}
