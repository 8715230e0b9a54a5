// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.cli.bench.Exponent;
import org.kan4j.cli.bench.Rates;
import org.kan4j.cli.bench.Work;
import org.kan4j.device.Device;
import org.kan4j.layer.Activation;
import org.kan4j.model.KanModel;
import org.kan4j.tensor.DType;

class BenchCommandTest {

    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G'};

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    /** Of the machine's rates these tests look at what is made of them. */
    @BeforeEach
    void measureQuickly() {
        System.setProperty("kan4j.bench.quick", "true");
    }

    @AfterEach
    void measureInFull() {
        System.clearProperty("kan4j.bench.quick");
    }

    private int run(String... args) {
        return Main.run(new PrintWriter(out), new PrintWriter(err), args);
    }

    private JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    @Test
    void rowsHaveTheFieldsOfThePeersAndOurs() throws IOException {
        Path file = folder.resolve("rows.json");
        Path plot = folder.resolve("times.png");
        assertThat(run("bench", "--layers", "20,30,1", "--batch", "7", "--models", "bspline,mlp", "--reps", "5", "--rounds", "3",
                "--threads", "2", "--dx", "--json", file.toString(), "--plot", plot.toString())).as(err.toString()).isZero();
        JsonNode rows = json(file);
        assertThat(rows).hasSize(2);
        JsonNode bspline = rows.get(0);
        assertThat(bspline.get("model").asText()).isEqualTo("bspline");
        assertThat(bspline.get("params").asLong()).isEqualTo((20 * 30 + 30) * 10); // efficient-kan's
        assertThat(rows.get(1).get("params").asLong()).isEqualTo(20 * 300 + 300 + 300 + 1);
        for (JsonNode row : rows) {
            assertThat(row.get("device").asText()).isEqualTo("cpu");
            assertThat(row.get("threads").asInt()).isEqualTo(2);
            assertThat(row.get("batch").asInt()).isEqualTo(7);
            assertThat(row.get("layers").toString()).isEqualTo("[20,30,1]");
            assertThat(row.get("dx").asBoolean()).isTrue();
            assertThat(row.get("against").asText()).isEqualTo("mlp");
            assertThat(row.get("rounds").asInt()).isEqualTo(3);
            assertThat(row.get("reps").asInt()).isEqualTo(5);
            for (String field : List.of("forward_ratio", "forward_backward_ratio", "step_ratio", "forward_ms", "backward_ms",
                    "step_ms", "forward_p95_ms", "backward_p95_ms",
                    "step_p95_ms", "forward_floor_ms", "backward_floor_ms", "step_floor_ms", "forward_peak_mb",
                    "backward_peak_mb")) {
                assertThat(row.get(field).asDouble()).as(field).isPositive();
            }
            assertThat(row.get("backward_peak_mb").asDouble()).isGreaterThan(row.get("forward_peak_mb").asDouble());
            for (String field : List.of("tier", "dtype", "kan4j", "build", "java", "processor", "date")) {
                assertThat(row.get(field).asText()).as(field).isNotEmpty();
            }
        }
        assertThat(rows.get(1).get("forward_ratio").asDouble()).isEqualTo(1);
        assertThat(Files.readAllBytes(plot)).startsWith(PNG);
    }

    /** Of a single round all that is derived follows from the times and the rates beside them, measured as for users. */
    @Test
    void whatIsDerivedFollowsFromTheTimes() throws IOException {
        measureInFull();
        Path file = folder.resolve("rows.json");
        assertThat(run("bench", "--layers", "20,30,1", "--batch", "7", "--models", "fastkan,mlp,bspline", "--reps", "3",
                "--rounds", "1", "--dtype", "f64", "--json", file.toString())).as(err.toString()).isZero();
        JsonNode rows = json(file);
        JsonNode mlp = rows.get(1);
        assertThat(mlp.get("model").asText()).isEqualTo("mlp");
        for (JsonNode row : rows) {
            String line = out.toString().lines().filter(each -> each.startsWith(row.get("model").asText() + " ")).findFirst()
                    .orElseThrow();
            assertThat(row.get("forward_ratio").asDouble()).isCloseTo(ratio(row, mlp, "forward"), within(0.01));
            assertThat(row.get("step_ratio").asDouble()).isCloseTo(ratio(row, mlp, "step"), within(0.01));
            assertThat(row.get("forward_backward_ratio").asDouble()).isCloseTo((ms(row, "forward") + ms(row, "backward"))
                    / (ms(mlp, "forward") + ms(mlp, "backward")), within(0.01));
            // parameters; time, p95 and % of floor of each phase; two of memory; three ratios
            double[] printed = Arrays.stream(line.replaceAll("[,%]", "").trim().split(" +")).skip(1)
                    .mapToDouble(Double::parseDouble).toArray();
            assertThat(printed).hasSize(15);
            List<Double> expected = new ArrayList<>(List.of(row.get("params").asDouble()));
            for (String phase : List.of("forward", "backward", "step")) {
                double share = row.get(phase + "_of_floor").asDouble();
                assertThat(row.get(phase + "_floor_ms").asDouble()).isCloseTo(share * ms(row, phase),
                        withinPercentage(5));
                assertThat(row.get(phase + "_spread").asDouble()).isZero();
                assertThat(row.get(phase + "_p95_ms").asDouble()).isGreaterThanOrEqualTo(ms(row, phase));
                expected.addAll(List.of(ms(row, phase), row.get(phase + "_p95_ms").asDouble(), 100 * share));
            }
            for (String field : List.of("forward_peak_mb", "backward_peak_mb", "forward_ratio", "forward_backward_ratio",
                    "step_ratio")) {
                expected.add(row.get(field).asDouble());
            }
            for (int i = 0; i < printed.length; i++) {
                assertThat(printed[i]).as(line + ", number " + i).isCloseTo(expected.get(i), within(0.51));
            }
            assertThat(row.get("reps").asInt()).isEqualTo(3);
            assertThat(row.get("rounds").asInt()).isEqualTo(1);
            assertThat(row.get("dtype").asText()).isEqualTo("f64");
            assertThat(row.has("grid")).isFalse();
        }
        KanModel model = KanModel.mlp(DType.F64, Activation.SILU, 20, 300, 1);
        checkFloor(mlp, "forward", Work.forward(model, 7));
        checkFloor(mlp, "backward", Work.backward(model, 7, false));
        double rate = mlp.get("multiply_adds_per_s").asDouble();
        assertThat(out.toString()).contains("layers [20, 30, 1], batch 7, f64, dx no, 3 repetitions in 1 round")
                .doesNotContain("apart");
        Matcher floor = Pattern.compile("floor: ([\\d.]+) GFLOP/s of products").matcher(out.toString());
        assertThat(floor.find()).isTrue();
        assertThat(Double.parseDouble(floor.group(1))).isCloseTo(2e-9 * rate, within(0.051));
    }

    /** The least time of a phase, in ms, by the rates in a row. */
    private static void checkFloor(JsonNode row, String phase, Work work) {
        assertThat(row.get(phase + "_floor_ms").asDouble()).as(phase).isCloseTo(1e3 * work.seconds(new Rates(
                row.get("multiply_adds_per_s").asDouble(), row.get("read_bytes_per_s").asDouble(),
                row.get("copy_bytes_per_s").asDouble())), withinPercentage(1));
    }

    private static double ms(JsonNode row, String phase) {
        return row.get(phase + "_ms").asDouble();
    }

    private static double ratio(JsonNode row, JsonNode other, String phase) {
        return ms(row, phase) / ms(other, phase);
    }

    @Test
    void eachGridIsARowAgainstTheFirst() throws IOException {
        Path file = folder.resolve("grids.json");
        assertThat(run("bench", "--layers", "10,8,2", "--batch", "7", "--models", "bspline", "--grid", "5,20", "--reps", "4",
                "--rounds", "2", "--json", file.toString())).as(err.toString()).isZero();
        assertThat(out.toString()).contains("against bspline 5").containsPattern("(?m)^bspline 20 ")
                .containsPattern("medians of the rounds lie up to \\d+ % apart");
        JsonNode rows = json(file);
        double widest = 0;
        for (JsonNode row : rows) {
            for (String phase : List.of("forward", "backward", "step")) {
                widest = Math.max(widest, row.get(phase + "_spread").asDouble());
            }
        }
        Matcher apart = Pattern.compile("lie up to (\\d+) % apart").matcher(out.toString());
        assertThat(apart.find()).isTrue();
        assertThat(Double.parseDouble(apart.group(1))).isCloseTo(100 * widest, within(1.0));
        assertThat(rows).hasSize(2);
        assertThat(rows.get(0).get("forward_ratio").asDouble()).isEqualTo(1);
        assertThat(rows.get(1).get("grid").asInt()).isEqualTo(20);
        assertThat(rows.get(1).get("params").asLong()).isEqualTo((10 * 8 + 8 * 2) * 25);
        out.getBuffer().setLength(0);
        assertThat(run("bench", "--layers", "10,8,2", "--models", "mlp", "--grid", "5,20", "--reps", "1")).isZero();
        assertThat(out.toString().lines().filter(l -> l.startsWith("mlp"))).hasSize(1);
    }

    @Test
    void aDeviceIsTimedByItsOwnMarks() throws IOException {
        String missing = Device.cuda(0).unavailable().orElse("");
        assumeTrue(missing.isEmpty(), missing);
        Path file = folder.resolve("cuda.json");
        assertThat(run("bench", "--device", "cuda", "--layers", "6,5,2", "--batch", "4", "--models", "bspline", "--reps",
                "1", "--json", file.toString())).as(err.toString()).isZero();
        JsonNode row = json(file).get(0);
        assertThat(row.get("device").asText()).isEqualTo("cuda:0");
        for (String field : List.of("forward_ms", "backward_ms", "step_ms", "forward_floor_ms", "step_ratio",
                "backward_peak_mb")) {
            assertThat(row.get(field).asDouble()).as(field).isPositive();
        }
    }

    @Test
    void everyModelIsTimedByDefault() {
        assertThat(run("bench", "--layers", "16,16,1", "--batch", "4", "--reps", "1")).as(err.toString()).isZero();
        List<String> names = new ArrayList<>();
        new Bases.Names().forEach(names::add);
        assertThat(out.toString().lines().map(l -> l.split(" ")[0])).containsAll(names);
    }

    @Test
    void latencyGivesPercentilesAndAllocation() throws IOException {
        Path file = folder.resolve("latency.json");
        assertThat(run("bench", "latency", "--layers", "4,16,3", "--layers", "5,4,2", "--batch", "1,3", "--threads", "1,2",
                "--seconds", "0.05", "--json", file.toString())).as(err.toString()).isZero();
        JsonNode rows = json(file);
        assertThat(rows).hasSize(2 * 2 * 2);
        for (JsonNode row : rows) {
            double p50 = row.get("p50_us").asDouble();
            assertThat(p50).isPositive().isLessThanOrEqualTo(row.get("p99_us").asDouble());
            assertThat(row.get("p99_us").asDouble()).isLessThanOrEqualTo(row.get("p999_us").asDouble());
            assertThat(row.get("bytes_per_call").asDouble()).isNotNegative();
            String layers = row.get("layers").get(0).asInt() == 4 ? "4,16,3" : "5,4,2";
            List<String> printed = out.toString().lines().map(line -> List.of(line.split(" +")))
                    .filter(line -> line.size() == 9 && line.get(1).equals(layers)
                            && line.get(2).equals(row.get("batch").asText())
                            && line.get(3).equals(row.get("threads").asText()))
                    .findFirst().orElseThrow();
            List<String> fields = List.of("p50_us", "p99_us", "p999_us", "bytes_per_call", "rows_per_s");
            for (int i = 0; i < fields.size(); i++) {
                assertThat(Double.parseDouble(printed.get(4 + i).replace(",", ""))).as(fields.get(i))
                        .isCloseTo(row.get(fields.get(i)).asDouble(), within(0.51));
            }
        }
    }

    @Test
    void latencyPeersMustBeThere() throws IOException {
        String missing = folder.resolve("none.jar").toString();
        assertThat(run("bench", "latency", "--seconds", "0.01", "--peers", missing)).isEqualTo(2);
        assertThat(err.toString()).contains("--peers: cannot read " + missing);
        Path other = folder.resolve("other.jar");
        new JarOutputStream(Files.newOutputStream(other), new Manifest()).close();
        assertThat(run("bench", "latency", "--seconds", "0.01", "--peers", other.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("has no networks of other libraries; build it with mvn -Pdjl");
    }

    @Test
    void scalingFitsExponents() throws IOException {
        Path file = folder.resolve("scaling.json");
        Path plot = folder.resolve("scaling.png");
        assertThat(run("bench", "scaling", "--grid", "3,6", "--width", "8,16", "--batch", "4,8", "--reps", "1", "--threads",
                "2", "--json", file.toString(), "--plot", plot.toString())).as(err.toString()).isZero();
        JsonNode root = json(file);
        assertThat(root.get("rows")).hasSize(4 * 2);
        for (String sweep : List.of("grid", "width", "batch", "threads")) {
            List<JsonNode> points = new ArrayList<>();
            root.get("rows").forEach(row -> points.add(row));
            points.removeIf(row -> !row.get("sweep").asText().equals(sweep));
            double[] x = points.stream().mapToDouble(row -> row.get("value").asDouble()).toArray();
            for (String what : List.of("forward", "backward", "step", "memory")) {
                String field = what.equals("memory") ? "backward_peak_mb" : what + "_ms";
                double[] y = points.stream().mapToDouble(row -> row.get(field).asDouble()).toArray();
                assertThat(root.get("exponents").get(sweep).get(what).asDouble()).as(sweep + " " + what)
                        .isCloseTo(Exponent.fit(x, y), within(1e-3));
                assertThat(out.toString()).containsPattern("(?m)^" + sweep + " +x\\^p ");
            }
            for (JsonNode row : points) {
                for (String phase : List.of("forward", "backward", "step")) {
                    assertThat(row.get(phase + "_p95_ms").asDouble()).isEqualTo(row.get(phase + "_ms").asDouble());
                }
                String line = out.toString().lines().filter(each -> each.matches(sweep + " +" + row.get("value").asInt() + " .*"))
                        .findFirst().orElseThrow();
                String[] cells = line.trim().split(" +"); // four digits behind the point
                List<String> phases = List.of("forward", "backward", "step");
                for (int p = 0; p < phases.size(); p++) {
                    assertThat(Double.parseDouble(cells[2 + p])).as(line).isCloseTo(row.get(phases.get(p) + "_ms").asDouble(),
                            within(1e-4 * (1 + row.get(phases.get(p) + "_ms").asDouble())));
                }
                assertThat(row.get("backward_peak_mb").asDouble()).isGreaterThan(row.get("forward_peak_mb").asDouble());
            }
        }
        List<Integer> params = new ArrayList<>();
        root.get("rows").forEach(row -> params.add(row.get("params").asInt()));
        assertThat(params).as("edges times functions of grid 3 and 6, and a scale and a base").startsWith(64 * 64 * (3 + 3 + 2),
                64 * 64 * (6 + 3 + 2), 8 * 8 * (5 + 3 + 2), 16 * 16 * (5 + 3 + 2));
        assertThat(Files.readAllBytes(plot)).startsWith(PNG);
    }

    @Test
    void comparisonFindsWhatBecameSlower() throws IOException {
        List<String> args = new ArrayList<>(List.of("bench", "compare", "--base"));
        for (int i = 0; i < 8; i++) {
            args.add(round("base" + i, 10 + i, 3));
        }
        args.add("--new");
        for (int i = 0; i < 8; i++) {
            args.add(round("new" + i, 1.1 * (10 + i), 3));
        }
        assertThat(run(args.toArray(String[]::new))).as(err.toString()).isEqualTo(1);
        assertThat(out.toString()).containsPattern("bspline forward +1.100 +0.0078 +SLOWER")
                .containsPattern("bspline step +1.000 +1.0000").contains("1 of 3 times became slower");
        assertThat(run("bench", "compare", "--base", args.get(3), "--new", args.get(4))).isEqualTo(2);
        assertThat(err.toString()).contains("1 round cannot be significant at 0.01; at least 8 are needed");
        List<String> seven = new ArrayList<>(args);
        seven.remove(18); // the last of the new ones, and of the others
        seven.remove(10);
        assertThat(run(seven.toArray(String[]::new))).isEqualTo(2);
        assertThat(err.toString()).contains("7 rounds cannot be significant at 0.01; at least 8 are needed");
        seven.addAll(List.of("--significance", "0.016")); // 2 of 2^7 orders of signs are as extreme
        assertThat(run(seven.toArray(String[]::new))).as(err.toString()).isEqualTo(1);
    }

    /** What is faster is said and fails nothing; changes below the least that counts are not said. */
    @Test
    void comparisonSaysWhatBecameFaster() throws IOException {
        List<String> args = new ArrayList<>(List.of("bench", "compare", "--least", "5", "--base"));
        for (int i = 0; i < 8; i++) {
            args.add(round("base" + i, 10 + i, 3));
        }
        args.add("--new");
        for (int i = 0; i < 8; i++) {
            args.add(round("new" + i, 0.9 * (10 + i), 3 * 1.04));
        }
        assertThat(run(args.toArray(String[]::new))).as(err.toString()).isZero();
        assertThat(out.toString()).containsPattern("bspline forward +0.900 +0.0078 +faster")
                .containsPattern("bspline step +1.040 +0.0078 *\n").contains(
                        "0 of 3 times became slower, by a paired test over 8 rounds");
        args.set(3, "3");
        out.getBuffer().setLength(0);
        assertThat(run(args.toArray(String[]::new))).isEqualTo(1);
        assertThat(out.toString()).containsPattern("bspline step +1.040 +0.0078 +SLOWER").contains("2 of 3 times became slower");
    }

    /** A benchmark that was stopped says what is kept. */
    @Test
    void aStoppedBenchmarkSaysWhatIsKept() {
        StringWriter said = new StringWriter();
        try (BenchOutput.Stop stop = new BenchOutput.Stop(); PrintWriter to = new PrintWriter(said)) {
            assertThat(stop.isAsked()).isFalse();
            assertThat(stop.status(to, 2, 3, "rounds", null)).isZero();
            assertThat(said.toString()).isEmpty();
            Thread.currentThread().interrupt();
            assertThat(stop.isAsked()).isTrue();
            assertThat(stop.status(to, 2, 3, "rounds", null)).isEqualTo(130);
            assertThat(stop.status(to, 1, 3, "rounds", Path.of("r.json"))).isEqualTo(130);
            assertThat(stop.status(to, 0, 3, "rounds", null)).isEqualTo(130);
            assertThat(stop.status(to, 1, 4, "rows", Path.of("-"))).isEqualTo(130);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(said.toString().lines()).containsExactly("stopped after 2 of 3 rounds",
                "stopped after 1 of 3 rounds; they are in r.json", "stopped before the first of 3 rounds had ended; nothing is "
                        + "written",
                "stopped after 1 of 4 rows; they are in standard output");
        assertThat(BenchOutput.round(123456.7)).isEqualTo(123460);
        assertThat(BenchOutput.round(0.0012345678)).isEqualTo(0.0012346);
        assertThat(BenchOutput.round(Double.NaN)).isNaN();
    }

    private String round(String name, double forward, double rest) throws IOException {
        Path file = folder.resolve(name + ".json");
        Files.writeString(file, "[{\"model\": \"bspline\", \"forward_ms\": " + forward + ", \"backward_ms\": " + rest
                + ", \"step_ms\": " + rest + "}]");
        return file.toString();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--models|nope|--models: unknown basis 'nope', known are: bspline",
        "--batch|0|--batch, --reps and --rounds must be at least 1",
        "--rounds|0|--batch, --reps and --rounds must be at least 1, given 100, 30 and 0",
        "--layers|5|at least two widths",
        "--dtype|f16|--dtype must be f32 or f64",
        "--device|tpu|--device must be cpu, cuda or cuda:N",
        "--layers|400000,400000,1|needs about"})
    void badInputIsRefusedByName(String option, String value, String message) {
        assertThat(run("bench", option, value)).isEqualTo(2);
        assertThat(err.toString()).contains(message);
    }
}
