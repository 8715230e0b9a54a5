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
import java.util.TreeMap;
import java.util.TreeSet;
import org.kan4j.data.Names;
import org.kan4j.search.Space;
import picocli.CommandLine;

/** What {@code kan4j tune} searches: options of {@code kan4j train} and their values, in an order in which neighbours are alike. */
final class TuneSpace {

    private static final Map<String, List<String>> USUAL = new LinkedHashMap<>();

    static {
        USUAL.put("basis", List.of("bspline", "fourierkan", "mlp")); // of whose networks there is a mean
        USUAL.put("hidden", List.of("8", "16", "32", "64", "128", "32,16", "64,32", "128,64"));
        USUAL.put("grid", List.of("3", "5", "8", "12", "20"));
        USUAL.put("order", List.of("1", "2", "3"));
        USUAL.put("epochs", List.of("12", "25", "50", "100", "200"));
        USUAL.put("lr", List.of("0.003", "0.006", "0.01", "0.02"));
        USUAL.put("weight-decay", List.of("0.001", "0.01", "0.03", "0.1", "0.3", "1", "3"));
        USUAL.put("batch", List.of("16", "32", "64", "128", "256"));
        USUAL.put("scaling", List.of("range", "auto", "quantiles"));
        USUAL.put("target-transform", List.of("none", "asinh"));
        USUAL.put("second-difference", List.of("", "1e-4", "1e-3"));
    }

    /** What often does better where the defaults do not do well, as changes of them; the empty text leaves an option out. */
    private static final List<Map<String, String>> OFTEN = List.of(Map.of("weight-decay", "0.1"), // what means of networks bear
            Map.of("epochs", "50"), // of labels that are learned by heart, or more where there are few
            Map.of("basis", "mlp", "hidden", "128,64"), // much noise, or a smooth function of all columns together
            Map.of("hidden", "64"), // fewer, wider layers
            Map.of("order", "1", "grid", "20"), // steps
            Map.of("hidden", "", "gam", "true", "second-difference", "1e-3"), // few noisy rows
            Map.of("hidden", "64,32"), Map.of("weight-decay", "1"), Map.of("basis", "mlp", "epochs", "50"), Map.of("grid", "5"),
            Map.of("scaling", "quantiles"));

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

    /** Candidates to try after the first one: it with changes, of those whose options are searched and whose values are of the space. */
    static List<Map<String, String>> often(Space space, Map<String, String> first) {
        List<Map<String, String>> all = new ArrayList<>();
        for (Map<String, String> changes : OFTEN) {
            if (changes.entrySet().stream().allMatch(change -> change.getKey().equals("gam") || searches(space, change))) {
                Map<String, String> changed = new LinkedHashMap<>(first);
                changed.putAll(new TreeMap<>(changes)); // in the same order in every VM
                changed.values().removeIf(String::isEmpty);
                all.add(ofUse(changed));
            }
        }
        return all;
    }

    private static boolean searches(Space space, Map.Entry<String, String> change) {
        List<String> values = space.options().get(change.getKey());
        return values != null && (change.getValue().isEmpty() || values.contains(change.getValue()));
    }

    /** Options without those that have no meaning for the basis among them. */
    static Map<String, String> ofUse(Map<String, String> options) {
        Bases.Entry basis = Bases.of("--basis", options.getOrDefault("basis", "bspline"));
        Map<String, String> left = new LinkedHashMap<>(options);
        left.keySet().removeIf(name -> options.containsKey("basis") && (name.equals("order") && basis.order() == 0
                || (name.equals("grid") || name.equals("second-difference")) && basis.published() == 0));
        return left;
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
