// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What a Java programmer would write without native code: layers of cubic B-splines on 5 intervals of [-1, 1] with a SiLU
 * branch, the four functions that are not 0 at a point only, outputs in vectors by the Vector API, Adam. One thread.
 */
final class VectorNetwork implements Network {

    private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    private static final int GRID = 5;
    private static final int ORDER = 3;
    private static final int FUNCTIONS = GRID + ORDER;
    private static final int ROWS = FUNCTIONS + 1; // the last row of an input's weights is the base branch
    private static final float RATE = 1e-4f;

    private final List<Layer> layers = new ArrayList<>();
    private final int batch;
    private final float[] x;
    private final float[] y;
    private int steps;

    VectorNetwork(long[] widths, int batch) {
        this.batch = batch;
        for (int l = 1; l < widths.length; l++) {
            layers.add(new Layer((int) widths[l - 1], (int) widths[l], batch, l));
        }
        x = Data.uniform(2, batch * (int) widths[0], -1);
        y = Data.uniform(3, batch * (int) widths[widths.length - 1], 0);
    }

    @Override
    public void forward() {
        run(x, batch);
    }

    private float[] run(float[] input, int rows) {
        float[] values = input;
        for (Layer layer : layers) {
            layer.forward(values, rows);
            values = layer.output;
        }
        return values;
    }

    @Override
    public double step() {
        float[] prediction = run(x, batch);
        Layer last = layers.getLast();
        double loss = 0;
        for (int i = 0; i < y.length; i++) {
            float d = prediction[i] - y[i];
            loss += (double) d * d / y.length;
            last.gradOutput[i] = 2 * d / y.length;
        }
        steps++;
        for (int l = layers.size() - 1; l >= 0; l--) {
            layers.get(l).backward(l == 0 ? x : layers.get(l - 1).output, l == 0 ? null : layers.get(l - 1).gradOutput);
        }
        for (Layer layer : layers) {
            layer.adam(steps);
        }
        return loss;
    }

    @Override
    public void predict(float[] rows, float[] outputs) {
        float[] result = run(rows, rows.length / layers.getFirst().in);
        System.arraycopy(result, 0, outputs, 0, outputs.length);
    }

    @Override
    public long parameters() {
        return layers.stream().mapToLong(l -> l.weights.length).sum();
    }

    @Override
    public void close() {
        layers.clear();
    }

    /** Weights (in, ROWS, out). */
    private static final class Layer {

        private final int in;
        private final int out;
        private final float[] weights;
        private final float[] gradients;
        private final float[] m;
        private final float[] v;
        private final float[] output;
        private final float[] gradOutput;
        private final float[] b = new float[ORDER + 1];
        private final float[] db = new float[ORDER + 1];
        private int cell;

        Layer(int in, int out, int batch, long seed) {
            this.in = in;
            this.out = out;
            weights = new float[in * ROWS * out];
            SplittableRandom random = new SplittableRandom(seed);
            double scale = 1 / Math.sqrt(in);
            for (int i = 0; i < weights.length; i++) {
                boolean base = i / out % ROWS == FUNCTIONS;
                weights[i] = (float) ((2 * random.nextDouble() - 1) * scale * (base ? 1 : 0.1));
            }
            gradients = new float[weights.length];
            m = new float[weights.length];
            v = new float[weights.length];
            output = new float[batch * out];
            gradOutput = new float[batch * out];
        }

        /** The cell of a point and the four functions there with their derivatives, on uniform knots; false outside. */
        private boolean basis(float value) {
            float h = 2f / GRID;
            float u = (value + 1) / h + ORDER;
            cell = (int) Math.floor(u) - ORDER;
            if (!(u >= 0 && u < GRID + 2 * ORDER)) {
                return false;
            }
            float t = u - (cell + ORDER);
            float s = 1 - t;
            b[0] = s * s * s / 6;
            b[1] = (3 * t * t * t - 6 * t * t + 4) / 6;
            b[2] = (-3 * t * t * t + 3 * t * t + 3 * t + 1) / 6;
            b[3] = t * t * t / 6;
            db[0] = -s * s / 2 / h;
            db[1] = (3 * t * t - 4 * t) / 2 / h;
            db[2] = (-3 * t * t + 2 * t + 1) / 2 / h;
            db[3] = t * t / 2 / h;
            return true;
        }

        void forward(float[] x, int rows) {
            Arrays.fill(output, 0);
            for (int i = 0; i < in; i++) {
                for (int r = 0; r < rows; r++) {
                    float value = x[r * in + i];
                    if (basis(value)) {
                        for (int k = 0; k <= ORDER; k++) {
                            int row = cell + k;
                            if (row >= 0 && row < FUNCTIONS) {
                                addScaled(b[k], weights, (i * ROWS + row) * out, output, r * out);
                            }
                        }
                    }
                    float silu = value / (1 + (float) Math.exp(-value));
                    addScaled(silu, weights, (i * ROWS + FUNCTIONS) * out, output, r * out);
                }
            }
        }

        void backward(float[] x, float[] gradInput) {
            Arrays.fill(gradients, 0);
            int rows = output.length / out;
            for (int i = 0; i < in; i++) {
                for (int r = 0; r < rows; r++) {
                    float value = x[r * in + i];
                    float sum = 0;
                    if (basis(value)) {
                        for (int k = 0; k <= ORDER; k++) {
                            int row = cell + k;
                            if (row >= 0 && row < FUNCTIONS) {
                                addScaled(b[k], gradOutput, r * out, gradients, (i * ROWS + row) * out);
                                if (gradInput != null) {
                                    sum += db[k] * dot(gradOutput, r * out, weights, (i * ROWS + row) * out);
                                }
                            }
                        }
                    }
                    float sigmoid = 1 / (1 + (float) Math.exp(-value));
                    addScaled(value * sigmoid, gradOutput, r * out, gradients, (i * ROWS + FUNCTIONS) * out);
                    if (gradInput != null) {
                        sum += sigmoid * (1 + value * (1 - sigmoid))
                                * dot(gradOutput, r * out, weights, (i * ROWS + FUNCTIONS) * out);
                        gradInput[r * in + i] = sum;
                    }
                }
            }
        }

        /** to += factor * from over the outputs. */
        private void addScaled(float factor, float[] from, int fromOffset, float[] to, int toOffset) {
            int j = 0;
            for (; j < LANES.loopBound(out); j += LANES.length()) {
                FloatVector.fromArray(LANES, from, fromOffset + j)
                        .fma(FloatVector.broadcast(LANES, factor), FloatVector.fromArray(LANES, to, toOffset + j))
                        .intoArray(to, toOffset + j);
            }
            for (; j < out; j++) {
                to[toOffset + j] = Math.fma(factor, from[fromOffset + j], to[toOffset + j]);
            }
        }

        private float dot(float[] a, int aOffset, float[] c, int cOffset) {
            FloatVector sum = FloatVector.zero(LANES);
            int j = 0;
            for (; j < LANES.loopBound(out); j += LANES.length()) {
                sum = FloatVector.fromArray(LANES, a, aOffset + j).fma(FloatVector.fromArray(LANES, c, cOffset + j), sum);
            }
            float total = sum.reduceLanes(VectorOperators.ADD);
            for (; j < out; j++) {
                total = Math.fma(a[aOffset + j], c[cOffset + j], total);
            }
            return total;
        }

        void adam(int step) {
            float correction1 = (float) (1 - Math.pow(0.9, step));
            float correction2 = (float) (1 - Math.pow(0.999, step));
            float rate = RATE / correction1;
            float scale = 1 / correction2;
            int i = 0;
            for (; i < LANES.loopBound(weights.length); i += LANES.length()) {
                FloatVector g = FloatVector.fromArray(LANES, gradients, i);
                FloatVector first = FloatVector.fromArray(LANES, m, i).mul(0.9f).add(g.mul(0.1f));
                FloatVector second = FloatVector.fromArray(LANES, v, i).mul(0.999f).add(g.mul(g).mul(0.001f));
                first.intoArray(m, i);
                second.intoArray(v, i);
                FloatVector.fromArray(LANES, weights, i)
                        .sub(first.mul(rate).div(second.mul(scale).sqrt().add(1e-8f))).intoArray(weights, i);
            }
            for (; i < weights.length; i++) {
                m[i] = 0.9f * m[i] + 0.1f * gradients[i];
                v[i] = 0.999f * v[i] + 0.001f * gradients[i] * gradients[i];
                weights[i] -= rate * m[i] / ((float) Math.sqrt(scale * v[i]) + 1e-8f);
            }
        }
    }
}
