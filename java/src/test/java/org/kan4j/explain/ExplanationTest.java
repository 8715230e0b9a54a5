// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.kan4j.formula.DomainStatus;
import org.kan4j.formula.Expression;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;

/** An explanation made up of numbers that are all different: each stands where it belongs on the page and in the file. */
class ExplanationTest {

    private static Explanation explanation(List<Expression> formulas, Optional<String> reason, double formula,
            DomainStatus domains) {
        KanGraph network;
        try (Parameters parameters = Parameters.initialise(KanModel.of(DType.F64, new Linear(2, 1, true)), 1)) {
            network = KanGraph.of(parameters);
        }
        return new Explanation(formulas, reason, List.of(Expression.parse("a^2/3")),
                List.of(new Explanation.FoundConstant("c<1>", 3.14159265358979, 0.00123, Optional.of("pi")),
                        new Explanation.FoundConstant("c2", 0.75, 4e-7, Optional.empty())),
                new Explanation.Scores(0.011, formula, 0.53, 0.0179, domains),
                List.of(new Explanation.Feature("a<b", 0.8125, 0.034, true),
                        new Explanation.Feature("twin", 0.0625, 0.125, false)),
                network, List.of(Column.plain("a<b"), Column.plain("c")), List.of(Column.plain("y&")), Map.of(),
                new Explanation.Size("[7,5,1]", 40), new Explanation.Pictures("<svg>before</svg>", "<svg>after</svg>",
                        List.of("<svg>edge 1</svg>", "<svg>edge 2</svg>")),
                List.of(new Pruning.Attempt("edge 0,1,2", 0.21, 0.31, 0.41, true, "[7,4,1]", 33),
                        new Pruning.Attempt("input <a>", Double.NaN, 0.32, 0.42, false, "[6,4,1]", 29)),
                List.of(new Explanation.Met(9, 0.13, List.of("a < b")), new Explanation.Met(17, 0.0023, List.of("u", "v"))),
                List.of("first & last", "done"), 12.345);
    }

    private static List<List<String>> table(String page, String from) {
        int start = page.indexOf(from);
        assertTrue(start >= 0, from);
        String table = page.substring(start, page.indexOf("</table>", start));
        List<List<String>> rows = new ArrayList<>();
        for (MatchResult row : Pattern.compile("<tr>(.*?)</tr>", Pattern.DOTALL).matcher(table).results().toList()) {
            rows.add(Pattern.compile("<t[hd][^>]*>(.*?)</t[hd]>", Pattern.DOTALL).matcher(row.group(1)).results()
                    .map(cell -> cell.group(1).replaceAll("</?code>", "")).toList());
        }
        return rows;
    }

    @Test
    void everyNumberIsInItsPlaceOnThePage() {
        String page = explanation(List.of(Expression.parse("a^2 + 1")), Optional.empty(), 0.0021, DomainStatus.PROVED).report();
        assertTrue(page.contains("<title>y&amp; explained</title>"));
        assertTrue(page.contains("<h1>y&amp; by a&lt;b</h1>"), "of the features that were kept");
        assertEquals(List.of(List.of("text", "y&amp; = a^2 + 1"), List.of("LaTeX", "{a}^{2} + 1"), List.of("Python", "a**2 + 1")),
                table(page, "<h2>Formula</h2>"));
        assertTrue(page.contains("<mi>y&amp;</mi><mo>=</mo>"));
        assertEquals(List.of(List.of("deviation of the target", "0.53"), List.of("error of the network (RMSE)", "0.011"),
                List.of("error of the formula (RMSE)", "0.0021"),
                List.of("largest difference of formula and network in the box of the data", "0.0179"),
                List.of("defined in the whole box", "proved by interval arithmetic")), table(page, "<h2>How good it is</h2>"));
        List<List<String>> features = table(page, "<h2>What the features do</h2>");
        assertEquals(List.of("a&lt;b", "0.813 ± 0.034"), features.getFirst().subList(0, 2));
        assertEquals(List.of("twin", "left out"), features.get(1).subList(0, 2));
        assertTrue(features.getFirst().get(2).contains("width=\"162.5\"/><path class=\"err\" d=\"M155.7 7H169.3\""), page);
        assertTrue(features.get(1).get(2).contains("width=\"12.5\"/><path class=\"err\" d=\"M0 7H37.5\""), "not below 0");
        assertTrue(page.contains("Before pruning [7,5,1], 40 edges; after it [2,1], 2."));
        assertTrue(page.contains("<figure><svg>before</svg></figure>\n<figure><svg>after</svg></figure>"));
        assertTrue(page.contains("<figure><svg>edge 1</svg></figure>\n<figure><svg>edge 2</svg></figure>"));
        assertEquals(List.of(List.of("name", "measured", "standard error", "taken for"),
                List.of("c&lt;1&gt;", "3.141592654", "0.0012", "pi"), List.of("c2", "0.75", "4e-07", "")),
                table(page, "<h2>Constants</h2>"));
        assertEquals(List.of(List.of("size", "held-out RMSE", "formula"), List.of("9", "0.13", "a &lt; b"),
                List.of("17", "0.0023", "u; v")), table(page, "<h2>Size against error</h2>"));
        assertEquals(List.of(List.of("left out", "effect", "error before", "after a refit", "kept", "network"),
                List.of("edge 0,1,2", "0.21", "0.31", "0.41", "left out", "[7,4,1], 33"),
                List.of("input &lt;a&gt;", "", "0.32", "0.42", "kept", "[6,4,1], 29")), table(page, "<h2>Pruning</h2>"));
        assertTrue(page.contains("<pre>first &amp; last\ndone</pre>") && page.contains("kan4j; 12.3 s"));
    }

    @Test
    void withoutAFormulaTheBestOneIsShownWithTheReason() {
        Explanation none = explanation(List.of(), Optional.of("no formula: 1 < 2"), Double.NaN, DomainStatus.VIOLATED);
        String page = none.report();
        assertTrue(page.contains("<strong>no formula: 1 &lt; 2</strong>"));
        assertEquals(List.of("text", "y&amp; = a^2/3"), table(page, "<h2>Formula</h2>").getFirst());
        assertEquals(List.of("defined in the whole box", "no"), table(page, "<h2>How good it is</h2>").getLast());
        assertTrue(explanation(List.of(), Optional.empty(), 1, DomainStatus.UNDECIDED).report().contains("<td>not decided</td>"));
        assertNull(none.fields().get("formula"));
        assertEquals("no formula: 1 < 2", none.fields().get("reason"));
        assertEquals("{rmse_network=0.011, rmse_formula=null, rmse_target_deviation=0.53}", none.fields().get("test").toString());
    }

    @Test
    void everyNumberIsUnderItsNameInTheFile() {
        Map<String, Object> fields = explanation(List.of(Expression.parse("a^2 + 1"), Expression.parse("sqrt(a)")),
                Optional.empty(), 0.0021, DomainStatus.PROVED).fields();
        assertEquals("{text=a^2 + 1\nsqrt(a), python=a**2 + 1\nnp.sqrt(a), latex={a}^{2} + 1\n\\sqrt{a}, size=8, "
                + "exact_constants=[pi, 0.75]}", fields.get("formula").toString());
        assertFalse(fields.containsKey("reason"));
        assertEquals("{rmse_network=0.011, rmse_formula=0.0021, rmse_target_deviation=0.53}", fields.get("test").toString());
        assertEquals("{max_difference=0.0179, domains=PROVED}", fields.get("verified").toString());
        assertEquals("[{name=a<b, total=0.8125, error=0.034, kept=true}, {name=twin, total=0.0625, error=0.125, kept=false}]",
                fields.get("features").toString());
        assertEquals(List.of("[7,5,1]", "[2,1]", 40, 2, 12.345), List.of(fields.get("shape_before"), fields.get("shape_after"),
                fields.get("edges_before"), fields.get("edges_after"), fields.get("seconds")));
        assertEquals("[{size=9, rmse=0.13, text=a < b}, {size=17, rmse=0.0023, text=u\nv}]", fields.get("pareto").toString());
    }
}
