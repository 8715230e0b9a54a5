// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.awt.Color;
import java.awt.Font;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws what training gave: learning curves, errors over grids. */
final class Plot {

    private static final int WIDTH = 560;
    private static final int HEIGHT = 360;
    private static final Color BLUE = new Color(0x1f77b4);
    private static final Color ORANGE = new Color(0xff7f0e);

    private Plot() {
    }

    /** Writes a PNG: the losses on the left, the score on the test or validation part on the right. */
    static void learningCurves(Path file, String title, boolean classification, List<EpochReport> epochs) throws IOException {
        String part = epochs.getLast().part();
        XYChart loss = chart(title, "loss", classification ? "cross-entropy" : "mean squared error (scaled)", epochs);
        line(loss, "train", BLUE, epochs, EpochReport::trainLoss);
        line(loss, part, ORANGE, epochs, EpochReport::loss);
        XYChart score = chart(title, part + (classification ? " accuracy" : " RMSE"),
                classification ? "%" : "RMSE", epochs);
        line(score, classification ? "accuracy" : "RMSE", ORANGE, epochs,
                e -> classification ? 100 * e.score() : e.score());
        score.getStyler().setLegendVisible(false);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        BitmapEncoder.saveBitmap(List.of(loss, score), 1, 2, png, BitmapEncoder.BitmapFormat.PNG);
        Output.write(file, png.toByteArray());
    }

    /** Writes a PNG of errors over grid intervals, both logarithmic. */
    static void errorsOverGrids(Path file, String title, double[] grids, double[] train, double[] test) throws IOException {
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).title(title).xAxisTitle("grid intervals")
                .yAxisTitle("RMSE").build();
        chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNE).setChartBackgroundColor(Color.WHITE)
                .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 14)).setPlotBorderVisible(false);
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true);
        chart.addSeries("train", grids, train).setMarker(SeriesMarkers.CIRCLE).setMarkerColor(BLUE).setLineColor(BLUE);
        chart.addSeries("test", grids, test).setMarker(SeriesMarkers.CIRCLE).setMarkerColor(ORANGE).setLineColor(ORANGE);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        BitmapEncoder.saveBitmap(List.of(chart), 1, 1, png, BitmapEncoder.BitmapFormat.PNG);
        Output.write(file, png.toByteArray());
    }

    private static XYChart chart(String title, String what, String unit, List<EpochReport> epochs) {
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).title(title + ": " + what).xAxisTitle("epoch")
                .yAxisTitle(unit).build();
        chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNE).setChartBackgroundColor(Color.WHITE)
                .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 14)).setPlotBorderVisible(false);
        chart.getStyler().setYAxisDecimalPattern("0.######");
        chart.getStyler().setXAxisMin((double) epochs.getFirst().number());
        chart.getStyler().setXAxisMax((double) Math.max(epochs.getLast().number(), epochs.getFirst().number() + 1));
        return chart;
    }

    private static void line(XYChart chart, String name, Color color, List<EpochReport> epochs, ToDoubleFunction<EpochReport> value) {
        double[] x = epochs.stream().mapToDouble(EpochReport::number).toArray();
        double[] y = epochs.stream().mapToDouble(value).toArray();
        chart.addSeries(name, x, y).setMarker(epochs.size() <= 30 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE)
                .setMarkerColor(color).setLineColor(color);
    }
}
