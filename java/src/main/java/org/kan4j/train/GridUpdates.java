// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.kan4j.device.Context;
import org.kan4j.grid.GridUpdate;
import org.kan4j.internal.Checks;
import org.kan4j.model.Parameters;
import org.kan4j.rows.RowSource;

/**
 * Grid updates during training: after every so many steps, layer by layer, on rows of the training data. Layers whose
 * coefficients are frozen keep their grids. Where a grid moved, the optimizer's memory and the average of the
 * parameters begin anew, for both are about coefficients of the old grid.
 *
 * @param update what is done
 * @param every steps between two updates, at least 1
 * @param until the last step after which one is done, at least 0; 0 for no end
 * @param rows of the training data at most, evenly spread, at least 1
 */
public record GridUpdates(GridUpdate update, long every, long until, int rows) {

    /** Checks the values. */
    public GridUpdates {
        Objects.requireNonNull(update, "update");
        Checks.atLeast("the steps between grid updates", every, 1);
        Checks.atLeast("the step of the last grid update", until, 0);
        Checks.atLeast("the rows of a grid update", rows, 1);
    }

    /** {@link GridUpdate#defaults} after every so many steps, on at most 10,000 rows. */
    public static GridUpdates every(long steps) {
        return new GridUpdates(GridUpdate.defaults(), steps, 0, 10_000);
    }

    /** With another update. */
    public GridUpdates withUpdate(GridUpdate other) {
        return new GridUpdates(other, every, until, rows);
    }

    /** Only up to a step. */
    public GridUpdates withUntil(long step) {
        return new GridUpdates(update, every, step, rows);
    }

    /** Whether one is due when the number of steps made goes from one number to another. */
    boolean due(long before, long after) {
        long last = until == 0 ? after : Math.min(after, until);
        return last / every > before / every;
    }

    /** Updates the grids of some layers of a model on its training data. */
    GridUpdate.Report apply(Context context, Parameters parameters, RowSource data, IntPredicate layers) {
        try (Arena arena = Arena.ofConfined()) {
            return update.apply(context, parameters, data.sample(arena, rows), layers);
        }
    }
}
