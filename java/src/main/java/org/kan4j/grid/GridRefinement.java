// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.grid;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Rswaf;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.tensor.HostTensor;

/**
 * A model on a finer grid that computes the same function (grid extension, arXiv 2404.19756, section 2.4).
 *
 * <p>B-splines: where the new number of intervals is a multiple of the old, each old interval is divided evenly and the
 * coefficients follow by knot insertion: the function is the same inside the grid, to rounding. Otherwise the new
 * knots have the old ones' distribution and the coefficients are a least-squares fit on the samples. Outside the grid
 * a spline with {@link BSpline.Outside#ZERO} has shorter tails. Gaussians and RSWAF: more centres over the same range,
 * their width in proportion, and a least-squares fit.
 *
 * <p>All else (base branch, scales, masks, other layers) is copied. An optimizer's state cannot be carried over, as it
 * is about coefficients that no longer exist: start it anew.
 *
 * @param parameters of the finer model; the caller closes them
 * @param residual the largest relative root mean square change of an input's functions on the samples
 */
public record GridRefinement(Parameters parameters, double residual) {

    /** Checks the values. */
    public GridRefinement {
        Objects.requireNonNull(parameters, "parameters");
    }

    /**
     * Refines every layer with a grid.
     *
     * @param grid intervals, or centres, of each; at least as many as there are
     * @param features samples (..., in) of the model's type, for the fits and the residual
     */
    public static GridRefinement of(Context context, Parameters parameters, int grid, HostTensor features) {
        List<LayerSpec> layers = new ArrayList<>();
        boolean any = false;
        for (LayerSpec layer : parameters.model().layers()) {
            Basis finer = layer instanceof KanLayer kan ? finer(kan.basis(), grid) : null;
            any |= finer != null;
            layers.add(finer == null ? layer : withBasis((KanLayer) layer, finer));
        }
        if (!any) {
            throw KanException.invalid("no layer of the model has a grid to refine");
        }
        Parameters refined = Parameters.zeros(KanModel.of(parameters.model().dtype(), layers));
        try {
            double residual = 0;
            for (TensorInfo tensor : refined.tensors()) {
                copy(parameters, refined, tensor);
            }
            for (int l = 0; l < layers.size(); l++) {
                if (layers.get(l) instanceof KanLayer kan && finer(kan.basis(), grid) != null) {
                    LayerSamples samples = LayerSamples.of(context, parameters, l, features);
                    double change = kan.basis() instanceof BSpline ? refineKnots(parameters, refined, l, samples)
                            : refineCentres(parameters, refined, l, samples);
                    residual = Math.max(residual, change);
                }
            }
            return new GridRefinement(refined, residual);
        } catch (RuntimeException | Error e) {
            refined.close();
            throw e;
        }
    }

    private static Basis finer(Basis basis, int grid) {
        return switch (basis) {
            case BSpline spline -> {
                requireFiner(spline.grid(), grid);
                yield spline.withGrid(grid);
            }
            case GaussianRbf rbf -> {
                requireFiner(rbf.centres(), grid);
                yield new GaussianRbf(grid, rbf.lo(), rbf.hi(), rbf.width() * (rbf.centres() - 1) / (grid - 1));
            }
            case Rswaf rswaf -> {
                requireFiner(rswaf.centres(), grid);
                yield new Rswaf(grid, rswaf.lo(), rswaf.hi(),
                        rswaf.inverseDenominator() * (grid - 1) / (rswaf.centres() - 1));
            }
            default -> null;
        };
    }

    private static void requireFiner(int old, int grid) {
        if (grid < old) {
            throw KanException.invalid("a refined grid must have at least the %d intervals there are, given %d", old,
                    grid);
        }
    }

    private static KanLayer withBasis(KanLayer layer, Basis basis) {
        return new KanLayer(layer.in(), layer.out(), basis, layer.base(), layer.scale(), layer.mask(), layer.bias(),
                layer.inputNorm(), layer.baseNorm(), layer.trainBasis());
    }

    private static void copy(Parameters from, Parameters to, TensorInfo tensor) {
        for (TensorInfo old : from.tensors()) {
            if (old.name().equals(tensor.name()) && old.shape().equals(tensor.shape())) {
                try (java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofConfined()) {
                    to.set(tensor.name(), from.get(arena, tensor.name()));
                }
            }
        }
    }

    private static double refineKnots(Parameters from, Parameters to, int layer, LayerSamples samples) {
        GridTensors old = new GridTensors(from, layer);
        GridTensors finer = new GridTensors(to, layer);
        BSpline spline = (BSpline) old.spec().basis();
        int grid = ((BSpline) finer.spec().basis()).grid();
        int order = spline.order();
        double residual = 0;
        for (int i = 0; i < old.in(); i++) {
            double[] oldKnots = old.knots(i);
            double[] inner = new double[grid + 1];
            for (int j = 0; j <= grid; j++) {
                long position = (long) j * spline.grid();
                int cell = (int) Math.min(position / grid, spline.grid() - 1);
                double share = (double) (position - (long) cell * grid) / grid;
                double a = oldKnots[order + cell];
                inner[j] = share == 0 ? a : share == 1 ? oldKnots[order + cell + 1]
                        : a + share * (oldKnots[order + cell + 1] - a);
            }
            double step = (oldKnots[order] - oldKnots[0]) / order * spline.grid() / grid;
            double[] knots = GridUpdate.extended(inner, order, step);
            finer.round(knots);
            double[][] coefficients = old.coefficients(i);
            SplineBasis before = new SplineBasis(oldKnots, order, spline.outside());
            SplineBasis after = new SplineBasis(knots, order, spline.outside());
            double[][] fitted = grid % spline.grid() == 0 ? SplineFit.insertKnots(before, coefficients, knots, order)
                    : SplineFit.fit(before, coefficients, after, samples.column(i));
            residual = Math.max(residual, SplineFit.residual(before, coefficients, after, fitted, samples.column(i),
                    old.edges(), i));
            finer.setKnots(i, knots);
            finer.setCoefficients(i, fitted);
        }
        finer.store(to);
        return residual;
    }

    private static double refineCentres(Parameters from, Parameters to, int layer, LayerSamples samples) {
        CentreTensors old = new CentreTensors(from, layer);
        int n = ((KanLayer) to.model().layers().get(layer)).basis().functions();
        double[] sorted = old.centres().clone();
        Arrays.sort(sorted);
        double lo = sorted[0];
        double span = sorted[sorted.length - 1] - lo;
        double[] centres = new double[n];
        for (int g = 0; g < n; g++) {
            centres[g] = lo + span * g / (n - 1);
        }
        double inverseWidth = old.inverseWidth() * (n - 1) / (sorted.length - 1);
        double[][][] fitted = new double[old.in()][][];
        double residual = 0;
        for (int i = 0; i < fitted.length; i++) {
            fitted[i] = old.fit(i, centres, inverseWidth, samples.column(i));
            residual = Math.max(residual, old.residual(i, centres, inverseWidth, fitted[i], samples.column(i)));
        }
        old.store(to, centres, inverseWidth, fitted);
        return residual;
    }
}
