// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.kan4j.error.FormatException;
import org.kan4j.internal.Json;
import org.kan4j.io.Safetensors;
import org.kan4j.tensor.HostTensor;

/**
 * The state dict in a file: safetensors, {@code torch.save} (a state dict, or a training checkpoint that holds one), or
 * what pykan's {@code saveckpt} wrote. Half precision is widened to float32.
 *
 * @param what how messages call it
 * @param tensors by name
 * @param config constructor arguments that the file brings, as JSON, or null
 * @param notes what the user should know: tensors that were skipped, numbers that are not finite
 * @param halves types of half precision in the file, {@code float16} or {@code bfloat16}; the tensors here are float32
 */
public record Weights(String what, Map<String, HostTensor> tensors, String config, List<String> notes,
        List<String> halves) {

    /** Name of the checkpoint property that holds {@link #halves}, with commas between them, where there are any. */
    public static final String HALVES = "interop.half";

    /**
     * Reads a file.
     *
     * @param file for pykan also the name given to saveckpt, without {@code _state}
     * @param variant tells which of several state dicts in a file is meant
     * @param key of the state dict in a training checkpoint, such as {@code model_state_dict}, or null
     * @param arena where the tensors live
     * @throws FormatException if it is damaged, or holds no state dict or several that fit
     */
    public static Weights read(Path file, Variant variant, String key, Arena arena) throws IOException {
        Path state = file.resolveSibling(file.getFileName() + "_state");
        Path config = file.resolveSibling(file.getFileName() + "_config.yml");
        boolean saveckpt = variant instanceof Pykan && Files.notExists(file) && Files.exists(state);
        Path source = saveckpt ? state : file;
        List<String> notes = new ArrayList<>();
        Set<String> halves = new TreeSet<>();
        Map<String, HostTensor> tensors;
        String json = null;
        if (!Files.isDirectory(source) && TorchFile.is(source)) {
            tensors = torch(source, variant, key, arena, notes, halves);
        } else {
            Safetensors safetensors = Safetensors.open(source);
            if (key != null) {
                throw new FormatException(file + " is a safetensors file, which has no dicts in dicts: leave key="
                        + key + " out");
            }
            tensors = new LinkedHashMap<>();
            for (Safetensors.Entry entry : safetensors.entries().values()) {
                if (safetensors.reads(entry.name())) {
                    tensors.put(entry.name(), safetensors.read(arena, entry.name()));
                    if (entry.dtype().endsWith("F16")) {
                        halves.add(entry.dtype().equals("F16") ? "float16" : "bfloat16");
                    }
                } else {
                    notes.add(entry.name() + " is skipped: kan4j does not read " + entry.dtype());
                }
            }
            json = safetensors.metadata().get("config");
        }
        if (saveckpt && Files.exists(config)) {
            json = Json.write(PykanConfig.of(config.toString(), Files.readString(config)));
        }
        Map<String, HostTensor> current = variant.current(source.toString(), tensors, arena);
        current.forEach((name, tensor) -> {
            long bad = notFinite(tensor);
            if (bad > 0) {
                notes.add(name + " has " + bad + (bad == 1 ? " number that is" : " numbers that are")
                        + " not finite; the model's outputs will not be either");
            }
        });
        return new Weights(source.toString(), current, json, List.copyOf(notes), List.copyOf(halves));
    }

    /** Whether a file's name says that it is what {@code torch.save} writes: {@code .pt} or {@code .pth}. */
    public static boolean isTorch(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).matches(".*\\.pth?");
    }

    /**
     * Writes a state dict in the format that the file's name says: as {@code torch.save} does, which has no place for the
     * configuration, or as safetensors.
     */
    public static void write(Path file, StateDicts.Exported state) throws IOException {
        if (isTorch(file)) {
            TorchWriter.write(file, state.tensors());
        } else {
            Safetensors.write(file, state.tensors(), state.metadata());
        }
    }

    private static long notFinite(HostTensor tensor) {
        long count = 0;
        HostTensor flat = tensor.reshape(tensor.size());
        for (long i = 0; tensor.dtype().isFloating() && i < flat.size(); i++) {
            count += Double.isFinite(flat.get(i)) ? 0 : 1;
        }
        return count;
    }

    private static Map<String, HostTensor> torch(Path file, Variant variant, String key, Arena arena,
            List<String> notes, Set<String> halves) throws IOException {
        TorchFile torch = TorchFile.open(file);
        Map<String, Map<String, Unpickler.Tensor>> dicts = torch.stateDicts();
        Map<String, Unpickler.Tensor> chosen = new LinkedHashMap<>(choose(file, variant, key, dicts));
        chosen.entrySet().removeIf(entry -> {
            if (TorchFile.known(entry.getValue())) {
                return false;
            }
            notes.add(entry.getKey() + " is skipped: kan4j does not read " + entry.getValue().storage().type());
            return true;
        });
        chosen.values().stream().map(TorchFile::half).filter(Objects::nonNull).forEach(halves::add);
        return torch.read(chosen, arena);
    }

    private static Map<String, Unpickler.Tensor> choose(Path file, Variant variant, String key,
            Map<String, Map<String, Unpickler.Tensor>> dicts) {
        if (dicts.isEmpty()) {
            throw new FormatException(file
                    + " holds no dict of tensors; expected one of torch.save(model.state_dict(), ...)");
        }
        List<String> names = dicts.keySet().stream().map(name -> name.isEmpty() ? "(the whole)" : name).toList();
        if (key != null) {
            if (!dicts.containsKey(key)) {
                throw new FormatException(file + " has no dict of tensors under the key '" + key + "'; it has "
                        + String.join(", ", names));
            }
            return dicts.get(key);
        }
        List<String> fitting = dicts.keySet().stream()
                .filter(name -> !StateDictNames.guess(variant, dicts.get(name).keySet()).isEmpty()).toList();
        if (fitting.size() > 1) {
            throw new FormatException(file + " holds several state dicts of " + variant.name() + ": "
                    + String.join(", ", fitting) + "; key=" + fitting.getFirst() + ", say, names the one to read");
        }
        return dicts.get(fitting.isEmpty() ? dicts.keySet().iterator().next() : fitting.getFirst());
    }
}
