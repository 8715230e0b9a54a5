// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A model that kan4j trained, in plain Java. It computes in double precision whatever the model's type, so its results
 * are the model's own to the rounding of its numbers. Immutable: any number of threads may use one.
 */
public final class Scorer {

    private static final String PROPERTY = "property.";
    /** Bytes that an array holds. */
    private static final int LARGEST = Integer.MAX_VALUE - 8;

    private final Layer[] layers;
    private final Map<String, String> properties = new LinkedHashMap<>();
    private final int widest;
    private final int scratch;
    private final AtomicReference<Work> spare = new AtomicReference<>();

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
        layers = new Layer[((List<?>) specs).size()];
        int most = Rows.FEW;
        int values = 0;
        for (int l = 0; l < layers.length; l++) {
            Layer layer = Layers.read(new LayerFields(((List<?>) specs).get(l), file, l));
            if (l > 0 && layers[l - 1].out != layer.in) {
                throw new ModelFormatException("layer " + l + " takes " + layer.in + " features, the one before gives "
                        + layers[l - 1].out);
            }
            layers[l] = layer;
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
            requireArray(Files.size(file));
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
            requireArray((long) bytes.size() + n);
            bytes.write(buffer, 0, n);
        }
        return new Scorer(bytes.toByteArray());
    }

    private static void requireArray(long bytes) {
        if (bytes > LARGEST) {
            throw new ModelFormatException("it has " + bytes + " bytes or more, kan4j-scorer reads models of up to " + LARGEST
                    + "; kan4j itself and ONNX Runtime (kan4j export) take larger ones");
        }
    }

    /** Numbers of a row. */
    public int inputs() {
        return layers[0].in;
    }

    /** Numbers of a row's result. */
    public int outputs() {
        return layers[layers.length - 1].out;
    }

    /** What the application wrote beside the model. */
    public Map<String, String> properties() {
        return Collections.unmodifiableMap(properties);
    }

    /** The results of rows given one after the other. */
    public double[] predict(double... x) {
        int in = inputs();
        int out = outputs();
        double[] y = new double[rows(x.length) * out];
        Work work = take();
        for (int from = 0, to = 0; to < y.length; from += in, to += out) {
            System.arraycopy(x, from, work.x, 0, in);
            run(work);
            System.arraycopy(work.x, 0, y, to, out);
        }
        spare.lazySet(work);
        return y;
    }

    /** As {@link #predict(double...)}. */
    public float[] predict(float... x) {
        int in = inputs();
        int out = outputs();
        float[] y = new float[rows(x.length) * out];
        Work work = take();
        for (int from = 0, to = 0; to < y.length; from += in, to += out) {
            for (int i = 0; i < in; i++) {
                work.x[i] = x[from + i];
            }
            run(work);
            for (int o = 0; o < out; o++) {
                y[to + o] = (float) work.x[o];
            }
        }
        spare.lazySet(work);
        return y;
    }

    /** Memory for a call: that of one before it, unless another thread has it. */
    private Work take() {
        Work work = spare.getAndSet(null);
        return work == null ? new Work(widest, scratch) : work;
    }

    /** The result of the row x, in its place. */
    private void run(Work work) {
        for (Layer layer : layers) {
            layer.apply(work.x, work.y, work);
            double[] swap = work.x;
            work.x = work.y;
            work.y = swap;
        }
    }

    private int rows(int length) {
        if (length == 0 || length % inputs() != 0) {
            throw new IllegalArgumentException("the model takes rows of " + inputs() + " numbers, given " + length
                    + " numbers");
        }
        int rows = length / inputs();
        if ((long) rows * outputs() > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("the results of " + rows + " rows are more than an array holds");
        }
        return rows;
    }
}
