// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
// Example: an efficient-kan model from PyTorch, run here and compared with PyTorch's own outputs

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.kan4j.interop.StateDicts;
import org.kan4j.interop.Variant;
import org.kan4j.io.Safetensors;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.HostTensor;

/**
 * The file is a test vector of this repository: in Python, safetensors.torch.save_file wrote a model's state dict (param.*), its
 * inputs and its outputs.
 */
public class FromPyTorch {

    public static void main(String[] args) throws IOException {
        Path file = Path.of(args.length > 0 ? args[0] : "java/src/test/resources/golden/efficientkan_2layer.safetensors");
        Safetensors tensors = Safetensors.open(file);
        try (Arena arena = Arena.ofShared()) {
            Map<String, HostTensor> state = new HashMap<>();
            for (String name : tensors.entries().keySet()) {
                if (name.startsWith("param.")) {
                    state.put(name.substring("param.".length()), tensors.read(arena, name));
                }
            }
            StateDicts.Imported model = StateDicts.load(file.toString(), Variant.of("efficient-kan"), state, null);
            HostTensor x = tensors.read(arena, "input");
            HostTensor theirs = tensors.read(arena, "output");
            HostTensor ours = HostTensor.allocate(arena, x.dtype(), theirs.shape().axis(0), theirs.shape().axis(1));
            try (Predictor predictor = Predictor.of(model.parameters())) {
                predictor.predict(x, ours);
            }
            double worst = 0;
            for (int row = 0; row < theirs.shape().axis(0); row++) {
                for (int o = 0; o < theirs.shape().axis(1); o++) {
                    worst = Math.max(worst, Math.abs(ours.get(row, o) - theirs.get(row, o)));
                }
            }
            System.out.printf("%d layers, outputs differ from PyTorch's by at most %.1e%n", model.parameters().model().layers().size(),
                worst);
            model.parameters().close();
            if (!(worst < 1e-12)) {
                throw new AssertionError("expected less than 1e-12");
            }
        }
    }
}
