// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import org.kan4j.ffi.Kan;
import org.kan4j.ffi.kan_adamw;
import org.kan4j.ffi.kan_sgd;

/** What an optimizer remembers between steps: its moments and the number of steps made. Owns its memory. */
public final class OptimizerState implements AutoCloseable {

    private final Optimizer optimizer;
    private final Parameters parameters;
    private final Arena arena;
    private final Map<String, ParameterVector> moments = new LinkedHashMap<>();
    private final MemorySegment config;
    private long steps;

    /** The state before the first step: all moments 0. */
    public OptimizerState(Optimizer optimizer, Parameters parameters) {
        this.optimizer = optimizer;
        this.parameters = parameters;
        this.arena = Arena.ofShared();
        try {
            switch (optimizer) {
                case Optimizer.AdamW adamW -> {
                    config = arena.allocate(kan_adamw.layout());
                    kan_adamw.struct_size(config, (int) config.byteSize());
                    kan_adamw.struct_version(config, 1);
                    kan_adamw.beta1(config, adamW.beta1());
                    kan_adamw.beta2(config, adamW.beta2());
                    kan_adamw.eps(config, adamW.eps());
                    kan_adamw.weight_decay(config, adamW.weightDecay());
                    moments.put("m", parameters.newVector());
                    moments.put("v", parameters.newVector());
                }
                case Optimizer.Sgd sgd -> {
                    config = arena.allocate(kan_sgd.layout());
                    kan_sgd.struct_size(config, (int) config.byteSize());
                    kan_sgd.struct_version(config, 1);
                    kan_sgd.momentum(config, sgd.momentum());
                    kan_sgd.weight_decay(config, sgd.weightDecay());
                    kan_sgd.nesterov(config, sgd.nesterov() ? 1 : 0);
                    if (sgd.momentum() > 0) {
                        moments.put("velocity", parameters.newVector());
                    }
                }
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** The configuration. */
    public Optimizer optimizer() {
        return optimizer;
    }

    /** The parameters it moves. */
    Parameters parameters() {
        return parameters;
    }

    /** Steps made. */
    public long steps() {
        return steps;
    }

    /** The moments by name: {@code m} and {@code v} of AdamW, {@code velocity} of SGD with momentum. */
    public Map<String, ParameterVector> moments() {
        return Map.copyOf(moments);
    }

    /** One moment by its name. */
    ParameterVector moment(String name) {
        return moments.get(name);
    }

    void setSteps(long made) {
        steps = made;
    }

    /** One update of all parameters. */
    public void step(Context context, ParameterVector gradients, double learningRate) {
        DType dtype = parameters.model().dtype();
        parameters.requireUsableOn(context);
        requireFit(parameters, gradients);
        next(learningRate);
        MemorySegment values = parameters.values().array();
        MemorySegment g = gradients.array();
        long n = parameters.values().length();
        int status = switch (optimizer) {
            case Optimizer.AdamW adamW -> Kan.kan_adamw_step(context.handle(), config, dtype.code(), n, values, g,
                moments.get("m").array(), moments.get("v").array());
            case Optimizer.Sgd sgd -> Kan.kan_sgd_step(context.handle(), config, dtype.code(), n, values, g,
                moments.containsKey("velocity") ? moments.get("velocity").array() : MemorySegment.NULL);
        };
        Native.check(status, context.handle());
    }

    /** Refuses gradients that are not of these parameters' size and in their place. */
    static void requireFit(Parameters parameters, ParameterVector gradients) {
        if (gradients.length() != parameters.values().length() || gradients.dtype() != parameters.values().dtype()) {
            throw new ShapeException("gradients of " + gradients.dtype() + "[" + gradients.length()
                + "] for parameters of " + parameters.values().dtype() + "[" + parameters.values().length() + "]");
        }
        if (gradients.memory().context() != parameters.memory().context()) {
            throw KanException.invalid("the gradients are in %s, the parameters in %s", gradients.memory().place(),
                parameters.memory().place());
        }
    }

    /** Counts a step and sets its learning rate. */
    void next(double learningRate) {
        steps++;
        switch (optimizer) {
            case Optimizer.AdamW adamW -> {
                kan_adamw.learning_rate(config, learningRate);
                kan_adamw.step(config, steps);
            }
            case Optimizer.Sgd sgd -> kan_sgd.learning_rate(config, learningRate);
        }
    }

    /** The struct of the C ABI. */
    MemorySegment config() {
        return config;
    }

    /** Copies steps and moments of a state of the same optimizer and model. */
    void copyFrom(OptimizerState other) {
        if (!moments.keySet().equals(other.moments.keySet())) {
            throw KanException.invalid("the state of %s does not fit %s", other.optimizer, optimizer);
        }
        moments.forEach((name, vector) -> vector.copyFrom(other.moments.get(name)));
        steps = other.steps;
    }

    @Override
    public void close() {
        moments.values().forEach(ParameterVector::close);
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
