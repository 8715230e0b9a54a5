// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.io;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;

/**
 * A model with its parameters, read from a file; and, where it was written by {@link org.kan4j.train.Trainer#save}, the
 * training to go on with. The file is safetensors: tensors under their names and in their natural shapes, the model in
 * the metadata. Closing it frees the parameters.
 */
public final class Checkpoint implements AutoCloseable {

    private final Parameters parameters;
    private final Map<String, String> properties;
    private final Provenance provenance;
    private final SavedState state;

    Checkpoint(Parameters parameters, Map<String, String> properties, Provenance provenance, SavedState state) {
        this.parameters = parameters;
        this.properties = Map.copyOf(properties);
        this.provenance = provenance;
        this.state = state;
    }

    /**
     * Reads a checkpoint and checks all of it.
     *
     * @throws IOException if the file cannot be read
     * @throws org.kan4j.error.FormatException if it is damaged, hostile, of a newer version, or not a checkpoint of
     *     kan4j
     */
    public static Checkpoint read(Path file) throws IOException {
        try {
            return CheckpointFile.read(file);
        } catch (ClosedByInterruptException e) { // which has no message
            throw (IOException) new InterruptedIOException("cannot read " + file + ": the thread was interrupted").initCause(e);
        }
    }

    /**
     * Writes a model. The file appears, or is replaced, whole.
     *
     * @param properties of the application's, such as the names of classes; read back by {@link #properties}
     */
    public static void write(Path file, Parameters parameters, Map<String, String> properties) throws IOException {
        write(file, parameters, properties, "", null);
    }

    /**
     * Writes a model and what to go on with.
     *
     * @param device what it was trained on, for {@link Provenance}
     * @param state stays the caller's to close; or null
     */
    public static void write(Path file, Parameters parameters, Map<String, String> properties, String device,
            SavedState state) throws IOException {
        CheckpointFile.write(file, parameters, properties, device, state);
    }

    /** As {@link #write(Path, Parameters, Map)} without properties. */
    public static void write(Path file, Parameters parameters) throws IOException {
        write(file, parameters, Map.of());
    }

    /** The topology. */
    public KanModel model() {
        return parameters.model();
    }

    /** The numbers. */
    public Parameters parameters() {
        return parameters;
    }

    /** What the application put there. */
    public Map<String, String> properties() {
        return properties;
    }

    /** Where it comes from. */
    public Provenance provenance() {
        return provenance;
    }

    /** Whether {@link org.kan4j.train.Trainer#resume} can go on from here. */
    public boolean isResumable() {
        return state != null;
    }

    /** What was written to go on with; closed with the checkpoint. */
    public Optional<SavedState> state() {
        return Optional.ofNullable(state);
    }

    @Override
    public void close() {
        try {
            if (state != null) {
                state.close();
            }
        } finally {
            parameters.close();
        }
    }
}
