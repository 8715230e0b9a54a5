// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code train --ensemble}: one file, which is the mean of its members for whatever reads models. */
class EnsembleTrainingTest {

    @TempDir
    Path folder;

    private Path csv;
    private Path model;

    @BeforeEach
    void rows() throws IOException {
        SplittableRandom random = new SplittableRandom(3);
        List<String> lines = new ArrayList<>(List.of("a,b,colour,y,label"));
        for (int i = 0; i < 120; i++) {
            double a = random.nextDouble();
            double b = random.nextDouble(-2, 3);
            double y = Math.sin(3 * a) + a * b + (i % 3 == 0 ? 1 : 0) + 0.2 * random.nextGaussian();
            lines.add(a + "," + b + "," + (i % 3 == 0 ? "red" : "blue") + "," + y + "," + (y > 1 ? "yes" : "no"));
        }
        csv = Files.write(folder.resolve("data.csv"), lines);
        model = folder.resolve("model.safetensors");
    }

    private Cli train(Path out, String options) {
        List<Object> args = new ArrayList<>(List.of("train", csv, "--plot", "none", "--log", "none", "--weight-decay", "0.01",
                "--out", out));
        args.addAll(Arrays.asList(options.split(" ")));
        return Cli.succeed(args.toArray());
    }

    private double[] predicted(Path of) throws IOException {
        Path file = folder.resolve("p.csv");
        Cli.succeed("predict", csv, "--model", of, "--out", file);
        return Files.readAllLines(file).stream().skip(1).mapToDouble(Double::parseDouble).toArray();
    }

    @Test
    void theFileIsTheMeanOfItsMembersForAllThatReadsIt() throws IOException {
        String options = "--target y --drop label --hidden 6 --epochs 5 --test-fraction 0 --dtype f64 --seed ";
        Cli cli = train(model, options + "4 --ensemble 3 --threads 1");
        assertThat(cli.out()).contains("member 3 of 3, seed 6: train RMSE").contains("ended        3 members")
                .containsPattern("again +kan4j train .* --ensemble 3");
        double[] together = predicted(model);
        double[] mean = new double[together.length];
        for (int seed = 4; seed <= 6; seed++) {
            Path member = folder.resolve("member.safetensors");
            train(member, options + seed);
            double[] alone = predicted(member);
            Arrays.setAll(mean, i -> mean[i] + alone[i] / 3);
        }
        assertThat(together).hasSize(120).containsExactly(mean, within(1e-9));
        assertThat(Cli.succeed("evaluate", csv, "--model", model).out()).contains("rmse", "r2");
        assertThat(Cli.succeed("show", model).out()).contains("out=18");
        Cli.succeed("export", model, "--onnx", folder.resolve("m.onnx"), "--check");
        Cli.succeed("compile", model, "--java", "com.acme.Mean", "--out", folder);
        Cli.succeed("compile", model, "--c", "mean", "--out", folder);
        byte[] first = tensors(model);
        train(model, options + "4 --ensemble 3 --threads 2");
        assertThat(tensors(model)).isEqualTo(first);
        Cli.refuse(new String[] {"is an ensemble: its trainings are over"}, "train", csv, "--resume", model, "--epochs", "9");
        assertThat(Cli.succeed("train", csv, "--from", model, "--epochs", 1, "--out", folder.resolve("on.safetensors"), "--plot",
                "none").out()).contains("ended        the one epoch is done");
    }

    /** What follows the header, which has a date. */
    private static byte[] tensors(Path file) throws IOException {
        byte[] all = Files.readAllBytes(file);
        int header = java.nio.ByteBuffer.wrap(all).order(java.nio.ByteOrder.LITTLE_ENDIAN).getInt();
        return Arrays.copyOfRange(all, 8 + header, all.length);
    }

    @Test
    void whatTablesNeedGoesWithIt() throws IOException {
        assertThat(train(model, "--target y --drop label --hidden 4 --monotone b=+ --epochs 2 --ensemble 2").out())
                .contains("monotone     b=+: proved for all inputs");
        assertThat(Cli.succeed("evaluate", csv, "--model", model).out()).contains("proved for all inputs");
        train(model, "--target y --drop label --gam --epochs 2 --ensemble 2");
        assertThat(Cli.succeed("shapes", model, csv, "--out", folder.resolve("s.csv")).out()).contains("f(colour)");
        assertThat(train(model, "--target y --drop label --quantile 0.1,0.9 --hidden 4 --epochs 2 --ensemble 2").out())
                .contains("pinball", "coverage");
        assertThat(train(model, "--target label --drop y --class-weights balanced --calibrate --patience 2 --hidden 4 --epochs 4 "
                + "--ensemble 2").out()).contains("calibrated   by a temperature");
        assertThat(Cli.succeed("evaluate", csv, "--model", model).out()).contains("log_loss");
        assertThat(train(model, "--target y --drop label --basis wavkan --hidden 4 --epochs 2 --ensemble 2").out())
                .contains("member 2 of 2");
    }

    @Test
    void foldsMeasureTheMeanAndBagsAreRowsOfTheirOwn() throws IOException {
        Path json = folder.resolve("m.json");
        String fixed = "--target y --drop label --epochs 4 --hidden 4 --cv 3 --json " + json;
        train(model, fixed);
        double single = Cli.json(json).get("cv").get("rmse").get("mean").asDouble();
        train(model, fixed + " --ensemble 4");
        double mean = Cli.json(json).get("cv").get("rmse").get("mean").asDouble();
        assertThat(mean).isNotEqualTo(single).isLessThan(1.05 * single);
        double seeds = Cli.json(json).get("test").get("rmse").asDouble();
        Cli bagged = train(model, fixed + " --ensemble 4 --bagging");
        assertThat(bagged.out()).contains("--ensemble 4 --bagging true");
        assertThat(Cli.json(json).get("test").get("rmse").asDouble()).isNotEqualTo(seeds).isLessThan(1.5 * seeds);
    }

    @Test
    void whereNothingIsSaidThereAreThree() {
        Path small = folder.resolve("small.csv");
        try {
            Files.write(small, read(csv).lines().limit(26).toList());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        Cli usual = Cli.succeed("train", small, "--target", "y", "--drop", "label", "--out", model, "--plot", "none");
        assertThat(usual.out()).contains("member 3 of 3").containsPattern("again .* --ensemble 3");
        assertThat(model).exists();
        Cli.refuse(new String[] {"its trainings are over", "--ensemble 1"}, "train", small, "--resume", model);
        assertThat(
                Cli.succeed("train", small, "--target", "y", "--drop", "label", "--out", model, "--plot", "none", "--epochs", "2")
                        .out())
                .doesNotContain("member");
    }

    static Stream<Arguments> contradictions() {
        return Stream.of(Arguments.of("--ensemble 0", "--ensemble must be at least 1, given 0"),
                Arguments.of("--ensemble 101", "--ensemble must be at most 100, given 101"),
                Arguments.of("--ensemble 2 --seeds 1,2", "--ensemble and --seeds exclude each other"),
                Arguments.of("--bagging", "--bagging needs --ensemble N of at least 2"),
                Arguments.of("--ensemble 2 --cv 3 --split group=a", "--cv and --split exclude each other"),
                Arguments.of("--ensemble 2 --from m.safetensors", "--ensemble and --from exclude each other"),
                Arguments.of("--ensemble 2 --resume m.safetensors", "leave out --target, --drop, --ensemble"),
                Arguments.of("--ensemble 2 --update-grid 5", "--ensemble and --update-grid exclude each other"),
                Arguments.of("--ensemble 2 --basis fastkan", "given --basis fastkan --norm none"),
                Arguments.of("--ensemble 2 --basis chebykan", "given --basis chebykan --norm layer"),
                Arguments.of("--ensemble 2 --basis relukan", "--ensemble is for --basis bspline"),
                Arguments.of("--ensemble 50 --hidden 512,512", "fewer members or narrower hidden layers"));
    }

    @ParameterizedTest
    @MethodSource("contradictions")
    void whatContradictsIsRefused(String options, String message) {
        List<Object> args = new ArrayList<>(List.of("train", csv, "--target", "y", "--drop", "label", "--out", model));
        args.addAll(Arrays.asList(options.split(" ")));
        Cli.refuse(new String[] {message}, args.toArray());
        assertThat(model).doesNotExist();
    }

    @Test
    void tuneDoesNotTakeIt() {
        Cli.refuse(new String[] {"tune does not take --ensemble"}, "tune", "--trials", 1, "--", csv, "--target", "y",
                "--ensemble",
                "2");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aStoppedEnsembleIsTheMeanOfThoseThatAreDone() throws Exception {
        Path log = folder.resolve("log");
        Process process = CliProcess
                .of("train", csv, "--target", "y", "--drop", "label", "--weight-decay", "0.01", "--epochs", 1000,
                        "--ensemble", 100, "--hidden", 8, "--plot", "none", "--out", model)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile()).start();
        try {
            while (!read(log).contains("member 2 of 100")) {
                assertThat(process.isAlive()).as(() -> read(log)).isTrue();
                Thread.sleep(20);
            }
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended on SIGTERM").isTrue();
            assertThat(process.exitValue()).isEqualTo(143);
        } finally {
            process.destroyForcibly();
        }
        assertThat(read(log)).containsPattern("stopped in member \\d+ of 100; .*model.safetensors is the mean of the \\d+");
        assertThat(Cli.succeed("evaluate", csv, "--model", model).out()).contains("rmse");
    }
}
