// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.List;

/** Ways to look for the line alpha u + beta inside a function. */
final class Searches {

    private Searches() {
    }

    /** A width and a place: alpha (u - tau), theta the logarithm of alpha and tau. */
    record WidthAndPlace(double lowest, double highest) implements Families.Search {
        @Override
        public List<double[]> starts() {
            List<double[]> starts = new ArrayList<>();
            for (double alpha : Families.powersOfTen(-1, 1.7, 28)) {
                for (int k = 0; k < 41; k++) {
                    starts.add(new double[] {Math.log(alpha), -2 + 0.1 * k});
                }
            }
            return starts;
        }

        @Override
        public double[] line(double[] theta) {
            double alpha = Math.exp(theta[0]);
            return alpha < lowest || alpha > highest || Math.abs(theta[1]) > 20 ? null
                    : new double[] {alpha, -alpha * theta[1]};
        }

        @Override
        public double[][] changes(double[] theta) {
            double alpha = Math.exp(theta[0]);
            return new double[][] {{alpha, -alpha * theta[1]}, {0, -alpha}};
        }
    }

    /** Where the ends of the range fall within a function's domain -limit..limit: theta their inverse tanh. */
    record Ends(double limit) implements Families.Search {
        @Override
        public List<double[]> starts() {
            List<Double> ends = new ArrayList<>();
            for (double rest : Families.powersOfTen(-5, -0.02, 18)) {
                double end = atanh(1 - rest);
                ends.add(end);
                ends.add(-end);
            }
            ends.add(0.0);
            List<double[]> starts = new ArrayList<>();
            for (double low : ends) {
                for (double high : ends) {
                    if (Math.tanh(high) > Math.tanh(low) + 1e-3) {
                        starts.add(new double[] {low, high});
                    }
                }
            }
            return starts;
        }

        private static double atanh(double v) {
            return 0.5 * Math.log((1 + v) / (1 - v));
        }

        @Override
        public double[] line(double[] theta) {
            double low = limit * Math.tanh(theta[0]);
            double high = limit * Math.tanh(theta[1]);
            boolean inside = high > low && low > -limit * (1 - 1e-12) && high < limit * (1 - 1e-12);
            return inside ? new double[] {(high - low) / 2, (high + low) / 2} : null;
        }

        @Override
        public double[][] changes(double[] theta) {
            double low = limit * (1 - Math.pow(Math.tanh(theta[0]), 2)) / 2;
            double high = limit * (1 - Math.pow(Math.tanh(theta[1]), 2)) / 2;
            return new double[][] {{-low, low}, {high, high}};
        }
    }

    /** A kink at a place within the range: u - tau, or tau - u. */
    record Place(double direction) implements Families.Search {
        @Override
        public List<double[]> starts() {
            return Families.evenly(-0.98, 0.98, 50);
        }

        @Override
        public double[] line(double[] theta) {
            return Math.abs(theta[0]) < 1 ? new double[] {direction, -direction * theta[0]} : null;
        }

        @Override
        public double[][] changes(double[] theta) {
            return new double[][] {{0, -direction}};
        }
    }

    /** Any line, of a function of which nothing is known. */
    record Line() implements Families.Search {
        @Override
        public List<double[]> starts() {
            List<double[]> starts = new ArrayList<>();
            List<Double> alphas = new ArrayList<>();
            for (double alpha : Families.powersOfTen(-1, 0, 10)) {
                alphas.add(alpha);
            }
            for (double alpha = 1.5; alpha <= 40; alpha += 0.5) {
                alphas.add(alpha);
            }
            for (double alpha : alphas) {
                for (int k = -8; k <= 8; k++) {
                    double beta = -alpha * k / 4;
                    starts.add(new double[] {alpha, beta});
                    starts.add(new double[] {-alpha, -beta});
                }
            }
            return starts;
        }

        @Override
        public double[] line(double[] theta) {
            return Math.abs(theta[0]) > 1e-3 ? theta : null;
        }

        @Override
        public double[][] changes(double[] theta) {
            return new double[][] {{1, 0}, {0, 1}};
        }
    }
}
