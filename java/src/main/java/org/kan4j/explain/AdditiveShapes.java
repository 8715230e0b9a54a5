// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Values;
import org.kan4j.error.KanException;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;

/**
 * What an additive model is: y = b + f_1(x_1) + ... + f_n(x_n), each function with the mean 0 over some rows, so that b is the
 * mean prediction (generalised additive models: Hastie and Tibshirani, Statistical Science 1, 1986). Numbers are in the unit of
 * the target; of two classes the sum is the log odds of the second one, of more and of labels each one's logit.
 *
 * @param outputs what is summed up: the target, or a class
 * @param means b of each output
 * @param shapes the functions, column by column, output by output
 */
public record AdditiveShapes(List<String> outputs, List<Double> means, List<Shape> shapes) {

    /** Rows that the means are taken over. */
    public static final int ROWS = 4096;

    private static final int POINTS = 101;

    /**
     * A function.
     *
     * @param column the column it is of
     * @param output what it is summed up to
     * @param points where it was taken: over the range of the training rows, or at each category
     */
    public record Shape(String column, String output, List<Point> points) {

        /** Whether it is of numbers; otherwise of categories. */
        public boolean numeric() {
            return !Double.isNaN(points.getFirst().x());
        }
    }

    /**
     * A point of a function.
     *
     * @param label the category or the number as a text
     * @param x the number; NaN for a category
     * @param y the function there
     */
    public record Point(String label, double x, double y) {
    }

    /** Keeps immutable copies. */
    public AdditiveShapes {
        outputs = List.copyOf(outputs);
        means = List.copyOf(means);
        shapes = List.copyOf(shapes);
    }

    /**
     * Takes a model apart.
     *
     * @param predict the model: the outputs of rows, from their features
     * @param rows features of some rows as the model sees them, one row after the other, over which the means are taken
     * @throws KanException if the model is not additive
     */
    public static AdditiveShapes of(KanModel model, Encoding encoding, UnaryOperator<double[]> predict, double[] rows) {
        boolean additive = model.layers().size() == 1 && model.layers().getFirst() instanceof KanLayer layer
                && !layer.inputNorm();
        if (!additive) {
            throw KanException
                    .invalid("only an additive model is a sum of functions of one column each: a single layer without a "
                            + "norm; given a model of %d layers (KanBuilder.additive makes one)", model.layers().size());
        }
        return new Taking(encoding, predict, rows).all();
    }

    /** A table with a line a point: the column, the number or category, what it is summed up to where there are several, f. */
    public String csv() {
        boolean several = outputs.size() > 1;
        StringBuilder text = new StringBuilder(several ? "column,x,output,f\n" : "column,x,f\n");
        for (Shape shape : shapes) {
            for (Point point : shape.points()) {
                text.append(field(shape.column())).append(',').append(field(point.label())).append(',');
                text.append(several ? field(shape.output()) + "," : "").append(point.y()).append('\n');
            }
        }
        return text.toString();
    }

    private static String field(String text) {
        return text.matches("[^\",\r\n]*") ? text : "\"" + text.replace("\"", "\"\"") + "\"";
    }

    /** The functions drawn side by side, on one scale. */
    public String svg() {
        return ShapePlot.svg(this);
    }

    /** The work of taking a model apart. */
    private record Taking(Encoding encoding, UnaryOperator<double[]> predict, double[] rows) {

        AdditiveShapes all() {
            int features = encoding.features();
            int n = rows.length / features;
            List<String> names = names();
            double[] plain = sums(new double[features]);
            double[] mean = new double[names.size()];
            double[] all = sums(rows);
            for (int i = 0; i < all.length; i++) {
                mean[i % mean.length] += all[i] / n;
            }
            List<Shape> shapes = new ArrayList<>();
            int at = 0;
            for (Encoding.Column column : encoding.columns()) {
                if (column instanceof Encoding.Pixels) {
                    throw KanException.invalid("the shapes of pixels are as many as there are pixels; EdgePlot draws one");
                }
                shapes.addAll(shapes(column, at, names, plain));
                at += column.width();
            }
            return new AdditiveShapes(names, Arrays.stream(mean).boxed().toList(), shapes);
        }

        private List<Shape> shapes(Encoding.Column column, int at, List<String> names, double[] plain) {
            int features = encoding.features();
            double[] alone = new double[rows.length]; // the rows' own values of this column, and nothing else
            for (int i = 0; i < rows.length; i += features) {
                System.arraycopy(rows, i + at, alone, i + at, column.width());
            }
            double[] centre = new double[names.size()];
            double[] sums = sums(alone);
            for (int i = 0; i < sums.length; i++) {
                centre[i % centre.length] += (sums[i] - plain[i % centre.length]) / (rows.length / features);
            }
            int points = column instanceof Encoding.Categorical c ? c.width() : POINTS;
            double[] grid = new double[points * features];
            List<Point> places = new ArrayList<>();
            for (int p = 0; p < points; p++) {
                if (column instanceof Encoding.Categorical c) {
                    grid[p * features + at + p] = 1;
                    places.add(new Point(c.values().get(p), Double.NaN, 0));
                } else {
                    double encoded = -1 + 2.0 * p / (points - 1);
                    double raw = ((Encoding.Numeric) column).decode(encoded);
                    grid[p * features + at] = encoded;
                    places.add(new Point(Values.text(raw), raw, 0));
                }
            }
            double[] values = sums(grid);
            List<Shape> shapes = new ArrayList<>();
            for (int o = 0; o < names.size(); o++) {
                List<Point> taken = new ArrayList<>();
                for (int p = 0; p < points; p++) {
                    double y = values[p * names.size() + o] - plain[o] - centre[o];
                    taken.add(new Point(places.get(p).label(), places.get(p).x(), y));
                }
                String name = column instanceof Encoding.Categorical c ? c.name() : ((Encoding.Numeric) column).name();
                shapes.add(new Shape(name, names.get(o), List.copyOf(taken)));
            }
            return shapes;
        }

        private boolean odds() {
            return encoding.target() instanceof Encoding.Classes classes && classes.width() == 2;
        }

        private List<String> names() {
            return odds() ? List.of("log odds of " + encoding.outputs().get(1)) : encoding.outputs();
        }

        /** What the outputs of rows sum up to, in the unit of the target. */
        private double[] sums(double[] features) {
            double[] outputs = predict.apply(features);
            if (odds()) {
                double[] odds = new double[outputs.length / 2];
                Arrays.setAll(odds, i -> outputs[2 * i + 1] - outputs[2 * i]);
                return odds;
            }
            List<Encoding.Value> values = encoding.values();
            for (int i = 0; !values.isEmpty() && i < outputs.length; i++) {
                Encoding.Value value = values.get(i % values.size());
                outputs[i] = outputs[i] * value.deviation() + value.mean();
            }
            return outputs;
        }
    }
}
