// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.awt.Color;
import java.awt.Font;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The charts of what training gave: learning curves, errors over grids, trials; and how charts are drawn into a PNG. */
final class Plot {

    private static final int WIDTH = 560;
    private static final int HEIGHT = 360;
    static final Color BLUE = new Color(0x1f77b4);
    private static final Color ORANGE = new Color(0xff7f0e);
    /** Decades of numbers that an axis shows as they are. */
    private static final int LEAST_DECADE = -3;
    private static final int MOST_DECADE = 5;

    private Plot() {
    }

    /** A curve of an axis. */
    private record Line(String name, Color color, double[] values) {
        static Line of(String name, Color color, List<EpochReport> epochs, ToDoubleFunction<EpochReport> value) {
            return new Line(name, color, epochs.stream().mapToDouble(value).toArray());
        }
    }

    /** The losses on the left, the score on the test or validation part, if there is one, on the right. */
    static List<XYChart> learningCurves(String title, boolean classification, List<EpochReport> epochs) {
        String part = epochs.getLast().part();
        String loss = classification ? "cross-entropy" : "mean squared error (scaled)";
        Line train = Line.of("train", BLUE, epochs, EpochReport::trainLoss);
        if (part == null) {
            return List.of(chart(title + ": loss", loss, epochs, train));
        }
        XYChart score = classification
                ? chart(title + ": " + part + " accuracy", "%", epochs, Line.of("accuracy", ORANGE, epochs, e -> 100 * e.score()))
                : chart(title + ": " + part + " RMSE", "RMSE", epochs, Line.of("RMSE", ORANGE, epochs, EpochReport::score));
        score.getStyler().setLegendVisible(false);
        return List.of(chart(title + ": loss", loss, epochs, train, Line.of(part, ORANGE, epochs, EpochReport::loss)), score);
    }

    /** Errors over grid intervals, both logarithmic. */
    static List<XYChart> errorsOverGrids(String title, double[] grids, double[] train, double[] test) {
        XYChart chart = plain(title, "grid intervals", "RMSE");
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true);
        chart.addSeries("train", grids, train).setMarker(SeriesMarkers.CIRCLE).setMarkerColor(BLUE).setLineColor(BLUE);
        chart.addSeries("test", grids, test).setMarker(SeriesMarkers.CIRCLE).setMarkerColor(ORANGE).setLineColor(ORANGE);
        return List.of(chart);
    }

    /** Losses of trials and the least so far; under them, if there are some, shares of options in percent. */
    static List<Chart<?, ?>> search(String measure, double[] numbers, double[] losses, double[] best, List<String> options,
            List<Double> shares) {
        XYChart chart = plain("trials", "in the order they were made", measure);
        chart.addSeries("a trial", numbers, losses).setMarker(SeriesMarkers.CIRCLE).setMarkerColor(BLUE)
                .setLineColor(Color.WHITE);
        chart.addSeries("best so far", numbers, best).setMarker(SeriesMarkers.NONE).setLineColor(ORANGE);
        if (options.isEmpty()) {
            return List.of(chart);
        }
        CategoryChart bars = bars("what mattered", "% of the variance of log " + measure);
        bars.addSeries("share", options, shares).setFillColor(BLUE);
        return List.of(chart, bars);
    }

    /** A chart of one bar for each name. */
    static CategoryChart bars(String title, String y) {
        CategoryChart bars = new CategoryChartBuilder().width(WIDTH).height(HEIGHT).title(title).yAxisTitle(y).build();
        bars.getStyler().setLegendVisible(false).setChartBackgroundColor(Color.WHITE)
                .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 14)).setPlotBorderVisible(false);
        bars.getStyler().setXAxisLabelRotation(30);
        return bars;
    }

    /** A PNG of charts side by side. */
    static byte[] png(List<? extends Chart<?, ?>> charts) throws IOException {
        return png(charts, charts.size());
    }

    /** A PNG of charts in rows of so many. */
    static byte[] png(List<? extends Chart<?, ?>> charts, int columns) throws IOException {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        BitmapEncoder.saveBitmap(List.copyOf(charts), charts.size() / columns, columns, png, BitmapEncoder.BitmapFormat.PNG);
        return png.toByteArray();
    }

    /**
     * What a power of ten numbers are shown in: 0 where they can be read as they are. Axes of very small numbers have no
     * labels otherwise, and the chart library never ends on very large ones.
     */
    static int decade(double[]... curves) {
        double most = Stream.of(curves).flatMapToDouble(Arrays::stream).filter(Double::isFinite).map(Math::abs).max().orElse(0);
        int decade = most == 0 ? 0 : (int) Math.floor(Math.log10(most));
        return decade >= LEAST_DECADE && decade < MOST_DECADE ? 0 : decade;
    }

    /** The name of an axis of numbers in a power of ten. */
    static String unit(String name, int decade) {
        return decade == 0 ? name : format("%s, in 1e%d", name, decade);
    }

    /** Numbers in a power of ten. */
    static double[] scaled(double[] values, int decade) {
        // In two steps, for 1e308 is the largest factor there is.
        return Arrays.stream(values).map(v -> v / Math.pow(10, decade / 2) / Math.pow(10, decade - decade / 2))
                .map(v -> Double.isFinite(v) ? v : Double.NaN).toArray();
    }

    private static XYChart chart(String title, String unit, List<EpochReport> epochs, Line... lines) {
        int decade = decade(Stream.of(lines).map(Line::values).toArray(double[][]::new));
        XYChart chart = plain(title, "epoch", unit(unit, decade));
        chart.getStyler().setYAxisDecimalPattern("0.######");
        chart.getStyler().setXAxisMin((double) epochs.getFirst().number());
        chart.getStyler().setXAxisMax((double) Math.max(epochs.getLast().number(), epochs.getFirst().number() + 1));
        double[] x = epochs.stream().mapToDouble(EpochReport::number).toArray();
        for (Line line : lines) {
            chart.addSeries(line.name, x, scaled(line.values, decade))
                    .setMarker(epochs.size() <= 30 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE)
                    .setMarkerColor(line.color).setLineColor(line.color);
        }
        return chart;
    }

    static XYChart plain(String title, String x, String y) {
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).title(title).xAxisTitle(x).yAxisTitle(y).build();
        chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNE).setChartBackgroundColor(Color.WHITE)
                .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 14)).setPlotBorderVisible(false);
        return chart;
    }
}
