// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.kan4j.device.NativeLibrary;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.error.NativeLibraryException;
import org.kan4j.internal.Fields;
import org.kan4j.internal.Json;
import org.kan4j.model.KanModel;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;

/**
 * The checkpoint format, version 1: a safetensors file with the tensors of the model under their names; of a state to go
 * on with its vectors, {@code optimizer.<vector>.<name>}, and its sets of parameters, {@code <set>.<name>}; and in the
 * metadata {@code format} (kan4j), {@code format_version}, {@code model}, {@code provenance} (JSON both), {@code training}
 * (the state's description) and the application's properties under {@code property.<name>}.
 */
final class CheckpointFile {

    private static final int VERSION = 1;
    private static final String PROPERTY = "property.";
    private static final String VECTOR = "optimizer.";

    private CheckpointFile() {
    }

    // --------------------------------------------------------------------------------------------------------- writing

    /** Writes a checkpoint; {@code state} may be null. */
    static void write(Path file, Parameters parameters, Map<String, String> properties, String device,
            SavedState state) throws IOException {
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
        put(sources, "", parameters);
        if (state != null) {
            metadata.put("training", state.description());
            state.vectors().forEach((name, vector) -> {
                for (TensorInfo tensor : parameters.tensors()) {
                    if (tensor.role() == TensorInfo.Role.PARAMETER) {
                        sources.put(VECTOR + name + "." + tensor.name(), new Source(parameters.model().dtype(),
                                tensor.shape(), arena -> vector.get(arena, tensor.name())));
                    }
                }
            });
            state.sets().forEach((name, set) -> put(sources, name + ".", set));
        }
        properties.forEach((name, value) -> metadata.put(PROPERTY + name, value));
        Safetensors.writeSources(file, sources, metadata);
    }

    private static void put(Map<String, Safetensors.Source> sources, String prefix, Parameters parameters) {
        for (TensorInfo tensor : parameters.tensors()) {
            sources.put(prefix + tensor.name(), new Source(parameters.model().dtype(), tensor.shape(),
                    arena -> parameters.get(arena, tensor.name())));
        }
    }

    private record Source(DType dtype, Shape shape, java.util.function.Function<Arena, HostTensor> maker)
            implements Safetensors.Source {
        @Override
        public HostTensor tensor(Arena arena) {
            return maker.apply(arena);
        }
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
            boolean more = metadata.containsKey("training");
            Set<String> vectors = more ? names(tensors, "optimizer\\.(\\w+)") : Set.of();
            Set<String> sets = more ? names(tensors, "(?!layers\\.|optimizer\\.)(\\w+)") : Set.of();
            requireTensors(tensors, model, vectors, sets);
            return read(tensors, model, metadata.get("training"), vectors, sets, properties, origin);
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

    /** The names, group 1, before those of a model's tensors. */
    private static Set<String> names(Safetensors tensors, String before) {
        Pattern pattern = Pattern.compile(before + "\\.layers\\..*");
        Set<String> names = new LinkedHashSet<>();
        for (String name : tensors.entries().keySet()) {
            Matcher matcher = pattern.matcher(name);
            if (matcher.matches()) {
                names.add(matcher.group(1));
            }
        }
        return names;
    }

    private static Map<String, TensorInfo> expected(KanModel model, Set<String> vectors, Set<String> sets) {
        Map<String, TensorInfo> expected = new LinkedHashMap<>();
        for (TensorInfo tensor : model.tensors()) {
            expected.put(tensor.name(), tensor);
            for (String set : sets) {
                expected.put(set + "." + tensor.name(), tensor);
            }
            if (tensor.role() == TensorInfo.Role.PARAMETER) {
                for (String vector : vectors) {
                    expected.put(VECTOR + vector + "." + tensor.name(), tensor);
                }
            }
        }
        return expected;
    }

    /** Checked before anything is allocated, so that a small file cannot ask for a large model. */
    private static void requireTensors(Safetensors tensors, KanModel model, Set<String> vectors, Set<String> sets) {
        Map<String, TensorInfo> expected = expected(model, vectors, sets);
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

    private static Checkpoint read(Safetensors tensors, KanModel model, String description, Set<String> vectorNames,
            Set<String> setNames, Map<String, String> properties, Provenance origin)
            throws IOException {
        Parameters parameters = Parameters.zeros(model);
        Map<String, ParameterVector> vectors = new LinkedHashMap<>();
        Map<String, Parameters> sets = new LinkedHashMap<>();
        try {
            fill(parameters, tensors, "");
            for (String name : vectorNames) {
                vectors.put(name, parameters.newVector());
                for (TensorInfo tensor : parameters.tensors()) {
                    if (tensor.role() == TensorInfo.Role.PARAMETER) {
                        try (Arena arena = Arena.ofConfined()) {
                            vectors.get(name).set(tensor.name(),
                                    tensors.read(arena, VECTOR + name + "." + tensor.name()));
                        }
                    }
                }
            }
            for (String name : setNames) {
                sets.put(name, Parameters.zeros(model));
                fill(sets.get(name), tensors, name + ".");
            }
            return new Checkpoint(parameters, properties, origin,
                    description == null ? null : new SavedState(description, vectors, sets));
        } catch (RuntimeException | Error | IOException e) {
            vectors.values().forEach(ParameterVector::close);
            sets.values().forEach(Parameters::close);
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
}
