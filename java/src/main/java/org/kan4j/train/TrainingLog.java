// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.util.Locale;
import java.util.function.Consumer;
import org.kan4j.error.Counted;

/** Says a line an epoch how a training goes, with the rows it takes a second and the time that is left. */
final class TrainingLog implements TrainingListener {

    private final Consumer<String> line;
    private int rows;
    private int epochs;
    private int first;
    private double seconds;

    TrainingLog(Consumer<String> line) {
        this.line = line;
    }

    @Override
    public void onStart(Trainer trainer, int trainingRows) {
        rows = trainingRows;
        epochs = trainer.epochs(trainingRows);
        first = trainer.epoch();
        seconds = 0;
        line.accept(String.format(Locale.ROOT, "training %s on %s, %s, %s",
                Counted.grouped(trainer.parameters().model().parameterCount(), "parameter"), Counted.grouped(rows, "row"),
                epochs == Integer.MAX_VALUE ? "until all steps are made"
                        : Counted.of(epochs, "epoch"),
                trainer.context()));
    }

    @Override
    public void onEpochEnd(Trainer trainer, Epoch epoch) {
        seconds += epoch.seconds();
        double left = seconds / (epoch.epoch() - first) * (epochs - epoch.epoch());
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "epoch %d/%d: loss %.4g", epoch.epoch(), epochs,
                epoch.loss()));
        epoch.accuracy().ifPresent(accuracy -> text.append(String.format(Locale.ROOT, ", accuracy %.2f %%", 100 * accuracy)));
        epoch.validation().ifPresent(measured -> measured.values()
                .forEach((name, value) -> text.append(String.format(Locale.ROOT, ", validation %s %.4g", name, value))));
        line.accept(text.append(String.format(Locale.ROOT, ", %,.0f rows/s, %.0f s left", rows / Math.max(1e-9, epoch.seconds()),
                left)).toString());
    }

    @Override
    public void onEnd(Trainer trainer, TrainingResult result) {
        String why = switch (result.end()) {
            case EPOCHS -> "all epochs are done";
            case STEPS -> "all steps are made";
            case EARLY_STOPPING -> "the validation loss has not become better for long enough";
            case CONVERGED -> "nothing lower was found";
            case STOPPED -> "a stop was requested";
            case FAILED -> "it failed";
        };
        line.accept("training ended after " + Counted.of(result.epochs().size(), "epoch") + ", "
                + Counted.of(result.steps(), "step") + ": " + why
                + (result.bestEpoch().isPresent() ? "; best epoch " + result.bestEpoch().getAsInt() : ""));
    }
}
