// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.PrintWriter;
import java.util.Set;
import java.util.function.Function;
import org.kan4j.Recipe;
import org.kan4j.device.Context;
import org.kan4j.encoding.Encoding;
import org.kan4j.model.KanModel;

/**
 * What a training leaves to rows held out: the transform of the target, the weight decay, the columns, the grid.
 *
 * @param rows told which columns are left out
 * @param network the rest of what is to be trained
 * @param needs told which transform is chosen
 * @param plan a training of some rows before anything is chosen
 * @param context where to train
 * @param screen told what was compared
 */
record Choices(DataOptions rows, ModelOptions network, TableModel needs, Function<Job, TrainCommand.Prepared> plan,
        Context context,
        PrintWriter screen) {

    /**
     * The training with all chosen.
     *
     * @param usual before anything is
     * @param decay whether the weight decay is left to be chosen
     * @param all whether columns and grid are too
     */
    TrainCommand.Prepared of(TrainCommand.Prepared usual, boolean decay, boolean all) {
        TrainCommand.Prepared ready = usual.job().targets().size() > 1 ? bent(usual) : usual;
        return decay ? decayed(ready, all) : ready;
    }

    /** With its weight decay; without the columns that the networks compared have no use for, if that does better, and then chosen anew. */
    private TrainCommand.Prepared decayed(TrainCommand.Prepared plain, boolean all) {
        WeightDecayChoice choice = choice(plain.job(), plain);
        WeightDecayChoice.Chosen chosen = choice.in(plain.options());
        TrainCommand.Prepared ready = new TrainCommand.Prepared(plain.job(), chosen.options(), plain.model(),
                plain.initialisation());
        if (!all || !Double.isFinite(chosen.loss())) {
            return ready;
        }
        Set<Encoding.Column> useless = choice.useless(chosen, needs.monotone());
        if (!useless.isEmpty()) {
            Job fewer = ready.job().without(useless);
            TrainCommand.Prepared narrow = plan.apply(fewer);
            if (choice(fewer, narrow).beatsWithout(useless, chosen, narrow.options())) {
                rows.leaveOut(useless);
                return decayed(plan.apply(fewer), true);
            }
        }
        return onGrid(choice, chosen, ready);
    }

    private WeightDecayChoice choice(Job job, TrainCommand.Prepared ready) {
        return new WeightDecayChoice(job, attempt(job, ready), screen);
    }

    private Attempt attempt(Job job, TrainCommand.Prepared ready) {
        return new Attempt(ready.model(), ready.initialisation(), context, job.encoding(), () -> false);
    }

    private TrainCommand.Prepared bent(TrainCommand.Prepared ready) {
        Job job = new TargetChoice(ready.job(), attempt(ready.job(), ready), screen).in(ready.options());
        needs.chosen(job.encoding().values().getFirst().transform().kind());
        return new TrainCommand.Prepared(job, ready.options(), ready.model(), ready.initialisation());
    }

    private TrainCommand.Prepared onGrid(WeightDecayChoice choice, WeightDecayChoice.Chosen chosen, TrainCommand.Prepared ready) {
        Recipe next = ready.job().recipe().onOtherGrid();
        if (next.grid() > 0) {
            KanModel other = network.effective(ready.options().data(), ready.job().encoding(), next, needs)
                    .model(needs.monotone());
            if (choice.isBeaten(chosen, choice.attempt().of(other))) {
                return new TrainCommand.Prepared(ready.job(), ready.options().withGrid(next.grid()), other,
                        ready.initialisation());
            }
        }
        return ready;
    }
}
