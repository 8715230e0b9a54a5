// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import java.util.Arrays;
import java.util.List;
import org.kan4j.cli.bench.Measurement.Phase;
import org.kan4j.cli.bench.Measurement.Round;

/**
 * What was measured of a model.
 *
 * @param parameters trainable numbers
 * @param rounds at least one, in the order of time
 * @param forwardBytes as {@link Measurement#forwardBytes}
 * @param backwardBytes as {@link Measurement#backwardBytes}
 */
public record Measured(long parameters, List<Round> rounds, long forwardBytes, long backwardBytes) {

    /** All times of a phase, milliseconds. */
    public Sample sample(Phase phase) {
        return new Sample(rounds.stream().flatMapToDouble(r -> Arrays.stream(r.of(phase).sorted())).toArray());
    }

    /** The median of all times of a phase, milliseconds. */
    public double median(Phase phase) {
        return sample(phase).median();
    }

    /** How far apart the rounds' medians of a phase lie: the largest less the smallest, over the median. */
    public double spread(Phase phase) {
        double[] medians = rounds.stream().mapToDouble(r -> r.of(phase).median()).sorted().toArray();
        return (medians[medians.length - 1] - medians[0]) / median(phase);
    }

    /**
     * The time of some phases together against another model's: the median of the rounds' ratios, so that a machine that
     * is slower in some rounds makes both slower and the ratio not.
     */
    public double against(Measured other, Phase... phases) {
        double[] ratios = new double[rounds.size()];
        for (int r = 0; r < ratios.length; r++) {
            ratios[r] = medians(rounds.get(r), phases) / medians(other.rounds.get(r), phases);
        }
        return new Sample(ratios).median();
    }

    private static double medians(Round round, Phase... phases) {
        return Arrays.stream(phases).mapToDouble(phase -> round.of(phase).median()).sum();
    }
}
