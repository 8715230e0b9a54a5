// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import java.lang.foreign.Arena;
import org.kan4j.layer.Activation;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.model.KanModel;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.OptimizerState;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;
import org.kan4j.model.Workspace;

/** A kan4j model. */
final class Kan4jNetwork implements Network {

    private static final double RATE = 1e-4;

    private final Arena arena = Arena.ofConfined();
    private final Context context;
    private final Parameters parameters;
    private final OptimizerState state;
    private final Workspace workspace;
    private final Predictor predictor;
    private final Loss loss = new Loss.Mse();
    private final HostTensor x;
    private final HostTensor y;
    private final HostTensor gradOutput;

    Kan4jNetwork(KanModel model, int rows, int threads) {
        context = Context.open(ContextOptions.defaults().withThreads(threads));
        parameters = Parameters.initialise(model, 1);
        state = OptimizerState.of(Optimizer.adamW(RATE, 0.01), parameters);
        workspace = Workspace.training(context, parameters, rows);
        predictor = Predictor.of(parameters);
        x = Data.matrix(arena, DType.F32, Data.uniform(2, rows * (int) model.in(), -1), rows, model.in());
        y = Data.matrix(arena, DType.F32, Data.uniform(3, rows * (int) model.out(), 0), rows, model.out());
        gradOutput = HostTensor.allocate(arena, DType.F32, rows, model.out());
    }

    static KanModel bspline(long[] widths) {
        return KanModel.kan(BSpline.of(5, 3), widths);
    }

    static KanModel mlp(long[] widths) {
        long[] wide = widths.clone();
        for (int i = 1; i < wide.length - 1; i++) {
            wide[i] *= 10;
        }
        return KanModel.mlp(DType.F32, Activation.RELU, wide);
    }

    @Override
    public void forward() {
        workspace.forward(x);
    }

    @Override
    public double step() {
        double value = loss.evaluate(context, workspace.forward(x), y, null, gradOutput);
        state.backwardStep(workspace, x, gradOutput, RATE);
        return value;
    }

    @Override
    public void predict(float[] rows, float[] outputs) {
        predictor.predict(rows, outputs);
    }

    @Override
    public long parameters() {
        return parameters.model().parameterCount();
    }

    @Override
    public void close() {
        predictor.close();
        workspace.close();
        state.close();
        parameters.close();
        context.close();
        arena.close();
    }
}
