// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.kan4j.explain.Ensemble;
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
import org.kan4j.tensor.HostTensor;
import org.kan4j.basis.Jacobi;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;
import org.kan4j.basis.Rational;
import org.kan4j.basis.ReluPower;
import org.kan4j.basis.Rswaf;
import org.kan4j.basis.Sine;
import org.kan4j.model.TensorInfo;
import org.kan4j.basis.Wavelet;
import org.kan4j.internal.SplitMix;

/**
 * Models of every kind with numbers that no part of an export can leave out unseen, rows for them, and their errors.
 */
final class Models {

    /** Members of means of three networks. */
    private static final Map<String, KanModel> ENSEMBLES = new TreeMap<>(Map.of(
            "ensemble-bspline", KanModel.kan(BSpline.of(5, 3), 7, 6, 4, 5),
            "ensemble-fourierkan", KanModel.of(DType.F32, KanLayer.of(7, 5, new Fourier(4)).withInputNorm(false)),
            "ensemble-mlp", KanModel.mlp(DType.F32, Activation.SILU, 7, 6, 5),
            "ensemble-bspline-f64", KanModel.kan(DType.F64, BSpline.of(5, 3), 7, 6, 5)));

    private Models() {
    }

    private static Parameters ensemble(KanModel member) {
        List<Parameters> members = IntStream.range(0, 3).mapToObj(seed -> Parameters.initialise(member, seed)).toList();
        try {
            return Ensemble.mean(members);
        } finally {
            members.forEach(Parameters::close);
        }
    }

    /** Every basis, every layer kind, orders, uneven and repeated knots, every behaviour outside, by name. */
    static Map<String, KanModel> all() {
        Map<String, KanModel> models = new LinkedHashMap<>();
        for (int order = 1; order <= 5; order++) {
            for (BSpline.Outside outside : BSpline.Outside.values()) {
                models.put("bspline-" + order + "-" + outside, KanModel.kan(BSpline.of(5, order).withOutside(outside),
                        7, 12, 5));
            }
            for (BSpline.Outside outside : BSpline.Outside.values()) {
                models.put("uneven-" + order + "-" + outside, KanModel.kan(BSpline.of(6, order).withOutside(outside), 7,
                        12, 5));
            }
        }
        models.put("open-3-CLAMP", KanModel.kan(BSpline.of(6, 3).withOutside(BSpline.Outside.CLAMP), 7, 5));
        models.put("open-2-LINEAR", KanModel.kan(BSpline.of(6, 2).withOutside(BSpline.Outside.LINEAR), 7, 5));
        models.put("bspline-fine", KanModel.of(DType.F32, KanLayer.of(7, 12, BSpline.of(3, 3)),
                KanLayer.of(12, 5, BSpline.of(50, 3))));
        models.put("bspline-masked", KanModel.of(DType.F32, KanLayer.of(7, 5, BSpline.of(5, 3)).withMask(true)
                .withBias(true)
                .withBase(Activation.TANH)));
        models.put("bspline-plain", KanModel.of(DType.F32, KanLayer.of(7, 5, BSpline.of(5, 3)).withScale(false)
                .withBase(Activation.NONE)));
        models.put("bspline-bases", KanModel.of(DType.F32, KanLayer.of(7, 6, BSpline.of(5, 3)).withBase(Activation.IDENTITY),
                KanLayer.of(6, 6, BSpline.of(4, 2)).withBase(Activation.RELU),
                KanLayer.of(6, 5, BSpline.of(3, 4)).withBase(Activation.SIGMOID)));
        models.put("bspline-wide", KanModel.kan(BSpline.of(5, 3), 300, 20, 10));
        models.put("fastkan", KanModel.kan(GaussianRbf.of(8), 7, 12, 5));
        models.put("fastkan-no-norm", KanModel.of(DType.F32, KanLayer.of(7, 5, GaussianRbf.of(5)).withInputNorm(false)
                .withBase(Activation.GELU)));
        models.put("rswaf", KanModel.kan(Rswaf.of(8), 7, 12, 5));
        models.put("fourierkan-5", KanModel.kan(new Fourier(5), 7, 12, 5));
        models.put("fourierkan-20", KanModel.kan(new Fourier(20), 7, 12, 5));
        models.put("chebykan-4", KanModel.kan(new Chebyshev(4), 7, 12, 5));
        models.put("chebykan-12", KanModel.kan(new Chebyshev(12), 7, 12, 5));
        models.put("chebykan-1", KanModel.kan(new Chebyshev(1), 7, 5));
        models.put("jacobikan-3", KanModel.kan(Jacobi.of(3), 7, 12, 5));
        models.put("jacobikan-8", KanModel.kan(new Jacobi(8, 0.3, -0.6), 7, 12, 5));
        models.put("legendre-4", KanModel.kan(Jacobi.legendre(4), 7, 12, 5));
        models.put("sinekan", KanModel.kan(new Sine(6), 7, 12, 5));
        for (Wavelet.Kind kind : Wavelet.Kind.values()) {
            models.put("wavkan-" + kind, KanModel.kan(new Wavelet(kind), 7, 12, 5));
        }
        models.put("relukan", KanModel.kan(new ReluPower(5, 3), 7, 12, 5));
        models.put("rational", KanModel.kan(new Rational(2), 6, 12, 5));
        models.put("bsrbf", KanModel.kan(BSplineRbf.of(5, 3), 7, 12, 5));
        models.put("bsrbf-no-norm", KanModel.of(DType.F32, KanLayer.of(7, 5, BSplineRbf.of(4, 2))
                .withInputNorm(false)));
        for (Activation activation : Activation.values()) {
            if (activation != Activation.NONE) {
                models.put("mlp-" + activation, KanModel.mlp(DType.F32, activation, 7, 12, 5));
            }
        }
        models.put("linear", KanModel.of(DType.F32, new Linear(7, 5, false)));
        models.put("pykan", KanModel.of(DType.F32, KanLayer.of(7, 9, BSpline.of(3, 3)).withMask(true), new Affine(9),
                new Multiply(3, 2, 3), new Affine(5), KanLayer.of(5, 4, BSpline.of(3, 3)), new Multiply(0, 2, 2)));
        models.put("passed", KanModel.of(DType.F32, new Multiply(7, 0, 2), new ActivationLayer(7, Activation.SILU)));
        models.put("norms", KanModel.of(DType.F32, new LayerNorm(7, 1e-3), BatchNorm.of(7), Linear.of(7, 3)));
        models.put("linear-head", KanModel.of(DType.F32, KanLayer.of(7, 12, BSpline.of(5, 3)), Linear.of(12, 5)));
        models.put("linear-between", KanModel.of(DType.F32, KanLayer.of(7, 12, GaussianRbf.of(8)), new Linear(12, 9, false),
                KanLayer.of(9, 8, new Chebyshev(4)), Linear.of(8, 6), KanLayer.of(6, 6, new Wavelet(Wavelet.Kind.DOG)),
                Linear.of(6, 5)));
        ENSEMBLES.forEach((name, member) -> {
            try (Parameters mean = ensemble(member)) {
                models.put(name, mean.model());
            }
        });
        Map<String, KanModel> both = new LinkedHashMap<>(models);
        for (String name : List.of("bspline-3-ZERO", "bspline-2-LINEAR", "uneven-5-ZERO", "open-3-CLAMP", "fastkan",
                "rswaf", "fourierkan-5", "chebykan-4", "jacobikan-8", "sinekan", "wavkan-MEYER", "relukan", "rational",
                "bsrbf", "mlp-SILU", "pykan", "norms", "linear-head", "linear-between")) {
            both.put(name + "-f64", models.get(name).withDType(DType.F64));
        }
        return both;
    }

    /** The numbers of one of {@link #all}. The caller closes them. */
    static Parameters parameters(String name) {
        if (ENSEMBLES.containsKey(name)) {
            return ensemble(ENSEMBLES.get(name));
        }
        Parameters parameters = Parameters.initialise(all().get(name), 5);
        SplitMix random = new SplitMix(11, name.hashCode(), 0);
        for (TensorInfo tensor : parameters.tensors()) {
            LayerSpec layer = parameters.model().layers().get(tensor.layer());
            switch (tensor.tensor()) {
                case "mask" -> edit(parameters, tensor, v -> fill(v, i -> i % 3 == 0 ? 0 : 0.5 + i % 2));
                case "running_mean", "bias", "norm_bias" -> edit(parameters, tensor,
                        v -> fill(v, i -> random.uniform(-0.5, 0.5)));
                case "running_var", "norm_weight" -> edit(parameters, tensor, v -> fill(v, i -> random.uniform(0.5, 2)));
                case "translation" -> edit(parameters, tensor, v -> fill(v, i -> random.uniform(-1, 1)));
                case "scale" -> edit(parameters, tensor, v -> fill(v, i -> random.uniform(0.5, 2)));
                case "coef" -> {
                    double size = layer instanceof KanLayer kan && (kan.basis() instanceof Chebyshev
                            || kan.basis() instanceof Jacobi || kan.basis() instanceof Fourier) ? 0 : 1;
                    edit(parameters, tensor, v -> {
                        for (int i = 0; i < v.length && size > 0; i++) {
                            v[i] = random.uniform(-1, 1) / Math.sqrt(layer.in());
                        }
                    });
                }
                case "knots" -> {
                    if (name.startsWith("uneven")) {
                        int count = (int) tensor.shape().axis(1);
                        edit(parameters, tensor, v -> {
                            for (int i = 0; i < v.length; i++) {
                                v[i] += (i % count % 2 == 0 ? 0.06 : -0.05) * (1 + i / count % 3);
                            }
                        });
                    } else if (name.startsWith("open")) {
                        int count = (int) tensor.shape().axis(1);
                        int order = ((BSpline) ((KanLayer) layer).basis()).order();
                        edit(parameters, tensor, v -> {
                            for (int i = 0; i < v.length; i++) {
                                int row = i / count * count;
                                v[i] = v[row + Math.clamp(i % count, order, count - 1 - order)];
                            }
                        });
                    }
                }
                default -> {
                }
            }
        }
        return parameters;
    }

    private static void fill(double[] values, java.util.function.IntToDoubleFunction with) {
        Arrays.setAll(values, with);
    }

    private static void edit(Parameters parameters, TensorInfo tensor, Consumer<double[]> change) {
        try (Arena arena = Arena.ofConfined()) {
            double[] values = parameters.get(arena, tensor.name()).toDoubles();
            double[] changed = values.clone();
            change.accept(changed);
            HostTensor natural = HostTensor.allocate(arena, parameters.model().dtype(), tensor.shape());
            for (int i = 0; i < changed.length; i++) {
                natural.reshape(changed.length).set(changed[i], i);
            }
            parameters.set(tensor.name(), natural);
        }
    }

    /** Rows to 1.3, some to 9, some on knots; float32 numbers. */
    static double[] rows(int in, int rows) {
        SplitMix random = new SplitMix(3, in, 0);
        double[] x = new double[in * rows];
        for (int i = 0; i < x.length; i++) {
            int row = i / in;
            x[i] = row % 16 == 5 ? random.uniform(-9, 9) : row % 16 == 9 ? Math.round(random.uniform(-5, 5)) / 5.0
                    : random.uniform(-1.3, 1.3);
            x[i] = (float) x[i];
        }
        return x;
    }

    /** kan4j's own outputs in the model's type. */
    static double[] own(Parameters parameters, double[] x) {
        try (Predictor predictor = Predictor.of(parameters)) {
            return predictor.predict(x);
        }
    }

    /** The same numbers computed in float64. */
    static double[] exact(Parameters parameters, double[] x) {
        KanModel model = parameters.model().withDType(DType.F64);
        try (Parameters wide = Parameters.zeros(model); Arena arena = Arena.ofConfined()) {
            for (TensorInfo tensor : parameters.tensors()) {
                wide.set(tensor.name(), parameters.get(arena, tensor.name()).to(arena, DType.F64));
            }
            return own(wide, x);
        }
    }

    /** ||a - b|| / ||b||. */
    static double relative(double[] a, double[] b) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < b.length; i++) {
            error += (a[i] - b[i]) * (a[i] - b[i]);
            size += b[i] * b[i];
        }
        return Math.sqrt(error / size);
    }
}
