// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.kan4j.Metrics;

/** Files a command writes: checked for before the work, whole or not there. */
final class Output {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private Output() {
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    static ArrayNode array() {
        return JSON.createArrayNode();
    }

    /** Measures by name, errors in the target's own unit. */
    static Map<String, Double> measures(Metrics metrics, double unit) {
        Map<String, Double> values = new LinkedHashMap<>(metrics.values());
        values.computeIfPresent("rmse", (name, value) -> value * unit);
        values.computeIfPresent("mae", (name, value) -> value * unit);
        return values;
    }

    static JsonNode tree(Object record) {
        return JSON.valueToTree(record);
    }

    /** Reads a list of rows. */
    static JsonNode read(Path file) throws IOException {
        try {
            JsonNode rows = JSON.readTree(file.toFile());
            if (rows.isArray() && !rows.isEmpty()) {
                return rows;
            }
        } catch (JsonProcessingException e) {
            throw new InputException(file + " is not JSON: " + e.getOriginalMessage(), e);
        }
        throw new InputException(file + " is not a list of rows as kan4j bench --json writes it");
    }

    /** Fails now if a file could not be written later, after long work; creates its folder. */
    static void check(String option, Path file) {
        if (file == null) {
            return;
        }
        Path folder = file.toAbsolutePath().getParent();
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new InputException(option + " " + file + ": cannot create the folder " + folder + ": "
                    + Main.describe(e), e);
        }
        if (Files.isDirectory(file)) {
            throw new InputException(option + " " + file + " is a folder, expected a file name");
        }
        try {
            Files.delete(Files.createTempFile(folder, ".kan4j-", ""));  // isWritable does not know read-only mounts
        } catch (IOException e) {
            throw new InputException(option + " " + file + ": cannot write into the folder " + folder, e);
        }
    }

    /** What a file is to hold. */
    @FunctionalInterface
    interface Content {
        void writeTo(OutputStream stream) throws IOException;
    }

    static void write(Path file, byte[] bytes) throws IOException {
        write(file, stream -> stream.write(bytes));
    }

    /** Writes beside the file, then moves it to its place. */
    static void write(Path file, Content content) throws IOException {
        Path target = file.toAbsolutePath();
        Path part = target.resolveSibling(target.getFileName() + ".part");
        try {
            try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(part))) {
                content.writeTo(stream);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    static void writeJson(Path file, JsonNode json) throws IOException {
        try {
            write(file, (JSON.writeValueAsString(json) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }
}
