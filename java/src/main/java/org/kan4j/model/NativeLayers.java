// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.device.Device;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.error.Status;
import org.kan4j.ffi.Kan;
import org.kan4j.ffi.kan_layer_sizes;
import org.kan4j.ffi.kan_layer_spec;
import org.kan4j.ffi.kan_tensor_info;
import org.kan4j.internal.Native;
import org.kan4j.internal.NativeContext;
import org.kan4j.internal.memory.Memory;
import org.kan4j.layer.LayerSpec;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;

/**
 * The native layer handles of a model, immutable and usable from every context, and a context of one thread to convert
 * tensors between their natural and the kernels' layout.
 */
final class NativeLayers implements AutoCloseable {

    private final KanModel model;
    private final Context converter;
    private final NativeContext inside;
    private final MemorySegment[] handles;
    private final ModelLayout layout;

    private NativeLayers(KanModel model, Context converter, MemorySegment[] handles, ModelLayout layout) {
        this.model = model;
        this.converter = converter;
        this.inside = NativeContext.of(converter);
        this.handles = handles;
        this.layout = layout;
    }

    static NativeLayers create(KanModel model) {
        Context converter = Context.open(ContextOptions.defaults().withDevice(Device.cpu()).withThreads(1));
        try {
            MemorySegment[] handles = new MemorySegment[model.layers().size()];
            for (int i = 0; i < handles.length; i++) {
                handles[i] = createLayer(converter, model.dtype(), model.layers().get(i));
            }
            ModelLayout layout = layout(model.dtype(), converter, handles);
            model.learned(layout);
            return new NativeLayers(model, converter, handles, layout);
        } catch (RuntimeException | Error e) {
            converter.close();
            throw e;
        }
    }

    private static MemorySegment createLayer(Context context, DType dtype, LayerSpec layer) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment spec = local.allocate(kan_layer_spec.layout());
            kan_layer_spec.struct_size(spec, (int) spec.byteSize());
            kan_layer_spec.struct_version(spec, 1);
            kan_layer_spec.dtype(spec, dtype.code());
            kan_layer_spec.in_features(spec, layer.in());
            kan_layer_spec.out_features(spec, layer.out());
            LayerStructs.fill(spec, layer);
            MemorySegment out = local.allocate(ValueLayout.ADDRESS);
            NativeContext owner = NativeContext.of(context);
            Native.check(Kan.kan_layer_create(owner.handle(), spec, out), owner.handle());
            return owner.own(out.get(ValueLayout.ADDRESS, 0), NativeLayers::destroy);
        }
    }

    private static void destroy(MemorySegment handle) {
        int status = Kan.kan_layer_destroy(handle);
        if (status != Kan.KAN_OK()) {
            System.getLogger("org.kan4j").log(Level.WARNING, "closing a layer returned the status " + Status.of(status));
        }
    }

    private static ModelLayout layout(DType dtype, Context context, MemorySegment[] handles) {
        long line = Memory.ALIGNMENT / dtype.bytes();
        List<ModelLayout.Layer> layers = new ArrayList<>();
        List<TensorInfo> tensors = new ArrayList<>();
        long parameterCount = 0;
        long parameterEnd = 0;
        long bufferEnd = 0;
        try (Arena local = Arena.ofConfined()) {
            MemorySegment info = local.allocate(kan_tensor_info.layout());
            for (int l = 0; l < handles.length; l++) {
                Sizes sizes = sizes(context, handles[l], 1, Kan.KAN_MODE_INFER());
                layers.add(new ModelLayout.Layer(parameterEnd, sizes.params(), bufferEnd, sizes.buffers()));
                parameterCount += sizes.params();
                parameterEnd = roundUp(Math.addExact(parameterEnd, sizes.params()), line);
                bufferEnd = roundUp(Math.addExact(bufferEnd, sizes.buffers()), line);
                for (int t = 0; t < sizes.tensors(); t++) {
                    tensors.add(tensor(context, handles[l], l, t, info));
                }
            }
        }
        return new ModelLayout(dtype, parameterCount, parameterEnd, bufferEnd, List.copyOf(layers),
                List.copyOf(tensors));
    }

    private static TensorInfo tensor(Context context, MemorySegment handle, int layer, int index, MemorySegment info) {
        info.fill((byte) 0);
        kan_tensor_info.struct_size(info, (int) info.byteSize());
        kan_tensor_info.struct_version(info, 1);
        MemorySegment owner = NativeContext.of(context).handle();
        Native.check(Kan.kan_layer_tensor(owner, handle, index, info), owner);
        long[] axes = new long[kan_tensor_info.rank(info)];
        for (int i = 0; i < axes.length; i++) {
            axes[i] = kan_tensor_info.shape(info, i);
        }
        TensorInfo.Role role = kan_tensor_info.role(info) == Kan.KAN_ROLE_PARAM() ? TensorInfo.Role.PARAMETER
                : TensorInfo.Role.BUFFER;
        String name = kan_tensor_info.name(info).getString(0);
        return new TensorInfo("layers." + layer + "." + name, role, Shape.of(axes), layer, index);
    }

    private static long roundUp(long value, long multiple) {
        return Math.addExact(value, multiple - 1) / multiple * multiple;
    }

    /**
     * What {@code kan_layer_query} says.
     *
     * @param params trainable numbers
     * @param buffers numbers that are not trained
     * @param tensors named tensors
     * @param savedBytes memory between forward and backward
     * @param scratchBytes memory of one call
     */
    record Sizes(long params, long buffers, long tensors, long savedBytes, long scratchBytes) {
    }

    static Sizes sizes(Context context, MemorySegment layer, long batch, int mode) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment sizes = local.allocate(kan_layer_sizes.layout());
            kan_layer_sizes.struct_size(sizes, (int) sizes.byteSize());
            kan_layer_sizes.struct_version(sizes, 1);
            MemorySegment owner = NativeContext.of(context).handle();
            Native.check(Kan.kan_layer_query(owner, layer, batch, mode, sizes), owner);
            return new Sizes(kan_layer_sizes.params(sizes), kan_layer_sizes.buffers(sizes),
                    kan_layer_sizes.tensors(sizes), kan_layer_sizes.saved_bytes(sizes),
                    kan_layer_sizes.scratch_bytes(sizes));
        }
    }

    public ModelLayout layout() {
        return layout;
    }

    int count() {
        return handles.length;
    }

    MemorySegment handle(int layer) {
        return handles[layer];
    }

    /** Copies a tensor out of its layer's part of a flat array into natural order. */
    void get(TensorInfo tensor, Memory memory, MemorySegment part, HostTensor natural) {
        requireNatural(tensor, natural);
        try (Arena local = Arena.ofConfined()) {
            MemorySegment numbers = onHost(tensor, memory, part, local);
            synchronized (converter) {
                Native.check(Kan.kan_layer_tensor_get(inside.handle(), handles[tensor.layer()], tensor.index(),
                        numbers, natural.segment()), inside.handle());
            }
        }
    }

    /** Copies a tensor in natural order into its layer's part of a flat array. */
    void set(TensorInfo tensor, HostTensor natural, Memory memory, MemorySegment part) {
        requireNatural(tensor, natural);
        try (Arena local = Arena.ofConfined()) {
            MemorySegment numbers = onHost(tensor, memory, part, local);
            synchronized (converter) {
                Native.check(Kan.kan_layer_tensor_set(inside.handle(), handles[tensor.layer()], tensor.index(),
                        natural.segment(), numbers), inside.handle());
            }
            if (memory.context() != null) {
                memory.write(numbers, part, numbers.byteSize());
            }
        } catch (KanException e) {
            throw new KanException(e.status(), tensor.name() + ": " + e.getMessage(), e);
        }
    }

    /** A layer's numbers where the conversion can read and write them: themselves, or a copy of those on a device. */
    private MemorySegment onHost(TensorInfo tensor, Memory memory, MemorySegment part, Arena local) {
        if (memory.context() == null) {
            return part;
        }
        ModelLayout.Layer layer = layout.layers().get(tensor.layer());
        long count = tensor.role() == TensorInfo.Role.PARAMETER ? layer.parameters() : layer.buffers();
        MemorySegment copy = local.allocate(count * layout.dtype().bytes(), Memory.ALIGNMENT);
        memory.read(part, copy, copy.byteSize());
        return copy;
    }

    /**
     * Fills values (rows, in, functions) with a KAN layer's basis functions at x (rows, in); parameters of the host.
     */
    void basis(int layer, HostTensor x, Parameters parameters, HostTensor values) {
        synchronized (converter) {
            Native.check(Kan.kan_layer_basis(inside.handle(), handles[layer], x.rows(), x.segment(),
                    parameters.values().part(layer), parameters.bufferPart(layer), values.segment()), inside.handle());
        }
    }

    private void requireNatural(TensorInfo tensor, HostTensor natural) {
        if (natural.dtype() != model.dtype()) {
            throw KanException.invalid("%s is of %s, given %s", tensor.name(), model.dtype(), natural.dtype());
        }
        if (!natural.shape().equals(tensor.shape())) {
            throw new ShapeException(tensor.name() + " has the shape " + tensor.shape() + ", given " + natural.shape());
        }
    }

    @Override
    public void close() {
        converter.close();
    }
}
