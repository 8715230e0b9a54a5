// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Checks;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.memory.Scalar;
import org.kan4j.internal.model.LossKernel;
import org.kan4j.internal.passes.TensorArrays;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.DeviceTensor;
import org.kan4j.tensor.Tensor;

/** What training minimises: a mean over rows, weighted where rows have weights. */
public sealed interface Loss {

    /** Mean over rows and outputs of (p - t)^2. */
    record Mse() implements Loss {
    }

    /** Softmax cross-entropy of logits against class labels, mean over rows. */
    record CrossEntropy() implements Loss {
    }

    /**
     * Binary cross-entropy of logits against targets in 0..1, mean over rows and outputs.
     *
     * @param positiveWeight factor on the part of positive targets, -t log s(p), above 0
     */
    record BinaryCrossEntropy(double positiveWeight) implements Loss {
        /** Checks the value. */
        public BinaryCrossEntropy {
            Checks.positive("the positive weight of binary cross-entropy", positiveWeight);
        }

        /** Positive and negative targets count alike. */
        public BinaryCrossEntropy() {
            this(1);
        }
    }

    /**
     * d^2 / 2 where |d| is at most delta, delta (|d| - delta / 2) beyond; mean over rows and outputs.
     *
     * @param delta above 0
     */
    record Huber(double delta) implements Loss {
        /** Checks the value. */
        public Huber {
            Checks.positive("the delta of a Huber loss", delta);
        }
    }

    /** Its number in the C ABI, see kan.h. */
    default int code() {
        return switch (this) {
            case Mse mse -> Kan.KAN_LOSS_MSE();
            case CrossEntropy crossEntropy -> Kan.KAN_LOSS_CROSS_ENTROPY();
            case BinaryCrossEntropy binary -> binary.positiveWeight() == 1 ? Kan.KAN_LOSS_BCE_LOGITS()
                    : Kan.KAN_LOSS_BCE_POSITIVE();
            case Huber huber -> Kan.KAN_LOSS_HUBER();
            case Custom custom -> throw new IllegalStateException(custom.name() + " is no loss of the C ABI");
        };
    }

    /** The number that goes with {@link #code}: a Huber loss' delta, the weight of positives; otherwise 1. */
    default double parameter() {
        return switch (this) {
            case Huber huber -> huber.delta();
            case BinaryCrossEntropy binary -> binary.positiveWeight();
            default -> 1;
        };
    }

    /**
     * A loss of one's own, of a row; what training minimises is its mean over rows, weighted where rows have weights. It is
     * called for every row on the thread that trains, on the CPU only. Checkpoints hold its {@link #name} alone.
     */
    non-sealed interface Custom extends Loss {

        /**
         * The loss of a row, and its derivative by the predictions.
         *
         * @param prediction outputs of the model
         * @param target of the row; where {@link #classes} says so one number, the class
         * @param gradient receives the derivative; of as many numbers as the prediction, zeros at first
         */
        double row(double[] prediction, double[] target, double[] gradient);

        /** Whether it takes class labels instead of real targets; otherwise not. */
        default boolean classes() {
            return false;
        }

        /** By which a checkpoint knows it; otherwise the name of the class. */
        default String name() {
            return getClass().getName();
        }
    }

    /**
     * The pinball loss of quantiles (Koenker and Bassett, Econometrica 46, 1978): of each output q for the level a, with d = t - q,
     * a d where d is above 0 and (a - 1) d elsewhere; mean over rows and levels. Runs on the CPU.
     *
     * @param levels one an output, each above 0 and below 1
     */
    record Pinball(List<Double> levels) implements Custom {
        /** Checks the levels. */
        public Pinball {
            levels = List.copyOf(levels);
            if (levels.isEmpty() || levels.stream().anyMatch(level -> !(level > 0 && level < 1))) {
                throw KanException.invalid("the levels of a pinball loss must be above 0 and below 1, given %s", levels);
            }
        }

        @Override
        public double row(double[] prediction, double[] target, double[] gradient) {
            if (prediction.length != levels.size()) {
                throw new ShapeException("a pinball loss of " + levels.size() + " levels needs as many outputs, given "
                        + prediction.length);
            }
            double sum = 0;
            for (int o = 0; o < prediction.length; o++) {
                double off = target[o] - prediction[o];
                double slope = off > 0 ? levels.get(o) : off < 0 ? levels.get(o) - 1 : 0;
                sum += slope * off / prediction.length;
                gradient[o] = -slope / prediction.length;
            }
            return sum;
        }

        @Override
        public String name() {
            return "pinball";
        }
    }

    /**
     * The loss of predictions, and its gradient.
     *
     * @param predictions (rows, out)
     * @param targets (rows, out) of the predictions' type; for {@link CrossEntropy} (rows) labels of type I32
     * @param weights (rows) of the predictions' type, at least 0 and not all 0; or null
     * @param gradient receives the derivative by the predictions, of their shape; may be the predictions themselves;
     *     or null
     * @return the loss; on a CUDA device this waits for it
     */
    default double evaluate(Context context, Tensor predictions, Tensor targets, Tensor weights, Tensor gradient) {
        try (Memory memory = Memory.confined(context)) {
            Scalar value = new Scalar(memory);
            queue(context, predictions, targets, weights, gradient, value.array());
            return value.get();
        }
    }

    /**
     * As {@link #evaluate(Context, Tensor, Tensor, Tensor, Tensor)} on a CUDA device, without waiting for the loss.
     *
     * @param value receives the loss: one number of F64
     */
    default void evaluate(Context context, Tensor predictions, Tensor targets, Tensor weights, Tensor gradient,
            DeviceTensor value) {
        if (value.dtype() != DType.F64 || value.size() != 1) {
            throw new ShapeException("a loss is one number of F64, given " + value);
        }
        queue(context, predictions, targets, weights, gradient, TensorArrays.array(context, "the loss", value));
    }

    private void queue(Context context, Tensor predictions, Tensor targets, Tensor weights, Tensor gradient,
            MemorySegment value) {
        long rows = predictions.shape().rows();
        long out = predictions.shape().axis(-1);
        DType dtype = predictions.dtype();
        boolean labels = this instanceof CrossEntropy || this instanceof Custom custom && custom.classes();
        DType targetType = labels ? DType.I32 : dtype;
        if (targets.dtype() != targetType || targets.size() != (labels ? rows : predictions.size())) {
            throw new ShapeException("targets for predictions of " + predictions + " must be " + targetType
                    + (labels ? "[" + rows + "]" : predictions.shape()) + ", given " + targets);
        }
        if (weights != null && (weights.dtype() != dtype || weights.size() != rows)) {
            throw new ShapeException("weights for " + Counted.of(rows, "row") + " must be " + dtype + "[" + rows + "], given "
                    + weights);
        }
        if (gradient != null) {
            if (gradient.dtype() != dtype || gradient.size() != predictions.size()) {
                throw new ShapeException("the gradient of predictions " + predictions + " cannot be " + gradient);
            }
        }
        MemorySegment p = TensorArrays.array(context, "predictions", predictions);
        MemorySegment t = TensorArrays.array(context, "targets", targets);
        MemorySegment w = weights == null ? MemorySegment.NULL : TensorArrays.array(context, "weights", weights);
        MemorySegment g = gradient == null ? MemorySegment.NULL
                : TensorArrays.writable(context, "the gradient", gradient);
        if (this instanceof Custom own) {
            LossKernel.own(own::row, own.classes(), context, dtype, rows, (int) out, p, t, w, g, value);
        } else {
            LossKernel.queue(code(), parameter(), context, dtype, rows, out, p, t, w, g, value);
        }
    }
}
