// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.Serializable;
import java.util.Locale;
import org.apache.spark.SparkContext;
import org.apache.spark.util.DoubleAccumulator;
import org.apache.spark.util.LongAccumulator;
import org.slf4j.LoggerFactory;

/**
 * How a training goes, for whoever watches the application: accumulators, which Spark's listeners and web page show, and a
 * line in the log where it is trained.
 *
 * @param epochs done; of L-BFGS evaluations
 * @param rows trained on
 * @param loss sum over the epochs
 */
record Progress(LongAccumulator epochs, LongAccumulator rows, DoubleAccumulator loss) implements Serializable {

    static final String EPOCHS = "kan4j epochs";
    static final String ROWS = "kan4j rows trained on";
    static final String LOSS = "kan4j sum of losses";

    static Progress of(SparkContext context) {
        return new Progress(context.longAccumulator(EPOCHS), context.longAccumulator(ROWS), context.doubleAccumulator(LOSS));
    }

    /** In a task, whose accumulators are the ones that listeners see: what it adds to an epoch, or an evaluation. */
    void count(int done, long trained, double meanLoss) {
        epochs.add(done);
        rows.add(trained);
        loss.add(meanLoss);
    }

    /** An epoch, or an evaluation, is done. */
    void log(String what, int number, double meanLoss, double validationLoss, long trained, double seconds) {
        LoggerFactory.getLogger("org.kan4j.spark").info(String.format(Locale.ROOT, "%s %d: loss %.6g%s, %,.0f rows/s", what,
                number, meanLoss, Double.isNaN(validationLoss) ? "" : String.format(Locale.ROOT, ", validation %.6g",
                        validationLoss),
                trained / Math.max(seconds, 1e-9)));
    }
}
