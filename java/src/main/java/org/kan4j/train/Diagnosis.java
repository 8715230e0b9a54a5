// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.kan4j.device.Context;
import org.kan4j.error.NonFiniteLossException;
import org.kan4j.internal.model.Vectors;
import org.kan4j.internal.passes.Passes;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.model.Workspace;

/**
 * Where numbers that are not finite come from.
 *
 * @param layer the first one at fault, from 0; -1 where it is none of them
 * @param text what was found, and the likely cause
 */
record Diagnosis(int layer, String text) {

    /** Parameters above this root mean square have most likely been thrown there by steps that were too long. */
    private static final double LARGE = 1e3;

    /** Looks at the parameters, and if those are finite at what the layers make of a mini-batch. */
    static Diagnosis of(Context context, Parameters parameters, int rows, MemorySegment x) {
        Diagnosis broken = of(parameters);
        if (broken != null) {
            return broken;
        }
        KanModel model = parameters.model();
        int layers = model.layers().size();
        try (Vectors vectors = new Vectors(context);
                Workspace workspace = Workspace.inference(context, parameters, rows)) {
            double before = 0;
            for (int l = 0; l <= layers; l++) {
                long numbers = rows * (l == 0 ? model.in() : model.layers().get(l - 1).out());
                MemorySegment input = Passes.of(workspace).inputOf(l, rows, x);
                double size = Math.sqrt(vectors.square(model.dtype(), numbers, input) / numbers);
                if (!Double.isFinite(size) && l == 0) {
                    return new Diagnosis(-1, "the features of the batch are too large, or not finite: scale them");
                }
                if (!Double.isFinite(size)) {
                    return new Diagnosis(l - 1, String.format(Locale.ROOT, "the first output that is not finite is that "
                            + "of layer %d (%s), whose input has a root mean square of %.3g; %s", l - 1, describe(model, l - 1),
                            before, cause(parameters, l - 1)));
                }
                before = size;
            }
            return new Diagnosis(-1, String.format(Locale.ROOT, "all layers' outputs are finite, the last one's with a "
                    + "root mean square of %.3g; likely causes: targets of a very large scale, or %s", before,
                    cause(parameters, layers - 1)));
        }
    }

    /** Looks at the parameters; null if all of them are finite. */
    static Diagnosis of(Parameters parameters) {
        for (TensorInfo tensor : parameters.tensors()) {
            try (Arena arena = Arena.ofConfined()) {
                for (double value : parameters.get(arena, tensor.name()).toDoubles()) {
                    if (!Double.isFinite(value)) {
                        return new Diagnosis(tensor.layer(),
                                String.format(Locale.ROOT, "%s of layer %d (%s) holds %s, from the step "
                                        + "before; likely cause: a learning rate that is too high", tensor.tensor(),
                                        tensor.layer(),
                                        describe(parameters.model(), tensor.layer()), value));
                    }
                }
            }
        }
        return null;
    }

    private static String describe(KanModel model, int layer) {
        return switch (model.layers().get(layer)) {
            case KanLayer kan -> kan.basis().name();
            case LayerSpec other -> other.getClass().getSimpleName();
        };
    }

    private static String cause(Parameters parameters, int layer) {
        double squares = 0;
        long count = 0;
        for (TensorInfo tensor : parameters.tensors()) {
            if (tensor.layer() == layer && tensor.role() == TensorInfo.Role.PARAMETER) {
                try (Arena arena = Arena.ofConfined()) {
                    for (double value : parameters.get(arena, tensor.name()).toDoubles()) {
                        squares += value * value;
                        count++;
                    }
                }
            }
        }
        double size = count == 0 ? 0 : Math.sqrt(squares / count);
        return String.format(Locale.ROOT, size > LARGE
                ? "its parameters have grown to a root mean square of %.3g: a learning rate that is too high"
                : "its parameters have a root mean square of %.3g: inputs of a very large scale, or a learning rate that is "
                        + "too high",
                size);
    }

    /** Met in a step that is not made. */
    NonFiniteLossException in(String what, TrainingProgress progress, long step, double learningRate) {
        int epoch = progress.history.size() + 1;
        return new NonFiniteLossException(String.format(Locale.ROOT,
                "%s in epoch %d, batch %d (step %d, learning rate %.3g); the parameters are those of the step before: %s",
                what, epoch, progress.batch + 1, step, learningRate, text), epoch, progress.batch + 1, step,
                layer);
    }

    /** Found some steps later, on a device: the parameters of a training there are not copied back. */
    NonFiniteLossException late(String what, TrainingProgress progress, long step, double learningRate) {
        int epoch = progress.history.size() + 1;
        return new NonFiniteLossException(String.format(Locale.ROOT,
                "%s in epoch %d, step %d (learning rate %.3g), before batch %d; the parameters are those of the epoch before: %s",
                what, epoch, step, learningRate, progress.batch + 1, text), epoch, progress.batch + 1, step,
                layer);
    }

    /** Found in the parameters when an epoch ended: the last step had a gradient that was not finite. */
    NonFiniteLossException after(TrainingProgress progress, long step) {
        int epoch = progress.history.size() + 1;
        return new NonFiniteLossException(
                String.format(Locale.ROOT, "the parameters became not finite in epoch %d, batch %d (step "
                        + "%d): %s", epoch, progress.batch, step, text),
                epoch, progress.batch, step, layer);
    }
}
