// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Outputs;
import org.kan4j.error.KanException;

/** What a model says of a row: a class, labels or a number, by what it was trained to tell. Immutable. */
public final class Prediction {

    private final Encoding.Target target;
    private final double[] values;
    private final List<String> outside;

    /** From what {@link Outputs#decode} gave. */
    Prediction(Encoding.Target target, double[] values, List<String> outside) {
        this.target = target;
        this.values = values;
        this.outside = outside;
    }

    private List<String> names() {
        return switch (target) {
            case Encoding.Classes c -> c.labels();
            case Encoding.Labels l -> l.labels();
            case Encoding.Value v -> throw new IllegalStateException("'" + v.name() + "' is a number: ask for value()");
            case Encoding.Numbers n -> throw new IllegalStateException("'" + n.name() + "' are numbers: ask for values()");
            case Encoding.Quantiles q -> throw new IllegalStateException("of '" + q.name() + "' there are quantiles: ask for "
                    + "quantile(level)");
        };
    }

    /**
     * The most likely class.
     *
     * @throws IllegalStateException if the model tells no class
     */
    public String label() {
        if (target instanceof Encoding.Labels l) {
            throw new IllegalStateException("a row may have several of '" + l.name() + "': ask for labels()");
        }
        return names().get(Outputs.argMax(values));
    }

    /**
     * The labels that are more likely than not.
     *
     * @throws IllegalStateException if the model tells no labels
     */
    public Set<String> labels() {
        return labels(0.5);
    }

    /**
     * The labels whose probability is above a threshold.
     *
     * @throws IllegalStateException if the model tells no labels
     */
    public Set<String> labels(double threshold) {
        if (!(target instanceof Encoding.Labels l)) {
            throw new IllegalStateException("'" + target.name() + "' is " + (target instanceof Encoding.Classes
                    ? "one class: ask for label()" : "a number: ask for value()"));
        }
        Set<String> labels = new LinkedHashSet<>();
        for (int i = 0; i < values.length; i++) {
            if (values[i] > threshold) {
                labels.add(l.labels().get(i));
            }
        }
        return labels;
    }

    /** The probability of the most likely class; of labels, of the most likely one. */
    public double probability() {
        names();
        return values[Outputs.argMax(values)];
    }

    /**
     * The probability of a class or a label.
     *
     * @throws KanException if it is none of the model's
     */
    public double probability(String label) {
        int place = names().indexOf(label);
        if (place < 0) {
            throw KanException.invalid("'%s' is none of the classes of the model: %s", label, names());
        }
        return values[place];
    }

    /** The probability of each class, which sum up to 1; or of each label, each between 0 and 1. */
    public Map<String, Double> probabilities() {
        Map<String, Double> all = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            all.put(names().get(i), values[i]);
        }
        return all;
    }

    /**
     * The number, in the unit of the training rows; of quantiles the median.
     *
     * @throws IllegalStateException if the model tells no number, or several
     */
    public double value() {
        if (target instanceof Encoding.Value) {
            return values[0];
        }
        if (target instanceof Encoding.Quantiles) {
            return quantile(0.5);
        }
        throw new IllegalStateException("'" + target.name()
                + (target instanceof Encoding.Numbers ? "' are several numbers: ask for "
                        : "' is no number: ask for ")
                + (target instanceof Encoding.Classes ? "label()" : target instanceof Encoding.Labels ? "labels()" : "values()"));
    }

    /**
     * The numbers by the names of their columns, each in its own unit; of quantiles by names such as {@code price_q05},
     * ascending.
     *
     * @throws IllegalStateException if the model tells no numbers
     */
    public Map<String, Double> values() {
        if (target instanceof Encoding.Classes || target instanceof Encoding.Labels) {
            throw new IllegalStateException("'" + target.name() + "' is no number: ask for probabilities()");
        }
        List<String> columns = Encoding.outputs(target);
        Map<String, Double> all = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            all.put(columns.get(i), values[i]);
        }
        return all;
    }

    /**
     * A quantile of the number, in the unit of the training rows.
     *
     * @param level one of those the model was trained for
     * @throws IllegalStateException if the model tells no quantiles
     * @throws KanException if it tells others
     */
    public double quantile(double level) {
        if (!(target instanceof Encoding.Quantiles q)) {
            throw new IllegalStateException("of '" + target.name() + "' the model tells no quantiles; train it for some");
        }
        int place = q.levels().indexOf(level);
        if (place < 0) {
            throw KanException.invalid("%s is none of the levels that the model was trained for: %s", level, q.levels());
        }
        return values[place];
    }

    /**
     * The inputs that are beyond the range of the training rows, by more than a tenth of it: nothing was learned there.
     * Empty for most rows.
     */
    public List<String> outside() {
        return new ArrayList<>(outside);
    }

    /** The numbers themselves: probabilities in the order of the model's outputs, or the value. */
    double[] numbers() {
        return values;
    }

    /** Such as {@code setosa (97.1 %)}, {@code [rock, live]} or {@code 3.49}. */
    @Override
    public String toString() {
        return switch (target) {
            case Encoding.Classes c -> String.format(java.util.Locale.ROOT, "%s (%.1f %%)", label(), 100 * probability());
            case Encoding.Labels l -> labels().toString();
            case Encoding.Value v -> Double.toString(values[0]);
            case Encoding.Numbers n -> values().toString();
            case Encoding.Quantiles q -> values().toString();
        };
    }
}
