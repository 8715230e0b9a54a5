// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.io;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.internal.AtomicFile;
import org.kan4j.internal.Json;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;

/**
 * A file of named tensors in the safetensors format: 8 bytes with the header's length, the header in JSON, the numbers.
 * Opening it reads and checks the header only; tensors are read, by copying, when asked for. A damaged or hostile file
 * is a {@link FormatException}, before anything of the size it claims is allocated.
 */
public final class Safetensors {

    /** The longest header the format allows, in bytes. */
    private static final long MAX_HEADER = 100_000_000;

    /** The first four bytes of a zip file, PK\3\4. */
    private static final int ZIP = 0x04034b50;

    private static final Map<String, Integer> BITS = Map.ofEntries(Map.entry("BOOL", 8), Map.entry("U8", 8),
            Map.entry("I8", 8), Map.entry("F8_E5M2", 8), Map.entry("F8_E4M3", 8), Map.entry("I16", 16),
            Map.entry("U16", 16), Map.entry("F16", 16), Map.entry("BF16", 16), Map.entry("I32", 32), Map.entry("U32", 32),
            Map.entry("F32", 32), Map.entry("F64", 64), Map.entry("I64", 64), Map.entry("U64", 64));

    /**
     * A tensor of a file.
     *
     * @param name its name
     * @param dtype as the file has it, such as {@code F32} or {@code BF16}
     * @param shape its axes
     * @param begin first byte, counted from the end of the header
     * @param end after its last byte
     */
    public record Entry(String name, String dtype, Shape shape, long begin, long end) {
    }

    private final Path file;
    private final long dataStart;
    private final Map<String, Entry> entries;
    private final Map<String, String> metadata;

    private Safetensors(Path file, long dataStart, Map<String, Entry> entries, Map<String, String> metadata) {
        this.file = file;
        this.dataStart = dataStart;
        this.entries = Collections.unmodifiableMap(entries);
        this.metadata = Collections.unmodifiableMap(metadata);
    }

    // --------------------------------------------------------------------------------------------------------- reading

    /**
     * Reads and checks a file's header.
     *
     * @throws IOException if the file cannot be read
     * @throws FormatException if it is not a whole, well-formed safetensors file
     */
    public static Safetensors open(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw bad(file, "it is a folder");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size < 9) {
                throw bad(file, "it has " + size + " bytes, fewer than a header takes");
            }
            ByteBuffer prefix = ByteBuffer.allocate(9).order(ByteOrder.LITTLE_ENDIAN);
            readFully(channel, prefix, 0);
            long length = prefix.getLong(0);
            if ((int) length == ZIP) {
                throw bad(file, "it is a zip file, as torch.save writes them; Weights.read reads a state dict");
            }
            if (prefix.get(8) != '{') {
                throw bad(file, "it does not begin as one, its header does not begin with '{'");
            }
            if (length < 2 || length > MAX_HEADER || length > size - 8) {
                throw bad(file, "its header claims " + Long.toUnsignedString(length) + " bytes, of the file's " + size
                        + (length > MAX_HEADER ? " (at most " + MAX_HEADER + " are allowed)" : "; it may be truncated"));
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) length);
            readFully(channel, bytes, 8);
            return header(file, text(file, bytes.flip()), 8 + length, size - 8 - length);
        }
    }

    private static String text(Path file, ByteBuffer bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new FormatException(file + " is not a valid safetensors file: its header is not UTF-8", e);
        }
    }

    private static FormatException bad(Path file, String defect) {
        return new FormatException(file + " is not a valid safetensors file: " + defect);
    }

    private static Safetensors header(Path file, String text, long dataStart, long dataBytes) {
        Map<String, Object> header;
        try {
            header = Json.parseObject(text);
        } catch (Json.ParseException e) {
            throw new FormatException(file + " is not a valid safetensors file: its header is not JSON, "
                    + e.getMessage(), e);
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        Map<String, Entry> entries = new LinkedHashMap<>();
        for (Map.Entry<String, Object> item : header.entrySet()) {
            if (item.getKey().equals("__metadata__") && item.getValue() == null) {
                continue; // some writers' way to say that there are none
            }
            if (!(item.getValue() instanceof Map<?, ?> value)) {
                throw bad(file, "'" + item.getKey() + "' in its header is not an object");
            }
            if (item.getKey().equals("__metadata__")) {
                for (Map.Entry<?, ?> entry : value.entrySet()) {
                    if (!(entry.getValue() instanceof String string)) {
                        throw bad(file, "the metadata '" + entry.getKey() + "' is not a text");
                    }
                    metadata.put((String) entry.getKey(), string);
                }
            } else {
                entries.put(item.getKey(), entry(file, item.getKey(), value));
            }
        }
        requireContiguous(file, entries, dataBytes);
        return new Safetensors(file, dataStart, entries, metadata);
    }

    private static Entry entry(Path file, String name, Map<?, ?> value) {
        if (!value.keySet().equals(Set.of("dtype", "shape", "data_offsets"))) {
            throw bad(file, "the tensor '" + name + "' must have dtype, shape and data_offsets, it has "
                    + value.keySet());
        }
        if (!(value.get("dtype") instanceof String dtype)) {
            throw bad(file, "the dtype of the tensor '" + name + "' is no text: " + value.get("dtype"));
        }
        long[] axes = numbers(file, name, "shape", value.get("shape"));
        long[] offsets = numbers(file, name, "data_offsets", value.get("data_offsets"));
        if (offsets.length != 2 || offsets[0] > offsets[1]) {
            throw bad(file, "the tensor '" + name + "' must have a first and a last offset, given "
                    + value.get("data_offsets"));
        }
        Shape shape;
        long bytes;
        try {
            shape = Shape.of(axes);
            // A newer type is the concern of whoever reads the tensor.
            bytes = BITS.containsKey(dtype) ? Math.multiplyExact(shape.size(), (long) BITS.get(dtype)) / 8
                    : offsets[1] - offsets[0];
        } catch (ShapeException | ArithmeticException e) {
            throw new FormatException(file + " is not a valid safetensors file: the size of the tensor '" + name
                    + "' overflows, its shape is " + value.get("shape"), e);
        }
        if (bytes != offsets[1] - offsets[0]) {
            throw bad(file, "the tensor '" + name + "' of " + dtype + " and shape " + shape + " takes " + bytes
                    + " bytes, its offsets span " + (offsets[1] - offsets[0]));
        }
        return new Entry(name, dtype, shape, offsets[0], offsets[1]);
    }

    private static long[] numbers(Path file, String name, String what, Object value) {
        if (value instanceof List<?> list && list.stream().allMatch(n -> n instanceof Long l && l >= 0)) {
            return list.stream().mapToLong(n -> (Long) n).toArray();
        }
        throw bad(file, "the " + what + " of the tensor '" + name + "' must be whole numbers of at least 0, given "
                + value);
    }

    /** The format forbids gaps and overlaps: then no two tensors share bytes and no byte is hidden. */
    private static void requireContiguous(Path file, Map<String, Entry> entries, long dataBytes) {
        List<Entry> sorted = new ArrayList<>(entries.values());
        sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long end = 0;
        for (Entry entry : sorted) {
            if (entry.begin() != end) {
                throw bad(file, "the tensor '" + entry.name() + "' begins at byte " + entry.begin()
                        + (entry.begin() < end ? ", inside the one before it, which ends at " : ", after a gap from ")
                        + end);
            }
            end = entry.end();
        }
        if (end != dataBytes) {
            throw bad(file, "its tensors take " + end + " bytes, after the header there are " + dataBytes
                    + (end > dataBytes ? "; it is truncated" : ""));
        }
    }

    private static void readFully(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
        long at = position;
        while (buffer.hasRemaining()) {
            int n = channel.read(buffer, at);
            if (n < 0) {
                throw new EOFException("the file ended while it was read; was it written to?");
            }
            at += n;
        }
    }

    /** The file. */
    public Path file() {
        return file;
    }

    /** The tensors by name, in the header's order. */
    public Map<String, Entry> entries() {
        return entries;
    }

    /** The texts under {@code __metadata__}. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** The entry of a name. */
    public Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new FormatException(file + " has no tensor '" + name + "'; it has "
                    + String.join(", ", entries.keySet()));
        }
        return entry;
    }

    /** Whether {@link #read} knows the type of a tensor. */
    public boolean reads(String name) {
        return switch (entry(name).dtype()) {
            case "F32", "F64", "I32", "I64", "F16", "BF16" -> true;
            default -> false;
        };
    }

    /**
     * Reads a tensor of type F32, F64, I32 or I64, or one of F16 or BF16 as F32.
     *
     * @throws UnsupportedException for other types
     */
    public HostTensor read(Arena arena, String name) throws IOException {
        Entry entry = entry(name);
        DType dtype = switch (entry.dtype()) {
            case "F32" -> DType.F32;
            case "F64" -> DType.F64;
            case "I32" -> DType.I32;
            case "I64" -> DType.I64;
            case "F16", "BF16" -> DType.F32;
            default -> throw new UnsupportedException("the tensor '" + name + "' of " + file + " is of "
                    + entry.dtype() + "; kan4j reads F32, F64, F16, BF16, I32 and I64");
        };
        HostTensor tensor = HostTensor.allocate(arena, dtype, entry.shape());
        if (entry.dtype().endsWith("F16")) {
            try (Arena mapped = Arena.ofConfined()) {
                Half.widen(map(mapped, name), entry.dtype().equals("BF16"), tensor.segment());
            }
            return tensor;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long bytes = tensor.segment().byteSize();
            for (long done = 0; done < bytes; done += 1 << 30) {
                ByteBuffer part = tensor.segment().asSlice(done, Math.min(1 << 30, bytes - done)).asByteBuffer();
                readFully(channel, part, dataStart + entry.begin() + done);
            }
        }
        return tensor;
    }

    /**
     * Maps a tensor's bytes, little-endian and contiguous, as they lie in the file; nothing is read until it is looked
     * at. The file must not be shortened meanwhile.
     *
     * @return read-only, for as long as the arena lives
     */
    public MemorySegment map(Arena arena, String name) throws IOException {
        Entry entry = entry(name);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long end = dataStart + entry.end();
            if (channel.size() < end) {
                throw bad(file, "the tensor '" + name + "' ends at byte " + end + ", the file now has " + channel.size());
            }
            return channel.map(FileChannel.MapMode.READ_ONLY, dataStart + entry.begin(), entry.end() - entry.begin(),
                    arena);
        }
    }

    // --------------------------------------------------------------------------------------------------------- writing

    /**
     * A tensor to be written; its numbers are asked for when their turn comes, so that not all need be there at once.
     */
    interface Source {
        /** The type. */
        DType dtype();

        /** The axes. */
        Shape shape();

        /** The numbers, in the arena if they have to be made. */
        HostTensor tensor(Arena arena);
    }

    /** Writes tensors and texts. The file appears, or is replaced, whole: a crash leaves the old one. */
    public static void write(Path file, Map<String, HostTensor> tensors, Map<String, String> metadata)
            throws IOException {
        Map<String, Source> sources = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> sources.put(name, new Given(tensor)));
        writeSources(file, sources, metadata);
    }

    private record Given(HostTensor held) implements Source {
        @Override
        public DType dtype() {
            return held.dtype();
        }

        @Override
        public Shape shape() {
            return held.shape();
        }

        @Override
        public HostTensor tensor(Arena arena) {
            return held;
        }
    }

    static void writeSources(Path file, Map<String, Source> sources, Map<String, String> metadata) throws IOException {
        List<Map.Entry<String, Source>> order = new ArrayList<>(sources.entrySet()); // wider first, so that each is aligned
        order.sort(Comparator.comparingInt(entry -> -entry.getValue().dtype().bytes()));
        Map<String, Object> header = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            header.put("__metadata__", new java.util.TreeMap<>(metadata)); // the same bytes in every VM
        }
        long end = 0;
        for (Map.Entry<String, Source> entry : order) {
            Source source = entry.getValue();
            long begin = end;
            end = Math.addExact(begin, HostTensor.bytes(source.dtype(), source.shape()));
            List<Long> axes = java.util.Arrays.stream(source.shape().toArray()).boxed().toList();
            if (entry.getKey().equals("__metadata__")) {
                throw KanException.invalid("a tensor cannot be named __metadata__");
            }
            List<Long> bytes = List.of(begin, end);
            Map<String, Object> tensor = Map.of("dtype", source.dtype().name(), "shape", axes, "data_offsets", bytes);
            header.put(entry.getKey(), new java.util.TreeMap<>(tensor));
        }
        byte[] json = Json.write(header).getBytes(StandardCharsets.UTF_8);
        int padded = (json.length + 7) / 8 * 8;
        if (padded > MAX_HEADER) {
            throw KanException.invalid("a safetensors header may have %d bytes, these tensors need %d", MAX_HEADER,
                    padded);
        }
        ByteBuffer start = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
        start.putLong(padded).put(json);
        while (start.hasRemaining()) {
            start.put((byte) ' ');
        }
        AtomicFile.write(file, channel -> {
            writeFully(channel, start.flip());
            for (Map.Entry<String, Source> entry : order) {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment numbers = entry.getValue().tensor(arena).segment();
                    for (long done = 0; done < numbers.byteSize(); done += 1 << 30) {
                        writeFully(channel, numbers.asSlice(done, Math.min(1 << 30, numbers.byteSize() - done))
                                .asByteBuffer());
                    }
                }
            }
        });
    }

    private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
