// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.kan4j.formula.Expression;
import org.kan4j.internal.AtomicFile;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.HostTensor;

/**
 * The three files that pykan's {@code model.saveckpt} writes and {@code KAN.loadckpt} reads (MultKAN.py of pykan 0.2.8):
 * {@code NAME_state}, {@code NAME_config.yml} and {@code NAME_cache_data}, the last without rows. A float64 model keeps its digits
 * after {@code torch.set_default_dtype(torch.float64)}.
 */
public final class PykanCheckpoint {

    /** What loadckpt asks for beside the model itself, as pykan's constructor has it; nothing is to be saved unasked. */
    private static final Map<String, Object> DEFAULTS = Map.ofEntries(Map.entry("affine_trainable", false),
            Map.entry("auto_save", false), Map.entry("ckpt_path", "./model"), Map.entry("device", "cpu"),
            Map.entry("grid_eps", 0.02), Map.entry("grid_range", List.of(-1, 1)), Map.entry("round", 0),
            Map.entry("sb_trainable", true), Map.entry("sp_trainable", true), Map.entry("state_id", 0),
            Map.entry("symbolic_enabled", true));

    private PykanCheckpoint() {
    }

    /** The files of a name: the state dict, the configuration, the rows seen last. */
    public static List<Path> files(Path name) {
        return List.of("_state", "_config.yml", "_cache_data").stream()
                .map(ending -> name.resolveSibling(name.getFileName() + ending)).toList();
    }

    /** Whether a function of x, as an expression, is c f(a x + b) + d with f of pykan's library. */
    public static boolean hasEdge(Expression function) {
        return PykanEdge.of(function) != null;
    }

    /**
     * Writes a model; {@link Weights#read} takes the name too.
     *
     * @param name       given to {@code loadckpt}
     * @param parameters of a model of B-splines, products and affine maps; any other is refused by name
     * @param functions  edges that are functions, as in {@link StateDicts.Imported#functions}; each must be c f(a x + b) + d with f of
     *                   pykan's library, with phi added where the edge's spline is
     * @param origin     of a model that was imported, or null
     */
    public static void write(Path name, Parameters parameters, Map<String, String> functions, Origin origin)
            throws IOException {
        Variant pykan = Variant.of("pykan");
        Origin plain = origin == null || origin.variant() != pykan ? null
                : new Origin(pykan, origin.config(), Map.of(), origin.carried());
        try (Arena arena = Arena.ofConfined()) {
            StateDicts.Laid laid = StateDicts.laidOut(pykan, parameters, functions, plain, arena);
            Config given = Config.parse(pykan, plain == null || plain.config().isEmpty() ? null : plain.config());
            Map<String, Object> config = new TreeMap<>(DEFAULTS);
            config.replaceAll(given::given);
            config.putAll(laid.config());
            config.put("base_fun_name", config.remove("base_fun"));
            Object names = config.remove("symbolic");
            for (int l = 0; laid.exported().tensors().get("symbolic_fun." + l + ".mask") instanceof HostTensor mask; l++) {
                config.put("symbolic.funs_name." + l, names instanceof List<?> all ? all.get(l)
                        : Collections.nCopies(Math.toIntExact(mask.shape().axis(0)),
                                Collections.nCopies(Math.toIntExact(mask.shape().axis(1)), "0")));
            }
            List<Path> files = files(name);
            TorchWriter.write(files.get(0), laid.exported().tensors());
            byte[] yaml = PykanConfig.text(config).getBytes(StandardCharsets.UTF_8);
            AtomicFile.write(files.get(1), channel -> channel.write(ByteBuffer.wrap(yaml)));
            TorchWriter.writeNone(files.get(2));
        }
    }
}
