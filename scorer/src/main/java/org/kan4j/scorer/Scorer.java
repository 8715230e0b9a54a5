// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model that kan4j trained, in plain Java. It computes in double precision whatever the model's type, so its results
 * are the model's own to the rounding of its numbers. Immutable: any number of threads may use one.
 */
public final class Scorer {

    private static final String PROPERTY = "property.";

    private final List<Layer> layers = new ArrayList<>();
    private final Map<String, String> properties = new LinkedHashMap<>();
    private final int widest;
    private final int scratch;

    private Scorer(byte[] bytes) {
        ModelFile file = new ModelFile(bytes);
        String model = file.metadata().get("model");
        if (model == null) {
            throw new ModelFormatException("its metadata have no 'model'");
        }
        Object specs = Json.object(model).get("layers");
        if (!(specs instanceof List) || ((List<?>) specs).isEmpty()) {
            throw new ModelFormatException("the model has no layers");
        }
        int most = Rows.NARROW;
        int values = 0;
        for (Object spec : (List<?>) specs) {
            Layer layer = Layers.read(new LayerFields(spec, file, layers.size()));
            if (!layers.isEmpty() && layers.get(layers.size() - 1).out != layer.in) {
                throw new ModelFormatException("layer " + layers.size() + " takes " + layer.in
                        + " features, the one before gives " + layers.get(layers.size() - 1).out);
            }
            layers.add(layer);
            most = Math.max(most, Math.max(layer.in, layer.out));
            values = Math.max(values, layer.scratch());
        }
        widest = most;
        scratch = values;
        for (Map.Entry<String, String> entry : file.metadata().entrySet()) {
            if (entry.getKey().startsWith(PROPERTY)) {
                properties.put(entry.getKey().substring(PROPERTY.length()), entry.getValue());
            }
        }
    }

    /**
     * Reads a model.
     *
     * @throws ModelFormatException if the file is none
     */
    public static Scorer read(Path file) throws IOException {
        try {
            return new Scorer(Files.readAllBytes(file));
        } catch (ModelFormatException e) {
            throw new ModelFormatException(file + ": " + e.getMessage());
        }
    }

    /** Reads a model, such as a resource, to its end; the caller closes the stream. */
    public static Scorer read(InputStream stream) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 16];
        for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
            bytes.write(buffer, 0, n);
        }
        return new Scorer(bytes.toByteArray());
    }

    /** Numbers of a row. */
    public int inputs() {
        return layers.get(0).in;
    }

    /** Numbers of a row's result. */
    public int outputs() {
        return layers.get(layers.size() - 1).out;
    }

    /** What the application wrote beside the model. */
    public Map<String, String> properties() {
        return Collections.unmodifiableMap(properties);
    }

    /** The results of rows given one after the other. */
    public double[] predict(double... x) {
        int in = inputs();
        int out = outputs();
        double[] y = new double[Math.multiplyExact(rows(x.length), out)];
        Run run = new Run();
        for (int from = 0, to = 0; to < y.length; from += in, to += out) {
            System.arraycopy(x, from, run.x, 0, in);
            run.layers();
            System.arraycopy(run.x, 0, y, to, out);
        }
        return y;
    }

    /** As {@link #predict(double...)}. */
    public float[] predict(float... x) {
        int in = inputs();
        int out = outputs();
        float[] y = new float[Math.multiplyExact(rows(x.length), out)];
        Run run = new Run();
        for (int from = 0, to = 0; to < y.length; from += in, to += out) {
            for (int i = 0; i < in; i++) {
                run.x[i] = x[from + i];
            }
            run.layers();
            for (int o = 0; o < out; o++) {
                y[to + o] = (float) run.x[o];
            }
        }
        return y;
    }

    /** The memory of a call. */
    private final class Run {
        private double[] x = new double[widest]; // the row, then the result
        private double[] y = new double[widest];
        private final double[] z = new double[widest];
        private final double[] values = new double[scratch];

        /** The result of x, in its place. */
        private void layers() {
            for (Layer layer : layers) {
                layer.apply(x, y, z, values);
                double[] swap = x;
                x = y;
                y = swap;
            }
        }
    }

    private int rows(int length) {
        if (length == 0 || length % inputs() != 0) {
            throw new IllegalArgumentException("the model takes rows of " + inputs() + " numbers, given " + length
                    + " numbers");
        }
        return length / inputs();
    }
}
