// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
// Example: the same training on a CUDA device, if there is one; says why not otherwise

import java.lang.foreign.Arena;
import java.util.Random;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.device.Device;
import org.kan4j.error.KanException;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Optimizer;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingResult;

/** A context names the device; everything else stays as it is. */
public class OnCuda {

    public static void main(String[] args) {
        Device device;
        try (Context context = Context.open(new Device.Cuda(0))) {
            device = context.device();
            System.out.println("training on " + context.deviceName());
        } catch (KanException none) {
            device = new Device.Cpu();
            System.out.println("training on the CPU, for there is no CUDA device: " + none.getMessage());
        }
        Random random = new Random(1);
        float[][] x = new float[1000][];
        float[][] y = new float[1000][];
        for (int i = 0; i < x.length; i++) {
            x[i] = new float[] {random.nextFloat(-1, 1), random.nextFloat(-1, 1)};
            y[i] = new float[] {(float) Math.exp(Math.sin(Math.PI * x[i][0]) + x[i][1] * x[i][1])};
        }
        try (Arena arena = Arena.ofShared(); Context context = Context.open(device);
             Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), 2, 5, 1), 1);
             Trainer trainer = Trainer.builder(parameters).context(context).optimizer(Optimizer.adamW(1e-2, 0)).epochs(30).build()) {
            TrainingResult result = trainer.fit(Dataset.regression(HostTensor.of(arena, x), HostTensor.of(arena, y)));
            System.out.printf("loss %.5f after %d epochs%n", result.epochs().getLast().loss(), result.epochs().size());
        }
    }
}
