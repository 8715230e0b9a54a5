// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.io.Checkpoint;
import org.kan4j.io.SavedState;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.slf4j.LoggerFactory;

/**
 * The checkpoint of a training, in the file system that {@code checkpointDir} names; where that is empty, there is none and nothing
 * happens. Its name is that of the settings and of what was learned of the rows: nobody resumes what is not theirs.
 *
 * @param path null for none
 * @param interval from one checkpoint to the next
 */
record TrainingFile(String path, int interval) implements Serializable {

    private static final String LOWEST = "lowest";

    static TrainingFile of(Fitting.Work work, String mode) {
        Settings settings = work.settings();
        String all = mode + " " + settings + " " + work.layout() + " " + work.survey().rows + " " + work.survey().validationRows;
        return new TrainingFile(settings.checkpointDir().isEmpty() ? null : settings.checkpointDir() + "/kan4j-"
                + NativeModel.hash(all.getBytes(StandardCharsets.UTF_8)).substring(0, 16) + ".safetensors",
                settings.checkpointInterval());
    }

    /**
     * Where a training on the driver stands.
     *
     * @param done rounds, or iterations
     * @param best validation loss
     * @param stale measurements since it
     * @param reference loss that later ones are compared with; NaN of none
     * @param since done when that was taken
     */
    record Standing(int done, double best, int stale, double reference, int since) {

        static final Standing START = new Standing(0, Double.POSITIVE_INFINITY, 0, Double.NaN, 0);

        String text() {
            return done + " " + best + " " + stale + " " + reference + " " + since;
        }

        static Standing of(String text) {
            String[] parts = text.split(" ");
            try {
                return new Standing(Integer.parseInt(parts[0]), Double.parseDouble(parts[1]), Integer.parseInt(parts[2]),
                        Double.parseDouble(parts[3]), Integer.parseInt(parts[4]));
            } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                throw new FormatException("the checkpoint does not say where its training stands: '" + text + "'", e);
            }
        }
    }

    /** Whether there is to be a checkpoint after so many epochs, or parts of a training. */
    boolean due(int parts) {
        return path != null && parts % interval == 0;
    }

    /** The checkpoint to go on from, which the caller closes. */
    Optional<Checkpoint> read() throws IOException {
        byte[] bytes = path == null ? null : HadoopFiles.read(SparkHadoopUtil.get().conf(), place());
        if (bytes == null) {
            return Optional.empty();
        }
        LoggerFactory.getLogger("org.kan4j.spark").info("going on from the checkpoint {}", path);
        return Optional.of(NativeModel.withFile("kan4j", file -> {
            Files.write(file, bytes);
            return Checkpoint.read(file);
        }));
    }

    /** Writes what {@code content} writes to a local file. */
    void write(NativeModel.FileWork<?> content) {
        NativeModel.withFile("kan4j", file -> {
            content.on(file);
            HadoopFiles.write(SparkHadoopUtil.get().conf(), place(), Files.readAllBytes(file));
            return null;
        });
    }

    /** Writes a training on the driver. */
    void write(Parameters parameters, Parameters lowest, Map<String, ParameterVector> vectors, Standing standing) {
        write((Path file) -> {
            Checkpoint.write(file, parameters, Map.of(), "", new SavedState(standing.text(), vectors, Map.of(LOWEST, lowest)));
            return null;
        });
    }

    /** Takes over what {@link #write(Parameters, Parameters, Map, Standing)} wrote, if there is such a file. */
    Standing resume(Parameters parameters, Parameters lowest, java.util.function.Consumer<Map<String, ParameterVector>> vectors) {
        try (Checkpoint checkpoint = read().orElse(null)) {
            if (checkpoint == null) {
                return Standing.START;
            }
            SavedState state = checkpoint.state().orElseThrow(() -> new FormatException(path + " is a model without a training"));
            parameters.copyFrom(checkpoint.parameters());
            lowest.copyFrom(state.sets().getOrDefault(LOWEST, checkpoint.parameters()));
            vectors.accept(state.vectors());
            return Standing.of(state.description());
        } catch (IOException e) {
            throw new KanException(Status.INVALID_ARGUMENT, "cannot read the checkpoint " + path + ": " + e.getMessage(), e);
        }
    }

    /** The training is done. */
    void delete() {
        if (path != null) {
            try {
                HadoopFiles.delete(SparkHadoopUtil.get().conf(), place());
            } catch (IOException e) { // the model is there all the same
                LoggerFactory.getLogger("org.kan4j.spark").warn("cannot delete the checkpoint {}", path, e);
            }
        }
    }

    private org.apache.hadoop.fs.Path place() {
        return new org.apache.hadoop.fs.Path(path);
    }
}
