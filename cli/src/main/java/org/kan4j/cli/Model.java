// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.Parameters;
import org.kan4j.data.Encoding;

/** A trained model with what its numbers mean. */
record Model(Path file, Checkpoint checkpoint, Encoding encoding) implements AutoCloseable {

    /** Reads a model that {@code kan4j train} wrote. */
    static Model read(Path file) throws IOException {
        Checkpoint checkpoint = Checkpoint.read(file);
        try {
            String json = checkpoint.properties().get(Encoding.KEY);
            if (json == null) {
                throw new InputException(file + " does not say what its inputs and outputs mean (metadata '" + Encoding.KEY
                        + "'); predict and evaluate need a model that kan4j train wrote");
            }
            Encoding encoding = Encoding.fromJson(json);
            if (encoding.features() != checkpoint.model().in() || encoding.target().width() != checkpoint.model().out()) {
                throw new InputException(file + ": the model has " + checkpoint.model().in() + " inputs and "
                        + checkpoint.model().out() + " outputs, its metadata '" + Encoding.KEY + "' describes "
                        + encoding.features() + " and " + encoding.target().width());
            }
            return new Model(file, checkpoint, encoding);
        } catch (RuntimeException | Error e) {
            checkpoint.close();
            throw e;
        }
    }

    Parameters parameters() {
        return checkpoint.parameters();
    }

    @Override
    public void close() {
        checkpoint.close();
    }
}
