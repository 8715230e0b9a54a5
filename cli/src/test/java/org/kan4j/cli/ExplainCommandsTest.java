// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.explain.Explain;

/** explain and the commands that are its parts. */
class ExplainCommandsTest {

    @TempDir
    private Path folder;

    /** z = exp(sin(pi x) + y^2). */
    private Path toy(int rows) throws Exception {
        Random random = new Random(1);
        List<String> lines = new ArrayList<>(List.of("x,y,z"));
        for (int b = 0; b < rows; b++) {
            double x = random.nextDouble(-1, 1);
            double y = random.nextDouble(-1, 1);
            lines.add(x + "," + y + "," + Math.exp(Math.sin(Math.PI * x) + y * y));
        }
        return Files.write(folder.resolve("toy.csv"), lines);
    }

    @Test
    void fromATableToAFormulaThatPredicts() throws Exception {
        Path data = toy(1000);
        Path out = folder.resolve("out");
        Cli cli = Cli.succeed("explain", data, "--target", "z", "--layers", "2,1,1", "--out", out);
        assertThat(cli.out()).contains("z = exp(sin(pi*x) + y^2)", "domains proved", "report");
        JsonNode found = Cli.json(out.resolve("explanation.json"));
        assertThat(found.get("formula").get("text").asText()).isEqualTo("exp(sin(pi*x) + y^2)");
        assertThat(found.get("formula").get("exact_constants").toString()).contains("pi");
        assertThat(found.get("verified").get("domains").asText()).isEqualTo("PROVED");
        assertThat(found.get("test").get("rmse_formula").asDouble()).isLessThan(1e-12);
        assertThat(found.fieldNames()).toIterable().containsExactly("formula", "test", "verified", "features", "shape_before",
                "shape_after", "edges_before", "edges_after", "pareto", "seconds");
        assertThat(Cli.json(out.resolve("formula.json")).get("text").asText()).isEqualTo("exp(sin(pi*x) + y^2)");
        assertThat(Cli.json(out.resolve("formula.json")).get("python").asText()).isEqualTo("np.exp(np.sin(np.pi*x) + y**2)");
        assertThat(Cli.json(out.resolve("formula.json")).get("latex").asText()).contains("\\pi")
                .isNotEqualTo("exp(sin(pi*x) + y^2)");
        reportSaysTheSame(Files.readString(out.resolve("report.html")), found);
        assertThat(out.resolve("diagram.svg")).isNotEmptyFile();

        Path rows = Files.writeString(folder.resolve("rows.csv"), "y,x\n0.5,0.25\n");
        double truth = Math.exp(Math.sin(Math.PI * 0.25) + 0.25);
        assertThat(Double.parseDouble(Cli.succeed("predict", rows, "--model", out.resolve("formula.json")).out().split("\\R")[1]))
                .isBetween(truth - 1e-12, truth + 1e-12);
        Path packed = folder.resolve("p.csv.gz");
        Cli.succeed("predict", rows, "--model", out.resolve("formula.json"), "--out", packed);
        try (InputStream whole = new GZIPInputStream(Files.newInputStream(packed))) { // to its end mark
            assertThat(new String(whole.readAllBytes(), StandardCharsets.UTF_8).lines()).hasSize(2);
        }
        assertThat(Double.parseDouble(Cli.succeed("predict", rows, "--model", out.resolve("model.safetensors")).out()
                .split("\\R")[1])).isBetween(truth - 1e-2, truth + 1e-2);
        assertThat(Cli.succeed("formula", out.resolve("formula.json"), "--format", "python", "--verify", data).out())
                .contains("np.exp(np.sin(np.pi*x) + y**2)", "RMSE");

        Path model = out.resolve("model.safetensors");
        Path fixed = folder.resolve("fixed.safetensors");
        assertThat(Cli.succeed("symbolic", model, data, "--edge", "0,0,0").out()).startsWith("sin");
        Cli.refuse(new String[] {"edges have no function yet"}, "formula", model);
        Cli.succeed("symbolic", model, data, "--auto", "--out", fixed);
        assertThat(Cli.succeed("formula", fixed, "--digits", 3).out()).contains("exp(", "sin(");
        assertThat(Cli.succeed("formula", fixed, "--snap", "--verify", data).out()).contains("exp(sin(pi*x) + y^2)\n", "RMSE");
        Cli.refuse(new String[] {"--verify DATA is missing"}, "formula", fixed, "--snap");
        Path freed = folder.resolve("freed.safetensors");
        Cli.succeed("symbolic", fixed, data, "--unfix", "0,0,0", "--out", freed);
        Cli.refuse(new String[] {"1 edge has no function yet, such as 0,0,0"}, "formula", freed);

        assertThat(Cli.succeed("attribute", model, data, "--interactions").out()).contains("x  ", "±", "act together");
        assertThat(Cli.succeed("hypothesis", model, data, "--separable").out()).contains("product of   (x) (y)",
                "sum of       (x, y)");
        assertThat(Cli.succeed("hypothesis", model, data, "--p-values").out())
                .contains("x, y   of a sum", "(p = 0.001)   of a product")
                .doesNotContain("tree", "as one");
        Path tree = folder.resolve("tree.svg");
        assertThat(Cli.succeed("hypothesis", model, data, "--tree", tree).out()).contains("tree         (x y), product",
                "shape        2,0+1,1", "saved        " + tree);
        assertThat(tree).content().startsWith("<svg").contains(">x</text>", ">×</text>", ">z</text>");
        assertThat(Cli.succeed("hypothesis", model, data, "--tree").out()).contains("shape        2,0+1,1");
        Path drawing = folder.resolve("d.svg");
        Cli.succeed("plot", model, data, "--out", drawing, "--edge", "1,0,0");
        assertThat(drawing).content().startsWith("<svg");
    }

    /** The page has the numbers of the file. */
    private static void reportSaysTheSame(String page, JsonNode found) {
        assertThat(page).contains("<code>z = exp(sin(pi*x) + y^2)</code>", "<code>np.exp(np.sin(np.pi*x) + y**2)</code>",
                "<mi>z</mi><mo>=</mo>", "proved by interval arithmetic", "Before pruning " + found.get("shape_before").asText()
                        + ", " + found.get("edges_before").asInt() + " edges; after it " + found.get("shape_after").asText()
                        + ", "
                        + found.get("edges_after").asInt() + ".");
        assertThat(cell(page, "error of the network (RMSE)")).isCloseTo(found.get("test").get("rmse_network").asDouble(),
                withinPercentage(1));
        assertThat(cell(page, "error of the formula (RMSE)")).isCloseTo(found.get("test").get("rmse_formula").asDouble(),
                withinPercentage(1));
        double widest = 0;
        for (JsonNode feature : found.get("features")) {
            String name = feature.get("name").asText();
            double total = feature.get("total").asDouble();
            assertThat(cell(page, name)).isCloseTo(total, within(6e-4));
            Matcher bar = Pattern.compile("<th>" + name + "</th>.*?<rect class=\"bar\" [^>]*width=\"([\\d.]+)\"").matcher(page);
            assertThat(bar.find()).isTrue();
            assertThat(Double.parseDouble(bar.group(1))).isCloseTo(200 * Math.min(1, total), within(0.2));
            widest = Math.max(widest, total);
        }
        assertThat(widest).isPositive();
        String pareto = page.substring(page.indexOf("<h2>Size against error</h2>"));
        pareto = pareto.substring(0, pareto.indexOf("</table>"));
        assertThat(pareto.split("<tr>", -1)).hasSize(2 + found.get("pareto").size());
    }

    /** The number beside a name in a table. */
    private static double cell(String page, String name) {
        Matcher matcher = Pattern.compile("<th>" + Pattern.quote(name) + "</th><td class=\"n\">([-\\d.e+]+)").matcher(page);
        assertThat(matcher.find()).as(name).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    @Test
    void aTrainedModelIsPrunedAndStillPredicts() throws Exception {
        Path data = toy(400);
        Path model = folder.resolve("m.safetensors");
        Cli.succeed("from-formula", "x^2 + exp(y)", "--grid", 8, "--out", model);
        Path rows = Files.writeString(folder.resolve("rows.csv"), "x,y,value\n0.5,0.25,1.534\n0.1,-0.3,0.7508\n-0.5,0.3,1.5999\n"
                + "0.2,0.9,2.4996\n-0.9,-0.8,1.2593\n0.7,0.1,1.5952\n0.3,0.6,1.9121\n-0.2,0.4,1.5318\n0.8,-0.6,1.1888\n0,0,1\n");
        Path small = folder.resolve("s.safetensors");
        assertThat(Cli.succeed("prune", model, rows, "--out", small).out()).contains("saved");
        assertThat(Double.parseDouble(Cli.succeed("predict", rows, "--model", model).out().split("\\R")[1]))
                .isBetween(1.53402, 1.53403);
        assertThat(data).exists();
        assertThat(Cli.succeed("predict", rows, "--model", small).out().split("\\R")).hasSize(11);
    }

    @Test
    void badInputIsOneSentence() throws Exception {
        Path data = toy(60);
        Path out = folder.resolve("o");
        Cli.refuse(new String[] {"either --target COLUMN or --model FILE"}, "explain", data, "--out", out);
        Cli.refuse(new String[] {"no column 'w'"}, "explain", data, "--target", "w", "--out", out);
        Cli.refuse(new String[] {"must go from the 2 features"}, "explain", data, "--target", "z", "--layers", "3,1", "--out",
                out);
        Cli.refuse(new String[] {"a shape is widths"}, "explain", data, "--target", "z", "--layers", "2;1", "--out", out);
        Cli.refuse(new String[] {"there is no function 'foo'"}, "explain", data, "--target", "z", "--library", "foo", "--out",
                out);
        Cli.refuse(new String[] {"--minutes"}, "explain", data, "--target", "z", "--minutes", "0", "--out", out);
        Cli.refuse(new String[] {"mlp"}, "explain", data, "--target", "z", "--basis", "mlp", "--out", out);
        Path texts = Files.writeString(folder.resolve("t.csv"), "x,z\n1,a\n2,b\n3,a\n");
        Cli.refuse(new String[] {"regression needs a number"}, "explain", texts, "--target", "z", "--out", out);
        Path nan = Files.writeString(folder.resolve("n.csv"), "x,z\n1,2\nNaN,3\n4,5\n");
        Cli.refuse(new String[] {"there is no value"}, "explain", nan, "--target", "z", "--out", out);
        Path one = Files.writeString(folder.resolve("1.csv"), "x,z\n1,2\n");
        Cli.refuse(new String[] {"1 row of data"}, "explain", one, "--target", "z", "--out", out);
        Path model = folder.resolve("m.safetensors");
        Cli.succeed("from-formula", "x*y", "--grid", 3, "--out", model);
        Cli.refuse(new String[] {"there is no edge 0,5,0"}, "plot", model, data, "--edge", "0,5,0", "--out",
                folder.resolve("p.svg"));
        Cli.refuse(new String[] {"an edge is LAYER,INPUT,OUTPUT"}, "plot", model, data, "--edge", "0", "--out",
                folder.resolve("p"));
        Cli.refuse(new String[] {"position"}, "from-formula", "x*(", "--out", folder.resolve("f"));
        Cli.refuse(new String[] {"it is"}, "from-formula", "log(x)", "--out", folder.resolve("f"));
        Cli.refuse(new String[] {"need --out"}, "symbolic", model, data, "--auto");
        Cli.refuse(new String[] {"formula.json"}, "formula", Files.writeString(folder.resolve("x.json"), "{}"));
        Cli.refuse(new String[] {"is not JSON"}, "predict", data, "--model", Files.writeString(folder.resolve("y.json"), "{"));
        assertThat(folder.resolve("p.svg")).doesNotExist();
        assertThat(out).as("a folder that nothing came of").doesNotExist();
    }

    private Path table(String name, String header, int rows, java.util.function.IntFunction<String> row) throws Exception {
        List<String> lines = new ArrayList<>(List.of(header));
        for (int b = 0; b < rows; b++) {
            lines.add(row.apply(b));
        }
        return Files.write(folder.resolve(name), lines);
    }

    @Test
    void badDataAndModelsAreOneSentence() throws Exception {
        Path data = toy(60);
        Path out = folder.resolve("o");
        Cli.refuse(new String[] {"all 2 features are constant"}, "explain", table("c.csv", "x,c,z", 40, b -> "1,5," + b),
                "--target", "z", "--out", out);
        Cli.refuse(new String[] {"the target 'z' is the same in all 40 rows"}, "explain",
                table("t.csv", "x,z", 40, b -> b + ",3"), "--target", "z", "--out", out);
        // Constant columns and copies beside others are left out, and named so.
        Path found = folder.resolve("found");
        Cli.succeed("explain", table("d.csv", "x,d,c,z", 200, b -> {
            double x = b / 100.0 - 1;
            return x + "," + x + ",7," + x * x;
        }), "--target", "z", "--out", found);
        JsonNode features = Cli.json(found.resolve("explanation.json")).get("features");
        assertThat(features).hasSize(3);
        assertThat(List.of(features.get(0).get("kept").asBoolean(), features.get(1).get("kept").asBoolean(),
                features.get(2).get("kept").asBoolean())).containsExactly(true, false, false);

        Path model = folder.resolve("m.safetensors");
        Path fixed = folder.resolve("s.safetensors");
        Cli.succeed("from-formula", "exp(sin(pi*x)+y^2)", "--grid", 3, "--out", model);
        Cli.refuse(new String[] {"there is no function 'foo'"}, "symbolic", model, data, "--fix", "0,0,0=foo", "--out", fixed);
        Cli.refuse(new String[] {"there is no function 'log(y)'"}, "symbolic", model, data, "--fix", "0,0,0=log(y)", "--out",
                fixed);
        Cli.refuse(new String[] {"'log(x)' is NaN at -0.", "which edge 0,0,0 sees"}, "symbolic", model, data, "--fix",
                "0,0,0=log(x)", "--out", fixed);
        Cli.refuse(new String[] {"there is no edge 0,9,0"}, "symbolic", model, data, "--fix", "0,9,0=sin", "--out", fixed);
        Cli.refuse(new String[] {"no such file"}, "symbolic", model, folder.resolve("none.csv"), "--auto", "--out", fixed);
        Cli.refuse(new String[] {"Missing required parameter: 'DATA'"}, "explain", "--model", model, "--out", out);
        Path other = Files.writeString(folder.resolve("other.csv"), "a,b\n1,2\n3,4\n");
        Cli.refuse(new String[] {"no column 'x'"}, "explain", other, "--model", model, "--out", out);
        Cli.refuse(new String[] {"no column 'x'"}, "prune", model, other, "--out", fixed);
        Cli.refuse(new String[] {"no column 'x'"}, "attribute", model, other);
        Path normed = folder.resolve("fast.safetensors");
        Cli.succeed("train", data, "--target", "z", "--basis", "fastkan", "--hidden", 3, "--epochs", 1, "--out", normed);
        Cli.refuse(new String[] {"not functions of one variable"}, "symbolic", normed, data, "--auto", "--out", fixed);
        Cli.refuse(new String[] {"not functions of one variable"}, "explain", data, "--model", normed, "--out", out);
        Cli.succeed("symbolic", model, data, "--fix", "0,0,0=2*sin(pi*x)", "--out", fixed);
        assertThat(out).doesNotExist();
    }

    /** More columns than a search can read: attributed all the same, and the search says that it needs longer. */
    @Test
    void moreColumnsThanCanBeRead() throws Exception {
        String header = java.util.stream.IntStream.range(0, 1_500).mapToObj(i -> "c" + i)
                .collect(java.util.stream.Collectors.joining(",")) + ",z";
        Random random = new Random(2);
        Path wide = table("w.csv", header, 40, b -> {
            double first = random.nextDouble();
            StringBuilder line = new StringBuilder().append(first);
            for (int i = 1; i < 1_500; i++) {
                line.append(',').append(random.nextInt(100));
            }
            return line.append(',').append(3 * first).toString();
        });
        Path out = folder.resolve("o");
        Cli.refuse(new String[] {"0.02 minutes were too few to leave out enough of the 1500 features"}, "explain", wide,
                "--target", "z", "--minutes", "0.02", "--restarts", 1, "--out", out);
        assertThat(out).doesNotExist();
    }

    @Test
    void aFormulaOfTheDataItselfNeedsNoNetworkFit() throws Exception {
        Path out = folder.resolve("out");
        Cli cli = Cli.succeed("explain", toy(600), "--target", "z", "--out", out);
        assertThat(cli.out()).contains("log the target is a sum over [[x], [y]]", "z = exp(sin(pi*x) + y^2)", "domains proved")
                .doesNotContain("\nfit ");
        JsonNode found = Cli.json(out.resolve("explanation.json"));
        assertThat(found.get("shape_after").asText()).isEqualTo("[2,1,1]");
        assertThat(Files.readString(out.resolve("diagram.svg"))).contains("sin");
        Path rows = Files.writeString(folder.resolve("rows.csv"), "y,x\n0.5,0.25\n");
        double truth = Math.exp(Math.sin(Math.PI * 0.25) + 0.25);
        assertThat(Double.parseDouble(Cli.succeed("predict", rows, "--model", out.resolve("model.safetensors")).out()
                .split("\\R")[1])).isBetween(truth - 1e-2, truth + 1e-2);
    }

    @Test
    void tablesOfKnownFormulas() {
        assertThat(Cli.succeed("explain", "science", "--only", "thin lens,pendulum,photoelectric").out())
                .contains("u*v/(u + v)", "exact            3 of 3, seed 1");
        assertThat(Cli.succeed("explain", "feynman", "--only", "I.16.6", "--seed", 2).out())
                .contains("exact            1 of 1, seed 2");
        assertThat(Cli.succeed("explain", "formulas", "--only", "F16").out()).contains("sin(x) + y^2, x*y",
                "exact            1 of 1");
        assertThat(Cli.succeed("explain", "formulas", "--only", "F15", "--library", "minimal").out()).contains("j0(20*x)");
        assertThat(Cli.succeed("explain", "bases", "--only", "F6 fastkan").out()).contains("F6 fastkan       exact",
                "exact            1 of 1");
        Cli.refuse(new String[] {"--only is for a table of formulas"}, "explain", "times", "--only", "F1");
        Cli.refuse(new String[] {"not for tutorial"}, "explain", "tutorial", "--only", "F1");
        Cli.refuse(new String[] {"--only names none of the table pruning, which has P1 bspline, P1 fastkan"}, "explain",
                "pruning",
                "--only", "X");
        Cli.refuse(new String[] {"--only names none of the table formulas, which has F1, F2"}, "explain", "formulas", "--only",
                "X");
        Cli.refuse(new String[] {"--only is for a table"}, "explain", "some.csv", "--only", "F1", "--out", folder.resolve("o"));
    }

    /** A line says how many seeds ended as asked, and where the others did. */
    @Test
    void aLineOfTheTableOfPruning() {
        ExplainPruning.Case one = ExplainPruning.cases().getFirst().withSeeds(1);
        try (Context context = Context.open(ContextOptions.defaults().withThreads(1))) {
            assertThat(ExplainPruning.line(one, "chebykan", 1, context))
                    .matches("P1 chebykan +\\[2,5,1] to \\[2,1,1]: 1 of 1, no worse 1, [0-9.]+ s a seed");
            ExplainPruning.Case never = new ExplainPruning.Case(one.formula(), one.layers(), one.bases(), 2,
                    one.pruning().withAccuracy(0.9), "nothing", graph -> false);
            assertThat(ExplainPruning.line(never, "chebykan", 1, context)).startsWith("P1 chebykan 90 %")
                    .containsPattern("to nothing: 0 of 2, no worse 0, [0-9.]+ s a seed; \\[[0-9,]+] 2$");
        }
    }

    /** Each formula by networks of each basis, which alone may find it. */
    @Test
    void theTableOfBasesIsOfNetworksAlone() {
        Explain asked = Explain.defaults();
        List<ExplainTable.Line> lines = ExplainTable.lines("bases", asked);
        List<KnownFormula> formulas = KnownFormula.table("bases");
        assertThat(lines).hasSize(formulas.size() * Bases.onEdges().size());
        assertThat(lines).allSatisfy(line -> {
            assertThat(line.explain().structure()).isFalse();
            assertThat(line.name()).isEqualTo(line.formula().name() + " " + Bases.onEdges().entrySet().stream()
                    .filter(basis -> basis.getValue().equals(line.explain().basis())).findFirst().orElseThrow().getKey());
        });
        assertThat(lines.stream().map(ExplainTable.Line::name)).doesNotHaveDuplicates();
        assertThat(ExplainTable.lines("formulas", asked)).allSatisfy(line -> assertThat(line.explain()).isSameAs(asked));
    }
}
