// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package application;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.device.Device;
import org.kan4j.internal.SplitMix;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingResult;

/**
 * The time of an epoch of [784, 64, 10] at batch 64 on a CUDA device, over random rows of MNIST's number and size (property
 * kan4j.cuda.rows for another number): for native/tests/gpu_all.sh. The first of three epochs loads kernels and records the
 * step, the last is reported.
 */
public final class CudaEpoch {

    private CudaEpoch() {
    }

    /** Argument: FILE.json. */
    public static void main(String[] arguments) throws IOException {
        int rows = Integer.getInteger("kan4j.cuda.rows", 60_000);
        KanModel model = KanModel.kan(DType.F32, BSpline.of(5, 3), 784, 64, 10);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open(Device.cuda(0));
                Parameters parameters = Parameters.initialise(model, 1);
                Trainer trainer = Trainer.builder(parameters).context(context).epochs(3).batchSize(64).build()) {
            SplitMix random = new SplitMix(1);
            HostTensor x = HostTensor.allocate(arena, DType.F32, rows, 784);
            HostTensor labels = HostTensor.allocate(arena, DType.I32, rows);
            for (long i = 0; i < x.size(); i++) {
                x.set(random.uniform(-1, 1), i);
            }
            for (int i = 0; i < rows; i++) {
                labels.set(random.below(10), i);
            }
            TrainingResult result = trainer.fit(Dataset.classification(x, labels, 10));
            double seconds = result.epochs().get(2).seconds();
            String json = String.format(Locale.ROOT, "{\"rows\": %d, \"batch\": 64, \"seconds\": %.4f, \"device\": \"%s\"}",
                    rows, seconds, context.deviceName());
            System.out.println(json);
            Files.writeString(Path.of(arguments[0]), json + "\n");
        }
    }
}
