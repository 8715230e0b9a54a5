// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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

    /** COMMAND ! SENTENCE, in which F is the folder, that has data.csv, a model of x^2 + 0*w, and files that are none. */
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
    @ValueSource(strings = {
        "explain formulas --target z!--out, --target and --model are for a file, not for the table formulas",
        "explain formulas --out F/o!--out, --target and --model are for a file, not for the table formulas",
        "explain times --model F/m!--out, --target and --model are for a file, not for the table times",
        "explain F/data.csv --target value!--out DIR is missing, the folder for what is found",
        "explain F/data.csv --target value --out F/text!--out 'F/text' is a file, expected a folder",
        "explain F/data.csv --out F/o!either --target COLUMN or --model FILE",
        "tune F/data.csv --target value --trials 1 --out F/text!--out F/text is a file, expected a folder",
        "tune F/data.csv --target value --minutes 0!--minutes",
        "tune F/data.csv --target value --minutes NaN!--minutes",
        "tune F/data.csv --target value --trials 1 --space F/text!--space F/text is not JSON: ",
        "tune F/data.csv --target value --trials 1 --space F/list.json!--space F/list.json: expected a JSON object of options, such "
                + "as {\"grid\": [5, 10]}",
        "prune F/m F/data.csv --out F/o --validation 1!--validation must be between 0 and 1, given 1.0",
        "prune F/m F/data.csv --out F/o --validation 0!--validation must be between 0 and 1, given 0.0",
        "prune F/m F/data.csv --out F/o --tolerance -1!--tolerance must be at least 0, given -1.0",
        "prune F/m F/data.csv --out F/o --threshold NaN!--threshold must be at least 0, given NaN",
        "prune F/m F/data.csv --out F/o --accuracy Infinity!--accuracy must be at least 0, given Infinity",
        "bench scaling --reps 0!--reps must be at least 1, given 0",
        "bench scaling --grid 3,3!--grid needs at least two different numbers of at least 1, given [3, 3]",
        "bench scaling --width 0,4!--width needs at least two different numbers of at least 1, given [0, 4]",
        "bench scaling --batch 4!--batch needs at least two different numbers of at least 1, given [4]",
        "bench scaling --bound 1!--bound: expected numbers of threads above the ",
        "bench latency --batch 0!--batch must be at least 1 and --threads 1 to 1024, given [0] and ",
        "bench latency --threads 1025!--batch must be at least 1 and --threads 1 to 1024, given ",
        "bench latency --seconds 61!--seconds must be above 0 and at most 60, given 61.0",
        "bench latency --seconds 0!--seconds must be above 0 and at most 60, given 0.0",
        "bench latency --layers 5,x!--layers takes whole numbers with commas between, given '5,x'",
        "bench latency --layers 5!--layers needs at least two widths of 1 to 1048576, given '5'",
        "bench latency --layers 0,5!--layers needs at least two widths of 1 to 1048576, given '0,5'",
        "bench latency --layers 1048577,5!--layers needs at least two widths of 1 to 1048576, given '1048577,5'",
        "bench compare --base F/rows.json F/rows.json --new F/rows.json!--base and --new need as many files as each other, at most 20, "
                + "given 2 and 1",
        "bench compare --base F/text --new F/text --significance 1!F/text is not JSON: ",
        "bench compare --base F/list.json --new F/list.json --significance 1!F/list.json has no time 'forward_ms' in a row of ",
        "bench compare --base F/rows.json --new F/others.json --significance 1!the files measure different things: "
                + "[mlp forward, mlp backward, mlp step] and [kan forward, kan backward, kan step]",
        "bench compare --base F/rows.json --new F/untimed.json --significance 1!F/untimed.json has no time 'backward_ms' in a row of "
                + "mlp",
        "bench compare --base F/rows.json F/others.json --new F/rows.json F/others.json --significance 1!F/others.json measures ",
        "train F/data.csv --target value --validation 0.001 --hidden 2 --epochs 1 --out F/o!--validation 0.001 of ",
        "train F/data.csv --target value --validation 0.999 --weight-decay 0 --hidden 2 --epochs 1 --out F/o!rows leaves a part "
                + "empty",
        "train F/data.csv --target value --norm other!--norm must be none, layer or batch, given 'other'",
        "train F/data.csv --target value --class-weights balanced --epochs 1 --out F/o!--class-weights is for classification",
        "train F/data.csv --target value --config F/list.json!F/list.json: expected a JSON object of options, such as "
                + "{\"epochs\": 20}",
        "train F/data.csv --target value --products tf32 --epochs 1 --out F/o!--products tf32 needs --device cuda",
        "train digits --target y!--target, --task, --drop, --categorical, --missing, --unseen, --quantiles, --scaling, "
                + "--test-fraction and how CSV is written are for files, not for 'digits'",
        "train digits --task regression!are for files, not for 'digits'",
        "train digits --unseen unknown!are for files, not for 'digits'",
        "train digits --quantiles x!are for files, not for 'digits'",
        "train digits --test-fraction 0.1!are for files, not for 'digits'",
        "train digits --test F/data.csv!--test is for files; 'digits' has test rows of its own",
        "train nothing --target y!no data set or file 'nothing'; known sets are mnist, fashion-mnist and digits, else give a CSV, "
                + "Parquet or safetensors file",
        "train F/data.csv!a file needs --target COLUMN, the column to predict; F/data.csv has: x, w, c, value",
        "export F/m --onnx F/o --check --raw!--check, --raw and --softmax do not go together",
        "export F/m --onnx F/o --check --softmax!--check, --raw and --softmax do not go together",
        "export F/m --onnx F/o --raw --softmax!--check, --raw and --softmax do not go together",
        "from-formula x^2 --basis mlp --out F/o!--basis mlp has no functions on its edges to compute a formula by",
        "symbolic F/m F/data.csv!nothing is asked for: --edge shows functions, --fix, --unfix and --auto change the model",
        "symbolic F/m F/data.csv --fix sin --out F/o!--fix: expected EDGE=NAME such as 0,1,0=sin, given 'sin'",
        "symbolic F/m F/data.csv --edge 0,0,0 --out F/o!--out needs --fix, --unfix or --auto",
        "predict F/data.csv --model F/m --probabilities!--probabilities is for classes, the model predicts a number, 'value'",
        "fit-function x^2 --grids 5,3!--grids must not get coarser, given 3 after 5",
        "fit-function x^2 --grids 0!--grids must be at least 1, given 0",
        "fit-function x^2 --samples 1!--samples must be at least 2, given 1",
        "fit-function x^2 --test-samples 0!--test-samples must be at least 1, given 0",
        "fit-function x^2 --restarts 0!--restarts must be at least 1, given 0",
        "fit-function x^2 --validation 1!--validation must be 0 to below 1, given 1.0",
        "fit-function feynman --layers 2,1!--layers, --ranges, --out and --plot are for one function, not for the table",
        "fit-function feynman --out F/o!--layers, --ranges, --out and --plot are for one function, not for the table",
        "fit-function 1+2!the formula '1+2' has no variable",
        "fit-function I.99.9!no equation 'I.99.9'; --list shows those known by name",
        "fit-function x*y --layers 3,1!--layers must go from the 2 variables [x, y] to 1 output, such as 2,2,1, given 3,1",
        "fit-function x*y --layers 2,2!--layers must go from the 2 variables [x, y] to 1 output, such as 2,2,1, given 2,2",
        "fit-function x*y --layers 2,0,1!--layers must go from the 2 variables [x, y] to 1 output, such as 2,2,1, given "
                + "2,0,1",
        "fit-function x --layers 1!--layers must go from the 1 variables [x] to 1 output, such as 1,2,1, given 1",
        "fit-function x*y --ranges x=0:1!--ranges says nothing of the variable 'y'",
        "fit-function x --ranges x=0:1,x=0:2!--ranges names 'x' twice",
        "fit-function x --ranges z=0:1!--ranges: 'z' is none of the formula's variables x",
        "fit-function x --ranges x=0:1=2!--ranges: expected NAME=LOW:HIGH, given 'x=0:1=2'",
        "fit-function x --ranges 1!--ranges: expected LOW:HIGH, given '1'",
        "train F/data.csv --target value --epochs 1 --out F/o --update-grid-share 0.5!--update-grid-until and "
                + "--update-grid-share need --update-grid N",
        "train F/data.csv --target value --epochs 1 --out F/o --update-grid-until 5!--update-grid-until and "
                + "--update-grid-share need --update-grid N",
        "train F/data.csv --target value --epochs 1 --out F/o --update-grid 1 --update-grid-share "
                + "1.5!--update-grid-share must be 0 to 1, given 1.5",
        "train F/data.csv --target value --epochs 1 --out F/o --sparsity-of edges!--sparsity-of needs --sparsity R",
        "train F/data.csv --target value --epochs 1 --out F/o --average 1!--average must be above 0 and below 1, given "
                + "1.0",
        "train F/data.csv --target value --epochs 1 --out F/o --average 0!--average must be above 0 and below 1, given "
                + "0.0",
        "train F/data.csv --target value --epochs 1 --out F/o --group coef:mom=1!--group coef:mom=1: expected "
                + "NAME:lr=R:decay=R, found 'mom=1'",
        "train F/data.csv --target value --epochs 1 --out F/o --group coef!--group coef: expected NAME:lr=R, "
                + "NAME:decay=R or both",
        "train F/data.csv --target value --epochs 1 --out F/o --group :lr=1!--group :lr=1: expected NAME:lr=R, "
                + "NAME:decay=R or both",
        "train F/data.csv --target value --epochs 1 --out F/o --cv 3 --split group=c!--cv and --split exclude each "
                + "other: --cv deals rows by chance (KanBuilder.crossValidate in Java takes",
        "train F/data.csv --target value --epochs 1 --out F/o --layers 2!--layers needs at least the inputs and the "
                + "outputs, such as ",
        "train F/data.csv --target value --epochs 1 --out F/o --layers 9,2,1!--layers 9,2,1 does not fit F/data.csv, "
                + "which has ",
        "train F/data.csv --target value --epochs 1 --out F/o --separator ab!--separator must be one character that is "
                + "no letter, digit, sign, quote or #, or tab, space, comma, semicolon or point; given 'ab'",
        "train F/data.csv --target value --epochs 1 --out F/o --decimal 7!--decimal must be one character that is no "
                + "letter, digit, sign",
        "train F/data.csv --target value --epochs 1 --out F/o --thousands +!--thousands must be one character that is no "
                + "letter, digit, sign",
        "train F/data.csv --target value --epochs 1 --out F/o --encoding nothing!--encoding must be one that Java knows, "
                + "such as UTF-8, UTF-16, windows-1252 or ISO-8859-1; given 'nothing'",
        "train F/data.csv --target value --epochs 1 --out F/o --skip-lines -1!--skip-lines must be at least 0, given -1",
        "train https://x.org/a.csv --target y!'https://x.org/a.csv' is an address, expected a file of this machine; "
                + "fetch it first, such as with curl -LO",
        "tune F/data.csv --target value!how long to search: --minutes M, --trials N, or both",
        "tune F/data.csv --target value --trials 0!--trials must be at least 1, given 0",
        "tune F/data.csv --target value --trials 1 --folds 1!--folds must be at least 2, given 1",
        "bench compare --base F/object.json --new F/object.json --significance 1!F/object.json is not a list of rows as "
                + "kan4j bench --json writes it",
        "evaluate digits --model F/m --separator ;!--separator, --decimal, --thousands, --na, --header, --encoding and "
                + "--skip-lines are for CSV files, not for 'digits'",
        "export F/m --variant chebykan --out F/o!variant chebykan has the basis Chebyshev; layer 0 of the model has "
                + "BSpline[",
        "export F/m --variant pykan --out F/o!outside their grids the model's splines go on, pykan's fall to 0; "
                + "--within-grid exports it all the same"})
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
                "--epochs", 60, "--plot", "none", "--weight-decay", 0, "--scaling", "range", "--target-transform", "none",
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
