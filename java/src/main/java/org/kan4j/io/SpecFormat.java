// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.io;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
import org.kan4j.error.FormatException;
import org.kan4j.internal.Fields;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Affine;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;
import org.kan4j.model.KanModel;
import org.kan4j.tensor.DType;

/** Models, and what a training is made of, as JSON objects. Each has a {@code type}; the fields are the records'. */
public final class SpecFormat {

    private SpecFormat() {
    }

    private static Map<String, Object> object(String type, Object... namesAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("type", type);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static FormatException unknown(String what, Fields fields, String known) {
        return new FormatException("unknown " + what + " '" + fields.text("type") + "'; known are " + known);
    }

    // ----------------------------------------------------------------------------------------------------------- model

    static Map<String, Object> model(KanModel model) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("dtype", name(model.dtype()));
        map.put("layers", model.layers().stream().map(SpecFormat::layer).toList());
        return map;
    }

    static KanModel model(Fields fields) {
        fields.only("dtype", "layers");
        List<LayerSpec> layers = new ArrayList<>();
        for (Fields layer : fields.objects("layers")) {
            layers.add(layer(layer));
        }
        return KanModel.of(fields.constant("dtype", DType.class), layers);
    }

    private static Map<String, Object> layer(LayerSpec layer) {
        return switch (layer) {
            case KanLayer kan -> object("kan", "in", kan.in(), "out", kan.out(), "basis", basis(kan.basis()), "base",
                    name(kan.base()), "scale", kan.scale(), "mask", kan.mask(), "bias", kan.bias(), "input_norm",
                    kan.inputNorm(), "base_norm", kan.baseNorm(), "train_basis", kan.trainBasis());
            case Linear linear -> object("linear", "in", linear.in(), "out", linear.out(), "bias", linear.bias());
            case LayerNorm norm -> object("layer_norm", "features", norm.features(), "eps", norm.eps());
            case BatchNorm norm -> object("batch_norm", "features", norm.features(), "eps", norm.eps(), "momentum",
                    norm.momentum(), "frozen", norm.frozen());
            case ActivationLayer activation -> object("activation", "features", activation.features(), "activation",
                    name(activation.activation()));
            case Multiply multiply -> object("multiply", "passed", multiply.passed(), "products", multiply.products(),
                    "arity", multiply.arity());
            case Affine affine -> object("affine", "features", affine.features());
        };
    }

    private static LayerSpec layer(Fields fields) {
        return switch (fields.text("type")) {
            case "kan" -> {
                fields.only("type", "in", "out", "basis", "base", "scale", "mask", "bias", "input_norm", "base_norm",
                        "train_basis");
                yield new KanLayer(fields.whole("in"), fields.whole("out"), basis(fields.object("basis")),
                        fields.constant("base", Activation.class), fields.bool("scale"), fields.bool("mask"),
                        fields.bool("bias"), fields.bool("input_norm"), fields.bool("base_norm"),
                        fields.bool("train_basis"));
            }
            case "linear" -> {
                fields.only("type", "in", "out", "bias");
                yield new Linear(fields.whole("in"), fields.whole("out"), fields.bool("bias"));
            }
            case "layer_norm" -> {
                fields.only("type", "features", "eps");
                yield new LayerNorm(fields.whole("features"), fields.number("eps"));
            }
            case "batch_norm" -> {
                fields.only("type", "features", "eps", "momentum", "frozen");
                yield new BatchNorm(fields.whole("features"), fields.number("eps"), fields.number("momentum"),
                        fields.bool("frozen"));
            }
            case "activation" -> {
                fields.only("type", "features", "activation");
                yield new ActivationLayer(fields.whole("features"), fields.constant("activation", Activation.class));
            }
            case "multiply" -> {
                fields.only("type", "passed", "products", "arity");
                yield new Multiply(fields.integer("passed", 0), fields.integer("products", 0),
                        fields.integer("arity", 0));
            }
            case "affine" -> {
                fields.only("type", "features");
                yield new Affine(fields.whole("features"));
            }
            default -> throw unknown("layer", fields,
                    "kan, linear, layer_norm, batch_norm, activation, multiply, affine");
        };
    }

    private static Map<String, Object> basis(Basis basis) {
        return switch (basis) {
            case BSpline b -> object(b.name(), "grid", b.grid(), "order", b.order(), "lo", b.lo(), "hi", b.hi(),
                    "outside", name(b.outside()));
            case GaussianRbf b -> object(b.name(), "centres", b.centres(), "lo", b.lo(), "hi", b.hi(), "width",
                    b.width());
            case Rswaf b -> object(b.name(), "centres", b.centres(), "lo", b.lo(), "hi", b.hi(), "inverse_denominator",
                    b.inverseDenominator());
            case Fourier b -> object(b.name(), "frequencies", b.frequencies());
            case Chebyshev b -> object(b.name(), "degree", b.degree());
            case Jacobi b -> object(b.name(), "degree", b.degree(), "a", b.a(), "b", b.b());
            case Sine b -> object(b.name(), "frequencies", b.frequencies());
            case Wavelet b -> object(b.name(), "kind", name(b.kind()));
            case ReluPower b -> object(b.name(), "grid", b.grid(), "order", b.order());
            case Rational b -> object(b.name(), "groups", b.groups());
            case BSplineRbf b -> object(b.name(), "grid", b.grid(), "order", b.order(), "lo", b.lo(), "hi", b.hi());
        };
    }

    private static Basis basis(Fields fields) {
        return switch (fields.text("type")) {
            case "bspline" -> {
                fields.only("type", "grid", "order", "lo", "hi", "outside");
                yield new BSpline(fields.integer("grid", 0), fields.integer("order", 0), fields.number("lo"),
                        fields.number("hi"), fields.constant("outside", BSpline.Outside.class));
            }
            case "fastkan" -> {
                fields.only("type", "centres", "lo", "hi", "width");
                yield new GaussianRbf(fields.integer("centres", 0), fields.number("lo"), fields.number("hi"),
                        fields.number("width"));
            }
            case "rswaf" -> {
                fields.only("type", "centres", "lo", "hi", "inverse_denominator");
                yield new Rswaf(fields.integer("centres", 0), fields.number("lo"), fields.number("hi"),
                        fields.number("inverse_denominator"));
            }
            case "fourierkan" -> new Fourier(fields.only("type", "frequencies").integer("frequencies", 0));
            case "chebykan" -> new Chebyshev(fields.only("type", "degree").integer("degree", 0));
            case "jacobikan" -> {
                fields.only("type", "degree", "a", "b");
                yield new Jacobi(fields.integer("degree", 0), fields.number("a"), fields.number("b"));
            }
            case "sinekan" -> new Sine(fields.only("type", "frequencies").integer("frequencies", 0));
            case "wavkan" -> new Wavelet(fields.only("type", "kind").constant("kind", Wavelet.Kind.class));
            case "relukan" -> {
                fields.only("type", "grid", "order");
                yield new ReluPower(fields.integer("grid", 0), fields.integer("order", 0));
            }
            case "rational" -> new Rational(fields.only("type", "groups").integer("groups", 0));
            case "bsrbf" -> {
                fields.only("type", "grid", "order", "lo", "hi");
                yield new BSplineRbf(fields.integer("grid", 0), fields.integer("order", 0), fields.number("lo"),
                        fields.number("hi"));
            }
            default -> throw unknown("basis", fields, "bspline, fastkan, rswaf, fourierkan, chebykan, jacobikan, "
                    + "sinekan, wavkan, relukan, rational, bsrbf");
        };
    }
}
