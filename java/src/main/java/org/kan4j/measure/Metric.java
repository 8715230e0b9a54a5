// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.measure;

/** A measure of one's own, beside those of {@link Metrics}: fed row by row with what a model says and what is so. */
public interface Metric {

    /** Its name among the others, such as {@code within_5_percent}. */
    String name();

    /** Begins a measurement. */
    Sum start();

    /** A measurement under way. */
    interface Sum {

        /**
         * Takes a row in.
         *
         * @param prediction outputs of the model; valid until this returns
         * @param target of the row; with class labels one number, the class; valid until this returns
         * @param weight of the row
         */
        void add(double[] prediction, double[] target, double weight);

        /** The measure of the rows so far; NaN where they define none. */
        double value();
    }

    /** A number for a row. */
    @FunctionalInterface
    interface OfRow {
        /** Of what a model says and what is so, as {@link Sum#add} has them. */
        double of(double[] prediction, double[] target);
    }

    /** The weighted mean over the rows of a number for each. */
    static Metric mean(String name, OfRow row) {
        return new Metric() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Sum start() {
                return new Sum() {
                    private double sum;
                    private double weights;

                    @Override
                    public void add(double[] prediction, double[] target, double weight) {
                        sum += weight * row.of(prediction, target);
                        weights += weight;
                    }

                    @Override
                    public double value() {
                        return sum / weights;
                    }
                };
            }
        };
    }
}
