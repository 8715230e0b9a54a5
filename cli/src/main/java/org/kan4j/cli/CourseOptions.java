// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import org.kan4j.Recipe;
import org.kan4j.optim.Schedule;
import picocli.CommandLine.Option;

/** How long {@code kan4j train} trains, at which rates, and what it watches meanwhile. */
final class CourseOptions {

    /** Share of the training rows held out for early stopping and plateaus where nothing is said. */
    private static final double VALIDATION = 0.1;
    /** Of the plateau schedule where nothing is said. */
    private static final int PLATEAU = 3;
    private static final double PLATEAU_DECAY = 0.5;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training rows; 10 for mnist and fashion-mnist, 20 for digits, for files 20 "
            + "and as many as pass 400,000 rows (fewer of wide ones), at most 200.")
    private Integer epochs;

    @Option(names = "--batch", paramLabel = "N", description = "Rows of a batch; 64 for mnist and fashion-mnist, 32 for digits, for files 16, 128 or 256.")
    private Integer batch;

    @Option(names = "--lr", paramLabel = "R", description = "Learning rate at the start; 1e-3 for mnist and fashion-mnist, 5e-3 for the rest, 0.01 "
            + "for files of 5,000 rows and more.")
    private Double lr;

    @Option(names = "--schedule", paramLabel = "NAME", description = "Course of the learning rate: constant, exponential, cosine, one-cycle or plateau; exponential by "
            + "default.")
    private String schedule;

    @Option(names = "--decay", paramLabel = "F", description = "Factor on the learning rate after each epoch, of the exponential schedule (0.8 for mnist, 0.9 for "
            + "digits, for files to 0.02 in all); on every plateau, of the plateau schedule, 0.5.")
    private Double decay;

    @Option(names = "--warmup", paramLabel = "EPOCHS", description = "Epochs over which the cosine schedule's rate rises at first; 0 by default.")
    private Double warmup;

    @Option(names = "--plateau", paramLabel = "N", description = "Epochs without a better validation loss that the plateau schedule bears, 3 by default; holds rows "
            + "out as --patience does.")
    private Integer plateau;

    @Option(names = "--validation", paramLabel = "F", description = "Share of the training rows to hold out and measure on after each epoch, instead of the test rows; 0.1 "
            + "with --patience or plateaus, none by default.")
    private Double validation;

    @Option(names = "--patience", paramLabel = "N", description = "Stop after N epochs without a better validation loss and keep the best epoch's model; by default all "
            + "epochs are trained and the last is kept.")
    private Integer patience;

    @Option(names = "--weight-decay", paramLabel = "R", description = "Weight decay; 1e-4 for known sets and --from. For files of 30 to 50,000 rows it is chosen from 0.001, "
            + "0.1, 0.4 and 1.5 by rows held out, before the training on all; 0.1 above, 0.4 below.")
    private Double weightDecay;

    void check(Method method) {
        Ranges.atLeast("--epochs", epochs, 1);
        Ranges.atLeast("--batch", batch, 1);
        Ranges.positive("--lr", lr);
        Ranges.positive("--decay", decay);
        Ranges.atLeast("--patience", patience, 1);
        Ranges.atLeast("--plateau", plateau, 0);
        Ranges.nonNegative("--weight-decay", weightDecay);
        if (method.lbfgs() && (lr != null || weightDecay != null || schedule != null && !schedule.equals("constant"))) {
            throw new InputException("--lr, --weight-decay and --schedule are not for --optimizer lbfgs, which searches along a "
                    + "line of its own");
        }
        if (validation != null && !(validation > 0 && validation < 1)) {
            throw new InputException("--validation must be between 0 and 1, given " + validation);
        }
        if (decay != null && schedule != null && !schedule.equals("exponential") && !schedule.equals("plateau")) {
            throw new InputException("--decay is for the exponential and the plateau schedule, not for '" + schedule + "'");
        }
        if ("plateau".equals(schedule) && decay != null && decay >= 1) {
            throw new InputException("--decay must be below 1 for the plateau schedule, given " + decay);
        }
        if (plateau != null && !"plateau".equals(schedule)) {
            throw new InputException("--plateau is for --schedule plateau");
        }
        Ranges.nonNegative("--warmup", warmup);
        if (warmup != null && !"cosine".equals(schedule)) {
            throw new InputException("--warmup is for --schedule cosine");
        }
    }

    Integer epochs() {
        return epochs;
    }

    /** Whether the weight decay is to be chosen among the recipe's. */
    boolean choosesWeightDecay(Method method) {
        return weightDecay == null && !method.lbfgs();
    }

    /** With defaults filled in; the components are those of {@link TrainOptions}. */
    record Effective(Integer epochs, Integer batch, Double lr, Double weightDecay, String schedule, Double decay, Double warmup,
            Integer plateau, Double validation, Integer patience) {

        Schedule course() {
            return switch (schedule) {
                case "constant" -> Schedule.constant();
                case "exponential" -> Schedule.exponential(decay);
                case "cosine" -> Schedule.cosine(warmup);
                case "one-cycle" -> Schedule.oneCycle();
                case "plateau" -> Schedule.plateau(decay, plateau);
                default -> throw new InputException("--schedule must be constant, exponential, cosine, one-cycle or plateau, "
                        + "given '" + schedule + "'");
            };
        }
    }

    Effective effective(Job job, Method method, TableModel needs) {
        boolean lbfgs = method.lbfgs();
        String course = schedule != null ? schedule : lbfgs ? "constant" : "exponential";
        boolean plateaus = course.equals("plateau");
        Recipe recipe = epochs == null ? job.recipe() : job.recipe().withEpochs(epochs);
        return new Effective(epochs == null && method.steps() != null ? null : or(epochs, recipe.epochs()),
                batch == null && lbfgs ? null : or(batch, recipe.batchSize()), lbfgs ? null : or(lr, recipe.learningRate()),
                lbfgs ? null : or(weightDecay, recipe.weightDecay()), course,
                plateaus ? or(decay, PLATEAU_DECAY) : course.equals("exponential") ? or(decay, recipe.decay()) : null,
                course.equals("cosine") ? or(warmup, 0.0) : null, plateaus ? or(plateau, PLATEAU) : null, heldOut(needs),
                patience);
    }

    /** Share of the training rows to hold out; null for none. */
    Double heldOut(TableModel needs) {
        return patience == null && !"plateau".equals(schedule) && !needs.calibrated() ? validation : or(validation, VALIDATION);
    }

    private static <T> T or(T given, T otherwise) {
        return given != null ? given : otherwise;
    }
}
