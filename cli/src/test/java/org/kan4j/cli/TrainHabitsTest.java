// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.io.Checkpoint;
import org.kan4j.tensor.DType;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import picocli.CommandLine;

/** What a user of {@code train} meets: help, log, card, and the ways to go on with a model. */
class TrainHabitsTest {

    @TempDir
    private Path folder;

    private Path file(String name) {
        return folder.resolve(name);
    }

    /** y = 3 a^2 + b [c = on], rows of another seed another sample. */
    private Path table(String name, int rows, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> lines = new ArrayList<>(List.of("a,b,c,y"));
        for (int i = 0; i < rows; i++) {
            double a = random.nextDouble(-1, 1);
            double b = random.nextDouble(10, 20);
            boolean on = random.nextBoolean();
            lines.add(a + "," + b + "," + (on ? "on" : "off") + "," + (3 * a * a + (on ? b : 0)));
        }
        return Files.write(file(name), lines);
    }

    // ----------------------------------------------------------------------------------------------------------- help

    @Test
    void helpShowsEveryOptionInAGroupTheMostUsedFirst() {
        String help = Cli.succeed("train", "--help").out();
        List<String> groups = List.of("Most used:", "Data (", "Model:", "Optimisation:", "Grids:", "Penalties (", "Device:",
                "Output:");
        int at = 0;
        for (String group : groups) {
            assertThat(help.indexOf(group, at)).as(group).isGreaterThanOrEqualTo(at);
            at = help.indexOf(group, at);
        }
        String first = help.substring(help.indexOf("Most used:"), help.indexOf("Data ("));
        assertThat(TrainHelp.MOST_USED).hasSize(10).allSatisfy(option -> assertThat(first).contains(option));
        for (var option : new CommandLine(new TrainCommand()).getCommandSpec().options()) {
            String name = (option.negatable() ? "--\\[no-\\]" : "--") + option.longestName().substring(2);
            assertThat(help.lines().filter(line -> line.matches(" {2,6}(-., )?" + name + "\\b(?!-).*")))
                    .as(option.longestName()).hasSize(1);
        }
        String penalties = help.substring(help.indexOf("Penalties ("), help.indexOf("Device:"));
        assertThat(penalties).contains("--l1", "--sparsity-of").doesNotContain("--clip-norm");
        assertThat(help.substring(help.indexOf("Model:"), help.indexOf("Optimisation:"))).contains("--layers", "--from");
    }

    /** Help is there at once: nothing of charts, the desktop or the native library is loaded for it. */
    @Test
    void helpLoadsNoMoreThanItNeeds() throws Exception {
        Process process = new ProcessBuilder(CliProcess.command(List.of("-verbose:class"), "train", "--help")).start();
        String loaded = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        assertThat(loaded).contains("org.kan4j.cli.TrainHelp").doesNotContain("org.knowm.xchart", "java.awt.",
                "org.kan4j.ffi.Kan ",
                "com.fasterxml.jackson.databind.ObjectMapper ");
    }

    @Test
    void helpIsTheSameHoweverItIsAskedFor() {
        for (String command : List.of("train", "tune", "explain", "bench")) { // alone, and among all others
            assertThat(Cli.succeed("help", command).out()).as(command).isEqualTo(Cli.succeed(command, "--help").out())
                    .contains("--verbose");
        }
        assertThat(Cli.succeed("--help").out()).contains("fit-function", "generate-completion", "hypothesis");
    }

    @Test
    void misspeltOptionsAndCommandsHaveASuggestion() {
        Cli.refuse(new String[] {"Unknown option '--gird', did you mean '--grid'?"}, "train", "digits", "--gird", 5);
        Cli.refuse(new String[] {"'--epoch', did you mean '--epochs'?"}, "train", "digits", "--epoch=5");
        Cli.refuse(new String[] {"did you mean '--model'?"}, "predict", "x.csv", "--modle", "m");
        assertThat(Cli.run("trian", "digits").err()).contains("kan4j train");
    }

    @Test
    void completionIsAScriptThatBashTakes() throws Exception {
        Path script = Files.writeString(file("completion"), Cli.succeed("generate-completion").out());
        assertThat(Files.readString(script)).contains("--basis", "fit-function", "--patience");
        assertThat(new ProcessBuilder("bash", "-n", script.toString()).inheritIO().start().waitFor()).isZero();
    }

    /** Nothing that takes long comes before the first line: it is there before the data is looked for. */
    @Test
    void theFirstLineComesAtOnce() {
        assertThat(Cli.run("train", file("absent.csv"), "--target", "y").out()).startsWith("reading ");
    }

    // ------------------------------------------------------------------------------------------------------------- log

    private static List<Integer> epochs(Cli cli) {
        return cli.out().lines().filter(line -> line.matches("(best )?epoch +[0-9]+/.*"))
                .map(line -> Integer.parseInt(line.replaceAll("(best )?epoch +([0-9]+)/.*", "$2"))).toList();
    }

    @Test
    void theLogIsTerseWhereNobodyWatches() throws IOException {
        Object[] train = {"train", "digits", "--epochs", 23, "--lr", 0.05, "--out", file("m.safetensors"), "--plot", "none",
            "--json", file("m.json")};
        Cli terse = Cli.succeed(train); // the test's own output is no terminal
        int best = Cli.json(file("m.json")).get("best_epoch").asInt();
        assertThat(epochs(terse)).containsExactlyInAnyOrderElementsOf(List.of(1, 10, 20, 23, best).stream().distinct().toList());
        assertThat(epochs(with(train, "--log", "all"))).hasSize(23);
        assertThat(epochs(with(train, "--log", "none"))).isEmpty();
        assertThat(with(train, "--log", "none").out()).contains("test         accuracy");
        Cli.refuse(new String[] {"--log", "'some'"}, "train", "digits", "--log", "some");
    }

    private static Cli with(Object[] args, Object... more) {
        Object[] all = Arrays.copyOf(args, args.length + more.length);
        System.arraycopy(more, 0, all, args.length, more.length);
        return Cli.succeed(all);
    }

    // ------------------------------------------------------------------------------------------------------------ card

    private static String line(Cli cli, String name) {
        return cli.out().lines().filter(line -> line.startsWith(name + " ")).findFirst().orElseThrow().substring(13);
    }

    /** The words of a line as a shell takes them. */
    private static Object[] words(String command) throws Exception {
        Process shell = new ProcessBuilder("sh", "-c", "printf '%s\\n' " + command.substring("kan4j ".length())).start();
        return new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toArray();
    }

    @Test
    void theCardSaysWhatTheModelIsAndHowToMakeItAgain() throws Exception {
        Path data = table("my table.csv", 200, 1);
        Cli cli = Cli.succeed("train", data, "--target", "y", "--epochs", 5, "--hidden", "6,4", "--drop", "b", "--seed", 3,
                "--patience", 4, "--out", file("m.safetensors"));
        assertThat(line(cli, "inputs")).isEqualTo("3: a, c (2 values)");
        assertThat(line(cli, "target")).startsWith("y, a number: mean ");
        assertThat(line(cli, "encoding")).contains("-1..1", "0 or 1");
        assertThat(line(cli, "ended")).startsWith("all 5 epochs are done; best epoch ").endsWith("which is kept");
        Object[] again = words(line(cli, "again"));
        assertThat(again).contains(data.toString(), "--layers", "3,6,4,1");
        with(again, "--out", file("n.safetensors"), "--plot", "none");
        assertThat(Cli.succeed("predict", data, "--model", file("n.safetensors")).out())
                .isEqualTo(Cli.succeed("predict", data, "--model", file("m.safetensors")).out());
    }

    @Test
    void itIsSaidWhyATrainingEnded() {
        Object[] train = {"train", "digits", "--hidden", 8, "--out", file("m.safetensors"), "--plot", "none"};
        assertThat(line(with(train, "--epochs", 200, "--patience", 1, "--lr", 0.05), "ended"))
                .startsWith("1 epoch without a better validation loss; best epoch ");
        assertThat(line(with(train, "--steps", 50), "ended")).startsWith("all 50 steps are made");
    }

    @Test
    void showTellsAModel() throws IOException {
        Path data = table("t.csv", 200, 1);
        Cli.succeed("train", data, "--target", "y", "--epochs", 3, "--hidden", 6, "--grid", 5, "--out", file("m.safetensors"),
                "--json", file("m.json"));
        Cli show = Cli.succeed("show", file("m.safetensors"));
        assertThat(show.out()).contains("4 inputs to 1 output, f32, 300 parameters", "layer 0 ", "layers.1.coef", "[6, 4, 8]",
                "240 parameters", "inputs       4: a, b, c (2 values)", "3 of 3 epochs", "kan4j train " + data)
                .containsPattern("layers\\.0\\.knots +\\S.*, not trained\n")
                .containsPattern("layers\\.0\\.coef +\\[6, 4, 8\\]\n");
        JsonNode rmse = Cli.json(file("m.json")).get("epochs").get(2).get("test_rmse");
        assertThat(show.out()).contains("rmse " + Progress.format("%.4g", rmse.asDouble()));
        assertThat(Cli.json(file("m.json")).get("best_epoch").asInt()).isGreaterThan(1);
        assertThat(show.out()).contains("best epoch " + Cli.json(file("m.json")).get("best_epoch") + ": train loss ");
        Cli.succeed("train", data, "--resume", file("m.safetensors"), "--epochs", 4, "--plot", "none");
        assertThat(Cli.succeed("show", file("m.safetensors")).out()).contains("4 of 4 epochs", " --epochs 4 ");
        try (Parameters parameters = Parameters.initialise(KanModel.kan(DType.F64, BSpline.of(3, 3), 2, 1), 1)) {
            Checkpoint.write(file("bare.safetensors"), parameters);
        }
        assertThat(Cli.succeed("show", file("bare.safetensors")).out()).contains("2 inputs to 1 output, f64").doesNotContain(
                "training ");
        Cli.refuse(new String[] {"t.csv"}, "show", data);
    }

    // ------------------------------------------------------------------------------------------------------------ rows

    @Test
    void hiddenWidthsNeedNoCounting() throws IOException {
        Cli.succeed("train", table("t.csv", 100, 1), "--target", "y", "--hidden", "7,5", "--epochs", 1, "--out",
                file("m.safetensors"), "--json", file("m.json"));
        assertThat(Cli.json(file("m.json")).get("options").get("layers").toString()).isEqualTo("[4,7,5,1]");
        Cli.refuse(new String[] {"--layers and --hidden exclude each other"}, "train", "digits", "--hidden", 5, "--layers",
                "64,5,10");
        Cli.refuse(new String[] {"--hidden must be at least 1 each, given 5,0"}, "train", "digits", "--hidden", "5,0");
    }

    @Test
    void aFileOfItsOwnIsTestedOn() throws IOException {
        Path train = table("train.csv", 150, 1);
        Path test = table("test.csv", 40, 2);
        Cli cli = Cli.succeed("train", train, "--target", "y", "--test", test, "--epochs", 5, "--out", file("m.safetensors"),
                "--json", file("m.json"));
        assertThat(cli.out()).contains("150 rows to train and 40 to test on");
        Cli.succeed("evaluate", test, "--model", file("m.safetensors"), "--json", file("e.json"));
        assertThat(Cli.json(file("m.json")).get("test").get("rmse").asDouble())
                .isEqualTo(Cli.json(file("e.json")).get("rmse").asDouble());
        Cli.succeed("train", train, "--resume", file("m.safetensors"), "--epochs", 6);
        Cli.refuse(new String[] {"--test and --test-fraction exclude each other"}, "train", train, "--target", "y", "--test",
                test,
                "--test-fraction", 0.1);
        Cli.refuse(new String[] {"--test is for files"}, "train", "digits", "--test", test);
        Cli.refuse(new String[] {"--out", "is the file of --test"}, "train", train, "--target", "y", "--test", test, "--out",
                test);
    }

    @Test
    void allRowsCanBeTrainedOn() throws IOException {
        Path data = table("t.csv", 150, 1);
        Cli cli = Cli.succeed("train", data, "--target", "y", "--test-fraction", 0, "--epochs", 3, "--out",
                file("m.safetensors"), "--json", file("m.json"));
        assertThat(cli.out()).contains("150 rows to train and none to test on", "train        RMSE").doesNotContain("test loss");
        JsonNode metrics = Cli.json(file("m.json"));
        assertThat(metrics.has("test")).isFalse();
        assertThat(metrics.get("epochs").get(0).fieldNames()).toIterable().containsExactly("epoch", "train_loss", "seconds");
        Cli.succeed("evaluate", data, "--model", file("m.safetensors"), "--json", file("e.json"));
        assertThat(metrics.get("train").get("rmse").asDouble()).isEqualTo(Cli.json(file("e.json")).get("rmse").asDouble());
        assertThat(file("m.png")).isNotEmptyFile();
        Cli validated = Cli.succeed("train", data, "--target", "y", "--test-fraction", 0, "--patience", 2, "--epochs", 3,
                "--out", file("m.safetensors"));
        assertThat(validated.out()).contains("135 rows to train, 15 to validate and none to test on", "validation loss");
        Cli.refuse(new String[] {"--test-fraction must be 0 to below 1, given 1.0"}, "train", data, "--target", "y",
                "--test-fraction", 1);
    }

    // ---------------------------------------------------------------------------------------------------------- going on

    private double rmse(Path data, String model) throws IOException {
        Cli.succeed("evaluate", data, "--model", file(model), "--json", file("e.json"));
        return Cli.json(file("e.json")).get("rmse").asDouble();
    }

    @Test
    void aTrainedModelGoesOnWithNewRowsAtAnotherRate() throws Exception {
        Path first = table("first.csv", 300, 1);
        Path second = table("second.csv", 300, 2);
        Cli.succeed("train", first, "--target", "y", "--epochs", 20, "--hidden", 6, "--out", file("a.safetensors"));
        double before = rmse(second, "a.safetensors");
        // At a rate of nothing it is the same model, on the columns and scales of its own.
        Cli.succeed("train", second, "--from", file("a.safetensors"), "--lr", 1e-30, "--weight-decay", 0, "--epochs", 1, "--out",
                file("same.safetensors"));
        assertThat(Cli.succeed("predict", second, "--model", file("same.safetensors")).out())
                .isEqualTo(Cli.succeed("predict", second, "--model", file("a.safetensors")).out());
        Cli on = Cli.succeed("train", second, "--from", file("a.safetensors"), "--lr", 2e-3, "--epochs", 20, "--out",
                file("b.safetensors"), "--json", file("b.json"));
        assertThat(on.out()).contains("the model " + file("a.safetensors"), "240 rows to train and 60 to test on");
        assertThat(rmse(second, "b.safetensors")).isLessThan(0.8 * before);
        Cli.succeed(Arrays.copyOf(concat(words(line(on, "again")), "--out", file("again.safetensors")),
                words(line(on, "again")).length + 2));
        assertThat(rmse(second, "again.safetensors")).isEqualTo(rmse(second, "b.safetensors"));
        // It is a training like others: stopped and resumed it ends the same.
        Cli.succeed("train", second, "--from", file("a.safetensors"), "--lr", 2e-3, "--decay", 0.9, "--epochs", 2, "--out",
                file("part.safetensors"));
        Cli.succeed("train", second, "--resume", file("part.safetensors"), "--epochs", 4);
        Cli.succeed("train", second, "--from", file("a.safetensors"), "--lr", 2e-3, "--decay", 0.9, "--epochs", 4, "--out",
                file("whole.safetensors"));
        assertThat(rmse(second, "part.safetensors")).isEqualTo(rmse(second, "whole.safetensors"));
    }

    private static Object[] concat(Object[] first, Object... second) {
        Object[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    @Test
    void aBareModelLearnsTheColumnsOfItsRows() throws IOException {
        Path data = table("t.csv", 200, 1);
        try (Parameters parameters = Parameters.initialise(KanModel.kan(DType.F64, BSpline.of(3, 3), 4, 5, 1), 1)) {
            Checkpoint.write(file("bare.safetensors"), parameters);
        }
        Cli.succeed("train", data, "--from", file("bare.safetensors"), "--target", "y", "--epochs", 30, "--out",
                file("m.safetensors"));
        assertThat(rmse(data, "m.safetensors")).isLessThan(2);
        Cli.refuse(new String[] {"has 4 inputs and 1 output", "gives 3 and 1"}, "train", data, "--from",
                file("bare.safetensors"),
                "--target", "y", "--drop", "a", "--out", file("n.safetensors"));
    }

    @Test
    void whatAModelFixesIsRefusedBesideFrom() throws IOException {
        Path data = table("t.csv", 100, 1);
        Cli.succeed("train", data, "--target", "y", "--epochs", 1, "--out", file("m.safetensors"));
        Cli.refuse(new String[] {"--from keeps the network of the model; leave out --hidden, --grid"}, "train", data, "--from",
                file("m.safetensors"), "--hidden", 5, "--grid", 3);
        Cli.refuse(new String[] {"--from keeps the columns of the model; leave out --target, --drop"}, "train", data, "--from",
                file("m.safetensors"), "--target", "y", "--drop", "a");
        Cli.refuse(new String[] {"whose inputs or classes are not those of digits"}, "train", "digits", "--from",
                file("m.safetensors"), "--out", file("n.safetensors"));
        Cli.refuse(new String[] {"--out", "is the file of --from"}, "train", data, "--from", file("m.safetensors"), "--out",
                file("m.safetensors"));
    }

    @Test
    void aRenamedFileIsResumedAnotherIsNot() throws IOException {
        Path data = table("t.csv", 100, 1);
        Cli.succeed("train", data, "--target", "y", "--epochs", 1, "--out", file("m.safetensors"));
        Path moved = Files.move(data, file("moved.csv"));
        Cli.succeed("train", moved, "--resume", file("m.safetensors"), "--epochs", 2);
        Cli.refuse(new String[] {"was trained on other data", "--from"}, "train", table("u.csv", 100, 2), "--resume",
                file("m.safetensors"), "--epochs", 3);
    }

    /** How a file is written and how its columns are taken is part of a training: gone on with, and said by "again". */
    @Test
    void howAFileIsReadTravelsWithTheTraining() throws IOException {
        StringBuilder text = new StringBuilder("a;c;y\n");
        for (int i = 0; i < 60; i++) {
            text.append(i % 10 == 3 ? "-999" : i + ",5").append(i % 2 == 0 ? ";on;" : ";off;").append(i * 0.25 + 1).append('\n');
        }
        Path data = Files.writeString(file("t.csv"), text.toString().replace('.', ','));
        Path other = Files.writeString(file("u.csv"), text.toString().replace('.', ',').replace("off", "new"));
        Object[] written = {"--separator", ";", "--decimal", ",", "--na", "-999"};
        Cli trained = Cli.succeed(arguments(written, "train", data, "--target", "y", "--missing", "fill", "--unseen", "unknown",
                "--quantiles", "a", "--test", other, "--epochs", 1, "--out", file("m.safetensors")));
        assertThat(trained.out()).contains("by the quantiles of the training rows", "--unseen unknown", "--quantiles a",
                "--separator ';'", "--decimal ,", "--na -999");
        Cli.succeed("train", data, "--resume", file("m.safetensors"), "--epochs", 2);
        Cli.succeed(arguments(written, "train", other, "--from", file("m.safetensors"), "--epochs", 1, "--out",
                file("n.safetensors")));
        Cli.refuse(new String[] {"--from keeps the columns of the model; leave out --unseen, --quantiles"}, "train", other,
                "--from",
                file("m.safetensors"), "--unseen", "refuse", "--quantiles", "a");
        Cli.refuse(new String[] {"--unseen, --quantiles", "are for files, not for 'digits'"}, "train", "digits", "--na", "x");
    }

    private static Object[] arguments(Object[] more, Object... first) {
        return Stream.concat(Stream.of(first), Stream.of(more)).toArray();
    }

    @Test
    void theBarIsFullOnlyAtTheEnd() {
        assertThat(Progress.bar(0, 10)).isEqualTo("----------");
        assertThat(Progress.bar(0.55, 10)).isEqualTo("#####-----");
        assertThat(Progress.bar(0.999, 10)).isEqualTo("#########-");
        assertThat(Progress.bar(1, 10)).isEqualTo("##########");
        assertThat(Progress.duration(Double.NaN)).isEqualTo("-:--");
    }
}
