// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.util.List;
import org.kan4j.encoding.Encoding;
import org.kan4j.export.Dialect.Text;
import org.kan4j.tensor.DType;

/** Raw columns in, predictions out: an {@link Encoding} as members of a generated class. */
final class JavaRow {

    private static final int FIELDS = RawTable.FIELDS;

    private final Encoding encoding;
    private final String type;
    private final RawTable table;

    JavaRow(Encoding encoding, DType dtype) {
        this.encoding = encoding;
        this.type = dtype == DType.F64 ? "double" : "float";
        table = RawTable.of(encoding);
    }

    /** The members. */
    String members() {
        boolean fill = encoding.missing() == Encoding.Missing.FILL;
        boolean unknown = encoding.unseen() == Encoding.Unseen.UNKNOWN;
        Text text = new Text(1);
        text.line("/** The columns that a row has. */");
        strings(text, "public static final String[] COLUMNS", table.names());
        text.line("/** A row of raw values; what is not set is missing. It belongs to one thread. */");
        text.line("public static final class Row {");
        text.line("private final double[] numbers = new double[COLUMNS.length];");
        text.line("private final String[] texts = new String[COLUMNS.length];").line("");
        text.line("/** A row without values. */").line("public Row() {")
                .line("java.util.Arrays.fill(numbers, Double.NaN);").line("}").line("");
        setter(text, "double", "numbers", "!=");
        setter(text, "String", "texts", "==");
        text.line("private static int column(String name) {").line("for (int c = 0; c < COLUMNS.length; c++) {");
        text.line("if (COLUMNS[c].equals(name)) {").line("return c;").line("}").line("}");
        text.line("throw new IllegalArgumentException(\"there is no column '\" + name + \"'\");").line("}").line("");
        text.line("private %s[] encoded() {", type).line("%s[] x = new %s[INPUTS];", type, type).line("int at = 0;");
        text.line("for (int c = 0; c < COLUMNS.length; c++) {").line("int e = c * %d;", FIELDS);
        text.line("int count = (int) ENCODING[e + 6];").line("if (count < 0) {");
        text.line("x[at++] = %sscaled(numbers[c], c, e);", type.equals("float") ? "(float) " : "");
        text.line("if (ENCODING[e + 7] > 0) {").line("x[at++] = numbers[c] != numbers[c] ? 1 : 0;").line("}");
        text.line("continue;").line("}");
        text.line("boolean found = %s;", fill ? "texts[c] == null" : "false");
        if (!fill) {
            text.line("if (texts[c] == null) {");
            text.line("throw new IllegalArgumentException(\"column '\" + COLUMNS[c] + \"' has no value\");").line("}");
        }
        text.line("for (int v = 0; v < count; v++) {").line("boolean same = VALUES[(int) ENCODING[e + 5] + v].equals(texts[c]);");
        text.line("x[at++] = same ? 1 : 0;").line("found |= same;").line("}");
        if (!unknown) {
            text.line("if (!found) {")
                    .line("throw new IllegalArgumentException(\"'\" + texts[c] + \"' is not one of the values of column '\" "
                            + "+ COLUMNS[c] + \"' in training\");")
                    .line("}");
        }
        text.line("}").line("return x;").line("}").line("");
        scaled(text, fill);
        text.line("}").line("");
        outputs(text);
        JavaDialect doubles = new JavaDialect(DType.F64);
        doubles.table(text, "double", "ENCODING", table.fields());
        if (table.quantiles().length > 0) {
            doubles.table(text, "double", "QUANTILES", table.quantiles());
        }
        if (table.values().isEmpty()) {
            text.line("private static final String[] VALUES = {};").line("");
        } else {
            strings(text, "private static final String[] VALUES", table.values());
        }
        return text.toString();
    }

    private static void setter(Text text, String type, String array, String wrong) {
        text.line("/** Sets %s. */", array.equals("texts") ? "a category" : "a number");
        text.line("public Row set(String column, %s value) {", type).line("int c = column(column);");
        text.line("if (ENCODING[c * %d + 6] %s -1) {", FIELDS, wrong);
        text.line("throw new IllegalArgumentException(\"column '\" + column + \"' is %s\");",
                array.equals("texts") ? "a number" : "a category: a text");
        text.line("}").line("%s[c] = value;", array).line("return this;").line("}").line("");
    }

    private void scaled(Text text, boolean fill) {
        text.line("private static double scaled(double value, int c, int e) {").line("double v = value;");
        if (fill) {
            text.line("if (v != v) {").line("v = ENCODING[e + 2];").line("}");
        }
        text.line("if (v != v || Double.isInfinite(v)) {");
        text.line(
                "throw new IllegalArgumentException(\"column '\" + COLUMNS[c] + \"' has \" + (v != v ? \"no value\" : \"an infinite value\"));");
        text.line("}").line("double low = ENCODING[e];").line("double high = ENCODING[e + 1];");
        text.line("if (!(high > low)) {").line("return 0;").line("}");
        if (table.quantiles().length > 0) {
            text.line("int parts = (int) ENCODING[e + 4];").line("if (parts > 0) {")
                    .line("int q = (int) ENCODING[e + 3];");
            text.line("int p = 0;").line("while (p < parts - 1 && v > QUANTILES[q + p + 1]) {").line("p++;").line("}");
            text.line("double from = QUANTILES[q + p];");
            text.line("return (p + (v - from) / (QUANTILES[q + p + 1] - from)) / parts * 2 - 1;").line("}");
        }
        text.line("double range = high - low;");
        text.line(
                "return Double.isInfinite(range) ? (v / 2 - low / 2) / (high / 2 - low / 2) * 2 - 1 : (v - low) / range * 2 - 1;");
        text.line("}");
    }

    private void outputs(Text text) {
        text.line("private static %s[] outputs(Row row) {", type).line("%s[] y = new %s[OUTPUTS];", type, type);
        text.line("predict(row.encoded(), y);").line("return y;").line("}").line("");
        switch (encoding.target()) {
            case Encoding.Value value -> text.line("/** The number predicted, in its own unit. */")
                    .line("public static double value(Row row) {")
                    .line("return %s;", RawTable.decoded(value, "outputs(row)[0]", "Math."))
                    .line("}").line("");
            case Encoding.Numbers several -> numbers(text, "values", "The numbers predicted, each in its own unit.", false);
            case Encoding.Quantiles q ->
                numbers(text, "quantiles", "The quantiles of levels " + q.levels() + ", ascending.", true);
            case Encoding.Classes classes -> {
                text.line("/** The classes, in the order of probabilities. */");
                strings(text, "public static final String[] LABELS", classes.labels());
                text.line("/** The most likely class. */").line("public static String label(Row row) {");
                text.line("%s[] y = outputs(row);", type).line("int best = 0;")
                        .line("for (int o = 1; o < OUTPUTS; o++) {");
                text.line("best = y[o] > y[best] ? o : best;").line("}").line("return LABELS[best];").line("}")
                        .line("");
                text.line("/** The probability of each class. */")
                        .line("public static double[] probabilities(Row row) {");
                text.line("%s[] y = outputs(row);", type).line("double[] p = new double[OUTPUTS];")
                        .line("double most = y[0];");
                text.line("for (int o = 1; o < OUTPUTS; o++) {").line("most = Math.max(most, y[o]);").line("}")
                        .line("double sum = 0;");
                text.line("for (int o = 0; o < OUTPUTS; o++) {").line("p[o] = Math.exp(y[o] - most);")
                        .line("sum += p[o];").line("}");
                text.line("for (int o = 0; o < OUTPUTS; o++) {").line("p[o] /= sum;").line("}").line("return p;")
                        .line("}").line("");
            }
            case Encoding.Labels labels -> {
                text.line("/** The labels, in the order of probabilities. */");
                strings(text, "public static final String[] LABELS", labels.labels());
                text.line("/** The probability of each label. */")
                        .line("public static double[] probabilities(Row row) {");
                text.line("%s[] y = outputs(row);", type).line("double[] p = new double[OUTPUTS];");
                text.line("for (int o = 0; o < OUTPUTS; o++) {").line("p[o] = 1 / (1 + Math.exp(-y[o]));").line("}")
                        .line("return p;")
                        .line("}").line("");
            }
        }
    }

    private void numbers(Text text, String name, String what, boolean sorted) {
        text.line("/** %s */", what).line("public static double[] %s(Row row) {", name);
        text.line("%s[] y = outputs(row);", type);
        if (sorted) {
            text.line("java.util.Arrays.sort(y);");
        }
        if (encoding.bends()) {
            text.line("double[] values = new double[OUTPUTS];");
            for (int o = 0; o < encoding.values().size(); o++) {
                text.line("values[%d] = %s;", o, RawTable.decoded(encoding.values().get(o), "y[" + o + "]", "Math."));
            }
            text.line("return values;").line("}").line("");
            return;
        }
        String scales = encoding.values().stream().map(v -> Dialect.literal(v.deviation(), true) + ", "
                + Dialect.literal(v.mean(), true)).collect(java.util.stream.Collectors.joining(", "));
        text.line("double[] scale = {%s};", scales).line("double[] values = new double[OUTPUTS];");
        text.line("for (int o = 0; o < OUTPUTS; o++) {").line("values[o] = y[o] * scale[2 * o] + scale[2 * o + 1];").line("}");
        text.line("return values;").line("}").line("");
    }

    /**
     * An array of texts, which the decoder splits: as an array initialiser thousands would be too much for one method.
     */
    private static void strings(Text text, String declaration, List<String> texts) {
        text.line("%s = texts(%d,", declaration, texts.size());
        StringBuilder all = new StringBuilder();
        for (String value : texts) {
            all.append((char) (value.length() >>> 16)).append((char) value.length()).append(value);
        }
        for (int from = 0; from < all.length(); from += JavaDialect.CHARS_A_STRING) {
            int to = Math.min(all.length(), from + JavaDialect.CHARS_A_STRING);
            StringBuilder literal = new StringBuilder("\"");
            all.substring(from, to).chars().forEach(c -> JavaDialect.append(literal, (char) c));
            text.line("%s", literal.append(to == all.length() ? "\");" : "\",").toString());
        }
        text.line("");
    }

    /** The function that decodes texts: each is its length in two chars, then itself. */
    static final String DECODER = """
                private static String[] texts(int count, String... parts) {
                    StringBuilder all = new StringBuilder();
                    for (String part : parts) {
                        all.append(part);
                    }
                    String[] texts = new String[count];
                    int at = 0;
                    for (int i = 0; i < count; i++) {
                        int length = all.charAt(at) << 16 | all.charAt(at + 1);
                        texts[i] = all.substring(at + 2, at + 2 + length);
                        at += 2 + length;
                    }
                    return texts;
                }

            """;
}
