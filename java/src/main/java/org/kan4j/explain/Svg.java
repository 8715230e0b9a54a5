// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.Locale;

/** Pieces of SVG text: numbers, escapes and paths, the same on every machine. */
final class Svg {

    /** Colours of both themes; what is drawn names a class. */
    static final String STYLE = """
            <style>
            svg{--ink:#1b1f24;--soft:#6a737d;--paper:#fff;--line:#24292f;--known:#c2410c;--rug:#94a3b8;--shade:#eef1f5}
            @media (prefers-color-scheme:dark){svg{--ink:#e6edf3;--soft:#9aa4af;--paper:#0d1117;--line:#d0d7de;--known:#fb923c;\
            --rug:#64748b;--shade:#1b222b}}
            text{fill:var(--ink);font:12px system-ui,sans-serif}.soft{fill:var(--soft)}.mid{text-anchor:middle}
            .end{text-anchor:end}.paper{fill:var(--paper)}.box{fill:var(--paper);stroke:var(--soft);stroke-width:.6}
            .wire{stroke:var(--line);stroke-width:1;fill:none}.curve{stroke:var(--line);stroke-width:1.4;fill:none}
            .known{stroke:var(--known);stroke-dasharray:5 2}.name{fill:var(--known)}.node{fill:var(--paper);stroke:var(--line);\
            stroke-width:1.2}
            .rug{fill:var(--rug)}.shade{fill:var(--shade)}.axis{stroke:var(--soft);stroke-width:.6;fill:none}
            </style>
            """;

    private Svg() {
    }

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    /** Of a length in pixels: at most two digits after the point. */
    static String px(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        text = text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
        return text.equals("-0") ? "0" : text;
    }

    /** Of a quantity: at most {@code digits} significant ones. */
    static String number(double value, int digits) {
        if (value == 0) {
            return "0";
        }
        if (!Double.isFinite(value)) {
            return Double.toString(value);
        }
        return new java.math.BigDecimal(value).round(new java.math.MathContext(digits)).stripTrailingZeros().doubleValue() == Math
                .rint(value) && Math.abs(value) < 1e6 ? Long.toString(Math.round(value))
                        : String.format(Locale.ROOT, "%." + digits + "g", value).replaceAll("(\\.\\d*?)0+(e|$)", "$1$2")
                                .replaceAll("\\.(e|$)", "$1");
    }

    static String open(double width, double height, String title) {
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 " + px(width) + " " + px(height)
                + "\" width=\"" + px(width) + "\" height=\"" + px(height) + "\"><title>" + escape(title) + "</title>\n" + STYLE
                + "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n";
    }

    /** The path through points, without those less than 0.2 pixels off the line through their neighbours; NaN lifts the pen. */
    static String path(double[] x, double[] y) {
        StringBuilder d = new StringBuilder();
        for (int from = 0; from < x.length; from++) {
            if (!Double.isFinite(y[from])) {
                continue;
            }
            int to = from;
            while (to + 1 < x.length && Double.isFinite(y[to + 1])) {
                to++;
            }
            boolean[] kept = new boolean[x.length];
            kept[from] = true;
            kept[to] = true;
            thin(x, y, from, to, kept);
            for (int i = from; i <= to; i++) {
                if (kept[i]) {
                    d.append(i == from ? "M" : "L").append(px(x[i])).append(' ').append(px(y[i]));
                }
            }
            from = to;
        }
        return d.toString();
    }

    /** Ramer, Douglas and Peucker. */
    private static void thin(double[] x, double[] y, int from, int to, boolean[] kept) {
        double most = 0.2;
        int at = -1;
        double dx = x[to] - x[from];
        double dy = y[to] - y[from];
        double length = Math.hypot(dx, dy);
        for (int i = from + 1; i < to; i++) {
            double off = Math.abs(dx * (y[i] - y[from]) - dy * (x[i] - x[from])) / length;
            if (off > most) {
                most = off;
                at = i;
            }
        }
        if (at > 0) {
            kept[at] = true;
            thin(x, y, from, at, kept);
            thin(x, y, at, to, kept);
        }
    }
}
