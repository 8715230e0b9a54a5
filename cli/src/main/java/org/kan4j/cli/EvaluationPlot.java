// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.awt.Color;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.kan4j.Importance;
import org.kan4j.Report;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The charts of what {@code evaluate} measures: of classes ROC curves and how right predictions are that are so sure, of a number
 * predictions beside what was so and the residuals, of inputs their importance.
 */
final class EvaluationPlot {

    /** More curves nobody tells apart. */
    private static final int CURVES = 8;
    private static final int BARS = 15;
    private static final int LONGEST_NAME = 24;
    private static final Color GREY = new Color(0x999999);

    private EvaluationPlot() {
    }

    /** @param importance empty where it was not asked for */
    static List<Chart<?, ?>> charts(String target, Report report, List<Importance> importance) {
        List<Chart<?, ?>> charts = new ArrayList<>();
        if (!report.classes().isEmpty()) {
            charts.add(roc(report));
            charts.add(reliability(report));
        } else {
            int decade = Plot.decade(column(report, pair -> pair[0]), column(report, pair -> pair[1]));
            String unit = Plot.unit(target, decade);
            charts.add(predictions(unit, decade, report));
            charts.add(residuals(unit, decade, report));
        }
        if (!importance.isEmpty()) {
            charts.add(importance(importance));
        }
        return charts;
    }

    /** Of two classes the second one's, of more those of the largest. */
    private static XYChart roc(Report report) {
        List<Report.ClassScore> classes = report.classes().size() == 2 ? report.classes().subList(1, 2)
                : report.classes().stream().sorted(Comparator.comparingLong(each -> -each.support())).limit(CURVES).toList();
        XYChart chart = Plot.plain(
                "ROC" + (report.rocAuc().isPresent() ? format(": area %.4f", report.rocAuc().getAsDouble()) : ""),
                "false positive rate", "true positive rate");
        unitSquare(chart, Styler.LegendPosition.InsideSE);
        line(chart, "by chance", new double[] {0, 1}, new double[] {0, 1}).setLineColor(GREY);
        List<String> names = names(classes.stream().map(Report.ClassScore::label).toList());
        for (int i = 0; i < names.size(); i++) {
            List<Report.RocPoint> points = report.roc(classes.get(i).label());
            if (!points.isEmpty()) {
                line(chart, names.get(i), points.stream().mapToDouble(Report.RocPoint::falsePositiveRate).toArray(),
                        points.stream().mapToDouble(Report.RocPoint::truePositiveRate).toArray());
            }
        }
        return chart;
    }

    private static XYChart reliability(Report report) {
        XYChart chart = Plot.plain(format("calibration: ECE %.4f", report.measures().get("ece")), "probability of the prediction",
                "share that is right");
        unitSquare(chart, Styler.LegendPosition.InsideNW);
        line(chart, "calibrated", new double[] {0, 1}, new double[] {0, 1}).setLineColor(GREY);
        XYSeries model = line(chart, "model", report.reliability().stream().mapToDouble(Report.Bin::confidence).toArray(),
                report.reliability().stream().mapToDouble(Report.Bin::accuracy).toArray());
        model.setMarker(SeriesMarkers.CIRCLE).setMarkerColor(Plot.BLUE).setLineColor(Plot.BLUE);
        return chart;
    }

    private static XYChart predictions(String unit, int decade, Report report) {
        double[] truth = Plot.scaled(column(report, pair -> pair[1]), decade);
        double[] predicted = Plot.scaled(column(report, pair -> pair[0]), decade);
        XYChart chart = Plot.plain("predictions", unit, "predicted");
        chart.getStyler().setLegendVisible(false);
        points(chart, truth, predicted);
        double low = Math.min(least(truth), least(predicted));
        double high = -Math.min(least(negated(truth)), least(negated(predicted)));
        line(chart, "right", new double[] {low, high}, new double[] {low, high}).setLineColor(GREY);
        return chart;
    }

    private static XYChart residuals(String unit, int decade, Report report) {
        double[] predicted = Plot.scaled(column(report, pair -> pair[0]), decade);
        double[] off = column(report, pair -> pair[1] - pair[0]);
        int small = Plot.decade(off);
        XYChart chart = Plot.plain("residuals", "predicted, " + unit, Plot.unit("truth - predicted", small));
        chart.getStyler().setLegendVisible(false);
        points(chart, predicted, Plot.scaled(off, small));
        line(chart, "none", new double[] {least(predicted), -least(negated(predicted))}, new double[] {0, 0}).setLineColor(GREY);
        return chart;
    }

    private static CategoryChart importance(List<Importance> all) {
        List<Importance> most = all.stream().sorted(Comparator.comparingDouble(each -> -each.mean())).limit(BARS).toList();
        int decade = Plot.decade(most.stream().mapToDouble(Importance::mean).toArray());
        CategoryChart chart = Plot.bars("importance: fall of the score", Plot.unit("mean and standard error", decade));
        chart.addSeries("fall", names(most.stream().map(Importance::input).toList()),
                boxed(Plot.scaled(most.stream().mapToDouble(Importance::mean).toArray(), decade)),
                boxed(Plot.scaled(most.stream().mapToDouble(Importance::standardError).toArray(), decade)))
                .setFillColor(Plot.BLUE);
        return chart;
    }

    /** No two alike, however short they are cut: the chart takes them for one. */
    private static List<String> names(List<String> labels) {
        List<String> names = new ArrayList<>();
        for (String label : labels) {
            String name = name(label);
            names.add(names.contains(name) ? name + " " + names.size() : name);
        }
        return names;
    }

    private static String name(String label) {
        String plain = label.isBlank() ? "'" + label + "'" : label;
        return plain.length() <= LONGEST_NAME ? plain : plain.substring(0, LONGEST_NAME - 1) + "\u2026";
    }

    private static double[] column(Report report, ToDoubleFunction<double[]> of) {
        return report.pairs().stream().mapToDouble(of).toArray();
    }

    private static List<Double> boxed(double[] values) {
        return java.util.Arrays.stream(values).boxed().toList();
    }

    private static double[] negated(double[] values) {
        return java.util.Arrays.stream(values).map(v -> -v).toArray();
    }

    private static double least(double[] values) {
        return java.util.Arrays.stream(values).filter(Double::isFinite).min().orElse(0);
    }

    private static void unitSquare(XYChart chart, Styler.LegendPosition legend) {
        chart.getStyler().setXAxisMin(0.0).setXAxisMax(1.0).setLegendPosition(legend);
        chart.getStyler().setYAxisMin(0.0).setYAxisMax(1.0);
    }

    private static XYSeries line(XYChart chart, String name, double[] x, double[] y) {
        XYSeries line = chart.addSeries(name, x, y);
        line.setMarker(SeriesMarkers.NONE);
        return line;
    }

    private static void points(XYChart chart, double[] x, double[] y) {
        chart.getStyler().setMarkerSize(4);
        chart.addSeries("rows", x, y).setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter)
                .setMarker(SeriesMarkers.CIRCLE).setMarkerColor(Plot.BLUE);
    }
}
