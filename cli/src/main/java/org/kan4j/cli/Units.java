// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Outputs;
import org.kan4j.measure.Metric;
import org.kan4j.measure.Metrics;

/** Measures in the target's own unit, which of a model's own are a multiple, or have nothing to do with where the target is bent. */
final class Units {

    private static final String SQUARES = "squared error in the unit of the target";
    private static final String DISTANCE = "absolute error in the unit of the target";
    private static final String PINBALL = "pinball loss in the unit of the target";
    private static final String SPREAD = "variance in the unit of the target";

    private Units() {
    }

    /** What a trainer is to measure besides, for {@link #measures}: nothing where the target is not bent. */
    static List<Metric> metrics(Encoding encoding) {
        if (!encoding.bends() || encoding.target() instanceof Encoding.Numbers) {
            return List.of();
        }
        Encoding.Value value = encoding.values().getFirst();
        List<Metric> metrics = new ArrayList<>(List.of(
                Metric.mean(SQUARES,
                        (outputs, wanted) -> off(value, outputs, wanted).map(off -> off * off).average().orElseThrow()),
                Metric.mean(DISTANCE, (outputs, wanted) -> off(value, outputs, wanted).map(Math::abs).average().orElseThrow()),
                spread(value)));
        if (encoding.target() instanceof Encoding.Quantiles quantiles) {
            metrics.add(Metric.mean(PINBALL, (outputs, wanted) -> Outputs.error(quantiles, outputs, wanted)));
        }
        return metrics;
    }

    /** How far predictions are off, in the target's unit where it is bent: squared, or the loss of quantiles. */
    static double error(Metrics metrics, Encoding encoding) {
        if (encoding.target() instanceof Encoding.Quantiles) {
            Double bent = metrics.values().get(PINBALL);
            return bent != null ? bent : metrics.loss() * unit(encoding);
        }
        return Math.pow(measures(metrics, encoding).get("rmse"), 2);
    }

    /** By name, errors in the target's own unit; of several numbers in their deviations. */
    static Map<String, Double> measures(Metrics metrics, Encoding encoding) {
        return measures(metrics.values(), encoding);
    }

    /** As above, of measures by name. */
    static Map<String, Double> measures(Map<String, Double> own, Encoding encoding) {
        Map<String, Double> values = new LinkedHashMap<>(own);
        Double squares = values.remove(SQUARES);
        Double distance = values.remove(DISTANCE);
        Double spread = values.remove(SPREAD);
        values.remove(PINBALL);
        if (squares != null) {
            values.put("rmse", Math.sqrt(squares));
            values.put("mae", distance);
            values.remove("r2");
            if (spread != null && spread > 0) {
                values.put("r2", 1 - squares / spread);
            }
            return values;
        }
        double unit = unit(encoding);
        values.computeIfPresent("rmse", (name, value) -> value * unit);
        values.computeIfPresent("mae", (name, value) -> value * unit);
        return values;
    }

    /** What a model's own errors are counted in: the deviation of the target; 1 where there are several numbers, or none. */
    private static double unit(Encoding encoding) {
        return encoding == null || encoding.target() instanceof Encoding.Numbers || encoding.values().isEmpty() ? 1
                : encoding.values().getFirst().deviation();
    }

    private static DoubleStream off(Encoding.Value value, double[] outputs, double[] wanted) {
        return IntStream.range(0, outputs.length).mapToDouble(o -> value.decode(outputs[o]) - value.decode(wanted[o]));
    }

    private static Metric spread(Encoding.Value value) {
        return new Metric() {
            @Override
            public String name() {
                return SPREAD;
            }

            @Override
            public Sum start() {
                return new Sum() {
                    private double weights;
                    private double mean;
                    private double squares;

                    @Override
                    public void add(double[] prediction, double[] target, double weight) {
                        double off = value.decode(target[0]) - mean; // Welford, 1962
                        weights += weight;
                        mean += off * weight / weights;
                        squares += weight * off * (value.decode(target[0]) - mean);
                    }

                    @Override
                    public double value() {
                        return squares / weights;
                    }
                };
            }
        };
    }
}
