// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Rswaf;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.train.Fit;

/** An explanation on its way. */
final class ExplainRun {

    /** Inputs up to which shapes are searched; of more, a wide network is pruned first. */
    private static final int FEW = 4;
    /** Inputs above which the search for structure wants those that a network left out to be gone ({@link StructureAttempt}). */
    private static final int LOOKED_THROUGH = 10;
    /** Networks whose error is more than this share of the targets' deviation are not worth a formula while others are left. */
    private static final double WORTH = 0.15;
    /** Shapes that may follow the best network without being better before the search ends. */
    private static final int PATIENCE = 3;
    /** Shapes looked at ahead, and how many times smaller an error there makes a shape not worth a formula. */
    private static final int AHEAD = 2;
    private static final double BETTER = 5;
    /** Error, against the targets' deviation, at which nothing is looked at ahead. */
    private static final double CLOSE = 5e-4;
    private static final int WIDE_STARTS = 4;
    /** How many times as many terms series get at most. */
    private static final int LONGEST = 3;
    /** Edges up to which all functions of the library are tried at once, and larger networks that get them at the end. */
    private static final int QUICK = 4;
    private static final int DEFERRED = 2;

    /** Rows and what they mean. */
    record Data(Rows train, Rows held, Rows test, List<Column> inputs, List<Column> outputs) {
        Data features(int[] kept) {
            return new Data(train.features(kept), held.features(kept), test.features(kept), Column.some(inputs, kept), outputs);
        }
    }

    private final Explain options;
    private final Context context;
    private final Data all;
    private final KanGraph given;
    private final Explain.Listener listener;
    private final long begin = System.nanoTime();
    private final List<String> log = new ArrayList<>();
    private final List<Pruning.Attempt> attempts = new ArrayList<>();
    private final List<FormulaAttempt> found = new ArrayList<>();
    private final List<Pruned> deferred = new ArrayList<>();
    private Quality best = new Quality(new double[] {Double.POSITIVE_INFINITY}, true);

    ExplainRun(Explain options, Context context, Data all, KanGraph given, Explain.Listener listener) {
        this.options = options;
        this.context = context;
        this.all = all;
        this.given = given;
        this.listener = listener;
    }

    boolean goOn() {
        return listener.goOn() && (System.nanoTime() - begin) / 60e9 < options.minutes();
    }

    void say(String stage, String format, Object... arguments) {
        String text = String.format(Locale.ROOT, format, arguments);
        log.add(String.format(Locale.ROOT, "%-10s %s", stage, text));
        listener.onStep(stage, text);
    }

    Explanation run() {
        check();
        say("data", "%s, %s -> %s; %,d to train on, %,d held out, %,d to test on; deviation %s", Counted.grouped(rows(), "row"),
                String.join(" ", Column.names(all.inputs()).stream().limit(12).toList())
                        + (all.inputs().size() > 12 ? " ..." : ""),
                String.join(" ", Column.names(all.outputs())), all.train().size(), all.held().size(), all.test().size(),
                Svg.number(unit(), 4));
        int[] moving = moving();
        Data data = moving.length == all.train().in() ? all : all.features(moving);
        if (given != null) {
            attempt(data, new FormulaAttempt.Network(given, given.shape(), moving), true);
        } else if (options.shape() != null) {
            attempt(data, fit(data, Shape.parse(options.shape()), moving), true);
        } else {
            search(data, moving);
        }
        return new ExplanationMaker(context, options, all, found, attempts, log, this::say,
                (System.nanoTime() - begin) / 1e9).make();
    }

    private int rows() {
        return all.train().size() + all.held().size() + all.test().size();
    }

    /** A deviation of the first target in the user's unit. */
    private double unit() {
        return Moments.deviation(GraphRun.column(all.train().y(), all.outputs().size(), 0))
                / Math.abs(all.outputs().getFirst().scale());
    }

    private void check() {
        if (given != null) {
            GraphFormula.requireFunctions(given);
        }
        if (all.train().classes() > 0) {
            throw KanException.invalid("a formula is for targets that are numbers, given %d classes", all.train().classes());
        }
        if (all.train().in() != all.inputs().size() || all.train().out() != all.outputs().size()) {
            throw KanException.invalid("the rows have %d features and %d targets, given meanings of %d and %d",
                    all.train().in(), all.train().out(), all.inputs().size(), all.outputs().size());
        }
        if (all.train().size() < 10 || all.held().size() < 2 || all.test().size() < 2) {
            throw KanException.invalid("explaining needs at least 10 rows to train on, 2 held out and 2 to test on, given %d, "
                    + "%d and %d", all.train().size(), all.held().size(), all.test().size());
        }
        Shape shape = options.shape() == null ? null : Shape.parse(options.shape());
        if (shape != null && (shape.widths().getFirst().nodes() != moving().length
                || shape.widths().getLast().nodes() != all.outputs().size())) {
            throw KanException.invalid("the shape %s must go from the %d features that are not constant to the %d targets",
                    options.shape(), moving().length, all.outputs().size());
        }
    }

    /** The features that are not constant, each of several equal ones once. */
    private int[] moving() {
        if (given != null) {
            return IntStream.range(0, all.train().in()).toArray();
        }
        int in = all.train().in();
        List<Integer> kept = new ArrayList<>();
        List<double[]> columns = new ArrayList<>();
        for (int i = 0; i < in; i++) {
            double[] column = GraphRun.column(all.train().x(), in, i);
            if (Moments.variance(column) > 0 && (in > 1000 || columns.stream().noneMatch(c -> Arrays.equals(c, column)))) {
                kept.add(i);
                columns.add(column);
            }
        }
        if (kept.isEmpty()) {
            throw KanException.invalid("all %d features are constant: there is nothing to explain by", in);
        }
        return kept.stream().mapToInt(Integer::intValue).toArray();
    }

    // ------------------------------------------------------------------------------------------------------------ search

    private void search(Data data, int[] names) {
        if (structured(data, names)) {
            return;
        }
        Data few = data;
        int[] kept = names;
        FormulaAttempt.Network wide = null;
        if (data.train().in() > FEW) {
            wide = prune(data, fit(data, wide(data), names));
            int[] inputs = wide.graph().inputs();
            few = data.features(inputs);
            kept = Arrays.stream(inputs).map(i -> names[i]).toArray();
            wide = new FormulaAttempt.Network(new KanGraph(wide.graph().layers(), IntStream.range(0, inputs.length).toArray()),
                    wide.shape(), kept);
            met(Quality.of(context, wide.graph(), few.held()));
            if (data.train().in() > LOOKED_THROUGH && structured(few, kept)) {
                return;
            }
        }
        if (few.train().in() <= 6) {
            ladder(few, kept);
        }
        readDeferred();
        if (wide != null && goOn() && !exact()) {
            attempt(few, wide, true);
        }
        if (found.isEmpty()) {
            throw KanException.invalid("%s minutes were too few to leave out enough of the %d features for a formula to be read; "
                    + "give more of them, or fewer features", Svg.number(options.minutes(), 3), data.train().in());
        }
    }

    /** Whether a formula that is right to the last digit was found in the data itself. */
    private boolean structured(Data data, int[] names) {
        if (options.structure() && goOn()) {
            found.addAll(StructureAttempt.of(context, options, data, names, () -> fit(data, wide(data), names), this::say,
                    this::goOn));
        }
        return exact();
    }

    private static Shape wide(Data data) {
        int hidden = Math.min(5, 200 / data.train().in() + 1);
        return Shape.parse(data.train().in() + "," + hidden + "," + data.outputs().size());
    }

    private void ladder(Data data, int[] names) {
        List<Shape> shapes = Shape.ladder(data.train().in(), data.outputs().size());
        List<FormulaAttempt.Network> fitted = new ArrayList<>();
        int since = 0;
        for (int s = 0; s < shapes.size() && goOn() && !exact(); s++) {
            double rmse = error(data, names, shapes, fitted, s);
            double ahead = Double.POSITIVE_INFINITY;
            for (int next = s + 1; next <= s + AHEAD && next < shapes.size() && goOn()
                    && rmse > CLOSE * deviation(data); next++) {
                ahead = Math.min(ahead, error(data, names, shapes, fitted, next));
            }
            since = rmse < (1 - options.tolerance()) * best.value() ? 0 : since + 1;
            boolean worth = rmse <= WORTH * deviation(data) && rmse < 2 * best.value() && rmse < BETTER * ahead;
            met(Quality.of(context, fitted.get(s).graph(), data.held()));
            if (s > 0 && settled()) {
                return;
            }
            if (worth || s == shapes.size() - 1 && found.isEmpty()) {
                attempt(data, fitted.get(s), false);
            }
            if (since >= PATIENCE && !found.isEmpty() && good()) {
                return;
            }
        }
        if (found.isEmpty()) {
            fitted.sort(Comparator.comparingDouble(n -> Quality.of(context, n.graph(), data.held()).value()));
            attempt(data, fitted.isEmpty() ? fit(data, shapes.getFirst(), names) : fitted.getFirst(), true);
        }
    }

    /** Of a rung of the ladder on the rows held out; rungs up to it are fitted where they are not yet. */
    private double error(Data data, int[] names, List<Shape> shapes, List<FormulaAttempt.Network> fitted, int rung) {
        while (fitted.size() <= rung) {
            fitted.add(fit(data, shapes.get(fitted.size()), names));
        }
        return Quality.of(context, fitted.get(rung).graph(), data.held()).value();
    }

    private static double deviation(Data data) {
        return Moments.deviation(data.train().y());
    }

    private boolean exact() {
        return found.stream().anyMatch(f -> f.complete() && f.held() <= FormulaAttempt.EXACT);
    }

    /** Whether a formula is as good as the best network. */
    private boolean good() {
        double network = best.value() / Moments.deviation(all.held().y());
        return found.stream().anyMatch(f -> f.complete() && f.held() <= (1 + options.tolerance()) * network);
    }

    /** Whether a formula leaves nothing but noise and is as good as networks are: larger ones would fit the noise. */
    private boolean settled() {
        return found.stream().anyMatch(f -> f.isDefined() && f.isAsGoodAs(best, options.tolerance())
                && f.data().outputs().stream().noneMatch(column -> f.leavesPattern(column.name())));
    }

    /** Of networks on the rows held out the best counts. */
    private void met(Quality network) {
        best = network.value() < best.value() ? network : best;
    }

    // ------------------------------------------------------------------------------------------------------------- stages

    private FormulaAttempt.Network fit(Data data, Shape shape, int[] names) {
        boolean grids = options.basis() instanceof BSpline || options.basis() instanceof GaussianRbf
                || options.basis() instanceof Rswaf;
        boolean wide = shape.edges() > 40;
        Fit fit = Fit.defaults().withStarts(wide ? WIDE_STARTS : options.starts(), 60).withIterations(wide ? 100 : 200)
                .withSeed(options.seed());
        if (grids && !wide) {
            int first = options.basis().functions();
            fit = options.basis() instanceof BSpline spline ? fit.withRefinements(2 * spline.grid(), 4 * spline.grid())
                    : fit.withRefinements(first * 3 / 2, 2 * first);
        }
        try (Arena arena = Arena.ofConfined();
                Fit.Result result = fit.run(context, shape.model(options.basis()), data.train().dataset(arena),
                        new Fit.Listener() {
                            @Override
                            public boolean isStopRequested() {
                                return !goOn();
                            }
                        })) {
            KanGraph graph = grids || wide ? KanGraph.of(result.parameters()) : longer(data, KanGraph.of(result.parameters()));
            say("fit", "%s %s, best of %s: held-out RMSE %s", shape, options.basis().name(), Counted.of(fit.starts(), "start"),
                    Svg.number(inUnit(Quality.of(context, graph, data.held()).value()), 3));
            return new FormulaAttempt.Network(graph, shape.toString(), names);
        }
    }

    /** With two and three times as many terms, for series, where that is better: what {@link Fit} does to grids. */
    private KanGraph longer(Data data, KanGraph start) {
        KanGraph best = start;
        int terms = Resolution.of(start);
        for (int times = 2; terms > 0 && times <= LONGEST && goOn(); times++) {
            KanGraph other = Refit.run(context, Resolution.refined(context, best, times * terms, data.train().x()), data.train(),
                    data.held(), 200);
            boolean better = Quality.of(context, other, data.held()).value() < Quality.of(context, best, data.held()).value();
            best = better ? other : best;
        }
        return best;
    }

    private double inUnit(double rmse) {
        return rmse / Math.abs(all.outputs().getFirst().scale());
    }

    private FormulaAttempt.Network prune(Data data, FormulaAttempt.Network network) {
        Pruning.Listener hears = new Pruning.Listener() {
            @Override
            public void onAttempt(Pruning.Attempt attempt) {
                attempts.add(attempt);
            }

            @Override
            public boolean goOn() {
                return ExplainRun.this.goOn();
            }
        };
        Pruning.Result result = Pruning.defaults().withSeed(options.seed()).run(context, network.graph(), data.train(),
                data.held(), hears);
        say("prune", "%s -> %s, %d -> %s, held-out RMSE %s -> %s", network.shape(), result.graph().shape(),
                network.graph().edges().size(), Counted.of(result.graph().edges().size(), "edge"),
                Svg.number(inUnit(result.before()), 3),
                Svg.number(inUnit(result.after()), 3));
        return new FormulaAttempt.Network(result.graph(), network.shape(), network.names());
    }

    private void attempt(Data data, FormulaAttempt.Network network, boolean last) {
        FormulaAttempt.Network small = prune(data, network);
        int[] inputs = small.graph().inputs();
        Data seen = inputs.length == data.train().in() ? data : data.features(inputs);
        met(Quality.of(context, small.graph(), seen.held()));
        int[] names = Arrays.stream(inputs).map(i -> network.names()[i]).toArray();
        Pruned pruned = new Pruned(seen, new FormulaAttempt.Network(small.graph(), network.shape(), names),
                network.graph().edges().size(), () -> Diagram.svg(context, network.graph(), data.train().x(),
                        Column.names(data.inputs()), Column.names(data.outputs()), Map.of()));
        boolean all = last || small.graph().edges().size() <= QUICK;
        if (!all) {
            deferred.add(pruned);
        }
        read(pruned, all, last);
    }

    /** A pruned network, ready to be read. */
    private record Pruned(Data data, FormulaAttempt.Network network, int edgesBefore, Supplier<String> before) {
    }

    private void read(Pruned pruned, boolean all, boolean last) {
        try {
            found.add(FormulaAttempt.of(context, options, pruned.data(), pruned.network(), pruned.edgesBefore(), all,
                    pruned.before(), this::say, this::goOn));
        } catch (KanException e) {
            if (last && found.isEmpty()) {
                throw e;
            }
            say("formula", "%s", e.getMessage());
        }
    }

    /** Larger networks that a few functions were tried on, now with all: the best first. */
    private void readDeferred() {
        deferred.sort(Comparator.comparingDouble(p -> Quality.of(context, p.network().graph(), p.data().held()).value()));
        for (Pruned pruned : deferred.stream().limit(DEFERRED).toList()) {
            if (goOn() && !exact() && !good() && !settled()) {
                read(pruned, true, false);
            }
        }
    }

    static String list(List<?> items) {
        return items.stream().map(Object::toString).collect(Collectors.joining(", "));
    }
}
