// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.error.KanException;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.Multiply;

/**
 * Inputs of a function, groups of them that it sees as one number each, and groups of these ({@link Hypotheses#tree}).
 *
 * @param inputs below this node
 * @param kind what its number is of its children's numbers
 * @param children empty for an input
 */
public record StructureTree(int[] inputs, Kind kind, List<StructureTree> children) {

    /** What a node is of its children's numbers. */
    public enum Kind {
        /** An input. */
        INPUT,
        /** A sum of a function of each. */
        SUM,
        /** A product of a function of each. */
        PRODUCT,
        /** A function of a sum of a function of each, as products of positive numbers are too. */
        GENERAL,
        /** A function of two numbers of which no more is known. */
        FUNCTION,
        /** A function of more of them of which no more is known. */
        NONE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final double STEP = 90;
    private static final double RISE = 70;

    /** Copies the list. */
    public StructureTree {
        children = List.copyOf(children);
    }

    /** Such as {@code ((0 1) (2 3))}. */
    @Override
    public String toString() {
        if (children.isEmpty()) {
            return Integer.toString(inputs[0]);
        }
        StringBuilder text = new StringBuilder("(");
        children.forEach(child -> text.append(text.length() > 1 ? " " : "").append(child));
        return text.append(')').toString();
    }

    /** Levels of nodes above the inputs. */
    public int depth() {
        return children.stream().mapToInt(c -> 1 + c.depth()).max().orElse(0);
    }

    // ----------------------------------------------------------------------------------------------------------- shape

    /** Nodes of a network on each level: the tree's that a later level needs, an input or a group. */
    private List<List<StructureTree>> levels() {
        List<List<StructureTree>> levels = new ArrayList<>();
        for (int level = 0; level < depth(); level++) {
            List<StructureTree> alive = new ArrayList<>();
            for (StructureTree child : children) {
                child.alive(level, alive);
            }
            levels.add(alive);
        }
        return levels;
    }

    private void alive(int level, List<StructureTree> into) {
        if (depth() <= level) {
            into.add(this);
        } else {
            children.forEach(child -> child.alive(level, into));
        }
    }

    /** Whether an outer function follows on the sum of the children's. */
    private boolean outer() {
        return kind == Kind.GENERAL || kind == Kind.FUNCTION || kind == Kind.NONE;
    }

    /** Sums that stand for a function of the children of which no more is known. */
    private int top() {
        return kind == Kind.FUNCTION || kind == Kind.NONE ? Math.max(2, children.size()) : 1;
    }

    /**
     * The shape of a network that has a node for each group, such as {@code 4,2,1}: to begin a fit with, or for
     * {@link Explain#withShape}.
     */
    public String shape() {
        List<String> widths = new ArrayList<>();
        if (children.isEmpty()) {
            return "1,1";
        }
        levels().forEach(level -> widths.add(Integer.toString(level.size())));
        if (kind == Kind.PRODUCT) {
            widths.add("0+1" + (children.size() > 2 ? "x" + children.size() : ""));
        } else if (outer()) {
            widths.add(Integer.toString(top()));
        }
        widths.add("1");
        return String.join(",", widths);
    }

    /**
     * A network that has an edge where the tree has one and no others: each group is a node of its children alone. Edges are
     * as training begins with them; {@link Pruning} and its refits hold the others absent.
     */
    public KanGraph network(Basis basis, long seed) {
        List<List<StructureTree>> levels = levels();
        if (levels.isEmpty() || children.size() > 9 && kind == Kind.PRODUCT) {
            throw KanException.invalid("a tree of one input or of a product of more than 9 factors has no network of its own");
        }
        List<GraphLayer> layers = new ArrayList<>();
        for (int level = 1; level < levels.size(); level++) {
            layers.add(layer(basis, levels.get(level - 1), levels.get(level), seed + level));
        }
        List<StructureTree> last = levels.getLast();
        boolean product = kind == Kind.PRODUCT;
        int nodes = product ? last.size() : top();
        GraphLayer dense = dense(basis, last.size(), nodes, seed + levels.size());
        for (int o = 0; product && o < nodes; o++) {
            for (int i = 0; i < nodes; i++) {
                dense = i == o ? dense : dense.without(o, i, 0);
            }
        }
        layers.add(dense);
        if (product) {
            layers.add(new GraphLayer(new Multiply(0, 1, nodes), java.util.Map.of()));
        }
        if (product || outer()) {
            layers.add(dense(basis, product ? 1 : nodes, 1, seed + levels.size() + 1));
        }
        return new KanGraph(layers, Widening.all(layers.getFirst().in()));
    }

    private static GraphLayer dense(Basis basis, int in, int out, long seed) {
        Basis used = basis instanceof BSpline spline ? spline.withOutside(BSpline.Outside.LINEAR) : basis;
        return Widening.initial(KanLayer.of(in, out, used).withInputNorm(false).withBaseNorm(false).withBias(true), seed);
    }

    private static GraphLayer layer(Basis basis, List<StructureTree> before, List<StructureTree> after, long seed) {
        GraphLayer layer = dense(basis, before.size(), after.size(), seed);
        for (int o = 0; o < after.size(); o++) {
            for (int i = 0; i < before.size(); i++) {
                boolean edge = after.get(o) == before.get(i) || after.get(o).children().contains(before.get(i));
                layer = edge ? layer : layer.without(o, i, 0);
            }
        }
        return layer;
    }

    // --------------------------------------------------------------------------------------------------------- picture

    /**
     * The tree as SVG text, inputs at the bottom.
     *
     * @param names of all inputs
     * @param output name of the function
     */
    public String svg(List<String> names, String output) {
        if (names.size() <= Arrays.stream(inputs).max().orElse(0)) {
            throw KanException.invalid("the tree has inputs up to %d, given %d names", Arrays.stream(inputs).max().orElse(0),
                    names.size());
        }
        double width = Math.max(200, inputs.length * STEP + 20);
        double height = (depth() + 1) * RISE + 50;
        StringBuilder svg = new StringBuilder(Svg.open(width, height, "structure of " + output + ": " + this));
        double top = draw(svg, names, new double[] {width / 2 - inputs.length * STEP / 2}, height - 30);
        text(svg, top, height - 30 - depth() * RISE - 22, output);
        return svg.append("</svg>\n").toString();
    }

    /** Draws what is below and the node; inputs take the next places from the left. Returns its x. */
    private double draw(StringBuilder svg, List<String> names, double[] next, double bottom) {
        double y = bottom - depth() * RISE;
        if (children.isEmpty()) {
            double x = next[0] + STEP / 2;
            next[0] += STEP;
            node(svg, x, bottom, 4);
            text(svg, x, bottom + 20, names.get(inputs[0]));
            return x;
        }
        StringBuilder below = new StringBuilder();
        double[] xs = new double[children.size()];
        for (int c = 0; c < xs.length; c++) {
            xs[c] = children.get(c).draw(below, names, next, bottom);
        }
        double x = Arrays.stream(xs).average().orElseThrow();
        for (int c = 0; c < xs.length; c++) {
            svg.append("<path class=\"wire\" d=\"M").append(Svg.px(x)).append(' ').append(Svg.px(y)).append('L')
                    .append(Svg.px(xs[c])).append(' ').append(Svg.px(bottom - children.get(c).depth() * RISE))
                    .append("\"/>\n");
        }
        svg.append(below);
        node(svg, x, y, 13);
        text(svg, x, y + 4, switch (kind) {
            case SUM -> "+";
            case PRODUCT -> "×";
            case GENERAL -> "f(+)";
            default -> "f";
        });
        return x;
    }

    private static void node(StringBuilder svg, double x, double y, double r) {
        svg.append("<circle class=\"node\" cx=\"").append(Svg.px(x)).append("\" cy=\"").append(Svg.px(y)).append("\" r=\"")
                .append(Svg.px(r)).append("\"/>\n");
    }

    private static void text(StringBuilder svg, double x, double y, String content) {
        svg.append("<text class=\"mid\" x=\"").append(Svg.px(x)).append("\" y=\"").append(Svg.px(y)).append("\">")
                .append(Svg.escape(content)).append("</text>\n");
    }
}
