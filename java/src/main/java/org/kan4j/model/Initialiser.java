// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import java.lang.foreign.Arena;
import java.util.function.DoubleSupplier;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.BSplineRbf;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Jacobi;
import org.kan4j.basis.Rational;
import org.kan4j.basis.ReluPower;
import org.kan4j.basis.Rswaf;
import org.kan4j.basis.Sine;
import org.kan4j.basis.Wavelet;
import org.kan4j.internal.SplitMix;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Affine;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Draws initial parameters; each tensor from a random sequence of its own. */
final class Initialiser {

    private final Parameters parameters;
    private final Initialisation initialisation;
    private final long seed;

    Initialiser(Parameters parameters, Initialisation initialisation, long seed) {
        this.parameters = parameters;
        this.initialisation = initialisation;
        this.seed = seed;
    }

    // -------------------------------------------------------------------------- structure: knots, centres, norms, masks

    /** Sets what is not drawn at random: what gives a basis its form, norms to the identity, masks to 1. */
    void structure() {
        for (TensorInfo tensor : parameters.tensors()) {
            LayerSpec layer = parameters.model().layers().get(tensor.layer());
            switch (layer) {
                case KanLayer kan -> {
                    switch (tensor.tensor()) {
                        case "norm_weight", "mask" -> set(tensor, () -> 1);
                        case "base_weight", "coef", "coef_scale", "weight", "bias", "norm_bias", "translation" -> {
                        }
                        case "scale" -> set(tensor, () -> 1); // a wavelet's
                        default -> setBasis(tensor, kan);
                    }
                }
                case LayerNorm norm -> ones(tensor, "weight");
                case BatchNorm norm -> {
                    ones(tensor, "weight");
                    ones(tensor, "running_var");
                }
                case Affine affine -> ones(tensor, "scale");
                case Linear linear -> {
                }
                case ActivationLayer activation -> {
                }
                case Multiply multiply -> {
                }
            }
        }
    }

    private void ones(TensorInfo tensor, String name) {
        if (tensor.tensor().equals(name)) {
            set(tensor, () -> 1);
        }
    }

    private void setBasis(TensorInfo tensor, KanLayer layer) {
        String name = tensor.tensor();
        switch (layer.basis()) {
            case BSpline spline -> knots(tensor, spline.grid(), spline.order(), spline.lo(), spline.hi());
            case GaussianRbf rbf -> centres(tensor, name, rbf.lo(), rbf.hi(), 1 / rbf.width());
            case Rswaf rswaf -> centres(tensor, name, rswaf.lo(), rswaf.hi(), rswaf.inverseDenominator());
            case BSplineRbf both -> {
                if (name.equals("knots")) {
                    knots(tensor, both.grid(), both.order(), both.lo(), both.hi());
                } else {
                    centres(tensor, name, both.lo(), both.hi(), (both.functions() - 1) / (both.hi() - both.lo()));
                }
            }
            case Sine sine -> {
                if (name.equals("freq")) {
                    int n = sine.frequencies();
                    // The published network: whole frequencies in the first layer, fractions after it.
                    double unit = isFirst(tensor) ? 1 : 1.0 / (n + 1);
                    setIndexed(tensor, i -> (i + 1) * unit);
                } else {
                    phases(tensor, sine.frequencies());
                }
            }
            case ReluPower relu -> {
                double shift = name.equals("phase_high") ? relu.order() + 1 : 0;
                int n = relu.functions();
                setIndexed(tensor, i -> (i % n - relu.order() + shift) / relu.grid());
            }
            case Rational rational -> {
                double[] start = name.equals("numerator")
                        ? isFirst(tensor) ? IDENTITY_NUMERATOR : GELU_NUMERATOR
                        : isFirst(tensor) ? IDENTITY_DENOMINATOR : GELU_DENOMINATOR;
                setIndexed(tensor, i -> start[(int) (i % start.length)]);
            }
            case Fourier fourier -> {
            }
            case Chebyshev chebyshev -> {
            }
            case Jacobi jacobi -> {
            }
            case Wavelet wavelet -> {
            }
        }
    }

    // Coefficients a_0..a_5 and b_1..b_4 of group-rational KANs (arXiv 2409.10594): the identity, and a fit of GELU.
    private static final double[] IDENTITY_NUMERATOR = {0, 1, 0, 0, 0, 0};
    private static final double[] IDENTITY_DENOMINATOR = {0, 0, 0, 0};
    private static final double[] GELU_NUMERATOR = {-.00153969, .51692871, .44075827, .0972553, -.00884418, -.00378675};
    private static final double[] GELU_DENOMINATOR = {-.14171056, -.06481231, -.0444695, .01283776};

    private boolean isFirst(TensorInfo tensor) {
        for (int i = 0; i < tensor.layer(); i++) {
            if (parameters.model().layers().get(i) instanceof KanLayer) {
                return false;
            }
        }
        return true;
    }

    private void knots(TensorInfo tensor, int grid, int order, double lo, double hi) {
        int knots = grid + 2 * order + 1;
        double step = (hi - lo) / grid;
        setIndexed(tensor, i -> lo + (i % knots - order) * step);
    }

    private void centres(TensorInfo tensor, String name, double lo, double hi, double inverseWidth) {
        if (name.equals("centres")) {
            long n = tensor.shape().size();
            setIndexed(tensor, i -> i == n - 1 ? hi : lo + i * ((hi - lo) / (n - 1)));
        } else {
            set(tensor, () -> inverseWidth);
        }
    }

    /** SineKAN's phases: (g / (G + 1) + linspace(0, pi)_i) times a factor that keeps the outputs' scale. */
    private void phases(TensorInfo tensor, int n) {
        double factor = 1;
        for (int m = 1; m < n; m++) {
            factor *= 0.9724108095811765 * StrictMath.pow(m, -0.9884401790754128) + 0.999449553483052;
        }
        double scale = factor;
        long in = tensor.shape().axis(0);
        setIndexed(tensor, i -> {
            double position = in == 1 ? 0 : StrictMath.PI * (i / n) / (in - 1);
            return ((i % n + 1) / (double) (n + 1) + position) * scale;
        });
    }

    // ------------------------------------------------------------------------------------------------ random weights

    /** Draws the weights. */
    void weights() {
        for (TensorInfo tensor : parameters.tensors()) {
            SplitMix random = new SplitMix(seed, tensor.layer(), tensor.index());
            switch (parameters.model().layers().get(tensor.layer())) {
                case KanLayer kan -> drawKan(tensor, kan, random);
                case Linear linear -> uniform(tensor, 1 / Math.sqrt(linear.in()), random);
                case LayerNorm norm -> {
                }
                case BatchNorm norm -> {
                }
                case Affine affine -> {
                }
                case ActivationLayer activation -> {
                }
                case Multiply multiply -> {
                }
            }
        }
    }

    private void drawKan(TensorInfo tensor, KanLayer layer, SplitMix random) {
        double in = layer.in();
        switch (tensor.tensor()) {
            case "base_weight", "weight" -> uniform(tensor, 1 / Math.sqrt(in), random);
            case "coef_scale" -> {
                if (initialisation == Initialisation.PYKAN) {
                    set(tensor, () -> 1 / Math.sqrt(in));
                } else {
                    uniform(tensor, 1 / Math.sqrt(in), random);
                }
            }
            case "bias" -> {
                switch (layer.basis()) {
                    // A bias of a linear map, as PyTorch draws it.
                    case GaussianRbf rbf -> uniform(tensor, 1 / Math.sqrt(in), random);
                    case Rational rational -> uniform(tensor, 1 / Math.sqrt(in), random);
                    case ReluPower relu -> uniform(tensor, 1 / Math.sqrt(in * relu.functions()), random);
                    case Sine sine -> set(tensor, () -> 1.0 / layer.out());
                    case BSpline spline -> {
                    }
                    case Rswaf rswaf -> {
                    }
                    case Fourier fourier -> {
                    }
                    case Chebyshev chebyshev -> {
                    }
                    case Jacobi jacobi -> {
                    }
                    case Wavelet wavelet -> {
                    }
                    case BSplineRbf both -> {
                    }
                }
            }
            case "coef" -> drawCoefficients(tensor, layer, random);
            default -> {
            }
        }
    }

    private void drawCoefficients(TensorInfo tensor, KanLayer layer, SplitMix random) {
        double in = layer.in();
        double out = layer.out();
        int n = layer.basis().functions();
        if (initialisation == Initialisation.UNIT_VARIANCE && !(layer.basis() instanceof Wavelet)) {
            double scale = layer.scale() ? 1 / (3 * in) : 1; // mean square of the uniform coef_scale
            normal(tensor, 1 / Math.sqrt(scale * power(tensor.layer(), in, random)), random);
            return;
        }
        switch (layer.basis()) {
            case BSpline spline -> splineNoise(tensor, spline,
                    initialisation == Initialisation.PYKAN ? 0.3 : 0.1, random);
            case GaussianRbf rbf -> normal(tensor, 0.1, random);
            case Rswaf rswaf -> uniform(tensor, Math.sqrt(6 / (in * n + out)), random);
            case Fourier fourier -> {
                int frequencies = fourier.frequencies();
                boolean smooth = initialisation == Initialisation.SMOOTH;
                setIndexed(tensor, i -> {
                    double k = i % frequencies + 1;
                    return random.normal() / (Math.sqrt(in) * (smooth ? k * k : Math.sqrt(frequencies)));
                });
            }
            case Chebyshev chebyshev -> normal(tensor, 1 / (in * n), random);
            case Jacobi jacobi -> normal(tensor, 1 / (in * n), random);
            case Sine sine -> {
                // One draw an edge, falling with the frequency's number.
                boolean first = isFirst(tensor);
                double[] draw = new double[1];
                setIndexed(tensor, i -> {
                    if (i % n == 0) {
                        draw[0] = first ? 0.4 * random.normal() : random.uniform(-1, 1);
                    }
                    return draw[0] / (out * (i % n + 1));
                });
            }
            case ReluPower relu -> uniform(tensor, 1 / Math.sqrt(in * n), random);
            case Rational rational -> uniform(tensor, 1 / Math.sqrt(in), random);
            case BSplineRbf both -> uniform(tensor, 1 / Math.sqrt(in * n), random);
            case Wavelet wavelet -> {
            }
        }
    }

    /** The sum over inputs of the mean over standard normal x of the sum over functions of phi(x)^2, from samples. */
    private double power(int layer, double in, SplitMix random) {
        Basis basis = ((KanLayer) parameters.model().layers().get(layer)).basis();
        DType dtype = parameters.model().dtype();
        long inputs = (long) in;
        int rows = 64;
        double sum = 0;
        try (Arena arena = Arena.ofConfined()) {
            HostTensor x = HostTensor.allocate(arena, dtype, rows, inputs);
            for (long i = 0; i < x.size(); i++) {
                x.setFlat(i, random.normal());
            }
            HostTensor values = HostTensor.allocate(arena, dtype, rows, inputs, basis.functions());
            parameters.layers().basis(layer, x, parameters, values);
            for (long i = 0; i < values.size(); i++) {
                sum += values.getFlat(i) * values.getFlat(i);
            }
        }
        return sum / rows;
    }

    /**
     * Coefficients of splines that take uniform noise of the given scale over the grid at the grid's G + 1 knots: the
     * solution of least norm, as there are G + k of them. At its knots a uniform spline is a fixed stencil s of its
     * coefficients, A_{j,j+m} = s_m, so c = A' (A A')^-1 noise with a banded Toeplitz matrix A A'.
     */
    private void splineNoise(TensorInfo tensor, BSpline spline, double scale, SplitMix random) {
        int grid = spline.grid();
        double[] stencil = stencil(spline.order());
        int width = stencil.length;
        int rows = grid + 1;
        double[][] lower = new double[rows][width]; // Cholesky factor: lower[i][d] is L(i, i - d)
        for (int i = 0; i < rows; i++) {
            for (int d = Math.min(i, width - 1); d >= 0; d--) {
                double sum = 0;
                for (int m = 0; m + d < width; m++) {
                    sum += stencil[m] * stencil[m + d];
                }
                for (int e = d + 1; e < width && e <= i; e++) {
                    sum -= lower[i][e] * lower[i - d][e - d];
                }
                lower[i][d] = d == 0 ? Math.sqrt(sum) : sum / lower[i - d][0];
            }
        }
        int n = spline.functions();
        double[] solution = new double[rows];
        double[] coefficients = new double[n];
        setIndexed(tensor, index -> {
            int c = (int) (index % n);
            if (c == 0) {
                for (int i = 0; i < rows; i++) {
                    double sum = (random.uniform() - 0.5) * scale / grid;
                    for (int d = 1; d < width && d <= i; d++) {
                        sum -= lower[i][d] * solution[i - d];
                    }
                    solution[i] = sum / lower[i][0];
                }
                for (int i = rows - 1; i >= 0; i--) {
                    double sum = solution[i];
                    for (int d = 1; d < width && i + d < rows; d++) {
                        sum -= lower[i + d][d] * solution[i + d];
                    }
                    solution[i] = sum / lower[i][0];
                }
                java.util.Arrays.fill(coefficients, 0);
                for (int i = 0; i < rows; i++) {
                    for (int m = 0; m < width; m++) {
                        coefficients[i + m] += stencil[m] * solution[i];
                    }
                }
            }
            return coefficients[c];
        });
    }

    /** The cardinal B-spline of an order at the integers 1..order, by its recurrence. */
    static double[] stencil(int order) {
        double[] values = {1};
        for (int k = 2; k <= order; k++) {
            double[] next = new double[k];
            for (int x = 1; x <= k; x++) {
                double left = x <= k - 1 ? values[x - 1] : 0;
                double right = x >= 2 ? values[x - 2] : 0;
                next[x - 1] = (x * left + (k + 1 - x) * right) / k;
            }
            values = next;
        }
        return values;
    }

    private void uniform(TensorInfo tensor, double bound, SplitMix random) {
        set(tensor, () -> random.uniform(-bound, bound));
    }

    private void normal(TensorInfo tensor, double deviation, SplitMix random) {
        set(tensor, () -> deviation * random.normal());
    }

    private void set(TensorInfo tensor, DoubleSupplier values) {
        setIndexed(tensor, i -> values.getAsDouble());
    }

    private void setIndexed(TensorInfo tensor, java.util.function.LongToDoubleFunction values) {
        try (Arena arena = Arena.ofConfined()) {
            HostTensor natural = HostTensor.allocate(arena, parameters.model().dtype(), tensor.shape());
            for (long i = 0, n = natural.size(); i < n; i++) {
                natural.setFlat(i, values.applyAsDouble(i));
            }
            parameters.set(tensor.name(), natural);
        }
    }
}
