// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.UnsupportedException;
import org.kan4j.export.Dialect.Text;
import org.kan4j.tensor.DType;

/** Raw columns in, predictions out: an {@link Encoding} as functions of C. */
final class CRow {

    /** Characters of a literal that every compiler of C99 takes (its section 5.2.4.1). */
    private static final int LONGEST = 4095;

    private final Encoding encoding;
    private final RawTable table;
    private final String name;
    private final String upper;
    private final String type;
    private final int numbers;
    private final int categories;

    /** For a model of a type whose functions start with a name. */
    CRow(Encoding encoding, DType dtype, String name) {
        this.encoding = encoding;
        this.name = name;
        this.upper = name.toUpperCase(Locale.ROOT);
        this.type = dtype == DType.F64 ? "double" : "float";
        table = RawTable.of(encoding);
        int texts = 0;
        for (int c = 0; c < table.names().size(); c++) {
            texts += table.isCategory(c) ? 1 : 0;
        }
        categories = texts;
        numbers = table.names().size() - texts;
    }

    /** What the function is called and gives. */
    private String result() {
        return switch (encoding.target()) {
            case Encoding.Value value -> "value";
            case Encoding.Numbers several -> "values";
            case Encoding.Quantiles quantiles -> "quantiles";
            case Encoding.Classes classes -> "probabilities";
            case Encoding.Labels labels -> "probabilities";
        };
    }

    private boolean hasLabels() {
        return encoding.values().isEmpty();
    }

    private String head() {
        return "int " + name + "_" + result() + "(const double *numbers, const char *const *categories, double *"
                + result() + (encoding.target() instanceof Encoding.Classes ? ", int *label)" : ")");
    }

    /** Declarations, with all that a caller must know. */
    String header() {
        boolean fill = encoding.missing() == Encoding.Missing.FILL;
        boolean unknown = encoding.unseen() == Encoding.Unseen.UNKNOWN;
        Text text = new Text(0);
        text.line("#define %s_NUMBERS %d", upper, numbers).line("#define %s_CATEGORIES %d", upper, categories).line("");
        text.line("/*").line(" * Names of the raw columns, in the order in which rows have them: first the numbers,");
        text.line(" * then the categories, in UTF-8.").line(" */");
        text.line("extern const char *const %s_columns[%s_NUMBERS + %s_CATEGORIES];", name, upper, upper).line("");
        if (hasLabels()) {
            text.line("/* Names of the outputs, in UTF-8. */");
            text.line("extern const char *const %s_labels[%s_OUTPUTS];", name, upper).line("");
        }
        text.line("/*").line(" * Predicts from one row as it comes, in the units of the training data.");
        text.line(" * numbers: %s_NUMBERS of them; NaN is missing. %s", upper, fill
                ? "It is taken for the mean or median of the training rows." : "It is refused.");
        text.line(" * categories: %s_CATEGORIES texts that end in 0, compared byte by byte; NULL is missing. %s", upper, fill
                ? "It is taken for none of the known ones." : "It is refused.");
        text.line(" * A category that the training rows did not have is %s.", unknown ? "taken for none of the known ones"
                : "refused");
        text.line(" * An infinite number is refused. Where there are none of a kind, its array may be NULL.");
        text.line(" * %s: room for %s_OUTPUTS numbers, %s.", result(), upper, what());
        if (encoding.target() instanceof Encoding.Classes) {
            text.line(" * label: becomes the place of the most likely class in %s_labels; may be NULL.", name);
        }
        text.line(" * Returns 0; or, for a row that is refused, 1 + the place of the first such column in %s_columns,", name);
        text.line(" * and nothing is written. All arrays are the caller's; nothing is kept or allocated. Uses %d bytes",
                (encoding.features() + encoding.target().width()) * (type.equals("float") ? 4L : 8L));
        text.line(" * of stack beside those of %s_predict; any number of threads may call it.", name).line(" */");
        return text.line("%s", head() + ";").line("").toString();
    }

    private String what() {
        return switch (encoding.target()) {
            case Encoding.Value value -> "in its own unit";
            case Encoding.Numbers several -> "each in its own unit, in the order of training";
            case Encoding.Quantiles quantiles -> "ascending, of the levels " + quantiles.levels();
            case Encoding.Classes classes -> "in the order of " + name + "_labels; their sum is 1";
            case Encoding.Labels labels -> "each from 0 to 1, in the order of " + name + "_labels";
        };
    }

    /** Definitions. */
    String source() {
        Text text = new Text(0);
        CDialect doubles = new CDialect(DType.F64);
        text.line("const char *const %s_columns[] = {", name);
        for (boolean category : new boolean[] {false, true}) {
            for (int c = 0; c < table.names().size(); c++) {
                if (table.isCategory(c) == category) {
                    text.line("%s,", literal(table.names().get(c)));
                }
            }
        }
        text.line("};").line("");
        if (hasLabels()) {
            strings(text, "const char *const " + name + "_labels[]", encoding.outputs());
        }
        if (!table.values().isEmpty()) {
            strings(text, "static const char *const VALUES[]", table.values());
        }
        text.line(
                "/* Of each column: low, high, what fills it, first quantile, parts, first value, values (-1: a number), indicator. */");
        doubles.table(text, "double", "ENCODING", table.fields());
        if (table.quantiles().length > 0) {
            doubles.table(text, "double", "QUANTILES", table.quantiles());
        }
        if (numbers > 0) {
            scaled(text);
        }
        encoded(text);
        predict(text);
        return text.toString();
    }

    private void scaled(Text text) {
        text.line("/* A number of the column e from -1 to 1. */");
        text.line("static double scaled(double v, const double *e) {").line("const double low = e[0], high = e[1];");
        text.line("const double range = high - low;").line("if (!(high > low)) {").line("return 0;").line("}");
        if (table.quantiles().length > 0) {
            text.line("const int parts = (int) e[4];").line("if (parts > 0) {");
            text.line("const double *q = QUANTILES + (int) e[3];").line("int p = 0;");
            text.line("while (p < parts - 1 && v > q[p + 1]) {").line("p++;").line("}");
            text.line("return (p + (v - q[p]) / (q[p + 1] - q[p])) / parts * 2 - 1;").line("}");
        }
        text.line("return isinf(range) ? (v / 2 - low / 2) / (high / 2 - low / 2) * 2 - 1 : (v - low) / range * 2 - 1;");
        text.line("}").line("");
    }

    private void encoded(Text text) {
        boolean fill = encoding.missing() == Encoding.Missing.FILL;
        text.line("/* What the model sees; gives 0, or 1 + the place of the column that is refused. */");
        text.line("static int encoded(const double *numbers, const char *const *categories, %s *x) {", type);
        text.line("const double *e = ENCODING;").line("int at = 0%s%s;", numbers > 0 ? ", n = 0" : "", categories > 0
                ? ", t = 0" : "");
        if (numbers == 0) {
            text.line("(void) numbers;");
        }
        if (categories == 0) {
            text.line("(void) categories;");
        }
        text.line("for (int c = 0; c < %d; c++, e += %d) {", table.names().size(), RawTable.FIELDS);
        if (numbers > 0) {
            text.line("if (e[6] < 0) {").line("const double raw = numbers[n++];");
            text.line("const double v = %s;", fill ? "isnan(raw) ? e[2] : raw" : "raw");
            text.line("if (isnan(v) || isinf(v)) {").line("return n;").line("}");
            text.line("x[at++] = %sscaled(v, e);", type.equals("float") ? "(float) " : "");
            text.line("if (e[7] > 0) {").line("x[at++] = isnan(raw) ? 1 : 0;").line("}");
            text.line("}");
        }
        if (categories > 0) {
            category(text, fill, encoding.unseen() == Encoding.Unseen.UNKNOWN);
        }
        text.line("}").line("return 0;").line("}").line("");
    }

    private void category(Text text, boolean fill, boolean unknown) {
        text.line("if (e[6] >= 0) {").line("const char *category = categories[t++];");
        if (!unknown) {
            text.line("int found = %s;", fill ? "category == NULL" : "0");
        }
        if (!fill) {
            text.line("if (category == NULL) {").line("return %d + t;", numbers).line("}");
        }
        text.line("for (int i = 0; i < (int) e[6]; i++) {");
        String same = (fill ? "category != NULL && " : "") + "strcmp(%s, category) == 0";
        text.line("const int same = " + String.format(same, table.values().isEmpty() ? "\"\"" : "VALUES[(int) e[5] + i]") + ";");
        text.line("x[at++] = same ? 1 : 0;");
        if (!unknown) {
            text.line("found |= same;");
        }
        text.line("}");
        if (!unknown) {
            text.line("if (!found) {").line("return %d + t;", numbers).line("}");
        }
        text.line("}");
    }

    private void predict(Text text) {
        text.line("%s", head() + " {");
        text.line("%s x[%s_INPUTS], y[%s_OUTPUTS];", type, upper, upper);
        text.line("const int refused = encoded(numbers, categories, x);");
        text.line("if (refused) {").line("return refused;").line("}");
        text.line("%s_predict(x, y);", name);
        String each = String.format(Locale.ROOT, "for (int o = 0; o < %d; o++) {", encoding.target().width());
        switch (encoding.target()) {
            case Encoding.Classes classes -> {
                text.line("int best = 0;").line("double sum = 0;");
                text.line("%s", each).line("best = y[o] > y[best] ? o : best;").line("}");
                text.line("%s", each).line("probabilities[o] = exp((double) y[o] - (double) y[best]);")
                        .line("sum += probabilities[o];").line("}");
                text.line("%s", each).line("probabilities[o] /= sum;").line("}");
                text.line("if (label != NULL) {").line("*label = best;").line("}");
            }
            case Encoding.Labels labels ->
                text.line("%s", each).line("probabilities[o] = 1 / (1 + exp(-(double) y[o]));").line("}");
            case Encoding.Quantiles quantiles -> {
                text.line("/* Ascending: quantiles never cross. */");
                text.line("%s", each.replace("o = 0", "o = 1")).line("const %s v = y[o];", type).line("int p = o;");
                text.line("for (; p > 0 && y[p - 1] > v; p--) {").line("y[p] = y[p - 1];").line("}");
                text.line("y[p] = v;").line("}");
                numbers(text, each);
            }
            case Encoding.Value value -> numbers(text, each);
            case Encoding.Numbers several -> numbers(text, each);
        }
        text.line("return 0;").line("}");
    }

    private void numbers(Text text, String each) {
        if (encoding.bends()) {
            for (int o = 0; o < encoding.values().size(); o++) {
                text.line("%s[%d] = %s;", result(), o, RawTable.decoded(encoding.values().get(o), "y[" + o + "]", ""));
            }
            return;
        }
        List<String> scales = encoding.values().stream().map(v -> "{" + Dialect.literal(v.deviation(), true) + ", "
                + Dialect.literal(v.mean(), true) + "}").toList();
        text.line("static const double scale[][2] = {%s};", String.join(", ", scales));
        text.line("%s", each).line("%s[o] = y[o] * scale[o][0] + scale[o][1];", result()).line("}");
    }

    private static void strings(Text text, String declaration, List<String> texts) {
        text.line("%s = {", declaration);
        texts.forEach(value -> text.line("%s,", literal(value)));
        text.line("};").line("");
    }

    /** A text in UTF-8 as a literal of ASCII. */
    private static String literal(String value) {
        if (value.indexOf(0) >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            throw new UnsupportedException("'" + value.replaceAll("\\p{Cntrl}", "?") + "' has a character that no text of C "
                    + "can hold; without an encoding the sources take the numbers that the model sees");
        }
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > LONGEST) {
            throw new UnsupportedException("a text of C has at most " + LONGEST + " bytes, '" + value.substring(0, 40)
                    + "...' has " + bytes.length + "; without an encoding the sources take the numbers that the model sees");
        }
        StringBuilder literal = new StringBuilder("\"");
        for (byte b : bytes) {
            if (b >= ' ' && b <= '~' && b != '"' && b != '\\' && b != '?') { // ? may start a trigraph
                literal.append((char) b);
            } else {
                literal.append('\\').append((char) ('0' + (b >> 6 & 3))).append((char) ('0' + (b >> 3 & 7)))
                        .append((char) ('0' + (b & 7)));
            }
        }
        return literal.append('"').toString();
    }
}
