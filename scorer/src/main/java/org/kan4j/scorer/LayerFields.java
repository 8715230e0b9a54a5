// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

import java.util.Map;

/** The description of a layer in the model's JSON, and its tensors. */
final class LayerFields {

    private static final long MOST = 1 << 28;

    private final Map<?, ?> fields;
    private final ModelFile file;
    private final int index;

    LayerFields(Object fields, ModelFile file, int index) {
        if (!(fields instanceof Map)) {
            throw new ModelFormatException("layer " + index + " is no object");
        }
        this.fields = (Map<?, ?>) fields;
        this.file = file;
        this.index = index;
    }

    private ModelFormatException bad(String key, String expected) {
        return new ModelFormatException("layer " + index + " needs " + expected + " for '" + key + "', given "
                + fields.get(key));
    }

    /** Another description inside. */
    LayerFields inner(String key) {
        return new LayerFields(fields.get(key), file, index);
    }

    String text(String key) {
        if (!(fields.get(key) instanceof String)) {
            throw bad(key, "a text");
        }
        return (String) fields.get(key);
    }

    boolean flag(String key) {
        if (!(fields.get(key) instanceof Boolean)) {
            throw bad(key, "true or false");
        }
        return (Boolean) fields.get(key);
    }

    double number(String key) {
        if (!(fields.get(key) instanceof Double)) {
            throw bad(key, "a number");
        }
        return (Double) fields.get(key);
    }

    int whole(String key) {
        long value = ModelFile.whole(fields.get(key), "layer " + index + ", '" + key + "',");
        if (value > MOST) {
            throw bad(key, "at most " + MOST);
        }
        return (int) value;
    }

    /** A number of something of which there is one at least. */
    int positive(String key) {
        int value = whole(key);
        if (value == 0) {
            throw bad(key, "at least 1");
        }
        return value;
    }

    /** A product of numbers of the layer. */
    int product(int a, int b) {
        if ((long) a * b > MOST) {
            throw new ModelFormatException("layer " + index + " is too large");
        }
        return a * b;
    }

    /** The numbers of a tensor of the layer. */
    double[] tensor(String tensor, long... shape) {
        long count = 1;
        for (long axis : shape) {
            count *= axis;
            if (count > Integer.MAX_VALUE) {
                throw new ModelFormatException("layers." + index + "." + tensor + " is too large");
            }
        }
        return file.numbers("layers." + index + "." + tensor, count);
    }

    /** What the layer is not. */
    ModelFormatException unknown(String what, String name) {
        return new ModelFormatException("layer " + index + " has the " + what + " '" + name
                + "', which this kan4j-scorer does not know; a newer one may");
    }
}
