// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.List;

/** The functions of an additive model as small drawings of one scale, the output that they are summed up to above each. */
final class ShapePlot {

    private static final int ACROSS = 3;
    private static final double WIDTH = 260;
    private static final double HEIGHT = 190;
    private static final double LEFT = 52;
    private static final double RIGHT = 12;
    private static final double TOP = 28;
    private static final double BOTTOM = 30;
    /** Categories that are named below the axis. */
    private static final int NAMED = 6;

    private final StringBuilder svg = new StringBuilder();
    private final double least;
    private final double most;

    private ShapePlot(double least, double most) {
        this.least = least;
        this.most = most;
    }

    static String svg(AdditiveShapes additive) {
        double least = 0;
        double most = 0;
        for (AdditiveShapes.Shape shape : additive.shapes()) {
            for (AdditiveShapes.Point point : shape.points()) {
                least = Double.isFinite(point.y()) ? Math.min(least, point.y()) : least;
                most = Double.isFinite(point.y()) ? Math.max(most, point.y()) : most;
            }
        }
        return new ShapePlot(least, most > least ? most : least + 1).draw(additive);
    }

    private String draw(AdditiveShapes additive) {
        int count = additive.shapes().size();
        int across = Math.min(ACROSS, count);
        svg.append(Svg.open(across * WIDTH, Math.ceilDiv(count, across) * HEIGHT, "shape functions"));
        for (int i = 0; i < count; i++) {
            AdditiveShapes.Shape shape = additive.shapes().get(i);
            String title = additive.outputs().size() > 1 ? shape.column() + ", " + shape.output() : shape.column();
            panel(shape, title, i % across * WIDTH, i / across * HEIGHT);
        }
        return svg.append("</svg>\n").toString();
    }

    private double y(double top, double value) {
        return top + TOP + (HEIGHT - TOP - BOTTOM) * (most - value) / (most - least);
    }

    private void panel(AdditiveShapes.Shape shape, String title, double left, double top) {
        List<AdditiveShapes.Point> points = shape.points();
        double wide = WIDTH - LEFT - RIGHT;
        text(left + LEFT, top + 18, title, "");
        svg.append("<path class=\"axis\" d=\"M").append(Svg.px(left + LEFT)).append(' ').append(Svg.px(top + TOP)).append('v')
                .append(Svg.px(HEIGHT - TOP - BOTTOM)).append("M").append(Svg.px(left + LEFT)).append(' ')
                .append(Svg.px(y(top, 0))).append('h').append(Svg.px(wide)).append("\"/>\n");
        text(left + LEFT - 5, y(top, most) + 8, Svg.number(most, 3), "soft end");
        text(left + LEFT - 5, y(top, least), Svg.number(least, 3), "soft end");
        if (shape.numeric()) {
            double from = points.getFirst().x();
            double range = points.getLast().x() - from;
            double[] x = new double[points.size()];
            double[] y = new double[x.length];
            for (int p = 0; p < x.length; p++) {
                x[p] = left + LEFT + wide * (range > 0 ? (points.get(p).x() - from) / range : 0.5);
                y[p] = y(top, points.get(p).y());
            }
            svg.append("<path class=\"curve\" d=\"").append(Svg.path(x, y)).append("\"/>\n");
            text(left + LEFT, top + HEIGHT - 12, Svg.number(from, 3), "soft");
            text(left + WIDTH - RIGHT, top + HEIGHT - 12, Svg.number(from + range, 3), "soft end");
            return;
        }
        double bar = wide / points.size();
        for (int p = 0; p < points.size(); p++) {
            double value = points.get(p).y();
            svg.append("<rect class=\"rug\" x=\"").append(Svg.px(left + LEFT + (p + 0.15) * bar)).append("\" y=\"")
                    .append(Svg.px(y(top, Math.max(value, 0)))).append("\" width=\"").append(Svg.px(0.7 * bar))
                    .append("\" height=\"").append(Svg.px(Math.abs(y(top, value) - y(top, 0)))).append("\"/>\n");
            if (points.size() <= NAMED) {
                String label = points.get(p).label();
                text(left + LEFT + (p + 0.5) * bar, top + HEIGHT - 12, label.length() > 8 ? label.substring(0, 7) + "…" : label,
                        "soft mid");
            }
        }
    }

    private void text(double x, double y, String text, String kind) {
        svg.append("<text class=\"").append(kind).append("\" x=\"").append(Svg.px(x)).append("\" y=\"").append(Svg.px(y))
                .append("\">").append(Svg.escape(text)).append("</text>\n");
    }
}
