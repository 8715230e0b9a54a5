// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
// Example: a training loop of one's own on memory segments that the kernels read without a copy

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.OptimizerState;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Rows are written into off-heap memory once; forward, loss, backward and AdamW work on it where it is. */
public class OwnLoop {

    public static void main(String[] args) {
        int rows = 256;
        KanModel model = KanModel.kan(BSpline.of(5, 3), 2, 5, 1);
        Random random = new Random(1);
        try (Arena arena = Arena.ofConfined(); Context context = Context.open();
             Parameters parameters = Parameters.initialise(model, 1);
             Workspace workspace = Workspace.training(context, parameters, rows);
             OptimizerState adamW = OptimizerState.of(Optimizer.adamW(1e-2, 0), parameters)) {
            MemorySegment features = arena.allocate(rows * 2L * Float.BYTES, 64);
            MemorySegment targets = arena.allocate(rows * 1L * Float.BYTES, 64);
            HostTensor x = HostTensor.wrap(features, DType.F32, rows, 2);
            HostTensor y = HostTensor.wrap(targets, DType.F32, rows, 1);
            HostTensor prediction = HostTensor.allocate(arena, DType.F32, rows, 1);
            HostTensor cotangent = HostTensor.allocate(arena, DType.F32, rows, 1);
            Loss loss = new Loss.Mse();
            double first = 0;
            double last = 0;
            for (int step = 0; step < 400; step++) {
                for (int row = 0; row < rows; row++) {
                    float a = random.nextFloat(-1, 1);
                    float b = random.nextFloat(-1, 1);
                    features.setAtIndex(ValueLayout.JAVA_FLOAT, 2L * row, a);
                    features.setAtIndex(ValueLayout.JAVA_FLOAT, 2L * row + 1, b);
                    targets.setAtIndex(ValueLayout.JAVA_FLOAT, row, (float) Math.exp(Math.sin(Math.PI * a) + b * b));
                }
                workspace.forward(x, prediction);
                last = loss.evaluate(context, prediction, y, null, cotangent);
                adamW.backwardStep(workspace, x, cotangent, 1e-2);
                first = step == 0 ? last : first;
            }
            System.out.printf("loss %.3f at first, %.5f after 400 steps of %d new rows%n", first, last, rows);
            if (!(last < first / 10)) {
                throw new AssertionError("expected the loss to fall");
            }
        }
    }
}
