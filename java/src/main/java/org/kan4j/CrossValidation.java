// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;

/**
 * What came of a cross-validation: a report of each fold, measured by a model that was trained on the others.
 *
 * @param folds one report a fold
 */
public record CrossValidation(List<Report> folds) {

    /** Keeps an immutable copy. */
    public CrossValidation {
        folds = List.copyOf(folds);
    }

    /**
     * The mean of a measure over the folds that define it.
     *
     * @param measure a name in {@link Report#measures}
     * @throws KanException if no fold has it
     */
    public double mean(String measure) {
        return values(measure).stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    /** The standard deviation of a measure over the folds, with n - 1; 0 for a single one. */
    public double deviation(String measure) {
        List<Double> values = values(measure);
        double mean = mean(measure);
        double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
        return values.size() < 2 ? 0 : Math.sqrt(squares / (values.size() - 1));
    }

    private List<Double> values(String measure) {
        List<Double> values = folds.stream().map(fold -> fold.measures().get(measure)).filter(v -> v != null).toList();
        if (values.isEmpty()) {
            throw KanException.invalid("there is no measure '%s'; there are %s", measure, names());
        }
        return values;
    }

    private Set<String> names() {
        Set<String> names = new TreeSet<>();
        folds.forEach(fold -> names.addAll(fold.measures().keySet()));
        return names;
    }

    /** A line for each measure: mean, deviation. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(Counted.of(folds.size(), "fold") + System.lineSeparator());
        for (String name : names()) {
            text.append(String.format(Locale.ROOT, "%-12s %.4g +- %.2g%n", name, mean(name), deviation(name)));
        }
        return text.toString();
    }
}
