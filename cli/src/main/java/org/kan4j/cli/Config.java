// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.kan4j.data.Names;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Options of {@code kan4j train} from a JSON object, keys as in the metrics file ({@code weightDecay}) or on the command
 * line ({@code weight-decay}). What the command line says comes first.
 */
final class Config {

    private static final String OPTION = "--config";
    private static final Set<String> NOT_HERE = Set.of("config", "help", "version", "resume", "verbose");

    private Config() {
    }

    /** The arguments with those of the configuration file added, if there is one. */
    static String[] expand(String... args) throws IOException {
        int train = List.of(args).indexOf("train");
        if (train < 0) {
            return args;
        }
        Path file = null;
        for (int i = train + 1; i < args.length; i++) {
            if (args[i].startsWith(OPTION + "=")) {
                file = Path.of(args[i].substring(OPTION.length() + 1));
            } else if (args[i].equals(OPTION) && i + 1 < args.length) {
                file = Path.of(args[i + 1]);
            }
        }
        if (file == null) {
            return args;
        }
        JsonNode root = read(file);
        CommandLine command = new CommandLine(new TrainCommand());
        Set<String> given = List.of(args).stream().filter(a -> a.startsWith("--")).map(a -> a.split("=", 2)[0])
                .collect(Collectors.toSet());
        TreeSet<String> known = command.getCommandSpec().options().stream().map(OptionSpec::longestName)
                .map(name -> name.substring(2)).filter(name -> !NOT_HERE.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
        List<String> all = new ArrayList<>(List.of(args));
        for (var entry : root.properties()) {
            String name = kebab(entry.getKey());
            if (name.equals("data")) {
                continue; // of a metrics file; the command line names the data
            }
            if (!known.contains(name)) {
                throw new InputException(file + ": unknown key '" + entry.getKey() + "'; did you mean '"
                        + Names.nearest(name, known) + "'?");
            }
            // One seed or several: the command line's choice replaces both.
            boolean seeds = name.startsWith("seed") && (given.contains("--seed") || given.contains("--seeds"));
            if (!given.contains("--" + name) && !seeds && !entry.getValue().isNull()
                    && !(entry.getValue().isArray() && entry.getValue().isEmpty())) {
                all.add("--" + name + "=" + text(file, entry.getKey(), entry.getValue()));
            }
        }
        return all.toArray(String[]::new);
    }

    private static JsonNode read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new InputException(OPTION + " " + file + " is a folder, expected a file");
        }
        try {
            JsonNode root = new ObjectMapper().readTree(Files.readAllBytes(file));
            if (!root.isObject()) {
                throw new InputException(file + ": expected a JSON object of options, such as {\"epochs\": 20}");
            }
            return root;
        } catch (JsonProcessingException e) {
            throw new InputException(file + ": not JSON, line " + (e.getLocation() == null ? 1 : e.getLocation().getLineNr())
                    + ": " + e.getOriginalMessage(), e);
        }
    }

    private static String text(Path file, String key, JsonNode value) {
        if (value.isArray()) {
            return StreamSupport.stream(value.spliterator(), false).map(each -> text(file, key, each))
                    .collect(Collectors.joining(","));
        }
        if (!value.isValueNode()) {
            throw new InputException(file + ": '" + key + "' must be a number, a text or a list of them");
        }
        return value.asText();
    }

    /** The name of an option, from its key in JSON. */
    static String kebab(String key) {
        return key.replaceAll("([a-z])([A-Z])", "$1-$2").replace('_', '-').toLowerCase(Locale.ROOT);
    }
}
