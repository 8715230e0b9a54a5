// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.kan4j.encoding.Encoding;

/** What {@code kan4j train} says in the end: the card of a model, the mean of several, and both as JSON. */
final class TrainReport {

    private TrainReport() {
    }

    /** What is worth knowing of a model. */
    static void card(Training.Result result, PrintWriter screen) {
        Training training = result.training();
        Encoding encoding = training.job().encoding();
        screen.println();
        screen.println(format("%-12s %s, loss %.4g%s", result.part(), Progress.score(result.classification(), result.score()),
                result.measured().get("loss"), result.part().equals("train") ? " (there are no rows to test on)" : ""));
        screen.println("             " + result.measured().entrySet().stream()
                .filter(e -> !Set.of("loss", result.scoreName()).contains(e.getKey()))
                .map(e -> format("%s %.4g", e.getKey(), e.getValue())).collect(Collectors.joining(", ")));
        Columns.describe(encoding).forEach(screen::println);
        EpochReport best = result.best();
        if (result.proof() != null) {
            screen.println(result.proof().line());
        }
        screen.println(format("ended        %s; best epoch %d, %s loss %.4g%s", result.ending(), best.number(),
                best.part() == null ? "train" : best.part(), best.decisive(),
                result.options().patience() != null ? ", which is kept" : best == result.epochs().getLast() ? ""
                        : "; the last one is kept (--patience N keeps the best)"));
        if (!result.grids().layers().isEmpty()) {
            screen.println("outside grid " + CoverageOptions.describe(result.grids()));
        }
        screen.println(format("parameters   %,d", training.model().parameterCount()));
        screen.println(format("time         %.2f s an epoch, mean of %d (%s)",
                result.epochs().stream().mapToDouble(EpochReport::seconds).average().orElse(0), result.epochs().size(),
                result.context()));
        screen.println("model        " + training.modelFile());
        screen.println("again        " + result.options().command());
        screen.flush();
    }

    /** The scores of several seeds and their mean. */
    static void summary(List<Training.Result> results, PrintWriter screen) {
        screen.println();
        boolean classification = results.getFirst().classification();
        results.forEach(
                r -> screen.println(format("seed %-8d %s", r.options().seed(), Progress.score(classification, r.score()))));
        screen.println("mean          " + Progress.score(classification, mean(results)));
    }

    private static double mean(List<Training.Result> results) {
        return results.stream().mapToDouble(Training.Result::score).average().orElseThrow();
    }

    /** One result, or several with their means. */
    static ObjectNode json(List<Training.Result> results) {
        Training.Result first = results.getFirst();
        ObjectNode root = json(first);
        if (results.size() > 1) {
            ObjectNode means = root.putObject(first.part());
            means.put(first.scoreName(), mean(results));
            means.put("loss", results.stream().mapToDouble(r -> r.measured().get("loss")).average().orElseThrow());
            ArrayNode each = root.putArray("runs");
            results.forEach(r -> each.add(json(r)));
        }
        return root;
    }

    private static ObjectNode json(Training.Result result) {
        ObjectNode root = Output.object();
        root.put("parameters", result.training().model().parameterCount());
        ArrayNode list = root.putArray("epochs");
        for (EpochReport epoch : result.epochs()) {
            ObjectNode each = list.addObject().put("epoch", epoch.number()).put("train_loss", epoch.trainLoss());
            if (epoch.part() != null) {
                each.put(epoch.part() + "_loss", epoch.loss()).put(epoch.part() + "_" + result.scoreName(), epoch.score());
            }
            each.put("seconds", epoch.seconds());
        }
        root.put("ended", result.ending());
        if (!result.epochs().isEmpty()) {
            root.put("best_epoch", result.best().number());
        }
        if (!result.stopped()) {
            ObjectNode measured = root.putObject(result.part());
            result.measured().forEach(measured::put);
            CoverageOptions.put(result.grids(), root);
            if (result.proof() != null) {
                root.put("monotone_proved", result.proof().holds());
            }
        }
        root.set("options", Output.tree(result.options()));
        return root;
    }

    /** Draws the learning curves, if they are wanted. */
    static void draw(Training.Result result, Path file, PrintWriter screen, PrintWriter warnings) {
        if (Drawing.isFile(file)) {
            String title = Path.of(result.options().data()).getFileName().toString();
            Drawing.draw(file, () -> Plot.png(Plot.learningCurves(title, result.classification(), result.epochs())), screen,
                    warnings);
        }
    }
}
