// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.util.ArrayList;
import java.util.List;
import org.kan4j.data.Names;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.Counted;

/** What goes into a model and comes out of it, in words. */
final class Columns {

    private Columns() {
    }

    /** Lines of a card: inputs, target and how both become numbers. */
    static List<String> describe(Encoding encoding) {
        List<String> names = new ArrayList<>();
        List<String> ways = new ArrayList<>();
        for (Encoding.Column column : encoding.columns()) {
            switch (column) {
                case Encoding.Numeric numeric -> {
                    names.add(numeric.name());
                    add(ways, numeric.quantiles().isEmpty() ? "numbers from the range of the training rows to -1..1"
                            : "numbers by the quantiles of the training rows to -1..1");
                }
                case Encoding.Categorical categorical -> {
                    names.add(format("%s (%s)", categorical.name(), Counted.of(categorical.values().size(), "value")));
                    add(ways, "each value of a category to an input of 0 or 1");
                }
                case Encoding.Pixels pixels -> {
                    names.add(Counted.of(pixels.count(), "pixel"));
                    add(ways, "pixels from 0.." + Math.round(pixels.maximum()) + " to -1..1");
                }
            }
        }
        if (encoding.missing() == Encoding.Missing.FILL) {
            ways.add(
                    "missing values to the mean (the median, where by quantiles) and a second input that tells, or to none of the values");
        }
        if (encoding.unseen() == Encoding.Unseen.UNKNOWN) {
            ways.add("categories that the training rows do not have to none of the values");
        }
        String target = switch (encoding.target()) {
            case Encoding.Classes classes -> format("%s, one of %d classes: %s", classes.name(), classes.width(),
                    Names.some(classes.labels()));
            case Encoding.Labels labels -> format("%s, any of %s: %s", labels.name(), Counted.of(labels.width(), "label"),
                    Names.some(labels.labels()));
            case Encoding.Value value -> format("%s, a number: %s", value.name(), scale(value));
            case Encoding.Numbers several -> format("%d numbers: %s", several.width(),
                    Names.some(encoding.bends() ? encoding.transformed() : encoding.targets()));
            case Encoding.Quantiles q -> format("quantiles %s of %s, a number: %s", Names.some(
                    q.levels().stream().map(String::valueOf).toList()), q.name(), scale(q.value()));
        };
        return List.of(format("inputs       %,d: %s", encoding.features(), Names.some(names)), "target       " + target,
                "encoding     " + String.join("; ", ways));
    }

    private static String scale(Encoding.Value value) {
        return (value.transform().bends() ? "learned as " + value.transform().of(value.name()) + ": " : "")
                + format("mean %.6g, deviation %.6g", value.mean(), value.deviation());
    }

    private static void add(List<String> ways, String way) {
        if (!ways.contains(way)) {
            ways.add(way);
        }
    }
}
