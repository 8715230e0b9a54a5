// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.error.UnsupportedException;
import org.kan4j.internal.Json;
import org.kan4j.io.Safetensors;
import org.kan4j.layer.LayerSpec;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;

/**
 * Turns the state dicts of published KAN implementations into kan4j models and back. Numbers are only moved, never
 * computed with: importing and exporting gives the same bits under the same names.
 */
public final class StateDicts {

    private StateDicts() {
    }

    /** Every tensor of a file, in an arena. */
    public static Map<String, HostTensor> tensors(Safetensors file, Arena arena) throws IOException {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        for (String name : file.entries().keySet()) {
            tensors.put(name, file.read(arena, name));
        }
        return tensors;
    }

    /**
     * A model from a state dict.
     *
     * @param what    how messages call it, such as its file
     * @param variant the implementation it comes from
     * @param tensors by name as PyTorch writes them, with or without a prefix; must stay alive while the result is used
     * @param config  constructor arguments as JSON, over the published defaults; null to go by the tensors alone
     * @return the caller closes its parameters
     */
    public static Imported load(String what, Variant variant, Map<String, HostTensor> tensors, String config) {
        return load(what, variant, tensors, config, (List<String>) null);
    }

    /**
     * A model from a state dict whose layers have names of the user's own.
     *
     * @param order what stands in the names before the published endings, such as {@code encoder, decoder}, first layer
     * first;     null where numbers tell it
     * @throws FormatException if there are no such numbers and no order
     */
    public static Imported load(String what, Variant variant, Map<String, HostTensor> tensors, String config,
            List<String> order) {
        return load(what, variant, tensors, config, null, false, order).imported();
    }

    /** As above, in a type of its own and with a layer for every map of the published model (see PublishedLayer). */
    static Loaded load(String what, Variant variant, Map<String, HostTensor> tensors, String config, DType dtype,
            boolean explicit, List<String> order) {
        Config arguments = Config.parse(variant, config);
        Map<String, Shape> shapes = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        StateDictLayout layout = StateDictLayout.of(what, variant, shapes, arguments, order);

        List<LayerSpec> specs = new ArrayList<>();
        List<Map<String, Integer>> roles = new ArrayList<>();
        Map<String, String> functions = new TreeMap<>();
        for (int l = 0; l < layout.layers(); l++) {
            Map<String, HostTensor> published = new HashMap<>();
            for (StateDictLayout.Entry entry : layout.entries()) {
                if (entry.layer() == l) {
                    published.put(entry.slot().key(), tensors.get(entry.key()));
                }
            }
            Map<String, Integer> places = new HashMap<>();
            PublishedLayer layer = new PublishedLayer(l, layout.sizes(l), published, explicit);
            try {
                int first = specs.size();
                variant.layers(layer, arguments.at(l)).forEach((role, spec) -> {
                    places.put(role, specs.size());
                    specs.add(spec);
                });
                functions.putAll(variant.functions(layer, places.getOrDefault("kan", first), arguments));
            } catch (UnsupportedException e) {
                throw new UnsupportedException(what + ": " + e.getMessage());
            } catch (KanException e) {
                throw new FormatException(what + ": " + e.getMessage(), e);
            }
            roles.add(places);
        }
        if (explicit && !functions.isEmpty()) {
            throw new UnsupportedException(what + ": edges are functions (pykan's symbolic ones), whose gradients kan4j does not "
                    + "compute; StateDicts.load reads the model");
        }
        DType type = dtype != null ? dtype : type(what, layout, tensors);
        Parameters parameters = Parameters.zeros(KanModel.of(type, specs));
        try {
            Map<String, TensorInfo> infos = new HashMap<>();
            parameters.tensors().forEach(info -> infos.put(info.name(), info));
            Map<String, String> names = new TreeMap<>();
            Map<String, HostTensor> carried = new TreeMap<>();
            Map<String, Placed> placed = new LinkedHashMap<>();
            for (StateDictLayout.Entry entry : layout.entries()) {
                Slot slot = entry.slot();
                String published = slot.key(entry.layer() + variant.firstIndex());
                if (!published.equals(entry.key())) {
                    names.put(published, entry.key());
                }
                Integer place = roles.get(entry.layer()).get(slot.role());
                TensorInfo info = place == null ? null : infos.get("layers." + place + "." + slot.tensor());
                HostTensor tensor = tensors.get(entry.key());
                placed.put(entry.key(), new Placed(slot, tensor.shape(), info));
                if (info != null) {
                    try (Arena arena = Arena.ofConfined()) {
                        parameters.set(info.name(), permuted(arena, tensor, slot.axes(), info.shape()).to(arena, type));
                    } catch (KanException e) {
                        throw new FormatException(what + ": " + entry.key() + ": " + e.getMessage(), e);
                    }
                } else if (slot.isCarried() || !explicit && slot.fill() != null && !isFill(slot, tensor)) {
                    carried.put(published, tensor);
                }
            }
            Origin origin = new Origin(variant, config == null ? "" : config, names, carried);
            return new Loaded(new Imported(parameters, origin, layout.names(), functions), Map.copyOf(placed));
        } catch (RuntimeException | Error e) {
            parameters.close();
            throw e;
        }
    }

    /** Where a state dict's tensor went: the model's tensor, or null where no layer holds it. */
    record Placed(Slot slot, Shape shape, TensorInfo info) {
    }

    /** A model, and where each tensor of the state dict went, by its name there. */
    record Loaded(Imported imported, Map<String, Placed> placed) {
    }

    /**
     * A model made from a state dict.
     *
     * @param parameters its numbers; the caller closes them
     * @param origin     what it remembers of the state dict
     * @param layers     the published layers found, first layer first, each by its name and widths
     * @param functions  edges that are functions, which the model itself does not have: an expression of x, and of phi, the
     *                   edge's value in the model, by {@code layer,input,output} of the model's layers
     */
    public record Imported(Parameters parameters, Origin origin, List<String> layers, Map<String, String> functions) {
    }

    /** The type of the model: that of all its tensors. */
    private static DType type(String what, StateDictLayout layout, Map<String, HostTensor> tensors) {
        DType type = null;
        for (StateDictLayout.Entry entry : layout.entries()) {
            DType found = tensors.get(entry.key()).dtype();
            if (entry.slot().isCarried()) {
                continue;
            }
            if (!found.isFloating() || type != null && found != type) {
                throw new FormatException(what + ": " + entry.key() + " is " + found + "; expected "
                        + (type == null ? "F32 or F64" : type + " as the tensors before it")
                        + " (model.float() or model.double() before saving makes them alike)");
            }
            type = found;
        }
        return type;
    }

    private static boolean isFill(Slot slot, HostTensor tensor) {
        HostTensor flat = tensor.reshape(tensor.size());
        for (int i = 0; i < flat.size(); i++) {
            if (Double.doubleToRawLongBits(flat.get(i)) != Double.doubleToRawLongBits(slot.fill().applyAsDouble(i))) {
                return false;
            }
        }
        return true;
    }

    /**
     * A state dict of a model.
     *
     * @param variant    the implementation it is for; a model it cannot express is refused by name
     * @param parameters of the model
     * @param origin     of a model that was imported, or null; used if the variant is the same
     * @param arena      where the tensors live
     */
    public static Exported save(Variant variant, Parameters parameters, Origin origin, Arena arena) {
        return save(variant, parameters, Map.of(), origin, arena);
    }

    /**
     * A state dict of a model some of whose edges are functions.
     *
     * @param functions as {@link Imported#functions}; only pykan has such edges
     */
    public static Exported save(Variant variant, Parameters parameters, Map<String, String> functions, Origin origin,
            Arena arena) {
        if (!functions.isEmpty() && !(variant instanceof Pykan)) {
            throw new UnsupportedException("edge " + functions.keySet().iterator().next() + " of the model is a function, which "
                    + "variant " + variant.name() + " has not; pykan has");
        }
        return laidOut(variant, parameters, functions, origin, arena).exported();
    }

    /** A state dict, and the configuration that describes its model whatever it was imported with. */
    record Laid(Exported exported, Map<String, Object> config) {
    }

    static Laid laidOut(Variant variant, Parameters parameters, Map<String, String> functions, Origin origin, Arena arena) {
        if (!(variant instanceof Pykan) || !PykanForm.changes(parameters)) {
            return inForm(variant, parameters, functions, origin, arena);
        }
        PykanForm form = PykanForm.of(parameters, functions);
        try (Parameters own = form.parameters()) {
            return inForm(variant, own, form.functions(), origin, arena);
        }
    }

    private static Laid inForm(Variant variant, Parameters parameters, Map<String, String> functions, Origin origin,
            Arena arena) {
        Origin same = origin != null && origin.variant() == variant ? origin
                : new Origin(variant, "", Map.of(), Map.of());
        Map<String, TensorInfo> infos = new HashMap<>();
        parameters.tensors().forEach(info -> infos.put(info.name(), info));
        LayerReader reader = new LayerReader(variant, parameters.model().layers());
        List<ExportedLayer> layers = new ArrayList<>();
        Map<String, HostTensor> tensors = new TreeMap<>();
        List<Object> names = new ArrayList<>();
        List<Long> widths = new ArrayList<>();
        while (reader.hasNext()) {
            int first = reader.index();
            int l = layers.size();
            Map<String, LayerSpec> taken = variant.take(reader);
            Map<String, Integer> places = new HashMap<>();
            taken.forEach((role, spec) -> places.put(role, places.size() + first));
            layers.add(new ExportedLayer(l, taken,
                    (role, tensor) -> parameters.get(arena, "layers." + places.get(role) + "." + tensor)));
            Map<String, Long> sizes = variant.sizes(taken);
            widths.add(sizes.get("I"));
            if (!reader.hasNext()) {
                widths.add(sizes.get("O"));
            }
            Map<String, HostTensor> published = new LinkedHashMap<>();
            for (Slot slot : variant.slots()) {
                TensorInfo info = infos.get("layers." + places.get(slot.role()) + "." + slot.tensor());
                HostTensor carried = same.carried().get(slot.key(l + variant.firstIndex()));
                Shape shape = slot.shape(sizes);
                if (info != null) {
                    if (variant.writes(slot.group(), taken)) {
                        published.put(slot.key(), restored(arena, parameters.get(arena, info.name()), slot.axes(), shape));
                    }
                } else if (carried != null && carried.shape().equals(shape)) {
                    published.put(slot.key(), carried);
                } else if (slot.fill() != null && (same != origin || !slot.isCarried() || !functions.isEmpty())) {
                    published.put(slot.key(), filled(arena, slot, parameters.model().dtype(), shape));
                }
            }
            names.add(variant.fix(new PublishedLayer(l, sizes, published, false), places.getOrDefault("kan", first), functions,
                    same.config(), arena));
            for (Slot slot : variant.slots()) {
                String key = slot.key(l + variant.firstIndex());
                String fresh = variant.sequential() ? slot.key(places.getOrDefault(slot.role(), first) + variant.firstIndex())
                        : key;
                if (published.containsKey(slot.key())) {
                    tensors.put(same == origin ? same.names().getOrDefault(key, key) : fresh, published.get(slot.key()));
                }
            }
        }
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("layers", widths);
        variant.describe(layers, names, config);
        Map<String, String> metadata = new LinkedHashMap<>(Map.of("format", "pt", "variant", variant.name()));
        String json = same == origin ? variant.kept(origin.config(), config) : Json.write(config);
        if (!json.isEmpty()) {
            metadata.put("config", json);
        }
        return new Laid(new Exported(tensors, metadata), config);
    }

    /**
     * A state dict.
     *
     * @param tensors  by name
     * @param metadata variant, and config as JSON
     */
    public record Exported(Map<String, HostTensor> tensors, Map<String, String> metadata) {
    }

    private static HostTensor filled(Arena arena, Slot slot, DType model, Shape shape) {
        HostTensor tensor = HostTensor.allocate(arena, slot.dtype() == null ? model : DType.valueOf(slot.dtype()),
                shape);
        HostTensor flat = tensor.reshape(shape.size());
        for (int i = 0; i < shape.size(); i++) {
            flat.set(slot.fill().applyAsDouble(i), i);
        }
        return tensor;
    }

    // ------------------------------------------------------------------------------------------------------------ axes

    /** A copy whose axes are in another order, seen as {@code natural}. */
    private static HostTensor permuted(Arena arena, HostTensor source, int[] axes, Shape natural) {
        long[] sizes = source.shape().toArray();
        if (natural.size() != source.size()) {
            throw new KanException(Status.INTERNAL, "a tensor of shape " + source.shape() + " for one of " + natural);
        }
        HostTensor target = HostTensor.allocate(arena, source.dtype(), natural);
        long[] strides = new long[axes.length];
        long[] extents = new long[axes.length];
        for (int a = 0; a < axes.length; a++) {
            extents[a] = sizes[axes[a]];
            strides[a] = stride(sizes, axes[a]);
        }
        copy(source, target, extents, strides, false);
        return target;
    }

    /** The inverse of {@link #permuted}: {@code shape} is that of the original. */
    static HostTensor restored(Arena arena, HostTensor natural, int[] axes, Shape shape) {
        long[] sizes = shape.toArray();
        HostTensor target = HostTensor.allocate(arena, natural.dtype(), shape);
        long[] strides = new long[axes.length];
        long[] extents = new long[axes.length];
        for (int a = 0; a < axes.length; a++) {
            extents[a] = sizes[axes[a]];
            strides[a] = stride(sizes, axes[a]);
        }
        copy(natural, target, extents, strides, true);
        return target;
    }

    private static long stride(long[] sizes, int axis) {
        long stride = 1;
        for (int a = axis + 1; a < sizes.length; a++) {
            stride *= sizes[a];
        }
        return stride;
    }

    /** Element by element: one side in order, the other ({@code scattered} the target) by strides. */
    private static void copy(HostTensor source, HostTensor target, long[] extents, long[] strides, boolean scattered) {
        long[] index = new long[extents.length];
        long far = 0;
        for (long near = 0, n = source.size(); near < n; near++) {
            long from = scattered ? near : far;
            long to = scattered ? far : near;
            copyElement(source.segment(), from, target.segment(), to, source.dtype().bytes());
            for (int a = extents.length - 1; a >= 0; a--) {
                far += strides[a];
                if (++index[a] < extents[a]) {
                    break;
                }
                far -= strides[a] * extents[a];
                index[a] = 0;
            }
        }
    }

    private static void copyElement(MemorySegment source, long from, MemorySegment target, long to, int bytes) {
        if (bytes == Integer.BYTES) {
            target.setAtIndex(ValueLayout.JAVA_INT, to, source.getAtIndex(ValueLayout.JAVA_INT, from));
        } else {
            target.setAtIndex(ValueLayout.JAVA_LONG, to, source.getAtIndex(ValueLayout.JAVA_LONG, from));
        }
    }
}
