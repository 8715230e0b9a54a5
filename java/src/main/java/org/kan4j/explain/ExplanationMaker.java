// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.kan4j.device.Context;
import org.kan4j.formula.DomainStatus;
import org.kan4j.formula.Expression;
import org.kan4j.symbolic.FormulaResult;
import org.kan4j.symbolic.Observations;
import org.kan4j.symbolic.Verification;

/** Chooses among what was found, checks it on rows that nothing has seen, and puts it in words. */
record ExplanationMaker(Context context, Explain options, ExplainRun.Data all, List<FormulaAttempt> found,
        List<Pruning.Attempt> attempts, List<String> log, FormulaAttempt.Say say, double seconds) {

    /** A mean with more than this share of the targets' deviation left is no formula. */
    private static final double VARIES = 0.5;
    /** What arithmetic leaves, in deviations. */
    private static final double ROUNDING = 1e-9;
    /** Edges drawn by themselves at most. */
    private static final int DRAWN = 24;

    Explanation make() {
        Quality network = found.stream().map(f -> f.network(context)).min(Comparator.comparingDouble(Quality::value))
                .orElseThrow();
        FormulaAttempt chosen = chosen(network);
        ExplainRun.Data data = chosen.data();
        Checked check = verified(chosen);
        boolean good = !isMean(chosen) && chosen.complete() && check.undefined() == 0 && check.domains() != DomainStatus.VIOLATED
                && chosen.isAsGoodAs(network, options.tolerance());
        String reason = good ? null : reason(chosen, check, network.value() / Moments.deviation(all.held().y()));
        if (!good) {
            say.line("formula", "%s", reason);
        } else {
            for (int k = 0; k < chosen.formulas().size(); k++) {
                String name = all.outputs().get(k).name();
                String doubt = doubt(chosen, name);
                say.line("formula", "%s %s %s%s", name, doubt.isEmpty() ? "=" : "~", chosen.formulas().get(k),
                        doubt.isEmpty() ? "" : "   an approximation: " + doubt);
            }
        }
        Explanation.Scores scores = check.scores();
        say.line("verified", "test RMSE %s; formula - network at most %s in the box; domains %s",
                Svg.number(scores.formula(), 3), Svg.number(scores.difference(), 3),
                check.domains().name().toLowerCase(Locale.ROOT));
        check.warnings().forEach(warning -> say.line("verified", "%s", warning));
        List<Explanation.Feature> features = features(chosen);
        say.line("attribute", "%s", String.join("   ", features.stream().filter(Explanation.Feature::kept)
                .map(f -> String.format(Locale.ROOT, "%s %.3f ± %.3f", f.name(), f.total(), f.error())).toList()));
        List<Explanation.FoundConstant> constants = new ArrayList<>();
        for (FormulaResult.Snapped c : chosen.result().constants()) {
            constants.add(new Explanation.FoundConstant("c" + (constants.size() + 1), c.measured(), c.standardError(),
                    Optional.ofNullable(c.exact()).map(Expression::toString)));
        }
        return new Explanation(good ? chosen.formulas() : List.of(), Optional.ofNullable(reason), chosen.formulas(), constants,
                scores, features, chosen.network().graph(), data.inputs(), data.outputs(), chosen.functions(),
                new Explanation.Size(chosen.network().shape(), chosen.edgesBefore()), pictures(chosen), attempts, pareto(), log,
                seconds);
    }

    /** Why a formula is no more than an approximation; empty if nothing says so. */
    private static String doubt(FormulaAttempt chosen, String name) {
        if (chosen.held() > ROUNDING && chosen.isOfTwoValues(name)) {
            return String.format(Locale.ROOT, "the target has two values alone, of which it is %.1e of the deviation away",
                    chosen.held());
        }
        return chosen.leavesPattern(name)
                ? String.format(Locale.ROOT, "what it leaves, %.1e of the deviation, is no noise", chosen.held())
                : "";
    }

    /** The one that takes fewest bits together with what it leaves of the data, of those that are good enough, or else complete. */
    private FormulaAttempt chosen(Quality network) {
        List<FormulaAttempt> defined = found.stream()
                .filter(f -> f.isDefined() && f.isAsGoodAs(network, options.tolerance())).toList();
        boolean complete = found.stream().anyMatch(FormulaAttempt::complete);
        return (defined.isEmpty() ? found.stream().filter(f -> f.complete() == complete) : defined.stream()).min(Comparator
                .comparingDouble((FormulaAttempt f) -> f.result().bits(all.train().size(), all.held().size()))
                .thenComparingInt(FormulaAttempt::size)).orElseThrow();
    }

    private Explanation.Pictures pictures(FormulaAttempt chosen) {
        ExplainRun.Data data = chosen.data();
        KanGraph graph = chosen.network().graph();
        String after = Diagram.svg(context, graph, data.train().x(), Column.names(data.inputs()),
                Column.names(data.outputs()), chosen.functions());
        List<String> edges = new ArrayList<>();
        for (Edge edge : graph.edges().stream().limit(DRAWN).toList()) {
            Expression shape = chosen.shapes().get(edge);
            edges.add(EdgePlot.svg(context, graph, edge, data.train().x(), chosen.functions().get(edge),
                    shape == null ? null : x -> shape.evaluate(Map.of("x", x))));
        }
        return new Explanation.Pictures(chosen.before().get(), after, edges);
    }

    /** What holds of all outputs: the worst of each. */
    private record Checked(Explanation.Scores scores, double undefined, DomainStatus domains, String guard,
            List<String> warnings) {
    }

    private Checked verified(FormulaAttempt chosen) {
        ExplainRun.Data data = chosen.data();
        KanGraph graph = chosen.network().graph();
        Function<Map<String, double[]>, Map<String, double[]>> network = columns -> {
            int rows = columns.values().iterator().next().length;
            double[] x = new double[rows * data.inputs().size()];
            for (int i = 0; i < data.inputs().size(); i++) {
                Column column = data.inputs().get(i);
                double[] values = columns.get(column.name());
                for (int b = 0; b < rows; b++) {
                    x[b * data.inputs().size() + i] = column.toNetwork(values[b]);
                }
            }
            return FormulaAttempt.columns(data.outputs(), graph.predict(context, x));
        };
        Observations test = FormulaAttempt.observations(data, data.test());
        Map<String, double[]> predicted = network.apply(test.inputs());
        double squares = 0;
        double networkSquares = 0;
        double spread = 0;
        double difference = 0;
        double undefined = 0;
        DomainStatus domains = DomainStatus.PROVED;
        String guard = "";
        List<String> warnings = new ArrayList<>();
        for (int k = 0; k < data.outputs().size(); k++) {
            String name = data.outputs().get(k).name();
            Verification v = Verification.of(chosen.formulas().get(k), name, test, columns -> network.apply(columns).get(name),
                    FormulaAttempt.box(data));
            squares += v.rmse() * v.rmse();
            networkSquares += Math.pow(Moments.rms(predicted.get(name), test.targets().get(name)), 2);
            spread += v.deviation() * v.deviation();
            difference = Math.max(difference, v.maxDifference());
            undefined = Math.max(undefined, v.undefinedShare());
            if (v.domain().status().compareTo(domains) > 0) {
                domains = v.domain().status();
                guard = v.domain().guard();
            }
            if (!v.extrapolation().isEmpty()) {
                warnings.add(v.extrapolation());
            }
        }
        int count = data.outputs().size();
        return new Checked(new Explanation.Scores(Math.sqrt(networkSquares / count), Math.sqrt(squares / count),
                Math.sqrt(spread / count), difference, domains), undefined, domains, guard, warnings);
    }

    /** Whether nothing is left but the mean of targets that vary: a formula of no input, which explains nothing. */
    private static boolean isMean(FormulaAttempt chosen) {
        return chosen.network().graph().edges().isEmpty() && chosen.held() > VARIES;
    }

    private String reason(FormulaAttempt chosen, Checked check, double networkHeld) {
        if (isMean(chosen)) {
            return String.format(Locale.ROOT, "no formula: no input was found to change %s; its mean is as good as any network "
                    + "(RMSE %.3g of the deviation)", all.outputs().getFirst().name(), chosen.held());
        }
        if (!chosen.complete() && seconds >= 60 * options.minutes()) {
            return String.format(Locale.ROOT,
                    "no formula: %s minutes were too few to find functions for the %d edges %s; give more of "
                            + "them",
                    Svg.number(options.minutes(), 3), chosen.numeric().size(), ExplainRun.list(chosen.numeric()));
        }
        if (!chosen.complete()) {
            return String.format(Locale.ROOT, "no formula: no function was found for the %d edges %s; a finer grid, more rows "
                    + "or another library may help", chosen.numeric().size(), ExplainRun.list(chosen.numeric()));
        }
        if (check.undefined() > 0 || check.domains() == DomainStatus.VIOLATED) {
            return "no formula: the best one is undefined within the ranges of the data: " + check.guard();
        }
        return String.format(Locale.ROOT, "no formula within %.0f %% of the network; best: %s (RMSE %.3g x the network's)",
                100 * options.tolerance(), ExplainRun.list(chosen.formulas()), chosen.held() / networkHeld);
    }

    private List<Explanation.Feature> features(FormulaAttempt chosen) {
        ExplainRun.Data data = chosen.data();
        double[] x = data.train().x();
        List<Explanation.Feature> features = new ArrayList<>();
        int[] names = chosen.network().names();
        boolean constant = chosen.network().graph().edges().isEmpty();
        Attribution attribution = constant ? null : Attribution.of(context, chosen.network().graph(), x, false, options.seed());
        for (int i = 0; i < all.inputs().size(); i++) {
            int at = i;
            int place = java.util.stream.IntStream.range(0, names.length).filter(k -> names[k] == at).findFirst().orElse(-1);
            Sensitivity.Share total = place < 0 || constant ? new Sensitivity.Share(0, 0)
                    : attribution.features().get(place).total();
            features.add(new Explanation.Feature(all.inputs().get(i).name(), total.value(), total.error(),
                    place >= 0 && !constant));
        }
        return features;
    }

    /** Of every formula met the ones that no smaller one is as good as. */
    private List<Explanation.Met> pareto() {
        List<Explanation.Met> met = new ArrayList<>();
        for (FormulaAttempt attempt : found) {
            for (FormulaResult.Size entry : attempt.result().pareto()) {
                met.add(new Explanation.Met(entry.size(), entry.heldRmse(), entry.formulas().values().stream()
                        .map(Expression::toString).toList()));
            }
            met.add(new Explanation.Met(attempt.size(), attempt.held(), attempt.formulas().stream().map(Expression::toString)
                    .toList()));
        }
        met.sort(Comparator.comparingInt(Explanation.Met::size).thenComparingDouble(Explanation.Met::rmse));
        List<Explanation.Met> front = new ArrayList<>();
        double least = Double.POSITIVE_INFINITY;
        for (Explanation.Met m : met) {
            if (m.rmse() < least) {
                front.add(m);
                least = m.rmse();
            }
        }
        return front;
    }
}
