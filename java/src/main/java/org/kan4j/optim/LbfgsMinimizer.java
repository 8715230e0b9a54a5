// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Native;
import org.kan4j.internal.NativeContext;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.memory.Scalar;
import org.kan4j.internal.passes.NativeVector;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;

/**
 * Minimises an objective over a model's parameters by {@link Lbfgs}, on flat arrays where the parameters are, off the
 * heap or on a device, and with the native vector kernels; a step allocates nothing. The memory of past steps is kept
 * from one call of {@link #minimize} to the next, so that a minimisation in parts is the same as one in a row;
 * {@link #reset} forgets it, as it must be when the objective or the meaning of the parameters changes (another grid,
 * other data).
 *
 * <p>Used by one thread at a time; closed by its owner.
 */
public final class LbfgsMinimizer implements AutoCloseable {

    private static final double ARMIJO = 1e-4;
    private static final double CURVATURE = 0.9;

    private final Context context;
    private final Parameters parameters;
    private final Lbfgs config;
    private final Memory memory;
    private final Scalar scalar;
    private final int type;
    private final long n;

    private final ParameterVector gradient;
    private final MemorySegment g;
    private final MemorySegment x0;
    private final MemorySegment g0;
    private final MemorySegment bestGradient;
    private final MemorySegment direction;
    private final LbfgsMemory past;
    private final boolean ownsPast;
    private final double[] alphas;
    private final double[] recent = new double[Lbfgs.CHANGE_WINDOW];

    private Objective objective;
    private double value;
    private double slope;
    private long evaluations;
    private double bestStep;
    private double bestValue;

    /**
     * A minimiser for these parameters, which must stay open.
     *
     * @param context where the vector kernels run
     */
    public static LbfgsMinimizer of(Context context, Parameters parameters, Lbfgs config) {
        return new LbfgsMinimizer(context, parameters, config, new LbfgsMemory(parameters, config.history()), true);
    }

    /** A minimiser with the memory of an optimizer's state, which it does not close. */
    public static LbfgsMinimizer of(Context context, OptimizerState state) {
        return new LbfgsMinimizer(context, state.parameters(), (Lbfgs) state.optimizer(), state.lbfgs(), false);
    }

    private LbfgsMinimizer(Context context, Parameters parameters, Lbfgs config, LbfgsMemory past, boolean ownsPast) {
        this.past = past;
        this.ownsPast = ownsPast;
        this.context = context;
        this.parameters = parameters;
        this.config = config;
        this.type = parameters.model().dtype().code();
        parameters.requireUsableOn(context);
        this.n = parameters.values().length();
        this.memory = NativeVector.of(parameters.values()).memory().another();
        try {
            this.scalar = new Scalar(memory);
            this.gradient = parameters.newVector();
            this.g = NativeVector.of(gradient).array();
            this.x0 = vector();
            this.g0 = vector();
            this.bestGradient = vector();
            this.direction = vector();
            this.alphas = new double[config.history()];
        } catch (RuntimeException | Error e) {
            memory.close();
            if (ownsPast) {
                past.close();
            }
            throw e;
        }
    }

    /** The numbers that are minimised over. */
    private MemorySegment x() {
        return NativeVector.of(parameters.values()).array();
    }

    private MemorySegment vector() {
        return memory.allocate(parameters.values().bytes());
    }

    /** Forgets the past steps. */
    public void reset() {
        past.reset();
    }

    /**
     * The past steps, for a checkpoint of one's own ({@link org.kan4j.io.SavedState#vectors}): the moves of the parameters
     * {@code step_0}, {@code step_1}, ... from the oldest to the newest, and the changes of the gradient {@code change_0}, .... They
     * stay the minimiser's, and change with its next step.
     */
    public Map<String, ParameterVector> past() {
        return past.vectors();
    }

    /**
     * Goes on where another minimiser was, to the bit.
     *
     * @param vectors as its {@link #past} gave them; copied
     */
    public void goOn(Map<String, ParameterVector> vectors) {
        reset();
        int stored = past.copy(vectors);
        for (int i = 0; i < stored; i++) {
            keep(i);
        }
    }

    /** As {@link #minimize(Objective, int)} with the configured iterations. */
    public Lbfgs.Result minimize(Objective function) {
        return minimize(function, config.iterations());
    }

    /**
     * Moves the parameters towards a minimum. The value never rises from one step to the next.
     *
     * @param function to minimise
     * @param iterations at most
     * @throws KanException if the objective is not finite at the start
     */
    public Lbfgs.Result minimize(Objective function, int iterations) {
        objective = function;
        evaluations = 0;
        value = function.evaluate(gradient);
        evaluations++;
        double norm = Math.sqrt(dot(g, g));
        if (!Double.isFinite(value) || !Double.isFinite(norm)) {
            throw KanException.invalid("L-BFGS cannot start where the objective is %s and its gradient has the norm "
                    + "%s; likely causes: data of a very large scale, or parameters that are not finite", value, norm);
        }
        int made = 0;
        Lbfgs.Stop stop = Lbfgs.Stop.ITERATIONS;
        while (made < iterations) {
            if (norm <= config.gradientTolerance()) {
                stop = Lbfgs.Stop.GRADIENT;
                break;
            }
            if (made >= recent.length
                    && recent[made % recent.length] - value <= config.changeTolerance() * Math.abs(value)
                    && config.changeTolerance() > 0) {
                stop = Lbfgs.Stop.CHANGE;
                break;
            }
            recent[made % recent.length] = value;
            if (!step(norm)) {
                stop = Lbfgs.Stop.NO_DESCENT;
                break;
            }
            norm = Math.sqrt(dot(g, g));
            made++;
        }
        objective = null;
        return new Lbfgs.Result(value, norm, made, evaluations, stop);
    }

    /** One quasi-Newton step, from a steepest descent where the remembered one leads nowhere; whether it descended. */
    private boolean step(double norm) {
        copy(x(), x0);
        copy(g, g0);
        while (true) {
            chooseDirection();
            double descent = dot(g0, direction);
            boolean steepest = past.stored == 0;
            if (descent < 0 && search(steepest ? Math.min(1, 1 / norm) : 1, descent)) {
                remember();
                return true;
            }
            copy(x0, x());
            copy(g0, g);
            if (steepest) {
                return false;
            }
            reset();
        }
    }

    /** direction = -H g by the two-loop recursion. */
    private void chooseDirection() {
        copy(g, direction);
        scale(-1, direction);
        for (int i = 0; i < past.stored; i++) {
            int k = Math.floorMod(past.newest - i, past.steps.length);
            alphas[k] = past.inverseProducts[k] * dot(NativeVector.of(past.steps[k]).array(), direction);
            axpy(-alphas[k], NativeVector.of(past.changes[k]).array(), direction);
        }
        if (past.stored > 0) {
            scale(past.gamma, direction);
        }
        for (int i = past.stored - 1; i >= 0; i--) {
            int k = Math.floorMod(past.newest - i, past.steps.length);
            double beta = past.inverseProducts[k] * dot(NativeVector.of(past.changes[k]).array(), direction);
            axpy(alphas[k] - beta, NativeVector.of(past.steps[k]).array(), direction);
        }
    }

    private void remember() {
        int k = (past.newest + 1) % past.steps.length;
        MemorySegment step = NativeVector.of(past.steps[k]).array();
        MemorySegment change = NativeVector.of(past.changes[k]).array();
        copy(x(), step);
        axpy(-1, x0, step);
        copy(g, change);
        axpy(-1, g0, change);
        keep(k);
    }

    /** Counts a pair among those remembered, if it is good for that. */
    private void keep(int k) {
        MemorySegment step = NativeVector.of(past.steps[k]).array();
        MemorySegment change = NativeVector.of(past.changes[k]).array();
        double product = dot(step, change);
        double square = dot(change, change);
        // A pair without positive curvature, or with one that is rounding, would spoil the estimate.
        if (product > 1e-14 * Math.sqrt(square * dot(step, step)) && square > 0) {
            past.newest = k;
            past.stored = Math.min(past.stored + 1, past.steps.length);
            past.inverseProducts[k] = 1 / product;
            past.gamma = product / square;
        } else {
            past.stored = Math.min(past.stored, past.steps.length - 1); // where all were in use, it took the oldest one's place
        }
    }

    // ---------------------------------------------------------------------------------------------------- line search

    /** Moves x to x0 + t direction and evaluates there: value, slope, gradient. */
    private void probe(double t) {
        copy(x0, x());
        axpy(t, direction, x());
        value = objective.evaluate(gradient);
        evaluations++;
        slope = dot(g, direction);
        if (!Double.isFinite(value) || !Double.isFinite(slope)) {
            value = Double.POSITIVE_INFINITY;
        } else if (value < bestValue) {
            bestValue = value;
            bestStep = t;
            copy(g, bestGradient);
        }
    }

    /**
     * Finds a step that meets the strong Wolfe conditions; failing that, the lowest value it saw. Leaves parameters,
     * value and gradient there.
     *
     * @return whether the value is lower than at the start; if not, the caller restores
     */
    private boolean search(double first, double startSlope) {
        double startValue = value;
        bestValue = startValue;
        bestStep = 0;
        double lo = 0;
        double loValue = startValue;
        double loSlope = startSlope;
        double hi = 0;
        double hiValue = 0;
        double hiSlope = 0;
        boolean bracketed = false;
        double t = first;
        for (int i = 0; i < config.searchEvaluations(); i++) {
            probe(t);
            boolean high = value > startValue + ARMIJO * t * startSlope || value >= loValue && (bracketed || i > 0);
            if (!high && Math.abs(slope) <= -CURVATURE * startSlope) {
                return true;
            }
            if (high) {
                bracketed = true;
                hi = t;
                hiValue = value;
                hiSlope = slope;
            } else {
                boolean turned = bracketed ? slope * (hi - lo) >= 0 : slope >= 0;
                double previous = lo;
                double previousValue = loValue;
                double previousSlope = loSlope;
                lo = t;
                loValue = value;
                loSlope = slope;
                if (turned) {
                    bracketed = true;
                    hi = previous;
                    hiValue = previousValue;
                    hiSlope = previousSlope;
                } else if (!bracketed) {
                    double guess = cubicMinimum(previous, previousValue, previousSlope, lo, loValue, loSlope);
                    t = clamp(guess, lo + 1.1 * (lo - previous), lo + 9 * (lo - previous));
                    continue;
                }
            }
            double width = Math.abs(hi - lo);
            if (width * -startSlope <= 1e-16 * Math.abs(startValue)) {
                break;
            }
            double left = Math.min(lo, hi);
            double guess = Double.isInfinite(hiValue) ? Double.NaN
                    : cubicMinimum(lo, loValue, loSlope, hi, hiValue, hiSlope);
            t = clamp(guess, left + 0.1 * width, left + 0.9 * width);
        }
        if (bestStep == 0) {
            value = startValue;
            return false;
        }
        copy(x0, x());
        axpy(bestStep, direction, x());
        copy(bestGradient, g);
        value = bestValue;
        return true;
    }

    /** Within the ends; their middle where the guess is NaN. */
    private static double clamp(double guess, double low, double high) {
        return Double.isNaN(guess) ? 0.5 * (low + high) : Math.max(low, Math.min(high, guess));
    }

    /** Where the cubic through two points with slopes has its minimum; NaN if nowhere. */
    private static double cubicMinimum(double a, double fa, double da, double b, double fb, double db) {
        double d1 = da + db - 3 * (fa - fb) / (a - b);
        double square = d1 * d1 - da * db;
        if (!(square >= 0)) {
            return Double.NaN;
        }
        double d2 = Math.copySign(Math.sqrt(square), b - a);
        return b - (b - a) * ((db + d2 - d1) / (db - da + 2 * d2));
    }

    // --------------------------------------------------------------------------------------------------------- vectors

    private void copy(MemorySegment from, MemorySegment to) {
        memory.copy(from, to, parameters.values().bytes());
    }

    private double dot(MemorySegment a, MemorySegment b) {
        MemorySegment handle = NativeContext.of(context).handle();
        Native.check(Kan.kan_vector_dot(handle, type, n, a, b, scalar.array()), handle);
        return scalar.get();
    }

    private void axpy(double alpha, MemorySegment a, MemorySegment b) {
        MemorySegment handle = NativeContext.of(context).handle();
        Native.check(Kan.kan_vector_axpy(handle, type, n, alpha, a, b), handle);
    }

    private void scale(double alpha, MemorySegment a) {
        MemorySegment handle = NativeContext.of(context).handle();
        Native.check(Kan.kan_vector_scale(handle, type, n, alpha, a), handle);
    }

    /** The parameters it moves. */
    public Parameters parameters() {
        return parameters;
    }

    /** Frees its memory; does nothing the second time. */
    @Override
    public void close() {
        if (memory.isAlive()) {
            gradient.close();
            memory.close();
            if (ownsPast) {
                past.close();
            }
        }
    }
}
