// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.kan4j.layer.Activation;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.BSplineRbf;
import org.kan4j.basis.Basis;
import org.kan4j.layer.BatchNorm;
import org.kan4j.basis.Chebyshev;
import org.kan4j.tensor.DType;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Jacobi;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.basis.Rational;
import org.kan4j.basis.ReluPower;
import org.kan4j.basis.Rswaf;
import org.kan4j.basis.Sine;
import org.kan4j.basis.Wavelet;

/** The names of --basis and --models, each with the network it stands for. One line a name. */
final class Bases {

    /**
     * What a name stands for.
     *
     * @param published default of --grid: intervals, centres, degree or frequencies, as published
     * @param order default of --order, 0 where it means nothing
     * @param benchGrid --grid that makes about 10 parameters an edge, as the peers are timed
     * @param wider how many times as wide hidden layers must be for the same number of parameters as the others
     * @param build makes the network
     */
    record Entry(int published, int order, int benchGrid, int wider, Builder build) {
        /** The default of --grid for these widths. A rational layer's groups must divide its inputs. */
        int grid(long[] widths) {
            int grid = published;
            while (build == RATIONAL && !divides(grid, widths)) {
                grid--;
            }
            return grid;
        }

        private static boolean divides(int groups, long[] widths) {
            return Arrays.stream(widths, 0, widths.length - 1).allMatch(width -> width % groups == 0);
        }

        /** The default of --norm. */
        String norm() {
            return build == CHEBYSHEV || build == JACOBI ? "layer" : "none";
        }

        KanModel model(DType dtype, int grid, int order, long[] layers) {
            return build.model(dtype, grid, order, layers);
        }
    }

    @FunctionalInterface
    interface Builder {
        KanModel model(DType dtype, int grid, int order, long[] layers);
    }

    private static final Builder RATIONAL = (t, g, k, n) -> KanModel.kan(t, new Rational(g), n);
    private static final Builder CHEBYSHEV = (t, g, k, n) -> KanModel.kan(t, new Chebyshev(g), n);
    private static final Builder JACOBI = (t, g, k, n) -> KanModel.kan(t, Jacobi.of(g), n);
    private static final SequencedMap<String, Entry> ALL = new LinkedHashMap<>();

    static {
        ALL.put("bspline", new Entry(5, 3, 5, 1, (t, g, k, n) -> KanModel.kan(t, BSpline.of(g, k), n)));
        ALL.put("fastkan", new Entry(8, 0, 9, 1, (t, g, k, n) -> KanModel.kan(t, GaussianRbf.of(g), n)));
        ALL.put("rswaf", new Entry(8, 0, 10, 1, (t, g, k, n) -> rswaf(t, g, n)));
        ALL.put("fourierkan", new Entry(5, 0, 5, 1, (t, g, k, n) -> KanModel.kan(t, new Fourier(g), n)));
        ALL.put("chebykan", new Entry(4, 0, 9, 1, CHEBYSHEV));
        ALL.put("jacobikan", new Entry(3, 0, 9, 1, JACOBI));
        ALL.put("sinekan", new Entry(8, 0, 10, 1, (t, g, k, n) -> KanModel.kan(t, new Sine(g), n)));
        ALL.put("wavkan", new Entry(0, 0, 0, 3, (t, g, k, n) -> KanModel.kan(t, new Wavelet(Wavelet.Kind.MEXICAN_HAT), n)));
        ALL.put("relukan", new Entry(5, 3, 7, 1, (t, g, k, n) -> KanModel.kan(t, new ReluPower(g, k), n)));
        ALL.put("rational", new Entry(8, 0, 8, 10, RATIONAL));
        ALL.put("bsrbf", new Entry(5, 3, 5, 1, (t, g, k, n) -> KanModel.kan(t, BSplineRbf.of(g, k), n)));
        ALL.put("mlp", new Entry(0, 0, 0, 10, (t, g, k, n) -> KanModel.mlp(t, Activation.RELU, n)));
    }

    private Bases() {
    }

    /** As published; but a single input has no layer norm, for whose output the published centres are: they lie over -1 to 1. */
    private static KanModel rswaf(DType dtype, int centres, long... widths) {
        KanModel published = KanModel.kan(dtype, Rswaf.of(centres), widths);
        if (widths[0] > 1) {
            return published;
        }
        List<LayerSpec> layers = new ArrayList<>(published.layers());
        layers.set(0, KanLayer.of(1, widths[1], new Rswaf(centres, -1, 1, (centres - 1) / 2.0)));
        return KanModel.of(dtype, layers);
    }

    /** The one that an option names. */
    static Entry of(String option, String name) {
        Entry entry = ALL.get(name);
        if (entry == null) {
            throw new InputException(option + ": unknown basis '" + name + "', known are: " + String.join(", ", ALL.keySet()));
        }
        return entry;
    }

    /** The functions on edges by name, as published; of a rational one a group for all inputs, as shapes have any number of them. */
    static SequencedMap<String, Basis> onEdges() {
        SequencedMap<String, Basis> bases = new LinkedHashMap<>();
        ALL.forEach((name, entry) -> {
            int grid = entry.build() == RATIONAL ? 1 : entry.published();
            if (entry.model(DType.F64, grid, entry.order(), new long[] {2, 1}).layers().getFirst() instanceof KanLayer layer) {
                bases.put(name, layer.basis());
            }
        });
        return bases;
    }

    /**
     * The same network with normalisation: {@code layer} puts a LayerNorm between every two layers, {@code batch} a
     * BatchNorm after every layer, {@code none} leaves it.
     */
    static KanModel normalised(KanModel model, String norm) {
        if (norm.equals("none")) {
            return model;
        }
        if (!norm.equals("layer") && !norm.equals("batch")) {
            throw new InputException("--norm must be none, layer or batch, given '" + norm + "'");
        }
        List<LayerSpec> layers = new ArrayList<>();
        for (int i = 0; i < model.layers().size(); i++) {
            LayerSpec layer = model.layers().get(i);
            layers.add(layer);
            if (layer instanceof KanLayer || layer instanceof Linear) {
                if (norm.equals("batch")) {
                    layers.add(BatchNorm.of(layer.out()));
                } else if (i < model.layers().size() - 1) {
                    layers.add(LayerNorm.of(layer.out()));
                }
            }
        }
        return KanModel.of(model.dtype(), layers);
    }

    /** For the help of options. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return ALL.keySet().iterator();
        }
    }
}
