// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.grid;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Rswaf;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.internal.Checks;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Moves the grids of a model to where its data is, and refits the coefficients so that the function stays what it was:
 * the knots of B-splines for each input of its own, the centres of Gaussians and RSWAF for the layer. Layer by layer,
 * each on what the layers before it now give.
 *
 * <p>The new knots are a blend of the samples' quantiles and an even grid over their range, as in efficient-kan and
 * pykan (arXiv 2404.19756, section 2.4), kept apart by a least distance, so that constant columns, two values or few
 * samples leave a usable grid. The new coefficients are the least-squares fit of the old splines on the samples (one
 * QR an input for all outputs; {@code coef_scale} and the base branch stay as they are), and weakly of the old spline
 * where there are no samples, so that nothing is undetermined. An input whose new grid cannot hold its splines to
 * {@link #tolerance} keeps the old grid.
 *
 * <p>An optimizer's moments belong to the old coefficients; start it anew after an update
 * ({@link org.kan4j.optim.LbfgsMinimizer#reset}).
 *
 * @param uniformShare of the even grid in the blend, 0 (quantiles) to 1; as published 0.02
 * @param margin of the even grid beyond the smallest and the largest sample, at least 0
 * @param minimumSpacing the least distance of neighbouring knots, as a share of the even grid's, 0 to 0.5
 * @param samplesPerCell the least samples between two neighbouring knots: where the blend leaves a cell with fewer, the
 *     even grid's share is lowered for that input until none is, or it is 0; 0 for no such bound
 * @param tolerance relative root mean square difference, on the samples, of an input's edges before and after, above
 *     which the input keeps its grid; infinite to never do so
 */
public record GridUpdate(double uniformShare, double margin, double minimumSpacing, int samplesPerCell,
        double tolerance) {

    /** Weight of a row that says what the old function is where no samples are, against 1 of a sample. */
    static final double ELSEWHERE = 1e-6;

    /** Checks the values. */
    public GridUpdate {
        if (!(uniformShare >= 0 && uniformShare <= 1)) {
            throw KanException.invalid("the share of the even grid must be 0 to 1, given %s", uniformShare);
        }
        Checks.nonNegative("the margin of a grid", margin);
        if (!(minimumSpacing >= 0 && minimumSpacing <= 0.5)) {
            throw KanException.invalid("the least spacing of knots must be 0 to 0.5 of the even spacing, given %s",
                    minimumSpacing);
        }
        Checks.atLeast("the samples of a cell", samplesPerCell, 0);
        if (!(tolerance >= 0)) {
            throw KanException.invalid("the tolerance of a grid update must be at least 0, given %s", tolerance);
        }
    }

    /** As published, a share of 0.02 and a margin of 0.01; what would change an input's edges by 10 % is not done. */
    public static GridUpdate defaults() {
        return new GridUpdate(0.02, 0.01, 0.01, 0, 0.1);
    }

    /** With another share of the even grid. */
    public GridUpdate withUniformShare(double share) {
        return new GridUpdate(share, margin, minimumSpacing, samplesPerCell, tolerance);
    }

    /** With another margin. */
    public GridUpdate withMargin(double distance) {
        return new GridUpdate(uniformShare, distance, minimumSpacing, samplesPerCell, tolerance);
    }

    /** With another least number of samples between two neighbouring knots. */
    public GridUpdate withSamplesPerCell(int samples) {
        return new GridUpdate(uniformShare, margin, minimumSpacing, samples, tolerance);
    }

    /** With another tolerance. */
    public GridUpdate withTolerance(double relative) {
        return new GridUpdate(uniformShare, margin, minimumSpacing, samplesPerCell, relative);
    }

    /**
     * What an update did to a layer.
     *
     * @param layer its index in the model
     * @param grids the layer's grids: one an input for B-splines, one for shared centres
     * @param updated how many of them were moved; the others would have changed the function too much
     * @param residual the largest relative root mean square change of a moved grid's edges on the samples
     * @param refused the largest such change that made an update be rolled back; 0 if none was
     */
    public record LayerReport(int layer, int grids, int updated, double residual, double refused) {
    }

    /**
     * What an update did.
     *
     * @param layers those with a grid
     */
    public record Report(List<LayerReport> layers) {
        /** Copies the list. */
        public Report {
            layers = List.copyOf(layers);
        }

        /** The largest relative change of a moved grid's edges. */
        public double residual() {
            return layers.stream().mapToDouble(LayerReport::residual).max().orElse(0);
        }

        /** Grids that were moved. */
        public int updated() {
            return layers.stream().mapToInt(LayerReport::updated).sum();
        }

        /** Grids that were not moved. */
        public int kept() {
            return layers.stream().mapToInt(layer -> layer.grids() - layer.updated()).sum();
        }
    }

    /**
     * Updates every layer with a grid.
     *
     * @param features samples (..., in) of the model's type; streamed, not copied
     * @throws KanException if a sample, or what a layer makes of it, is not finite; nothing is changed then
     */
    public Report apply(Context context, Parameters parameters, HostTensor features) {
        return apply(context, parameters, features, layer -> true);
    }

    /** Updates those layers with a grid that are wanted. */
    public Report apply(Context context, Parameters parameters, HostTensor features, IntPredicate wanted) {
        try (Parameters before = parameters.copy()) {
            try {
                List<LayerReport> reports = new ArrayList<>();
                for (int l = 0; l < parameters.model().layers().size(); l++) {
                    if (hasGrid(parameters.model().layers().get(l)) && wanted.test(l)) {
                        reports.add(apply(context, parameters, l, features));
                    }
                }
                return new Report(reports);
            } catch (RuntimeException e) {
                parameters.copyFrom(before);
                throw e;
            }
        }
    }

    /** Whether a layer has a grid that can be moved: B-splines, Gaussians or RSWAF. */
    public static boolean hasGrid(LayerSpec layer) {
        return layer instanceof KanLayer kan && (kan.basis() instanceof BSpline || kan.basis() instanceof GaussianRbf
                || kan.basis() instanceof Rswaf);
    }

    /**
     * Updates one layer.
     *
     * @param layer its index; a KAN layer of B-splines, Gaussians or RSWAF
     * @param features samples (..., in) of the model, not of the layer
     */
    public LayerReport apply(Context context, Parameters parameters, int layer, HostTensor features) {
        if (layer < 0 || layer >= parameters.model().layers().size()
                || !hasGrid(parameters.model().layers().get(layer))) {
            throw KanException.invalid("layer %d has no grid to update", layer);
        }
        LayerSamples samples = LayerSamples.of(context, parameters, layer, features);
        return ((KanLayer) parameters.model().layers().get(layer)).basis() instanceof BSpline
                ? updateKnots(parameters, layer, samples) : updateCentres(parameters, layer, samples);
    }

    // ------------------------------------------------------------------------------------------------------- B-splines

    private LayerReport updateKnots(Parameters parameters, int layer, LayerSamples samples) {
        GridTensors tensors = new GridTensors(parameters, layer);
        BSpline spline = (BSpline) tensors.spec().basis();
        int in = tensors.in();
        int updated = 0;
        double worst = 0;
        double refused = 0;
        for (int i = 0; i < in; i++) {
            double[] sorted = samples.column(i).clone();
            Arrays.sort(sorted);
            Blend inner = blend(sorted, samples.lo(i), samples.hi(i), spline.grid(), tensors.dtype());
            double[] knots = extend(inner, spline.order());
            tensors.round(knots);
            SplineBasis before = new SplineBasis(tensors.knots(i), spline.order(), spline.outside());
            SplineBasis after = new SplineBasis(knots, spline.order(), spline.outside());
            double[][] old = tensors.coefficients(i);
            double[][] fitted = SplineFit.fit(before, old, after, samples.column(i));
            double residual = SplineFit.residual(before, old, after, fitted, samples.column(i), tensors.edges(), i);
            if (residual <= tolerance) {
                tensors.setKnots(i, knots);
                tensors.setCoefficients(i, fitted);
                updated++;
                worst = Math.max(worst, residual);
            } else {
                refused = Math.max(refused, residual);
            }
        }
        if (updated > 0) {
            tensors.store(parameters);
        }
        return new LayerReport(layer, in, updated, worst, refused);
    }

    /** The even grid's share is lowered in this many steps. */
    private static final int SHARES = 10;

    /** The knots, the even grid's share lowered as far as {@link #samplesPerCell} asks for. */
    private Blend blend(double[] sorted, double lo, double hi, int cells, DType dtype) {
        for (int step = SHARES;; step--) {
            double share = uniformShare * step / SHARES;
            double[] points = blend(sorted, lo, hi, cells, dtype, share);
            if (step == 0 || samplesPerCell == 0 || leastSamples(sorted, points) >= samplesPerCell) {
                return new Blend(points, share);
            }
        }
    }

    /** Knots and the even grid's share in them. */
    private record Blend(double[] points, double share) {
    }

    private static int leastSamples(double[] sorted, double[] points) {
        int least = sorted.length;
        int at = 0;
        for (int cell = 1; cell < points.length; cell++) {
            int first = at;
            // The first and the last cell hold what lies beyond them too.
            while (at < sorted.length && (sorted[at] < points[cell] || cell == points.length - 1)) {
                at++;
            }
            least = Math.min(least, at - first);
        }
        return least;
    }

    /** Cells + 1 points: the blend of quantiles and even spacing, kept apart. */
    private double[] blend(double[] sorted, double lo, double hi, int cells, DType dtype, double share) {
        // Below 1e-6 the spacing no longer follows the samples' size: widths are divided by it.
        double largest = Math.max(1e-6, Math.max(Math.abs(lo), Math.abs(hi)));
        double ulp = dtype == DType.F32 ? Math.ulp((float) largest) : Math.ulp(largest);
        double even = (hi - lo + 2 * margin) / cells;
        double start = lo - margin;
        double least = Math.max(minimumSpacing * even, 64 * ulp);
        if (even < 2 * least) { // a range that the type hardly resolves
            even = 2 * least;
            start = 0.5 * (lo + hi) - 0.5 * cells * even;
        }
        double[] points = new double[cells + 1];
        for (int j = 0; j <= cells; j++) {
            // Whole indices at even distances from the first sample to the last, as published.
            double quantile = j == 0 ? lo : j == cells ? hi
                    : sorted[(int) ((double) (sorted.length - 1) * j / cells)];
            points[j] = share * (start + j * even) + (1 - share) * quantile;
        }
        double end = Math.max(points[cells], points[0] + cells * least);
        points[cells] = end;
        for (int j = 1; j < cells; j++) {
            points[j] = Math.max(points[j], points[j - 1] + least);
        }
        for (int j = cells - 1; j > 0; j--) {
            points[j] = Math.min(points[j], points[j + 1] - least);
        }
        return points;
    }

    /** Continues knots on both sides by order knots at the even spacing. */
    private double[] extend(Blend blend, int order) {
        double[] inner = blend.points;
        int cells = inner.length - 1;
        // The even grid's own spacing, of whose margin the inner knots hold a share.
        return extended(inner, order, (inner[cells] - inner[0] + 2 * margin * (1 - blend.share)) / cells);
    }

    static double[] extended(double[] inner, int order, double step) {
        int cells = inner.length - 1;
        double[] knots = new double[cells + 2 * order + 1];
        System.arraycopy(inner, 0, knots, order, cells + 1);
        for (int j = 1; j <= order; j++) {
            knots[order - j] = inner[0] - j * step;
            knots[order + cells + j] = inner[cells] + j * step;
        }
        return knots;
    }

    // -------------------------------------------------------------------------------------------------- shared centres

    private LayerReport updateCentres(Parameters parameters, int layer, LayerSamples samples) {
        CentreTensors tensors = new CentreTensors(parameters, layer);
        int n = tensors.centres().length;
        int in = tensors.in();
        double[] pooled = new double[Math.multiplyExact(in, samples.rows())];
        double lo = Double.POSITIVE_INFINITY;
        double hi = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < in; i++) {
            System.arraycopy(samples.column(i), 0, pooled, i * samples.rows(), samples.rows());
            lo = Math.min(lo, samples.lo(i));
            hi = Math.max(hi, samples.hi(i));
        }
        Arrays.sort(pooled);
        double[] centres = blend(pooled, lo, hi, n - 1, tensors.dtype()).points;
        double[] sorted = tensors.centres().clone();
        Arrays.sort(sorted);
        double oldSpan = sorted[n - 1] - sorted[0];
        // As wide against the spacing as before.
        double inverseWidth = oldSpan > 0 ? tensors.inverseWidth() * oldSpan / (centres[n - 1] - centres[0])
                : tensors.inverseWidth();
        double[][][] fitted = new double[in][][];
        double worst = 0;
        for (int i = 0; i < in; i++) {
            fitted[i] = tensors.fit(i, centres, inverseWidth, samples.column(i));
            worst = Math.max(worst, tensors.residual(i, centres, inverseWidth, fitted[i], samples.column(i)));
        }
        if (!(worst <= tolerance)) {
            return new LayerReport(layer, 1, 0, 0, worst);
        }
        tensors.store(parameters, centres, inverseWidth, fitted);
        return new LayerReport(layer, 1, 1, worst, 0);
    }
}
