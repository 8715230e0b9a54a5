// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Multiply;

/**
 * A network as a drawing: inputs at the bottom, outputs at the top, a small curve for each edge between. What an edge
 * changes is how dark it is. The same numbers give the same text.
 */
public final class Diagram {

    /** Edges that are drawn at most: those of the largest effects. */
    public static final int EDGES = 200;
    private static final int POINTS = 65;
    /** Nodes in a row whose names are shown at most. */
    private static final int NAMED = 40;
    private static final int ROWS = 1000;
    private static final double BOX = 30;
    private static final double LEVEL = 150;
    private static final double MARGIN = 46;
    /** Pixels of a letter, about; and the most that a name makes a node's place wide. */
    private static final double LETTER = 6.6;
    private static final double MOST = 150;

    private final Context context;
    private final KanGraph graph;
    private final double[] rows;
    private final List<String> inputs;
    private final List<String> outputs;
    private final Map<Edge, String> functions;
    private final Map<Edge, EdgeEffects.Effect> effects;
    private final StringBuilder svg = new StringBuilder();
    private double width;

    private Diagram(Context context, KanGraph graph, double[] rows, List<String> inputs, List<String> outputs,
            Map<Edge, String> functions) {
        this.context = context;
        this.graph = graph;
        this.rows = rows;
        this.inputs = inputs;
        this.outputs = outputs;
        this.functions = functions;
        this.effects = EdgeEffects.of(context, graph, rows).edges();
    }

    /**
     * SVG text.
     *
     * @param x rows (rows, in) over whose range the edges are drawn
     * @param inputs names of the inputs
     * @param outputs names of the outputs
     * @param functions names of the functions of edges that are known in closed form
     */
    public static String svg(Context context, KanGraph graph, double[] x, List<String> inputs, List<String> outputs,
            Map<Edge, String> functions) {
        if (inputs.size() != graph.in() || outputs.size() != graph.out()) {
            throw KanException.invalid("the network has %d inputs and %d outputs, given %d and %d names", graph.in(), graph.out(),
                    inputs.size(), outputs.size());
        }
        return new Diagram(context, graph, Rows.spread(x, graph.in(), ROWS), inputs, outputs, functions).draw();
    }

    /** A row of nodes at a height. */
    private record Level(double y, int count, String[] marks) {
    }

    private double place(int index, int count) {
        return MARGIN + (width - 2 * MARGIN) * (index + 0.5) / count;
    }

    private String draw() {
        Set<Edge> drawn = new HashSet<>(effects.entrySet().stream()
                .sorted(Comparator.<Map.Entry<Edge, EdgeEffects.Effect>>comparingDouble(e -> -e.getValue().effect())
                        .thenComparing(Map.Entry::getKey))
                .limit(EDGES).map(Map.Entry::getKey).toList());
        int widest = 1;
        List<Level> levels = new ArrayList<>();
        List<Integer> ofLayer = new ArrayList<>(); // the level before each layer
        levels.add(new Level(0, graph.in(), null));
        double y = 0;
        for (int l = 0; l < graph.layers().size(); l++) {
            GraphLayer layer = graph.layer(l);
            ofLayer.add(levels.size() - 1);
            int index = l;
            widest = Math.max(widest, Math.max(layer.out(), (int) drawn.stream().filter(e -> e.layer() == index).count()));
            if (layer.dense()) {
                y += LEVEL;
                levels.add(new Level(y, layer.out(), null));
            } else if (layer.spec() instanceof Multiply multiply) {
                y += LEVEL / 3;
                String[] marks = new String[layer.out()];
                for (int p = multiply.passed(); p < marks.length; p++) {
                    marks[p] = "×";
                }
                levels.add(new Level(y, layer.out(), marks));
            } else if (layer.spec() instanceof ActivationLayer activation) {
                Level last = levels.removeLast();
                String[] marks = new String[last.count()];
                java.util.Arrays.fill(marks, activation.activation().name().toLowerCase(java.util.Locale.ROOT));
                levels.add(new Level(last.y(), last.count(), marks));
            }
        }
        double names = Math.max(named(inputs), named(outputs));
        for (int l = 0; l < graph.layers().size(); l++) { // a function's name stands beside its edge
            int index = l;
            List<Edge> edges = drawn.stream().filter(e -> e.layer() == index).toList();
            names = Math.max(names, edges.size() * edges.stream().filter(functions::containsKey)
                    .mapToDouble(e -> BOX + 8 + LETTER * functions.get(e).length()).max().orElse(0));
        }
        width = Math.clamp(Math.max(Math.max(widest, graph.in()) * 36.0, names) + 2 * MARGIN, 420, 3200);
        double height = y + 2 * MARGIN + (effects.size() > drawn.size() ? 20 : 0);
        svg.append(Svg.open(width, height, "network " + graph.shape()));
        double bottom = y + MARGIN;
        layers(drawn, levels, ofLayer, bottom);
        nodes(levels, bottom);
        if (effects.size() > drawn.size()) {
            svg.append("<text class=\"soft\" x=\"8\" y=\"").append(Svg.px(height - 8)).append("\">+ ")
                    .append(effects.size() - drawn.size()).append(" weaker edges not drawn</text>\n");
        }
        return svg.append("</svg>\n").toString();
    }

    /** How wide names in a row are, those that are shown. */
    private static double named(List<String> names) {
        return names.size() > NAMED ? 0
                : names.size() * Math.min(MOST, 12 + LETTER * names.stream().mapToInt(String::length).max().orElse(0));
    }

    private void layers(Set<Edge> drawn, List<Level> levels, List<Integer> ofLayer, double bottom) {
        try (GraphRun run = new GraphRun(context, graph, rows.length / graph.in())) {
            run.forward(rows);
            for (int l = 0; l < graph.layers().size(); l++) {
                GraphLayer layer = graph.layer(l);
                Level from = levels.get(ofLayer.get(l));
                if (layer.dense()) {
                    edges(run, l, drawn, from, levels.get(ofLayer.get(l) + 1), bottom);
                } else if (layer.spec() instanceof Multiply multiply) {
                    Level to = levels.get(ofLayer.get(l) + 1);
                    for (int f = 0; f < layer.in(); f++) {
                        int p = f < multiply.passed() ? f : multiply.passed() + (f - multiply.passed()) / multiply.arity();
                        wire(place(f, from.count()), bottom - from.y(), place(p, to.count()), bottom - to.y(), 0.7);
                    }
                }
            }
        }
    }

    private void edges(GraphRun run, int l, Set<Edge> drawn, Level from, Level to, double bottom) {
        GraphLayer layer = graph.layer(l);
        List<Edge> ordered = new ArrayList<>(drawn.stream().filter(e -> e.layer() == l).toList());
        ordered.sort(Comparator.<Edge>comparingDouble(e -> place(e.input(), layer.in()) + place(e.output(), layer.out()))
                .thenComparing(e -> e));
        double[] x = run.inputOf(l);
        double[] z = layer.argument() == KanGraph.Argument.INPUT ? x : layer.normalised(x);
        double middle = bottom - (from.y() + to.y()) / 2;
        for (int k = 0; k < ordered.size(); k++) {
            Edge edge = ordered.get(k);
            double centre = place(k, ordered.size());
            double size = Math.min(BOX, (width - 2 * MARGIN) / ordered.size() * 0.9);
            double shade = opacity(effects.get(edge).effect());
            wire(place(edge.input(), layer.in()), bottom - from.y(), centre, middle + size / 2, shade);
            wire(centre, middle - size / 2, place(edge.output(), layer.out()), bottom - to.y(), shade);
            svg.append("<rect class=\"box\" x=\"").append(Svg.px(centre - size / 2)).append("\" y=\"")
                    .append(Svg.px(middle - size / 2)).append("\" width=\"").append(Svg.px(size)).append("\" height=\"")
                    .append(Svg.px(size)).append("\"/>\n");
            curve(layer, edge, GraphRun.column(z, layer.in(), edge.input()), centre, middle, size, shade);
        }
    }

    /** From 0.15 of no effect to 1 of an effect of a tenth of the output's deviation and more. */
    private static double opacity(double effect) {
        return 0.15 + 0.85 * Math.tanh(10 * effect) / Math.tanh(1);
    }

    private void wire(double x1, double y1, double x2, double y2, double shade) {
        svg.append("<path class=\"wire\" opacity=\"").append(Svg.px(Math.min(1, shade))).append("\" d=\"M").append(Svg.px(x1))
                .append(' ').append(Svg.px(y1)).append('L').append(Svg.px(x2)).append(' ').append(Svg.px(y2)).append("\"/>\n");
    }

    private void curve(GraphLayer layer, Edge edge, double[] seen, double centre, double middle, double size, double shade) {
        double low = java.util.Arrays.stream(seen).min().orElse(-1);
        double high = java.util.Arrays.stream(seen).max().orElse(1);
        double[] at = new double[POINTS];
        for (int i = 0; i < POINTS; i++) {
            at[i] = low + (high - low) * i / (POINTS - 1);
        }
        GraphLayer.Part part = layer.argument() == KanGraph.Argument.BOTH ? GraphLayer.Part.BASIS : GraphLayer.Part.BOTH;
        double[] values;
        try (GraphRun.Piece piece = new GraphRun.Piece(context, layer.edges(new int[] {edge.output()}, edge.input(), part))) {
            values = piece.run(at);
        }
        double least = java.util.Arrays.stream(values).min().orElse(0);
        double most = java.util.Arrays.stream(values).max().orElse(1);
        double inner = size * 0.84;
        double[] px = new double[POINTS];
        double[] py = new double[POINTS];
        for (int i = 0; i < POINTS; i++) {
            px[i] = centre - inner / 2 + inner * i / (POINTS - 1);
            py[i] = middle + (most > least ? inner / 2 - inner * (values[i] - least) / (most - least) : 0);
        }
        String function = functions.get(edge);
        svg.append("<path class=\"curve").append(function == null ? "" : " known").append("\" opacity=\"")
                .append(Svg.px(Math.min(1, shade))).append("\" d=\"").append(Svg.path(px, py)).append("\"><title>edge ")
                .append(edge).append(function == null ? "" : ": " + Svg.escape(function)).append(", effect ")
                .append(Svg.number(effects.get(edge).effect(), 3)).append(", ").append(Svg.number(least, 4)).append(" to ")
                .append(Svg.number(most, 4)).append("</title></path>\n");
        if (function != null && size > 20) {
            svg.append("<text class=\"name\" x=\"").append(Svg.px(centre + size / 2 + 4)).append("\" y=\"")
                    .append(Svg.px(middle + 4)).append("\">").append(Svg.escape(function)).append("</text>\n");
        }
    }

    private void nodes(List<Level> levels, double bottom) {
        for (int v = 0; v < levels.size(); v++) {
            Level level = levels.get(v);
            boolean first = v == 0;
            boolean last = v == levels.size() - 1;
            double r = level.count() > NAMED ? 3 : 7;
            int letters = (int) ((width - 2 * MARGIN) / level.count() / LETTER) - 1;
            for (int i = 0; i < level.count(); i++) {
                double x = place(i, level.count());
                double y = bottom - level.y();
                svg.append("<circle class=\"node\" cx=\"").append(Svg.px(x)).append("\" cy=\"").append(Svg.px(y))
                        .append("\" r=\"").append(Svg.px(r)).append("\"/>\n");
                String mark = level.marks() != null && level.marks()[i] != null ? level.marks()[i] : first ? "" : "+";
                if (r > 3 && !mark.isEmpty()) {
                    text(x, y + 4, mark);
                }
                if ((first || last) && level.count() <= NAMED) {
                    String name = first ? inputs.get(i) : outputs.get(i);
                    text(x, first ? y + 24 : y - 14, name.length() <= letters ? name
                            : name.substring(0, Math.max(1, letters - 1)) + "…");
                }
            }
        }
    }

    private void text(double x, double y, String content) {
        svg.append("<text class=\"mid\" x=\"").append(Svg.px(x)).append("\" y=\"").append(Svg.px(y)).append("\">")
                .append(Svg.escape(content)).append("</text>\n");
    }
}
