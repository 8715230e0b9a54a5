// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.XYChart;
import org.kan4j.search.Search;
import org.kan4j.search.Trial;

/** What {@code tune} says of its trials: of every line and chart, the numbers by hand. */
class TuneReportTest {

    private static final Trial DEFAULTS = new Trial(0, Map.of(), 1, List.of(4.0, 6.0));
    private static final Trial BEST = new Trial(3, new TreeMap<>(Map.of("grid", "5", "target-transform", "log")), 1,
            List.of(1.0, 2.0, 3.0));

    /** Of four short trials, grid 5 has losses 1 and 1, grid 8 losses 4 and 4: all of the variance is the grid's. */
    private static Search.Result result() {
        return new Search.Result(Optional.of(BEST), List.of(DEFAULTS, shortly(1, "5", "a", 1), shortly(2, "8", "b", 4),
                BEST, shortly(4, "5", "b", 1), shortly(5, "8", "a", 4)), 7, false);
    }

    private static Trial shortly(int number, String grid, String basis, double loss) {
        return new Trial(number, Map.of("grid", grid, "basis", basis), 0.25, List.of(loss));
    }

    @Test
    void linesHoldTheNumbersOfTheTrials() {
        assertThat(TuneReport.lines("RMSE", result(), BEST)).containsExactly(
                "candidates   7, 9 trainings and more",
                "defaults     RMSE 5.0000 +- 1.4 by cross-validation",
                "best         RMSE 2.0000 +- 1.0 (trial 3, --grid 5 --target-transform log)",
                "what mattered among the first short trainings of all candidates (mean RMSE with each value):",
                "  100 %  grid               5 1.000, 8 4.000",
                "    0 %  basis              a 2.000, b 2.000");
        assertThat(TuneReport.lines("log loss", new Search.Result(Optional.empty(), List.of(DEFAULTS), 1, false), DEFAULTS))
                .containsExactly("candidates   1, 2 trainings and more",
                        "defaults     log loss 5.0000 +- 1.4 by cross-validation",
                        "best         log loss 5.0000 +- 1.4 (trial 0, defaults)");
    }

    @Test
    void chartsHoldTheLossesTheBestSoFarAndTheShares() {
        var charts = TuneReport.charts("RMSE", result());
        XYChart trials = (XYChart) charts.getFirst();
        assertThat(trials.getYAxisTitle()).isEqualTo("RMSE");
        assertThat(trials.getSeries("a trial").getXData()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(trials.getSeries("a trial").getYData()).containsExactly(5, 1, 4, 2, 1, 4);
        assertThat(trials.getSeries("best so far").getYData()).containsExactly(5, 1, 1, 1, 1, 1);
        CategoryChart bars = (CategoryChart) charts.get(1);
        assertThat(List.copyOf(bars.getSeries("share").getXData())).isEqualTo(List.of("grid", "basis"));
        assertThat(bars.getSeries("share").getYData()).containsExactly(100.0, 0.0);
        assertThat(TuneReport.charts("RMSE", new Search.Result(Optional.empty(), List.of(DEFAULTS), 1, false))).hasSize(1);
    }
}
