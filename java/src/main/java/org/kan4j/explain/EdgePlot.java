// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.kan4j.device.Context;

/** One edge as a drawing: its curve, where data is, a function laid on it and what that leaves over. */
public final class EdgePlot {

    private static final int POINTS = 257;
    private static final int BINS = 40;
    private static final double WIDTH = 460;
    private static final double LEFT = 62;
    private static final double RIGHT = 14;
    private static final double TOP = 30;
    private static final double CURVE = 190;
    private static final double RUG = 34;
    private static final double REST = 70;

    private final StringBuilder svg = new StringBuilder();
    private double low;
    private double high;

    private EdgePlot() {
    }

    /**
     * SVG text.
     *
     * @param x rows (rows, in) of the network
     * @param name of the function laid on it, null for none
     * @param function of the edge's argument; null for none
     */
    public static String svg(Context context, KanGraph graph, Edge edge, double[] x, String name,
            DoubleUnaryOperator function) {
        graph.requireEdge(edge);
        GraphLayer layer = graph.layer(edge.layer());
        double[] rows = Rows.spread(x, graph.in(), 4000);
        double[] seen;
        try (GraphRun run = new GraphRun(context, graph, rows.length / graph.in())) {
            run.forward(rows);
            double[] inputs = run.inputOf(edge.layer());
            seen = GraphRun.column(layer.argument() == KanGraph.Argument.INPUT ? inputs : layer.normalised(inputs), layer.in(),
                    edge.input());
        }
        return new EdgePlot().draw(context, graph, edge, seen, name, function);
    }

    private String draw(Context context, KanGraph graph, Edge edge, double[] seen, String name,
            DoubleUnaryOperator function) {
        double least = Arrays.stream(seen).min().orElse(-1);
        double most = Arrays.stream(seen).max().orElse(1);
        double margin = most > least ? 0.05 * (most - least) : 0.5;
        low = least - margin;
        high = most + margin;
        double[] at = new double[POINTS];
        Arrays.setAll(at, i -> low + (high - low) * i / (POINTS - 1));
        double[] values = graph.values(context, edge, at);
        double[] fitted = new double[POINTS];
        Arrays.setAll(fitted, i -> function == null ? Double.NaN : function.applyAsDouble(at[i]));
        double height = TOP + CURVE + RUG + (function == null ? 20 : REST + 30);
        svg.append(Svg.open(WIDTH, height, "edge " + edge));
        shade(least, most);
        svg.append("<text x=\"8\" y=\"18\">edge ").append(edge).append(name == null ? "" : ", <tspan class=\"name\">"
                + Svg.escape(name) + "</tspan>").append("</text>\n");
        panel(at, new double[][] {values, fitted}, TOP, CURVE);
        rug(seen, TOP + CURVE);
        if (function != null) {
            double[] rest = new double[POINTS];
            double mean = 0;
            int inside = 0;
            for (int i = 0; i < POINTS; i++) {
                rest[i] = at[i] < least || at[i] > most ? Double.NaN : values[i] - fitted[i];
                if (Double.isFinite(rest[i])) {
                    mean += rest[i];
                    inside++;
                }
            }
            double offset = inside == 0 ? 0 : mean / inside; // an edge's constant belongs to its node
            Arrays.setAll(rest, i -> rest[i] - offset);
            svg.append("<text class=\"soft\" x=\"").append(Svg.px(LEFT + 4)).append("\" y=\"")
                    .append(Svg.px(TOP + CURVE + RUG + 12)).append("\">left over</text>\n");
            panel(at, new double[][] {rest}, TOP + CURVE + RUG + 16, REST);
        }
        return svg.append("</svg>\n").toString();
    }

    private double x(double value) {
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low);
    }

    /** Where no data is. */
    private void shade(double least, double most) {
        for (double[] part : new double[][] {{low, least}, {most, high}}) {
            svg.append("<rect class=\"shade\" x=\"").append(Svg.px(x(part[0]))).append("\" y=\"").append(Svg.px(TOP))
                    .append("\" width=\"").append(Svg.px(x(part[1]) - x(part[0]))).append("\" height=\"").append(Svg.px(CURVE))
                    .append("\"/>\n");
        }
    }

    private void panel(double[] at, double[][] curves, double top, double height) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (double value : curves[0]) {
            if (Double.isFinite(value)) {
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
        }
        if (!(most > least)) {
            least = Double.isFinite(least) ? least - 1 : -1;
            most = least + 2;
        }
        svg.append("<path class=\"axis\" d=\"M").append(Svg.px(LEFT)).append(' ').append(Svg.px(top)).append('v')
                .append(Svg.px(height)).append('h').append(Svg.px(WIDTH - LEFT - RIGHT)).append("\"/>\n");
        label(LEFT - 5, top + 10, Svg.number(most, 3), "end");
        label(LEFT - 5, top + height, Svg.number(least, 3), "end");
        for (int c = 0; c < curves.length; c++) {
            double[] px = new double[at.length];
            double[] py = new double[at.length];
            boolean any = false;
            for (int i = 0; i < at.length; i++) {
                px[i] = x(at[i]);
                double share = (curves[c][i] - least) / (most - least);
                py[i] = share < -0.02 || share > 1.02 ? Double.NaN : top + height * (1 - share);
                any |= Double.isFinite(py[i]);
            }
            if (any) {
                svg.append("<path class=\"curve").append(c == 1 ? " known" : "").append("\" d=\"").append(Svg.path(px, py))
                        .append("\"/>\n");
            }
        }
    }

    /** How many rows are where, and the ends of the axis. */
    private void rug(double[] seen, double top) {
        int[] counts = new int[BINS];
        for (double value : seen) {
            counts[(int) Math.clamp((value - low) / (high - low) * BINS, 0, BINS - 1)]++;
        }
        int most = Arrays.stream(counts).max().orElse(1);
        double bin = (WIDTH - LEFT - RIGHT) / BINS;
        for (int k = 0; k < BINS; k++) {
            double tall = 14.0 * counts[k] / most;
            if (counts[k] > 0) {
                svg.append("<rect class=\"rug\" x=\"").append(Svg.px(LEFT + k * bin)).append("\" y=\"")
                        .append(Svg.px(top + 2)).append("\" width=\"").append(Svg.px(bin * 0.9)).append("\" height=\"")
                        .append(Svg.px(Math.max(0.5, tall))).append("\"/>\n");
            }
        }
        label(LEFT, top + 30, Svg.number(low, 3), "");
        label(WIDTH - RIGHT, top + 30, Svg.number(high, 3), "end");
    }

    private void label(double x, double y, String text, String anchor) {
        svg.append("<text class=\"soft ").append(anchor).append("\" x=\"").append(Svg.px(x)).append("\" y=\"")
                .append(Svg.px(y)).append("\">").append(text).append("</text>\n");
    }
}
