// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kan4j.ffi.kan_adamw;
import org.kan4j.ffi.kan_sgd;

/** Optimizers as structs of the C ABI. */
final class OptimizerStructs {

    private OptimizerStructs() {
    }

    /** The struct of the C ABI for an optimizer, all but the learning rate and the step; NULL where there is none. */
    static MemorySegment config(Optimizer optimizer, double decay, Arena arena) {
        return switch (optimizer) {
            case Optimizer.AdamW adamW -> {
                MemorySegment config = arena.allocate(kan_adamw.layout());
                kan_adamw.struct_size(config, (int) config.byteSize());
                kan_adamw.struct_version(config, 1);
                kan_adamw.beta1(config, adamW.beta1());
                kan_adamw.beta2(config, adamW.beta2());
                kan_adamw.eps(config, adamW.eps());
                kan_adamw.weight_decay(config, Double.isNaN(decay) ? adamW.weightDecay() : decay);
                yield config;
            }
            case Optimizer.Sgd sgd -> {
                MemorySegment config = arena.allocate(kan_sgd.layout());
                kan_sgd.struct_size(config, (int) config.byteSize());
                kan_sgd.struct_version(config, 1);
                kan_sgd.momentum(config, sgd.momentum());
                kan_sgd.weight_decay(config, Double.isNaN(decay) ? sgd.weightDecay() : decay);
                kan_sgd.nesterov(config, sgd.nesterov() ? 1 : 0);
                yield config;
            }
            case Lbfgs lbfgs -> MemorySegment.NULL;
        };
    }

    /** Sets the learning rate and the number of a step. */
    static void prepare(Optimizer optimizer, MemorySegment struct, double learningRate, long step) {
        switch (optimizer) {
            case Optimizer.AdamW adamW -> {
                kan_adamw.learning_rate(struct, learningRate);
                kan_adamw.step(struct, step);
            }
            case Optimizer.Sgd sgd -> kan_sgd.learning_rate(struct, learningRate);
            case Lbfgs search -> {
            }
        }
    }
}
