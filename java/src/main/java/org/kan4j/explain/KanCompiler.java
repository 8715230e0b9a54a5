// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Rswaf;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Formula;
import org.kan4j.formula.Interval;
import org.kan4j.internal.SplitMix;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.Multiply;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;

/**
 * A network that computes a formula (KAN 2.0's kanpiler, arXiv 2408.10205, section 4.1): sums are nodes with an edge a term,
 * products are product nodes, whatever depends on one variable alone is one edge from it, equal parts are one node. The
 * functions of the edges are known, so each edge is one least-squares fit in the basis.
 *
 * @param graph whose inputs are the formula's variables in their order
 * @param variables names of the inputs
 * @param difference root mean square difference of network and formula on random points of the box
 * @param deviation of the formula there
 */
public record KanCompiler(KanGraph graph, List<String> variables, double difference, double deviation) {

    private static final int POINTS = 2000;

    /** Copies the list. */
    public KanCompiler {
        variables = List.copyOf(variables);
    }

    /**
     * Compiles.
     *
     * @param formula whose value must be finite on the whole box
     * @param box where its variables are, one range each
     * @param basis of the edges; the grids of B-splines, Gaussians and RSWAF are laid over the range of their inputs
     */
    public static KanCompiler compile(Context context, Formula formula, List<Interval> box, Basis basis) {
        List<String> variables = formula.variables();
        if (box.size() != variables.size() || variables.isEmpty()) {
            throw KanException.invalid("the formula '%s' has the variables %s, given %d ranges", formula, variables,
                    box.size());
        }
        FormulaGraph nodes = FormulaGraph.of(formula.expression(), variables);
        SplitMix random = new SplitMix(1, 99);
        int n = variables.size();
        double[] x = new double[POINTS * n];
        for (int k = 0; k < x.length; k++) {
            Interval range = box.get(k % n);
            x[k] = k < n ? range.low() : k < 2 * n ? range.high() : random.uniform(range.low(), range.high());
        }
        double[] truth = new double[POINTS];
        for (int b = 0; b < POINTS; b++) {
            double[] point = Arrays.copyOfRange(x, b * n, (b + 1) * n);
            truth[b] = formula.evaluate(point);
            if (!Double.isFinite(truth[b])) {
                throw KanException.invalid("the formula '%s' is %s at %s = %s; give ranges where it is finite", formula,
                        truth[b], variables, Arrays.toString(point));
            }
        }
        List<GraphLayer> layers = new ArrayList<>();
        double[][] seen = new double[n][];
        for (int i = 0; i < n; i++) {
            seen[i] = GraphRun.column(x, n, i);
        }
        for (FormulaGraph.Level level : nodes.levels()) {
            double[][] made = level.values(seen);
            layers.add(fitted(context, level, seen, basis));
            if (level.products() > 0) {
                layers.add(new GraphLayer(new Multiply(level.sums(), level.products(), level.arity()), Map.of()));
            }
            seen = made;
        }
        int[] inputs = new int[n];
        Arrays.setAll(inputs, i -> i);
        KanGraph graph = new KanGraph(layers, inputs);
        return new KanCompiler(graph, variables, Moments.rms(graph.predict(context, x), truth), Moments.deviation(truth));
    }

    private static GraphLayer fitted(Context context, FormulaGraph.Level level, double[][] seen, Basis basis) {
        int in = seen.length;
        int out = level.nodes().size();
        KanLayer spec = KanLayer.of(in, out, Widening.over(basis, seen)).withInputNorm(false).withBaseNorm(false).withBias(true);
        GraphLayer layer = Widening.empty(spec, seen);
        double[] bias = new double[out];
        for (int o = 0; o < out; o++) {
            FormulaGraph.Sum sum = level.nodes().get(o);
            bias[o] = sum.constant();
            for (FormulaGraph.Term term : sum.terms()) {
                layer = Projection.of(context, layer, o, term.source(), seen[term.source()], term.values(seen)).layer();
            }
        }
        return layer.withTensor("bias", bias);
    }
}
