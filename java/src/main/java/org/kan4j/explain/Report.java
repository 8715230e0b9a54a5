// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.List;
import java.util.Locale;
import org.kan4j.error.Counted;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Notation;

/** An explanation as one HTML page that needs nothing but itself. */
final class Report {

    /** Of the formula as it is set; the texts below it have all. */
    private static final int DIGITS = 6;
    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>%s</title><style>
            :root{color-scheme:light dark;--ink:#1b1f24;--soft:#6a737d;--paper:#fff;--line:#d8dee4;--bar:#64748b}
            @media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--paper:#0d1117;--line:#30363d;--bar:#94a3b8}}
            body{color:var(--ink);background:var(--paper);font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;\
            padding:0 1rem}
            h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid var(--line)}
            math{font-size:1.5rem}code,pre{font:13px ui-monospace,monospace}pre,.wide{overflow-x:auto}.wide{padding:.3rem 0}.soft{color:var(--soft)}
            table{border-collapse:collapse}th,td{text-align:left;padding:.2rem .9rem .2rem 0;border-bottom:1px solid var(--line);\
            vertical-align:top}
            td.n{text-align:right;font-variant-numeric:tabular-nums}.bar{fill:var(--bar)}.err{stroke:var(--ink)}
            figure{display:inline-block;margin:.4rem;max-width:100%%}svg{max-width:100%%;height:auto}
            </style></head><body>
            """;

    private final Explanation e;
    private final StringBuilder html = new StringBuilder();

    private Report(Explanation e) {
        this.e = e;
    }

    static String of(Explanation e) {
        return new Report(e).page();
    }

    private String page() {
        String target = String.join(", ", Column.names(e.outputs()));
        html.append(String.format(Locale.ROOT, HEAD, Svg.escape(target + " explained")));
        html.append("<h1>").append(Svg.escape(target)).append(" by ").append(Svg.escape(String.join(", ", e.features().stream()
                .filter(Explanation.Feature::kept).map(Explanation.Feature::name).toList()))).append("</h1>\n");
        formula();
        scores();
        features();
        network();
        edges();
        constants();
        pareto();
        pruning();
        html.append("<h2>What was done</h2>\n<pre>").append(Svg.escape(String.join("\n", e.log()))).append("</pre>\n");
        html.append("<p class=\"soft\">kan4j; ").append(Svg.number(e.seconds(), 3)).append(" s</p>\n</body></html>\n");
        return html.toString();
    }

    private void formula() {
        html.append("<h2>Formula</h2>\n");
        e.reason().ifPresent(reason -> html.append("<p><strong>").append(Svg.escape(reason)).append("</strong></p>\n"));
        List<Expression> shown = e.formulas().isEmpty() ? e.best() : e.formulas();
        for (int k = 0; k < shown.size(); k++) {
            Expression formula = shown.get(k);
            String name = e.outputs().get(k).name();
            html.append("<div class=\"wide\">").append(equation(name, formula.format(Notation.MATHML, DIGITS)))
                    .append("</div>\n");
            html.append("<table>\n");
            row("text", name + " = " + formula.format(Notation.TEXT));
            row("LaTeX", formula.format(Notation.LATEX));
            row("Python", formula.format(Notation.PYTHON));
            html.append("</table>\n");
        }
    }

    /** The MathML of a right side, with the left put before it. */
    private static String equation(String name, String mathml) {
        int open = mathml.indexOf('>') + 1;
        String left = "<mi>" + Svg.escape(name) + "</mi><mo>=</mo>";
        return mathml.startsWith("<math") ? mathml.substring(0, open) + left + mathml.substring(open)
                : "<math display=\"block\">" + left + mathml + "</math>";
    }

    private void row(String name, String code) {
        html.append("<tr><th>").append(name).append("</th><td><code>").append(Svg.escape(code)).append("</code></td></tr>\n");
    }

    private void scores() {
        html.append("<h2>How good it is</h2>\n<p>On rows that nothing has seen, in the target's unit.</p>\n<table>\n");
        number("deviation of the target", e.scores().deviation());
        number("error of the network (RMSE)", e.scores().network());
        number("error of the formula (RMSE)", e.scores().formula());
        number("largest difference of formula and network in the box of the data", e.scores().difference());
        html.append("<tr><th>defined in the whole box</th><td>").append(switch (e.scores().domains()) {
            case PROVED -> "proved by interval arithmetic";
            case UNDECIDED -> "not decided";
            case VIOLATED -> "no";
        }).append("</td></tr>\n</table>\n");
    }

    private void number(String name, double value) {
        html.append("<tr><th>").append(name).append("</th><td class=\"n\">").append(Svg.number(value, 3))
                .append("</td></tr>\n");
    }

    private void features() {
        html.append("<h2>What the features do</h2>\n<p>Share of the output's variance that a feature has part in (Sobol' total "
                + "index), with a standard error.</p>\n<table>\n");
        for (Explanation.Feature feature : e.features().stream().limit(60).toList()) {
            double width = 200 * Math.clamp(feature.total(), 0, 1);
            double error = 200 * Math.clamp(feature.error(), 0, 0.5);
            html.append("<tr><th>").append(Svg.escape(feature.name())).append("</th><td class=\"n\">")
                    .append(feature.kept() ? String.format(Locale.ROOT, "%.3f ± %.3f", feature.total(), feature.error())
                            : "left out")
                    .append("</td><td><svg width=\"220\" height=\"14\" role=\"img\"><rect class=\"bar\" y=\"2\" "
                            + "height=\"10\" width=\"")
                    .append(Svg.px(width)).append("\"/><path class=\"err\" d=\"M")
                    .append(Svg.px(Math.max(0, width - error))).append(" 7H").append(Svg.px(width + error))
                    .append("\"/></svg></td></tr>\n");
        }
        html.append("</table>\n");
    }

    private void network() {
        html.append("<h2>The network</h2>\n<p>Before pruning ").append(Svg.escape(e.before().shape())).append(", ")
                .append(Counted.of(e.before().edges(), "edge")).append("; after it ").append(Svg.escape(e.network().shape()))
                .append(", ")
                .append(e.network().edges().size()).append(". The stronger a line, the more its edge changes the output.</p>\n");
        html.append("<figure>").append(e.pictures().before()).append("</figure>\n<figure>").append(e.pictures().after())
                .append("</figure>\n");
    }

    private void edges() {
        html.append("<h2>The edges</h2>\n<p>The network's curve, the function chosen for it (dashed), where the rows are, and "
                + "what the function leaves over; no data where it is shaded. The constants were fitted together "
                + "afterwards.</p>\n");
        e.pictures().edges().forEach(svg -> html.append("<figure>").append(svg).append("</figure>\n"));
    }

    private void constants() {
        if (e.constants().isEmpty()) {
            return;
        }
        html.append("<h2>Constants</h2>\n<table>\n<tr><th>name</th><th>measured</th><th>standard error</th><th>taken for"
                + "</th></tr>\n");
        for (Explanation.FoundConstant constant : e.constants()) {
            html.append("<tr><td>").append(Svg.escape(String.valueOf(constant.name()))).append("</td><td class=\"n\">")
                    .append(Svg.number(constant.measured(), 10)).append("</td><td class=\"n\">")
                    .append(Svg.number(constant.error(), 2)).append("</td><td>").append(Svg.escape(constant.exact().orElse("")))
                    .append("</td></tr>\n");
        }
        html.append("</table>\n");
    }

    private void pareto() {
        html.append("<h2>Size against error</h2>\n<table>\n<tr><th>size</th><th>held-out RMSE</th><th>formula</th></tr>\n");
        for (Explanation.Met met : e.pareto()) {
            html.append("<tr><td class=\"n\">").append(met.size()).append("</td><td class=\"n\">")
                    .append(Svg.number(met.rmse(), 3)).append("</td><td><code>").append(Svg.escape(String.join("; ",
                            met.formulas())))
                    .append("</code></td></tr>\n");
        }
        html.append("</table>\n");
    }

    private void pruning() {
        html.append("<h2>Pruning</h2>\n<table>\n<tr><th>left out</th><th>effect</th><th>error before</th><th>after a refit</th>"
                + "<th>kept</th><th>network</th></tr>\n");
        for (Pruning.Attempt attempt : e.attempts().stream().limit(300).toList()) {
            html.append("<tr><td>").append(Svg.escape(attempt.what())).append("</td><td class=\"n\">")
                    .append(Double.isNaN(attempt.effect()) ? "" : Svg.number(attempt.effect(), 3)).append("</td><td class=\"n\">")
                    .append(Svg.number(attempt.before(), 3)).append("</td><td class=\"n\">")
                    .append(Svg.number(attempt.after(), 3)).append("</td><td>").append(attempt.accepted() ? "left out" : "kept")
                    .append("</td><td>").append(Svg.escape(attempt.shape())).append(", ").append(attempt.edges())
                    .append("</td></tr>\n");
        }
        html.append("</table>\n");
    }
}
