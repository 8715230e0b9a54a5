// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.kan4j.Summary;
import org.kan4j.encoding.Encoding;
import org.kan4j.measure.Metrics;
import org.kan4j.model.KanModel;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Files a command writes: checked for before the work, whole or not there. Links stay links; what is no regular file (a
 * pipe, a device) is written to, never replaced; {@code -} is standard output.
 */
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

    /** The name of a file without its extension. */
    static String stem(String name) {
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    /** The file with the suffix in front of its extension. */
    static Path insert(Path file, String suffix) {
        String name = fileName(file);
        return suffix.isEmpty() || !isReplaced(file) ? file
                : file.resolveSibling(stem(name) + suffix + name.substring(stem(name).length()));
    }

    /** The name of a file, which must be none of a folder. */
    static String fileName(Path file) {
        if (file.getFileName() == null) {
            throw new InputException("'" + file + "' is a folder, expected a file name");
        }
        return file.getFileName().toString();
    }

    static JsonNode tree(Object record) {
        return JSON.valueToTree(record);
    }

    /** JSON that kan4j wrote. */
    static JsonNode parse(String json) throws IOException {
        return JSON.readTree(json);
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

        /** Names by which programs tell what is in a file. */
        private static final Pattern FORMAT = Pattern
                .compile("(?is).*\\.(safetensors|pth?|onnx|json|csv|tsv|parquet|pkl|pickle|joblib|h5|"
                        + "hdf5|keras|npz|npy|pb|tflite|java|c|svg|png)");

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
            if (file == null || isStandardOutput(file)) {
                return this;
            }
            if (!Files.isDirectory(file) && !isReplaced(file)) { // /dev/stdout may lead to pipe:[123], which is no path
                if (!Files.isWritable(file)) {
                    throw new InputException(option + " " + file + ": permission denied");
                }
                return this;
            }
            if (file.startsWith("~") && !Files.exists(Path.of("~"))) {
                throw new InputException(option + " " + file + ": the shell replaces ~ by the home folder only at the beginning "
                        + "of a word, as in " + option + " " + file + " with a space between");
            }
            Path folder = folder(file);
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
                Files.delete(Files.createTempFile(folder, ".kan4j-", "")); // isWritable does not know read-only mounts
            } catch (IOException e) {
                throw new InputException(option + " " + file + ": cannot write into the folder " + folder, e);
            }
            return this;
        }

        /** A model that the command writes; refuses a name that says another format. */
        Check writesModel(String option, Path file) {
            return writesAs("safetensors", option, file,
                    "a model is written as safetensors, expected a name that ends so (kan4j export "
                            + "writes ONNX and state dicts, kan4j compile writes Java and C)");
        }

        /** A file of numbers that the command writes; refuses a name that says another format. */
        Check writesJson(Path file) {
            return writesAs("json", "--json", file, "JSON is written, expected a name that ends with .json");
        }

        /**
         * A file of a format that the command writes; refuses a name that says another.
         *
         * @param instead what is written
         */
        Check writesAs(String format, String option, Path file, String instead) {
            boolean others = file != null && taken.values().stream().anyMatch(other -> same(file, other)); // refused as such
            writes(option, file);
            if (file != null && !others && FORMAT.matcher(file.toString()).matches()
                    && !file.toString().toLowerCase(java.util.Locale.ROOT).endsWith("." + format)) {
                throw new InputException(option + " " + file + ": " + instead);
            }
            return this;
        }

        /** Where a file is written: of a link, where it leads to; null for the root. */
        private static Path folder(Path file) {
            try {
                return (Files.exists(file) ? file.toRealPath() : file.toAbsolutePath()).getParent();
            } catch (IOException e) {
                throw new InputException(file + ": " + Main.describe(e), e);
            }
        }
    }

    /** Whether two names are of one file. */
    static boolean same(Path a, Path b) {
        try {
            return Files.isSameFile(a.toAbsolutePath().normalize(), b.toAbsolutePath().normalize());
        } catch (IOException e) {
            return false; // one of them does not exist, and they have different names
        }
    }

    /**
     * Refuses a file system without room for a checkpoint of a model, before anything is trained; null is no file. What quotas
     * leave is not known here, nor what others will write.
     *
     * @param moments sets of as many numbers as the model's parameters that lie beside it
     */
    static void requireRoom(Path modelFile, KanModel model, int moments) {
        if (modelFile != null && isReplaced(modelFile)) {
            requireRoom("--out", modelFile, Summary.of(model).bytes() + (double) moments * model.parameterCount()
                    * model.dtype().bytes());
        }
    }

    static void requireRoom(String option, Path file, double bytes) {
        try {
            Path folder = Check.folder(file);
            FileStore store = Files.getFileStore(folder);
            if (store.getTotalSpace() > 0 && store.getUsableSpace() < bytes) { // some say 0 for not known
                throw new InputException(Progress.format(
                        "%s %s: it takes at least %,.0f bytes, in the folder %s there is room for "
                                + "%,d; free some, or --out names another place",
                        option, file, bytes, folder, store.getUsableSpace()));
            }
        } catch (IOException e) {
            throw new InputException(option + " " + file + ": " + Main.describe(e), e);
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

    /** Writes beside the file, then moves it to its place; through to what is no regular file. */
    static void write(Path file, Content content) throws IOException {
        if (isStandardOutput(file)) {
            // Not closed: it is not ours. Streams of files, unlike channels, work in interrupted threads.
            writeTo(new FileOutputStream(FileDescriptor.out), content);
            return;
        }
        try {
            writeFile(file, content);
        } catch (FileNotFoundException e) { // Java's own sentence names the file
            throw new IOException("cannot write " + e.getMessage(), e);
        } catch (IOException e) {
            throw e.getClass() == IOException.class ? new IOException("cannot write " + file + ": " + e.getMessage(), e) : e;
        }
    }

    private static void writeFile(Path file, Content content) throws IOException {
        boolean dangling = Files.isSymbolicLink(file) && !Files.exists(file);
        if (dangling || !isReplaced(file)) {
            try (OutputStream stream = new FileOutputStream(file.toFile())) {
                writeTo(stream, content);
            }
            return;
        }
        Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
        // A name of its own: in two containers on one volume, two processes have one number.
        Path part = target.resolveSibling("." + target.getFileName() + "." + ProcessHandle.current().pid() + "-"
                + Long.toUnsignedString(System.nanoTime(), 36) + ".part");
        try {
            try (OutputStream stream = new FileOutputStream(part.toFile())) {
                writeTo(stream, content);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static void writeTo(OutputStream stream, Content content) throws IOException {
        OutputStream buffer = new BufferedOutputStream(stream);
        content.writeTo(buffer);
        buffer.flush();
    }

    /** Whether a file of this name is {@code -}, standard output. */
    static boolean isStandardOutput(Path file) {
        return file.toString().equals("-");
    }

    /** Whether writing makes or replaces a regular file. */
    static boolean isReplaced(Path file) {
        return !isStandardOutput(file) && (!Files.exists(file) || Files.isRegularFile(file));
    }

    /** Where a command says what it does: standard error where its standard output is the JSON. */
    static PrintWriter screen(CommandSpec spec, Path json) {
        CommandLine line = spec.commandLine();
        return json != null && isStandardOutput(json) ? line.getErr() : line.getOut();
    }

    /** Writes a command's JSON where the option says, if it is given. */
    static void writeJson(CommandSpec spec, Path file, JsonNode json) throws IOException {
        if (file != null && isStandardOutput(file)) {
            spec.commandLine().getOut().print(text(json));
            spec.commandLine().getOut().flush();
        } else if (file != null) {
            writeJson(file, json);
        }
    }

    static void writeJson(Path file, JsonNode json) throws IOException {
        write(file, text(json).getBytes(StandardCharsets.UTF_8));
    }

    private static String text(JsonNode json) {
        try {
            return JSON.writeValueAsString(json) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }
}
