// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.device.Context;
import org.kan4j.device.Device;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.error.Status;
import org.kan4j.error.UnsupportedException;
import org.kan4j.ffi.Kan;
import org.kan4j.ffi.kan_adamw;
import org.kan4j.ffi.kan_sgd;
import org.kan4j.internal.Checks;
import org.kan4j.internal.Native;
import org.kan4j.internal.NativeContext;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.passes.NativeVector;
import org.kan4j.internal.passes.Passes;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.model.Workspace;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Tensor;

/** What an optimizer remembers between steps: its moments and the number of steps made. Owns its memory. */
public final class OptimizerState implements AutoCloseable {

    private final Optimizer optimizer;
    private final Parameters parameters;
    private final Arena arena;
    private final Map<String, ParameterVector> moments = new LinkedHashMap<>();
    private final MemorySegment config;
    private final Groups groups;
    private LbfgsMemory lbfgs;
    private long steps;
    /** Steps made before the moments were last 0. */
    private long restartedAt;

    /** The state before the first step: all moments 0. */
    public OptimizerState(Optimizer optimizer, Parameters parameters) {
        this(optimizer, parameters, List.of());
    }

    /**
     * The state before the first step, with groups of parameters that {@link #step} treats otherwise.
     *
     * @param groups the first that has a tensor is the one that counts
     */
    public OptimizerState(Optimizer optimizer, Parameters parameters, List<ParameterGroup> groups) {
        this.optimizer = optimizer;
        this.parameters = parameters;
        this.arena = Arena.ofShared();
        try {
            config = config(optimizer, Double.NaN, arena);
            this.groups = groups.isEmpty() ? null : new Groups(groups);
            switch (optimizer) {
                case Optimizer.AdamW adamW -> {
                    moments.put("m", parameters.newVector());
                    moments.put("v", parameters.newVector());
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

    /** The struct of the C ABI for an optimizer, all but the learning rate and the step; NULL where there is none. */
    private static MemorySegment config(Optimizer optimizer, double decay, Arena arena) {
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

    /**
     * The groups of parameters in the form of the C ABI: an optimizer each, that of all others first, and for every
     * number which of them is its own.
     */
    private final class Groups {

        private final List<ParameterGroup> members;
        private final MemorySegment[] configs;
        private final MemorySegment addresses;
        private final Memory memory;
        private final MemorySegment of;

        Groups(List<ParameterGroup> members) {
            if (parameters.device() instanceof Device.Cuda) {
                throw new UnsupportedException(Status.UNSUPPORTED, "parameter groups train on the CPU only, given "
                    + "parameters on " + parameters.device());
            }
            Checks.range("the number of parameter groups", members.size(), 1, Kan.KAN_MAX_GROUPS() - 1);
            this.members = List.copyOf(members);
            members.forEach(group -> group.require(parameters.model()));
            configs = new MemorySegment[members.size() + 1];
            addresses = arena.allocate(ValueLayout.ADDRESS, configs.length);
            for (int i = 0; i < configs.length; i++) {
                double decay = i == 0 ? Double.NaN : members.get(i - 1).weightDecay();
                configs[i] = config(optimizer, decay, arena);
                addresses.setAtIndex(ValueLayout.ADDRESS, i, configs[i]);
            }
            long length = parameters.values().length();
            memory = NativeVector.of(parameters.values()).memory().another();
            of = memory.allocate(length);
            try (ParameterVector marks = parameters.newVector(); Arena local = Arena.ofConfined()) {
                for (TensorInfo tensor : parameters.tensors()) {
                    int group = group(tensor);
                    if (tensor.role() == TensorInfo.Role.PARAMETER && group != 0) {
                        marks.set(tensor.name(), HostTensor.allocate(local, parameters.model().dtype(), tensor.shape())
                            .fill(group));
                    }
                }
                HostTensor numbers = HostTensor.allocate(local, marks.dtype(), length);
                NativeVector.of(marks).memory().read(NativeVector.of(marks).array(), numbers.segment(), marks.bytes());
                MemorySegment bytes = local.allocate(length);
                for (long i = 0; i < length; i++) {
                    bytes.set(ValueLayout.JAVA_BYTE, i, (byte) numbers.getFlat(i));
                }
                memory.write(bytes, of, length);
            }
        }

        private int group(TensorInfo tensor) {
            for (int i = 0; i < members.size(); i++) {
                if (members.get(i).has(tensor)) {
                    return members.get(i).frozen() ? Kan.KAN_FROZEN() : i + 1;
                }
            }
            return 0;
        }

        void prepare(double learningRate, double factor) {
            for (int i = 0; i < configs.length; i++) {
                double own = i == 0 ? Double.NaN : members.get(i - 1).learningRate();
                OptimizerState.this.prepare(configs[i], Double.isNaN(own) ? learningRate : own * factor);
            }
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
            return Map.copyOf(moments);
        }
        Map<String, ParameterVector> vectors = new LinkedHashMap<>();
        for (int i = 0; i < lbfgs.stored; i++) {
            vectors.put("step_" + i, lbfgs.steps[i]);
            vectors.put("change_" + i, lbfgs.changes[i]);
        }
        return vectors;
    }

    /** What L-BFGS remembers; null for other optimizers. */
    public LbfgsMemory lbfgs() {
        return lbfgs;
    }

    /** One moment by its name. */
    public ParameterVector moment(String name) {
        return moments.get(name);
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
    public void step(Context context, ParameterVector gradients, double learningRate, double factor) {
        DType dtype = parameters.model().dtype();
        parameters.requireUsableOn(context);
        parameters.requireFit(gradients);
        next(learningRate);
        MemorySegment values = NativeVector.of(parameters.values()).array();
        MemorySegment g = NativeVector.of(gradients).array();
        long n = parameters.values().length();
        if (groups != null) {
            groups.prepare(learningRate, factor);
        }
        MemorySegment handle = NativeContext.of(context).handle();
        int status = switch (optimizer) {
            case Optimizer.AdamW adamW -> {
                MemorySegment m = NativeVector.of(moments.get("m")).array();
                MemorySegment v = NativeVector.of(moments.get("v")).array();
                yield groups == null ? Kan.kan_adamw_step(handle, config, dtype.code(), n, values, g, m, v)
                    : Kan.kan_adamw_step_groups(handle, groups.addresses, groups.configs.length, groups.of, dtype.code(),
                        n, values, g, m, v);
            }
            case Optimizer.Sgd sgd -> {
                MemorySegment velocity = velocity();
                yield groups == null ? Kan.kan_sgd_step(handle, config, dtype.code(), n, values, g, velocity)
                    : Kan.kan_sgd_step_groups(handle, groups.addresses, groups.configs.length, groups.of, dtype.code(),
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
        backward(workspace, batch.rows(), batch.x(), batch.gradOutput());
    }

    /** The backward pass with an AdamW step in it, which has been counted already, on memory that has been checked. */
    public void backward(Workspace workspace, long rows, MemorySegment x, MemorySegment gradOutput) {
        Passes.of(workspace).backwardAdamW(rows, x, gradOutput, config, NativeVector.of(moments.get("m")),
            NativeVector.of(moments.get("v")));
    }

    /** An update of all parameters by what a struct on the device says, see {@link #keepOnDevice}; for SGD. */
    public void queue(Context context, ParameterVector gradients) {
        MemorySegment handle = NativeContext.of(context).handle();
        Native.check(Kan.kan_sgd_step(handle, config, parameters.model().dtype().code(),
            parameters.values().length(), NativeVector.of(parameters.values()).array(), NativeVector.of(gradients).array(),
            velocity()), handle);
    }

    /**
     * Kernels take learning rate and number of updates from a kan_optimizer_state on the device from now on, so that a
     * recorded step can be replayed; NULL ends that.
     */
    public void keepOnDevice(MemorySegment array) {
        switch (optimizer) {
            case Optimizer.AdamW adamW -> kan_adamw.state(config, array.address());
            case Optimizer.Sgd sgd -> kan_sgd.state(config, array.address());
            case Lbfgs search -> throw new KanException(Status.INTERNAL, "L-BFGS has no learning rate");
        }
    }

    /** Updates made since the moments were last 0. */
    public long stepsOfMoments() {
        return steps - restartedAt;
    }

    /** Counts a step and sets its learning rate. */
    public void next(double learningRate) {
        steps++;
        prepare(config, learningRate);
    }

    private void prepare(MemorySegment struct, double learningRate) {
        switch (optimizer) {
            case Optimizer.AdamW adamW -> {
                kan_adamw.learning_rate(struct, learningRate);
                kan_adamw.step(struct, steps - restartedAt);
            }
            case Optimizer.Sgd sgd -> kan_sgd.learning_rate(struct, learningRate);
            case Lbfgs search -> {
            }
        }
    }

    /** Forgets the past: all moments 0, as after an update of the grids. The steps made are still counted. */
    public void restart() {
        moments.values().forEach(ParameterVector::clear);
        if (lbfgs != null) {
            lbfgs.reset();
        }
        restartedAt = steps;
    }

    /** Counts the iterations of a minimisation. */
    public void count(int iterations) {
        steps += iterations;
    }

    /** Steps made when the moments were last 0. */
    public long restartedAt() {
        return restartedAt;
    }

    /** Where a checkpoint left it. */
    public void setSteps(long made, long whenRestarted) {
        steps = made;
        restartedAt = whenRestarted;
    }

    /** The struct of the C ABI. */
    public MemorySegment config() {
        return config;
    }

    /** Copies steps and moments of a state of the same optimizer and model. */
    public void copyFrom(OptimizerState other) {
        if (!optimizer.getClass().equals(other.optimizer.getClass()) || !moments.keySet().equals(other.moments.keySet())) {
            throw KanException.invalid("the state of %s does not fit %s", other.optimizer, optimizer);
        }
        moments.forEach((name, vector) -> vector.copyFrom(other.moments.get(name)));
        if (lbfgs != null) {
            lbfgs.copyFrom(other.lbfgs);
        }
        steps = other.steps;
        restartedAt = other.restartedAt;
    }

    @Override
    public void close() {
        moments.values().forEach(ParameterVector::close);
        if (lbfgs != null) {
            lbfgs.close();
        }
        if (groups != null) {
            groups.memory.close();
        }
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
