// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is printed, what is in the JSON file and what follows from the predictions are the same. */
class ReportsAgreeTest {

    @TempDir
    private Path folder;
    private Path data;
    private Path model;
    private Path json;

    @BeforeEach
    void make() throws IOException {
        List<String> lines = new ArrayList<>(List.of("x,z,y"));
        for (int i = 0; i < 80; i++) {
            double x = i * 7 % 80 / 10.0;
            lines.add(x + "," + i % 9 + "," + (3 * Math.sin(x) + i % 9 + 20));
        }
        data = Files.write(folder.resolve("t.csv"), lines);
        model = folder.resolve("m.safetensors");
        json = folder.resolve("m.json");
    }

    private Cli train(Object... more) {
        List<Object> all = new ArrayList<>(List.of("train", data, "--target", "y", "--hidden", 2, "--epochs", 4, "--plot", "none",
                "--weight-decay", 0, "--out", model, "--json", json));
        all.addAll(List.of(more));
        return Cli.succeed(all.toArray());
    }

    /** The numbers in the line that begins with a word. */
    private static double[] numbers(String text, String word) {
        String line = text.lines().filter(each -> each.startsWith(word)).reduce((a, b) -> b).orElseThrow();
        Matcher matcher = Pattern.compile("-?\\d[\\d,]*(\\.\\d+)?([eE][-+]?\\d+)?").matcher(line.substring(word.length()));
        return matcher.results().mapToDouble(result -> Double.parseDouble(result.group().replace(",", ""))).toArray();
    }

    private static double[] epochs(JsonNode root, String field) {
        return StreamSupport.stream(root.get("epochs").spliterator(), false).mapToDouble(each -> each.get(field).asDouble())
                .toArray();
    }

    private static int least(double[] values) {
        int least = 0;
        for (int i = 1; i < values.length; i++) {
            least = values[i] < values[least] ? i : least;
        }
        return least;
    }

    @Test
    void theCardIsWhatTheFileSays() throws IOException {
        Cli cli = train();
        JsonNode root = Cli.json(json);
        JsonNode test = root.get("test");
        double[] card = numbers(cli.out(), "test ");
        assertThat(card[0]).isCloseTo(test.get("rmse").asDouble(), within(1e-3));
        assertThat(card[1]).isCloseTo(test.get("loss").asDouble(), within(1e-3));
        assertThat(cli.out()).doesNotContain("there are no rows to test on").contains("mae ", "r2 ");
        double[] losses = epochs(root, "test_loss");
        double[] ended = numbers(cli.out(), "ended ");
        int best = least(losses);
        assertThat(root.get("best_epoch").asInt()).isEqualTo(best + 1);
        assertThat(ended[ended.length - 2]).isEqualTo(best + 1);
        assertThat(ended[ended.length - 1]).isCloseTo(losses[best], within(1e-3));
        assertThat(epochs(root, "epoch")).containsExactly(1, 2, 3, 4);
        assertThat(epochs(root, "test_rmse")[3]).as("of the last epoch").isCloseTo(test.get("rmse").asDouble(), within(1e-6));
        assertThat(numbers(cli.out(), "parameters ")).containsExactly(root.get("parameters").asInt());
        double[] time = numbers(cli.out(), "time ");
        assertThat(time[0]).isCloseTo(java.util.Arrays.stream(epochs(root, "seconds")).average().orElseThrow(), within(6e-3));
        assertThat(time[1]).isEqualTo(4);
        assertThat(cli.out()).contains("model        " + model + "\n", "again        ");
        assertThat(root.get("ended").asText()).isNotEmpty();
        assertThat(cli.out()).contains("ended        " + root.get("ended").asText() + "; best epoch ");
    }

    @Test
    void withoutRowsToTestOnTheTrainingRowsAreMeasured() throws IOException {
        Cli cli = train("--test-fraction", 0);
        JsonNode root = Cli.json(json);
        assertThat(cli.out()).contains("(there are no rows to test on)", ", train loss ");
        for (JsonNode epoch : root.get("epochs")) {
            assertThat(epoch.fieldNames()).toIterable().containsExactly("epoch", "train_loss", "seconds");
        }
        double[] losses = epochs(root, "train_loss");
        assertThat(root.get("best_epoch").asInt()).isEqualTo(least(losses) + 1);
        assertThat(root.has("test")).isFalse();
        // The measures are those of the predictions of all rows.
        double squares = 0;
        List<String> predicted = Cli.succeed("predict", data, "--model", model).out().lines().skip(1).toList();
        List<String> rows = Files.readAllLines(data);
        for (int i = 0; i < 80; i++) {
            squares += Math.pow(Double.parseDouble(predicted.get(i)) - Double.parseDouble(rows.get(i + 1).split(",")[2]), 2);
        }
        assertThat(root.get("train").get("rmse").asDouble()).isCloseTo(Math.sqrt(squares / 80), within(1e-4));
    }

    @Test
    void ofSeveralSeedsTheMeansAreThoseOfTheRuns() throws IOException {
        Cli cli = train("--seeds", "3,5");
        JsonNode root = Cli.json(json);
        JsonNode runs = root.get("runs");
        assertThat(runs).hasSize(2);
        double[] scores = {runs.get(0).get("test").get("rmse").asDouble(), runs.get(1).get("test").get("rmse").asDouble()};
        assertThat(scores[0]).isNotEqualTo(scores[1]);
        assertThat(List.of(runs.get(0).get("options").get("seed").asInt(), runs.get(1).get("options").get("seed").asInt()))
                .containsExactly(3, 5);
        assertThat(root.get("test").get("rmse").asDouble()).isCloseTo((scores[0] + scores[1]) / 2, within(1e-12));
        assertThat(root.get("test").get("loss").asDouble()).isCloseTo((runs.get(0).get("test").get("loss").asDouble()
                + runs.get(1).get("test").get("loss").asDouble()) / 2, within(1e-12));
        assertThat(numbers(cli.out(), "seed 3 ")[0]).isCloseTo(scores[0], within(1e-3));
        assertThat(numbers(cli.out(), "seed 5 ")[0]).isCloseTo(scores[1], within(1e-3));
        assertThat(numbers(cli.out(), "mean ")[0]).isCloseTo((scores[0] + scores[1]) / 2, within(1e-3));
    }

    @Test
    void patienceKeepsTheBestAndSaysSo() throws IOException {
        Cli cli = train("--patience", 3, "--validation", 0.2);
        JsonNode root = Cli.json(json);
        assertThat(cli.out()).contains(", which is kept").doesNotContain("the last one is kept");
        double[] losses = epochs(root, "validation_loss");
        assertThat(root.get("best_epoch").asInt()).isEqualTo(least(losses) + 1);
    }

    @Test
    void rowsThatAreTrainedOnAreNoTest() throws IOException {
        String note = "note: --test names the rows that are trained on: what is measured there is no test\n";
        assertThat(train("--test", data).err()).contains(note);
        assertThat(train("--test", data.resolveSibling("./t.csv")).err()).contains(note);
        Path other = Files.copy(data, folder.resolve("u.csv"));
        assertThat(train("--test", other).err()).doesNotContain("--test names");
    }

    /** bash leaves the tilde of --out=~/m.safetensors as it is. */
    @Test
    void aTildeThatTheShellLeftIsNoFolder() {
        for (String option : List.of("--out", "--json", "--plot")) {
            Cli.refuse(
                    new String[] {option + " ~/m.png: the shell replaces ~ by the home folder only at the beginning of a word, "
                            + "as in " + option + " ~/m.png with a space between"},
                    "train", data, "--target", "y", "--epochs", 1, option,
                    "~/m.png");
        }
        assertThat(Path.of("~")).doesNotExist();
    }
}
