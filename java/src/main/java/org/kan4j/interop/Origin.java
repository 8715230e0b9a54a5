// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.kan4j.error.Counted;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.internal.Json;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;

/**
 * What a model imported from a state dict remembers of it, so that exporting it gives the same state dict back.
 *
 * @param variant the published implementation
 * @param config  the constructor arguments that were given, as JSON; empty where there were none
 * @param names   names that differ from the published ones, by the published name
 * @param carried tensors that have no part in the function, by their published name
 */
public record Origin(Variant variant, String config, Map<String, String> names, Map<String, HostTensor> carried) {

    /** Name of the checkpoint property that holds an origin. */
    public static final String PROPERTY = "interop.origin";

    /** Copies the maps. */
    public Origin {
        names = Map.copyOf(names);
        carried = Collections.unmodifiableMap(new TreeMap<>(carried));
    }

    /** As text, for a checkpoint's properties; the carried tensors' bytes in base 64. */
    public String toJson() {
        Map<String, Object> tensors = new LinkedHashMap<>();
        carried.forEach((name, tensor) -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("dtype", tensor.dtype().name());
            entry.put("shape", Arrays.stream(tensor.shape().toArray()).boxed().toList());
            entry.put("data", Base64.getEncoder().encodeToString(tensor.segment().toArray(ValueLayout.JAVA_BYTE)));
            tensors.put(name, entry);
        });
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("variant", variant.name());
        json.put("config", config);
        json.put("names", new TreeMap<>(names));
        json.put("carried", tensors);
        return Json.write(json);
    }

    /** The origin in a checkpoint's properties, or null where there is none. */
    public static Origin of(Map<String, String> properties, Arena arena) {
        String text = properties.get(PROPERTY);
        if (text == null) {
            return null;
        }
        try {
            Map<String, Object> json = Json.parseObject(text);
            Map<String, String> names = new LinkedHashMap<>();
            ((Map<?, ?>) json.get("names")).forEach((key, value) -> names.put((String) key, (String) value));
            Map<String, HostTensor> carried = new LinkedHashMap<>();
            ((Map<?, ?>) json.get("carried"))
                    .forEach((key, value) -> carried.put((String) key, tensor((Map<?, ?>) value, arena)));
            return new Origin(Variant.of((String) json.get("variant")), (String) json.get("config"), names, carried);
        } catch (Json.ParseException | ClassCastException | NullPointerException | IllegalArgumentException
                | KanException e) {
            throw new FormatException("the checkpoint's property " + PROPERTY + " is damaged: " + e.getMessage(), e);
        }
    }

    private static HostTensor tensor(Map<?, ?> entry, Arena arena) {
        long[] axes = ((List<?>) entry.get("shape")).stream().mapToLong(axis -> (Long) axis).toArray();
        byte[] data = Base64.getDecoder().decode((String) entry.get("data"));
        DType dtype = DType.valueOf((String) entry.get("dtype"));
        Shape shape = Shape.of(axes);
        if (shape.size() != data.length / dtype.bytes() || data.length % dtype.bytes() != 0) {
            throw new FormatException(Counted.of(data.length, "byte") + " for the shape " + shape + " of " + dtype);
        }
        HostTensor tensor = HostTensor.allocate(arena, dtype, shape);
        MemorySegment.copy(MemorySegment.ofArray(data), 0, tensor.segment(), 0, data.length);
        return tensor;
    }
}
