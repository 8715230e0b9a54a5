// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A plot is an extra: whatever becomes of it, the training is safe. */
class PlotTest {

    @TempDir
    private Path folder;

    private String draw(Callable<byte[]> image, long limitMillis) {
        StringWriter said = new StringWriter();
        try (PrintWriter writer = new PrintWriter(said)) {
            Drawing.draw(folder.resolve("p.png"), image, writer, writer, limitMillis);
        }
        return said.toString();
    }

    @Test
    void whateverFailsIsOneLine() {
        List<Throwable> failures = List.of(new RuntimeException("Fontconfig head is null"), new InternalError("no font\nat all"),
                new NoClassDefFoundError("java/awt/Color"), new IOException("no"), new OutOfMemoryError("heap"));
        for (Throwable failure : failures) {
            String said = draw(() -> {
                if (failure instanceof Error error) {
                    throw error;
                }
                throw (Exception) failure;
            }, 60_000);
            assertThat(said).startsWith("warning: the plot cannot be drawn here: ").contains("--plot none")
                    .contains(failure.getMessage().lines().findFirst().orElseThrow()).hasLineCount(1);
        }
        assertThat(folder.resolve("p.png")).doesNotExist();
    }

    @Test
    void whatTakesTooLongIsGivenUp() {
        CountDownLatch never = new CountDownLatch(1);
        assertThat(draw(() -> {
            never.await();
            return new byte[0];
        }, 50)).contains("given up after 0.05 s").hasLineCount(1);
        never.countDown();
    }

    /** As in a slim image, where Java finds no fonts to draw with. */
    @Test
    void aSystemWithoutFontconfigTrainsAndWarns() throws Exception {
        Path model = folder.resolve("m.safetensors");
        Process process = new ProcessBuilder(
                CliProcess.command(List.of("-Dsun.awt.fontconfig=" + folder.resolve("none")), "train",
                        "digits", "--epochs", 1, "--out", model, "--json", folder.resolve("m.json")))
                .redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said.lines().filter(line -> line.startsWith("warning: the plot cannot be drawn here"))).as(said)
                .singleElement().asString().containsIgnoringCase("fontconfig").contains("--plot none");
        assertThat(model).exists();
        assertThat(folder.resolve("m.json")).exists();
        assertThat(folder.resolve("m.png")).doesNotExist();
    }

    /** Thus a Java without its desktop module, or a system without fonts: the second seed is trained all the same. */
    @Test
    void aTrainingThatCannotDrawIsWhole() throws Exception {
        List<String> command = CliProcess.command(List.of("--limit-modules",
                "java.base,java.logging,java.sql,java.management,jdk.unsupported,jdk.zipfs"), "train", "digits",
                "--epochs", 1, "--seeds", "1,2", "--out", folder.resolve("m.safetensors"), "--json", folder.resolve("m.json"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said.lines().filter(line -> line.startsWith("warning: the plot cannot be drawn"))).hasSize(2);
        assertThat(folder.resolve("m-seed1.safetensors")).exists();
        assertThat(folder.resolve("m-seed2.safetensors")).exists();
        assertThat(Cli.json(folder.resolve("m.json")).get("runs")).hasSize(2);
    }

    /** The model and its metrics are there before a line of a plot is drawn. */
    @Test
    void nothingIsAtStake() throws IOException {
        Files.createDirectory(folder.resolve("sub"));
        Path plot = folder.resolve("sub/p.png");
        // A plot that cannot be written any more when its time comes.
        Cli.succeed("train", "digits", "--epochs", 1, "--out", folder.resolve("m.safetensors"), "--json",
                folder.resolve("m.json"), "--plot", plot);
        assertThat(Files.getLastModifiedTime(folder.resolve("m.json"))).isLessThanOrEqualTo(Files.getLastModifiedTime(plot));
        Cli none = Cli.succeed("train", "digits", "--epochs", 1, "--out", folder.resolve("n.safetensors"), "--plot", "none");
        assertThat(none.out()).doesNotContain("plot   ");
        assertThat(folder.resolve("n.png")).doesNotExist();
        assertThat(Path.of("none")).doesNotExist();
    }

    private static List<EpochReport> epochs(double scale) {
        List<EpochReport> epochs = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            epochs.add(new EpochReport(i, "test", 1.0 / i, 1.2 / i, scale / i, 1));
        }
        return epochs;
    }

    /** XChart never ends on 1e22 and has no labels for 1e-8. */
    @ParameterizedTest
    @ValueSource(doubles = {1, 1e-8, 1e-300, 1e8, 1e24, 1e300})
    void everyScaleIsDrawnAlike(double scale) throws IOException {
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(Plot.png(Plot.learningCurves("t", false, epochs(scale)))));
        BufferedImage usual = ImageIO.read(new ByteArrayInputStream(Plot.png(Plot.learningCurves("t", false, epochs(1)))));
        // The curve of the score, and the labels left of it: as many dark points as at scale 1, but for the axis' title.
        assertThat(dark(image)).isCloseTo(dark(usual), org.assertj.core.api.Assertions.withinPercentage(15));
    }

    private static int dark(BufferedImage image) {
        int dark = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = image.getWidth() / 2 + 30; x < image.getWidth(); x++) {
                dark += (image.getRGB(x, y) & 0xff) < 0x80 ? 1 : 0;
            }
        }
        return dark;
    }

    @Test
    void decadesAreShownWhereNumbersCannotBeReadAsTheyAre() {
        assertThat(Plot.decade(new double[] {0.001, 99_999})).isZero();
        assertThat(Plot.decade(new double[] {3e-8, 1e-9}, new double[] {2e-9})).isEqualTo(-8);
        assertThat(Plot.decade(new double[] {5e24, Double.NaN, Double.POSITIVE_INFINITY})).isEqualTo(24);
        assertThat(Plot.decade(new double[] {0, Double.NaN})).isZero();
        assertThat(Plot.decade(new double[] {0.001})).isZero();
        assertThat(Plot.decade(new double[] {0.0009})).isEqualTo(-4);
        assertThat(Plot.decade(new double[] {100_000})).isEqualTo(5);
        assertThat(Plot.decade(new double[] {-2e6, 1})).isEqualTo(6);
    }
}
