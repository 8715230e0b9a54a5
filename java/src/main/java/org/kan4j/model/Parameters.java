// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.kan4j.device.Context;
import org.kan4j.device.Device;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.internal.Forgotten;
import org.kan4j.internal.Inside;
import org.kan4j.internal.memory.HostMemory;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.passes.Chain;
import org.kan4j.internal.passes.NativeParameters;
import org.kan4j.internal.passes.Passes;
import org.kan4j.tensor.HostTensor;

/**
 * The numbers of a model: one flat array of trainable parameters and one of buffers (knots, masks, running statistics),
 * both off the heap or on a device ({@link #onto}), and owned by this object. Tensors are named {@code
 * layers.<layer>.<tensor>}, as {@link KanModel#tensors} lists them, and copied in and out in their natural shape.
 *
 * <p>Many threads may read the parameters at once (a {@link org.kan4j.serve.Predictor} does); training them at the same
 * time is the caller's to prevent.
 */
public final class Parameters implements AutoCloseable {

    /** In place of a count of changes, where somebody may change the numbers and nobody sees it. */
    static final long UNSEEN = -1;
    private static final long LOOK_NANOS = 100_000;

    static {
        Inside.show(Parameters.class, NativeParameters.class, Parameters::inside);
    }

    private final KanModel model;
    private final NativeLayers layers;
    private final ParameterVector values;
    private final Memory memory;
    private final MemorySegment buffers;
    private final MemorySegment[] bufferParts;
    /** Predictors that run with these numbers. */
    private final Set<AutoCloseable> users = Collections.newSetFromMap(new WeakHashMap<>());
    private final AtomicLong changes = new AtomicLong();
    private volatile boolean viewed;
    private final Runnable free;
    private final Forgotten forgotten;
    private volatile boolean closed;

    /** Parameters of zeros, which own the memory. */
    private Parameters(KanModel model, Memory memory) {
        this.model = model;
        this.memory = memory;
        NativeLayers handles = null;
        try {
            handles = NativeLayers.create(model);
            this.layers = handles;
            ModelLayout layout = layers.layout();
            this.buffers = memory.allocate(bufferBytes());
            this.bufferParts = new MemorySegment[layers.count()];
            for (int i = 0; i < bufferParts.length; i++) {
                ModelLayout.Layer layer = layout.layers().get(i);
                bufferParts[i] = memory.slice(buffers, layer.bufferOffset() * model.dtype().bytes(),
                        layer.buffers() * model.dtype().bytes());
            }
            this.values = new ParameterVector(layers, memory, this);
            NativeLayers made = layers;
            this.free = () -> {
                closeWhenIdle(memory);
                made.close();
            };
            this.forgotten = Forgotten.watch(this, "a Parameters of " + layout.parameterCount() + " numbers", free);
        } catch (RuntimeException | Error e) {
            memory.close();
            if (handles != null) {
                handles.close();
            }
            throw e;
        }
    }

    private long bufferBytes() {
        return layers.layout().bufferLength() * model.dtype().bytes();
    }

    /**
     * Parameters whose weights are zero. What gives a basis its form (knots, centres, frequencies) is as the model
     * says, masks are 1, norms are the identity.
     */
    public static Parameters zeros(KanModel model) {
        Parameters parameters = new Parameters(model, HostMemory.shared());
        try {
            new Initialiser(parameters, Initialisation.PUBLISHED, 0).structure();
            return parameters;
        } catch (RuntimeException | Error e) {
            parameters.close();
            throw e;
        }
    }

    /** Random initial parameters, each layer's as published for its basis. The same seed gives the same numbers. */
    public static Parameters initialise(KanModel model, long seed) {
        return initialise(model, Initialisation.PUBLISHED, seed);
    }

    /** Random initial parameters. The same seed gives the same numbers. */
    public static Parameters initialise(KanModel model, Initialisation initialisation, long seed) {
        Parameters parameters = new Parameters(model, HostMemory.shared());
        try {
            Initialiser initialiser = new Initialiser(parameters, initialisation, seed);
            initialiser.structure();
            initialiser.weights();
            return parameters;
        } catch (RuntimeException | Error e) {
            parameters.close();
            throw e;
        }
    }

    /** The topology. */
    public KanModel model() {
        return model;
    }

    /** The trainable numbers. */
    public ParameterVector values() {
        return values;
    }

    /**
     * The numbers that are not trained, in the kernels' own order.
     *
     * @throws KanException if they are on a device
     */
    public HostTensor buffers() {
        if (memory.context() != null) {
            throw KanException.invalid("the parameters are on %s, out of the host's reach; copy them into parameters in "
                    + "the host's memory with Parameters.copyFrom", memory.place());
        }
        requireOpen();
        lent();
        return HostTensor.wrap(buffers, model.dtype(), layers.layout().bufferLength());
    }

    /** Every tensor, trainable or not. */
    public List<TensorInfo> tensors() {
        return layers.layout().tensors();
    }

    /** A copy of one tensor in its natural shape. */
    public HostTensor get(Arena target, String name) {
        requireOpen();
        TensorInfo tensor = layers.layout().tensor(name);
        HostTensor natural = HostTensor.allocate(target, model.dtype(), tensor.shape());
        layers.get(tensor, memory, part(tensor), natural);
        return natural;
    }

    /**
     * Replaces one tensor.
     *
     * @param natural of the model's type and the tensor's natural shape
     */
    public void set(String name, HostTensor natural) {
        requireOpen();
        TensorInfo tensor = layers.layout().tensor(name);
        layers.set(tensor, natural, memory, part(tensor));
        changed();
    }

    private MemorySegment part(TensorInfo tensor) {
        return tensor.role() == TensorInfo.Role.PARAMETER ? values.part(tensor.layer()) : bufferParts[tensor.layer()];
    }

    /**
     * A vector of zeros in the layout of the trainable numbers, where these are: for gradients, moments. The caller
     * closes it.
     */
    public ParameterVector newVector() {
        return newVectors(1).getFirst();
    }

    /**
     * At least one of {@link #newVector} in one piece of memory, which is freed when the last is closed: less work than each alone.
     */
    public List<ParameterVector> newVectors(int count) {
        if (count < 1) {
            throw KanException.invalid("expected at least one vector, given %d", count);
        }
        Memory together = memory.another();
        AtomicInteger open = new AtomicInteger(count);
        List<ParameterVector> vectors = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            vectors.add(new ParameterVector(layers, together, open));
        }
        return vectors;
    }

    /** Copies all numbers, buffers included, of parameters of an equal model, wherever either is. */
    public void copyFrom(Parameters other) {
        if (!model.equals(other.model)) {
            throw new ShapeException("the parameters belong to a different model: " + other.model);
        }
        requireOpen();
        other.requireOpen();
        values.copyFrom(other.values);
        copyBuffersFrom(other);
    }

    /** Copies the numbers that are not trained. */
    public void copyBuffersFrom(Parameters other) {
        Memory.transfer(other.memory, other.buffers, memory, buffers, bufferBytes());
        changed();
    }

    /** A copy that owns its memory, in the same place. */
    public Parameters copy() {
        return copyInto(memory.another());
    }

    /**
     * A copy for a context: on its device, for its use alone, or in the host's memory. The caller closes it.
     *
     * @throws org.kan4j.error.DeviceMemoryException if the device has not so much memory left
     */
    public Parameters onto(Context context) {
        return copyInto(Memory.shared(context));
    }

    private Parameters copyInto(Memory target) {
        Parameters parameters = new Parameters(model, target);
        try {
            parameters.copyFrom(this);
            return parameters;
        } catch (RuntimeException | Error e) {
            parameters.close();
            throw e;
        }
    }

    /** What some work on a context gives with these, or with a copy of them where they are elsewhere. */
    public <T> T on(Context context, Function<Parameters, T> work) {
        if (memory.context() == (context.isCuda() ? context : null)) {
            return work.apply(this);
        }
        try (Parameters copy = onto(context)) {
            return work.apply(copy);
        }
    }

    /** The device they are on. */
    public Device device() {
        return memory.context() == null ? Device.cpu() : memory.context().device();
    }

    /** Refuses a context whose kernels cannot use these numbers. */
    public void requireUsableOn(Context context) {
        requireOpen();
        Context owner = memory.context();
        if (owner == null ? context.isCuda() : owner != context) {
            throw KanException.invalid("the parameters are in %s and the context is on %s; copy them there with "
                    + "Parameters.onto(context)",
                    owner == null ? memory.place() : "the memory of "
                            + (owner.device().equals(context.device()) ? "another context on " : "") + memory.place(),
                    context.device());
        }
    }

    /** Refuses a vector that is not of these parameters' size and in their place. */
    public void requireFit(ParameterVector vector) {
        if (vector.length() != values.length() || vector.dtype() != values.dtype()) {
            throw new ShapeException("gradients of " + vector.dtype() + "[" + vector.length() + "] for parameters of "
                    + values.dtype() + "[" + values.length() + "]");
        }
        if (vector.memory().context() != memory.context()) {
            throw KanException.invalid("the gradients are in %s, the parameters in %s", vector.memory().place(),
                    memory.place());
        }
    }

    NativeLayers layers() {
        return layers;
    }

    /** The buffers of one layer. */
    MemorySegment bufferPart(int layer) {
        return bufferParts[layer];
    }

    /**
     * Refuses any use once they are closed.
     *
     * @throws IllegalStateException if they are
     */
    public void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the parameters are closed");
        }
    }

    /** A view of numbers was handed out. */
    void lent() {
        viewed = true;
        forgotten.lent();
    }

    /** The numbers have changed, or are about to by what was handed out inside the library. */
    void changed() {
        changes.incrementAndGet();
    }

    /** How often the numbers may have changed, or {@link #UNSEEN}. */
    long changes() {
        return viewed ? UNSEEN : changes.get();
    }

    private NativeParameters inside() {
        return new NativeParameters() {
            @Override
            public Passes passes(Context context, long maxRows) {
                return new LayerPasses(context, Parameters.this, maxRows, false, Memory.shared(context));
            }

            @Override
            public Chain chain(Context context, long maxRows) {
                return new LayerChain(context, Parameters.this, maxRows);
            }

            @Override
            public void uses(AutoCloseable user) {
                synchronized (users) {
                    requireOpen();
                    users.add(user);
                }
            }

            @Override
            public void usesNoMore(AutoCloseable user) {
                synchronized (users) {
                    users.remove(user);
                }
            }
        };
    }

    /**
     * Closes the predictors that serve these numbers, refuses other calls and waits for those that run, then frees the
     * numbers; does nothing the second time.
     */
    @Override
    public void close() {
        List<AutoCloseable> running;
        synchronized (users) {
            if (closed) {
                return;
            }
            closed = true;
            running = List.copyOf(users);
        }
        for (AutoCloseable user : running) {
            try {
                user.close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException("a predictor's close throws nothing of its own", e);
            }
        }
        free.run();
        forgotten.closed();
    }

    /** Memory that a call is running on cannot be freed; the call ends soon and no other begins. */
    static void closeWhenIdle(Memory memory) {
        boolean interrupted = false;
        while (memory.isAlive()) {
            try {
                memory.close();
            } catch (IllegalStateException e) {
                LockSupport.parkNanos(LOOK_NANOS);
                interrupted |= Thread.interrupted(); // it would keep this from waiting
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
