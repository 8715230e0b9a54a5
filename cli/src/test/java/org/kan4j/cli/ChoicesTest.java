// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code train} and {@code tune} choose by rows held out. */
class ChoicesTest {

    @TempDir
    private Path folder;
    private Path data;

    /** Which of two numbers is greater, beside a category of many values that says nothing. */
    @BeforeEach
    void write() throws IOException {
        SplittableRandom random = new SplittableRandom(6);
        List<String> lines = new ArrayList<>(List.of("a,b,code,wins"));
        for (int i = 0; i < 150; i++) {
            double a = random.nextDouble();
            double b = random.nextDouble();
            lines.add(a + "," + b + ",c" + random.nextInt(25) + "," + (a > b ? "a" : "b"));
        }
        data = Files.write(folder.resolve("d.csv"), lines);
    }

    private Cli run(String command, Object... more) {
        return Cli.succeed(
                Stream.concat(Stream.of(command, data, "--target", "wins", "--test-fraction", 0), Stream.of(more)).toArray());
    }

    @Test
    void aColumnWithoutUseIsLeftOutAndTheCommandSaysSo() throws IOException {
        Path model = folder.resolve("m.safetensors");
        String out = run("train", "--out", model, "--plot", "none", "--json", folder.resolve("m.json")).out();
        assertThat(out).containsPattern("(?s)weight decay by.*without code by rows held out: loss [\\d.]+ instead of [\\d.]+\n"
                + "weight decay by"); // chosen anew
        assertThat(Cli.json(folder.resolve("m.json")).get("options").get("drop")).hasToString("[\"code\"]");
        String again = out.lines().filter(line -> line.startsWith("again")).findFirst().orElseThrow();
        assertThat(again).contains(" --drop code ");
        Path rows = Files.write(folder.resolve("rows.csv"), List.of("a,b,code", "0.5,0.4,c3", "0.5,0.4,new"));
        Path fewer = Files.write(folder.resolve("fewer.csv"), List.of("a,b", "0.5,0.4", "0.5,0.4"));
        String predicted = Cli.succeed("predict", rows, "--model", model).out();
        assertThat(predicted.lines().skip(1).distinct()).hasSize(1);
        assertThat(Cli.succeed("predict", fewer, "--model", model).out()).isEqualTo(predicted);
        String trained = Cli.succeed("predict", data, "--model", model).out();
        String[] words = again.replaceFirst("again +kan4j +", "").split(" ");
        Cli.succeed(Stream.concat(Stream.of(words), Stream.of("--out", model, "--plot", "none")).toArray());
        assertThat(Cli.succeed("predict", data, "--model", model).out()).isEqualTo(trained);
    }

    @Test
    void aSearchBeginsWithTheColumnsChosen() throws IOException {
        run("tune", "--trials", 1, "--folds", 2, "--out", folder.resolve("tuned"));
        assertThat(Files.readString(folder.resolve("tuned/trials.jsonl"))).contains("\"drop\":\"code\"");
        assertThat(Files.readString(folder.resolve("tuned/report.txt"))).contains(" --drop code ");
    }
}
