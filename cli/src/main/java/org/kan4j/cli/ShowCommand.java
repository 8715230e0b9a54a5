// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kan4j.error.Counted;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.io.Safetensors;
import org.kan4j.model.TensorInfo;
import org.kan4j.encoding.Encoding;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j show}. */
@Command(name = "show", mixinStandardHelpOptions = true, description = "Shows what a model file holds: layers with shapes and parameters, columns, training and its measures.")
final class ShowCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "A model that kan4j train, fit-function or import wrote.")
    private Path file;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (Checkpoint checkpoint = Checkpoint.read(file)) {
            KanModel model = checkpoint.model();
            out.println(format("model        %s to %s, %s, %s", Counted.grouped(model.in(), "input"),
                    Counted.grouped(model.out(), "output"),
                    model.dtype().name().toLowerCase(Locale.ROOT), Counted.grouped(model.parameterCount(), "parameter")));
            layers(checkpoint, out);
            String json = checkpoint.properties().get(Encoding.KEY);
            Encoding columns = json == null ? null : Encoding.fromJson(json);
            if (columns != null) {
                Columns.describe(columns).forEach(out::println);
            }
            if (checkpoint.isResumable()) {
                training(Output.parse(Safetensors.open(file).metadata().get("training")), columns, out);
            }
            out.println(format("written by   kan4j %s%s, %s", checkpoint.provenance().version(),
                    checkpoint.provenance().device().isEmpty() ? "" : " on " + checkpoint.provenance().device(),
                    checkpoint.provenance().created()));
            String options = checkpoint.properties().get(TrainOptions.KEY);
            if (options != null) {
                out.println("by           " + TrainOptions.fromJson(options).command());
            }
        }
        return 0;
    }

    private static void layers(Checkpoint checkpoint, PrintWriter out) {
        KanModel model = checkpoint.model();
        List<TensorInfo> tensors = checkpoint.parameters().tensors();
        for (int i = 0; i < model.layers().size(); i++) {
            int layer = i;
            List<TensorInfo> own = tensors.stream().filter(tensor -> tensor.layer() == layer).toList();
            out.println(format("layer %-6d %s, %s", i, model.layers().get(i), Counted.grouped(own.stream()
                    .filter(tensor -> tensor.role() == TensorInfo.Role.PARAMETER).mapToLong(t -> t.shape().size()).sum(),
                    "parameter")));
            own.forEach(tensor -> out.println(format("             %-28s %s%s", tensor.name(), tensor.shape(),
                    tensor.role() == TensorInfo.Role.PARAMETER ? "" : ", not trained")));
        }
    }

    /** What the checkpoint's history says. */
    private static void training(JsonNode training, Encoding columns, PrintWriter out) {
        JsonNode history = training.path("history");
        if (history.isEmpty()) {
            out.println(format("training     %s, no whole epoch", Counted.grouped(training.path("steps").asLong(), "step")));
            return;
        }
        JsonNode best = history.get(0);
        int number = 1;
        for (int i = 1; i < history.size(); i++) {
            if (loss(history.get(i)) < loss(best)) {
                best = history.get(i);
                number = i + 1;
            }
        }
        JsonNode last = history.get(history.size() - 1);
        out.println(format("training     %,d of %s, %s; last epoch: %s", history.size(),
                Counted.grouped(last.path("epochs").asInt(), "epoch"), Counted.grouped(training.path("steps").asLong(), "step"),
                measures(last, columns)));
        out.println(format("             best epoch %d: %s", number, measures(best, columns)));
    }

    private static double loss(JsonNode epoch) {
        return epoch.path("validation").path("loss").asDouble(epoch.path("loss").asDouble());
    }

    /** Errors in the target's unit. */
    private static String measures(JsonNode epoch, Encoding columns) {
        List<String> parts = new ArrayList<>(List.of(format("train loss %.4g", epoch.path("loss").asDouble())));
        Map<String, Double> own = new LinkedHashMap<>();
        epoch.path("validation").properties().forEach(measure -> own.put(measure.getKey(), measure.getValue().asDouble()));
        Units.measures(own, columns).forEach((name, value) -> parts.add(format("%s %.4g", name, value)));
        return String.join(", ", parts);
    }
}
