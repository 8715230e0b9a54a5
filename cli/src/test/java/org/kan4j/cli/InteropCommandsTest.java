// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.tensor.HostTensor;
import org.kan4j.io.Safetensors;
import org.kan4j.interop.Origin;
import org.kan4j.interop.StateDicts;

/** verify, import and export; what they do to every variant is tested in org.kan4j.interop. */
class InteropCommandsTest {

    private static final Path GOLDEN = Path.of(System.getProperty("kan4j.root", ".."), "java/src/test/resources/golden");

    @TempDir
    private Path folder;

    /** A golden file's state dict, its names behind a prefix; or the whole file with one of its numbers changed. */
    private Path written(String golden, String prefix, String change) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Safetensors file = Safetensors.open(GOLDEN.resolve(golden));
            Map<String, HostTensor> tensors = new TreeMap<>();
            StateDicts.tensors(file, arena).forEach((name, tensor) -> {
                if (change != null) {
                    tensors.put(name, tensor);
                } else if (name.startsWith("param.")) {
                    tensors.put(prefix + name.substring("param.".length()), tensor);
                }
            });
            if (change != null) {
                HostTensor tensor = tensors.get(change);
                tensor.set(tensor.get(0, 0) + 1e-3, 0, 0);
            }
            Path path = folder.resolve("written.safetensors");
            Safetensors.write(path, tensors, change != null ? file.metadata() : Map.of());
            return path;
        }
    }

    @Test
    void verifyPrintsALineATensor() {
        Cli cli = Cli.succeed("verify", GOLDEN.resolve("efficientkan_1layer.safetensors"),
                GOLDEN.resolve("pykan_fitted.safetensors"), "--dtype", "f32", "--device", "cpu");
        assertThat(cli.out()).contains("output", "grad_input", "grad.layers.0.spline_scaler", "grad.act_fun.1.coef")
                .contains("efficientkan_1layer.safetensors: efficient-kan, f32, cpu", "pykan_fitted.safetensors: pykan, f32, cpu")
                .doesNotContain("FAILED");
        assertThat(cli.out().lines().filter(line -> line.startsWith("  ")))
                .allSatisfy(line -> assertThat(line).matches("  \\S+ +\\d\\.\\d\\de[-+]\\d\\d  ok"));
    }

    @Test
    void verifyFailsOnAWrongNumber() throws IOException {
        Path wrong = written("efficientkan_1layer.safetensors", "", "grad.layers.0.base_weight");
        for (String[] each : new String[][] {{"f64", "1.0E-9"}, {"f32", "1.0E-5"}}) {
            Cli cli = Cli.run("verify", wrong, "--dtype", each[0]);
            assertThat(cli.status()).isEqualTo(1);
            assertThat(cli.out().lines().filter(line -> line.contains("FAILED"))).singleElement().asString()
                    .startsWith("  grad.layers.0.base_weight ").contains("FAILED, at most " + each[1] + " expected");
        }
        assertThat(Cli.run("verify", wrong, GOLDEN.resolve("pykan_fitted.safetensors")).status()).as("one of two").isEqualTo(1);
        assertThat(Cli.run("verify", wrong, folder.resolve("nowhere")).status()).as("the worse counts").isEqualTo(2);
    }

    @Test
    void verifyRefusesWhatIsNoCase() throws IOException {
        Cli.refuse(new String[] {"nowhere.safetensors"}, "verify", folder.resolve("nowhere.safetensors"));
        Path text = Files.writeString(folder.resolve("text.safetensors"), "not a tensor in here");
        Cli.refuse(new String[] {"text.safetensors"}, "verify", text);
        Cli.refuse(new String[] {"variant", "efficient-kan", "pykan"}, "verify",
                written("efficientkan_1layer.safetensors", "", null));
        Cli.refuse(new String[] {"f16"}, "verify", text, "--dtype", "f16");
    }

    @Test
    void importAndExportAreExact() throws IOException {
        Path weights = written("efficientkan_adaptive.safetensors", "module.", null);
        Path model = folder.resolve("model.safetensors");
        Path back = folder.resolve("back.safetensors");
        Cli.succeed("import", "--variant", "efficient-kan", weights, "--out", model);
        Cli.succeed("export", "--variant", "efficient-kan", model, "--out", back);
        try (Arena arena = Arena.ofConfined()) {
            Map<String, HostTensor> expected = StateDicts.tensors(Safetensors.open(weights), arena);
            Map<String, HostTensor> found = StateDicts.tensors(Safetensors.open(back), arena);
            assertThat(found.keySet()).isEqualTo(expected.keySet());
            expected.forEach(
                    (name, tensor) -> assertThat(found.get(name).segment().mismatch(tensor.segment())).as(name).isEqualTo(-1));
        }
    }

    @Test
    void halfPrecisionIsSaidToBeWrittenAsFloat32() throws IOException {
        Path half = GOLDEN.resolveSibling("published").resolve("efficient-kan-f16.safetensors");
        Path model = folder.resolve("model.safetensors");
        Path back = folder.resolve("back.safetensors");
        assertThat(Cli.succeed("import", "--variant", "efficient-kan", half, "--out", model).err())
                .contains("has float16", "an export writes float32");
        assertThat(Cli.succeed("export", "--variant", "efficient-kan", model, "--out", back).err())
                .contains("note", "float16", "written as float32");
        assertThat(Safetensors.open(back).entries().values()).allMatch(entry -> entry.dtype().equals("F32"));
        assertThat(Cli.succeed("export", model, "--onnx", folder.resolve("half.onnx")).err()).contains("written as float32");
        assertThat(Files.readString(folder.resolve("half.onnx"), StandardCharsets.ISO_8859_1)).as("is no state dict")
                .contains("kan4j.model").doesNotContain(Origin.PROPERTY);

        Cli.succeed("import", "--variant", "efficient-kan", back, "--out", model); // float32 by now
        assertThat(Cli.succeed("export", "--variant", "efficient-kan", model, "--out", back).err()).doesNotContain("float");
    }

    @Test
    void importReadsWhatUsersHaveAndPrintsTheLayers() throws IOException {
        Path resources = GOLDEN.resolveSibling("torch");
        Path model = folder.resolve("model.safetensors");
        assertThat(Cli.succeed("import", resources.resolve("checkpoint.pt"), "--variant", "chebykan", "--out", model)
                .out())
                .contains("layers.0 (2 -> 3), layers.1 (3 -> 1)");
        assertThat(Cli.succeed("import", resources.resolve("mark"), "--variant", "pykan", "--out", model).out())
                .contains("2 outputs");
        Cli.refuse(new String[] {"model, ema", "--key"}, "import", resources.resolve("two.pt"), "--variant", "chebykan",
                "--out", model);
        Cli.succeed("import", resources.resolve("two.pt"), "--variant", "chebykan", "--out", model, "--key", "ema");
        Path named = GOLDEN.resolveSibling("published").resolve("encoder-decoder.safetensors");
        Cli.refuse(new String[] {"--order encoder,decoder", "--order decoder,encoder"}, "import", named, "--variant",
                "efficient-kan", "--out", model);
        assertThat(Cli.succeed("import", named, "--variant", "efficient-kan", "--out", model, "--order",
                "encoder,decoder").out())
                .contains("encoder (3 -> 3), decoder (3 -> 3)");
        Cli.refuse(new String[] {"torch._utils KAN", "model.state_dict()"}, "import", resources.resolve("module.pt"),
                "--variant", "chebykan", "--out", model);
        Cli.refuse(new String[] {"weights of PyTorch", "kan4j import"}, "train", resources.resolve("state.pt"),
                "--target", "y");
        Cli.refuse(new String[] {"zip file", "kan4j import"}, "export", resources.resolve("state.pt"), "--onnx",
                folder.resolve("m.onnx"));
    }

    @Test
    void badImportsAndExports() throws IOException {
        Path weights = written("chebykan_2layer.safetensors", "", null);
        Path model = folder.resolve("model.safetensors");
        Cli.refuse(new String[] {"chebby", "chebykan", "rational"}, "import", "--variant", "chebby", weights, "--out",
                model);
        Cli.refuse(new String[] {"fastkan", "chebykan"}, "import", "--variant", "fastkan", weights, "--out", model);
        Cli.refuse(new String[] {"grade", "degree"}, "import", "--variant", "chebykan", weights, "--out", model,
                "--config", "{\"grade\": 4}");
        assertThat(model).doesNotExist();
        Cli.succeed("import", "--variant", "chebykan", weights, "--out", model);
        Cli.refuse(new String[] {"Chebyshev", "efficient-kan"}, "export", "--variant", "efficient-kan", model, "--out",
                folder.resolve("back.safetensors"));
        Cli.refuse(new String[] {"is not", "safetensors"}, "export", "--variant", "chebykan",
                Files.writeString(folder.resolve("text"), "text, no model"), "--out", folder.resolve("back.safetensors"));
    }

    /** Formulas and models with functions on edges, as the three files of pykan's saveckpt; read again they are what they were. */
    @Test
    void checkpointsForPykan() throws Exception {
        Path pykan = Path.of(System.getProperty("kan4j.root", ".."), "java/src/test/resources/pykan");
        Path formula = folder.resolve("law.json");
        Path mark = folder.resolve("mark");
        Cli.succeed("import", pykan.resolve("law"), "--variant", "pykan", "--out", formula);
        Cli cli = Cli.succeed("export", formula, "--variant", "pykan", "--saveckpt", mark);
        assertThat(cli.out()).contains("mark_state", "mark_config.yml", "mark_cache_data", "KAN.loadckpt");
        assertThat(cli.err()).contains("takes the columns x1, x2 in this order", "gives y");
        assertThat(Cli.succeed("import", mark, "--variant", "pykan", "--out", folder.resolve("back.json")).out())
                .contains("y = exp(sin(3.14159*x1) + x2^2)");
        Cli.succeed("export", formula, "--variant", "pykan", "--out", folder.resolve("law.safetensors"));
        assertThat(Cli.succeed("import", folder.resolve("law.safetensors"), "--variant", "pykan", "--out",
                folder.resolve("back.json")).out()).contains("y = exp(sin(3.14159*x1) + x2^2)");

        Path model = folder.resolve("mixed.safetensors");
        Cli.succeed("import", pykan.resolve("mixed"), "--variant", "pykan", "--out", model);
        Cli.succeed("export", model, "--variant", "pykan", "--saveckpt", folder.resolve("mixed"));
        Cli.succeed("import", folder.resolve("mixed"), "--variant", "pykan", "--out", folder.resolve("twice.safetensors"));
        try (Arena arena = Arena.ofConfined()) {
            Map<String, HostTensor> first = StateDicts.tensors(Safetensors.open(model), arena);
            Map<String, HostTensor> second = StateDicts.tensors(Safetensors.open(folder.resolve("twice.safetensors")), arena);
            assertThat(second.keySet()).isEqualTo(first.keySet());
            first.forEach((name, tensor) -> assertThat(second.get(name).segment().mismatch(tensor.segment())).as(name)
                    .isEqualTo(-1));
        }

        Path none = folder.resolve("none");
        Cli.refuse(new String[] {"--saveckpt is for --variant pykan"}, "export", model, "--variant", "fastkan", "--saveckpt",
                none);
        Cli.refuse(new String[] {"a formula, which only --variant pykan"}, "export", formula, "--variant", "fastkan", "--out",
                none);
        Path spline = folder.resolve("spline.safetensors");
        Cli.succeed("from-formula", "cosh(x) + y", "--out", spline);
        Cli.refuse(new String[] {"outside their grids", "--within-grid"}, "export", spline, "--variant", "pykan", "--saveckpt",
                none);
        assertThat(folder.resolve("none_state")).doesNotExist();
        Cli.succeed("export", spline, "--variant", "pykan", "--saveckpt", none, "--within-grid");
        Path data = Files.writeString(folder.resolve("data.csv"), "x,y\n0.5,0.25\n-0.5,0.75\n0.1,-0.3\n");
        Path fixed = folder.resolve("fixed.safetensors");
        Cli.succeed("symbolic", spline, data, "--fix", "0,0,0=cosh(x)", "--fix", "0,1,0=x", "--out", fixed);
        Cli.refuse(new String[] {"edge 0,0,0", "cosh(x)", "pykan's functions"}, "export", fixed, "--variant", "pykan",
                "--saveckpt",
                folder.resolve("hyper"));
        assertThat(folder.resolve("hyper_state")).doesNotExist();
        Cli.succeed("symbolic", spline, data, "--fix", "0,0,0=1 + 0.5*x^2", "--fix", "0,1,0=x", "--out", fixed);
        Cli.succeed("export", fixed, "--variant", "pykan", "--saveckpt", folder.resolve("square"));
        assertThat(Files.readString(folder.resolve("square_config.yml"))).contains("- - 'x^2'\n  - 'x'\n");
    }

    /** A checkpoint of pykan's own whose edges are functions, as a formula that predicts, and as a model with them beside it. */
    @Test
    void symbolicEdgesOfPykan() throws Exception {
        Path pykan = Path.of(System.getProperty("kan4j.root", ".."), "java/src/test/resources/pykan");
        Path formula = folder.resolve("law.json");
        assertThat(Cli.succeed("import", pykan.resolve("law"), "--variant", "pykan", "--out", formula).out())
                .contains("y = exp(sin(3.14159*x1) + x2^2)");
        Path rows = Files.writeString(folder.resolve("rows.csv"), "x1,x2\n0.25,0.5\n");
        double truth = Math.exp(Math.sin(Math.PI * 0.25) + 0.25);
        assertThat(Double.parseDouble(Cli.succeed("predict", rows, "--model", formula).out().split("\\R")[1]))
                .isBetween(truth - 1e-12, truth + 1e-12);
        assertThat(Cli.succeed("formula", formula, "--format", "latex").out()).contains("\\sin");

        Path model = folder.resolve("law.safetensors");
        assertThat(Cli.succeed("import", pykan.resolve("law"), "--variant", "pykan", "--out", model).out())
                .contains("3 edges are functions");
        Path onnx = folder.resolve("law.onnx");
        String alone = "edge 0,0,0 of the model is the function";
        Cli.refuse(new String[] {alone}, "export", model, "--onnx", onnx);
        Cli.refuse(new String[] {alone}, "compile", model, "--java", "Law", "--out", folder);
        assertThat(onnx).doesNotExist();
        assertThat(folder.resolve("Law.java")).doesNotExist();

        Path mixed = folder.resolve("mixed.json");
        Cli.refuse(new String[] {"edges have no function yet"}, "import", pykan.resolve("mixed"), "--variant", "pykan", "--out",
                mixed);
        Cli.refuse(new String[] {"has 2 outputs"}, "import", pykan.resolve("arity2"), "--variant", "pykan", "--out", mixed);
        assertThat(mixed).doesNotExist();
    }
}
