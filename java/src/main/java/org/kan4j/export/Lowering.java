// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import static org.kan4j.export.Expr.X;
import static org.kan4j.export.Expr.Z;
import static org.kan4j.export.Expr.number;
import static org.kan4j.export.Expr.of;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Affine;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.BSplineRbf;
import org.kan4j.layer.BatchNorm;
import org.kan4j.basis.Chebyshev;
import org.kan4j.tensor.DType;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Jacobi;
import org.kan4j.error.KanException;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;
import org.kan4j.model.Parameters;
import org.kan4j.basis.Rational;
import org.kan4j.basis.ReluPower;
import org.kan4j.basis.Rswaf;
import org.kan4j.basis.Sine;
import org.kan4j.error.Status;
import org.kan4j.basis.Wavelet;
import org.kan4j.export.Expr.Op;

/** Makes a {@link Program} of a model. The one place where exports learn of a basis: {@link #basis}. */
final class Lowering {

    private final LayerNumbers numbers;
    private final DType own;
    private final DType dtype;
    private final List<Program.Step> steps = new ArrayList<>();

    private Lowering(LayerNumbers numbers, DType own, DType dtype) {
        this.numbers = numbers;
        this.own = own;
        this.dtype = dtype;
    }

    /**
     * The steps of a model.
     *
     * @param dtype what they are to be computed in
     * @throws KanException if a number of the model is not finite, or a layer is too large
     */
    static Program program(Parameters parameters, DType dtype) {
        List<Program.Step> steps = new ArrayList<>();
        steps(parameters, dtype, steps::add);
        return new Program(parameters.model(), dtype, List.copyOf(steps));
    }

    /** As {@link #program}, step by step: no more than a layer's numbers need be in memory at a time. */
    static void steps(Parameters parameters, DType dtype, Consumer<Program.Step> each) {
        for (int l = 0; l < parameters.model().layers().size(); l++) {
            try (Arena arena = Arena.ofConfined()) {
                Lowering lowering = new Lowering(new LayerNumbers(parameters, l, arena), parameters.model().dtype(), dtype);
                lowering.lower(parameters.model().layers().get(l));
                lowering.steps.forEach(each);
            }
        }
    }

    private void lower(LayerSpec spec) {
        switch (spec) {
            case KanLayer kan -> lower(kan);
            case Linear linear -> steps.add(new Program.Product(numbers.features(linear.in()),
                    numbers.features(linear.out()), null, List.of(X), numbers.transposed(numbers.tensor("weight"),
                            linear.out(), linear.in(), 1),
                    numbers.optional("bias")));
            case LayerNorm norm -> steps.add(new Program.Normalise(numbers.features(norm.in()), norm.eps(),
                    numbers.tensor("weight"), numbers.tensor("bias")));
            case BatchNorm norm -> affine(norm);
            case ActivationLayer activation -> steps.add(new Program.Elementwise(numbers.features(activation.in()),
                    activation(activation.activation(), X)));
            case Multiply multiply -> steps.add(new Program.Products(multiply.passed(), multiply.products(),
                    multiply.arity()));
            case Affine affine -> steps.add(new Program.Elementwise(numbers.features(affine.in()),
                    X.times(Expr.each(numbers.tensor("scale"))).plus(Expr.each(numbers.tensor("bias")))));
        }
    }

    /** Running statistics as one factor and one summand a feature. */
    private void affine(BatchNorm norm) {
        double[] scale = numbers.tensor("weight");
        double[] shift = numbers.tensor("bias");
        double[] mean = numbers.tensor("running_mean");
        double[] variance = numbers.tensor("running_var");
        for (int i = 0; i < scale.length; i++) {
            scale[i] /= Math.sqrt(variance[i] + norm.eps());
        }
        // (x - mean) first: mean * scale may be much larger than the result.
        steps.add(new Program.Elementwise(numbers.features(norm.in()),
                X.minus(Expr.each(mean)).times(Expr.each(scale)).plus(Expr.each(shift))));
    }

    static Expr activation(Activation activation, Expr x) {
        return switch (activation) {
            case NONE -> throw new KanException(Status.INTERNAL, "no activation");
            case IDENTITY -> x;
            case SILU -> x.over(number(1).plus(of(Op.EXP, of(Op.NEG, x))));
            case RELU -> x.atLeast(number(0));
            case GELU -> x.times(0.5).times(number(1).plus(of(Op.ERF, x.times(Math.sqrt(0.5)))));
            case TANH -> of(Op.TANH, x);
            case SIGMOID -> number(1).over(number(1).plus(of(Op.EXP, of(Op.NEG, x))));
        };
    }

    // ------------------------------------------------------------------------------------------------------ KAN layers

    /**
     * What a basis is in exports.
     *
     * @param columns its functions of z
     * @param constant whether the first of the layer's coefficients belongs to the constant 1, which is no column
     * @param factor of all its weights
     */
    private record Columns(List<Expr> columns, boolean constant, double factor) {
        Columns(Expr... columns) {
            this(List.of(columns), false, 1);
        }
    }

    private void lower(KanLayer kan) {
        int in = numbers.features(kan.in());
        int out = numbers.features(kan.out());
        double[] bias = numbers.optional("bias");
        if (kan.basis() instanceof Wavelet wavelet) {
            steps.add(new Program.Edges(in, out, wavelet(wavelet.kind(), in, out), bias));
            return;
        }
        Expr z = kan.inputNorm() ? Z : X;
        Columns basis = basis(kan, z, in);
        List<Expr> columns = new ArrayList<>(basis.columns());
        int width = columns.stream().mapToInt(Expr::width).sum();
        int first = basis.constant() ? 1 : 0;
        double[] edges = edgeFactors(in, out);
        double[] coef = numbers.tensor("coef");
        int n = coef.length / (in * out);
        boolean base = kan.base() != Activation.NONE;
        double[] slopes = kan.basis() instanceof BSpline spline && spline.outside() == BSpline.Outside.LINEAR
                ? Splines.endSlopes(spline, numbers.tensor("knots"), in) : null;
        int extra = slopes == null ? 0 : 2;
        int all = width + extra + (base ? 1 : 0);
        numbers.requireSize((long) in * all * out);
        double[] weights = new double[in * all * out];
        double[] sum = bias == null && basis.constant() ? new double[out] : bias;
        for (int o = 0; o < out; o++) {
            for (int i = 0; i < in; i++) {
                double edge = edges[o * in + i] * basis.factor();
                int from = (o * in + i) * n;
                for (int c = 0; c < n - first; c++) {
                    weights[(i * all + c) * out + o] = edge * coef[from + first + c];
                }
                if (basis.constant()) {
                    sum[o] += edge * coef[from];
                }
                for (int side = 0; side < extra; side++) {
                    double slope = 0;
                    for (int c = 0; c < n; c++) {
                        slope += slopes[(2 * i + side) * n + c] * coef[from + c];
                    }
                    weights[(i * all + width + side) * out + o] = edge * slope;
                }
            }
        }
        if (extra > 0) {
            Expr inside = ((Expr.Spline) columns.getFirst()).x();
            columns.add(inside.minus(z).atLeast(number(0)).times(-1));
            columns.add(z.minus(inside).atLeast(number(0)));
        }
        if (base) {
            columns.add(activation(kan.base(), kan.baseNorm() ? z : X));
            double[] weight = numbers.tensor("base_weight");
            double[] mask = numbers.optional("mask");
            for (int e = 0; e < in * out; e++) {
                weights[(e % in * all + all - 1) * out + e / in] = weight[e] * (mask == null ? 1 : mask[e]);
            }
        }
        Program.Normalise norm = kan.inputNorm()
                ? new Program.Normalise(in, 1e-5, numbers.tensor("norm_weight"), numbers.tensor("norm_bias")) : null;
        steps.add(new Program.Product(in, out, norm, List.copyOf(columns), weights, sum));
    }

    /** The functions of a layer's basis. A new basis is added to every export here. */
    private Columns basis(KanLayer kan, Expr z, int in) {
        return switch (kan.basis()) {
            case BSpline b -> new Columns(spline(b, z, in));
            case GaussianRbf b -> new Columns(gaussians(z));
            case Rswaf b -> {
                Expr u = z.minus(Expr.vector(numbers.tensor("centres"))).times(numbers.tensor("inv_width")[0]);
                Expr e = of(Op.EXP, of(Op.ABS, u).times(-2));
                Expr q = number(1).plus(e);
                yield new Columns(List.of(e.over(q.times(q))), false, 4);
            }
            case Fourier b -> {
                // In float32 the angle k z alone would lose the digits that k and z have before the point.
                double[] k = new double[b.frequencies()];
                Arrays.setAll(k, i -> i + 1);
                Expr angles = of(Op.WIDEN, z).times(Expr.vector(k));
                yield new Columns(of(Op.NARROW, of(Op.COS, angles)), of(Op.NARROW, of(Op.SIN, angles)));
            }
            case Chebyshev b -> new Columns(List.of(jacobi(b.degree(), z, -0.5, -0.5, true)), true, 1);
            case Jacobi b -> new Columns(List.of(jacobi(b.degree(), z, b.a(), b.b(), false)), true, 1);
            case Sine b -> new Columns(of(Op.SIN, z.times(Expr.vector(numbers.tensor("freq")))
                    .plus(Expr.table(b.frequencies(), numbers.tensor("phase")))));
            case ReluPower b -> {
                double r = 4.0 * b.grid() * b.grid() / ((b.order() + 1.0) * (b.order() + 1.0));
                Expr q = Expr.table(b.functions(), numbers.tensor("phase_high")).minus(z).atLeast(number(0))
                        .times(z.minus(Expr.table(b.functions(), numbers.tensor("phase_low"))).atLeast(number(0)));
                yield new Columns(List.of(q.times(q)), false, r * r);
            }
            case Rational b -> new Columns(rational(b, z, in));
            case BSplineRbf b -> new Columns(splines(z, b.order(), numbers.tensor("knots"), in).plus(gaussians(z)));
            case Wavelet b -> throw new KanException(Status.INTERNAL, "wavelets belong to edges");
        };
    }

    private Expr gaussians(Expr z) {
        Expr u = z.minus(Expr.vector(numbers.tensor("centres"))).times(numbers.tensor("inv_width")[0]);
        return of(Op.EXP, of(Op.NEG, u.times(u)));
    }

    private Expr spline(BSpline b, Expr z, int in) {
        double[] knots = numbers.tensor("knots");
        if (b.outside() == BSpline.Outside.ZERO) {
            return splines(z, b.order(), knots, in);
        }
        double[] low = new double[in];
        double[] high = new double[in];
        int count = knots.length / in;
        for (int i = 0; i < in; i++) {
            low[i] = knots[i * count + b.order()];
            double end = knots[i * count + b.grid() + b.order()];
            // Intervals are half-open: at an end that is the last knot every function would be 0.
            high[i] = end < knots[(i + 1) * count - 1] ? end : dtype == DType.F32 ? Math.nextDown((float) end)
                    : Math.nextDown(end);
        }
        return splines(z.atLeast(Expr.each(low)).atMost(Expr.each(high)), b.order(), knots, in);
    }

    private Expr.Spline splines(Expr x, int order, double[] knots, int in) {
        int count = knots.length / in;
        boolean same = true;
        boolean even = true;
        for (int i = 0; i < in; i++) {
            same = same && Arrays.equals(knots, 0, count, knots, i * count, (i + 1) * count);
            even = even && Splines.isEven(knots, i * count, count, own);
        }
        return same ? new Expr.Spline(x, order, 1, Arrays.copyOf(knots, count), even)
                : new Expr.Spline(x, order, in, knots, even);
    }

    private static Expr jacobi(int degree, Expr z, double alpha, double beta, boolean chebyshev) {
        double[] a = new double[degree];
        double[] b = new double[degree];
        double[] c = new double[degree];
        for (int d = 1; d <= degree; d++) {
            double s = alpha + beta;
            double e = 2 * d + s;
            if (chebyshev) {
                a[d - 1] = d == 1 ? 1 : 2;
                c[d - 1] = 1;
            } else if (d == 1) {
                a[0] = (s + 2) / 2;
                b[0] = (alpha - beta) / 2;
            } else {
                double inverse = 1 / (2 * d * (d + s) * (e - 2));
                a[d - 1] = e * (e - 1) * (e - 2) * inverse;
                b[d - 1] = (e - 1) * (alpha * alpha - beta * beta) * inverse;
                c[d - 1] = 2 * (d + alpha - 1) * (d + beta - 1) * e * inverse;
            }
        }
        return new Expr.Recurrence(of(Op.TANH, z), a, b, c);
    }

    private Expr rational(Rational rational, Expr x, int in) {
        double[] a = numbers.tensor("numerator");
        double[] b = numbers.tensor("denominator");
        int each = in / rational.groups();
        Expr numerator = number(a[5]);
        for (int m = 4; m >= 0; m--) {
            numerator = numerator.times(x).plus(number(a[m]));
        }
        Expr v = of(Op.ABS, x);
        Expr denominator = null;
        for (int m = 3; m >= 0; m--) {
            double[] row = new double[in];
            for (int i = 0; i < in; i++) {
                row[i] = Math.abs(b[i / each * 4 + m]);
            }
            Expr factor = Expr.each(row);
            denominator = denominator == null ? factor : denominator.times(v).plus(factor);
        }
        return numerator.over(denominator.times(v).plus(number(1)));
    }

    /** w psi((x - translation) / scale), of width out. */
    private Expr wavelet(Wavelet.Kind kind, int in, int out) {
        Expr u = X.minus(Expr.table(out, numbers.transposed(numbers.tensor("translation"), out, in, 1)))
                .over(Expr.table(out, numbers.transposed(numbers.tensor("scale"), out, in, 1)));
        Expr square = u.times(u);
        Expr bell = of(Op.EXP, square.times(-0.5));
        double factor = 1;
        Expr psi = switch (kind) {
            case MEXICAN_HAT -> {
                factor = 2 / (Math.sqrt(3) * Math.pow(Math.PI, 0.25));
                yield square.minus(number(1)).times(bell);
            }
            case MORLET -> of(Op.COS, u.times(5)).times(bell);
            case DOG -> of(Op.NEG, u.times(bell));
            case MEYER -> {
                // sin(pi v) and cos(pi/2 nu) as sines of what is missing to 1: exactly 0 from v = 1 on.
                Expr v = of(Op.ABS, u).atMost(number(1));
                Expr t = v.times(2).minus(number(1)).atLeast(number(0));
                Expr nu = t.times(t).times(t).times(t).times(number(35).plus(t.times(number(-84).plus(
                        t.times(number(70).minus(t.times(20)))))));
                yield of(Op.SIN, number(1).minus(v).times(Math.PI))
                        .times(of(Op.SIN, number(1).minus(nu).times(Math.PI / 2)));
            }
            case SHANNON -> {
                Expr v = of(Op.ABS, u).atLeast(number(1e-30)); // sin(v) / v is 1 there
                yield of(Op.SIN, v).over(v);
            }
        };
        double[] weight = numbers.transposed(numbers.tensor("weight"), out, in, 1);
        for (int i = 0; i < in; i++) {
            double window = kind == Wavelet.Kind.SHANNON && in > 1
                    ? 0.54 - 0.46 * Math.cos(2 * Math.PI * i / (in - 1)) : 1;
            for (int o = 0; o < out; o++) {
                weight[i * out + o] *= factor * window;
            }
        }
        return psi.times(Expr.table(out, weight));
    }

    // --------------------------------------------------------------------------------------------------------- numbers

    /** mask times coef_scale of each edge, (out, in). */
    private double[] edgeFactors(int in, int out) {
        double[] factors = new double[in * out];
        double[] scale = numbers.optional("coef_scale");
        double[] mask = numbers.optional("mask");
        for (int e = 0; e < factors.length; e++) {
            factors[e] = (scale == null ? 1 : scale[e]) * (mask == null ? 1 : mask[e]);
        }
        return factors;
    }
}
