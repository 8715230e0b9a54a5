// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import org.kan4j.internal.Json;

/**
 * The checkpoint format, version 1: a safetensors file with the tensors of the model under their names, those of the
 * optimizer under {@code optimizer.<moment>.<name>}; with early stopping, where the tensors of the model are the best so
 * far, those that training goes on with under {@code current.<name>}; and in the metadata {@code format} (kan4j), {@code
 * format_version}, {@code model}, {@code provenance}, {@code training} (JSON each) and the application's properties
 * under {@code property.<name>}.
 */
final class CheckpointFile {

    private static final int VERSION = 1;
    private static final String PROPERTY = "property.";
    private static final String CURRENT = "current.";

    private CheckpointFile() {
    }

    // --------------------------------------------------------------------------------------------------------- writing

    /** Writes a checkpoint; {@code training} may be null. */
    static void write(Path file, Parameters parameters, Map<String, String> properties, String device,
                      TrainingState training) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", "kan4j");
        metadata.put("format_version", String.valueOf(VERSION));
        metadata.put("model", Json.write(SpecFormat.model(parameters.model())));
        Map<String, Object> provenance = new LinkedHashMap<>();
        provenance.put("version", NativeLibrary.version());
        provenance.put("build", NativeLibrary.load().build());
        provenance.put("java", System.getProperty("java.vm.version"));
        provenance.put("device", device);
        provenance.put("created", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        metadata.put("provenance", Json.write(provenance));
        Map<String, Safetensors.Source> sources = new LinkedHashMap<>();
        for (TensorInfo tensor : parameters.tensors()) {
            sources.put(tensor.name(), new Source(parameters.model().dtype(), tensor.shape(),
                arena -> parameters.get(arena, tensor.name())));
        }
        if (training != null) {
            metadata.put("training", Json.write(training(training)));
            training.state().moments().forEach((moment, vector) -> {
                for (TensorInfo tensor : parameters.tensors()) {
                    if (tensor.role() == TensorInfo.Role.PARAMETER) {
                        sources.put("optimizer." + moment + "." + tensor.name(), new Source(parameters.model().dtype(),
                            tensor.shape(), arena -> vector.get(arena, tensor.name())));
                    }
                }
            });
        }
        if (training != null && training.current() != null) {
            for (TensorInfo tensor : parameters.tensors()) {
                sources.put(CURRENT + tensor.name(), new Source(parameters.model().dtype(), tensor.shape(),
                    arena -> training.current().get(arena, tensor.name())));
            }
        }
        properties.forEach((name, value) -> metadata.put(PROPERTY + name, value));
        Safetensors.writeSources(file, sources, metadata);
    }

    private record Source(DType dtype, Shape shape, java.util.function.Function<Arena, HostTensor> maker)
        implements Safetensors.Source {
        @Override
        public HostTensor tensor(Arena arena) {
            return maker.apply(arena);
        }
    }

    private static Map<String, Object> training(TrainingState training) {
        TrainingPlan plan = training.plan();
        TrainingProgress progress = training.progress();
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("loss", plan.loss() == null ? null : SpecFormat.loss(plan.loss()));
        map.put("optimizer", SpecFormat.optimizer(plan.optimizer()));
        map.put("schedule", SpecFormat.schedule(plan.schedule()));
        map.put("epochs", plan.epochs());
        map.put("batch_size", plan.batchSize());
        map.put("seed", plan.seed());
        map.put("shuffle", plan.shuffle());
        map.put("patience", plan.patience());
        map.put("steps", training.state().steps());
        map.put("batch", progress.batch);
        map.put("rows", progress.rows);
        map.put("loss_sum", progress.lossSum);
        map.put("weight_sum", progress.weightSum);
        map.put("correct", progress.correct);
        List<Object> history = new ArrayList<>();
        for (TrainingListener.Epoch epoch : progress.history) {
            Map<String, Object> item = new LinkedHashMap<>();
            item.put("loss", epoch.loss());
            item.put("accuracy", epoch.accuracy().isPresent() ? epoch.accuracy().getAsDouble() : null);
            item.put("seconds", epoch.seconds());
            item.put("validation_rows", epoch.validation() == null ? null : epoch.validation().rows());
            item.put("validation", epoch.validation() == null ? null : epoch.validation().values());
            history.add(item);
        }
        map.put("history", history);
        return map;
    }

    // --------------------------------------------------------------------------------------------------------- reading

    static Checkpoint read(Path file) throws IOException {
        Safetensors tensors = Safetensors.open(file);
        Map<String, String> metadata = tensors.metadata();
        if (!"kan4j".equals(metadata.get("format"))) {
            throw new FormatException(file + " is a safetensors file but not a checkpoint of kan4j: its metadata has no "
                + "format 'kan4j'");
        }
        String version = metadata.get("format_version");
        if (!String.valueOf(VERSION).equals(version)) {
            throw new FormatException(file + " is a checkpoint of the format version " + version + "; this kan4j, "
                + NativeLibrary.version() + ", reads version " + VERSION);
        }
        try {
            KanModel model = SpecFormat.model(fields(metadata, "model"));
            Fields provenance = fields(metadata, "provenance");
            Provenance origin = new Provenance(provenance.text("version"), provenance.text("build"),
                provenance.text("java"), provenance.text("device"), provenance.text("created"));
            Map<String, String> properties = new LinkedHashMap<>();
            metadata.forEach((name, value) -> {
                if (name.startsWith(PROPERTY)) {
                    properties.put(name.substring(PROPERTY.length()), value);
                }
            });
            Fields training = metadata.containsKey("training") ? fields(metadata, "training") : null;
            Optimizer optimizer = training == null ? null : SpecFormat.optimizer(training.object("optimizer"));
            requireTensors(tensors, model, optimizer, hasCurrent(training));
            return read(tensors, model, optimizer, training, properties, origin);
        } catch (FormatException e) {
            throw e.getMessage().startsWith(file.toString()) ? e : new FormatException(file + ": " + e.getMessage(), e);
        } catch (NativeLibraryException e) {
            throw e;
        } catch (KanException e) {
            throw new FormatException(file + ": " + e.getMessage(), e);
        }
    }

    private static Fields fields(Map<String, String> metadata, String name) {
        String text = metadata.get(name);
        if (text == null) {
            throw new FormatException("its metadata has no '" + name + "'");
        }
        try {
            return new Fields(name, Json.parseObject(text));
        } catch (Json.ParseException e) {
            throw new FormatException("its metadata '" + name + "' is not JSON, " + e.getMessage(), e);
        }
    }

    private static Map<String, TensorInfo> expected(KanModel model, Optimizer optimizer, boolean current) {
        Map<String, TensorInfo> expected = new LinkedHashMap<>();
        for (TensorInfo tensor : model.tensors()) {
            expected.put(tensor.name(), tensor);
            if (current) {
                expected.put(CURRENT + tensor.name(), tensor);
            }
            if (optimizer != null && tensor.role() == TensorInfo.Role.PARAMETER) {
                for (String moment : moments(optimizer)) {
                    expected.put("optimizer." + moment + "." + tensor.name(), tensor);
                }
            }
        }
        return expected;
    }

    /** Whether the training stops early, and so keeps two sets of parameters. */
    private static boolean hasCurrent(Fields training) {
        return training != null && training.integer("patience", 0) > 0;
    }

    private static List<String> moments(Optimizer optimizer) {
        return switch (optimizer) {
            case Optimizer.AdamW adamW -> List.of("m", "v");
            case Optimizer.Sgd sgd -> sgd.momentum() > 0 ? List.of("velocity") : List.of();
        };
    }

    /** Checked before anything is allocated, so that a small file cannot ask for a large model. */
    private static void requireTensors(Safetensors tensors, KanModel model, Optimizer optimizer, boolean current) {
        Map<String, TensorInfo> expected = expected(model, optimizer, current);
        Set<String> missing = new TreeSet<>(expected.keySet());
        missing.removeAll(tensors.entries().keySet());
        Set<String> extra = new TreeSet<>(tensors.entries().keySet());
        extra.removeAll(expected.keySet());
        if (!missing.isEmpty() || !extra.isEmpty()) {
            throw new FormatException("its tensors are not those of its model:"
                + (missing.isEmpty() ? "" : " missing " + String.join(", ", missing))
                + (extra.isEmpty() ? "" : " unknown " + String.join(", ", extra)));
        }
        expected.forEach((name, tensor) -> {
            Safetensors.Entry entry = tensors.entry(name);
            if (!entry.dtype().equals(model.dtype().name()) || !entry.shape().equals(tensor.shape())) {
                throw new FormatException("the tensor '" + name + "' must be " + model.dtype() + tensor.shape()
                    + ", found " + entry.dtype() + entry.shape());
            }
        });
    }

    private static Checkpoint read(Safetensors tensors, KanModel model, Optimizer optimizer, Fields training,
                                   Map<String, String> properties, Provenance origin) throws IOException {
        Parameters parameters = Parameters.zeros(model);
        OptimizerState state = null;
        Parameters current = null;
        try {
            for (TensorInfo tensor : parameters.tensors()) {
                try (Arena arena = Arena.ofConfined()) {
                    parameters.set(tensor.name(), tensors.read(arena, tensor.name()));
                }
            }
            if (optimizer == null) {
                return new Checkpoint(parameters, properties, origin, null);
            }
            state = new OptimizerState(optimizer, parameters);
            for (Map.Entry<String, ParameterVector> moment : state.moments().entrySet()) {
                for (TensorInfo tensor : parameters.tensors()) {
                    if (tensor.role() == TensorInfo.Role.PARAMETER) {
                        try (Arena arena = Arena.ofConfined()) {
                            moment.getValue().set(tensor.name(), tensors.read(arena,
                                "optimizer." + moment.getKey() + "." + tensor.name()));
                        }
                    }
                }
            }
            state.setSteps(training.whole("steps"));
            if (hasCurrent(training)) {
                current = Parameters.zeros(model);
                for (TensorInfo tensor : current.tensors()) {
                    try (Arena arena = Arena.ofConfined()) {
                        current.set(tensor.name(), tensors.read(arena, CURRENT + tensor.name()));
                    }
                }
            }
            return new Checkpoint(parameters, properties, origin, training(training, optimizer, state, current));
        } catch (RuntimeException | Error | IOException e) {
            if (state != null) {
                state.close();
            }
            if (current != null) {
                current.close();
            }
            parameters.close();
            throw e;
        }
    }

    private static TrainingState training(Fields fields, Optimizer optimizer, OptimizerState state,
                                          Parameters current) {
        TrainingPlan plan = new TrainingPlan(fields.isNull("loss") ? null : SpecFormat.loss(fields.object("loss")),
            optimizer, SpecFormat.schedule(fields.object("schedule")), fields.integer("epochs", 0),
            fields.integer("batch_size", 1), fields.whole("seed"), fields.bool("shuffle"),
            fields.integer("patience", 0));
        TrainingProgress progress = new TrainingProgress();
        progress.batch = fields.integer("batch", 0);
        progress.rows = fields.integer("rows", 0);
        progress.lossSum = fields.number("loss_sum");
        progress.weightSum = fields.number("weight_sum");
        progress.correct = fields.number("correct");
        for (Fields item : fields.objects("history")) {
            Metrics validation = null;
            if (!item.isNull("validation")) {
                Map<String, Double> values = new LinkedHashMap<>();
                Fields measured = item.object("validation");
                for (String name : measured.names()) {
                    values.put(name, measured.number(name));
                }
                validation = new Metrics(item.whole("validation_rows"), values);
            }
            progress.history.add(new TrainingListener.Epoch(progress.history.size() + 1, plan.epochs(),
                item.number("loss"),
                item.isNull("accuracy") ? OptionalDouble.empty() : OptionalDouble.of(item.number("accuracy")),
                validation, item.number("seconds")));
        }
        return new TrainingState(plan, progress, state, current);
    }
}
