// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.awt.Color;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.kan4j.Examples;
import org.kan4j.Importance;
import org.kan4j.Kan;
import org.kan4j.KanClassifier;
import org.kan4j.KanRegressor;
import org.kan4j.Report;
import org.kan4j.cli.bench.Measured;
import org.kan4j.cli.bench.Measurement;
import org.kan4j.cli.bench.Sample;
import org.kan4j.search.Search;
import org.kan4j.search.Trial;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.AxesChart;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.internal.series.Series;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** What charts show: the numbers, names and axes of each, before a pixel is drawn. */
class ChartsTest {

    private static final Color BLUE = new Color(0x1f77b4);
    private static final Color ORANGE = new Color(0xff7f0e);
    private static final Color GREY = new Color(0x999999);

    private static void axes(AxesChart<?, ?> chart, String title, String x, String y) {
        assertThat(List.of(chart.getTitle(), chart.getXAxisTitle(), chart.getYAxisTitle())).containsExactly(title, x, y);
    }

    private static XYSeries line(XYChart chart, String name, double[] x, double[] y) {
        assertThat(names(chart)).contains(name);
        XYSeries series = chart.getSeries(name);
        assertThat(series.getXData()).containsExactly(x, offset(1e-12));
        assertThat(series.getYData()).containsExactly(y, offset(1e-12));
        return series;
    }

    private static List<String> names(Chart<?, ?> chart) {
        return chart.getSeriesCollection().stream().map(each -> ((Series) each).getName()).toList();
    }

    // --------------------------------------------------------------------------------------------------------- training

    private static List<EpochReport> epochs(int count, String part, double scale) {
        return IntStream.rangeClosed(3, 2 + count).mapToObj(i -> new EpochReport(i, part, 1.0 / i, part == null ? Double.NaN
                : 1.2 / i, part == null ? Double.NaN : scale / i, 1)).toList();
    }

    @Test
    void learningCurvesOfANumber() {
        List<XYChart> charts = Plot.learningCurves("wine", false, epochs(2, "test", 1));
        assertThat(charts).hasSize(2);
        axes(charts.get(0), "wine: loss", "epoch", "mean squared error (scaled)");
        assertThat(names(charts.get(0))).containsExactly("train", "test");
        XYSeries train = line(charts.get(0), "train", new double[] {3, 4}, new double[] {1 / 3.0, 0.25});
        assertThat(train.getLineColor()).isEqualTo(BLUE);
        assertThat(train.getMarkerColor()).isEqualTo(BLUE);
        assertThat(train.getMarker()).isEqualTo(SeriesMarkers.CIRCLE);
        assertThat(line(charts.get(0), "test", new double[] {3, 4}, new double[] {0.4, 0.3}).getLineColor()).isEqualTo(ORANGE);
        axes(charts.get(1), "wine: test RMSE", "epoch", "RMSE");
        line(charts.get(1), "RMSE", new double[] {3, 4}, new double[] {1 / 3.0, 0.25});
        assertThat(charts.get(0).getStyler().isLegendVisible()).isTrue();
        assertThat(charts.get(1).getStyler().isLegendVisible()).isFalse();
        assertThat(charts.get(0).getStyler().getXAxisMin()).isEqualTo(3);
        assertThat(charts.get(0).getStyler().getXAxisMax()).isEqualTo(4);
    }

    @Test
    void learningCurvesOfClasses() {
        List<XYChart> charts = Plot.learningCurves("iris", true, epochs(1, "validation", 0.75));
        axes(charts.get(0), "iris: loss", "epoch", "cross-entropy");
        line(charts.get(0), "validation", new double[] {3}, new double[] {0.4});
        axes(charts.get(1), "iris: validation accuracy", "epoch", "%");
        line(charts.get(1), "accuracy", new double[] {3}, new double[] {25});
        assertThat(charts.get(1).getStyler().getXAxisMax()).as("an axis of one epoch has a length").isEqualTo(4);
    }

    @Test
    void learningCurvesWithoutOtherRows() {
        List<XYChart> charts = Plot.learningCurves("iris", true, epochs(31, null, 1));
        assertThat(charts).hasSize(1);
        assertThat(names(charts.getFirst())).containsExactly("train");
        assertThat(charts.getFirst().getSeries("train").getMarker()).as("of more than 30").isEqualTo(SeriesMarkers.NONE);
        assertThat(Plot.learningCurves("iris", true, epochs(30, null, 1)).getFirst().getSeries("train").getMarker())
                .isEqualTo(SeriesMarkers.CIRCLE);
    }

    @Test
    void numbersThatCannotBeReadAreInAPowerOfTen() {
        XYChart score = Plot.learningCurves("t", false, epochs(2, "test", 6e8)).get(1);
        axes(score, "t: test RMSE", "epoch", "RMSE, in 1e8");
        line(score, "RMSE", new double[] {3, 4}, new double[] {2, 1.5});
        assertThat(Plot.scaled(new double[] {3e300, Double.NaN, Double.POSITIVE_INFINITY, -1e299}, 300))
                .containsExactly(new double[] {3, Double.NaN, Double.NaN, -0.1}, offset(1e-12));
        assertThat(Plot.scaled(new double[] {5e-301}, -301)).containsExactly(new double[] {5}, offset(1e-12));
    }

    @Test
    void errorsOverGrids() {
        XYChart chart = Plot.errorsOverGrids("ii.2.42", new double[] {3, 5}, new double[] {0.1, 0.01}, new double[] {0.2, 0.02})
                .getFirst();
        axes(chart, "ii.2.42", "grid intervals", "RMSE");
        assertThat(chart.getStyler().isXAxisLogarithmic()).isTrue();
        assertThat(chart.getStyler().isYAxisLogarithmic()).isTrue();
        assertThat(line(chart, "train", new double[] {3, 5}, new double[] {0.1, 0.01}).getLineColor()).isEqualTo(BLUE);
        XYSeries test = line(chart, "test", new double[] {3, 5}, new double[] {0.2, 0.02});
        assertThat(test.getLineColor()).isEqualTo(ORANGE);
        assertThat(test.getMarker()).isEqualTo(SeriesMarkers.CIRCLE);
    }

    @Test
    void trialsAndWhatMattered() {
        List<Trial> trials = new ArrayList<>();
        double[] losses = {4, 6, Double.POSITIVE_INFINITY, 3, 5};
        for (int i = 0; i < losses.length; i++) {
            trials.add(new Trial(i, Map.of("lr", i < 2 ? "high" : "low"), 0.25, List.of(losses[i])));
        }
        List<Chart<?, ?>> charts = TuneReport.charts("rmse", new Search.Result(Optional.empty(), trials, 5, false));
        XYChart chart = (XYChart) charts.get(0);
        axes(chart, "trials", "in the order they were made", "rmse");
        line(chart, "a trial", new double[] {1, 2, 3, 4}, new double[] {4, 6, 3, 5});
        assertThat(line(chart, "best so far", new double[] {1, 2, 3, 4}, new double[] {4, 4, 3, 3}).getMarker())
                .isEqualTo(SeriesMarkers.NONE);
        CategoryChart bars = (CategoryChart) charts.get(1);
        axes(bars, "what mattered", "", "% of the variance of log rmse");
        CategorySeries share = bars.getSeries("share");
        assertThat(List.copyOf(share.getXData())).isEqualTo(List.of("lr"));
        assertThat(Plot.search("rmse", new double[] {1}, new double[] {2}, new double[] {2}, List.of(), List.of())).hasSize(1);
        CategoryChart two = (CategoryChart) Plot.search("rmse", new double[] {1}, new double[] {2}, new double[] {2},
                List.of("lr", "grid"), List.of(70.0, 20.0)).get(1);
        assertThat(two.getSeries("share").getYData()).containsExactly(70.0, 20.0);
    }

    // ------------------------------------------------------------------------------------------------------- evaluation

    private static final double[][] X = IntStream.range(0, 40).mapToObj(i -> new double[] {i * 7 % 40, i % 5})
            .toArray(double[][]::new);

    private static double[][] points(List<Report.RocPoint> points) {
        return new double[][] {points.stream().mapToDouble(Report.RocPoint::falsePositiveRate).toArray(),
            points.stream().mapToDouble(Report.RocPoint::truePositiveRate).toArray()};
    }

    private static Report classes(int count) {
        String[] labels = IntStream.range(0, 40).mapToObj(i -> "a class with quite a long name " + i % count)
                .toArray(String[]::new);
        labels[0] = labels[1]; // so that one class is smaller than the others
        try (KanClassifier model = Kan.classifier().hidden(2).epochs(1).weightDecay(0.1).fit(X, labels)) {
            return model.evaluate(Examples.of(X, labels));
        }
    }

    @Test
    void ofTwoClassesTheSecondIsDrawn() {
        Report report = classes(2);
        List<Chart<?, ?>> charts = EvaluationPlot.charts("y", report, List.of());
        assertThat(charts).hasSize(2);
        XYChart roc = (XYChart) charts.get(0);
        axes(roc, Progress.format("ROC: area %.4f", report.rocAuc().orElseThrow()), "false positive rate", "true positive rate");
        assertThat(names(roc)).containsExactly("by chance", "a class with quite a lo\u2026");
        double[][] curve = points(report.roc(report.classes().get(1).label()));
        line(roc, "a class with quite a lo\u2026", curve[0], curve[1]);
        assertThat(line(roc, "by chance", new double[] {0, 1}, new double[] {0, 1}).getLineColor()).isEqualTo(GREY);
        XYChart reliability = (XYChart) charts.get(1);
        axes(reliability, Progress.format("calibration: ECE %.4f", report.measures().get("ece")),
                "probability of the prediction", "share that is right");
        line(reliability, "model", report.reliability().stream().mapToDouble(Report.Bin::confidence).toArray(),
                report.reliability().stream().mapToDouble(Report.Bin::accuracy).toArray());
        assertThat(line(reliability, "calibrated", new double[] {0, 1}, new double[] {0, 1}).getLineColor()).isEqualTo(GREY);
        for (XYChart chart : List.of(roc, reliability)) {
            assertThat(List.of(chart.getStyler().getXAxisMin(), chart.getStyler().getXAxisMax(),
                    chart.getStyler().getYAxisMin(), chart.getStyler().getYAxisMax())).containsExactly(0.0, 1.0, 0.0, 1.0);
        }
    }

    /** Ten classes of four rows, but for one of three and one of five: the eight largest, under names of their own. */
    @Test
    void ofManyClassesTheLargestAreDrawn() {
        Report report = classes(10);
        XYChart roc = (XYChart) EvaluationPlot.charts("y", report, List.of()).getFirst();
        assertThat(names(roc)).hasSize(1 + 8);
        double[][] largest = points(report.roc("a class with quite a long name 1"));
        line(roc, "a class with quite a lo\u2026", largest[0], largest[1]);
        assertThat(names(roc)).contains("a class with quite a lo\u2026 1", "a class with quite a lo\u2026 7");
    }

    @Test
    void ofANumberPredictionsAndResidualsAreDrawn() {
        double[] y = Arrays.stream(X).mapToDouble(row -> 2e6 * row[0]).toArray();
        Report report;
        try (KanRegressor model = Kan.regressor().hidden(2).epochs(1).weightDecay(0.1).fit(X, y)) {
            report = model.evaluate(Examples.of(X, y));
        }
        List<Importance> importance = IntStream.range(0, 17).mapToObj(i -> new Importance("x" + i, i, i / 10.0)).toList();
        List<Chart<?, ?>> charts = EvaluationPlot.charts("price", report, importance);
        assertThat(charts).hasSize(3);
        double[] truth = report.pairs().stream().mapToDouble(pair -> pair[1] / 1e7).toArray();
        double[] predicted = report.pairs().stream().mapToDouble(pair -> pair[0] / 1e7).toArray();
        assertThat(Arrays.stream(truth).max().orElseThrow()).as("7.8e7 is the largest").isEqualTo(7.8);
        XYChart predictions = (XYChart) charts.get(0);
        axes(predictions, "predictions", "price, in 1e7", "predicted");
        XYSeries rows = line(predictions, "rows", truth, predicted);
        assertThat(rows.getXYSeriesRenderStyle()).contains(XYSeries.XYSeriesRenderStyle.Scatter);
        double low = Math.min(Arrays.stream(truth).min().orElseThrow(), Arrays.stream(predicted).min().orElseThrow());
        double high = Math.max(Arrays.stream(truth).max().orElseThrow(), Arrays.stream(predicted).max().orElseThrow());
        line(predictions, "right", new double[] {low, high}, new double[] {low, high});
        XYChart residuals = (XYChart) charts.get(1);
        axes(residuals, "residuals", "predicted, price, in 1e7", "truth - predicted, in 1e7");
        line(residuals, "rows", predicted, IntStream.range(0, truth.length).mapToDouble(i -> truth[i] - predicted[i]).toArray());
        line(residuals, "none", new double[] {Arrays.stream(predicted).min().orElseThrow(),
            Arrays.stream(predicted).max().orElseThrow()}, new double[] {0, 0});
        for (XYChart chart : List.of(predictions, residuals)) {
            assertThat(chart.getStyler().isLegendVisible()).isFalse();
        }
        CategoryChart bars = (CategoryChart) charts.get(2);
        axes(bars, "importance: fall of the score", "", "mean and standard error");
        CategorySeries fall = bars.getSeries("fall");
        assertThat(fall.getXData().toString()).as("the fifteen largest").startsWith("[x16, x15, ").endsWith(", x3, x2]");
        assertThat(fall.getYData()).startsWith(16, 15);
        assertThat(fall.getExtraValues()).startsWith(1.6, 1.5);
    }

    // ------------------------------------------------------------------------------------------------------------ bench

    private static Measured measured(double... times) {
        List<Measurement.Round> rounds = Arrays.stream(times).mapToObj(t -> new Measurement.Round(sample(t), sample(2 * t),
                sample(4 * t))).toList();
        return new Measured(1, rounds, 1 << 20, 3 << 20);
    }

    private static Sample sample(double time) {
        return new Sample(new double[] {time});
    }

    @Test
    void benchHasABarOfEachPhaseForEachModel() {
        Map<String, Measured> results = new LinkedHashMap<>();
        results.put("bspline", measured(1, 2, 3));
        results.put("mlp", measured(5));
        CategoryChart chart = BenchPlot.table("layers", results);
        axes(chart, "layers", "", "median, ms");
        assertThat(names(chart)).containsExactly("forward", "backward", "step");
        chart.getSeriesCollection()
                .forEach(series -> assertThat(series.getXData().toString()).isEqualTo("[bspline, mlp]"));
        assertThat(chart.getSeries("forward").getYData()).containsExactly(2.0, 5.0);
        assertThat(chart.getSeries("backward").getYData()).containsExactly(4.0, 10.0);
        assertThat(chart.getSeries("step").getYData()).containsExactly(8.0, 20.0);
    }

    @Test
    void aSweepIsTimeAndMemory() {
        List<BenchScalingCommand.Point> sweep = List.of(new BenchScalingCommand.Point("grid", 3, measured(1)),
                new BenchScalingCommand.Point("grid", 6, measured(2)), new BenchScalingCommand.Point("grid", 12, measured(4)));
        List<XYChart> charts = BenchPlot.scaling("bspline", List.of(sweep, sweep));
        assertThat(charts).hasSize(4);
        XYChart time = charts.get(0);
        axes(time, "bspline: grid", "grid", "ms");
        line(time, "forward, exponent 1.00", new double[] {3, 6, 12}, new double[] {1, 2, 4});
        line(time, "backward, exponent 1.00", new double[] {3, 6, 12}, new double[] {2, 4, 8});
        assertThat(line(time, "step, exponent 1.00", new double[] {3, 6, 12}, new double[] {4, 8, 16}).getMarker())
                .isEqualTo(SeriesMarkers.CIRCLE);
        assertThat(time.getStyler().isXAxisLogarithmic()).isTrue();
        assertThat(time.getStyler().isYAxisLogarithmic()).as("16 times from the least to the most").isTrue();
        XYChart memory = charts.get(1);
        axes(memory, "bspline: grid", "grid", "MB beyond parameters and gradients");
        line(memory, "memory, exponent 0.00", new double[] {3, 6, 12}, new double[] {3, 3, 3});
        assertThat(memory.getStyler().isYAxisLogarithmic()).isFalse();
        assertThat(memory.getStyler().getYAxisMin()).isZero();
        assertThat(memory.getStyler().getYAxisMax()).isEqualTo(3.3, offset(1e-9));
        assertThat(memory.getSeriesCollection()).extracting(XYSeries::getLineColor).containsExactly(new Color(0x7f7f7f));
        assertThat(time.getSeriesCollection()).extracting(XYSeries::getLineColor).containsExactly(BLUE, ORANGE,
                new Color(0x2ca02c));
    }
}
