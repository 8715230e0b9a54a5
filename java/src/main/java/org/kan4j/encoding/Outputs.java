// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import org.kan4j.error.KanException;

/** What a model's outputs say. */
public final class Outputs {

    private Outputs() {
    }

    /** What each is called. */
    static List<String> names(Encoding.Target target) {
        return switch (target) {
            case Encoding.Value value -> List.of(value.name());
            case Encoding.Numbers several -> several.values().stream().map(Encoding.Value::name).toList();
            case Encoding.Quantiles q -> q.levels().stream().map(level -> q.name() + "_q" + digits(level)).toList();
            case Encoding.Classes classes -> classes.labels();
            case Encoding.Labels labels -> labels.labels();
        };
    }

    /** 0.05 is 05, 0.5 is 50, 0.999 is 999. */
    private static String digits(double level) {
        String digits = BigDecimal.valueOf(level).toPlainString().substring(2);
        return digits.length() == 1 ? digits + "0" : digits;
    }

    /**
     * What the outputs of a row mean: of classes a probability each, which sum up to 1; of several labels a probability
     * each; of a number the number in its own unit, of several each in its own; of quantiles each in the number's unit,
     * ascending: rearranged where the model gives them in another order.
     *
     * @param outputs of the model; left alone
     */
    public static double[] decode(Encoding.Target target, double[] outputs) {
        return switch (target) {
            case Encoding.Classes c -> softmax(outputs);
            case Encoding.Labels l -> sigmoid(outputs);
            case Encoding.Value v -> new double[] {v.decode(outputs[0])};
            case Encoding.Numbers n -> {
                double[] values = new double[n.width()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = n.values().get(i).decode(outputs[i]);
                }
                yield values;
            }
            case Encoding.Quantiles q -> {
                // In order they are at least as near to the true ones: Chernozhukov, Fernandez-Val, Galichon, 2010.
                double[] values = outputs.clone();
                Arrays.sort(values);
                for (int i = 0; i < values.length; i++) {
                    values[i] = q.value().decode(values[i]);
                }
                yield values;
            }
        };
    }

    /**
     * How far the outputs of a row are off, in the unit of a number: its squared error, or of quantiles the mean pinball loss.
     *
     * @param wanted of each output, as {@link RowEncoder#target(RawRow, int, double[])} gives it
     */
    public static double error(Encoding.Target target, double[] outputs, double[] wanted) {
        double[] values = decode(target, outputs);
        return switch (target) {
            case Encoding.Value v -> {
                double off = values[0] - v.decode(wanted[0]);
                yield off * off;
            }
            case Encoding.Quantiles q -> {
                double truth = q.value().decode(wanted[0]);
                double sum = 0;
                for (int i = 0; i < values.length; i++) {
                    double off = truth - values[i];
                    sum += off * (off > 0 ? q.levels().get(i) : q.levels().get(i) - 1);
                }
                yield sum / values.length;
            }
            case Encoding.Numbers n -> throw KanException.invalid("several numbers have no unit in common, given %s", n.name());
            case Encoding.Classes c -> throw KanException.invalid("classes have no unit, given '%s'", c.name());
            case Encoding.Labels l -> throw KanException.invalid("labels have no unit, given '%s'", l.name());
        };
    }

    /** Probabilities of classes from their logits. */
    public static double[] softmax(double[] logits) {
        double max = Double.NEGATIVE_INFINITY;
        for (double logit : logits) {
            max = Math.max(max, logit);
        }
        double[] p = new double[logits.length];
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            p[i] = Math.exp(logits[i] - max);
            sum += p[i];
        }
        for (int i = 0; i < p.length; i++) {
            p[i] /= sum;
        }
        return p;
    }

    /** Probabilities of a yes each from their logits. */
    public static double[] sigmoid(double[] logits) {
        double[] p = new double[logits.length];
        for (int i = 0; i < p.length; i++) {
            p[i] = 1 / (1 + Math.exp(-logits[i]));
        }
        return p;
    }

    /** The place of the greatest; the first of equals. */
    public static int argMax(double[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }
}
