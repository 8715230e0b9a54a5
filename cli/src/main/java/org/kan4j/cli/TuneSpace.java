// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.kan4j.data.Names;
import org.kan4j.search.Space;
import picocli.CommandLine;

/** What {@code kan4j tune} searches: options of {@code kan4j train} and their values, in an order in which neighbours are alike. */
final class TuneSpace {

    private static final Map<String, List<String>> USUAL = new LinkedHashMap<>();

    static {
        USUAL.put("basis", List.of("bspline", "fastkan"));
        USUAL.put("hidden", List.of("8", "16", "32", "64", "128", "32,16", "64,32", "128,64"));
        USUAL.put("grid", List.of("3", "5", "8", "12", "20"));
        USUAL.put("lr", List.of("0.003", "0.006", "0.01", "0.02"));
        USUAL.put("weight-decay", List.of("0.001", "0.01", "0.03", "0.1", "0.3", "1", "3"));
        USUAL.put("batch", List.of("16", "32", "64", "128", "256"));
        USUAL.put("scaling", List.of("range", "auto", "quantiles"));
        USUAL.put("target-transform", List.of("none", "asinh"));
        USUAL.put("second-difference", List.of("", "1e-5", "1e-4", "1e-3"));
    }

    private TuneSpace() {
    }

    /** The usual one, with what a file says instead or besides; null for no file. */
    static Space of(Path file) throws IOException {
        Space usual = new Space(USUAL);
        if (file == null) {
            return usual;
        }
        Map<String, List<String>> more = new LinkedHashMap<>();
        List<String> less = new ArrayList<>();
        TreeSet<String> known = new TreeSet<>();
        new CommandLine(new TrainCommand()).getCommandSpec().options().forEach(o -> known.add(o.longestName().substring(2)));
        for (Map.Entry<String, JsonNode> option : read(file).properties()) {
            String name = Config.kebab(option.getKey());
            if (!known.contains(name)) {
                throw new InputException("--space " + file + ": train has no option '" + name + "', did you mean '"
                        + Names.nearest(name, known) + "'?");
            }
            if (!option.getValue().isArray()) {
                throw new InputException(
                        "--space " + file + ": '" + name + "' needs a list of values, given " + option.getValue());
            }
            List<String> values = new ArrayList<>();
            option.getValue().forEach(value -> values.add(value.asText()));
            if (values.isEmpty()) {
                less.add(name);
            } else {
                more.put(name, values);
            }
        }
        return Options.of("--space " + file, () -> usual.with(more).without(less));
    }

    private static JsonNode read(Path file) throws IOException {
        try {
            JsonNode root = new ObjectMapper().readTree(Files.readAllBytes(file));
            if (root.isObject()) {
                return root;
            }
        } catch (JsonProcessingException e) {
            throw new InputException("--space " + file + " is not JSON: " + e.getOriginalMessage(), e);
        }
        throw new InputException("--space " + file + ": expected a JSON object of options, such as {\"grid\": [5, 10]}");
    }
}
