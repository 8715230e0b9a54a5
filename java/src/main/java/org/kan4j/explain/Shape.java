// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.List;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Rational;
import org.kan4j.error.KanException;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Multiply;
import org.kan4j.model.KanModel;
import org.kan4j.tensor.DType;

/**
 * Nodes by layer: sums, and products of two or more factors.
 *
 * @param widths of the inputs, each hidden layer and the outputs; the first and the last have no products
 */
record Shape(List<Width> widths) {

    /**
     * A layer of nodes.
     *
     * @param sums number of nodes that are sums
     * @param products number of nodes that are products of {@code arity} sums
     */
    record Width(int sums, int products, int arity) {
        int nodes() {
            return sums + products;
        }

        int factors() {
            return sums + products * arity;
        }

        @Override
        public String toString() {
            return products == 0 ? Integer.toString(sums) : sums + "+" + products + (arity == 2 ? "" : "x" + arity);
        }
    }

    Shape {
        widths = List.copyOf(widths);
    }

    /** Such as {@code 2,1+1,1}: widths with a comma between, after a plus sign the products, after x their factors. */
    static Shape parse(String text) {
        List<Width> widths = new ArrayList<>();
        for (String part : text.replace("[", "").replace("]", "").split(",", -1)) {
            var match = java.util.regex.Pattern.compile("(\\d{1,5})(?:\\+(\\d{1,4})(?:x([2-9]))?)?").matcher(part.strip());
            if (!match.matches()) {
                throw KanException.invalid(
                        "a shape is widths such as 2,5,1, with products after a plus sign as in 2,1+1,1, given '%s'",
                        text);
            }
            widths.add(new Width(Integer.parseInt(match.group(1)),
                    match.group(2) == null ? 0 : Integer.parseInt(match.group(2)),
                    match.group(3) == null ? 2 : Integer.parseInt(match.group(3))));
        }
        if (widths.size() < 2 || widths.getFirst().products() > 0 || widths.getLast().products() > 0
                || widths.stream().anyMatch(w -> w.nodes() < 1)) {
            throw KanException.invalid("a shape goes from the inputs to the outputs, both without products, with at least one "
                    + "node a layer, given '%s'", text);
        }
        return new Shape(widths);
    }

    int edges() {
        int edges = 0;
        for (int l = 1; l < widths.size(); l++) {
            edges += widths.get(l - 1).nodes() * widths.get(l).factors();
        }
        return edges;
    }

    /** A float64 model whose edges are functions of one variable each. */
    KanModel model(Basis basis) {
        List<LayerSpec> layers = new ArrayList<>();
        for (int l = 1; l < widths.size(); l++) {
            Width width = widths.get(l);
            Basis used = switch (basis) {
                case BSpline spline -> spline.withOutside(BSpline.Outside.LINEAR);
                case Rational rational -> Rational.of(widths.get(l - 1).nodes()); // of a group all edges have one function
                default -> basis;
            };
            layers.add(KanLayer.of(widths.get(l - 1).nodes(), width.factors(), used).withInputNorm(false).withBaseNorm(false)
                    .withBias(true));
            if (width.products() > 0) {
                layers.add(new Multiply(width.sums(), width.products(), width.arity()));
            }
        }
        return KanModel.of(DType.F64, layers);
    }

    /** What small formulas need, in ascending number of edges. */
    static List<Shape> ladder(int in, int out) {
        List<Shape> shapes = new ArrayList<>();
        for (String hidden : List.of("", "1,", "0+1,", "1+1,", "2,", "2,1,", "1+1,1,", "0+1,1,1,", "2+1,", "3,", "3,1,", "2+2,",
                "2,0+1,", "4,1,")) {
            shapes.add(parse(in + "," + hidden + out));
        }
        shapes.sort((a, b) -> Integer.compare(a.edges() * 10 + a.widths().size(), b.edges() * 10 + b.widths().size()));
        return shapes;
    }

    @Override
    public String toString() {
        return widths.toString().replace(" ", "");
    }
}
