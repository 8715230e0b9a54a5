// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package application;

import java.io.IOException;
import java.nio.file.Path;
import org.kan4j.basis.BSpline;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;

/** Writes one checkpoint over and over until it is killed. */
public final class WriteForever {

    private WriteForever() {
    }

    /** Writes to the path given. */
    public static void main(String[] arguments) throws IOException {
        try (Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), 64, 64, 10), 1)) {
            for (long written = 0;; written++) {
                Checkpoint.write(Path.of(arguments[0]), parameters);
                if (written == 0) {
                    System.out.println("WRITTEN");
                }
            }
        }
    }
}
