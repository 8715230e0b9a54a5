// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Notation;

/** An explanation as fields of JSON; of several outputs the texts are one a line. */
final class ExplanationFields {

    private ExplanationFields() {
    }

    static Map<String, Object> of(Explanation e) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("formula", e.formulas().isEmpty() ? null : formula(e));
        e.reason().ifPresent(reason -> fields.put("reason", reason));
        Map<String, Object> test = new LinkedHashMap<>();
        test.put("rmse_network", number(e.scores().network()));
        test.put("rmse_formula", number(e.scores().formula()));
        test.put("rmse_target_deviation", number(e.scores().deviation()));
        fields.put("test", test);
        Map<String, Object> verified = new LinkedHashMap<>();
        verified.put("max_difference", number(e.scores().difference()));
        verified.put("domains", e.scores().domains().name());
        fields.put("verified", verified);
        List<Object> features = new ArrayList<>();
        for (Explanation.Feature feature : e.features()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", feature.name());
            one.put("total", number(feature.total()));
            one.put("error", number(feature.error()));
            one.put("kept", feature.kept());
            features.add(one);
        }
        fields.put("features", features);
        fields.put("shape_before", e.before().shape());
        fields.put("shape_after", e.network().shape());
        fields.put("edges_before", e.before().edges());
        fields.put("edges_after", e.network().edges().size());
        List<Object> pareto = new ArrayList<>();
        for (Explanation.Met met : e.pareto()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("size", met.size());
            one.put("rmse", number(met.rmse()));
            one.put("text", String.join("\n", met.formulas()));
            pareto.add(one);
        }
        fields.put("pareto", pareto);
        fields.put("seconds", e.seconds());
        return fields;
    }

    private static Map<String, Object> formula(Explanation e) {
        Map<String, Object> formula = new LinkedHashMap<>();
        formula.put("text", lines(e.formulas(), Notation.TEXT));
        formula.put("python", lines(e.formulas(), Notation.PYTHON));
        formula.put("latex", lines(e.formulas(), Notation.LATEX));
        formula.put("size", e.formulas().stream().mapToInt(Expression::size).sum());
        List<Object> constants = new ArrayList<>();
        for (Explanation.FoundConstant constant : e.constants()) {
            constants.add(constant.exact().isPresent() ? constant.exact().get() : number(constant.measured()));
        }
        formula.put("exact_constants", constants);
        return formula;
    }

    private static String lines(List<Expression> formulas, Notation notation) {
        return formulas.stream().map(f -> f.format(notation)).collect(Collectors.joining("\n"));
    }

    /** JSON has no NaN. */
    private static Double number(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
