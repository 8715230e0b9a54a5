// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

/** The functions of a basis on one input. */
abstract class Basis {

    private final int functions;

    Basis(int functions) {
        this.functions = functions;
    }

    /** Coefficients of an edge. */
    int functions() {
        return functions;
    }

    /** The most functions that are not zero at a point. */
    int values() {
        return functions;
    }

    /**
     * Evaluates the functions of input i that are not zero.
     *
     * @param values receives {@link #values} numbers
     * @return the number of the function that the first belongs to; those outside 0 .. functions - 1 are not there
     */
    abstract int evaluate(int i, double z, double[] values);

    /** A basis with its numbers. */
    static Basis read(LayerFields f, int in) {
        String type = f.text("type");
        switch (type) {
            case "bspline" :
                return new Spline(f.tensor("knots", in, f.whole("grid") + 2L * f.whole("order") + 1), in,
                        f.whole("order"), f.text("outside"));
            case "fastkan" :
                return gaussian(f, f.whole("centres"));
            case "rswaf" :
                return rswaf(f, f.whole("centres"));
            case "fourierkan" :
                return fourier(f.whole("frequencies"));
            case "chebykan" :
                return chebyshev(f.whole("degree"));
            case "jacobikan" :
                return jacobi(f.whole("degree"), f.number("a"), f.number("b"));
            case "sinekan" :
                return sine(f, f.whole("frequencies"), in);
            case "relukan" :
                return relu(f, f.whole("grid"), f.whole("order"), in);
            case "rational" :
                return rational(f, f.whole("groups"), in);
            case "bsrbf" :
                return sum(new Spline(f.tensor("knots", in, f.whole("grid") + 2L * f.whole("order") + 1), in,
                        f.whole("order"), "zero"), gaussian(f, f.whole("grid") + f.whole("order")));
            default :
                throw f.unknown("basis", type);
        }
    }

    private static Basis gaussian(LayerFields f, int n) {
        final double[] centres = f.tensor("centres", n);
        final double width = f.tensor("inv_width", 1)[0];
        return new Basis(n) {
            @Override
            int evaluate(int i, double z, double[] values) {
                for (int c = 0; c < values.length; c++) {
                    double u = (z - centres[c]) * width;
                    values[c] = Math.exp(-u * u);
                }
                return 0;
            }
        };
    }

    private static Basis rswaf(LayerFields f, int n) {
        final double[] centres = f.tensor("centres", n);
        final double width = f.tensor("inv_width", 1)[0];
        return new Basis(n) {
            @Override
            int evaluate(int i, double z, double[] values) {
                for (int c = 0; c < values.length; c++) {
                    double cosh = Math.cosh((z - centres[c]) * width); // 1 - tanh^2 = 1 / cosh^2
                    values[c] = 1 / cosh / cosh;
                }
                return 0;
            }
        };
    }

    private static Basis fourier(final int frequencies) {
        return new Basis(2 * frequencies) {
            @Override
            int evaluate(int i, double z, double[] values) {
                for (int k = 0; k < frequencies; k++) {
                    values[k] = Math.cos((k + 1) * z);
                    values[frequencies + k] = Math.sin((k + 1) * z);
                }
                return 0;
            }
        };
    }

    private static Basis chebyshev(int degree) {
        return new Basis(degree + 1) {
            @Override
            int evaluate(int i, double z, double[] values) {
                double t = Math.tanh(z);
                values[0] = 1;
                values[1] = t;
                for (int d = 2; d < values.length; d++) {
                    values[d] = 2 * t * values[d - 1] - values[d - 2];
                }
                return 0;
            }
        };
    }

    private static Basis jacobi(int degree, final double a, final double b) {
        return new Basis(degree + 1) {
            @Override
            int evaluate(int i, double z, double[] values) {
                double t = Math.tanh(z);
                values[0] = 1;
                values[1] = (a - b + (a + b + 2) * t) / 2;
                for (int d = 2; d < values.length; d++) {
                    double e = 2 * d + a + b;
                    double unit = 2 * d * (d + a + b) * (e - 2);
                    values[d] = ((e - 1) * (e * (e - 2) * t + a * a - b * b) * values[d - 1]
                            - 2 * (d + a - 1) * (d + b - 1) * e * values[d - 2]) / unit;
                }
                return 0;
            }
        };
    }

    private static Basis sine(LayerFields f, int n, int in) {
        final double[] frequency = f.tensor("freq", n);
        final double[] phase = f.tensor("phase", in, n);
        return new Basis(n) {
            @Override
            int evaluate(int i, double z, double[] values) {
                for (int g = 0; g < values.length; g++) {
                    values[g] = Math.sin(frequency[g] * z + phase[i * values.length + g]);
                }
                return 0;
            }
        };
    }

    private static Basis relu(LayerFields f, int grid, int order, int in) {
        final int n = grid + order;
        final double[] low = f.tensor("phase_low", in, n);
        final double[] high = f.tensor("phase_high", in, n);
        final double r = 4.0 * grid * grid / ((order + 1.0) * (order + 1.0));
        return new Basis(n) {
            @Override
            int evaluate(int i, double z, double[] values) {
                for (int g = 0; g < n; g++) {
                    double q = Math.max(high[i * n + g] - z, 0) * Math.max(z - low[i * n + g], 0) * r;
                    values[g] = q * q;
                }
                return 0;
            }
        };
    }

    private static Basis rational(LayerFields f, int groups, int in) {
        final double[] a = f.tensor("numerator", 6);
        final double[] b = f.tensor("denominator", groups, 4);
        final int each = in / groups;
        return new Basis(1) {
            @Override
            int evaluate(int i, double z, double[] values) {
                double numerator = 0;
                double denominator = 1;
                for (int m = 5; m >= 0; m--) {
                    numerator = numerator * z + a[m];
                }
                for (int m = 0; m < 4; m++) {
                    denominator += Math.abs(b[i / each * 4 + m]) * Math.pow(Math.abs(z), m + 1);
                }
                values[0] = numerator / denominator;
                return 0;
            }
        };
    }

    private static Basis sum(final Basis spline, final Basis rbf) {
        return new Basis(rbf.functions()) {
            @Override
            int evaluate(int i, double z, double[] values) {
                double[] taps = new double[spline.values()];
                int first = spline.evaluate(i, z, taps);
                rbf.evaluate(i, z, values);
                for (int c = 0; c < taps.length; c++) {
                    if (first + c >= 0 && first + c < values.length) {
                        values[first + c] += taps[c];
                    }
                }
                return 0;
            }
        };
    }
}
