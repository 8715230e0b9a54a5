// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code evaluate} shows and draws. */
class EvaluateCommandTest {

    @TempDir
    private Path folder;

    private Path file(String name) {
        return folder.resolve(name);
    }

    /** A useful column a, a useless one b, and what is to be predicted. */
    private Path table(IntFunction<String> target) throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        StringBuilder rows = new StringBuilder("a,b,y\n");
        for (int i = 0; i < 300; i++) {
            rows.append(i).append(',').append(random.nextDouble()).append(',').append(target.apply(i)).append('\n');
        }
        return Files.writeString(file("t.csv"), rows);
    }

    private Path train(Path data, String... more) {
        Object[] args = {"train", data, "--target", "y", "--hidden", "4", "--epochs", "60", "--weight-decay", "0.1", "--plot",
            "none",
            "--out", file("m.safetensors")};
        Object[] all = java.util.Arrays.copyOf(args, args.length + more.length);
        System.arraycopy(more, 0, all, args.length, more.length);
        Cli.succeed(all);
        return file("m.safetensors");
    }

    /** Points of a colour of the drawing in one of its charts. */
    private int points(BufferedImage image, int chart, int rgb) {
        int width = 560;
        int count = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = chart * width; x < (chart + 1) * width; x++) {
                count += (image.getRGB(x, y) & 0xffffff) == rgb ? 1 : 0;
            }
        }
        return count;
    }

    @Test
    void classesAreDrawnWithRocCalibrationAndImportance() throws IOException {
        Path data = table(i -> i < 150 ? "low" : "high");
        Cli cli = Cli.succeed("evaluate", data, "--model", train(data), "--plot", file("e.png"), "--importance", "5", "--json",
                file("e.json"));
        assertThat(cli.out()).containsPattern("roc_auc +(0\\.9|1\\.0)").containsPattern("ece +0\\.")
                .contains("plot         " + file("e.png"))
                .containsPattern("(?s)importance .*mean of 5 times ± standard error\\R  a +0\\.[2-9].* ± .*\\R  b ");
        JsonNode root = Cli.json(file("e.json"));
        double ece = 0;
        for (JsonNode bin : root.get("calibration")) {
            ece += bin.get("rows").asInt() * Math.abs(bin.get("confidence").asDouble() - bin.get("accuracy").asDouble()) / 300;
        }
        assertThat(root.get("ece").asDouble()).isCloseTo(ece, within(1e-12));
        assertThat(root.get("importance").get(0).get("input").asText()).isEqualTo("a");
        assertThat(root.get("importance").get(0).get("standard_error").asDouble()).isPositive();
        BufferedImage image = ImageIO.read(file("e.png").toFile());
        assertThat(image.getWidth()).isEqualTo(3 * 560);
        assertThat(points(image, 0, 0x999999)).as("the diagonal").isGreaterThan(200);
        assertThat(points(image, 1, 0x1f77b4)).as("the model's calibration").isGreaterThan(50);
        assertThat(points(image, 2, 0x1f77b4)).as("bars").isGreaterThan(300);
    }

    /** What is printed of up to twenty classes; the file has every number of any. */
    @ParameterizedTest
    @ValueSource(ints = {20, 21})
    void twentyClassesAreShownAndAllAreInTheFile(int classes) throws IOException {
        Path data = table(i -> "c" + i % classes);
        Cli cli = Cli.succeed("evaluate", data, "--model", train(data), "--json", file("e.json"));
        assertThat(cli.out().contains("precision")).as(cli.out()).isEqualTo(classes == 20);
        JsonNode root = Cli.json(file("e.json"));
        JsonNode matrix = root.get("confusion");
        assertThat(root.get("classes")).hasSize(classes);
        for (int c = 0; c < classes; c++) {
            JsonNode score = root.get("classes").get(c);
            double right = matrix.get(c).get(c).asDouble();
            double rows = 0;
            double said = 0;
            for (int other = 0; other < classes; other++) {
                rows += matrix.get(c).get(other).asDouble();
                said += matrix.get(other).get(c).asDouble();
            }
            assertThat(score.get("rows").asDouble()).isEqualTo(rows).isGreaterThan(10);
            assertThat(score.get("recall").asDouble()).isCloseTo(right / rows, within(1e-12));
            assertThat(score.get("precision").asDouble()).isCloseTo(said > 0 ? right / said : 0, within(1e-12));
            assertThat(score.get("f1").asDouble()).isCloseTo(rows + said > 0 ? 2 * right / (rows + said) : 0, within(1e-12));
        }
    }

    /** XChart never ends on large numbers, and has no labels for small ones. */
    @ParameterizedTest
    @ValueSource(strings = {"", "e24", "e-24"})
    void numbersAreDrawnWithTheirResidualsAtEveryScale(String unit) throws IOException {
        Path data = table(i -> 2 * i + i % 7 + unit);
        Cli cli = Cli.succeed("evaluate", data, "--model", train(data), "--plot", file("e.png"), "--json", file("e.json"));
        assertThat(cli.out()).containsPattern("residuals +-[0-9.e+-]+ .*truth - predicted: 5, 25, 50, 75, 95 %");
        JsonNode residuals = Cli.json(file("e.json")).get("residuals");
        assertThat(residuals.get("q05").asDouble()).isNegative();
        assertThat(residuals.get("q05").asDouble()).isLessThan(residuals.get("q50").asDouble());
        assertThat(residuals.get("q95").asDouble()).isPositive();
        BufferedImage image = ImageIO.read(file("e.png").toFile());
        assertThat(image.getWidth()).isEqualTo(2 * 560);
        assertThat(points(image, 0, 0x1f77b4)).isGreaterThan(300);
        assertThat(points(image, 1, 0x1f77b4)).isGreaterThan(300);
    }

    /** Without a layer norm, which one input has not, the published centres of RSWAF leave most of it out. */
    @ParameterizedTest
    @ValueSource(strings = {"rswaf", "fastkan"})
    void aSingleInputIsLearned(String basis) throws IOException {
        StringBuilder rows = new StringBuilder("x,y\n");
        for (int i = 0; i < 200; i++) {
            rows.append(i * 77 % 200 / 10.0).append(',').append(Math.sin(i * 77 % 200 / 25.0)).append('\n');
        }
        Path data = Files.writeString(file("one.csv"), rows);
        Path model = train(data, "--basis", basis);
        Cli.succeed("evaluate", data, "--model", model, "--json", file("e.json"));
        assertThat(Cli.json(file("e.json")).get("r2").asDouble()).isGreaterThan(0.8);
    }

    @Test
    void whatContradictsIsNamed() throws IOException {
        Path data = table(i -> 2 * i + i % 7 + ".5");
        Path quantiles = train(data, "--quantile", "0.1,0.9");
        Cli.refuse(new String[] {"--plot draws classes or one number, the model predicts quantiles; leave --plot out"},
                "evaluate", data,
                "--model", quantiles, "--plot", file("q.png"));
        assertThat(file("q.png")).doesNotExist();
        Cli.succeed("evaluate", data, "--model", quantiles, "--plot", "none", "--importance");
        Cli.refuse(new String[] {"--importance must be at least 1, given 0"}, "evaluate", data, "--model", quantiles,
                "--importance", 0);
        Cli.refuse(new String[] {"expected a name that ends with .png"}, "evaluate", data, "--model", quantiles, "--plot",
                file("q.pdf"));
        Cli.refuse(new String[] {"JSON is written, expected a name that ends with .json"}, "evaluate", data, "--model", quantiles,
                "--plot", file("q.png"), "--json",
                file("q.png"));
        for (String command : new String[] {"attribute", "plot"}) {
            Cli.refuse(new String[] {"expected a name that ends with .svg"}, command, quantiles, data,
                    command.equals("plot") ? "--out" : "--plot", file("q.png"));
        }
    }

    @Test
    void placesThatAreNoFilesOfThisMachineAreNamed() throws IOException {
        Path data = table(i -> 2 * i + ".5");
        Cli.refuse(new String[] {"'https://example.org/t.csv' is an address", "curl -LO"}, "train", "https://example.org/t.csv",
                "--target", "y");
        Cli.refuse(new String[] {"--id names a column twice: a, a"}, "predict", data, "--model", train(data), "--id", "a,a");
        Cli.refuse(new String[] {"is a model of kan4j, expected a table"}, "predict", file("m.safetensors"), "--model",
                file("m.safetensors"));
        Cli.refuse(new String[] {"t.csv is not a valid safetensors file: it does not begin as one"}, "predict", data, "--model",
                data);
        Cli.refuse(new String[] {"data set or file"}, "train", "\u001b[2J", "--target", "y").err().chars()
                .forEach(c -> assertThat(c).isNotEqualTo(0x1b));
    }
}
