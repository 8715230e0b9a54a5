// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.kan4j.device.NativeLibrary;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.error.NativeLibraryException;
import org.kan4j.internal.Json;
import org.kan4j.measure.Metrics;
import org.kan4j.model.KanModel;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.LbfgsMemory;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.OptimizerState;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;
import org.kan4j.train.TrainingListener;
import org.kan4j.train.TrainingPlan;
import org.kan4j.train.TrainingProgress;
import org.kan4j.train.TrainingState;

/**
 * The checkpoint format, version 1: a safetensors file with the tensors of the model under their names, those of the
 * optimizer under {@code optimizer.<moment>.<name>}; with early stopping or averaging, where the tensors of the model
 * are the best so far or the average, those that training goes on with under {@code current.<name>}, and with both the
 * average under {@code average.<name>}; and in the metadata {@code format} (kan4j), {@code format_version}, {@code
 * model}, {@code provenance}, {@code training} (JSON each) and the application's properties under {@code
 * property.<name>}.
 */
public final class CheckpointFile {

    private static final int VERSION = 1;
    private static final String PROPERTY = "property.";
    private static final String CURRENT = "current.";
    private static final String AVERAGE = "average.";

    private CheckpointFile() {
    }

    // --------------------------------------------------------------------------------------------------------- writing

    /** Writes a checkpoint; {@code training} may be null. */
    public static void write(Path file, Parameters parameters, Map<String, String> properties, String device,
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
        if (training != null) {
            put(sources, CURRENT, training.current());
            put(sources, AVERAGE, training.average());
        }
        properties.forEach((name, value) -> metadata.put(PROPERTY + name, value));
        Safetensors.writeSources(file, sources, metadata);
    }

    private static void put(Map<String, Safetensors.Source> sources, String prefix, Parameters parameters) {
        if (parameters != null) {
            for (TensorInfo tensor : parameters.tensors()) {
                sources.put(prefix + tensor.name(), new Source(parameters.model().dtype(), tensor.shape(),
                    arena -> parameters.get(arena, tensor.name())));
            }
        }
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
        if (!plan.classWeights().isEmpty()) {
            map.put("class_weights", plan.classWeights());
        }
        if (plan.steps() > 0) {
            map.put("all_steps", plan.steps());
        }
        if (plan.accumulation() > 1) {
            map.put("accumulation", plan.accumulation());
        }
        if (plan.clipping().active()) {
            map.put("clipping", SpecFormat.clipping(plan.clipping()));
        }
        if (!plan.groups().isEmpty()) {
            map.put("groups", plan.groups().stream().map(SpecFormat::group).toList());
        }
        if (plan.averaging() > 0) {
            map.put("averaging", plan.averaging());
        }
        if (plan.gridUpdates() != null) {
            map.put("grid_updates", SpecFormat.gridUpdates(plan.gridUpdates()));
        }
        if (!plan.regularisers().isEmpty()) {
            map.put("regularisers", plan.regularisers().stream().map(SpecFormat::regulariser).toList());
        }
        LbfgsMemory lbfgs = training.state().lbfgs();
        if (lbfgs != null) {
            Map<String, Object> memory = new LinkedHashMap<>();
            memory.put("stored", lbfgs.stored);
            memory.put("newest", lbfgs.newest);
            memory.put("gamma", lbfgs.gamma);
            memory.put("inverse_products",
                Arrays.stream(lbfgs.inverseProducts).limit(lbfgs.stored).boxed().toList());
            map.put("lbfgs", memory);
        }
        if (progress.converged) {
            map.put("converged", true);
        }
        map.put("steps", training.state().steps());
        if (training.state().restartedAt() > 0) {
            map.put("restarted_at", training.state().restartedAt());
        }
        map.put("batch", progress.batch);
        map.put("rows", progress.rows);
        map.put("loss_sum", progress.lossSum);
        map.put("weight_sum", progress.weightSum);
        map.put("correct", progress.correct);
        List<Object> history = new ArrayList<>();
        for (TrainingListener.Epoch epoch : progress.history) {
            Map<String, Object> item = new LinkedHashMap<>();
            item.put("epochs", epoch.epochs());
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
            requireTensors(tensors, model, moments(optimizer, training), prefixes(training));
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

    private static Map<String, TensorInfo> expected(KanModel model, List<String> moments, List<String> prefixes) {
        Map<String, TensorInfo> expected = new LinkedHashMap<>();
        for (TensorInfo tensor : model.tensors()) {
            expected.put(tensor.name(), tensor);
            for (String prefix : prefixes) {
                expected.put(prefix + tensor.name(), tensor);
            }
            if (tensor.role() == TensorInfo.Role.PARAMETER) {
                for (String moment : moments) {
                    expected.put("optimizer." + moment + "." + tensor.name(), tensor);
                }
            }
        }
        return expected;
    }

    /** Of the further sets of parameters that a training keeps: where it stands, and the average. */
    private static List<String> prefixes(Fields training) {
        boolean best = training != null && training.integer("patience", 0) > 0;
        boolean average = training != null && training.has("averaging");
        return best && average ? List.of(CURRENT, AVERAGE) : best || average ? List.of(CURRENT) : List.of();
    }

    private static List<String> moments(Optimizer optimizer, Fields training) {
        return switch (optimizer) {
            case null -> List.of();
            case Optimizer.AdamW adamW -> List.of("m", "v");
            case Optimizer.Sgd sgd -> sgd.momentum() > 0 ? List.of("velocity") : List.of();
            case Lbfgs lbfgs -> IntStream.range(0, stored(training, lbfgs)).boxed()
                .flatMap(i -> Stream.of("step_" + i, "change_" + i)).toList();
        };
    }

    private static int stored(Fields training, Lbfgs lbfgs) {
        int stored = training.object("lbfgs").integer("stored", 0);
        if (stored > lbfgs.history()) {
            throw new FormatException("L-BFGS remembers " + stored + " steps, more than its history of "
                + lbfgs.history());
        }
        return stored;
    }

    /** Where the memory of L-BFGS stands; its vectors are tensors of the file. */
    private static void restore(LbfgsMemory memory, Fields training, Lbfgs config) {
        Fields fields = training.object("lbfgs");
        memory.stored = stored(training, config);
        memory.newest = fields.integer("newest", -1);
        memory.gamma = fields.number("gamma");
        List<Double> products = fields.numbers("inverse_products");
        if (products.size() != memory.stored || memory.newest >= memory.stored || memory.newest < 0 && memory.stored > 0) {
            throw new FormatException("the memory of L-BFGS does not fit together: " + memory.stored + " steps, the newest "
                + memory.newest + ", " + products.size() + " products");
        }
        for (int i = 0; i < memory.stored; i++) {
            memory.inverseProducts[i] = products.get(i);
        }
    }

    /** Checked before anything is allocated, so that a small file cannot ask for a large model. */
    private static void requireTensors(Safetensors tensors, KanModel model, List<String> moments,
                                       List<String> prefixes) {
        Map<String, TensorInfo> expected = expected(model, moments, prefixes);
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
        Map<String, Parameters> further = new LinkedHashMap<>();
        try {
            fill(parameters, tensors, "");
            if (optimizer == null) {
                return new Checkpoint(parameters, properties, origin, null);
            }
            state = new OptimizerState(optimizer, parameters);
            if (optimizer instanceof Lbfgs config) {
                restore(state.lbfgs(), training, config);
            }
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
            state.setSteps(training.whole("steps"), training.has("restarted_at") ? training.whole("restarted_at") : 0);
            for (String prefix : prefixes(training)) {
                further.put(prefix, Parameters.zeros(model));
                fill(further.get(prefix), tensors, prefix);
            }
            return new Checkpoint(parameters, properties, origin, new TrainingState(plan(training, optimizer),
                progress(training), state, further.get(CURRENT), further.get(AVERAGE)));
        } catch (RuntimeException | Error | IOException e) {
            if (state != null) {
                state.close();
            }
            further.values().forEach(Parameters::close);
            parameters.close();
            throw e;
        }
    }

    private static void fill(Parameters parameters, Safetensors tensors, String prefix) throws IOException {
        for (TensorInfo tensor : parameters.tensors()) {
            try (Arena arena = Arena.ofConfined()) {
                parameters.set(tensor.name(), tensors.read(arena, prefix + tensor.name()));
            }
        }
    }

    private static TrainingPlan plan(Fields fields, Optimizer optimizer) {
        return new TrainingPlan(fields.isNull("loss") ? null : SpecFormat.loss(fields.object("loss")),
            fields.has("class_weights") ? fields.numbers("class_weights") : List.of(), optimizer,
            SpecFormat.schedule(fields.object("schedule")), fields.integer("epochs", 0),
            fields.has("all_steps") ? fields.whole("all_steps") : 0, fields.integer("batch_size", 1),
            fields.has("accumulation") ? fields.integer("accumulation", 1) : 1, fields.whole("seed"),
            fields.bool("shuffle"), fields.integer("patience", 0),
            fields.has("clipping") ? SpecFormat.clipping(fields.object("clipping")) : Clipping.none(),
            fields.has("groups") ? fields.objects("groups").stream().map(SpecFormat::group).toList() : List.of(),
            fields.has("averaging") ? fields.number("averaging") : 0,
            fields.has("grid_updates") ? SpecFormat.gridUpdates(fields.object("grid_updates")) : null,
            fields.has("regularisers") ? fields.objects("regularisers").stream().map(SpecFormat::regulariser).toList()
                : List.of());
    }

    private static TrainingProgress progress(Fields fields) {
        TrainingProgress progress = new TrainingProgress();
        progress.converged = fields.has("converged") && fields.bool("converged");
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
            progress.history.add(new TrainingListener.Epoch(progress.history.size() + 1, item.integer("epochs", 1),
                item.number("loss"),
                item.isNull("accuracy") ? OptionalDouble.empty() : OptionalDouble.of(item.number("accuracy")),
                validation, item.number("seconds")));
        }
        return progress;
    }
}
