// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.kan4j.data.Table;
import java.util.stream.Stream;
import java.util.stream.IntStream;
import java.util.SplittableRandom;
import java.util.Collections;
import java.io.UncheckedIOException;
import java.io.OutputStream;
import java.io.BufferedOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.kan4j.TrainedKan;
import org.kan4j.Kan;
import org.junit.jupiter.params.provider.EnumSource;
import java.util.stream.Collectors;
import java.util.Arrays;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.encoding.Encoding;
import org.kan4j.tensor.DType;

/** What predict writes, and from which files; training on files as people have them. */
class PredictionFilesTest {

    @TempDir
    Path folder;

    private Path file(String name) {
        return folder.resolve(name);
    }

    private Path write(String name, String... lines) throws IOException {
        return Files.write(file(name), List.of(lines));
    }

    /** x, name and y = offset + scale x. */
    private Path line(String name, double offset, double scale) throws IOException {
        List<String> lines = new ArrayList<>(List.of("x,name,y"));
        for (int i = 0; i < 60; i++) {
            double x = i / 30.0 - 1;
            lines.add(x + ",n" + i + "," + (offset + scale * x));
        }
        return Files.write(file(name), lines);
    }

    private Path model(Path data, String... more) {
        Path model = file("m.safetensors");
        List<Object> words = new ArrayList<>(
                List.of("train", data, "--target", "y", "--epochs", 30, "--decay", 0.98, "--out", model));
        words.addAll(List.of(more));
        Cli.succeed(words.toArray());
        return model;
    }

    @Test
    void aLargeMeanLeavesThePredictionsTheirDigits() throws IOException {
        Path data = line("seconds.csv", 1.7e9, 50);
        Path model = model(data, "--drop", "name");
        List<String> lines = Cli.succeed("predict", data, "--model", model, "--id", "x").out().lines().skip(1).toList();
        assertThat(lines).hasSize(60);
        for (String row : lines) {
            String[] cells = row.split(",");
            assertThat(Double.parseDouble(cells[1])).isCloseTo(1.7e9 + 50 * Double.parseDouble(cells[0]), within(10.0));
            assertThat(cells[1]).doesNotContain("E");
        }
        assertThat(lines.stream().map(row -> row.split(",")[1]).distinct()).hasSize(60);
    }

    @Test
    void numbersHaveTheDigitsOfTheModelsType() {
        assertThat(PredictCommand.number(new Encoding.Value("y", 0, 1), 0.1f, DType.F32)).isEqualTo("0.1");
        assertThat(PredictCommand.number(new Encoding.Value("y", 3, 2), 0.1f, DType.F64)).isEqualTo("3.2000000029802322");
        assertThat(PredictCommand.number(new Encoding.Value("y", 1e24, 1e22), 1, DType.F32)).isEqualTo("1.01E24");
        assertThat(PredictCommand.number(new Encoding.Value("y", 0, 1), Double.NaN, DType.F32)).isEqualTo("NaN");
    }

    @Test
    void theNameSaysTheFormat() throws IOException {
        Path data = line("t.csv", 0, 1);
        Path model = model(data, "--drop", "name");
        for (String name : new String[] {"p.csv", "p.tsv", "p.json", "p.jsonl", "p.txt", "p.csv.gz", "p.jsonl.gz"}) {
            Cli.succeed("predict", data, "--model", model, "--id", "name", "--out", file(name));
        }
        String csv = Files.readString(file("p.csv"));
        String line = System.lineSeparator();
        assertThat(csv).startsWith("name,y" + line + "n0,").hasLineCount(61);
        assertThat(Files.readString(file("p.txt"))).isEqualTo(csv);
        assertThat(Files.readString(file("p.tsv"))).isEqualTo(csv.replace(',', '\t'));
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file("p.csv.gz")))) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(csv);
        }
        JsonNode rows = Cli.json(file("p.json"));
        assertThat(rows).hasSize(60);
        assertThat(rows.get(59).get("name").asText()).isEqualTo("n59");
        assertThat(csv).contains("n59," + rows.get(59).get("y").asText());
        assertThat(rows.get(0).get("y").isNumber()).isTrue();
        List<String> lines = Files.readAllLines(file("p.jsonl"));
        assertThat(lines).hasSize(60);
        assertThat(new ObjectMapper().readTree(lines.get(59))).isEqualTo(rows.get(59));
        Cli.refuse(new String[] {"predictions are not written as .arrow", ".parquet, .csv, .tsv, .json or .jsonl"}, "predict",
                data,
                "--model", model, "--out", file("p.arrow"));
        assertThat(file("p.arrow")).doesNotExist();
        Cli.refuse(new String[] {"is not compressed as a whole"}, "predict", data, "--model", model, "--out",
                file("p.parquet.gz"));
        assertThat(Cli.succeed("predict", data, "--model", model, "--id", "name", "--out", "-").out()).isEqualTo(csv);
        Cli.succeed("predict", data, "--model", model, "--id", "name", "--out", file("p.parquet"));
        Table table = Table.open(file("p.parquet"));
        assertThat(table.columns()).extracting(Table.Column::name).containsExactly("name", "y");
        assertThat(table.columns()).extracting(Table.Column::kind).containsExactly(Table.Kind.TEXT, Table.Kind.NUMBER);
        try (Table.Reader reader = table.reader(0, 1)) {
            reader.seek(0);
            for (int i = 0; i < 60; i++) {
                assertThat(reader.next()).isTrue();
                assertThat(reader.text(0)).isEqualTo("n" + i);
                assertThat(reader.number(1)).isEqualTo(rows.get(i).get("y").asDouble());
            }
            assertThat(reader.next()).isFalse();
        }
    }

    /** More rows than a row group has. */
    @Test
    void parquetOfManyRowsIsReadAsWritten() throws IOException {
        int rows = 70_000;
        try (OutputStream stream = Files.newOutputStream(file("many.parquet"));
                PredictionWriter writer = PredictionWriter.of(PredictionWriter.Format.PARQUET, stream, List.of("größe", "p"),
                        List.of(false, true))) {
            for (int i = 0; i < rows; i++) {
                writer.write(List.of(i % 3 == 0 ? "ä" + i : "b", Double.toString(i / 7.)));
            }
        }
        Table table = Table.open(file("many.parquet"));
        assertThat(table.rows()).isEqualTo(rows);
        int row = 0;
        try (Table.Reader reader = table.reader(table.column("größe"), table.column("p"))) {
            for (int block = 0; block < table.blocks(); block++) {
                for (reader.seek(block); reader.next(); row++) {
                    assertThat(reader.text(0)).isEqualTo(row % 3 == 0 ? "ä" + row : "b");
                    assertThat(reader.number(1)).isEqualTo(row / 7.);
                }
            }
        }
        assertThat(row).isEqualTo(rows);
    }

    /** A list's length stands in its head up to 14, behind it from there on. */
    @ParameterizedTest
    @ValueSource(ints = {1, 13, 14, 15, 16, 130})
    void parquetOfAnyNumberOfColumnsIsReadAsWritten(int columns) throws IOException {
        List<String> names = IntStream.range(0, columns).mapToObj(i -> "c" + i).toList();
        try (OutputStream stream = Files.newOutputStream(file("c.parquet"));
                PredictionWriter writer = PredictionWriter.of(PredictionWriter.Format.PARQUET, stream, names,
                        Collections.nCopies(columns, true))) {
            writer.write(IntStream.range(0, columns).mapToObj(i -> i + ".5").toList());
        }
        Table table = Table.open(file("c.parquet"));
        assertThat(table.columns().stream().map(Table.Column::name)).isEqualTo(names);
        try (Table.Reader reader = table.reader(columns - 1)) {
            reader.seek(0);
            assertThat(reader.next()).isTrue();
            assertThat(reader.number(0)).isEqualTo(columns - 0.5);
        }
    }

    /** JSON has no NaN. */
    @ParameterizedTest
    @EnumSource(value = PredictionWriter.Format.class, names = {"JSON", "JSON_LINES"})
    void numbersThatAreNotFiniteAreNullInJson(PredictionWriter.Format format) throws IOException {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        try (PredictionWriter writer = PredictionWriter.of(format, stream, List.of("a", "y"), List.of(false, true))) {
            for (String number : List.of("NaN", "Infinity", "-Infinity", "1.5")) {
                writer.write(List.of("NaN", number));
            }
        }
        String text = stream.toString(StandardCharsets.UTF_8);
        List<JsonNode> rows = new ArrayList<>();
        if (format == PredictionWriter.Format.JSON) {
            Output.parse(text).forEach(rows::add);
        } else {
            for (String line : text.lines().toList()) {
                rows.add(Output.parse(line));
            }
        }
        assertThat(rows).hasSize(4).allSatisfy(row -> assertThat(row.get("a").asText()).isEqualTo("NaN"));
        assertThat(rows.subList(0, 3)).allSatisfy(row -> assertThat(row.get("y").isNull()).isTrue());
        assertThat(rows.get(3).get("y").asDouble()).isEqualTo(1.5);
    }

    @Test
    void marksHaveNames() throws IOException {
        String rows = IntStream.range(0, 40).mapToObj(i -> i + ",5;1.0" + (10 + i) + ",5").collect(Collectors.joining("\n"));
        Files.writeString(file("marks.csv"), "x;y\n" + rows);
        Files.writeString(file("tabs.csv"), "x\ty\n" + rows.replace(';', '\t').replace(".", ""));
        Files.writeString(file("spaces.csv"), "x y\n" + rows.replace(';', ' ').replace(".", "").replace(',', '.'));
        for (Object[] words : new Object[][] {{"marks.csv", "semicolon", "comma", "--thousands", "point"},
            {"tabs.csv", "tab", "comma"},
            {"tabs.csv", "\\t", ","}, {"spaces.csv", "space", "point"}, {"marks.csv", ";", "COMMA", "--thousands", "."}}) {
            List<Object> args = new ArrayList<>(
                    List.of("train", file((String) words[0]), "--target", "y", "--epochs", 1, "--hidden",
                            2, "--weight-decay", 0, "--plot", "none", "--out", file("marks.safetensors"), "--separator", words[1],
                            "--decimal", words[2]));
            args.addAll(Arrays.asList(words).subList(3, words.length));
            Cli.succeed(args.toArray());
            try (TrainedKan model = Kan.load(file("marks.safetensors"))) {
                Encoding.Numeric x = (Encoding.Numeric) model.encoding().columns().getFirst();
                assertThat(List.of(x.low() % 1, x.high() % 1)).containsExactly(0.5, 0.5);
                assertThat(((Encoding.Value) model.encoding().target()).mean()).isBetween(1010.0, 1050.0);
            }
        }
    }

    /** Twenty thousand columns, as of gene expression, within a gigabyte. */
    @Test
    void wideParquetIsTrainedOnWithin400Megabytes() throws Exception {
        int columns = 4_000; // were all read at once: 540 MB
        List<String> names = new ArrayList<>(IntStream.range(0, columns).mapToObj(i -> "gene" + i).toList());
        names.add("y");
        try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(file("wide.parquet")));
                PredictionWriter writer = PredictionWriter.of(PredictionWriter.Format.PARQUET, stream, names,
                        Collections.nCopies(columns + 1, true))) {
            SplittableRandom random = new SplittableRandom(1);
            for (int i = 0; i < 24; i++) {
                List<String> cells = new ArrayList<>(columns + 1);
                for (int c = 0; c < columns; c++) {
                    cells.add(Float.toString((float) random.nextDouble()));
                }
                cells.add(Integer.toString(i));
                writer.write(cells);
            }
        }
        Process process = new ProcessBuilder(CliProcess.command(List.of("-Xmx512m", "-XX:MaxDirectMemorySize=256m"), "train",
                file("wide.parquet"), "--target", "y", "--epochs", 1, "--hidden", 2, "--plot", "none", "--threads", 1, "--out",
                file("wide.safetensors"))).redirectErrorStream(true).start();
        long most = 0;
        StringBuilder said = new StringBuilder();
        Thread reader = Thread.ofVirtual().start(() -> {
            try (InputStream in = process.getInputStream()) {
                said.append(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                said.append(e);
            }
        });
        Path status = Path.of("/proc/" + process.pid() + "/status");
        while (process.isAlive()) {
            Thread.sleep(50);
            try (Stream<String> lines = Files.lines(status)) {
                most = Math.max(most, lines.filter(line -> line.startsWith("VmHWM")).mapToLong(
                        line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElse(0));
            } catch (IOException | UncheckedIOException e) {
                break; // it has ended, or there is no such file on this system
            }
        }
        process.waitFor();
        reader.join();
        assertThat(process.exitValue()).as(said.toString()).isZero();
        assertThat(most).as("kilobytes resident").isLessThan(400_000);
        assertThat(said.toString()).contains("inputs       4,000");
    }

    @Test
    void columnsArePassedThroughAndProbabilitiesOnRequest() throws IOException {
        List<String> lines = new ArrayList<>(List.of("id,x,y"));
        for (int i = 0; i < 40; i++) {
            lines.add("\"a,%d\",%d,%s".formatted(i, i, i < 20 ? "low" : "high"));
        }
        Path data = Files.write(file("t.csv"), lines);
        Path model = model(data, "--drop", "id");
        assertThat(Cli.succeed("predict", data, "--model", model).out().lines().findFirst()).contains("y");
        List<String> all = Cli.succeed("predict", data, "--model", model, "--id", "id", "--id", "y", "--probabilities").out()
                .lines()
                .toList();
        assertThat(all.getFirst()).isEqualTo("id,y,predicted y,p(high),p(low)");
        assertThat(all.get(1)).startsWith("\"a,0\",low,low,");
        assertThat(all.get(40)).startsWith("\"a,39\",high,high,");
        Cli.refuse(new String[] {"has no column 'idd' (did you mean 'id'?)"}, "predict", data, "--model", model, "--id", "idd");
        Cli.refuse(new String[] {"--id is for files"}, "predict", "digits", "--model", model, "--id", "id");
    }

    @Test
    void unseenCategoriesRefuseTheWholeFileOrAreUnknown() throws IOException {
        List<String> lines = new ArrayList<>(List.of("c,x,y"));
        for (int i = 0; i < 40; i++) {
            lines.add((i % 2 == 0 ? "a," : "b,") + i + "," + i);
        }
        Path model = model(Files.write(file("t.csv"), lines));
        Path other = write("n.csv", "c,x", "a,1", "new,2");
        Cli refused = Cli.refuse(new String[] {"row 2 (line 3), column 'c': 'new' is not one of the values", "--unseen unknown"},
                "predict", other, "--model", model);
        assertThat(refused.out()).isEmpty();
        assertThat(Cli.succeed("predict", other, "--model", model, "--unseen", "unknown").out()).hasLineCount(3);
        Path gap = write("g.csv", "c,x,y", "a,,1", "new,2,2");
        Cli.succeed("evaluate", gap, "--model", model, "--unseen", "unknown", "--missing", "fill");
    }

    @Test
    void standardInputIsRead() throws IOException {
        Path data = line("t.csv", 0, 1);
        Path model = model(data, "--drop", "name");
        String expected = Cli.succeed("predict", data, "--model", model).out();
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream(Files.readAllBytes(data)));
            assertThat(Cli.succeed("predict", "-", "--model", model).out()).isEqualTo(expected);
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void whatTheDataIsCalledIsNoPartOfTheTraining() throws IOException {
        Path data = line("t.csv", 0, 1);
        Path model = model(data, "--drop", "name");
        Path moved = Files.move(data, file("moved.csv"));
        Cli.succeed("train", moved, "--resume", model, "--epochs", 31);
        Cli.refuse(new String[] {"was trained on other data"}, "train", line("other.csv", 1, 2), "--resume", model, "--epochs",
                32);
    }

    @Test
    void howAFileIsWrittenIsSaidOnceAndKeptForResuming() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            lines.add(i + ";" + (i % 10 == 3 ? "fehlt" : i + ",5") + ";" + 2 * i);
        }
        Path data = Files.write(file("t.txt"), lines);
        Object[] options = {"--no-header", "--separator", "semicolon", "--decimal", ",", "--na", "fehlt"};
        Path model = file("m.safetensors");
        List<Object> words = new ArrayList<>(
                List.of("train", data, "--target", 3, "--missing", "fill", "--epochs", 2, "--out", model));
        words.addAll(List.of(options));
        Cli.succeed(words.toArray());
        assertThat(Cli.succeed("train", data, "--resume", model, "--epochs", 3).out())
                .contains("32 rows to train and 8 to test on");
        words = new ArrayList<>(List.of("predict", data, "--model", model));
        words.addAll(List.of(options));
        assertThat(Cli.succeed(words.toArray()).out()).hasLineCount(41);
        Cli.refuse(new String[] {"--decimal must be one character", "given 'point.'"}, "train", data, "--target", 3, "--decimal",
                "point.");
        Cli.refuse(new String[] {"--encoding must be one that Java knows"}, "train", data, "--target", 3, "--encoding", "utf-9");
        Cli.refuse(new String[] {"for CSV files, not for 'digits'"}, "predict", "digits", "--model", model, "--na", "x");
        Cli.refuse(new String[] {"the decimal mark ',' is also the separator"}, "train", data, "--target", 3, "--decimal", ",",
                "--separator", ",");
    }

    @Test
    void notesOfTheTableAreShown() throws IOException {
        Path skewed = file("s.csv");
        List<String> lines = new ArrayList<>(List.of(",x,c,y"));
        for (int i = 0; i < 60; i++) {
            lines.add(i + "," + (i == 9 ? "1e30" : i) + ",k" + i % 3 + "," + i);
        }
        Files.write(skewed, lines);
        Cli train = Cli.succeed("train", skewed, "--target", "y", "--epochs", 1, "--out", file("m.safetensors"));
        assertThat(train.err()).contains("note: column 1 has no name", "note: taken as categories",
                "'c' (3 different, such as 'k0')",
                "note: 'x' is spread unevenly", "--scaling range");
        assertThat(
                Cli.succeed("train", skewed, "--target", "y", "--quantiles", "x", "--epochs", 1, "--out", file("m.safetensors"))
                        .err())
                .doesNotContain("unevenly");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "-0.1", "NaN"})
    void sharesToTestOnAreRefusedOutsideTheirRange(String share) throws IOException {
        Cli.refuse(new String[] {"--test-fraction must be 0 to below 1"}, "train", line("t.csv", 0, 1), "--target", "y",
                "--test-fraction=" + share);
    }
}
