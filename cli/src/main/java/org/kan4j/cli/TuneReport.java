// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.kan4j.error.Counted;
import org.kan4j.search.Influence;
import org.kan4j.search.Search;
import org.kan4j.search.Trial;
import org.knowm.xchart.internal.chartpart.Chart;

/** What a search found, and what mattered. */
final class TuneReport {

    private TuneReport() {
    }

    static List<String> lines(String measure, Search.Result result, Trial best) {
        List<String> lines = new ArrayList<>();
        Trial first = result.trials().getFirst();
        lines.add(format("%-12s %d, %s and more", "candidates", result.candidates(),
                Counted.of(result.trials().stream().mapToInt(trial -> trial.losses().size()).sum(), "training")));
        lines.add(format("%-12s %s %.5g +- %.2g by cross-validation", "defaults", measure, first.loss(), first.deviation()));
        lines.add(format("%-12s %s %.5g +- %.2g (trial %d, %s)", "best", measure, best.loss(), best.deviation(), best.number(),
                TuneRun.words(best.options())));
        List<Influence> mattered = Influence.of(result.trials());
        if (!mattered.isEmpty()) {
            lines.add(format("what mattered among the first short trainings of all candidates (mean %s with each value):",
                    measure));
        }
        for (Influence influence : mattered) {
            String values = influence.means().entrySet().stream().sorted(Map.Entry.comparingByValue())
                    .map(each -> format("%s %.4g", each.getKey().isEmpty() ? "default" : each.getKey(), each.getValue()))
                    .collect(Collectors.joining(", "));
            lines.add(format("  %3.0f %%  %-18s %s", 100 * influence.share(), influence.option(), values));
        }
        return lines;
    }

    /** The candidates' losses and the best so far; how much each option mattered. */
    static List<Chart<?, ?>> charts(String measure, Search.Result result) {
        List<Trial> shorts = result.trials().stream().filter(trial -> Double.isFinite(trial.loss())).toList();
        double[] numbers = new double[shorts.size()];
        double[] losses = new double[shorts.size()];
        double[] best = new double[shorts.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i + 1;
            losses[i] = shorts.get(i).loss();
            best[i] = i == 0 ? losses[i] : Math.min(best[i - 1], losses[i]);
        }
        List<Influence> mattered = Influence.of(result.trials());
        return Plot.search(measure, numbers, losses, best, mattered.stream().map(Influence::option).toList(),
                mattered.stream().map(influence -> 100 * influence.share()).toList());
    }
}
