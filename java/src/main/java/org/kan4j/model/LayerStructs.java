// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import java.lang.foreign.MemorySegment;
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
import org.kan4j.ffi.Kan;
import org.kan4j.ffi.kan_layer_spec;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Affine;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;

/** Layers as structs of the C ABI. */
final class LayerStructs {

    private static final double NORM_EPS = 1e-5;

    private LayerStructs() {
    }

    /** Fills in all but type and sizes. */
    static void fill(MemorySegment spec, LayerSpec layer) {
        switch (layer) {
            case KanLayer kan -> {
                kan_layer_spec.kind(spec, Kan.KAN_LAYER_KAN());
                kan_layer_spec.base(spec, code(kan.base()));
                kan_layer_spec.flags(spec, (kan.scale() ? Kan.KAN_FLAG_SCALE() : 0)
                        | (kan.mask() ? Kan.KAN_FLAG_MASK() : 0)
                        | (kan.bias() ? Kan.KAN_FLAG_BIAS() : 0)
                        | (kan.inputNorm() ? Kan.KAN_FLAG_NORM() : 0)
                        | (kan.baseNorm() ? Kan.KAN_FLAG_BASE_NORM() : 0)
                        | (kan.trainBasis() ? Kan.KAN_FLAG_TRAIN_BASIS() : 0));
                if (kan.inputNorm()) {
                    kan_layer_spec.shape(spec, 2, NORM_EPS);
                }
                fill(spec, kan.basis());
            }
            case Linear linear -> {
                kan_layer_spec.kind(spec, Kan.KAN_LAYER_LINEAR());
                kan_layer_spec.flags(spec, linear.bias() ? Kan.KAN_FLAG_BIAS() : 0);
            }
            case LayerNorm norm -> {
                kan_layer_spec.kind(spec, Kan.KAN_LAYER_LAYERNORM());
                kan_layer_spec.shape(spec, 2, norm.eps());
            }
            case BatchNorm norm -> {
                kan_layer_spec.kind(spec, Kan.KAN_LAYER_BATCHNORM());
                kan_layer_spec.shape(spec, 2, norm.eps());
                kan_layer_spec.shape(spec, 3, norm.momentum());
                kan_layer_spec.flags(spec, norm.frozen() ? Kan.KAN_FLAG_RUNNING_STATS() : 0);
            }
            case ActivationLayer activation -> {
                kan_layer_spec.kind(spec, Kan.KAN_LAYER_ACTIVATION());
                kan_layer_spec.activation(spec, code(activation.activation()));
            }
            case Multiply multiply -> {
                kan_layer_spec.kind(spec, Kan.KAN_LAYER_MULTIPLY());
                kan_layer_spec.grid(spec, multiply.passed());
                kan_layer_spec.order(spec, multiply.arity());
            }
            case Affine affine -> kan_layer_spec.kind(spec, Kan.KAN_LAYER_AFFINE());
        }
    }

    private static void fill(MemorySegment spec, Basis basis) {
        switch (basis) {
            case BSpline spline -> {
                kan_layer_spec.basis(spec, Kan.KAN_BASIS_BSPLINE());
                kan_layer_spec.grid(spec, spline.grid());
                kan_layer_spec.order(spec, spline.order());
                kan_layer_spec.outside(spec, code(spline.outside()));
            }
            case GaussianRbf rbf -> {
                kan_layer_spec.basis(spec, Kan.KAN_BASIS_RBF());
                kan_layer_spec.grid(spec, rbf.centres());
            }
            case Rswaf rswaf -> {
                kan_layer_spec.basis(spec, Kan.KAN_BASIS_RSWAF());
                kan_layer_spec.grid(spec, rswaf.centres());
            }
            case Fourier fourier -> {
                kan_layer_spec.basis(spec, Kan.KAN_BASIS_FOURIER());
                kan_layer_spec.grid(spec, fourier.frequencies());
            }
            case Chebyshev chebyshev -> {
                kan_layer_spec.basis(spec, Kan.KAN_BASIS_CHEBYSHEV());
                kan_layer_spec.grid(spec, chebyshev.degree());
            }
            case Jacobi jacobi -> {
                kan_layer_spec.basis(spec, Kan.KAN_BASIS_JACOBI());
                kan_layer_spec.grid(spec, jacobi.degree());
                kan_layer_spec.shape(spec, 0, jacobi.a());
                kan_layer_spec.shape(spec, 1, jacobi.b());
            }
            case Sine sine -> {
                kan_layer_spec.basis(spec, Kan.KAN_BASIS_SINE());
                kan_layer_spec.grid(spec, sine.frequencies());
            }
            case Wavelet wavelet -> {
                kan_layer_spec.basis(spec, Kan.KAN_BASIS_WAVELET());
                kan_layer_spec.wavelet(spec, code(wavelet.kind()));
            }
            case ReluPower relu -> {
                kan_layer_spec.basis(spec, Kan.KAN_BASIS_RELU());
                kan_layer_spec.grid(spec, relu.grid());
                kan_layer_spec.order(spec, relu.order());
            }
            case Rational rational -> {
                kan_layer_spec.basis(spec, Kan.KAN_BASIS_RATIONAL());
                kan_layer_spec.grid(spec, rational.groups());
            }
            case BSplineRbf both -> {
                kan_layer_spec.basis(spec, Kan.KAN_BASIS_BSRBF());
                kan_layer_spec.grid(spec, both.grid());
                kan_layer_spec.order(spec, both.order());
            }
        }
    }

    private static int code(BSpline.Outside value) {
        return switch (value) {
            case ZERO -> Kan.KAN_OUTSIDE_ZERO();
            case CLAMP -> Kan.KAN_OUTSIDE_CLAMP();
            case LINEAR -> Kan.KAN_OUTSIDE_LINEAR();
        };
    }

    private static int code(Wavelet.Kind value) {
        return switch (value) {
            case MEXICAN_HAT -> Kan.KAN_WAVELET_HAT();
            case MORLET -> Kan.KAN_WAVELET_MORLET();
            case DOG -> Kan.KAN_WAVELET_DOG();
            case MEYER -> Kan.KAN_WAVELET_MEYER();
            case SHANNON -> Kan.KAN_WAVELET_SHANNON();
        };
    }

    private static int code(Activation value) {
        return switch (value) {
            case NONE -> Kan.KAN_ACTIVATION_NONE();
            case IDENTITY -> Kan.KAN_ACTIVATION_IDENTITY();
            case SILU -> Kan.KAN_ACTIVATION_SILU();
            case RELU -> Kan.KAN_ACTIVATION_RELU();
            case GELU -> Kan.KAN_ACTIVATION_GELU();
            case TANH -> Kan.KAN_ACTIVATION_TANH();
            case SIGMOID -> Kan.KAN_ACTIVATION_SIGMOID();
        };
    }
}
