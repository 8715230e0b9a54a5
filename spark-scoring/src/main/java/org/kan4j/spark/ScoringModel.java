// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Serializable;
import java.lang.ref.SoftReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.ml.linalg.DenseVector;
import org.apache.spark.ml.linalg.Vector;
import org.kan4j.scorer.ModelFormatException;
import org.kan4j.scorer.Scorer;

/**
 * A checkpoint at work. It travels as its bytes; what arrives in a VM a second time is the one that is there already, so that all
 * tasks of an executor share one.
 */
final class ScoringModel implements Serializable {

    private static final long serialVersionUID = 1L;
    private static final Map<String, SoftReference<ScoringModel>> SHARED = new ConcurrentHashMap<>();

    private final byte[] file;
    private final String name;
    private final transient Scorer scorer;
    private final transient RowEncoding encoding;

    private ScoringModel(byte[] file, String name) {
        this.file = file;
        this.name = name;
        try {
            scorer = Scorer.read(new ByteArrayInputStream(file));
            encoding = RowEncoding.of(scorer);
        } catch (IOException | ModelFormatException | IllegalArgumentException e) {
            throw new IllegalArgumentException("the model " + name + ": " + e.getMessage(), e);
        }
    }

    /**
     * The model of a checkpoint's bytes.
     *
     * @param name for messages
     */
    static ScoringModel of(byte[] file, String name) {
        String hash = hash(file);
        SoftReference<ScoringModel> known = SHARED.get(hash);
        ScoringModel model = known == null ? null : known.get();
        if (model == null) {
            model = new ScoringModel(file, name);
            SHARED.put(hash, new SoftReference<>(model));
            SHARED.values().removeIf(each -> each.get() == null);
        }
        return model;
    }

    /** Reads a local file. */
    static ScoringModel read(String path) throws IOException {
        return of(Files.readAllBytes(Path.of(path)), path);
    }

    private Object readResolve() {
        return of(file, name);
    }

    private static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Refuses a model of the other kind. */
    ScoringModel require(boolean classes) {
        if (classes != tellsClasses() || !classes && !encoding.tellsNumber()) {
            throw new IllegalArgumentException("the model " + name + " tells " + encoding.target() + ", it is no " + (classes
                    ? "KanClassificationModel, which tells one of several classes"
                    : "KanRegressionModel, which tells one number"));
        }
        return this;
    }

    /** The checkpoint. */
    byte[] bytes() {
        return file;
    }

    /** Numbers in a vector of features. */
    int features() {
        return encoding.inputs();
    }

    /** Numbers it gives a row. */
    int width() {
        return scorer.outputs();
    }

    /** Whether these are logits of classes. */
    boolean tellsClasses() {
        return encoding.tellsClasses();
    }

    /** Logits of the classes, or the value in its own unit. */
    double[] outputs(Vector features) {
        if (features == null) {
            throw new IllegalArgumentException("a row has no features: the vector is null; drop such rows, or fill them, first");
        }
        double[] outputs = scorer.predict(encoding.encode(features instanceof DenseVector dense ? dense.values()
                : features.toArray()));
        encoding.unscale(outputs);
        return outputs;
    }

    /** Logits become probabilities. */
    static void softmax(double[] values) {
        double most = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            most = Math.max(most, value);
        }
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.exp(values[i] - most);
            sum += values[i];
        }
        for (int i = 0; i < values.length; i++) {
            values[i] /= sum;
        }
    }
}
