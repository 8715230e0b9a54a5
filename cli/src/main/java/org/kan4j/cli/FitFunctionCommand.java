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
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.Callable;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.io.Checkpoint;
import org.kan4j.measure.Metrics;
import org.kan4j.model.KanModel;
import org.kan4j.tensor.DType;
import org.kan4j.train.Fit;
import org.kan4j.data.FormulaSet;
import org.kan4j.encoding.Encoding;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j fit-function}. */
@Command(name = "fit-function", mixinStandardHelpOptions = true, sortOptions = false, abbreviateSynopsis = true, description = {
    "Samples a formula and fits a B-spline network to it: L-BFGS over all samples from many random starts, "
            + "the best refined through finer and finer grids.",
    "FORMULA may be the name of a Feynman equation (--list), which brings ranges and a shape, or feynman for a table "
            + "of them all."}, footer = {"", "Examples:",
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

    @Option(names = "--layers", paramLabel = "N", split = ",", description = "Widths from the inputs to 1; by default the equation's own, or n,2n+1,1 for n variables.")
    private long[] layers;

    @Option(names = "--grids", paramLabel = "N", split = ",", defaultValue = "3,5,10,20,50", description = "Grid intervals, from the first to the finest; ${DEFAULT-VALUE} by default.")
    private int[] grids;

    @Option(names = "--order", paramLabel = "N", defaultValue = "3", description = "Spline order, 1 to 5; 3 by default.")
    private int order;

    @Option(names = "--ranges", paramLabel = "RANGES", description = "Where to sample: one LOW:HIGH for all variables or x=LOW:HIGH,y=LOW:HIGH,...; -1:1 by default.")
    private String ranges;

    @Option(names = "--samples", paramLabel = "N", defaultValue = "1000", description = "Points to train on; ${DEFAULT-VALUE} by default.")
    private int samples;

    @Option(names = "--test-samples", paramLabel = "N", defaultValue = "1000", description = "Further points to test on; ${DEFAULT-VALUE} by default.")
    private int testSamples;

    @Option(names = "--steps", paramLabel = "N", description = "L-BFGS iterations on each grid; 1000 by default.")
    private Integer steps;

    @Option(names = "--restarts", paramLabel = "N", description = "Random starts to choose from; 32 by default.")
    private Integer restarts;

    @Option(names = "--validation", paramLabel = "F", description = "Share of the training points held out to choose starts and grids by; 0.1 by default.")
    private Double validation;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Seed of the points and the starts; ${DEFAULT-VALUE} by default.")
    private long seed;

    @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "f64", description = "f32 or f64; ${DEFAULT-VALUE} by default.")
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
    private final AtomicBoolean stopped = new AtomicBoolean();

    @Override
    public Integer call() throws IOException {
        screen = Output.screen(spec, json);
        if (list) {
            list();
            return 0;
        }
        if (text == null) {
            throw new InputException("a formula or the name of an equation is missing; --list shows the names");
        }
        checkOptions();
        FitProblem problem = text.equals(ALL) ? null : FitProblem.of(text, ranges, layers);
        // A network of a few nodes is too small to share among threads.
        try (Context context = device.threads != null ? device.open() : device.open(1);
                Interrupt interrupt = new Interrupt(() -> stopped.set(true),
                        "the step takes too long to be waited for; nothing is saved")) {
            if (problem == null) {
                table(context);
            } else {
                one(context, problem);
            }
            screen.flush();
            interrupt.reported();
        }
        return isStopped() ? Interrupt.STATUS : 0;
    }

    private boolean isStopped() {
        return stopped.get() || Thread.currentThread().isInterrupted();
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
        new Output.Check().writesModel("--out", out).writesJson(json).writes("--plot", Drawing.isFile(plot) ? plot : null);
        Drawing.check(plot);
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
            screen.println(format("%-9s %-48s %-14s %s", equation.name(), equation.formula(), FitProblem.of(equation).shape(),
                    FitProblem.of(equation).box()));
        }
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

    /** Fits; `sampled` is called once the formula's values are there. */
    private FitOutcome run(Context context, FitProblem problem, Fit.Listener shown, Runnable sampled,
            java.util.function.Consumer<FitOutcome.Row> print) throws IOException {
        DType type = Options.dtype(dtype);
        KanModel model = KanModel.kan(type, BSpline.of(grids[0], order).withOutside(BSpline.Outside.LINEAR), problem.layers());
        List<FitOutcome.Row> rows = new ArrayList<>();
        long begin = System.nanoTime();
        try (Arena arena = Arena.ofShared()) {
            FormulaSet set = FormulaSet.sample(arena, type, problem.formula(), problem.ranges(), samples, testSamples, seed);
            sampled.run();
            double unit = ((Encoding.Value) set.encoding().target()).deviation();
            Fit.Listener listener = new Fit.Listener() {
                @Override
                public void onStart(int round, int done, int of, double bestLoss) {
                    shown.onStart(round, done, of, bestLoss * unit * unit);
                }

                @Override
                public boolean isStopRequested() {
                    return isStopped();
                }

                @Override
                public void onStage(Fit.Stage stage, org.kan4j.model.Parameters parameters) {
                    shown.onStage(stage, parameters);
                    FitOutcome.Row row = new FitOutcome.Row(stage, Math.sqrt(stage.trainLoss()) * unit,
                            Math.sqrt(stage.validationLoss()) * unit,
                            Units.measures(Metrics.measure(context, parameters, null, set.test()), set.encoding()));
                    rows.add(row);
                    print.accept(row);
                }
            };
            try (Fit.Result result = fit().run(context, model, set.train(), listener)) {
                double seconds = (System.nanoTime() - begin) / 1e9;
                if (out != null) {
                    Checkpoint.write(out, result.parameters(), Map.of(Encoding.KEY, set.encoding().toJson()));
                }
                return new FitOutcome(problem, result.parameters().model().parameterCount(), rows, result.best(), seconds);
            }
        }
    }

    /** The line that a terminal shows while starts are tried. */
    private static final class Line implements Fit.Listener {
        private final boolean terminal = Terminal.isThere();
        private final String name;

        Line(String name) {
            this.name = name;
        }

        @Override
        public void onStart(int round, int done, int of, double bestLoss) {
            if (terminal) {
                Terminal.draw(format("%s: starts, round %d: %d of %d, lowest RMSE %.3g", name, round, done, of,
                        Math.sqrt(bestLoss)));
            }
        }

        @Override
        public void onStage(Fit.Stage stage, org.kan4j.model.Parameters parameters) {
            Terminal.erase();
        }
    }

    private void one(Context context, FitProblem problem) throws IOException {
        FitOutcome outcome = run(context, problem, new Line(text), () -> {
            screen.println(format("fitting %s by %s, order %d, %s on %s: %s to train on%s and %,d to test on",
                    problem.name(), problem.shape(), order, dtype, context, Counted.grouped(samples, "point"),
                    fit().validation() > 0 ? format(" (%.0f %% of them held out)", 100 * fit().validation()) : "",
                    testSamples));
            screen.println(" grid  starts  iterations  train RMSE   held out   test RMSE     time");
        }, row -> {
            screen.println(format("%5d  %6d  %10d  %10.3e  %s  %10.3e  %5.1f s", row.stage().grid(), row.stage().candidates(),
                    row.stage().iterations(), row.train(), Double.isNaN(row.held()) ? "         -" : format("%9.3e", row.held()),
                    row.rmse(), row.stage().seconds()));
            screen.flush();
        });
        screen.println();
        if (isStopped()) {
            screen.println("stopped on request; " + (out != null ? "the best fit so far is in " + out
                    : "--out FILE keeps the best fit so far"));
        }
        screen.println(format("test         RMSE %.3e on grid %d", outcome.row().rmse(), outcome.row().stage().grid()));
        if (!Double.isNaN(problem.published())) {
            screen.println(format("published    RMSE %.3e, of this shape", problem.published()));
        }
        screen.println(format("parameters   %,d", outcome.parameters()));
        screen.println(format("time         %.1f s", outcome.seconds()));
        if (out != null) {
            screen.println("model        " + out);
        }
        if (json != null) {
            ObjectNode root = outcome.toJson();
            root.set("options", options(context));
            Output.writeJson(spec, json, root);
            screen.println("metrics      " + json);
        }
        if (Drawing.isFile(plot)) {
            double[] grid = outcome.rows().stream().mapToDouble(r -> r.stage().grid()).toArray();
            double[] train = outcome.rows().stream().mapToDouble(FitOutcome.Row::train).toArray();
            double[] test = outcome.rows().stream().mapToDouble(FitOutcome.Row::rmse).toArray();
            Drawing.draw(plot, () -> Plot.png(Plot.errorsOverGrids(outcome.problem().name(), grid, train, test)), screen,
                    spec.commandLine().getErr());
        }
    }

    // ------------------------------------------------------------------------------------------------------- the table

    private void table(Context context) throws IOException {
        screen.println("| equation | formula | shape | grid | test RMSE | published | ratio | seconds |");
        screen.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
        List<FitOutcome> outcomes = new ArrayList<>();
        for (Feynman equation : Feynman.all()) {
            FitOutcome outcome = run(context, FitProblem.of(equation), new Line(equation.name()), () -> {
            }, row -> {
            });
            if (isStopped()) {
                screen.println();
                screen.println("stopped on request, in " + equation.name());
                break;
            }
            outcomes.add(outcome);
            screen.println(format("| %s | `%s` | %s | %d | %.2e | %.2e | %.2g | %.0f |", equation.name(), equation.formula(),
                    FitProblem.of(equation).shape(), outcome.row().stage().grid(), outcome.row().rmse(), equation.published(),
                    outcome.ratio(), outcome.seconds()));
            screen.flush();
            if (json != null && (Output.isReplaced(json) || outcomes.size() == Feynman.all().size())) {
                writeTable(context, outcomes);
            }
        }
        screen.println();
        screen.println(format("%d of %d not above the published error, %d not above 3 times it, %.0f s", count(outcomes, 1),
                outcomes.size(), count(outcomes, 3), outcomes.stream().mapToDouble(FitOutcome::seconds).sum()));
        if (json != null) {
            screen.println("metrics      " + json);
        }
    }

    private static long count(List<FitOutcome> outcomes, double most) {
        return outcomes.stream().filter(o -> o.ratio() <= most).count();
    }

    private void writeTable(Context context, List<FitOutcome> outcomes) throws IOException {
        ObjectNode root = Output.object();
        ArrayNode equations = root.putArray("equations");
        outcomes.forEach(o -> equations.add(o.toJson()));
        root.put("within_published", count(outcomes, 1)).put("within_3_times_published", count(outcomes, 3));
        root.set("options", options(context));
        Output.writeJson(spec, json, root);
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
}
