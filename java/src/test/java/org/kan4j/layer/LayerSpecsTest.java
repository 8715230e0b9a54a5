// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
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
import org.kan4j.device.ContextOptions;
import org.kan4j.device.Device;
import org.kan4j.device.Products;
import org.kan4j.device.Tier;
import org.kan4j.error.KanException;

/** What bases, layers and options of a context are made of: names, numbers of functions, defaults, and their bounds. */
class LayerSpecsTest {

    @Test
    void namesAndFunctions() {
        Map<Basis, String> bases = new LinkedHashMap<>();
        bases.put(BSpline.of(5, 3), "bspline 8 [grid=5, order=3, lo=-1.0, hi=1.0, outside=ZERO]");
        bases.put(BSpline.of(5, 3).withRange(0, 2).withGrid(7).withOutside(BSpline.Outside.LINEAR),
                "bspline 10 [grid=7, order=3, lo=0.0, hi=2.0, outside=LINEAR]");
        bases.put(BSplineRbf.of(5, 2), "bsrbf 7 [grid=5, order=2, lo=-1.5, hi=1.5]");
        bases.put(GaussianRbf.of(9), "fastkan 9 [centres=9, lo=-2.0, hi=2.0, width=0.5]");
        bases.put(GaussianRbf.of(3, 1, 5), "fastkan 3 [centres=3, lo=1.0, hi=5.0, width=2.0]");
        bases.put(Rswaf.of(8), "rswaf 8 [centres=8, lo=-1.2, hi=0.2, inverseDenominator=0.5]");
        bases.put(Chebyshev.of(4), "chebykan 5 [degree=4]");
        bases.put(Fourier.of(5), "fourierkan 10 [frequencies=5]");
        bases.put(Jacobi.of(3), "jacobikan 4 [degree=3, a=1.0, b=1.0]");
        bases.put(Jacobi.legendre(3), "jacobikan 4 [degree=3, a=0.0, b=0.0]");
        bases.put(Jacobi.gegenbauer(3, 2), "jacobikan 4 [degree=3, a=1.5, b=1.5]");
        bases.put(Sine.of(6), "sinekan 6 [frequencies=6]");
        bases.put(Wavelet.of(Wavelet.Kind.MORLET), "wavkan 1 [kind=MORLET]");
        bases.put(ReluPower.of(5, 3), "relukan 8 [grid=5, order=3]");
        bases.put(Rational.of(2), "rational 1 [groups=2]");
        bases.forEach((basis, text) -> assertEquals(text, basis.name() + " " + basis.functions() + " "
                + basis.toString().substring(basis.toString().indexOf('['))));
    }

    /** The least and the most of each, which are allowed, and one beyond, which is not. */
    @Test
    void bounds() {
        bounds("a B-spline's grid", 1, 1 << 20, g -> BSpline.of(g, 3));
        bounds("a B-spline's order", 1, 5, k -> BSpline.of(5, k));
        bounds("the grid of BSRBF", 1, 1 << 20, g -> BSplineRbf.of(g, 3));
        bounds("the order of BSRBF", 1, 5, k -> BSplineRbf.of(5, k));
        bounds("the centres of Gaussian radial basis functions", 2, 1 << 20, GaussianRbf::of);
        bounds("the centres of Gaussian radial basis functions", 2, 1 << 20, n -> new GaussianRbf(n, 0, 1, 1));
        bounds("the centres of RSWAF", 2, 1 << 20, Rswaf::of);
        bounds("the degree of Chebyshev polynomials", 1, 1 << 16, Chebyshev::of);
        bounds("the degree of Jacobi polynomials", 1, 1 << 16, Jacobi::of);
        bounds("the frequencies of a Fourier basis", 1, 1 << 20, Fourier::of);
        bounds("the frequencies of a sine basis", 1, 1 << 20, Sine::of);
        bounds("the grid of ReLU-KAN", 1, 1 << 20, g -> ReluPower.of(g, 3));
        bounds("the order of ReLU-KAN", 1, 1 << 10, k -> ReluPower.of(5, k));
        bounds("the groups of a rational basis", 1, 1 << 20, Rational::of);
        refused("a B-spline's grid range must have finite ends, the lower below the upper, given [1.0, 1.0]",
                () -> BSpline.of(5, 3).withRange(1, 1));
        refused("the grid range of BSRBF must have finite ends, the lower below the upper, given [0.0, Infinity]",
                () -> new BSplineRbf(5, 3, 0, Double.POSITIVE_INFINITY));
        refused("the range of the centres must have finite ends, the lower below the upper, given [NaN, 1.0]",
                () -> new GaussianRbf(5, Double.NaN, 1, 1));
        refused("the range of the centres must have finite ends, the lower below the upper, given [2.0, 1.0]",
                () -> new Rswaf(5, 2, 1, 1));
        refused("the width of Gaussian radial basis functions must be above 0 and finite, given 0.0",
                () -> new GaussianRbf(5, 0, 1, 0));
        refused("the inverse denominator of RSWAF must be above 0 and finite, given -1.0", () -> new Rswaf(5, 0, 1, -1));
        refused("the parameter a of Jacobi polynomials must be above -1 and finite, given -1.0", () -> new Jacobi(3, -1, 0));
        refused("the parameter b of Jacobi polynomials must be above -1 and finite, given Infinity",
                () -> new Jacobi(3, -0.99, Double.POSITIVE_INFINITY));
    }

    private static void bounds(String what, int least, int most, IntFunction<Object> make) {
        assertNotNull(make.apply(least));
        assertNotNull(make.apply(most));
        for (int beyond : new int[] {least - 1, most + 1}) {
            refused(what + " must be " + least + " to " + most + ", given " + beyond, () -> make.apply(beyond));
        }
    }

    private static void refused(String sentence, Executable call) {
        assertEquals(sentence, assertThrows(KanException.class, call).getMessage());
    }

    /** base, scale, mask, bias, inputNorm, baseNorm and trainBasis as published. */
    @Test
    void layersAreAsPublished() {
        Map<Basis, String> published = new LinkedHashMap<>();
        published.put(BSpline.of(5, 3), "SILU, scale");
        published.put(GaussianRbf.of(8), "SILU, bias, inputNorm");
        published.put(Rswaf.of(8), "NONE, inputNorm");
        published.put(Fourier.of(3), "NONE, bias");
        published.put(Chebyshev.of(3), "NONE");
        published.put(Jacobi.of(3), "NONE");
        published.put(Sine.of(3), "NONE, bias, trainBasis");
        published.put(Wavelet.of(Wavelet.Kind.DOG), "NONE");
        published.put(ReluPower.of(5, 3), "NONE, bias, trainBasis");
        published.put(Rational.of(1), "NONE, bias, trainBasis");
        published.put(BSplineRbf.of(5, 3), "SILU, inputNorm, baseNorm");
        published.forEach((basis, text) -> {
            assertEquals(text, flags(KanLayer.of(4, 2, basis)), basis.name());
            assertEquals(text.replace(", inputNorm", "").replace(", baseNorm", ""), flags(KanLayer.of(1, 2, basis)),
                    basis.name() + " of one input, whose norm would be constant");
            boolean own = !(basis instanceof BSpline) && !text.equals("NONE") && !(basis instanceof Fourier);
            if (own) {
                assertEquals(true, KanLayer.of(4, 2, basis).withTrainBasis(true).trainBasis());
            } else {
                refused("the basis " + basis.name() + " has no numbers of its own to train",
                        () -> KanLayer.of(4, 2, basis).withTrainBasis(true));
            }
        });
        KanLayer spline = KanLayer.of(4, 2, BSpline.of(5, 3));
        assertEquals("TANH, scale, mask, bias", flags(spline.withBase(Activation.TANH).withMask(true).withBias(true)));
        KanLayer polynomials = KanLayer.of(4, 2, Chebyshev.of(3));
        assertEquals("TANH, inputNorm, baseNorm",
                flags(polynomials.withBase(Activation.TANH).withInputNorm(true).withBaseNorm(true)));
        assertEquals("NONE", flags(polynomials.withInputNorm(true).withBaseNorm(true).withInputNorm(false)),
                "a base is of the norm only where there is one");
        refused("bspline has no layer norm of its own: expected one as a layer before it, LayerNorm.of(4)",
                () -> spline.withInputNorm(true));
        refused("wavkan has no layer norm of its own: expected one as a layer before it, LayerNorm.of(4)",
                () -> KanLayer.of(4, 2, Wavelet.of(Wavelet.Kind.DOG)).withInputNorm(true));
        refused("baseNorm needs inputNorm", () -> spline.withBaseNorm(true));
        refused("a layer norm needs at least 2 input features (of 1 it is constant), given 1",
                () -> KanLayer.of(1, 2, Chebyshev.of(3)).withInputNorm(true));
        refused("scale and mask belong to B-splines; the basis given is fourierkan",
                () -> KanLayer.of(4, 2, Fourier.of(3)).withMask(true));
        refused("wavelets have no base branch, given SILU",
                () -> KanLayer.of(4, 2, Wavelet.of(Wavelet.Kind.DOG)).withBase(Activation.SILU));
        refused("a KAN layer's input features must be at least 1, given 0", () -> KanLayer.of(0, 2, BSpline.of(5, 3)));
        refused("a KAN layer's output features must be at least 1, given 0", () -> KanLayer.of(2, 0, BSpline.of(5, 3)));
    }

    private static String flags(KanLayer layer) {
        return layer.base() + (layer.scale() ? ", scale" : "") + (layer.mask() ? ", mask" : "") + (layer.bias() ? ", bias" : "")
                + (layer.inputNorm() ? ", inputNorm" : "") + (layer.baseNorm() ? ", baseNorm" : "")
                + (layer.trainBasis() ? ", trainBasis" : "");
    }

    @Test
    void otherLayers() {
        widths("Linear[in=3, out=2, bias=true]", 3, 2, Linear.of(3, 2));
        widths("LayerNorm[features=2, eps=1.0E-5]", 2, 2, LayerNorm.of(2));
        widths("BatchNorm[features=1, eps=1.0E-5, momentum=0.1, frozen=true]", 1, 1, BatchNorm.of(1).withFrozen(true));
        widths("ActivationLayer[features=4, activation=IDENTITY]", 4, 4, new ActivationLayer(4, Activation.IDENTITY));
        widths("Affine[features=3]", 3, 3, new Affine(3));
        widths("Multiply[passed=1, products=2, arity=3]", 7, 3, new Multiply(1, 2, 3));
        widths("Multiply[passed=0, products=1, arity=2]", 2, 1, new Multiply(0, 1, 2));
        refused("a layer norm needs at least 2 features (of 1 it is constant), given 1", () -> LayerNorm.of(1));
        refused("a layer norm's eps must be above 0 and finite, given 0.0", () -> new LayerNorm(2, 0));
        refused("a batch norm's features must be at least 1, given 0", () -> BatchNorm.of(0));
        refused("a batch norm's eps must be above 0 and finite, given 0.0", () -> new BatchNorm(2, 0, 0.1, false));
        new BatchNorm(2, 1, 0, false);
        new BatchNorm(2, 1, 1, false);
        refused("a batch norm's momentum must be 0 to 1, given 1.5", () -> new BatchNorm(2, 1, 1.5, false));
        refused("a batch norm's momentum must be 0 to 1, given NaN", () -> new BatchNorm(2, 1, Double.NaN, false));
        refused("an activation layer needs an activation; the identity is IDENTITY",
                () -> new ActivationLayer(2, Activation.NONE));
        refused("an activation layer's features must be at least 1, given 0", () -> new ActivationLayer(0, Activation.TANH));
        refused("an affine layer's features must be at least 1, given -1", () -> new Affine(-1));
        refused("a linear layer's input features must be at least 1, given 0", () -> Linear.of(0, 1));
        refused("a linear layer's output features must be at least 1, given 0", () -> Linear.of(1, 0));
        refused("the arity of products must be at least 2, given 1", () -> new Multiply(1, 1, 1));
        refused("the products of a multiplication layer must be at least 0, given -1", () -> new Multiply(1, -1, 2));
        refused("the inputs a multiplication layer passes on must be at least 0, given -1", () -> new Multiply(-1, 1, 2));
        refused("a multiplication layer's outputs must be at least 1, given 0", () -> new Multiply(0, 0, 2));
    }

    private static void widths(String text, long in, long out, LayerSpec layer) {
        assertEquals(text, layer.toString());
        assertEquals(in, layer.in());
        assertEquals(out, layer.out());
    }

    @Test
    void optionsOfAContext() {
        ContextOptions options = ContextOptions.defaults().withThreads(1).withTier(Tier.AVX2).withProducts(Products.TF32)
                .withImplementation("taps").withDevice(Device.cuda(1));
        assertEquals("ContextOptions[device=cuda:1, threads=1, tier=avx2, products=tf32, implementation=taps]",
                options.toString());
        assertEquals(256, options.withThreads(256).threads());
        options.withImplementation("x".repeat(31));
        refused("an implementation's name has at most 31 characters, given '" + "x".repeat(32) + "'",
                () -> options.withImplementation("x".repeat(32)));
        refused("a context needs at least 1 thread, at most 256, given 0", () -> options.withThreads(0));
        refused("a context needs at least 1 thread, at most 256, given 257", () -> options.withThreads(257));
        refused("a CUDA device's index must be at least 0, given -1", () -> Device.cuda(-1));
        assertEquals("cpu", Device.cpu().toString());
        for (Tier tier : Tier.values()) {
            assertEquals(tier, Tier.parse(tier.toString()));
        }
        refused("a tier is auto, reference, baseline, avx2 or avx512, given 'sse'", () -> Tier.parse("sse"));
        for (Products products : Products.values()) {
            assertEquals(products, Products.parse(products.toString()));
        }
        refused("products must be fp32, tf32 or bf16, given 'FP32'", () -> Products.parse("FP32"));
        String before = System.getProperty("kan4j.threads");
        try {
            System.setProperty("kan4j.threads", " 3 ");
            assertEquals(3, ContextOptions.defaults().threads());
            System.setProperty("kan4j.threads", "many");
            refused("the property kan4j.threads must be a whole number, given 'many'", ContextOptions::defaults);
        } finally {
            if (before == null) {
                System.clearProperty("kan4j.threads");
            } else {
                System.setProperty("kan4j.threads", before);
            }
        }
    }
}
