// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.Importance;
import org.kan4j.encoding.Encoding;
import org.kan4j.grid.GridCoverage;
import org.kan4j.tensor.DType;
import picocli.CommandLine;

/** What commands print of their numbers, line by line, and what short words of options mean. */
class ReportLinesTest {

    @TempDir
    private Path folder;

    private static String printed(java.util.function.Consumer<PrintWriter> work) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        work.accept(out);
        out.flush();
        return text.toString();
    }

    // -------------------------------------------------------------------------------------------------------- evaluation

    @Test
    void importanceIsShownFromTheGreatestDownThirtyAtMost() {
        for (int count : new int[] {30, 31, 45}) {
            List<Importance> inputs = IntStream.range(0, count)
                    .mapToObj(i -> new Importance("input" + i, i == 7 ? -0.5 : i / 100.,
                            i / 1000.))
                    .toList();
            ObjectNode root = Output.object();
            List<String> lines = printed(out -> new EvaluationReport(out, root).show(inputs, 4)).lines().toList();
            assertThat(lines.getFirst()).isEqualTo(
                    "importance   by how much the score falls where an input is dealt anew, mean of 4 times ± standard error");
            assertThat(lines).hasSize(count == 30 ? 31 : 32);
            assertThat(lines.get(1)).isEqualTo("  %-12s %10.4g ± %.2g".formatted("input" + (count - 1), (count - 1) / 100.,
                    (count - 1) / 1000.));
            assertThat(lines.getLast())
                    .isEqualTo(count == 30 ? "  input7          -0.5000 ± 0.0070" : "  and " + (count - 30) + " more");
            assertThat(root.get("importance")).hasSize(count);
            assertThat(root.get("importance").get(count - 1).get("input").asText()).isEqualTo("input7");
            assertThat(root.get("importance").get(0).get("standard_error").asDouble()).isEqualTo((count - 1) / 1000.);
        }
        assertThat(printed(out -> new EvaluationReport(out, Output.object()).show(List.of(), 4))).isEmpty();
    }

    /** Of a CSV file whose predictions are known: the residuals at the shares, the classes up to twenty. */
    @Test
    void residualsAreTruthMinusPrediction() throws IOException {
        StringBuilder rows = new StringBuilder("x,y\n");
        for (int i = 0; i < 40; i++) {
            rows.append(i).append(",").append(2 * i + (i == 3 ? 50 : 0)).append("\n");
        }
        Path data = Files.writeString(folder.resolve("t.csv"), rows);
        Path model = folder.resolve("m.safetensors");
        Cli.succeed("train", data, "--target", "y", "--hidden", 2, "--epochs", 2, "--weight-decay", 0, "--plot", "none", "--out",
                model,
                "--target-transform", "none");
        Cli cli = Cli.succeed("evaluate", data, "--model", model, "--json", folder.resolve("e.json"));
        List<String> predicted = Cli.succeed("predict", data, "--model", model).out().lines().skip(1).toList();
        double[] off = IntStream.range(0, 40).mapToDouble(i -> 2 * i + (i == 3 ? 50 : 0) - Double.parseDouble(predicted.get(i)))
                .sorted().toArray();
        JsonNode json = Cli.json(folder.resolve("e.json")).get("residuals");
        String line = "residuals   ";
        int[] shares = {5, 25, 50, 75, 95};
        int[] places = {2, 10, 20, 29, 37};
        for (int i = 0; i < 5; i++) {
            assertThat(json.get("q%02d".formatted(shares[i])).asDouble()).isCloseTo(off[places[i]], within(1e-4));
            line += " %.4g".formatted(json.get("q%02d".formatted(shares[i])).asDouble());
        }
        assertThat(cli.out()).contains(line + "  (truth - predicted: 5, 25, 50, 75, 95 %)\n");
        assertThat(Cli.succeed("show", model).out()).contains("1 input to 1 output, f32");
    }

    // ----------------------------------------------------------------------------------------------------------- numbers

    @ParameterizedTest
    @CsvSource({"0, 0:00", "0.4, 0:00", "0.6, 0:01", "59.4, 0:59", "59.6, 1:00", "61, 1:01", "3599, 59:59", "3599.6, 1:00:00",
        "3661, 1:01:01", "36000, 10:00:00"})
    void timesAreRoundedToSeconds(double seconds, String shown) {
        assertThat(Progress.duration(seconds)).isEqualTo(shown);
    }

    @Test
    void scoresAreShownByTheirKind() {
        assertThat(Progress.score(true, 0.98765)).isEqualTo("accuracy 98.77 %");
        assertThat(Progress.score(false, 12.3456789)).isEqualTo("RMSE 12.3457");
        assertThat(new EpochReport(3, null, 0.5, Double.NaN, Double.NaN, 1).decisive()).isEqualTo(0.5);
        assertThat(new EpochReport(3, "test", 0.5, 0.75, 1, 1).decisive()).isEqualTo(0.75);
    }

    /** As many digits as an output of float32 has, in the unit of the target. */
    @ParameterizedTest
    @CsvSource({"0, 1, 0.1, 0.1", "0, 1, 0.0001, 1.0E-4", "100, 10, 0.123456789, 101.2345679", "0, 1, 123.456, 123.456001",
        "0, 1e6, 1.5, 1500000.0", "0, 1e7, 1.5, 15000000", "0, 1e7, -1.23456789, -12345678.8", "5e6, 1, 0, 5000000.0",
        "0, 1e-6, 0.5, 5.0E-7", "0, 1e20, 1.5, 1.5E20", "0, 1, 0, 0.0", "1e7, 1, 0, 10000000", "9999999, 1, 0.5, 9999999.5"})
    void predictionsHaveTheDigitsOfTheirOutputs(double mean, double deviation, double output, String shown) {
        assertThat(PredictCommand.number(new Encoding.Value("y", mean, deviation), (float) output, DType.F32)).isEqualTo(shown);
    }

    // ------------------------------------------------------------------------------------------------------- outside grid

    @Test
    void whatLiesOutsideIsWarnedOf() {
        GridCoverage coverage = new GridCoverage(List.of(new GridCoverage.Layer(0, 200, new int[] {22, 0}),
                new GridCoverage.Layer(2, 200, new int[] {100, 40, 200})));
        assertThat(CoverageOptions.describe(coverage)).isEqualTo("5.50 % in layer 0, 56.67 % in layer 2");
        ObjectNode json = Output.object();
        CoverageOptions.put(coverage, json);
        assertThat(json.toString()).startsWith("{\"outside_grid\":{\"layers.0\":0.055,\"layers.2\":0.566666");
        assertThat(printed(out -> options().warn(coverage, out))).as("a twentieth of the first layer").isEmpty();
        GridCoverage more = new GridCoverage(List.of(new GridCoverage.Layer(0, 200, new int[] {1, 41})));
        String advice = "; train --update-grid moves grids to the data\n";
        assertThat(printed(out -> options().warn(more, out))).isEqualTo(
                "warning: 10.5 % of what layer 0 sees lies outside its grid, 20.5 % of its input 1" + advice);
        GridCoverage tenth = new GridCoverage(List.of(new GridCoverage.Layer(0, 200, new int[] {0, 40})));
        assertThat(printed(out -> options().warn(tenth, out))).isEmpty();
        assertThat(printed(out -> options("--warn-outside", "0.5").warn(coverage, out))).isEqualTo(
                "warning: 56.7 % of what layer 2 sees lies outside its grid, 100.0 % of its input 2" + advice);
        assertThat(printed(out -> options("--warn-outside", "0.05").warn(coverage, out)).lines()).hasSize(2);
        assertThat(printed(out -> options("--warn-outside", "1").warn(coverage, out))).isEmpty();
        for (String wrong : List.of("-0.1", "1.1", "NaN")) {
            assertThatThrownBy(() -> options("--warn-outside", wrong).check()).isInstanceOf(InputException.class)
                    .hasMessage("--warn-outside must be between 0 and 1, given " + Double.valueOf(wrong));
        }
    }

    private static CoverageOptions options(String... args) {
        return CommandLine.populateCommand(new CoverageOptions(), args);
    }

    // ------------------------------------------------------------------------------------------------------------ options

    @ParameterizedTest
    @CsvSource({"weightDecay, weight-decay", "epochs, epochs", "test_fraction, test-fraction",
        "targetTransform, target-transform",
        "updateGridUntil, update-grid-until", "l1, l1"})
    void keysOfFilesAreNamesOfOptions(String key, String option) {
        assertThat(Config.kebab(key)).isEqualTo(option);
    }

    /** Marks by their names and as they are. */
    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {"tab!a|b", "\\t!a|b", "TAB!a|b", "semicolon!a|b", "Comma!a|b", "space!a|b", ";!a|b",
        "point!a|b",
        ":!a|b", "/!a|b"})
    void marksHaveNames(String word, String names) throws IOException {
        Map<String, String> marks = Map.of("tab", "\t", "\\t", "\t", "semicolon", ";", "comma", ",", "space", " ", "point", ".");
        String mark = marks.getOrDefault(word.toLowerCase(java.util.Locale.ROOT), word);
        Path data = Files.writeString(folder.resolve("t.txt"), "a" + mark + "b\n1" + mark + "2\n");
        TableOptions options = CommandLine.populateCommand(new TableOptions(), "--separator=" + word);
        assertThat(options.given()).isTrue();
        assertThat(options.open(data.toString()).columns().stream().map(column -> column.name()).collect(Collectors.joining("|")))
                .isEqualTo(names);
    }

    @Test
    void marksThatCannotBeAreRefused() {
        for (String wrong : List.of("ab", "a", "5", "\"", "#", "+", "-", "\u00e4", "\u00a7", "")) {
            assertThatThrownBy(() -> CommandLine.populateCommand(new TableOptions(), "--decimal=" + wrong).open("none"))
                    .as(wrong).isInstanceOf(InputException.class)
                    .hasMessage("--decimal must be one character that is no letter, digit, "
                            + "sign, quote or #, or tab, space, comma, semicolon or point; given '" + wrong + "'");
        }
        for (String given : List.of("--separator=;", "--decimal=,", "--thousands=.", "--na=x", "--header=true", "--no-header",
                "--encoding=UTF-8", "--skip-lines=0")) {
            assertThat(CommandLine.populateCommand(new TableOptions(), given).given()).as(given).isTrue();
        }
        assertThat(new TableOptions().given()).isFalse();
    }

    /** A resumed training shows its own first epoch, every tenth, and the last. */
    @Test
    void aResumedLogBeginsWhereItGoesOn() throws IOException {
        StringBuilder rows = new StringBuilder("x,y\n");
        IntStream.range(0, 30).forEach(i -> rows.append(i * 7 % 30).append(",").append(i * 7 % 30 + 0.5).append("\n"));
        Path data = Files.writeString(folder.resolve("t.csv"), rows);
        Path model = folder.resolve("m.safetensors");
        Cli.succeed("train", data, "--target", "y", "--hidden", 2, "--epochs", 3, "--weight-decay", 0, "--plot", "none", "--out",
                model);
        Cli on = Cli.succeed("train", data, "--resume", model, "--epochs", 23, "--plot", "none", "--json",
                folder.resolve("m.json"));
        List<String> shown = on.out().lines().filter(line -> line.matches("(best )?epoch .*"))
                .map(line -> line.replaceAll("(best )?epoch +(\\d+)/23 .*", "$2")).toList();
        List<String> expected = new ArrayList<>(List.of("4", "10", "20", "23"));
        String best = Cli.json(folder.resolve("m.json")).get("best_epoch").asText();
        if (!expected.contains(best)) {
            expected.add(best);
        }
        assertThat(shown).containsExactlyInAnyOrderElementsOf(expected);
    }

    /** Cut to so many epochs the rate falls as far. */
    @Test
    void fewerEpochsHaveTheSameFall() {
        TrainOptions options = TrainOptions.fromJson(
                """
                        {"data": "t.csv", "epochs": 100, "schedule": "exponential", "decay": 0.9, "seed": 1, "threads": 1, "memory": 3}""");
        assertThat(options.within(20).epochs()).isEqualTo(20);
        assertThat(options.within(20).decay()).isCloseTo(Math.pow(0.9, 5), within(1e-15));
        assertThat(options.within(100)).isSameAs(options);
        assertThat(options.bytes()).isEqualTo(3L << 20);
        TrainOptions cosine = TrainOptions.fromJson("""
                {"data": "t.csv", "epochs": 100, "schedule": "cosine", "decay": 0.9, "seed": 1, "threads": 1}""");
        assertThat(cosine.within(20).decay()).isEqualTo(0.9);
        assertThat(cosine.bytes()).isEqualTo(1L << 30);
        assertThat(new TreeMap<>(options.values(List.of("epochs", "decay", "hidden", "basis"))))
                .isEqualTo(new TreeMap<>(Map.of("epochs", "100", "decay", "0.9")));
        assertThat(TrainOptions.fromJson("""
                {"data": "t.csv", "layers": [4, 7, 5, 1], "scaling": "AUTO", "seed": 1, "threads": 1, "drop": ["a", "b,c"]}""")
                .values(List.of("hidden", "scaling", "drop"))).isEqualTo(Map.of("hidden", "7,5", "scaling", "auto", "drop",
                        "a,\"b,c\""));
    }
}
