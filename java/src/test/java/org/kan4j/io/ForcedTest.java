// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.io;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;

/** A checkpoint is on the disk when it is said to be written: the flight recorder sees it forced, under its temporary name. */
class ForcedTest {

    @TempDir
    private Path folder;

    @Test
    void aCheckpointIsForcedToTheDisk() throws Exception {
        List<String> forced = new CopyOnWriteArrayList<>();
        try (RecordingStream recording = new RecordingStream();
                Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(3, 3), 2, 1), 1)) {
            recording.enable("jdk.FileForce").withThreshold(Duration.ZERO);
            recording.onEvent("jdk.FileForce", event -> forced.add(event.getString("path")));
            recording.startAsync();
            Checkpoint.write(folder.resolve("forced.safetensors"), parameters);
            recording.stop();
        }
        assertTrue(forced.stream().anyMatch(path -> path.contains(".forced.safetensors.") && path.endsWith(".part")),
                "the file before it is moved into place, forced: " + forced);
    }
}
