// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input ends with status 2 and one message that names what was wrong, never with a stack trace. */
class BadInputTest {

    @TempDir
    Path folder;

    private static Arguments words(String line, String... message) {
        return Arguments.of(line, message);
    }

    static Stream<Arguments> options() {
        return Stream.of(
                words("", "Missing required subcommand"),
                words("trian digits", "'trian'"),
                words("train", "'DATA'"),
                words("train digits --gird 5", "Unknown option", "'--gird'"),
                words("train digits --epochs many", "--epochs", "'many'"),
                words("train digits --epochs 0", "--epochs must be at least 1, given 0"),
                words("train digits --batch -3", "--batch must be at least 1, given -3"),
                words("train digits --lr 0", "--lr must be above 0, given 0.0"),
                words("train digits --lr NaN", "--lr must be above 0, given NaN"),
                words("train digits --weight-decay=-1", "--weight-decay must be at least 0, given -1.0"),
                words("train digits --threads 0", "--threads: ", "at least 1 thread, at most 256, given 0"),
                words("train digits --threads 10000", "at most 256, given 10000"),
                words("train digits --device cuda --tier avx2", "--tier avx2 needs --device cpu, given cuda"),
                words("train digits --basis splines", "--basis: unknown basis 'splines', known are: bspline, fastkan"),
                words("train digits --grid 0", "--grid must be at least 1, given 0"),
                words("train digits --basis mlp --grid 5", "--grid has no meaning for the basis mlp, given 5"),
                words("train digits --basis chebykan --order 3", "--order has no meaning for the basis chebykan, given 3"),
                words("train digits --order 6", "--order 6", "order must be 1 to 5, given 6"),
                words("train digits --basis fastkan --grid 1", "--basis fastkan, --grid 1", "given 1"),
                words("train digits --basis rational --layers 64,30,10 --grid 8", "30 features, 8 groups"),
                words("train digits --layers 64", "--layers needs at least the inputs and the outputs"),
                words("train digits --layers 64,0,10", "--layers must be at least 1 each, given 64,0,10"),
                words("train digits --layers 64,32,9", "--layers 64,32,9 does not fit digits", "64 inputs and 10 outputs"),
                words("train digits --dtype f16", "--dtype must be f32 or f64, given 'f16'"),
                words("train digits --tier sse9", "--tier: ", "'sse9'"),
                words("train digits --device tpu", "--device must be cpu, cuda or cuda:N, given 'tpu'"),
                words("train digits --target y", "for files, not for 'digits'"),
                words("train digits --seed 1 --seeds 1,2", "--seed and --seeds exclude each other"),
                words("train digits --seeds 2,2", "--seeds names a seed twice"),
                words("train digits --missing fill", "for files, not for 'digits'"),
                words("train digits --memory 0", "--memory must be at least 1, given 0"),
                words("train digits --plot curve.jpg", "curve.jpg", ".png"),
                words("train digits --init small", "--init must be published, pykan, smooth or unit-variance, given 'small'"),
                words("train digits --schedule linear", "--schedule must be constant, exponential, cosine, one-cycle or plateau"),
                words("train digits --warmup 2", "--warmup is for --schedule cosine"),
                words("train digits --schedule cosine --warmup=-1", "--warmup must be at least 0, given -1.0"),
                words("train digits --schedule cosine --decay 0.9", "--decay is for the exponential and the plateau schedule"),
                words("train digits --validation 1", "--validation must be between 0 and 1, given 1.0"),
                words("train digits --patience 0", "--patience must be at least 1, given 0"),
                words("train minst", "no data set or file 'minst'", "mnist, fashion-mnist and digits"),
                words("train absent.csv --target y", "absent.csv"),
                words("predict absent.csv --model absent.safetensors", "absent.safetensors"),
                words("predict absent.csv", "'--model=FILE'"),
                words("evaluate digits --model absent.safetensors", "no such file or folder: absent.safetensors"));
    }

    @ParameterizedTest
    @MethodSource("options")
    void optionsAreNamedWithWhatWasExpected(String line, String[] message) {
        Cli.refuse(message, (Object[]) Arrays.stream(line.split(" ")).filter(w -> !w.isEmpty()).toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(strings = {"train", "predict", "evaluate", "info", "bench"})
    void helpSucceeds(String command) {
        assertThat(Cli.succeed(command, "--help").out()).contains("Usage: kan4j " + command);
    }

    @Test
    void infoNamesTheLibraryAndTheDevices() {
        assertThat(Cli.succeed("info").out()).contains("libkan4j.so", "tier ", "cuda", "processors");
    }

    @Test
    void verboseAddsTheStackTrace() throws IOException {
        assertThat(Cli.run("train", csv("x,y", "1,2"), "--target", "z", "--verbose").err())
                .contains("DataException", "\tat org.kan4j.cli");
    }

    private Path csv(String... lines) throws IOException {
        return Files.write(folder.resolve("data.csv"), List.of(lines));
    }

    @Test
    void cellsAreNamedByRowAndColumn() throws IOException {
        Path gap = csv("a,b,y", "1,2,3", "4,,6", "7,8,9");
        Cli.refuse(new String[] {"row 2 (line 3)", "column 'b'", "there is no value"}, "train", gap, "--target", "y");
        Cli.refuse(new String[] {"needs --target COLUMN", "a, b, y"}, "train", gap);
        Cli.refuse(new String[] {"no column 'z'", "a, b, y"}, "train", gap, "--target", "z");
        Path infinite = csv("a,y", "1,3", "Infinity,4", "2,5");
        Cli.refuse(new String[] {"row 2 (line 3)", "column 'a'", "finite"}, "train", infinite, "--target", "y");
    }

    @Test
    void foldersThatCannotBeWrittenAreNoticedBeforeTraining() throws IOException {
        // /proc is read-only to everybody, to root too.
        Cli out = Cli.refuse(new String[] {"--out", "/proc"}, "train", "digits", "--out", "/proc/model.safetensors");
        assertThat(out.out()).doesNotContain("epoch");
        Cli.refuse(new String[] {"--json", "/proc"}, "train", "digits", "--out", folder.resolve("m.safetensors"), "--json",
                "/proc/metrics.json");
        Path file = Files.createFile(folder.resolve("file"));
        Cli.refuse(new String[] {"--out", "cannot create the folder"}, "train", "digits", "--out", file.resolve("m"));
        Cli.refuse(new String[] {"is a folder, expected a file name"}, "train", "digits", "--out", folder);
        Cli.refuse(new String[] {"'/' is a folder, expected a file name"}, "train", "digits", "--out", "/");
    }

    @Test
    void noResultReplacesAnInputOrAnotherResult() throws IOException {
        Path data = csv("a,y", "1,u", "2,v", "3,u", "4,v", "5,u", "6,v", "7,u", "8,v", "9,u", "0,v");
        byte[] before = Files.readAllBytes(data);
        Path model = folder.resolve("m.safetensors");
        Path link = Files.createSymbolicLink(folder.resolve("link"), data);
        for (Path same : List.of(data, folder.resolve("x/../data.csv"), link)) {
            Cli.refuse(new String[] {"--out", "is the file of DATA"}, "train", data, "--target", "y", "--out", same);
            Cli.refuse(new String[] {"--json", "is the file of DATA"}, "train", data, "--target", "y", "--out", model,
                    "--json", same);
        }
        Cli.refuse(new String[] {"--json", "is the file of --out"}, "train", data, "--target", "y", "--out", model,
                "--json", model);
        Cli.succeed("train", data, "--target", "y", "--epochs", 1, "--out", model);
        byte[] trained = Files.readAllBytes(model);
        Cli.refuse(new String[] {"--out", "is the file of DATA"}, "predict", data, "--model", model, "--out", data);
        Cli.refuse(new String[] {"--out", "is the file of --model"}, "predict", data, "--model", model, "--out", model);
        Cli.refuse(new String[] {"--json", "is the file of --model"}, "evaluate", data, "--model", model, "--json", model);
        Cli.refuse(new String[] {"--json", "is the file of --resume"}, "train", data, "--resume", model, "--epochs", 2,
                "--out", folder.resolve("other.safetensors"), "--json", model);
        Cli.refuse(new String[] {"--out", "is the file of MODEL"}, "export", model, "--variant", "efficient-kan", "--out", model);
        assertThat(data).hasBinaryContent(before);
        assertThat(model).hasBinaryContent(trained);
        Cli.succeed("train", data, "--resume", model, "--epochs", 2, "--out", model); // a model may go on where it is
    }

    @Test
    void foldersInThePlaceOfFilesAreNamed() throws IOException {
        Path data = csv("a,b,y", "1,2,3");
        String[] named = {folder.toString(), "folder"};
        Cli.refuse(named, "predict", data, "--model", folder);
        Cli.refuse(named, "train", data, "--resume", folder);
        Cli.refuse(named, "verify", folder);
        Cli.refuse(named, "import", folder, "--variant", "efficient-kan", "--out", folder.resolve("m"));
        Cli.refuse(named, "train", data, "--target", "y", "--config", folder);
        Cli.refuse(new String[] {"data.csv: not JSON, line 1"}, "train", data, "--target", "y", "--config", data);
        Cli.refuse(new String[] {"no data set or file ''"}, "train", "", "--target", "y");
    }

    @Test
    void modelsOfOtherDataAreRefused() throws IOException {
        Path model = folder.resolve("m.safetensors");
        Cli.succeed("train", csv("a,b,y", "1,2,3", "4,5,6", "7,8,9", "1,3,4", "4,4,6"), "--target", "y", "--epochs", 1,
                "--out", model);
        Cli.refuse(new String[] {"trained on", "data.csv", "digits"}, "evaluate", "digits", "--model", model);
        Cli.refuse(new String[] {"no column 'b'"}, "predict", csv("a,y", "1,2"), "--model", model);
        Cli.refuse(new String[] {"trained on other data"}, "train", "digits", "--resume", model, "--epochs", 2);
    }

    @Test
    void damagedCheckpointsAreRefused() throws IOException {
        Path model = folder.resolve("m.safetensors");
        Cli.succeed("train", csv("a,b,y", "1,2,3", "4,5,6", "7,8,9", "1,3,4", "4,4,6"), "--target", "y", "--epochs", 1,
                "--out", model);
        Path data = csv("a,b,y", "1,2,3");
        Cli.succeed("predict", data, "--model", model);
        byte[] intact = Files.readAllBytes(model);
        int header = (int) ByteBuffer.wrap(intact).order(ByteOrder.LITTLE_ENDIAN).getLong();
        Path bad = folder.resolve("bad.safetensors");

        SplittableRandom random = new SplittableRandom(7);
        for (int length : new int[] {0, 1, 7, 8, 9, header / 2, header + 8, intact.length - 1}) {
            Files.write(bad, Arrays.copyOf(intact, length));
            Cli.refuse(new String[] {"bad.safetensors"}, "predict", data, "--model", bad);
        }
        // Any byte of the header may be hit; what is still a checkpoint may pass, all else ends with status 2.
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            byte[] hit = intact.clone();
            hit[random.nextInt(header + 8)] = (byte) random.nextInt(256);
            Files.write(bad, hit);
            Cli cli = Cli.run("predict", data, "--model", bad);
            assertThat(cli.status()).as(cli.err()).isIn(0, 2);
            refused += cli.status() == 2 ? 1 : 0;
        }
        assertThat(refused).isGreaterThan(100);

        String overlap = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
        Files.write(bad, safetensors(overlap.length(), overlap, 4));
        Cli.refuse(new String[] {"bad.safetensors", "'b'"}, "predict", data, "--model", bad);
        Files.write(bad, safetensors(1L << 62, "{}", 0));
        Cli.refuse(new String[] {"header claims 4611686018427387904 bytes"}, "predict", data, "--model", bad);
    }

    @Test
    void tooLittleMemoryIsSaidInOneLine() throws Exception {
        String header = IntStream.range(0, 200_000)
                .mapToObj(i -> "\"t" + i + "\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}")
                .collect(Collectors.joining(",", "{", "}"));
        Path model = Files.write(folder.resolve("many.safetensors"), safetensors(header.length(), header, 0));
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx32m",
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), "org.kan4j.cli.Main",
                "predict", "absent.csv", "--model", model.toString()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(output).startsWith("kan4j: out of memory: Java heap space").hasLineCount(1);
        assertThat(process.waitFor()).isEqualTo(2);
    }

    private static byte[] safetensors(long claimed, String header, int data) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + text.length + data).order(ByteOrder.LITTLE_ENDIAN).putLong(claimed).put(text).array();
    }
}
