// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.kan4j.Activation;
import org.kan4j.BSpline;
import org.kan4j.BSplineRbf;
import org.kan4j.Chebyshev;
import org.kan4j.DType;
import org.kan4j.Fourier;
import org.kan4j.GaussianRbf;
import org.kan4j.Jacobi;
import org.kan4j.KanModel;
import org.kan4j.Rational;
import org.kan4j.ReluPower;
import org.kan4j.Rswaf;
import org.kan4j.Sine;
import org.kan4j.Wavelet;

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
            int groups = published;
            for (int i = 0; build == RATIONAL && i < widths.length - 1; i++) {
                while (widths[i] % groups != 0) {
                    groups--;
                }
            }
            return groups;
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
    private static final SequencedMap<String, Entry> ALL = new LinkedHashMap<>();

    static {
        ALL.put("bspline", new Entry(5, 3, 5, 1, (t, g, k, n) -> KanModel.kan(t, BSpline.of(g, k), n)));
        ALL.put("fastkan", new Entry(8, 0, 9, 1, (t, g, k, n) -> KanModel.kan(t, GaussianRbf.of(g), n)));
        ALL.put("rswaf", new Entry(8, 0, 10, 1, (t, g, k, n) -> KanModel.kan(t, Rswaf.of(g), n)));
        ALL.put("fourierkan", new Entry(5, 0, 5, 1, (t, g, k, n) -> KanModel.kan(t, new Fourier(g), n)));
        ALL.put("chebykan", new Entry(4, 0, 9, 1, (t, g, k, n) -> KanModel.kan(t, new Chebyshev(g), n)));
        ALL.put("jacobikan", new Entry(3, 0, 9, 1, (t, g, k, n) -> KanModel.kan(t, Jacobi.of(g), n)));
        ALL.put("sinekan", new Entry(8, 0, 10, 1, (t, g, k, n) -> KanModel.kan(t, new Sine(g), n)));
        ALL.put("wavkan", new Entry(0, 0, 0, 3, (t, g, k, n) -> KanModel.kan(t, new Wavelet(Wavelet.Kind.MEXICAN_HAT), n)));
        ALL.put("relukan", new Entry(5, 3, 7, 1, (t, g, k, n) -> KanModel.kan(t, new ReluPower(g, k), n)));
        ALL.put("rational", new Entry(8, 0, 8, 10, RATIONAL));
        ALL.put("bsrbf", new Entry(5, 3, 5, 1, (t, g, k, n) -> KanModel.kan(t, BSplineRbf.of(g, k), n)));
        ALL.put("mlp", new Entry(0, 0, 0, 10, (t, g, k, n) -> KanModel.mlp(t, Activation.RELU, n)));
    }

    private Bases() {
    }

    static Entry of(String name) {
        Entry entry = ALL.get(name);
        if (entry == null) {
            throw new InputException("unknown basis '" + name + "', known are: " + String.join(", ", ALL.keySet()));
        }
        return entry;
    }

    /** For the help of options. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return ALL.keySet().iterator();
        }
    }
}
