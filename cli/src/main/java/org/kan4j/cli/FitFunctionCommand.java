// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.io.Checkpoint;
import org.kan4j.measure.Metrics;
import org.kan4j.model.KanModel;
import org.kan4j.tensor.DType;
import org.kan4j.train.Fit;
import org.kan4j.data.FormulaSet;
import org.kan4j.data.FormulaSet.Range;
import org.kan4j.encoding.Encoding;
import org.kan4j.formula.Formula;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j fit-function}. */
@Command(name = "fit-function", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Samples a formula and fits a B-spline network to it: L-BFGS over all samples from many random starts, "
            + "the best refined through finer and finer grids.",
            "FORMULA may be the name of a Feynman equation (--list), which brings ranges and a shape, or feynman for a table "
            + "of them all."},
        footer = {"", "Examples:",
            "  kan4j fit-function \"exp(sin(pi*x)+y^2)\" --layers 2,1,1 --grids 3,10,20,50",
            "  kan4j fit-function \"x*log(y)\" --ranges x=-1:1,y=0.5:2 --out model.safetensors",
            "  kan4j fit-function I.6.2", "  kan4j fit-function feynman --json feynman.json"})
final class FitFunctionCommand implements Callable<Integer> {

    private static final String ALL = "feynman";

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FORMULA", arity = "0..1", description = "Such as \"exp(sin(pi*x)+y^2)\"; numbers, "
            + "+ - * / ^, brackets, pi, e, exp, log, sqrt, abs, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh; every "
            + "other name is a variable. Or the name of an equation.")
    private String text;

    @Option(names = "--list", description = "List the equations known by name.")
    private boolean list;

    @Option(names = "--layers", paramLabel = "N", split = ",",
            description = "Widths from the inputs to 1; by default the equation's own, or n,2n+1,1 for n variables.")
    private long[] layers;

    @Option(names = "--grids", paramLabel = "N", split = ",", defaultValue = "3,5,10,20,50",
            description = "Grid intervals, from the first to the finest; ${DEFAULT-VALUE} by default.")
    private int[] grids;

    @Option(names = "--order", paramLabel = "N", defaultValue = "3", description = "Spline order, 1 to 5; 3 by default.")
    private int order;

    @Option(names = "--ranges", paramLabel = "RANGES",
            description = "Where to sample: one LOW:HIGH for all variables or x=LOW:HIGH,y=LOW:HIGH,...; -1:1 by default.")
    private String ranges;

    @Option(names = "--samples", paramLabel = "N", defaultValue = "1000",
            description = "Points to train on; ${DEFAULT-VALUE} by default.")
    private int samples;

    @Option(names = "--test-samples", paramLabel = "N", defaultValue = "1000",
            description = "Further points to test on; ${DEFAULT-VALUE} by default.")
    private int testSamples;

    @Option(names = "--steps", paramLabel = "N", description = "L-BFGS iterations on each grid; 1000 by default.")
    private Integer steps;

    @Option(names = "--restarts", paramLabel = "N", description = "Random starts to choose from; 32 by default.")
    private Integer restarts;

    @Option(names = "--validation", paramLabel = "F",
            description = "Share of the training points held out to choose starts and grids by; 0.1 by default.")
    private Double validation;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "Seed of the points and the starts; ${DEFAULT-VALUE} by default.")
    private long seed;

    @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "f64",
            description = "f32 or f64; ${DEFAULT-VALUE} by default.")
    private String dtype;

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Option(names = "--out", paramLabel = "FILE", description = "Where to write the model, if anywhere.")
    private Path out;

    @Option(names = "--json", paramLabel = "FILE", description = "Where to write the results as JSON.")
    private Path json;

    @Option(names = "--plot", paramLabel = "FILE.png", description = "Where to draw the errors over the grids.")
    private Path plot;

    private PrintWriter screen;

    @Override
    public Integer call() throws IOException {
        screen = spec.commandLine().getOut();
        if (list) {
            list();
            return 0;
        }
        if (text == null) {
            throw new InputException("a formula or the name of an equation is missing; --list shows the names");
        }
        checkOptions();
        Problem problem = text.equals(ALL) ? null : problem();
        // A network of a few nodes is too small to share among threads.
        try (Context context = device.threads != null ? device.open() : device.open(1)) {
            if (problem == null) {
                table(context);
            } else {
                one(context, problem);
            }
        }
        return 0;
    }

    private void checkOptions() {
        atLeast("--samples", samples, 2);
        atLeast("--test-samples", testSamples, 1);
        atLeast("--steps", steps, 1);
        atLeast("--restarts", restarts, 1);
        for (int i = 0; i < grids.length; i++) {
            atLeast("--grids", grids[i], 1);
            if (i > 0 && grids[i] < grids[i - 1]) {
                throw new InputException("--grids must not get coarser, given " + grids[i] + " after " + grids[i - 1]);
            }
        }
        if (validation != null && !(validation >= 0 && validation < 1)) {
            throw new InputException("--validation must be 0 to below 1, given " + validation);
        }
        Options.dtype(dtype);
        new Output.Check().writes("--out", out).writes("--json", json).writes("--plot", plot);
        if (plot != null && !plot.toString().toLowerCase(java.util.Locale.ROOT).endsWith(".png")) {
            throw new InputException("--plot " + plot + ": expected a name that ends with .png");
        }
        if (text.equals(ALL) && (layers != null || ranges != null || out != null || plot != null)) {
            throw new InputException("--layers, --ranges, --out and --plot are for one function, not for the table");
        }
    }

    private static void atLeast(String option, Integer value, int least) {
        if (value != null && value < least) {
            throw new InputException(option + " must be at least " + least + ", given " + value);
        }
    }

    private void list() {
        for (Feynman equation : Feynman.all()) {
            screen.println(format("%-9s %-48s %-14s %s", equation.name(), equation.formula(), shape(equation.layers()),
                    describe(equation.formula(), equation.ranges())));
        }
    }

    private static String describe(Formula formula, List<Range> ranges) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < ranges.size(); i++) {
            parts.add(format("%s=%.4g:%.4g", formula.variables().get(i), ranges.get(i).low(), ranges.get(i).high()));
        }
        return String.join(",", parts);
    }

    // -------------------------------------------------------------------------------------------------- what is asked

    /**
     * What to fit, and how.
     *
     * @param published RMSE, or NaN
     */
    private record Problem(String name, Formula formula, List<Range> ranges, long[] layers, double published) {
        static Problem of(Feynman equation) {
            return new Problem(equation.name(), equation.formula(), equation.ranges(), equation.layers(),
                    equation.published());
        }
    }

    private Problem problem() {
        Optional<Feynman> known = Feynman.named(text);
        Formula formula = known.map(Feynman::formula).orElseGet(this::parse);
        int n = formula.variables().size();
        if (n == 0) {
            throw new InputException("the formula '" + text + "' has no variable");
        }
        List<Range> box = ranges != null || known.isEmpty() ? box(formula) : known.get().ranges();
        long[] widths = layers != null ? layers : known.isPresent() ? known.get().layers() : new long[] {n, 2L * n + 1, 1};
        if (widths.length < 2 || widths[0] != n || widths[widths.length - 1] != 1
                || Arrays.stream(widths).anyMatch(w -> w < 1)) {
            throw new InputException("--layers must go from the " + n + " variables " + formula.variables()
                    + " to 1 output, such as " + n + ",2,1, given " + Arrays.stream(widths).mapToObj(Long::toString)
                    .collect(Collectors.joining(",")));
        }
        double published = known.isPresent() && ranges == null && layers == null ? known.get().published() : Double.NaN;
        return new Problem(known.map(Feynman::name).orElse(text), formula, box, widths, published);
    }

    private Formula parse() {
        if (text.matches("I{1,3}\\.[0-9]+\\.[0-9]+[a-z]*")) {
            throw new InputException("no equation '" + text + "'; --list shows those known by name");
        }
        return Formula.parse(text);
    }

    private List<Range> box(Formula formula) {
        List<String> variables = formula.variables();
        if (ranges == null || !ranges.contains("=")) {
            Range all = ranges == null ? new Range(-1, 1) : range(ranges);
            return variables.stream().map(name -> all).toList();
        }
        Map<String, Range> named = new HashMap<>();
        for (String part : ranges.split(",", -1)) {
            String[] sides = part.split("=", -1);
            String name = sides[0].strip();
            if (sides.length != 2) {
                throw new InputException("--ranges: expected NAME=LOW:HIGH, given '" + part + "'");
            }
            if (!variables.contains(name)) {
                throw new InputException("--ranges: '" + name + "' is none of the formula's variables "
                        + String.join(", ", variables));
            }
            if (named.put(name, range(sides[1])) != null) {
                throw new InputException("--ranges names '" + name + "' twice");
            }
        }
        for (String name : variables) {
            if (!named.containsKey(name)) {
                throw new InputException("--ranges says nothing of the variable '" + name + "'");
            }
        }
        return variables.stream().map(named::get).toList();
    }

    private static Range range(String text) {
        String[] ends = text.split(":", -1);
        if (ends.length != 2) {
            throw new InputException("--ranges: expected LOW:HIGH, given '" + text + "'");
        }
        return new Range(constant(ends[0]), constant(ends[1]));
    }

    /** A number, or a formula of none such as 2*pi. */
    private static double constant(String text) {
        return Formula.parse(text, List.of()).evaluate();
    }

    private Fit fit() {
        Fit fit = Fit.defaults().withRefinements(Arrays.copyOfRange(grids, 1, grids.length)).withSeed(seed);
        if (steps != null) {
            fit = fit.withIterations(steps);
        }
        if (restarts != null) {
            fit = fit.withStarts(restarts, fit.startIterations());
        }
        return validation != null ? fit.withValidation(validation) : fit;
    }

    // --------------------------------------------------------------------------------------------------------- fitting

    /** A grid with its errors in the formula's own unit. */
    private record Row(Fit.Stage stage, double train, double held, Map<String, Double> test) {
        double rmse() {
            return test.get("rmse");
        }
    }

    private record Outcome(Problem problem, long parameters, List<Row> rows, int best, double seconds) {
        Row row() {
            return rows.get(best);
        }

        double ratio() {
            return row().rmse() / problem.published;
        }
    }

    /** Fits; `sampled` is called once the formula's values are there. */
    private Outcome run(Context context, Problem problem, Fit.Listener shown, Runnable sampled,
            java.util.function.Consumer<Row> print) throws IOException {
        DType type = Options.dtype(dtype);
        KanModel model = KanModel.kan(type, BSpline.of(grids[0], order).withOutside(BSpline.Outside.LINEAR), problem.layers);
        List<Row> rows = new ArrayList<>();
        long begin = System.nanoTime();
        try (Arena arena = Arena.ofShared()) {
            FormulaSet set = FormulaSet.sample(arena, type, problem.formula, problem.ranges, samples, testSamples, seed);
            sampled.run();
            double unit = ((Encoding.Value) set.encoding().target()).deviation();
            Fit.Listener listener = new Fit.Listener() {
                @Override
                public void onStart(int round, int done, int of, double bestLoss) {
                    shown.onStart(round, done, of, bestLoss * unit * unit);
                }

                @Override
                public void onStage(Fit.Stage stage, org.kan4j.model.Parameters parameters) {
                    shown.onStage(stage, parameters);
                    Row row = new Row(stage, Math.sqrt(stage.trainLoss()) * unit, Math.sqrt(stage.validationLoss()) * unit,
                            Output.measures(Metrics.measure(context, parameters, null, set.test()), unit));
                    rows.add(row);
                    print.accept(row);
                }
            };
            try (Fit.Result result = fit().run(context, model, set.train(), listener)) {
                double seconds = (System.nanoTime() - begin) / 1e9;
                if (out != null) {
                    Checkpoint.write(out, result.parameters(), Map.of(Encoding.KEY, set.encoding().toJson()));
                }
                return new Outcome(problem, result.parameters().model().parameterCount(), rows, result.best(), seconds);
            }
        }
    }

    private static String shape(long[] widths) {
        return Arrays.toString(widths).replace(" ", "");
    }

    /** The line that a terminal shows while starts are tried. */
    private static final class Line implements Fit.Listener {
        private static final String ERASE = "\r\033[K";
        private final boolean terminal = Progress.terminal();
        private final String name;

        Line(String name) {
            this.name = name;
        }

        @Override
        public void onStart(int round, int done, int of, double bestLoss) {
            if (terminal) {
                System.err.print(ERASE + format("%s: starts, round %d: %d of %d, lowest RMSE %.3g", name, round, done, of,
                        Math.sqrt(bestLoss)));
                System.err.flush();
            }
        }

        @Override
        public void onStage(Fit.Stage stage, org.kan4j.model.Parameters parameters) {
            if (terminal) {
                System.err.print(ERASE);
                System.err.flush();
            }
        }
    }

    private void one(Context context, Problem problem) throws IOException {
        Outcome outcome = run(context, problem, new Line(text), () -> {
            screen.println(format("fitting %s by %s, order %d, %s on %s: %,d points to train on%s and %,d to test on",
                    problem.name, shape(problem.layers), order, dtype, context, samples,
                    fit().validation() > 0 ? format(" (%.0f %% of them held out)", 100 * fit().validation()) : "",
                    testSamples));
            screen.println(" grid  starts  iterations  train RMSE   held out   test RMSE     time");
        }, row -> {
            screen.println(format("%5d  %6d  %10d  %10.3e  %s  %10.3e  %5.1f s", row.stage.grid(), row.stage.candidates(),
                    row.stage.iterations(), row.train, Double.isNaN(row.held) ? "         -" : format("%9.3e", row.held),
                    row.rmse(), row.stage.seconds()));
            screen.flush();
        });
        screen.println();
        screen.println(format("test         RMSE %.3e on grid %d", outcome.row().rmse(), outcome.row().stage.grid()));
        if (!Double.isNaN(problem.published)) {
            screen.println(format("published    RMSE %.3e, of this shape", problem.published));
        }
        screen.println(format("parameters   %,d", outcome.parameters));
        screen.println(format("time         %.1f s", outcome.seconds));
        if (out != null) {
            screen.println("model        " + out);
        }
        if (plot != null) {
            draw(outcome);
        }
        if (json != null) {
            ObjectNode root = toJson(outcome);
            root.set("options", options(context));
            Output.writeJson(json, root);
            screen.println("metrics      " + json);
        }
    }

    private void draw(Outcome outcome) throws IOException {
        double[] grid = outcome.rows.stream().mapToDouble(r -> r.stage.grid()).toArray();
        double[] train = outcome.rows.stream().mapToDouble(Row::train).toArray();
        double[] test = outcome.rows.stream().mapToDouble(Row::rmse).toArray();
        try {
            Plot.errorsOverGrids(plot, outcome.problem.name, grid, train, test);
            screen.println("plot         " + plot);
        } catch (LinkageError | InternalError e) {
            spec.commandLine().getErr().println("kan4j: no plot, this Java cannot draw here: " + e.getMessage());
        }
    }

    // ------------------------------------------------------------------------------------------------------- the table

    private void table(Context context) throws IOException {
        screen.println("| equation | formula | shape | grid | test RMSE | published | ratio | seconds |");
        screen.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
        List<Outcome> outcomes = new ArrayList<>();
        for (Feynman equation : Feynman.all()) {
            Outcome outcome = run(context, Problem.of(equation), new Line(equation.name()), () -> { }, row -> { });
            outcomes.add(outcome);
            screen.println(format("| %s | `%s` | %s | %d | %.2e | %.2e | %.2g | %.0f |", equation.name(), equation.formula(),
                    shape(equation.layers()), outcome.row().stage.grid(), outcome.row().rmse(), equation.published(),
                    outcome.ratio(), outcome.seconds));
            screen.flush();
            if (json != null) {
                writeTable(context, outcomes);
            }
        }
        screen.println();
        screen.println(format("%d of %d not above the published error, %d not above 3 times it, %.0f s", count(outcomes, 1),
                outcomes.size(), count(outcomes, 3), outcomes.stream().mapToDouble(Outcome::seconds).sum()));
        if (json != null) {
            screen.println("metrics      " + json);
        }
    }

    private static long count(List<Outcome> outcomes, double most) {
        return outcomes.stream().filter(o -> o.ratio() <= most).count();
    }

    private void writeTable(Context context, List<Outcome> outcomes) throws IOException {
        ObjectNode root = Output.object();
        ArrayNode equations = root.putArray("equations");
        outcomes.forEach(o -> equations.add(toJson(o)));
        root.put("within_published", count(outcomes, 1)).put("within_3_times_published", count(outcomes, 3));
        root.set("options", options(context));
        Output.writeJson(json, root);
    }

    // ------------------------------------------------------------------------------------------------------------ JSON

    private ObjectNode options(Context context) {
        Fit fit = fit();
        ObjectNode options = Output.object();
        ArrayNode list = options.putArray("grids");
        Arrays.stream(grids).forEach(list::add);
        return options.put("order", order).put("samples", samples).put("test_samples", testSamples)
                .put("steps", fit.iterations()).put("restarts", fit.starts()).put("validation", fit.validation())
                .put("seed", seed).put("dtype", dtype).put("device", context.device().toString())
                .put("threads", context.threads()).put("tier", context.tier().toString());
    }

    private static ObjectNode toJson(Outcome outcome) {
        ObjectNode root = Output.object();
        root.put("name", outcome.problem.name).put("formula", outcome.problem.formula.toString())
                .put("ranges", describe(outcome.problem.formula, outcome.problem.ranges))
                .put("layers", shape(outcome.problem.layers)).put("parameters", outcome.parameters);
        ArrayNode list = root.putArray("grids");
        for (Row row : outcome.rows) {
            ObjectNode each = list.addObject().put("grid", row.stage.grid()).put("starts", row.stage.candidates())
                    .put("iterations", row.stage.iterations()).put("train_rmse", row.train);
            if (!Double.isNaN(row.held)) {
                each.put("held_out_rmse", row.held);
            }
            each.put("test_rmse", row.rmse()).put("seconds", row.stage.seconds());
        }
        root.put("best_grid", outcome.row().stage.grid());
        ObjectNode test = root.putObject("test");
        outcome.row().test.forEach(test::put);
        if (!Double.isNaN(outcome.problem.published)) {
            root.put("published_rmse", outcome.problem.published);
        }
        return root.put("seconds", outcome.seconds);
    }
}
