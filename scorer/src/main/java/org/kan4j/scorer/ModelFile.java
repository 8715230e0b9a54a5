// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A checkpoint of kan4j in memory: a safetensors file whose metadata hold the model. */
final class ModelFile {

    private static final int FORMAT_VERSION = 1;

    private final ByteBuffer data;
    private final Map<String, Object> tensors;
    private final Map<String, String> metadata = new LinkedHashMap<>();

    /** Checks the header. */
    ModelFile(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long length = bytes.length < 8 ? -1 : buffer.getLong(0);
        if (length < 2 || length > bytes.length - 8) {
            throw new ModelFormatException("not a whole safetensors file: " + bytes.length
                    + " bytes, its header claims " + length);
        }
        tensors = Json.object(new String(bytes, 8, (int) length, StandardCharsets.UTF_8));
        Object texts = tensors.remove("__metadata__");
        if (texts instanceof Map) {
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) texts).entrySet()) {
                metadata.put((String) entry.getKey(), String.valueOf(entry.getValue()));
            }
        }
        buffer.position(8 + (int) length);
        data = buffer.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (!"kan4j".equals(metadata.get("format"))) {
            throw new ModelFormatException("a safetensors file but not a model of kan4j; kan4j import makes one of a state dict");
        }
        if (!String.valueOf(FORMAT_VERSION).equals(metadata.get("format_version"))) {
            throw new ModelFormatException("a model of format version " + metadata.get("format_version")
                    + "; this kan4j-scorer reads version " + FORMAT_VERSION);
        }
    }

    /** The metadata by name. */
    Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    /** The numbers of a tensor, of which there must be so many. */
    double[] numbers(String name, long count) {
        Object entry = tensors.get(name);
        if (!(entry instanceof Map)) {
            throw new ModelFormatException("the tensor " + name + " is missing");
        }
        Object dtype = ((Map<?, ?>) entry).get("dtype");
        Object offsets = ((Map<?, ?>) entry).get("data_offsets");
        int size = "F32".equals(dtype) ? 4 : "F64".equals(dtype) ? 8 : 0;
        if (size == 0 || !(offsets instanceof List) || ((List<?>) offsets).size() != 2) {
            throw new ModelFormatException("the tensor " + name
                    + " must have dtype F32 or F64 and data_offsets, it has " + entry);
        }
        long begin = whole(((List<?>) offsets).get(0), name);
        long end = whole(((List<?>) offsets).get(1), name);
        if (begin > end || end > data.capacity() || end - begin != count * size || count > Integer.MAX_VALUE - 8) {
            throw new ModelFormatException("the tensor " + name + " takes the bytes " + begin + " to " + end + " of "
                    + data.capacity() + ", expected " + count + " numbers of " + size + " bytes");
        }
        double[] numbers = new double[(int) count];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = size == 4 ? data.getFloat((int) begin + 4 * i) : data.getDouble((int) begin + 8 * i);
        }
        return numbers;
    }

    static long whole(Object value, String what) {
        if (value instanceof Double && (Double) value == Math.rint((Double) value) && (Double) value >= 0
                && (Double) value <= 1L << 53) {
            return ((Double) value).longValue();
        }
        throw new ModelFormatException(what + " needs a whole number, given " + value);
    }
}
