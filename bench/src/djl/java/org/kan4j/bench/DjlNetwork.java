// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import ai.djl.training.GradientCollector;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.util.ArrayList;
import java.util.List;

/**
 * A network on DJL's PyTorch engine, with its autograd and its Adam: linear layers with ReLU between, or layers in the
 * style of efficient-kan, which evaluate all B-splines densely by the Cox-de Boor recursion, then take two linear maps.
 */
abstract class DjlNetwork implements Network {

    private static final float RATE = 1e-4f;

    private final Engine engine;
    final NDManager manager;
    final List<NDArray> parameters = new ArrayList<>();
    private final Optimizer adam = Optimizer.adam().optLearningRateTracker(Tracker.fixed(RATE)).build();
    private final NDArray x;
    private final NDArray y;
    private final long in;

    DjlNetwork(long[] widths, int rows, int threads) {
        // The engine takes the number of threads once a process, when it is loaded.
        System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
        engine = Engine.getEngine("PyTorch");
        manager = engine.newBaseManager();
        in = widths[0];
        x = manager.create(Data.uniform(2, rows * (int) in, -1), new Shape(rows, in));
        long out = widths[widths.length - 1];
        y = manager.create(Data.uniform(3, rows * (int) out, 0), new Shape(rows, out));
        engine.setRandomSeed(1);
    }

    /** Uniform in -limit..limit, trained. */
    NDArray parameter(double limit, long... shape) {
        NDArray values = manager.randomUniform((float) -limit, (float) limit, new Shape(shape), DataType.FLOAT32);
        values.setRequiresGradient(true);
        parameters.add(values);
        return values;
    }

    abstract NDArray run(NDArray input);

    @Override
    public void forward() {
        // As for training: the graph is recorded. The scope frees every array made in it.
        try (NDScope scope = new NDScope(); GradientCollector collector = engine.newGradientCollector()) {
            scope.suppressNotUsedWarning();
            run(x);
        }
    }

    @Override
    public double step() {
        double value;
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            try (GradientCollector collector = engine.newGradientCollector()) {
                NDArray d = run(x).sub(y);
                NDArray loss = d.mul(d).mean();
                collector.backward(loss);
                value = loss.getFloat();
            }
        }
        for (int i = 0; i < parameters.size(); i++) {
            try (NDArray gradient = parameters.get(i).getGradient()) {
                adam.update(Integer.toString(i), parameters.get(i), gradient);
            }
        }
        return value;
    }

    @Override
    public void predict(float[] rows, float[] outputs) {
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDArray result = run(manager.create(rows, new Shape(rows.length / in, in)));
            System.arraycopy(result.toFloatArray(), 0, outputs, 0, outputs.length);
        }
    }

    @Override
    public long parameters() {
        return parameters.stream().mapToLong(NDArray::size).sum();
    }

    @Override
    public void close() {
        manager.close();
    }

    /** Linear, ReLU, linear. */
    static final class Mlp extends DjlNetwork {

        private final List<NDArray[]> layers = new ArrayList<>();

        Mlp(long[] widths, int rows, int threads) {
            super(widths, rows, threads);
            long[] wide = widths.clone();
            for (int i = 1; i < wide.length - 1; i++) {
                wide[i] *= 10;
            }
            for (int l = 1; l < wide.length; l++) {
                double limit = 1 / Math.sqrt(wide[l - 1]);
                layers.add(new NDArray[] {parameter(limit, wide[l], wide[l - 1]), parameter(limit, wide[l])});
            }
        }

        @Override
        NDArray run(NDArray input) {
            NDArray h = input;
            for (int l = 0; l < layers.size(); l++) {
                h = Linear.linear(h, layers.get(l)[0], layers.get(l)[1]).singletonOrThrow();
                h = l < layers.size() - 1 ? Activation.relu(h) : h;
            }
            return h;
        }
    }

    /** Layers in the style of efficient-kan: G = 5, order 3, a trainable scale an edge. */
    static final class DenseSpline extends DjlNetwork {

        private static final int GRID = 5;
        private static final int ORDER = 3;
        private static final int FUNCTIONS = GRID + ORDER;

        private record Layer(long in, long out, NDArray base, NDArray spline, NDArray scale) {
        }

        private final List<Layer> layers = new ArrayList<>();
        private final NDArray knots;

        DenseSpline(long[] widths, int rows, int threads) {
            super(widths, rows, threads);
            float[] t = new float[GRID + 2 * ORDER + 1];
            for (int i = 0; i < t.length; i++) {
                t[i] = -1 + (i - ORDER) * 2f / GRID;
            }
            knots = manager.create(t);
            for (int l = 1; l < widths.length; l++) {
                double limit = 1 / Math.sqrt(widths[l - 1]);
                layers.add(new Layer(widths[l - 1], widths[l], parameter(limit, widths[l], widths[l - 1]),
                    parameter(0.1, widths[l], widths[l - 1], FUNCTIONS), parameter(limit, widths[l], widths[l - 1])));
            }
        }

        @Override
        NDArray run(NDArray input) {
            NDArray h = input;
            for (Layer layer : layers) {
                NDArray base = Linear.linear(h.mul(Activation.sigmoid(h)), layer.base, null).singletonOrThrow();
                NDArray basis = basis(h).reshape(-1, layer.in * FUNCTIONS);
                NDArray weights = layer.spline.mul(layer.scale.expandDims(-1)).reshape(layer.out, layer.in * FUNCTIONS);
                h = base.add(Linear.linear(basis, weights, null).singletonOrThrow());
            }
            return h;
        }

        /** (rows, in, FUNCTIONS) */
        private NDArray basis(NDArray h) {
            NDArray z = h.expandDims(-1);
            int n = GRID + 2 * ORDER + 1;
            NDArray b = z.gte(range(0, n - 1)).logicalAnd(z.lt(range(1, n))).toType(DataType.FLOAT32, false);
            for (int k = 1; k <= ORDER; k++) {
                int m = n - 1 - k;
                NDArray left = z.sub(range(0, m)).div(range(k, k + m).sub(range(0, m)));
                NDArray right = range(k + 1, k + 1 + m).sub(z).div(range(k + 1, k + 1 + m).sub(range(1, 1 + m)));
                b = left.mul(b.get(new NDIndex("..., :-1"))).add(right.mul(b.get(new NDIndex("..., 1:"))));
            }
            return b;
        }

        private NDArray range(int from, int to) {
            return knots.get(from + ":" + to);
        }
    }
}
