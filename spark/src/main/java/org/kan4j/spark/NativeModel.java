// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.Parameters;

/**
 * A trained model as the bytes of its checkpoint, the very file that {@code kan4j predict}, {@code org.kan4j.Kan.load} and
 * every other part of kan4j read. Travels to executors, and holds no native memory.
 */
public final class NativeModel implements Serializable {

    private static final long serialVersionUID = 1L;

    private final byte[] file;
    private final String hash;
    private final int features;
    private final int outputs;
    private final String encoding;

    private NativeModel(byte[] file, String name) {
        this.file = file;
        this.hash = hash(file);
        try (Checkpoint checkpoint = open(name)) {
            this.encoding = checkpoint.properties().get(Encoding.KEY);
            this.outputs = Math.toIntExact(checkpoint.model().out());
            int in = Math.toIntExact(checkpoint.model().in());
            Encoding known = encoding == null ? null : Encoding.fromJson(encoding);
            if (known != null && (known.features() != in || known.target().width() != outputs)) {
                throw new FormatException(name + ": the model has " + in + " inputs and " + outputs
                        + " outputs, its encoding describes " + known.features() + " and " + known.target().width());
            }
            this.features = known == null ? in : known.inputs().size();
        }
    }

    /** A checkpoint's bytes, checked; the name is for messages. */
    static NativeModel of(byte[] file, String name) {
        return new NativeModel(file, name);
    }

    /** Reads a checkpoint, such as {@code kan4j train} writes, from a local file. */
    public static NativeModel read(Path file) throws IOException {
        return new NativeModel(Files.readAllBytes(file), file.toString());
    }

    /** Trained parameters with the encoding of their rows. */
    static NativeModel of(Parameters parameters, Encoding encoding) {
        return of(withFile("kan4j", path -> {
            Checkpoint.write(path, parameters, Map.of(Encoding.KEY, encoding.toJson()));
            return Files.readAllBytes(path);
        }), "the trained model");
    }

    /** Writes the checkpoint to a local file. */
    public void write(Path path) throws IOException {
        Files.write(path, file);
    }

    /** The checkpoint, with parameters of its own; the caller closes it. */
    public Checkpoint open() {
        return open("the model");
    }

    private Checkpoint open(String name) {
        return withFile("kan4j", path -> {
            Files.write(path, file);
            try {
                return Checkpoint.read(path);
            } catch (FormatException e) {
                throw new FormatException(e.getMessage().replace(path.toString(), name), e);
            }
        });
    }

    /** What needs a file that is gone afterwards. */
    interface FileWork<T> {
        T on(Path path) throws IOException;
    }

    static <T> T withFile(String prefix, FileWork<T> work) {
        try {
            Path path = Files.createTempFile(prefix, ".safetensors");
            try {
                return work.on(path);
            } finally {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new KanException(Status.INVALID_ARGUMENT, "cannot use a file in " + System.getProperty("java.io.tmpdir")
                    + " (property java.io.tmpdir): " + e, e);
        }
    }

    static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new KanException(Status.INTERNAL, "every Java platform has SHA-256", e);
        }
    }

    /** The checkpoint's bytes; the array is the model's. */
    byte[] bytes() {
        return file;
    }

    /** SHA-256 of the checkpoint. */
    public String hash() {
        return hash;
    }

    /** Numbers in a vector of features. */
    public int features() {
        return features;
    }

    /** Numbers the model gives a row: the classes, or 1. */
    public int outputs() {
        return outputs;
    }

    /** What its inputs and its output mean; null where the checkpoint does not say. */
    public Encoding encoding() {
        return encoding == null ? null : Encoding.fromJson(encoding);
    }

    /** Names of the inputs in the order of the vector. */
    public List<String> inputs() {
        return encoding == null ? java.util.stream.IntStream.range(0, features).mapToObj(i -> "f" + i).toList()
                : encoding().inputs();
    }

    /** Refuses a model of the other kind. */
    public NativeModel require(boolean classes) {
        Encoding known = encoding();
        boolean fits = known == null ? classes ? outputs > 1 : outputs == 1
                : classes ? known.target() instanceof Encoding.Classes : known.target() instanceof Encoding.Value;
        if (!fits) {
            throw KanException.invalid("a model of %s with %d outputs is no %s",
                    known == null ? "numbers" : switch (known.target()) {
                        case Encoding.Classes c -> "the classes of " + c.name();
                        case Encoding.Labels l -> "the labels of " + l.name();
                        case Encoding.Value v -> "the value of " + v.name();
                        case Encoding.Numbers n -> "the values of " + n.name();
                        case Encoding.Quantiles q -> "the quantiles of " + q.name();
                    }, outputs, classes ? "KanClassificationModel, which tells one of several classes"
                            : "KanRegressionModel, which tells one number");
        }
        return this;
    }
}
