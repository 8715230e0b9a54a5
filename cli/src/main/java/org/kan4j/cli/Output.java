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
import org.kan4j.measure.Metrics;

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

    /** A command's files, looked at before its work: each result can be written, and replaces no other and no input. */
    static final class Check {

        private final Map<String, Path> taken = new LinkedHashMap<>();

        /** A file that the command reads, by its name in messages; null for none. */
        Check reads(String name, Path file) {
            if (file != null) {
                taken.put(name, file);
            }
            return this;
        }

        /** A file that the command writes, or null; creates its folder. */
        Check writes(String option, Path file) {
            if (file == null) {
                return this;
            }
            Path folder = file.toAbsolutePath().getParent();
            if (folder == null || Files.isDirectory(file)) {
                throw new InputException(option + " '" + file + "' is a folder, expected a file name");
            }
            taken.forEach((name, other) -> {
                if (same(file, other)) {
                    throw new InputException(option + " " + file + " is the file of " + name + ", expected another");
                }
            });
            taken.put(option, file);
            try {
                Files.createDirectories(folder);
            } catch (IOException e) {
                throw new InputException(option + " " + file + ": cannot create the folder " + folder + ": "
                        + Main.describe(e), e);
            }
            try {
                Files.delete(Files.createTempFile(folder, ".kan4j-", ""));  // isWritable does not know read-only mounts
            } catch (IOException e) {
                throw new InputException(option + " " + file + ": cannot write into the folder " + folder, e);
            }
            return this;
        }

        private static boolean same(Path a, Path b) {
            try {
                return Files.isSameFile(a.toAbsolutePath().normalize(), b.toAbsolutePath().normalize());
            } catch (IOException e) {
                return false;  // one of them does not exist, and they have different names
            }
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
