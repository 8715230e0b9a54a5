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

    /**
     * Evaluates the functions of the first numbers of z.
     *
     * @param values receives {@link #functions} numbers for each input i from i step on
     */
    void evaluate(double[] z, int in, double[] values, int step) {
        for (int i = 0; i < in; i++) {
            evaluate(i, z[i], values, i * step);
        }
    }

    /** Evaluates the functions of input i, into values from {@code at} on. */
    abstract void evaluate(int i, double z, double[] values, int at);

    /** A basis with its numbers. */
    static Basis read(LayerFields f, int in) {
        String type = f.text("type");
        switch (type) {
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
                return rational(f, f.positive("groups"), in);
            case "bsrbf" :
                return sum(spline(f, in, "zero"), gaussian(f, f.whole("grid") + f.whole("order")));
            default :
                throw f.unknown("basis", type);
        }
    }

    /** B-splines, which are no Basis: most of them are zero at a point. */
    static Spline spline(LayerFields f, int in, String outside) {
        if (!outside.equals("zero") && !outside.equals("clamp") && !outside.equals("linear")) {
            throw f.unknown("behaviour outside the grid", outside);
        }
        int order = f.whole("order");
        return new Spline(f.tensor("knots", in, f.whole("grid") + 2L * order + 1), in, order, outside);
    }

    private static Basis gaussian(LayerFields f, final int n) {
        final double[] centres = f.tensor("centres", n);
        final double width = f.tensor("inv_width", 1)[0];
        return new Basis(n) {
            @Override
            void evaluate(int i, double z, double[] values, int at) {
                for (int c = 0; c < n; c++) {
                    double u = (z - centres[c]) * width;
                    values[at + c] = Math.exp(-u * u);
                }
            }
        };
    }

    private static Basis rswaf(LayerFields f, final int n) {
        final double[] centres = f.tensor("centres", n);
        final double width = f.tensor("inv_width", 1)[0];
        return new Basis(n) {
            @Override
            void evaluate(int i, double z, double[] values, int at) {
                for (int c = 0; c < n; c++) {
                    double cosh = Math.cosh((z - centres[c]) * width); // 1 - tanh^2 = 1 / cosh^2
                    values[at + c] = 1 / cosh / cosh;
                }
            }
        };
    }

    private static Basis fourier(final int frequencies) {
        return new Basis(2 * frequencies) {
            @Override
            void evaluate(int i, double z, double[] values, int at) {
                for (int k = 0; k < frequencies; k++) {
                    values[at + k] = Math.cos((k + 1) * z);
                    values[at + frequencies + k] = Math.sin((k + 1) * z);
                }
            }
        };
    }

    private static Basis chebyshev(final int degree) {
        return new Basis(degree + 1) {
            @Override
            void evaluate(int i, double z, double[] values, int at) {
                double t = Math.tanh(z);
                values[at] = 1;
                values[at + 1] = t;
                for (int d = 2; d <= degree; d++) {
                    values[at + d] = 2 * t * values[at + d - 1] - values[at + d - 2];
                }
            }
        };
    }

    private static Basis jacobi(final int degree, final double a, final double b) {
        return new Basis(degree + 1) {
            @Override
            void evaluate(int i, double z, double[] values, int at) {
                double t = Math.tanh(z);
                values[at] = 1;
                values[at + 1] = (a - b + (a + b + 2) * t) / 2;
                for (int d = 2; d <= degree; d++) {
                    double e = 2 * d + a + b;
                    double unit = 2 * d * (d + a + b) * (e - 2);
                    values[at + d] = ((e - 1) * (e * (e - 2) * t + a * a - b * b) * values[at + d - 1]
                            - 2 * (d + a - 1) * (d + b - 1) * e * values[at + d - 2]) / unit;
                }
            }
        };
    }

    private static Basis sine(LayerFields f, final int n, int in) {
        final double[] frequency = f.tensor("freq", n);
        final double[] phase = f.tensor("phase", in, n);
        return new Basis(n) {
            @Override
            void evaluate(int i, double z, double[] values, int at) {
                for (int g = 0; g < n; g++) {
                    values[at + g] = Math.sin(frequency[g] * z + phase[i * n + g]);
                }
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
            void evaluate(int i, double z, double[] values, int at) {
                for (int g = 0; g < n; g++) {
                    double q = Math.max(high[i * n + g] - z, 0) * Math.max(z - low[i * n + g], 0) * r;
                    values[at + g] = q * q;
                }
            }
        };
    }

    private static Basis rational(LayerFields f, int groups, int in) {
        final double[] a = f.tensor("numerator", 6);
        final double[] b = f.tensor("denominator", groups, 4);
        final int each = in / groups;
        return new Basis(1) {
            @Override
            void evaluate(int i, double z, double[] values, int at) {
                double numerator = 0;
                double denominator = 0;
                for (int m = 5; m >= 0; m--) {
                    numerator = numerator * z + a[m];
                }
                for (int m = 3; m >= 0; m--) {
                    denominator = (denominator + Math.abs(b[i / each * 4 + m])) * Math.abs(z);
                }
                values[at] = numerator / (denominator + 1);
            }
        };
    }

    private static Basis sum(final Spline spline, final Basis rbf) {
        return new Basis(rbf.functions()) {
            @Override
            void evaluate(double[] z, int in, double[] values, int step) {
                int n = spline.taps();
                double[] taps = new double[spline.offset() + in * n];
                int[] first = new int[in];
                spline.evaluate(z, first, taps);
                rbf.evaluate(z, in, values, step);
                for (int i = 0; i < in; i++) {
                    for (int j = 0; j < n; j++) {
                        int c = first[i] - (n - 1) + j;
                        if (c >= 0 && c < functions()) {
                            values[i * step + c] += taps[spline.offset() + i * n + j];
                        }
                    }
                }
            }

            @Override
            void evaluate(int i, double z, double[] values, int at) {
                throw new IllegalStateException("all inputs at once");
            }
        };
    }
}
