// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.search.Evaluation;

class TuneCommandTest {

    @TempDir
    private Path folder;
    private Path data;

    @BeforeEach
    void write() throws IOException {
        List<String> lines = new ArrayList<>(List.of("a,b,kind,y"));
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 120; i++) {
            double a = random.nextDouble();
            double b = random.nextDouble();
            lines.add(a + "," + b + "," + (a > b ? "more" : "less") + "," + (Math.sin(5 * a) + b + 0.1 * random.nextGaussian()));
        }
        data = Files.write(folder.resolve("d.csv"), lines);
    }

    private Object[] tune(Object... more) {
        return Stream.concat(Stream.of("tune", data, "--target", "y", "--epochs", 4, "--folds", 3, "--drop", "kind", "--out",
                folder.resolve("tuned")), Arrays.stream(more)).toArray();
    }

    private String text(String name) throws IOException {
        return Files.readString(folder.resolve("tuned").resolve(name));
    }

    @Test
    void theWinnerIsTrainedAndItsCommandRepeatsIt() throws IOException {
        Cli first = Cli.succeed(tune("--trials", 11));
        assertThat(first.out()).contains("96 rows in 3 folds", "trial 0", "the best so far", "candidates   11");
        assertThat(text("report.txt")).contains("defaults", "best", "what mattered", "again        kan4j train");
        assertThat(Files.readAllBytes(folder.resolve("tuned/report.png"))).startsWith(0x89, 'P', 'N', 'G');
        String again = text("report.txt").lines().filter(line -> line.startsWith("again")).findFirst().orElseThrow()
                .substring("again        kan4j ".length());
        Path repeated = folder.resolve("again.safetensors");
        Cli.succeed(Stream.concat(Arrays.stream(again.split(" ")), Stream.of("--out", repeated, "--plot", "none")).toArray());
        assertThat(predictions(repeated)).isEqualTo(predictions(folder.resolve("tuned/model.safetensors")));
        JsonNode metrics = Cli.json(folder.resolve("tuned/metrics.json"));
        assertThat(metrics.get("options").get("epochs").asInt()).isEqualTo(4);
    }

    private String predictions(Path model) {
        return Cli.succeed("predict", data, "--model", model).out();
    }

    /** What is given is not searched: widths neither where all of them are. */
    @Test
    void layersThatAreGivenAreThoseOfEveryTrial() throws IOException {
        Cli.succeed(tune("--trials", 5, "--layers", "2,3,1", "--lr", 0.01));
        assertThat(text("trials.jsonl").lines().toList()).hasSizeGreaterThanOrEqualTo(5)
                .noneMatch(line -> line.contains("\"hidden\"") || line.contains("\"lr\""));
        assertThat(Cli.json(folder.resolve("tuned/metrics.json")).get("options").get("layers").toString()).isEqualTo("[2,3,1]");
    }

    @Test
    void aSearchGoesOnWhereItWasAndTheSeedDecides() throws IOException {
        Cli.succeed(tune("--trials", 11));
        String whole = text("trials.jsonl");
        String best = text("report.txt");
        List<String> lines = whole.lines().toList();
        Files.writeString(folder.resolve("tuned/trials.jsonl"),
                String.join("\n", lines.subList(0, 9)) + "\n" + lines.get(9).substring(0, 20)); // as a kill leaves it
        Cli more = Cli.succeed(tune("--trials", 11));
        assertThat(more.out()).contains("going on     with 8 trainings");
        assertThat(text("trials.jsonl").lines()).containsExactlyInAnyOrderElementsOf(lines); // as they end beside one another
        assertThat(text("report.txt")).isEqualTo(best);
        Cli.refuse(new String[] {"is of another search", "--out names another folder"}, tune("--trials", 11, "--seed", 2));
    }

    @Test
    void oneSearchAtATimeWritesToAFolder() throws IOException {
        Path log = Files.createDirectories(folder.resolve("tuned")).resolve("trials.jsonl");
        TuneLog other = new TuneLog(log, Output.object().put("train", "x"));
        Cli.refuse(new String[] {"another kan4j tune is writing to " + log, "--out names another folder"}, tune("--trials", 1));
        other.close();
        assertThat(log).doesNotExist(); // nothing was begun
        Cli.succeed(tune("--trials", 1));
        assertThat(text("trials.jsonl").lines()).hasSize(4);
    }

    /** Each line is added to what is there, never is all written anew: a kill costs the line that is being written. */
    @Test
    void theLogIsOnlyAddedTo() throws IOException {
        Path log = folder.resolve("log.jsonl");
        ObjectNode head = Output.object().put("train", "x");
        Evaluation.Point point = new Evaluation.Point(Map.of("lr", "0.1"), 1, 2);
        TuneEffort effort = new TuneEffort(3, 4);
        try (TuneLog begun = new TuneLog(log, head.deepCopy())) {
            begun.begin(head.deepCopy(), Map.of("lr", "0.2"), effort);
            begun.add(point, 0.5);
        }
        String two = Files.readString(log);
        for (String part : List.of("", "{\"options\":{\"lr\"", "{\"options\":{},\"budget\":1,\"fold\":0,\"loss\":1}",
                "\0\0\0\n")) {
            Files.writeString(log, two + part);
            try (TuneLog going = new TuneLog(log, head.deepCopy())) {
                assertThat(Files.readString(log)).isEqualTo(two);
                assertThat(going.first()).isEqualTo(Map.of("lr", "0.2"));
                assertThat(going.known()).isEqualTo(Map.of(point, 0.5));
                going.begin(head.deepCopy(), Map.of("lr", "0.3"), new TuneEffort(1, 3));
                assertThat(going.effort()).hasValue(effort);
                going.add(new Evaluation.Point(Map.of(), 1, 0), Double.POSITIVE_INFINITY);
            }
            assertThat(Files.readString(log)).startsWith(two).hasLineCount(3).endsWith("\"loss\":null}\n");
        }
    }

    @Test
    void whatIsGivenIsKeptAndASpaceIsSearched() throws IOException {
        Path space = Files.writeString(folder.resolve("space.json"),
                "{\"grid\": [3, 4], \"huber\": [\"\", 1], \"hidden\": [], \"second-difference\": []}");
        Cli.succeed(tune("--trials", 6, "--basis", "bspline", "--batch=32", "--lr", 0.02, "--weight-decay", 0.1, "--scaling",
                "range", "--space", space));
        text("trials.jsonl").lines().skip(1).forEach(line -> assertThat(line).doesNotContain("basis", "batch", "lr", "hidden")
                .containsAnyOf("grid", "huber", "\"options\":{}"));
        assertThat(Cli.json(folder.resolve("tuned/metrics.json")).get("options").get("batch").asInt()).isEqualTo(32);
    }

    /** Where not even a network's training fits, single ones are measured on two folds; so they are by a search that goes on. */
    @Test
    void timeEndsASearch() throws IOException {
        Cli cli = Cli.succeed(tune("--minutes", 0.0001));
        assertThat(cli.out()).contains("best ", "measuring    single networks on 2 of 3 folds: there is no time for more");
        assertThat(folder.resolve("tuned/model.safetensors")).exists();
        assertThat(text("trials.jsonl").lines()).hasSize(3);
        assertThat(text("trials.jsonl")).contains("\"networks\":1,\"tried\":2");
        assertThat(Cli.succeed(tune("--trials", 1)).out()).contains("going on     with 2 trainings",
                "measuring    single networks on 2 of 3 folds");
        assertThat(text("trials.jsonl").lines()).as("nothing is trained anew").hasSize(3);
    }

    /** By hand: a whole measurement of 15 networks, three brackets of 2 1/4 and twice as many, and the last training. */
    @Test
    void aSearchMeasuresLessWhereTimeIsShort() {
        TuneEffort most = new TuneEffort(3, 5);
        assertThat(TuneEffort.within(most, 7.5, 15 + 3 * 32.25 + 7.5)).isEqualTo(most);
        assertThat(TuneEffort.within(most, 7.5, 119)).isEqualTo(new TuneEffort(1, 5));
        assertThat(TuneEffort.within(most, 7.5, 5 + 3 * 12.25 + 7.5)).isEqualTo(new TuneEffort(1, 5));
        assertThat(TuneEffort.within(most, 7.5, 49)).isEqualTo(new TuneEffort(1, 3));
        assertThat(TuneEffort.within(most, 7.5, 35)).isEqualTo(new TuneEffort(1, 2));
        assertThat(TuneEffort.within(most, 7.5, -1)).isEqualTo(new TuneEffort(1, 2));
        TuneEffort two = new TuneEffort(1, 2);
        assertThat(TuneEffort.within(two, 1, 0)).isEqualTo(two);
        assertThat(most.words(5)).isEqualTo("means of 3 networks on 5 of 5 folds");
    }

    /** SIGTERM goes the way of Ctrl-C; the best is trained while the VM ends. */
    @Test
    void stoppedItKeepsTheBestSoFarAndGoesOn() throws Exception {
        Path log = folder.resolve("log");
        Process process = CliProcess.of(tune("--minutes", 30)).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try {
            while (!Files.readString(log).contains("the best so far")) {
                assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
                Thread.sleep(20);
            }
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended on SIGTERM").isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(Files.readString(log)).isEqualTo(143);
        assertThat(Files.readString(log)).contains("stopped; the same command goes on with the search");
        assertThat(text("report.txt")).contains("best ", "again        kan4j train");
        assertThat(predictions(folder.resolve("tuned/model.safetensors"))).contains("y");
        int trained = (int) text("trials.jsonl").lines().count() - 1;
        assertThat(Cli.succeed(tune("--trials", 1)).out()).contains("going on     with " + trained + " trainings");
    }

    /** As what is measured, so what is written. */
    @Test
    void theWinnerIsTrainedOnTheDeviceThatIsAskedFor() throws IOException {
        Cli.succeed(tune("--trials", 1, "--threads", 1, "--tier", "baseline"));
        assertThat(text("report.txt")).contains("--threads 1 ", "--tier baseline");
    }

    /** Without an option that says what network, the mean of three is measured and of six written; of a basis, what it has a use for. */
    @Test
    void meansOfNetworksAreMeasuredAndWritten() throws IOException {
        List<String> few = Files.readAllLines(data).subList(0, 41);
        Path space = Files.writeString(folder.resolve("space.json"),
                "{\"basis\": [\"bspline\", \"fourierkan\", \"mlp\"], \"hidden\": [],"
                        + " \"batch\": [], \"lr\": [], \"scaling\": [], \"second-difference\": [], \"weight-decay\": []}");
        Cli.succeed("tune", Files.write(folder.resolve("few.csv"), few), "--target", "y", "--weight-decay", 0.1, "--folds", 2,
                "--space", space, "--trials", 12, "--out", folder.resolve("tuned"));
        assertThat(text("report.txt")).contains("--ensemble 6");
        assertThat(text("trials.jsonl").lines()).anyMatch(line -> line.contains("fourierkan"))
                .anyMatch(line -> line.contains("mlp"))
                .noneMatch(line -> line.contains("null"))
                .noneMatch(line -> line.contains("fourierkan") && line.contains("\"order\""))
                .noneMatch(line -> line.contains("mlp") && line.contains("\"grid\""));
    }

    /** A training in full that would take longer than is left is none; the last training has its time too. */
    @Test
    void theClockKeepsTimeForTheLastTraining() {
        TuneClock clock = new TuneClock(1000);
        Map<String, String> slow = Map.of("hidden", "1000");
        assertThat(clock.isUp()).isFalse();
        clock.took(slow, 0.25, 25);
        assertThat(clock.hasTimeFor(8, slow)).isTrue();
        assertThat(clock.hasTimeFor(10, slow)).isFalse();
        assertThat(clock.hasTimeFor(10, Map.of())).as("not measured").isTrue();
        clock.reserve(8, slow);
        assertThat(clock.isUp()).isFalse();
        clock.reserve(10, slow);
        assertThat(clock.isUp()).isTrue();
        assertThat(new TuneClock(Double.POSITIVE_INFINITY).hasTimeFor(1e9, slow)).isTrue();
    }

    @Test
    void classesAreTuned() {
        Cli cli = Cli.succeed("tune", data, "--target", "kind", "--epochs", 4, "--folds", 2, "--trials", 2, "--out",
                folder.resolve("classes"));
        assertThat(cli.out()).contains("cross-entropy", "accuracy");
    }

    @Test
    void badInputIsRefused() throws IOException {
        Cli.refuse(new String[] {"--minutes M, --trials N"}, tune());
        Cli.refuse(new String[] {"--minutes must be above 0, given 0"}, tune("--minutes", 0));
        Cli.refuse(new String[] {"--trials must be at least 1"}, tune("--trials", 0));
        Cli.refuse(new String[] {"--folds must be at least 2"}, "tune", data, "--target", "y", "--trials", 1, "--folds", 1);
        Cli.refuse(new String[] {"--folds 500", "the folds must be 2 to the 96 rows"}, "tune", data, "--target", "y", "--epochs",
                1, "--folds", 500, "--trials", 1, "--out", folder.resolve("t"));
        Cli.refuse(new String[] {"tune does not take --resume"}, tune("--trials", 1, "--resume", "x.safetensors"));
        Cli.refuse(new String[] {"Unknown option '--bassis'", "--basis"}, tune("--trials", 1, "--bassis", "mlp"));
        Cli.refuse(new String[] {"unknown basis 'nothing'"}, tune("--trials", 1, "--basis", "nothing"));
        Path space = Files.writeString(folder.resolve("space.json"), "{\"griid\": [3]}");
        Cli.refuse(new String[] {"train has no option 'griid', did you mean 'grid'"}, tune("--trials", 1, "--space", space));
        Files.writeString(space, "{\"grid\": 3}");
        Cli.refuse(new String[] {"'grid' needs a list of values, given 3"}, tune("--trials", 1, "--space", space));
        Files.writeString(space, "{\"grid\": [5, \"fine\"]}");
        assertThat(Cli.refuse(new String[] {"Invalid value for option '--grid': 'fine' is not"},
                tune("--trials", 1, "--space", space)).out()).isEmpty();
        Path same = Files.write(folder.resolve("same.csv"), List.of("a,kind", "1,x", "2,x", "3,x"));
        Cli.refuse(new String[] {"the same in all 3 rows"}, "tune", same, "--target", "kind", "--trials", 1);
    }

    /** The accuracy of a fold of two rows is 0, 1/2 or 1, whatever was learned of the others; of the rest it is not. */
    @Test
    void aFoldIsMeasuredAndTheRestTrainedOn() throws IOException {
        SplittableRandom random = new SplittableRandom(3);
        List<String> lines = new ArrayList<>(List.of("a,kind"));
        for (int i = 0; i < 30; i++) {
            lines.add(random.nextDouble() + "," + (i % 2 == 0 ? "x" : "y")); // nothing to learn
        }
        Path noise = Files.write(folder.resolve("noise.csv"), lines);
        Path metrics = folder.resolve("noise.json");
        Cli.succeed("train", noise, "--target", "kind", "--epochs", 2, "--hidden", 2, "--weight-decay", 0, "--test-fraction", 0,
                "--cv",
                15, "--out", folder.resolve("m.safetensors"), "--plot", "none", "--json", metrics);
        assertThat(Cli.json(metrics).get("cv").get("accuracy").get("folds")).hasSize(15)
                .allSatisfy(fold -> assertThat(fold.asDouble()).isIn(0.0, 0.5, 1.0));
    }

    @Test
    void crossValidationOfATraining() throws IOException {
        Path metrics = folder.resolve("m.json");
        Cli cli = Cli.succeed("train", data, "--target", "y", "--drop", "kind", "--epochs", 5, "--cv", 3, "--out",
                folder.resolve("m.safetensors"), "--plot", "none", "--json", metrics);
        assertThat(cli.out()).contains("fold 1 of 3", "fold 3 of 3", "3 folds      rmse", "+-");
        JsonNode rmse = Cli.json(metrics).get("cv").get("rmse");
        assertThat(rmse.get("folds")).hasSize(3);
        assertThat(rmse.get("mean").asDouble()).isPositive();
        Cli.refuse(new String[] {"--cv 500", "the folds must be 2 to the 96 rows, given 500"}, "train", data, "--target", "y",
                "--drop",
                "kind", "--epochs", 1, "--cv", 500);
        Cli.refuse(new String[] {"--cv must be at least 2"}, "train", data, "--target", "y", "--cv", 1);
        Cli.refuse(new String[] {"--cv and --seeds exclude each other"}, "train", data, "--target", "y", "--cv", 2, "--seeds",
                "1,2");
    }

    /** Choices by rows held out are trainings: what cannot be done is refused before them. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "train | --cv 500              | --cv 500: the folds must be 2 to the 96 rows, given 500",
        "train | --validation 0.001    | --validation 0.001 of 96 rows leaves a part empty",
        "train | --class-weights 1,2,3 | --class-weights must be balanced or 2 numbers, one a class, given 3",
        "tune  | --folds 500           | --folds 500: the folds must be 2 to the 96 rows, given 500"})
    void nothingIsTrainedBeforeARefusal(String command, String options, String message) {
        Object[] words = Stream.concat(Stream.of(command, data, "--target", "kind", "--epochs", 1, "--out", folder.resolve("no")),
                Stream.concat(Stream.of(options.split(" ")), command.equals("tune") ? Stream.of("--trials", 1) : Stream.empty()))
                .toArray();
        assertThat(Cli.refuse(new String[] {message}, words).out()).doesNotContain("rows held out");
    }
}
