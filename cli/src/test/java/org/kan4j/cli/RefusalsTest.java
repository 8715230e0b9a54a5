// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.Kan;
import org.kan4j.TrainedKan;
import org.kan4j.basis.Fourier;
import org.kan4j.data.NamedSet;
import org.kan4j.encoding.Encoding;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;

/** What commands refuse before they begin, in whole sentences, and what the commands on a model print of one that is known. */
class RefusalsTest {

    @TempDir
    private Path folder;

    private Path file(String name) {
        return folder.resolve(name);
    }

    /** COMMAND ! SENTENCE, in which F is the folder. */
    static List<String> refusals() throws IOException {
        try (var lines = RefusalsTest.class.getResourceAsStream("refusals.txt")) {
            return new String(lines.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }

    /** The folder has data.csv, a model of x^2 + 0*w where a line needs one, and files that are none. */
    @BeforeEach
    void make() throws IOException {
        List<String> lines = new ArrayList<>(List.of("x,w,c,value"));
        for (int i = 0; i < 60; i++) {
            double x = i * 7 % 60 / 30.0 - 1;
            lines.add(x + "," + (i * 11 % 60 / 30.0 - 1) + "," + (i % 2 == 0 ? "odd" : "even") + "," + x * x);
        }
        Files.write(file("data.csv"), lines);
        Files.writeString(file("text"), "a text");
        Files.writeString(file("list.json"), "[1]");
        Files.writeString(file("object.json"), "{}");
        Files.writeString(file("rows.json"), "[{\"model\":\"mlp\",\"forward_ms\":1,\"backward_ms\":1,\"step_ms\":1}]");
        Files.writeString(file("others.json"), "[{\"model\":\"kan\",\"forward_ms\":1,\"backward_ms\":1,\"step_ms\":1}]");
        Files.writeString(file("untimed.json"), "[{\"model\":\"mlp\",\"forward_ms\":1,\"backward_ms\":0,\"step_ms\":1}]");
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void isRefused(String line) {
        String[] parts = line.replace("F/m ", "F/m.safetensors ").replace("F/", folder + "/").split("!");
        if (parts[0].contains("m.safetensors")) {
            Cli.succeed("from-formula", "x^2", "--grid", 3, "--out", file("m.safetensors"));
        }
        Cli.refuse(new String[] {parts[1]}, (Object[]) parts[0].split(" "));
        assertThat(file("o")).doesNotExist();
    }

    /** A name that says a format has that format, or is refused: nobody's program would read safetensors by it. */
    @Test
    void namesOfOtherFormatsAreNoModels() throws IOException {
        Cli.succeed("from-formula", "x^2", "--grid", 3, "--out", file("m.safetensors"));
        String model = "a model is written as safetensors, expected a name that ends so (kan4j export writes ONNX and state dicts, "
                + "kan4j compile writes Java and C)";
        for (String line : List.of("train F/data.csv --target value", "from-formula x^2", "fit-function x^2",
                "prune F/m F/data.csv",
                "symbolic F/m F/data.csv --auto", "import F/m --variant chebykan")) {
            for (String name : List.of("o.pt", "o.ONNX", "o.csv")) {
                Cli.refuse(new String[] {"--out " + file(name) + ": " + model}, (Object[]) (line + " --out F/" + name)
                        .replace("F/m ", "F/m.safetensors ").replace("F/", folder + "/").split(" "));
                assertThat(file(name)).doesNotExist();
            }
        }
        Cli.refuse(
                new String[] {
                    "--out " + file("o.onnx") + ": a state dict is written as safetensors or, for a name that ends with "
                            + ".pt or .pth, as torch.save does (--onnx writes ONNX)"},
                "export", file("m.safetensors"), "--variant", "pykan",
                "--out", file("o.onnx"));
        Cli.refuse(new String[] {"--onnx " + file("o.safetensors") + ": ONNX is written, expected a name that ends with .onnx"},
                "export",
                file("m.safetensors"), "--onnx", file("o.safetensors"));
        Cli.refuse(new String[] {"--json " + file("o.csv") + ": JSON is written, expected a name that ends with .json"},
                "attribute",
                file("m.safetensors"), file("data.csv"), "--json", file("o.csv"));
        for (String name : List.of("o.pt", "o.pth")) {
            Cli export = Cli.succeed("export", file("m.safetensors"), "--variant", "pykan", "--within-grid", "--out", file(name));
            assertThat(Files.readAllBytes(file(name))).as("a zip file, as of torch.save").startsWith('P', 'K');
            String note = "kan4j: note: a file of torch.save has no place for the configuration; kan4j import takes it by --config '";
            assertThat(export.err()).contains(note);
            String config = export.err().substring(export.err().indexOf(note) + note.length()).lines().findFirst().orElseThrow();
            Cli.succeed("import", file(name), "--variant", "pykan", "--config", config.substring(0, config.length() - 1), "--out",
                    file("back.safetensors"));
            Cli.succeed("export", file("m.safetensors"), "--variant", "pykan", "--within-grid", "--out",
                    file("same.safetensors"));
            Cli.succeed("export", file("back.safetensors"), "--variant", "pykan", "--out", file("again.safetensors"));
            assertThat(file("again.safetensors")).hasSameBinaryContentAs(file("same.safetensors"));
        }
    }

    // -------------------------------------------------------------------------------------------------- a model that is known

    private Path square() {
        Cli.succeed("from-formula", "x^2 + 0.001*w", "--grid", 10, "--out", file("m.safetensors"));
        return file("m.safetensors");
    }

    @Test
    void effectsOfEdgesAreListedTheLargestFirst() throws IOException {
        Cli cli = Cli.succeed("attribute", square(), file("data.csv"), "--method", "effect", "--json", file("a.json"), "--plot",
                file("a.svg"));
        JsonNode root = Cli.json(file("a.json"));
        assertThat(root.get("method").asText()).isEqualTo("effect");
        List<Double> effects = new ArrayList<>();
        List<String> lines = cli.out().lines().filter(line -> line.startsWith("edge ")).toList();
        for (JsonNode edge : root.get("edges")) {
            String[] words = lines.get(effects.size()).split(" +");
            effects.add(edge.get("effect").asDouble());
            assertThat(words[1]).isEqualTo(edge.get("edge").asText());
            for (String field : List.of("effect", "share", "mean", "deviation")) {
                double printed = Double.parseDouble(words[Arrays.asList(words).indexOf(field) + 1]);
                assertThat(printed).as(field).isCloseTo(edge.get(field).asDouble(),
                        org.assertj.core.api.Assertions.within(1e-3 + 1e-2 * Math.abs(printed)));
            }
        }
        assertThat(effects).hasSizeGreaterThan(1).isSortedAccordingTo((a, b) -> Double.compare(b, a));
        assertThat(file("a.svg")).content().startsWith("<svg").contains(">x</text>", ">value</text>");
    }

    @Test
    void sharesOfInputsAreListedTheLargestFirst() throws IOException {
        for (String method : List.of("total", "share", "pykan")) {
            Cli cli = Cli.succeed("attribute", square(), file("data.csv"), "--method", method, "--json", file("a.json"));
            JsonNode features = Cli.json(file("a.json")).get("features");
            assertThat(features).hasSize(2);
            assertThat(features.get(0).get("name").asText()).isEqualTo("x");
            assertThat(features.get(1).get("name").asText()).isEqualTo("w");
            double value = features.get(0).get("value").asDouble();
            assertThat(value).isGreaterThan(100 * features.get(1).get("value").asDouble());
            assertThat(features.get(0).has("error")).isEqualTo(method.equals("total"));
            assertThat(cli.out()).contains(String.format(java.util.Locale.ROOT, "x %8.4f", value))
                    .satisfies(text -> assertThat(text.contains("±")).isEqualTo(method.equals("total")));
        }
    }

    @Test
    void whatIsDrawnIsSaid() {
        Cli whole = Cli.succeed("plot", square(), file("data.csv"), "--out", file("w.svg"));
        assertThat(whole.out()).matches("drawn \\[2,.*edges: " + java.util.regex.Pattern.quote(file("w.svg").toString()) + "\n");
        assertThat(file("w.svg")).content().contains(">x</text>", ">w</text>", ">value</text>");
        Cli one = Cli.succeed("plot", square(), file("data.csv"), "--edge", "0,0,0", "--out", file("e.svg"));
        assertThat(one.out()).endsWith("edges: " + file("e.svg") + "\n");
        assertThat(file("e.svg")).content().doesNotContain(">w</text>");
    }

    /** The model that is left takes x alone, and what it takes for missing and for unseen stays as it was. */
    @Test
    void columnsThatNothingDependsOnAreLeftOut() throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file("data.csv"))) {
            String[] cells = line.split(",");
            lines.add(line.startsWith("x") ? line : cells[0] + "," + cells[1] + "," + cells[2] + ","
                    + (Double.parseDouble(cells[3]) + (cells[2].equals("odd") ? 3 : 0)));
        }
        Path data = Files.write(file("both.csv"), lines);
        Cli.succeed("train", data, "--target", "value", "--unseen", "unknown", "--missing", "fill", "--hidden", 2,
                "--epochs", 60, "--decay", 0.98, "--plot", "none", "--weight-decay", 0, "--scaling", "range",
                "--target-transform", "none",
                "--out",
                file("t.safetensors"));
        Cli cli = Cli.succeed("prune", file("t.safetensors"), data, "--inputs", "--tolerance", 0.2, "--out",
                file("p.safetensors"));
        assertThat(cli.out()).contains("left out", "saved " + file("p.safetensors"));
        Path rows = Files.writeString(file("rows.csv"), "x,c\n0.5,strange\n0.5,odd\n,even\n");
        List<Double> predicted = Cli.succeed("predict", rows, "--model", file("p.safetensors")).out().lines().skip(1)
                .map(Double::valueOf).toList();
        assertThat(predicted).as("c is used").hasSize(3).doesNotHaveDuplicates();
        assertThat(Cli.succeed("show", file("p.safetensors")).out()).containsPattern("inputs +3: x, c \\(2 values\\)");
    }

    /** One of the two is enough: the columns, or the classes. */
    @Test
    void aModelOfOtherPicturesIsRefusedForTheDigits() throws IOException {
        Encoding digits = NamedSet.DIGITS.encoding();
        List<Encoding.Column> renamed = new ArrayList<>(digits.columns().reversed());
        for (Encoding other : List.of(
                digits.withTarget(new Encoding.Classes("y", List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"))),
                new Encoding(digits.data(), renamed, digits.target(), digits.missing()))) {
            if (other.equals(digits)) {
                continue;
            }
            try (TrainedKan kan = Kan.of(Parameters.initialise(KanModel.kan(Fourier.of(1), 64, 10), 1), other)) {
                kan.save(file("d.safetensors"));
            }
            Cli.refuse(new String[] {"the model was trained on digits, whose inputs or classes are not those of digits"},
                    "evaluate",
                    "digits", "--model", file("d.safetensors"));
        }
    }
}
