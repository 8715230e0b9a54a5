// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.encoding.Encoding;
import org.kan4j.explain.Column;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Notation;

/**
 * A formula that predicts like a model: the text of {@code formula.json} and what its variables are in a table.
 *
 * @param target name of what it gives
 * @param formula in the columns' own units
 * @param encoding of the table it was found in
 */
record FormulaFile(String target, Expression formula, Encoding encoding) {

    private static final String FORMAT = "kan4j formula";

    /** Whether a file is meant to be one. */
    static boolean is(Path file) {
        return file.toString().endsWith(".json");
    }

    void write(Path file) throws IOException {
        ObjectNode root = Output.object();
        root.put("format", FORMAT);
        root.put("version", 1);
        root.put("target", target);
        root.put("text", formula.format(Notation.TEXT));
        root.put("python", formula.format(Notation.PYTHON));
        root.put("latex", formula.format(Notation.LATEX));
        root.put("encoding", encoding.toJson());
        Output.writeJson(file, root);
    }

    static FormulaFile read(Path file) throws IOException {
        JsonNode root;
        try {
            root = new ObjectMapper().readTree(file.toFile());
        } catch (JsonProcessingException e) {
            throw new InputException(file + " is not JSON: " + e.getOriginalMessage(), e);
        }
        if (root == null || !FORMAT.equals(root.path("format").asText()) || !root.path("text").isTextual()
                || !root.path("encoding").isTextual()) {
            throw new InputException(file + " is no formula.json of kan4j explain");
        }
        return new FormulaFile(root.path("target").asText(), Expression.parse(root.get("text").asText()),
                Encoding.fromJson(root.get("encoding").asText()));
    }

    /** The encoding that leaves numbers as they are. */
    Encoding raw() {
        List<Encoding.Column> columns = new ArrayList<>();
        for (Encoding.Column column : encoding.columns()) {
            columns.add(column instanceof Encoding.Numeric n
                    ? new Encoding.Numeric(n.name(), -1, 1, n.mean(), List.of(), n.indicator()) : column);
        }
        return new Encoding(encoding.data(), columns, encoding.target(), encoding.missing(), encoding.unseen());
    }

    /** Values for rows of {@link #raw} one after the other, (rows, features). */
    double[] predict(double[] rows) {
        List<Column> inputs = Meaning.inputs(raw());
        int n = rows.length / inputs.size();
        Map<String, double[]> columns = new LinkedHashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
            double[] column = new double[n];
            for (int b = 0; b < n; b++) {
                column[b] = (rows[b * inputs.size() + i] - inputs.get(i).shift()) / inputs.get(i).scale();
            }
            columns.put(inputs.get(i).name(), column);
        }
        return formula.evaluate(columns, n);
    }
}
