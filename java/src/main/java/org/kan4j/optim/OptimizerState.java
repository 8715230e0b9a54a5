// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.ffi.Kan;
import org.kan4j.ffi.kan_adamw;
import org.kan4j.ffi.kan_sgd;
import org.kan4j.internal.Inside;
import org.kan4j.internal.Native;
import org.kan4j.internal.NativeContext;
import org.kan4j.internal.model.OptimizerSteps;
import org.kan4j.internal.passes.NativeVector;
import org.kan4j.internal.passes.Passes;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.Tensor;

/** What an optimizer remembers between steps: its moments and the number of steps made. Owns its memory. */
public final class OptimizerState implements AutoCloseable {

    static {
        Inside.show(OptimizerState.class, OptimizerSteps.class, state -> state.inside);
    }

    private final Optimizer optimizer;
    private final Parameters parameters;
    private final Arena arena;
    private final Map<String, ParameterVector> moments = new LinkedHashMap<>();
    private final MemorySegment config;
    private final OptimizerGroups groups;
    private LbfgsMemory lbfgs;
    private final OptimizerSteps inside = new Steps();
    private long steps;
    /** Steps made before the moments were last 0. */
    private long restartedAt;

    /** The state before the first step: all moments 0. */
    public static OptimizerState of(Optimizer optimizer, Parameters parameters) {
        return of(optimizer, parameters, List.of());
    }

    /**
     * The state before the first step, with groups of parameters that {@link #step} treats otherwise.
     *
     * @param groups the first that has a tensor is the one that counts
     */
    public static OptimizerState of(Optimizer optimizer, Parameters parameters, List<ParameterGroup> groups) {
        return new OptimizerState(optimizer, parameters, groups);
    }

    private OptimizerState(Optimizer optimizer, Parameters parameters, List<ParameterGroup> groups) {
        this.optimizer = optimizer;
        this.parameters = parameters;
        this.arena = Arena.ofShared();
        try {
            config = OptimizerStructs.config(optimizer, Double.NaN, arena);
            this.groups = groups.isEmpty() ? null : new OptimizerGroups(optimizer, parameters, groups, arena);
            switch (optimizer) {
                case Optimizer.AdamW adamW -> {
                    List<ParameterVector> vectors = parameters.newVectors(2);
                    moments.put("m", vectors.get(0));
                    moments.put("v", vectors.get(1));
                }
                case Optimizer.Sgd sgd -> {
                    if (sgd.momentum() > 0) {
                        moments.put("velocity", parameters.newVector());
                    }
                }
                case Lbfgs config -> lbfgs = new LbfgsMemory(parameters, config.history());
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
    public Parameters parameters() {
        return parameters;
    }

    /** Steps made. */
    public long steps() {
        return steps;
    }

    /**
     * The moments by name: {@code m} and {@code v} of AdamW, {@code velocity} of SGD with momentum, {@code step_0},
     * {@code change_0} and so on, as many as are remembered, of L-BFGS.
     */
    public Map<String, ParameterVector> moments() {
        if (lbfgs == null) {
            return new LinkedHashMap<>(moments);
        }
        Map<String, ParameterVector> vectors = new LinkedHashMap<>();
        for (int i = 0; i < lbfgs.stored; i++) {
            vectors.put("step_" + i, lbfgs.steps[i]);
            vectors.put("change_" + i, lbfgs.changes[i]);
        }
        return vectors;
    }

    /** What L-BFGS remembers; null for other optimizers. */
    LbfgsMemory lbfgs() {
        return lbfgs;
    }

    /** One update of all parameters. L-BFGS has none: it needs the function itself, see {@link LbfgsMinimizer}. */
    public void step(Context context, ParameterVector gradients, double learningRate) {
        step(context, gradients, learningRate, 1);
    }

    /**
     * One update of all parameters.
     *
     * @param factor on the learning rates of groups that have one of their own
     */
    private void step(Context context, ParameterVector gradients, double learningRate, double factor) {
        DType dtype = parameters.model().dtype();
        parameters.requireUsableOn(context);
        parameters.requireFit(gradients);
        next(learningRate);
        MemorySegment values = NativeVector.of(parameters.values()).array();
        MemorySegment g = NativeVector.of(gradients).array();
        long n = parameters.values().length();
        if (groups != null) {
            groups.prepare(learningRate, factor, steps - restartedAt);
        }
        MemorySegment handle = NativeContext.of(context).handle();
        int status = switch (optimizer) {
            case Optimizer.AdamW adamW -> {
                MemorySegment m = NativeVector.of(moments.get("m")).array();
                MemorySegment v = NativeVector.of(moments.get("v")).array();
                yield groups == null ? Kan.kan_adamw_step(handle, config, dtype.code(), n, values, g, m, v)
                        : Kan.kan_adamw_step_groups(handle, groups.addresses(), groups.count(), groups.of(), dtype.code(),
                                n, values, g, m, v);
            }
            case Optimizer.Sgd sgd -> {
                MemorySegment velocity = velocity();
                yield groups == null ? Kan.kan_sgd_step(handle, config, dtype.code(), n, values, g, velocity)
                        : Kan.kan_sgd_step_groups(handle, groups.addresses(), groups.count(), groups.of(), dtype.code(),
                                n, values, g, velocity);
            }
            case Lbfgs search -> throw KanException.invalid("L-BFGS cannot step by a gradient; use LbfgsMinimizer");
        };
        Native.check(status, handle);
    }

    /** The velocity of SGD; NULL without momentum. */
    private MemorySegment velocity() {
        return moments.containsKey("velocity") ? NativeVector.of(moments.get("velocity")).array() : MemorySegment.NULL;
    }

    /**
     * The backward pass and a step of AdamW in one: parameters and moments are updated while their gradient is in
     * cache, and the gradient is never written to memory. The same bits as {@link Workspace#backward} followed by
     * {@link #step}, in less time. The workspace's next backward pass needs a forward pass before it.
     *
     * @param workspace of these parameters
     * @param x the input of its last forward pass, unchanged
     * @param gradOutput the derivative of a scalar by the output, of its shape
     * @param learningRate of this step
     */
    public void backwardStep(Workspace workspace, Tensor x, Tensor gradOutput, double learningRate) {
        if (!(optimizer instanceof Optimizer.AdamW)) {
            throw KanException.invalid("a backward pass with a step in it is for AdamW, given %s; use "
                    + "Workspace.backward and OptimizerState.step", optimizer);
        }
        if (workspace.parameters() != parameters) {
            throw KanException.invalid("the optimizer's state belongs to other parameters than the workspace's");
        }
        Passes passes = Passes.of(workspace);
        Passes.Batch batch = passes.check(x, gradOutput);
        passes.requireForward(batch.rows(), batch.x());
        next(learningRate);
        inside.backward(passes, batch.rows(), batch.x(), batch.gradOutput());
    }

    /** Counts a step and sets its learning rate. */
    private void next(double learningRate) {
        steps++;
        OptimizerStructs.prepare(optimizer, config, learningRate, steps - restartedAt);
    }

    /** Forgets the past: all moments 0, as after an update of the grids. The steps made are still counted. */
    public void restart() {
        moments.values().forEach(ParameterVector::clear);
        if (lbfgs != null) {
            lbfgs.reset();
        }
        restartedAt = steps;
    }

    @Override
    public void close() {
        moments.values().forEach(ParameterVector::close);
        if (lbfgs != null) {
            lbfgs.close();
        }
        if (groups != null) {
            groups.close();
        }
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    /** What the other packages of this module see of it. */
    private final class Steps implements OptimizerSteps {

        @Override
        public void next(double learningRate) {
            OptimizerState.this.next(learningRate);
        }

        @Override
        public void backward(Passes passes, long rows, MemorySegment x, MemorySegment gradOutput) {
            passes.backwardAdamW(rows, x, gradOutput, config, NativeVector.of(moments.get("m")),
                    NativeVector.of(moments.get("v")));
        }

        @Override
        public void step(Context context, ParameterVector gradients, double learningRate, double factor) {
            OptimizerState.this.step(context, gradients, learningRate, factor);
        }

        @Override
        public void keepOnDevice(MemorySegment array) {
            switch (optimizer) {
                case Optimizer.AdamW adamW -> kan_adamw.state(config, array.address());
                case Optimizer.Sgd sgd -> kan_sgd.state(config, array.address());
                case Lbfgs search -> throw new KanException(Status.INTERNAL, "L-BFGS has no learning rate");
            }
        }

        @Override
        public void queue(Context context, ParameterVector gradients) {
            MemorySegment handle = NativeContext.of(context).handle();
            ParameterVector values = parameters.values();
            Native.check(Kan.kan_sgd_step(handle, config, values.dtype().code(), values.length(),
                    NativeVector.of(values).array(), NativeVector.of(gradients).array(), velocity()), handle);
        }

        @Override
        public MemorySegment config() {
            return config;
        }

        @Override
        public long stepsOfMoments() {
            return steps - restartedAt;
        }

        @Override
        public long restartedAt() {
            return restartedAt;
        }

        @Override
        public void count(int iterations) {
            steps += iterations;
        }

        @Override
        public Curvature curvature() {
            return lbfgs == null ? null : lbfgs.curvature();
        }

        @Override
        public void restore(Map<String, ParameterVector> saved, long made, long whenRestarted, Curvature curvature) {
            if (lbfgs == null) {
                moments.forEach((name, vector) -> vector.copyFrom(saved.get(name)));
            } else {
                lbfgs.restore(saved, curvature);
            }
            steps = made;
            restartedAt = whenRestarted;
        }
    }
}
