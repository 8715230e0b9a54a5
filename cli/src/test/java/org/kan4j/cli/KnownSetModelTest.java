// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.Chebyshev;
import org.kan4j.data.NamedSet;
import org.kan4j.encoding.Encoding;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;

/** A known set is measured on by models of its inputs and its classes, and by no others. */
class KnownSetModelTest {

    @TempDir
    private Path folder;

    private Path model(String name, List<Encoding.Column> columns, Encoding.Target target) throws IOException {
        Encoding encoding = new Encoding("another", columns, target, Encoding.Missing.REFUSE);
        Path file = folder.resolve(name + ".safetensors");
        try (Parameters parameters = Parameters.initialise(KanModel.kan(DType.F32, Chebyshev.of(2), encoding.features(), 10),
                1)) {
            Checkpoint.write(file, parameters, Map.of(Encoding.KEY, encoding.toJson()));
        }
        return file;
    }

    @Test
    void modelsOfOtherInputsOrClassesAreRefused() throws IOException {
        Encoding digits = NamedSet.DIGITS.encoding();
        List<String> labels = ((Encoding.Classes) digits.target()).labels();
        assertThat(Cli.succeed("evaluate", "digits", "--model", model("0", digits.columns(), digits.target())).out())
                .contains("accuracy");
        String refusal = "the model was trained on another, whose inputs or classes are not those of digits";
        for (Path other : List.of(model("1", digits.columns(), new Encoding.Classes("label", labels.reversed())),
                model("2", digits.columns(), new Encoding.Classes("digit", labels)),
                model("3", List.of(new Encoding.Pixels(64, 255)), digits.target()))) {
            Cli.refuse(new String[] {refusal}, "evaluate", "digits", "--model", other);
            Cli.refuse(new String[] {refusal}, "train", "digits", "--from", other, "--epochs", 1, "--out",
                    folder.resolve("out.safetensors"));
        }
    }
}
