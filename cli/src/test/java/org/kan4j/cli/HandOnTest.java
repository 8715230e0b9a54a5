// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.DoubleBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.io.Checkpoint;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;

/** export --onnx and compile; what they make of every kind of model is tested in org.kan4j.export. */
class HandOnTest {

    @TempDir
    private Path folder;
    private Path model;

    @BeforeEach
    void write() throws IOException {
        model = write(KanModel.kan(BSpline.of(5, 3), 4, 8, 3), "model.safetensors");
    }

    private Path write(KanModel topology, String name) throws IOException {
        try (Parameters parameters = Parameters.initialise(topology, 1)) {
            Checkpoint.write(folder.resolve(name), parameters, Map.of());
        }
        return folder.resolve(name);
    }

    @Test
    void exportChecksItsFileWithOnnxRuntime() {
        Path onnx = folder.resolve("m.onnx");
        Cli cli = Cli.succeed("export", model, "--onnx", onnx, "--check", "--opset", "18");
        assertThat(cli.out()).contains("opset 18", "4 inputs", "relative L2 error", "ok");
        assertThat(onnx).exists();
    }

    @Test
    void weightsInAFileBeside() throws IOException {
        Path wide = write(KanModel.kan(BSpline.of(5, 3), 20, 30, 3), "wide.safetensors");
        Path onnx = folder.resolve("m.onnx");
        Cli cli = Cli.succeed("export", wide, "--onnx", onnx, "--external-data", "--check");
        assertThat(cli.out()).contains("relative L2 error", "ok", "m.onnx.data");
        assertThat(Files.size(folder.resolve("m.onnx.data"))).isGreaterThan(20 * 30 * 9 * 4);
        Path other = Files.move(wide, folder.resolve("n.onnx.data"));
        Cli.refuse(new String[] {"n.onnx.data", "MODEL"}, "export", other, "--onnx", folder.resolve("n.onnx"),
                "--external-data");
        assertThat(folder.resolve("n.onnx")).doesNotExist();
        Cli.refuse(new String[] {"/dev/null", "beside"}, "export", model, "--onnx", "/dev/null", "--external-data");
    }

    @Test
    void aLinearHeadIsExportedAndCompiled() throws IOException {
        Path head = write(KanModel.of(DType.F32, KanLayer.of(4, 8, BSpline.of(5, 3)), Linear.of(8, 3)), "head.safetensors");
        assertThat(Cli.succeed("export", head, "--onnx", folder.resolve("head.onnx"), "--check").out()).contains("ok");
        Cli.succeed("compile", head, "--java", "Head", "--out", folder);
        Cli.succeed("compile", head, "--c", "head", "--out", folder);
        assertThat(folder.resolve("Head.java")).exists();
        assertThat(folder.resolve("head.c")).exists();
        Cli.refuse(new String[] {"efficient-kan"}, "export", head, "--variant", "efficient-kan", "--out", folder.resolve("w"));
    }

    @Test
    void badExports() throws IOException {
        Path onnx = folder.resolve("m.onnx");
        Cli.refuse(new String[] {"opset", "17 to 21", "11"}, "export", model, "--onnx", onnx, "--opset", "11");
        Cli.refuse(new String[] {"--onnx", "--variant"}, "export", model);
        Cli.refuse(new String[] {"--variant"}, "export", model, "--onnx", onnx, "--variant", "pykan", "--out",
                folder.resolve("w"));
        Path gelu = write(KanModel.mlp(DType.F64, Activation.GELU, 2, 3, 1), "gelu.safetensors");
        Cli.refuse(new String[] {"GELU", "--f32"}, "export", gelu, "--onnx", onnx);
        Cli.refuse(new String[] {"MODEL"}, "export", model, "--onnx", model);
        assertThat(onnx).doesNotExist();
        Cli.succeed("export", gelu, "--onnx", onnx, "--f32", "--check");
    }

    @Test
    void compilesToJavaAndC() throws Exception {
        Cli.succeed("compile", model, "--java", "com.acme.Churn", "--out", folder);
        Path java = folder.resolve("com/acme/Churn.java");
        byte[] first = Files.readAllBytes(java);
        Cli.succeed("compile", model, "--java", "com.acme.Churn", "--out", folder);
        assertThat(Files.readAllBytes(java)).isEqualTo(first);
        assertThat(Files.readString(java)).contains("package com.acme;", "SHA-256 ");
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, "--release", "8", "-Xlint:all,-options",
                "-Werror", java.toString())).isZero();
        Cli.succeed("compile", model, "--c", "churn", "--out", folder);
        Process cc = new ProcessBuilder(List.of("cc", "-std=c99", "-Wall", "-Werror", "-c", "churn.c", "-o", "churn.o"))
                .directory(folder.toFile()).inheritIO().start();
        assertThat(cc.waitFor()).isZero();
    }

    @Test
    void badCompiles() throws IOException {
        Cli.refuse(new String[] {"'com.acme.2Churn'", "com.acme.Churn"}, "compile", model, "--java", "com.acme.2Churn",
                "--out", folder);
        Cli.refuse(new String[] {"'int'"}, "compile", model, "--c", "int", "--out", folder);
        Cli.refuse(new String[] {"--java", "--c"}, "compile", model, "--out", folder);
        Path large = write(KanModel.mlp(DType.F32, Activation.RELU, 2000, 2001, 1), "large.safetensors");
        Cli.refuse(new String[] {"4000000", "kan4j-scorer"}, "compile", large, "--java", "Large", "--out", folder);
        try (var files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("model.safetensors",
                    "large.safetensors");
        }
    }

    /** The labels of predict, for every row, categories and missing values included. */
    @Test
    void rawExportsPredictAsPredictDoes() throws Exception {
        StringBuilder rows = new StringBuilder("time,colour,y\n");
        Random random = new Random(1);
        List<String[]> colours = new ArrayList<>();
        double[] times = new double[300];
        for (int i = 0; i < 300; i++) {
            times[i] = i % 20 == 3 ? Double.NaN : 1.7e9 + random.nextInt(1000);
            String colour = List.of("red", "green", "blue").get(random.nextInt(3));
            colours.add(new String[] {colour});
            boolean warm = colour.equals("red") || times[i] % 1000 > 600;
            rows.append(Double.isNaN(times[i]) ? "" : Long.toString((long) times[i])).append(',').append(colour)
                    .append(',')
                    .append(warm ? "warm" : "cold").append('\n');
        }
        Path csv = Files.writeString(folder.resolve("rows.csv"), rows);
        Path trained = folder.resolve("trained.safetensors");
        Path onnx = folder.resolve("raw.onnx");
        Cli.succeed("train", csv, "--target", "y", "--missing", "fill", "--epochs", 10, "--out", trained);
        Cli.succeed("export", trained, "--onnx", onnx, "--raw");
        List<String> expected = Cli.succeed("predict", csv, "--model", trained).out().lines().skip(1).toList();
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(onnx.toString());
                OnnxTensor time = OnnxTensor.createTensor(environment, DoubleBuffer.wrap(times), new long[] {300, 1});
                OnnxTensor colour = OnnxTensor.createTensor(environment, colours.toArray(String[][]::new));
                OrtSession.Result result = session.run(Map.of("time", time, "colour", colour))) {
            assertThat((String[]) result.get("label").orElseThrow().getValue()).containsExactlyElementsOf(expected);
        }
        assertThat(expected).contains("warm", "cold");
        Cli.refuse(new String[] {"kan4j.data", "kan4j train"}, "export", model, "--onnx", folder.resolve("no.onnx"),
                "--raw");
        Cli.succeed("compile", trained, "--java", "Warm", "--raw", "--out", folder);
        assertThat(Files.readString(folder.resolve("Warm.java"))).contains("class Row", "label(Row row)");
        assertThat(labelsOfC(trained, rows.toString())).containsExactlyElementsOf(expected);
        Cli.refuse(new String[] {"--raw", "--check"}, "export", trained, "--onnx", folder.resolve("no.onnx"), "--raw",
                "--check");
        assertThat(Cli.succeed("export", trained, "--variant", "efficient-kan", "--out",
                folder.resolve("w.safetensors")).err())
                .contains("note", "cannot carry", "scaled");
    }

    /** What a program in C around the compiled model prints for the rows of time and colour. */
    private List<String> labelsOfC(Path trained, String rows) throws Exception {
        Cli.succeed("compile", trained, "--c", "warm", "--raw", "--out", folder);
        Path main = Files.writeString(folder.resolve("main.c"), """
                #include <stdio.h>
                #include <stdlib.h>
                #include <string.h>
                #include "warm.h"

                int main(void) {
                    char line[256];
                    while (fgets(line, sizeof line, stdin)) {
                        const double time = *line == ',' ? strtod("nan", NULL) : atof(line);
                        char *colour = strchr(line, ',') + 1;
                        const char *categories[WARM_CATEGORIES] = {colour};
                        double probabilities[WARM_OUTPUTS];
                        int label;
                        colour[strcspn(colour, ",")] = 0;
                        if (warm_probabilities(&time, categories, probabilities, &label)) {
                            return 1;
                        }
                        puts(warm_labels[label]);
                    }
                    return 0;
                }
                """);
        Process cc = new ProcessBuilder(List.of("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-O2", "warm.c",
                main.toString(), "-o", "warm", "-lm")).directory(folder.toFile()).inheritIO().start();
        assertThat(cc.waitFor()).isZero();
        Process warm = new ProcessBuilder(folder.resolve("warm").toString())
                .redirectInput(Files.writeString(folder.resolve("body.csv"), rows.substring(rows.indexOf('\n') + 1)).toFile())
                .redirectOutput(folder.resolve("labels").toFile()).start();
        assertThat(warm.waitFor()).isZero();
        return Files.readAllLines(folder.resolve("labels"));
    }
}
