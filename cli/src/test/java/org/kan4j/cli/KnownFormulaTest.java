// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.formula.Expression;

/** The formulas that tables are of: their samples, their noise, and what counts as the same. */
class KnownFormulaTest {

    private static KnownFormula named(String table, String name) {
        return KnownFormula.table(table).stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
    }

    private static boolean is(KnownFormula formula, String... found) {
        return formula.is(Arrays.stream(found).map(Expression::parse).toList());
    }

    @Test
    void oneIsFoundInWhateverFormItIsWritten() {
        KnownFormula f6 = KnownFormula.table("formulas").getFirst();
        assertThat(f6.outputs().getFirst().toString()).isEqualTo("exp(sin(pi*x) + y^2)");
        assertThat(is(f6, "exp(y*y + sin(x*pi))")).as("another order").isTrue();
        assertThat(is(f6, "exp(sin(pi*x))*exp(y^2)")).as("equal on twice the box").isTrue();
        assertThat(is(f6, "exp(sin(3.14*x) + y^2)")).as("nearly").isFalse();
        assertThat(is(f6, "exp(sin(pi*x) + y^2) + 0.000001*x")).isFalse();
        KnownFormula two = named("formulas", "F16");
        assertThat(is(two, "y^2 + sin(x)", "y*x")).isTrue();
        assertThat(is(two, "y^2 + sin(x)", "y*x + 1")).as("the second is another").isFalse();
        assertThat(is(two, "y^2 + cos(x)", "y*x")).as("the first is another").isFalse();
    }

    @Test
    void samplesLieInTheirRanges() {
        for (String table : List.of("science", "measured")) {
            for (KnownFormula formula : KnownFormula.table(table)) {
                formula.sample(3).forEach((name, values) -> {
                    assertThat(values).hasSize(formula.rows());
                    assertThat(Arrays.stream(values).boxed()).allMatch(value -> value >= formula.ranges().get(name).low()
                            && value <= formula.ranges().get(name).high(), formula.name() + " " + name);
                });
                assertThat(formula.sample(3)).usingRecursiveComparison().isEqualTo(formula.sample(3));
                assertThat(Arrays.stream(formula.values(0, 3)).boxed()).allMatch(Double::isFinite, formula.name());
                assertThat(formula.noise() > 0).as(formula.name()).isEqualTo(table.equals("measured"));
            }
        }
        for (Feynman equation : Feynman.all()) {
            KnownFormula formula = named("feynman", equation.name());
            assertThat(formula.rows()).isEqualTo(1000);
            assertThat(formula.ranges()).hasSize(equation.ranges().size()).hasSize(equation.formula().variables().size());
            assertThat(Arrays.stream(formula.values(0, 1)).boxed()).allMatch(Double::isFinite, equation.name());
            assertThat(equation.published()).isBetween(1e-6, 1.0);
        }
    }

    /** Friedman's function with noise of deviation 1, as a share of its own, and equations in units beside the dimensionless. */
    @Test
    void linesOfTheFile() {
        KnownFormula friedman = named("pruning", "P5");
        assertThat(friedman.ranges().keySet()).hasSize(10).startsWith("a", "b", "c", "d", "f");
        assertThat(friedman.outputs().getFirst().variables()).as("e is a number").containsExactlyInAnyOrder("a", "b", "c", "d",
                "f");
        double[] noisy = friedman.values(0, 1);
        double[] clean = new KnownFormula("", friedman.outputs(), friedman.ranges(), friedman.rows(), 0).values(0, 1);
        for (long seed : new long[] {1, 5}) {
            assertThat(new KnownFormula("", friedman.outputs(), friedman.ranges(), friedman.rows(), 0).values(0, seed))
                    .as("of the rows of the seed %d", seed)
                    .isEqualTo(friedman.outputs().getFirst().evaluate(friedman.sample(seed), friedman.rows()));
        }
        double squares = 0;
        for (int b = 0; b < clean.length; b++) {
            squares += Math.pow(noisy[b] - clean[b], 2);
        }
        assertThat(Math.sqrt(squares / clean.length)).isCloseTo(1, within(0.1));
        assertThat(KnownFormula.table("feynman")).hasSize(36).extracting(KnownFormula::name).doesNotHaveDuplicates()
                .contains("I.9.18", "I.9.18 units", "II.34.29a");
        KnownFormula tilted = named("feynman", "I.10.7");
        assertThat(tilted.outputs().getFirst().evaluate(Map.of("m", 2.0, "v", 1.8, "c", 3.0))).isCloseTo(2.5, offset(1e-15));
    }

    /** 0.1, 1 and 5 % of the deviation of the values, of which the noise has no part. */
    @Test
    void noiseIsAShareOfTheDeviation() {
        List<KnownFormula> noisy = KnownFormula.table("noise");
        assertThat(noisy.stream().map(KnownFormula::noise).distinct()).containsExactly(0.001, 0.01, 0.05);
        KnownFormula most = noisy.stream().filter(f -> f.noise() == 0.05).findFirst().orElseThrow();
        assertThat(most.name()).endsWith(" 5.0 %");
        double[] clean = new KnownFormula("", most.outputs(), most.ranges(), most.rows(), 0).values(0, 2);
        double[] values = most.values(0, 2);
        double mean = Arrays.stream(clean).average().orElseThrow();
        double squares = 0;
        double noise = 0;
        for (int i = 0; i < clean.length; i++) {
            squares += Math.pow(clean[i] - mean, 2);
            noise += Math.pow(values[i] - clean[i], 2);
        }
        assertThat(Math.sqrt(noise / squares)).isCloseTo(0.05, within(0.005));
        assertThat(values).isEqualTo(most.values(0, 2)).isNotEqualTo(most.values(0, 3));
    }

    @Test
    void theBesselFunctionIsThatOfTables() { // Abramowitz and Stegun, table 9.1
        assertThat(KnownFormula.J0.at(0)).isCloseTo(1, offset(1e-15));
        assertThat(KnownFormula.J0.at(2.5)).isCloseTo(-0.048383776468198, offset(1e-13));
        assertThat(KnownFormula.J0.at(10)).isCloseTo(-0.245935764451348, offset(1e-13));
        assertThat(KnownFormula.J0.slopeAt(2.5)).as("-J1").isCloseTo(-0.497094102464274, offset(1e-13));
        assertThat(KnownFormula.J0.slopeAt(0)).isCloseTo(0, offset(1e-15));
    }

    /** All equations by the least work, which reaches few of the published errors. */
    @Test
    void theTableOfFitsCountsWhatIsWithinThePublishedErrors(@TempDir Path folder) throws IOException {
        Path json = folder.resolve("f.json");
        String out = Cli.succeed("fit-function", "feynman", "--grids", "3", "--steps", 1, "--restarts", 1, "--samples", 30,
                "--test-samples", 10, "--json", json).out();
        JsonNode root = Cli.json(json);
        List<String> lines = out.lines().filter(line -> line.startsWith("| ")).skip(2).toList();
        assertThat(lines).hasSize(Feynman.all().size());
        assertThat(root.get("equations")).hasSize(lines.size());
        int within = 0;
        int three = 0;
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String[] cells = lines.get(i).split(" *\\| *");
            JsonNode one = root.get("equations").get(i);
            double rmse = one.get("test").get("rmse").asDouble();
            double ratio = rmse / one.get("published_rmse").asDouble();
            ratios.add(ratio);
            within += ratio <= 1 ? 1 : 0;
            three += ratio <= 3 ? 1 : 0;
            assertThat(cells[1]).isEqualTo(Feynman.all().get(i).name());
            assertThat(Double.parseDouble(cells[5])).isCloseTo(rmse, within(0.006 * rmse));
            assertThat(Double.parseDouble(cells[6])).isEqualTo(Feynman.all().get(i).published());
            assertThat(Double.parseDouble(cells[7])).isCloseTo(ratio, within(0.06 * ratio));
        }
        assertThat(ratios.stream().anyMatch(ratio -> ratio > 3)).isTrue();
        assertThat(root.get("within_published").asInt()).isEqualTo(within);
        assertThat(root.get("within_3_times_published").asInt()).isEqualTo(three);
        assertThat(out).contains(within + " of " + lines.size() + " not above the published error, " + three
                + " not above 3 times it, ", "metrics      " + json);
        assertThat(root.get("options").get("grids").toString()).isEqualTo("[3]");
        assertThat(root.get("options").get("samples").asInt()).isEqualTo(30);
        assertThat(root.get("options").get("test_samples").asInt()).isEqualTo(10);
        assertThat(root.get("options").get("steps").asInt()).isEqualTo(1);
        assertThat(root.get("options").get("restarts").asInt()).isEqualTo(1);
        assertThat(root.get("options").get("order").asInt()).isEqualTo(3);
        assertThat(root.get("options").get("seed").asInt()).isEqualTo(1);
        assertThat(root.get("options").get("validation").asDouble()).isEqualTo(0.1);
        assertThat(root.get("options").get("dtype").asText()).isEqualTo("f64");
        assertThat(root.get("options").get("device").asText()).isEqualTo("cpu");
        assertThat(root.get("options").get("threads").asInt()).isEqualTo(1);
    }
}
