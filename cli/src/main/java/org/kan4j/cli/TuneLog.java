// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kan4j.search.Evaluation;

/**
 * The trainings of a search in a file: a line of JSON that says of which search, and one for each training. Only ever added to,
 * so that a kill at any moment costs the line that was being written at most; held by one process at a time.
 */
final class TuneLog implements AutoCloseable {

    private final Path path;
    /** No channel: these close themselves where the thread is interrupted. */
    private final RandomAccessFile file;
    private final Map<String, String> first = new LinkedHashMap<>();
    private TuneEffort effort;
    private final Map<Evaluation.Point, Double> known = Collections.synchronizedMap(new LinkedHashMap<>());

    /**
     * Opens the file, or makes it.
     *
     * @param head what has to be the same for losses of before to hold
     */
    TuneLog(Path path, ObjectNode head) throws IOException {
        this.path = path;
        this.file = new RandomAccessFile(path.toFile(), "rw");
        try {
            lock();
            read(head);
        } catch (RuntimeException | IOException e) {
            file.close();
            throw e;
        }
    }

    private void lock() {
        boolean other;
        try {
            other = file.getChannel().tryLock() == null;
        } catch (OverlappingFileLockException e) {
            other = true;
        } catch (IOException e) {
            other = false; // a file system without locks
        }
        if (other) {
            throw new InputException("another kan4j tune is writing to " + path + "; --out names another folder");
        }
    }

    /** Whether there is a search to go on with. */
    boolean hasBegun() throws IOException {
        return file.length() > 0;
    }

    /** The options that were begun with; none where there is nothing. */
    Map<String, String> first() {
        return first;
    }

    /** Losses of the trainings of before, infinite where there was none that is finite. */
    Map<Evaluation.Point, Double> known() {
        return Collections.unmodifiableMap(known);
    }

    private void read(ObjectNode head) throws IOException {
        byte[] bytes = new byte[Math.toIntExact(file.length())];
        file.readFully(bytes);
        List<String> lines = new String(bytes, StandardCharsets.UTF_8).lines().toList();
        long whole = 0;
        for (int i = 0; i < lines.size(); i++) {
            long end = whole + lines.get(i).getBytes(StandardCharsets.UTF_8).length + 1;
            try {
                JsonNode line = Output.parse(lines.get(i));
                if (end > bytes.length) {
                    break; // without its end
                } else if (i == 0) {
                    requireSame(head, line, lines.getFirst());
                    line.path("first").properties().forEach(option -> first.put(option.getKey(), option.getValue().asText()));
                    if (line.path("networks").asInt() > 0 && line.path("tried").asInt() > 1) {
                        effort = new TuneEffort(line.path("networks").asInt(), line.path("tried").asInt());
                    }
                } else {
                    known.put(point(line), line.path("loss").isNull() ? Double.POSITIVE_INFINITY : line.path("loss").asDouble());
                }
            } catch (JsonProcessingException e) {
                if (i == lines.size() - 1) {
                    break; // of the last line a kill may have left a part
                }
                throw new InputException(path + ": line " + (i + 1) + " is not what tune writes; remove the file", e);
            }
            whole = end;
        }
        file.setLength(whole);
        file.seek(whole);
    }

    private void requireSame(ObjectNode head, JsonNode line, String text) throws IOException {
        JsonNode mine = Output.parse(head.toString()); // with the types of numbers that reading gives
        if (!mine.properties().stream().allMatch(field -> field.getValue().equals(line.get(field.getKey())))) {
            throw new InputException(path + " is of another search, " + text + "; --out names another folder, or remove it");
        }
    }

    private static Evaluation.Point point(JsonNode line) {
        Map<String, String> options = new LinkedHashMap<>();
        line.path("options").properties().forEach(option -> options.put(option.getKey(), option.getValue().asText()));
        return new Evaluation.Point(options, line.path("budget").asDouble(), line.path("fold").asInt());
    }

    /** How thoroughly the search measures; nothing of one that does not say. */
    Optional<TuneEffort> effort() {
        return Optional.ofNullable(effort);
    }

    /** Begins a new one with some options, measured so; does nothing where it is gone on with. */
    void begin(ObjectNode head, Map<String, String> options, TuneEffort measured) throws IOException {
        if (file.length() == 0) {
            ObjectNode begun = head.putObject("first");
            options.forEach(begun::put);
            write(head.put("networks", measured.networks()).put("tried", measured.folds()));
        }
    }

    /** Adds a training; any thread may. */
    synchronized void add(Evaluation.Point point, double loss) {
        known.put(point, loss);
        ObjectNode line = Output.object();
        ObjectNode options = line.putObject("options");
        point.options().forEach(options::put);
        line.put("budget", point.budget()).put("fold", point.fold());
        line.put("loss", Double.isFinite(loss) ? Double.valueOf(loss) : null);
        try {
            write(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(ObjectNode line) throws IOException {
        file.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** A file of nothing, of a search that could not begin, is taken away. */
    @Override
    public void close() throws IOException {
        boolean empty = file.length() == 0;
        file.close();
        if (empty) {
            Files.deleteIfExists(path);
        }
    }
}
