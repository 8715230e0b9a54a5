// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.layer;

import java.util.Objects;
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
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.internal.Checks;

/**
 * A KAN layer: output o is the sum over the inputs i of phi_oi(x_i), where
 * phi_oi(x) = mask_oi (base_weight_oi b(x) + coef_scale_oi sum_n coef_oin B_n(z)), z = x or its layer norm.
 *
 * @param in input features
 * @param out output features
 * @param basis the functions B_n
 * @param base b, the base branch; {@link Activation#NONE} for none
 * @param scale whether each edge has a trainable factor on its basis part, {@code coef_scale}; B-splines only
 * @param mask whether each edge has a fixed factor, {@code mask}; B-splines only
 * @param bias whether each output has a trainable bias
 * @param inputNorm whether the basis sees LayerNorm(x); needs at least 2 inputs; not of B-splines and wavelets
 * @param baseNorm whether the base branch sees LayerNorm(x) too; needs {@code inputNorm}
 * @param trainBasis whether the basis' own numbers (centres, widths, frequencies, phases, rational coefficients) are
 *     trained; for bases that have some
 */
public record KanLayer(long in, long out, Basis basis, Activation base, boolean scale, boolean mask, boolean bias,
        boolean inputNorm, boolean baseNorm, boolean trainBasis) implements LayerSpec {

    /** Checks the values and their combination. */
    public KanLayer {
        Checks.features("a KAN layer's input features", in);
        Checks.features("a KAN layer's output features", out);
        Objects.requireNonNull(basis, "basis");
        Objects.requireNonNull(base, "base");
        if ((scale || mask) && !(basis instanceof BSpline)) {
            throw KanException.invalid("scale and mask belong to B-splines; the basis given is %s", basis.name());
        }
        if (inputNorm && (basis instanceof BSpline || basis instanceof Wavelet)) {
            throw KanException.invalid("%s has no layer norm of its own: expected one as a layer before it, LayerNorm.of(%d)",
                    basis.name(), in);
        }
        if (inputNorm && in < 2) {
            throw new ShapeException("a layer norm needs at least 2 input features (of 1 it is constant), given " + in);
        }
        if (baseNorm && !inputNorm) {
            throw KanException.invalid("baseNorm needs inputNorm");
        }
        if (trainBasis && !hasOwnNumbers(basis)) {
            throw KanException.invalid("the basis %s has no numbers of its own to train", basis.name());
        }
        if (basis instanceof Rational rational && in % rational.groups() != 0) {
            throw new ShapeException("the groups of a rational basis must divide the input features: " + Counted.of(in, "feature")
                    + ", " + Counted.of(rational.groups(), "group"));
        }
        if (basis instanceof Wavelet && base != Activation.NONE) {
            throw KanException.invalid("wavelets have no base branch, given %s", base);
        }
    }

    private static boolean hasOwnNumbers(Basis basis) {
        return switch (basis) {
            case GaussianRbf rbf -> true;
            case Rswaf rswaf -> true;
            case Sine sine -> true;
            case ReluPower relu -> true;
            case Rational rational -> true;
            case BSplineRbf both -> true;
            case BSpline spline -> false;
            case Fourier fourier -> false;
            case Chebyshev chebyshev -> false;
            case Jacobi jacobi -> false;
            case Wavelet wavelet -> false;
        };
    }

    /**
     * The layer of a basis as published: efficient-kan's (SiLU base branch, a scale an edge) for B-splines, FastKAN's
     * (layer norm, SiLU base branch, bias) for Gaussians, and so on. Wav-KAN's batch norm is a layer of its own.
     */
    public static KanLayer of(long in, long out, Basis basis) {
        Objects.requireNonNull(basis, "basis");
        KanLayer plain = new KanLayer(in, out, basis, Activation.NONE, false, false, false, false, false, false);
        return switch (basis) {
            case BSpline spline -> plain.withBase(Activation.SILU).withScale(true);
            case GaussianRbf rbf -> plain.withBase(Activation.SILU).withBias(true).withInputNorm(in > 1);
            case Rswaf rswaf -> plain.withInputNorm(in > 1);
            case Fourier fourier -> plain.withBias(true);
            case Chebyshev chebyshev -> plain;
            case Jacobi jacobi -> plain;
            case Sine sine -> plain.withBias(true).withTrainBasis(true);
            case Wavelet wavelet -> plain;
            case ReluPower relu -> plain.withBias(true).withTrainBasis(true);
            case Rational rational -> plain.withBias(true).withTrainBasis(true);
            case BSplineRbf both -> plain.withBase(Activation.SILU).withInputNorm(in > 1).withBaseNorm(in > 1);
        };
    }

    /** With another base branch. */
    public KanLayer withBase(Activation other) {
        return new KanLayer(in, out, basis, other, scale, mask, bias, inputNorm, baseNorm, trainBasis);
    }

    /** With or without a trainable factor on each edge's spline. */
    public KanLayer withScale(boolean on) {
        return new KanLayer(in, out, basis, base, on, mask, bias, inputNorm, baseNorm, trainBasis);
    }

    /** With or without a fixed factor on each edge. */
    public KanLayer withMask(boolean on) {
        return new KanLayer(in, out, basis, base, scale, on, bias, inputNorm, baseNorm, trainBasis);
    }

    /** With or without a bias. */
    public KanLayer withBias(boolean on) {
        return new KanLayer(in, out, basis, base, scale, mask, on, inputNorm, baseNorm, trainBasis);
    }

    /** With or without a layer norm in front of the basis. */
    public KanLayer withInputNorm(boolean on) {
        return new KanLayer(in, out, basis, base, scale, mask, bias, on, on && baseNorm, trainBasis);
    }

    /** Whether the base branch sees the layer norm's output too. */
    public KanLayer withBaseNorm(boolean on) {
        return new KanLayer(in, out, basis, base, scale, mask, bias, inputNorm, on, trainBasis);
    }

    /** Whether the basis' own numbers are trained. */
    public KanLayer withTrainBasis(boolean on) {
        return new KanLayer(in, out, basis, base, scale, mask, bias, inputNorm, baseNorm, on);
    }
}
