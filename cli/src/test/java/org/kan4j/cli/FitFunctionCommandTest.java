// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FitFunctionCommandTest {

    @TempDir
    private Path folder;

    private static Object[] quick(Object... arguments) {
        Object[] all = java.util.Arrays.copyOf(arguments, arguments.length + 9);
        System.arraycopy(new Object[] {"fit-function", "--samples", 300, "--test-samples", 200, "--steps", 100,
            "--restarts", 8}, 0, all, 0, 9);
        System.arraycopy(arguments, 0, all, 9, arguments.length);
        return all;
    }

    @Test
    void fitsAFormulaAndSavesWhatPredictReads() throws Exception {
        Path json = folder.resolve("f.json");
        Path model = folder.resolve("f.safetensors");
        Path plot = folder.resolve("f.png");
        Cli cli = Cli.succeed(quick("x^2 + 3*y", "--layers", "2,1", "--grids", "3,5", "--ranges", "x=0:2,y=-1:pi",
                "--json", json, "--out", model, "--plot", plot));
        assertThat(cli.out()).contains("fitting x^2 + 3*y by [2,1]", "test RMSE", "parameters");
        JsonNode root = Cli.json(json);
        assertThat(root.get("test").get("rmse").asDouble()).isLessThan(1e-4);
        assertThat(root.get("grids")).hasSize(2);
        assertThat(root.get("options").get("grids")).hasSize(2);
        assertThat(plot).isNotEmptyFile();
        Path rows = folder.resolve("rows.csv");
        Files.writeString(rows, "x,y\n1,2\n");
        String[] predicted = Cli.succeed("predict", rows, "--model", model).out().split("\\R");
        assertThat(predicted[0]).isEqualTo("value");
        assertThat(Double.parseDouble(predicted[1])).isBetween(7 - 1e-3, 7 + 1e-3);
    }

    /** Each of the files alone, and none. */
    @Test
    void writesWhatIsAskedForAlone() throws Exception {
        String only = "f.safetensors";
        Cli.succeed(quick("sin(x)", "--grids", "3", "--out", folder.resolve(only)));
        assertThat(folder.resolve(only)).isNotEmptyFile();
        Cli.succeed(quick("sin(x)", "--grids", "3", "--json", folder.resolve("f.json")));
        Cli.succeed(quick("sin(x)", "--grids", "3"));
        try (java.util.stream.Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder(only, "f.json");
        }
    }

    @Test
    void knowsEquationsByName() throws Exception {
        assertThat(Cli.succeed("fit-function", "--list").out().lines()).hasSize(26);
        Path json = folder.resolve("f.json");
        Cli cli = Cli.succeed(quick("ii.2.42", "--grids", "3", "--json", json));
        assertThat(cli.out()).contains("II.2.42 by [2,2,1]", "published");
        assertThat(Cli.json(json).get("test").get("rmse").asDouble()).isLessThan(0.05);
        assertThat(Cli.json(json).get("published_rmse").asDouble()).isEqualTo(8.54e-4);
    }

    @Test
    void theSameSeedGivesTheSameNumbers() throws Exception {
        Path json = folder.resolve("f.json");
        Cli.succeed(quick("sin(x)", "--grids", "3", "--seed", 4, "--json", json));
        JsonNode first = Cli.json(json).get("test");
        Cli.succeed(quick("sin(x)", "--grids", "3", "--seed", 4, "--json", json));
        assertThat(Cli.json(json).get("test")).isEqualTo(first);
        Cli.succeed(quick("sin(x)", "--grids", "3", "--seed", 5, "--json", json));
        assertThat(Cli.json(json).get("test")).isNotEqualTo(first);
    }

    @Test
    void refusesWhatCannotBe() {
        refuse("position 6", "exp(x");
        refuse("position 1", "foo(x)");
        refuse("undefined on the range", "log(x)");
        refuse("it is Infinity at x = 0.0", "1/x");
        refuse("it is Infinity at x = 1.5, y = 1.5", "1/(x-y)", "--ranges", "1:2");
        refuse("no variable", "1+2");
        refuse("--list", "I.99.9");
        refuse("--list");
        refuse("from the 2 variables", "x*y", "--layers", "3,1");
        refuse("from the 2 variables", "x*y", "--layers", "2");
        refuse("coarser", "x", "--grids", "10,3");
        refuse("--grids must be at least 1", "x", "--grids", "0");
        refuse("nothing of the variable 'y'", "x*y", "--ranges", "x=0:1");
        refuse("none of the formula's variables", "x", "--ranges", "z=0:1");
        refuse("twice", "x", "--ranges", "x=0:1,x=0:1");
        refuse("LOW:HIGH", "x", "--ranges", "x=0");
        refuse("lower end below", "x", "--ranges", "1:0");
        refuse("--samples", "x", "--samples", 1);
        refuse("--steps", "x", "--steps", 0);
        refuse("--restarts", "x", "--restarts", 0);
        refuse("--validation", "x", "--validation", 1);
        refuse("order", "x", "--order", 6);
        refuse("--dtype", "x", "--dtype", "f16");
        refuse(".png", "x", "--plot", folder.resolve("f.jpg"));
        refuse("not for the table", "feynman", "--ranges", "0:1");
    }

    @Test
    void aValueThatIsMissingWhereTheFormulaHasALimitIsNoPole() {
        assertThat(Cli.succeed(quick("sin(x)/x", "--layers", "1,1", "--grids", "3")).out()).contains("test RMSE");
    }

    private static void refuse(String part, Object... arguments) {
        Object[] all = new Object[arguments.length + 1];
        all[0] = "fit-function";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        assertThat(Cli.refuse(new String[] {part}, all).out()).isEmpty();
    }
}
