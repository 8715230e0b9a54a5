// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;

/**
 * Commands and all that they print and write, as it was when somebody last read it: options, defaults, words, numbers, files.
 * A transcript is a file of {@code $ command} lines, each followed by its output ({@code !} marks standard error, {@code =} an exit
 * status); {@code $ cat FILE} shows a file, {@code $ numbers MODEL} the tensors and metadata of a model, {@code $ write FILE} makes
 * a file of the {@code |} lines below it. {@code &NAME WORDS} stands for words, {@code ~ REGEX} shows only lines of standard output
 * that it is in, {@code $+} adds the sums of m.safetensors and deletes it. Everything runs on the reference tier, times are masked, numbers shown to six digits.
 *
 * <p>After a change that is meant, {@code -Dtranscripts=write} writes them anew; what changed is then to be read in the diff.
 */
class TranscriptTest {

    private static final boolean WRITE = "write".equals(System.getProperty("transcripts"));
    private static final Path HOME = WRITE ? Path.of("src/test/resources/org/kan4j/cli/transcripts")
            : Path.of(URI.create(TranscriptTest.class.getResource("transcripts").toString()));
    private static final List<String> COMPUTES = List.of("train", "predict", "evaluate", "tune", "fit-function", "verify");
    private static final List<String> SHOWS = List.of("cat", "ls", "numbers");
    private static final Pattern WORD = Pattern.compile("'([^']*)'|\\S+");
    private static final Pattern LONG = Pattern.compile("-?\\d+\\.\\d{6,}(E-?\\d+)?|-?\\d+\\.\\d+E-?\\d+");
    private static final Pattern TIME = Pattern.compile("\\b\\d+(\\.\\d+)? (s|ms|min)\\b");
    private static final Pattern SECONDS = Pattern.compile("(\"\\w*[sS]econds\"\\s*:\\s*)[-\\d.E]+");

    private static final Pattern VERSION = Pattern
            .compile("kan4j \\S+?((?: on .*)?), (model of )?\\d{4}-\\d\\d-\\d\\dT[\\d:]+Z(, SHA-256 \\w+)?");
    private static final Pattern RATE = Pattern.compile("[\\d,]+ (samples/s|bytes)");

    @TempDir
    private Path folder;

    static List<String> transcripts() throws IOException {
        try (Stream<Path> files = Files.list(HOME)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("transcripts")
    void isAsItWas(String name) throws IOException {
        makeRows();
        List<String> then = Files.readAllLines(HOME.resolve(name));
        List<String> now = new ArrayList<>();
        Map<String, String> words = new TreeMap<>(Comparator.reverseOrder()); // longer names first
        for (int i = 0; i < then.size(); i++) {
            String line = then.get(i);
            if (line.startsWith("## ")) {
                now.add(line);
            } else if (line.startsWith("$ write ")) {
                now.add(line);
                List<String> content = new ArrayList<>();
                while (i + 1 < then.size() && then.get(i + 1).startsWith("|")) {
                    now.add(then.get(++i));
                    content.add(then.get(i).substring(1).replace("\\t", "\t"));
                }
                Files.write(folder.resolve(line.substring("$ write ".length())), content);
            } else if (line.startsWith("&")) {
                now.add(line);
                words.put(line.substring(0, line.indexOf(' ')), line.substring(line.indexOf(' ') + 1));
            } else if (line.startsWith("$")) {
                now.add(line);
                String[] parts = line.split(" ~ ");
                String command = parts[0].substring(line.indexOf(' ') + 1) + " ";
                for (Map.Entry<String, String> word : words.entrySet()) {
                    command = command.replace(word.getKey() + " ", word.getValue() + " ");
                }
                Pattern shown = Pattern.compile(parts.length < 2 ? "" : "^[!=]|" + parts[1]);
                output(command).stream().filter(each -> shown.matcher(each).find()).forEach(now::add);
                if (line.startsWith("$+")) {
                    now.add(sums(folder.resolve("m.safetensors")));
                }
            }
        }
        if (WRITE) {
            Files.write(HOME.resolve(name), now);
            return;
        }
        assertThat(String.join("\n", now)).isEqualTo(String.join("\n", then));
    }

    private List<String> output(String command) throws IOException {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(command);
        while (matcher.find()) {
            words.add((matcher.group(1) != null ? matcher.group(1) : matcher.group()).replace("F/", folder + "/"));
        }
        if (SHOWS.contains(words.getFirst()) && !Files.exists(folder.resolve(words.get(1)))) {
            return List.of("no such file");
        }
        return switch (words.getFirst()) {
            case "cat" -> Files.readString(folder.resolve(words.get(1))).lines().limit(150).map(this::masked).toList();
            case "ls" -> {
                try (Stream<Path> files = Files.walk(folder.resolve(words.get(1)))) {
                    yield files.filter(Files::isRegularFile).map(file -> masked(file.toString())).sorted().toList();
                }
            }
            case "numbers" -> numbers(folder.resolve(words.get(1)));
            default -> {
                if (COMPUTES.contains(words.getFirst()) && !words.contains("--tier")) {
                    words.addAll(List.of("--threads", "1", "--tier", "reference"));
                }
                Cli cli = Cli.run(words.toArray());
                yield Stream.of(cli.out().lines().map(this::masked), cli.err().lines().map(l -> "! " + masked(l)),
                        cli.status() == 0 ? Stream.<String>of() : Stream.of("= " + cli.status())).flatMap(each -> each).toList();
            }
        };
    }

    /** What a transcript shows of a text that is another on each machine or run. */
    private String masked(String text) {
        String lasting = RATE.matcher(VERSION.matcher(text).replaceAll("kan4j #$1, #")).replaceAll("# $1");
        String known = SECONDS.matcher(TIME.matcher(lasting.replace(folder.toString(), "F")).replaceAll("# $2"))
                .replaceAll("$1#");
        return LONG.matcher(known).replaceAll(number -> shown(Double.parseDouble(number.group()))).stripTrailing();
    }

    private static String shown(double number) {
        return Math.abs(number) < 1e-12 ? "0" : String.format(Locale.ROOT, "%.6g", number);
    }

    /** All parameters of a model in one line. */
    private static String sums(Path model) {
        if (!Files.exists(model)) {
            return "no model";
        }
        try (Checkpoint checkpoint = Checkpoint.read(model)) {
            double[] values = checkpoint.parameters().values().flat().toDoubles();
            double turned = 0;
            for (int i = 0; i < values.length; i++) {
                turned += values[i] * (i % 7 - 3);
            }
            Files.delete(model);
            return values.length + " numbers, sum " + shown(Arrays.stream(values).sum()) + ", of squares "
                    + shown(Arrays.stream(values).map(v -> v * v).sum()) + ", in turns " + shown(turned);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> numbers(Path model) {
        try (Checkpoint checkpoint = Checkpoint.read(model); Arena arena = Arena.ofConfined()) {
            Parameters parameters = checkpoint.parameters();
            List<String> lines = new ArrayList<>();
            for (TensorInfo tensor : checkpoint.model().tensors()) {
                double[] values = parameters.get(arena, tensor.name()).toDoubles();
                lines.add(tensor.name() + " " + tensor.shape() + " sum " + shown(Arrays.stream(values).sum()) + " of squares "
                        + shown(Arrays.stream(values).map(v -> v * v).sum()));
            }
            Map<String, String> properties = new TreeMap<>(checkpoint.properties());
            properties.forEach((key, value) -> lines.add(key + ": " + masked(value)));
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Tables that transcripts begin with: numbers.csv of a smooth function of a and b with a category c, a count n, a time t and a
     * group g; classes.csv of three labels; heard.csv of a target that a single column makes.
     */
    private void makeRows() throws IOException {
        SplittableRandom random = new SplittableRandom(20);
        List<String> numbers = new ArrayList<>(List.of("a,b,c,n,t,g,y,z"));
        List<String> classes = new ArrayList<>(List.of("u,v,w,label"));
        List<String> squares = new ArrayList<>(List.of("x,w,value"));
        for (int i = 0; i < 60; i++) {
            double a = Math.round(random.nextDouble(-1, 1) * 1000) / 1e3;
            double b = Math.round(random.nextDouble(0, 4) * 1000) / 1e3;
            String c = List.of("red", "green", "blue").get(random.nextInt(3));
            double y = Math.round((a * a + Math.sqrt(b) + (c.equals("red") ? 1 : 0)) * 1000) / 1e3;
            numbers.add(a + "," + b + "," + c + "," + i % 4 + "," + (i * 7 % 60) + ",g" + i % 6 + "," + y + ","
                    + Math.round((100 * y - 30 * a) * 10) / 10.0);
            double u = Math.round(random.nextDouble(-2, 2) * 100) / 1e2;
            double v = Math.round(random.nextDouble(-2, 2) * 100) / 1e2;
            classes.add(u + "," + v + "," + i % 5 + "," + (u + v > 0.8 ? "high" : u - v > 0.5 ? "mid" : "low"));
            double x = i * 7 % 60 / 30.0 - 1;
            squares.add(x + "," + (i * 11 % 60 / 30.0 - 1) + ","
                    + Math.round(1000 * (x * x + 0.1 * (i * 11 % 60 / 30.0 - 1) + 0.05 * Math.sin(9 * x))) / 1e3);
        }
        Files.write(folder.resolve("numbers.csv"), numbers, StandardCharsets.UTF_8);
        Files.write(folder.resolve("classes.csv"), classes, StandardCharsets.UTF_8);
        Files.write(folder.resolve("squares.csv"), squares, StandardCharsets.UTF_8);
    }
}
