// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.kan4j.basis.BSpline;
import org.kan4j.error.FormatException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.internal.Json;
import org.kan4j.layer.Activation;
import org.kan4j.layer.Affine;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Multiply;
import org.kan4j.tensor.HostTensor;

/**
 * KindXiaoming/pykan (MultKAN): B-splines with scales and a mask for each edge, multiplication nodes, and affine maps
 * of subnodes (before the products) and nodes (after them). Symbolic edges are expressions beside the model
 * ({@link PykanFunctions}).
 */
final class Pykan extends Variant {

    private static final String GRID = "act_fun.{l}.grid";
    static final String MASK = "act_fun.{l}.mask";
    static final String SYMBOLIC_AFFINE = "symbolic_fun.{l}.affine";
    static final String SYMBOLIC_MASK = "symbolic_fun.{l}.mask";

    Pykan() {
        super("pykan");
    }

    @Override
    Map<String, HostTensor> current(String what, Map<String, HostTensor> tensors, Arena arena) {
        return PykanEdges.modern(what, tensors, arena);
    }

    @Override
    Map<String, Object> defaults() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("width", null);
        keys.put("grid", 3);
        keys.put("k", 3);
        keys.put("mult_arity", 2);
        keys.put("base_fun", "silu");
        keys.put("symbolic_enabled", true);
        keys.put("symbolic", null); // the functions' names, [layer][subnode][input]
        return keys;
    }

    @Override
    Set<String> ignoredKeys() {
        return Set.of("fitted_steps", "noise_scale", "scale_base_mu", "scale_base_sigma", "affine_trainable", "grid_eps",
                "grid_range", "sp_trainable", "sb_trainable", "seed", "save_act",
                "sparse_init", "auto_save", "first_init", "ckpt_path", "state_id", "round", "device");
    }

    @Override
    List<Slot> slots() {
        return List.of(
                Slot.of(GRID, "kan", "knots", "I", "K"),
                Slot.of("act_fun.{l}.coef", "kan", "coef", "I", "S", "N").axes(1, 0, 2),
                Slot.of(MASK, "kan", "mask", "I", "S").axes(1, 0).orElse(1),
                // Without a base branch (base_fun "zero") no layer holds scale_base.
                Slot.of("act_fun.{l}.scale_base", "kan", "base_weight", "I", "S").axes(1, 0).orElse(0),
                Slot.of("act_fun.{l}.scale_sp", "kan", "coef_scale", "I", "S").axes(1, 0).orElse(1),
                Slot.carried(SYMBOLIC_MASK, i -> 0, null, "S", "I").in(""),
                Slot.carried(SYMBOLIC_AFFINE, i -> 0, null, "S", "I", "4").in(""),
                // Affine maps that change nothing are no layers.
                Slot.of("subnode_bias_{l}", "subnode", "bias", "S").orElse(0),
                Slot.of("subnode_scale_{l}", "subnode", "scale", "S").orElse(1),
                Slot.of("node_bias_{l}", "node", "bias", "O").orElse(0),
                Slot.of("node_scale_{l}", "node", "scale", "O").orElse(1));
    }

    /** Sums and products of a layer of nodes. */
    private record Nodes(int sums, int products) {
    }

    private static List<Nodes> nodes(Config config) {
        List<Nodes> nodes = new ArrayList<>();
        List<Object> width = config.list("width");
        for (Object value : width == null ? List.of() : width) {
            List<?> pair = value instanceof List<?> list ? list : List.of(value, 0);
            if (pair.size() != 2 || !(pair.get(0) instanceof Number sums) || !(pair.get(1) instanceof Number products)
                    || sums.intValue() < 0 || products.intValue() < 0 || sums.intValue() + products.intValue() < 1) {
                throw new FormatException("the config of variant pykan needs numbers of nodes or pairs [sums, products]"
                        + " for 'width', given " + value);
            }
            nodes.add(new Nodes(sums.intValue(), products.intValue()));
        }
        return nodes;
    }

    @Override
    int configLayers(Config config) {
        return Math.max(0, nodes(config).size() - 1);
    }

    @Override
    Map<String, Long> configSizes(Config config, int layer) {
        Map<String, Long> sizes = new LinkedHashMap<>();
        List<Nodes> nodes = nodes(config);
        if (layer < nodes.size() - 1) {
            Nodes next = nodes.get(layer + 1);
            sizes.put("I", (long) nodes.get(layer).sums() + nodes.get(layer).products());
            sizes.put("O", (long) next.sums() + next.products());
            sizes.put("S", next.sums() + (long) next.products() * arity(config, layer, next.products()));
        }
        if (config.given()) {
            sizes.put("N", (long) config.integer("grid") + config.integer("k"));
            sizes.put("K", config.integer("grid") + 2L * config.integer("k") + 1);
        }
        return sizes;
    }

    /** mult_arity is one number, or a list a layer of nodes (the inputs' first) with a number a product. */
    private static int arity(Config config, int layer, int products) {
        if (products == 0 || !config.isList("mult_arity")) {
            return config.isList("mult_arity") ? 2 : config.integer("mult_arity");
        }
        Object ofLayer = layer + 1 < config.list("mult_arity").size() ? config.list("mult_arity").get(layer + 1) : null;
        if (!(ofLayer instanceof List<?> arities) || arities.size() != products
                || !arities.stream().allMatch(a -> a instanceof Number)) {
            throw new FormatException("the config of variant pykan needs a number for each product in 'mult_arity', "
                    + "given " + config.list("mult_arity"));
        }
        if (arities.stream().distinct().count() > 1) {
            throw new UnsupportedException("multiplication nodes of different arity in one layer, given mult_arity "
                    + config.list("mult_arity") + "; kan4j has one arity a layer");
        }
        return ((Number) arities.getFirst()).intValue();
    }

    @Override
    Map<String, LayerSpec> layers(PublishedLayer published, Config config) {
        int l = published.index();
        int order = published.splineOrder(GRID);
        HostTensor knots = published.tensor(GRID);
        BSpline basis = BSpline.of(published.size("N") - order, order)
                .withRange(knots.get(0, order), knots.get(0, published.size("N")));
        int subnodes = published.size("S");
        int outputs = Math.toIntExact(published.out());
        Map<String, LayerSpec> layers = new LinkedHashMap<>();
        layers.put("kan", new KanLayer(published.in(), subnodes, basis, base(config), true, true, false, false, false,
                false));
        boolean subnode = matters(published, "subnode_scale_{l}", "subnode_bias_{l}");
        boolean node = matters(published, "node_scale_{l}", "node_bias_{l}");
        boolean product = subnodes != outputs;
        if (subnode || node && !product) { // without products between them, one affine layer could be either
            layers.put("subnode", new Affine(subnodes));
        }
        if (product) {
            layers.put("multiply", multiply(config, l, subnodes, outputs));
        }
        if (node || subnode && !product) {
            layers.put("node", new Affine(outputs));
        }
        return layers;
    }

    @Override
    Map<String, String> functions(PublishedLayer published, int place, Config config) {
        return config.flag("symbolic_enabled") ? PykanFunctions.of(published, place, config) : Map.of();
    }

    private static Activation base(Config config) {
        return switch (config.text("base_fun", List.of("silu", "identity", "zero"))) {
            case "identity" -> Activation.IDENTITY;
            case "zero" -> Activation.NONE;
            default -> Activation.SILU;
        };
    }

    private static Multiply multiply(Config config, int layer, int subnodes, int outputs) {
        List<Nodes> nodes = nodes(config);
        int known = layer + 1 < nodes.size() ? nodes.get(layer + 1).products() : 0;
        int arity = arity(config, layer, known);
        int products = arity < 2 ? 0 : (subnodes - outputs) / (arity - 1);
        if (subnodes < outputs || products < 1 || products > outputs
                || outputs + products * (arity - 1) != subnodes) {
            throw new FormatException("layer " + layer + " has " + subnodes + " subnodes for " + outputs
                    + " nodes, which " + "does not fit products of " + arity + "; give the config's mult_arity");
        }
        return new Multiply(outputs - products, products, arity);
    }

    private static boolean matters(PublishedLayer published, String scale, String bias) {
        return published.explicit() || !isConstant(published.tensor(scale), 1) || !isConstant(published.tensor(bias),
                0);
    }

    /** Whether all numbers have these very bits. */
    private static boolean isConstant(HostTensor tensor, double value) {
        for (long i = 0; i < tensor.size(); i++) {
            if (Double.doubleToRawLongBits(tensor.get(i)) != Double.doubleToRawLongBits(value)) {
                return false;
            }
        }
        return true;
    }

    @Override
    Map<String, LayerSpec> take(LayerReader reader) {
        KanLayer kan = reader.nextKan(BSpline.class);
        BSpline basis = ((BSpline) kan.basis()).withOutside(BSpline.Outside.ZERO);
        Activation base = kan.base() == Activation.IDENTITY || kan.base() == Activation.NONE ? kan.base()
                : Activation.SILU;
        reader.require(kan, new KanLayer(kan.in(), kan.out(), basis, base, kan.scale(), kan.mask(), false, false, false,
                false));
        Map<String, LayerSpec> layers = new LinkedHashMap<>();
        layers.put("kan", kan);
        Affine before = reader.nextIf(Affine.class);
        Multiply multiply = reader.nextIf(Multiply.class);
        Affine after = before != null || multiply != null ? reader.nextIf(Affine.class) : null;
        if (before != null) {
            layers.put("subnode", before);
        }
        if (multiply != null) {
            layers.put("multiply", multiply);
        }
        if (after != null) {
            layers.put("node", after);
        }
        return layers;
    }

    @Override
    Map<String, Long> sizes(Map<String, LayerSpec> layers) {
        Map<String, Long> sizes = super.sizes(layers);
        BSpline basis = (BSpline) ((KanLayer) layers.get("kan")).basis();
        sizes.put("K", basis.grid() + 2L * basis.order() + 1);
        sizes.put("S", sizes.get("O"));
        if (layers.containsKey("multiply")) {
            sizes.put("O", layers.get("multiply").out());
        }
        return sizes;
    }

    @Override
    Object fix(PublishedLayer published, int place, Map<String, String> functions, String config, Arena arena) {
        return PykanFunctions.fix(published, place, functions, Config.parse(this, config.isEmpty() ? null : config), arena);
    }

    /** Only the functions' names are those of today. */
    @Override
    String kept(String config, Map<String, Object> now) {
        Config then = Config.parse(this, config.isEmpty() ? null : config);
        Object names = now.get("symbolic");
        return Objects.equals(then.list("symbolic"), names) ? config
                : config.isEmpty() ? Json.write(now) : Json.write(then.with("symbolic", names));
    }

    @Override
    void describe(List<ExportedLayer> layers, List<Object> names, Map<String, Object> config) {
        describe(layers, config);
        if (names.stream().anyMatch(Objects::nonNull)) {
            List<Object> all = new ArrayList<>();
            for (int l = 0; l < names.size(); l++) {
                all.add(names.get(l) != null ? names.get(l) : PykanFunctions.none(layers.get(l).layer("kan", KanLayer.class)));
            }
            config.put("symbolic", all);
        }
    }

    @Override
    void describe(List<ExportedLayer> layers, Map<String, Object> config) {
        List<Object> width = new ArrayList<>();
        List<Object> grid = new ArrayList<>();
        List<Object> order = new ArrayList<>();
        List<Object> arity = new ArrayList<>();
        width.add(List.of(layers.getFirst().layer("kan", KanLayer.class).in(), 0));
        arity.add(List.of());
        for (ExportedLayer layer : layers) {
            KanLayer kan = layer.layer("kan", KanLayer.class);
            Multiply multiply = layer.layer("multiply", Multiply.class);
            width.add(multiply == null ? List.of(kan.out(), 0) : List.of(multiply.passed(), multiply.products()));
            arity.add(multiply == null ? List.of()
                    : new ArrayList<>(Collections.nCopies(multiply.products(), multiply.arity())));
            grid.add(((BSpline) kan.basis()).grid());
            order.add(((BSpline) kan.basis()).order());
        }
        config.remove("layers");
        config.put("width", width);
        config.put("grid", Exports.one(grid));
        config.put("k", Exports.one(order));
        List<Integer> arities = layers.stream().map(l -> l.layer("multiply", Multiply.class))
                .filter(m -> m != null).map(Multiply::arity).distinct().toList();
        config.put("mult_arity", arities.isEmpty() ? 2 : arities.size() == 1 ? arities.getFirst() : arity);
        Activation base = Exports.same("base branch", layers, l -> l.layer("kan", KanLayer.class).base());
        config.put("base_fun", base == Activation.NONE ? "zero" : base == Activation.IDENTITY ? "identity" : "silu");
    }
}
