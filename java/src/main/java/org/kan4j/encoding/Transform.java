// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;
import org.kan4j.error.KanException;

/**
 * How a number that is predicted is bent before it is scaled, so that a few large ones do not make up all of the loss; predictions are
 * bent back. All kinds rise, so quantiles stay quantiles.
 *
 * @param kind of the function
 * @param centre subtracted first; 0 for a logarithm
 * @param scale what it is then divided by, above 0; 1 for a logarithm
 */
public record Transform(Kind kind, double centre, double scale) {

    /** The function of a transform. */
    public enum Kind {
        /** The number itself. */
        NONE,
        /** The natural logarithm, of numbers above 0. */
        LOG,
        /** The inverse hyperbolic sine: about linear near the centre, like a logarithm far from it on both sides; of any number. */
        ASINH
    }

    /** What is asked for. */
    public enum Choice {
        /** Where the target has a long tail, whichever of none and asinh has the lesser error on rows held out; otherwise none. */
        AUTO,
        /** The number itself. */
        NONE,
        /** The natural logarithm; of training rows above 0. */
        LOG,
        /** The inverse hyperbolic sine. */
        ASINH
    }

    /**
     * Those that a choice leaves to try, the first where no other is better: of a single target with a long tail none and asinh.
     *
     * @param targets values of each in the training rows
     */
    public static List<Kind> kinds(Choice choice, List<ColumnRange> targets) {
        return switch (choice) {
            case NONE -> List.of(Kind.NONE);
            case LOG -> List.of(Kind.LOG);
            case ASINH -> List.of(Kind.ASINH);
            case AUTO ->
                targets.size() == 1 && targets.getFirst().isTailed() ? List.of(Kind.NONE, Kind.ASINH) : List.of(Kind.NONE);
        };
    }

    /** The number itself. */
    public static final Transform NONE = new Transform(Kind.NONE, 0, 1);

    /** The natural logarithm. */
    public static final Transform LOG = new Transform(Kind.LOG, 0, 1);

    /** Checks the numbers. */
    public Transform {
        Objects.requireNonNull(kind, "kind");
        if (!Double.isFinite(centre) || !(scale > 0) || Double.isInfinite(scale)) {
            throw KanException.invalid("a transform needs a finite centre and a scale above 0, given %s and %s", centre, scale);
        }
    }

    /** Whether predictions are not simply the model's outputs in another unit. */
    public boolean bends() {
        return kind != Kind.NONE;
    }

    /** Whether a number has a value. */
    public boolean takes(double value) {
        return kind != Kind.LOG || value > 0;
    }

    /** The value of a number. */
    public double apply(double value) {
        return switch (kind) {
            case NONE -> value;
            case LOG -> StrictMath.log(value);
            case ASINH -> asinh((value - centre) / scale);
        };
    }

    /** The number of a value. */
    public double invert(double value) {
        return switch (kind) {
            case NONE -> value;
            case LOG -> StrictMath.exp(value);
            case ASINH -> centre + scale * StrictMath.sinh(value);
        };
    }

    /** By how much a number grows with its value, there. */
    double slope(double value) {
        return switch (kind) {
            case NONE -> 1;
            case LOG -> StrictMath.exp(value);
            case ASINH -> scale * StrictMath.cosh(value);
        };
    }

    /** The transform of a column's name, such as {@code log(price)}, to six digits. */
    public String of(String name) {
        return switch (kind) {
            case NONE -> name;
            case LOG -> "log(" + name + ")";
            case ASINH -> centre == 0 ? String.format(Locale.ROOT, "asinh(%s / %.6g)", name, scale)
                    : String.format(Locale.ROOT, "asinh((%s - %.6g) / %.6g)", name, centre, scale);
        };
    }

    /** The transforms of outputs, in order. */
    static List<String> names(List<Encoding.Value> values, List<String> outputs) {
        return IntStream.range(0, values.size()).mapToObj(i -> values.get(i).transform().of(outputs.get(i))).toList();
    }

    private static double asinh(double x) {
        double size = Math.abs(x);
        double value = size > 1e150 ? StrictMath.log(size) + StrictMath.log(2)
                : StrictMath.log1p(size + size * size / (1 + Math.sqrt(size * size + 1)));
        return Math.copySign(value, x);
    }
}
