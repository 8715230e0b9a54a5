// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.awt.Color;
import java.awt.Font;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.kan4j.cli.bench.Measured;
import org.kan4j.cli.bench.Measurement;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The charts of measurements. */
final class BenchPlot {

    private static final Color[] COLORS = {new Color(0x1f77b4), new Color(0xff7f0e), new Color(0x2ca02c), new Color(0x7f7f7f)};

    private BenchPlot() {
    }

    /** Bars: forward, backward and step of each model. */
    static CategoryChart table(String title, Map<String, Measured> results) {
        CategoryChart chart = new CategoryChartBuilder().width(Math.max(640, 160 + 90 * results.size())).height(420)
                .title(title).yAxisTitle("median, ms").build();
        plain(chart);
        chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNW).setSeriesColors(COLORS);
        bars(chart, results, Measurement.Phase.FORWARD);
        bars(chart, results, Measurement.Phase.BACKWARD);
        bars(chart, results, Measurement.Phase.STEP);
        return chart;
    }

    private static void bars(CategoryChart chart, Map<String, Measured> results, Measurement.Phase phase) {
        chart.addSeries(phase.name().toLowerCase(Locale.ROOT), new ArrayList<>(results.keySet()),
                results.values().stream().map(r -> r.median(phase)).toList());
    }

    /** A row for each sweep: time on the left, memory on the right, both over logarithms. */
    static List<XYChart> scaling(String title, List<List<BenchScalingCommand.Point>> sweeps) {
        List<XYChart> charts = new ArrayList<>();
        for (List<BenchScalingCommand.Point> sweep : sweeps) {
            charts.add(curves(title, "ms", sweep, List.of(BenchScalingCommand.Quantity.FORWARD,
                    BenchScalingCommand.Quantity.BACKWARD, BenchScalingCommand.Quantity.STEP)));
            charts.add(curves(title, "MB beyond parameters and gradients", sweep,
                    List.of(BenchScalingCommand.Quantity.MEMORY)));
        }
        return charts;
    }

    private static XYChart curves(String title, String unit, List<BenchScalingCommand.Point> sweep,
            List<BenchScalingCommand.Quantity> quantities) {
        String name = sweep.getFirst().sweep();
        XYChart chart = new XYChartBuilder().width(560).height(340).title(title + ": " + name).xAxisTitle(name)
                .yAxisTitle(unit).build();
        plain(chart);
        double[] all = quantities.stream().flatMapToDouble(q -> Arrays.stream(q.values(sweep))).toArray();
        double most = Arrays.stream(all).max().orElseThrow();
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(most > 10 * Arrays.stream(all).min().orElseThrow());
        if (!chart.getStyler().isYAxisLogarithmic()) {
            chart.getStyler().setYAxisMin(0.0).setYAxisMax(1.1 * most);
        }
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS)
                .setLegendLayout(Styler.LegendLayout.Horizontal);
        double[] x = sweep.stream().mapToDouble(BenchScalingCommand.Point::value).toArray();
        for (int q = 0; q < quantities.size(); q++) {
            BenchScalingCommand.Quantity quantity = quantities.get(q);
            String label = format("%s, exponent %.2f", quantity.name().toLowerCase(Locale.ROOT), quantity.exponent(sweep));
            Color color = COLORS[quantities.size() == 1 ? 3 : q];
            XYSeries series = chart.addSeries(label, x, quantity.values(sweep));
            series.setMarker(SeriesMarkers.CIRCLE);
            series.setMarkerColor(color);
            series.setLineColor(color);
        }
        return chart;
    }

    private static void plain(Chart<? extends Styler, ?> chart) {
        chart.getStyler().setChartBackgroundColor(Color.WHITE)
                .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 14)).setPlotBorderVisible(false);
    }
}
