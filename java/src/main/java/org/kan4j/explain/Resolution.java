// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.device.Context;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.grid.GridRefinement;
import org.kan4j.tensor.HostTensor;
import org.kan4j.basis.Jacobi;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.Parameters;
import org.kan4j.basis.Rswaf;

/** How finely a network's edges are resolved, and the same function resolved more finely. */
final class Resolution {

    private Resolution() {
    }

    /** Intervals, centres, frequencies or degree of the first layer that can be refined; 0 if there is none. */
    static int of(KanGraph graph) {
        return graph.layers().stream().mapToInt(Resolution::of).filter(r -> r > 0).findFirst().orElse(0);
    }

    private static int of(GraphLayer layer) {
        return layer.spec() instanceof KanLayer kan ? switch (kan.basis()) {
            case BSpline spline -> spline.grid();
            case GaussianRbf rbf -> rbf.centres();
            case Rswaf rswaf -> rswaf.centres();
            case Fourier fourier -> fourier.frequencies();
            case Chebyshev chebyshev -> chebyshev.degree();
            case Jacobi jacobi -> jacobi.degree();
            default -> 0;
        } : 0;
    }

    /** Refined: splines and centres by least squares on the rows, the others by terms with coefficients of 0. */
    static KanGraph refined(Context context, KanGraph graph, int resolution, double[] x) {
        if (of(graph) == 0 || resolution <= of(graph)) {
            return graph;
        }
        boolean grids = graph.specs().stream().anyMatch(spec -> spec instanceof KanLayer kan
                && (kan.basis() instanceof BSpline || kan.basis() instanceof GaussianRbf || kan.basis() instanceof Rswaf));
        List<GraphLayer> layers = new ArrayList<>();
        if (grids) {
            try (Arena arena = Arena.ofConfined(); Parameters coarse = graph.parameters()) {
                HostTensor rows = HostTensor.of(arena, x).reshape(x.length / graph.in(), graph.in());
                try (Parameters fine = GridRefinement.of(context, coarse, resolution, rows).parameters()) {
                    layers.addAll(KanGraph.of(fine).layers());
                }
            }
            for (int l = 0; l < layers.size(); l++) { // a fit of nothing may leave roundings
                layers.set(l, absentAsBefore(graph.layer(l), layers.get(l)));
            }
        } else {
            graph.layers().forEach(layer -> layers.add(of(layer) == 0 ? layer : padded(layer, resolution)));
        }
        return new KanGraph(layers, graph.inputs());
    }

    private static GraphLayer absentAsBefore(GraphLayer before, GraphLayer after) {
        GraphLayer result = after;
        for (int o = 0; before.dense() && o < before.out(); o++) {
            for (int i = 0; i < before.in(); i++) {
                result = !before.has(o, i) && result.has(o, i) ? result.without(o, i, 0) : result;
            }
        }
        return result;
    }

    private static GraphLayer padded(GraphLayer layer, int resolution) {
        KanLayer kan = (KanLayer) layer.spec();
        Basis finer = switch (kan.basis()) {
            case Fourier fourier -> new Fourier(resolution);
            case Chebyshev chebyshev -> new Chebyshev(resolution);
            case Jacobi jacobi -> new Jacobi(resolution, jacobi.a(), jacobi.b());
            default -> throw new IllegalStateException(kan.basis().name());
        };
        int runs = kan.basis() instanceof Fourier ? 2 : 1; // all cosines, then all sines
        double[] old = layer.tensor("coef");
        int edges = layer.in() * layer.out();
        int from = old.length / edges / runs;
        int to = finer.functions() / runs;
        double[] coef = new double[edges * runs * to];
        for (int run = 0; run < edges * runs; run++) {
            System.arraycopy(old, run * from, coef, run * to, from);
        }
        GraphLayer longer = layer.withTensor("coef", coef);
        return longer.withSpec(new KanLayer(kan.in(), kan.out(), finer, kan.base(), kan.scale(), kan.mask(), kan.bias(),
                kan.inputNorm(), kan.baseNorm(), kan.trainBasis()));
    }
}
