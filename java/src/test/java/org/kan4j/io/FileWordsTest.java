// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.basis.BSpline;
import org.kan4j.device.NativeLibrary;
import org.kan4j.error.FormatException;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** What is wrong with a file is said in so many words, at the last byte that is right and the first that is not. */
class FileWordsTest {

    private static final String TENSOR = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";

    @TempDir
    Path folder;

    private Path file(long claimed, String header, byte... data) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        return Files.write(folder.resolve("file.safetensors"), bytes.putLong(claimed).put(text).put(data).array());
    }

    private Path file(String header, byte... data) throws IOException {
        return file(header.length(), header, data);
    }

    private static void refused(String message, Path path) {
        assertEquals(path + " is not a valid safetensors file: " + message,
                assertThrows(FormatException.class, () -> Safetensors.open(path)).getMessage());
    }

    @Test
    void ofTheHeader() throws IOException {
        refused("it has 8 bytes, fewer than a header takes", file(0, ""));
        refused("it does not begin as one, its header does not begin with '{'", file(1, "["));
        refused("its header claims 1 bytes, of the file's 10; it may be truncated", file(1, "{}"));
        refused("its header claims 3 bytes, of the file's 10; it may be truncated", file(3, "{}"));
        refused("its header claims 100000000 bytes, of the file's 10; it may be truncated", file(100_000_000, "{}"));
        refused("its header claims 100000001 bytes, of the file's 10 (at most 100000000 are allowed)", file(100_000_001, "{}"));
        refused("it is a zip file, as torch.save writes them; Weights.read reads a state dict", file(0x04034b50L, "{}"));
        refused("it is a folder", folder);
        assertEquals(Map.of(), Safetensors.open(file("{}")).entries());
        assertEquals(Map.of(), Safetensors.open(file("{\"__metadata__\":null}")).metadata());
        refused("'a' in its header is not an object", file("{\"a\":null}"));
        refused("the metadata 'k' is not a text", file("{\"__metadata__\":{\"k\":1}}"));
    }

    @Test
    void ofTensors() throws IOException {
        byte[] eight = new byte[8];
        assertEquals(1, Safetensors.open(file(TENSOR, eight)).entries().size());
        refused("the tensor 'a' of F32 and shape [2] takes 8 bytes, its offsets span 4",
                file(TENSOR.replace("[0,8]", "[4,8]"), eight));
        refused("the tensor 'a' must have a first and a last offset, given [8, 0]",
                file(TENSOR.replace("[0,8]", "[8,0]"), eight));
        refused("the tensor 'a' must have a first and a last offset, given [0, 8, 9]",
                file(TENSOR.replace("[0,8]", "[0,8,9]"), eight));
        assertEquals(0, Safetensors.open(file(TENSOR.replace("[0,8]", "[0,0]").replace("[2]", "[0]"))).entry("a").end());
        refused("the tensor 'a' begins at byte 4, after a gap from 0", file(TENSOR.replace("[0,8]", "[4,12]"), eight));
        String two = TENSOR.replace("}}", "},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}");
        refused("the tensor 'b' begins at byte 4, inside the one before it, which ends at 8", file(two, eight));
        refused("its tensors take 8 bytes, after the header there are 7; it is truncated", file(TENSOR, new byte[7]));
        refused("its tensors take 8 bytes, after the header there are 9", file(TENSOR, new byte[9]));
        refused("the tensor 'a' must have dtype, shape and data_offsets, it has [dtype]", file("{\"a\":{\"dtype\":\"F32\"}}"));
        // Of a type that is not known the offsets tell the size.
        Safetensors newer = Safetensors.open(file(TENSOR.replace("F32", "F8_E8M0").replace("[0,8]", "[0,2]"), new byte[2]));
        assertFalse(newer.reads("a"));
        assertEquals(2, newer.entry("a").end());
        assertTrue(assertThrows(FormatException.class, () -> newer.entry("b")).getMessage()
                .endsWith("has no tensor 'b'; it has a"));
    }

    /** 1.5 and -2 in two bytes each. */
    @ParameterizedTest
    @CsvSource({"F16, 3e00, c000", "BF16, 3fc0, c000"})
    void numbersOfTwoBytesAreReadAsFourOf(String dtype, String first, String second) throws IOException {
        ByteBuffer data = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) Integer.parseInt(first, 16)).putShort((short) Integer.parseInt(second, 16));
        Path path = file(TENSOR.replace("F32", dtype).replace("[0,8]", "[0,4]"), data.array());
        try (Arena arena = Arena.ofConfined()) {
            Safetensors file = Safetensors.open(path);
            assertTrue(file.reads("a"));
            assertArrayEquals(new float[] {1.5f, -2}, file.read(arena, "a").toFloats());
        }
    }

    @Test
    void aTensorIsMappedWhereItLies() throws IOException {
        Path path = folder.resolve("m.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Map<String, HostTensor> tensors = new LinkedHashMap<>();
            tensors.put("first", HostTensor.of(arena, 1f, 2f));
            tensors.put("second", HostTensor.of(arena, 3f, 4f, 5f));
            Safetensors.write(path, tensors, Map.of());
            Safetensors file = Safetensors.open(path);
            MemorySegment second = file.map(arena, "second");
            assertArrayEquals(new float[] {3, 4, 5}, second.toArray(ValueLayout.JAVA_FLOAT));
            assertTrue(second.isReadOnly());
            ByteBuffer start = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
            long header = start.getLong();
            assertEquals(0, header % 8, "the numbers begin at a multiple of 8");
            assertEquals(8 + header + 20, start.capacity());
            String text = new String(start.array(), 8, (int) header, StandardCharsets.UTF_8);
            assertTrue(header - text.strip().length() < 8, "no more spaces than it takes");
            byte[] bytes = Files.readAllBytes(path);
            Files.write(path, java.util.Arrays.copyOf(bytes, bytes.length - 1));
            assertEquals(path + " is not a valid safetensors file: the tensor 'second' ends at byte " + bytes.length
                    + ", the file now has " + (bytes.length - 1),
                    assertThrows(FormatException.class,
                            () -> file.map(arena, "second")).getMessage());
            assertEquals(8, file.map(arena, "first").byteSize());
        }
    }

    // ------------------------------------------------------------------------------------------------------- checkpoints

    @Test
    void aCheckpointHasItsPropertiesAndItsOrigin() throws IOException {
        Path path = folder.resolve("c.safetensors");
        Instant begin = Instant.now().minusSeconds(1);
        try (Parameters parameters = Parameters.initialise(KanModel.kan(DType.F32, BSpline.of(3, 2), 2, 1), 1)) {
            Checkpoint.write(path, parameters, Map.of("k", "v", "l", "w"), "cpu", null);
            try (Checkpoint read = Checkpoint.read(path)) {
                assertEquals(Map.of("k", "v", "l", "w"), read.properties());
                assertEquals(parameters.model(), read.model());
                assertFalse(read.isResumable());
                assertTrue(read.state().isEmpty());
                Provenance origin = read.provenance();
                assertEquals(NativeLibrary.version(), origin.version());
                assertEquals(NativeLibrary.load().build(), origin.build());
                assertEquals(System.getProperty("java.vm.version"), origin.java());
                assertEquals("cpu", origin.device());
                Instant created = Instant.parse(origin.created());
                assertTrue(!created.isBefore(begin) && !created.isAfter(Instant.now()), origin.created());
            }
        }
    }

    @Test
    void aClosedCheckpointHasNoNumbers() throws IOException {
        Path path = folder.resolve("c.safetensors");
        try (Parameters parameters = Parameters.initialise(KanModel.kan(DType.F32, BSpline.of(3, 2), 2, 1), 1)) {
            Checkpoint.write(path, parameters);
        }
        Checkpoint read = Checkpoint.read(path);
        Parameters numbers = read.parameters();
        read.close();
        try (Arena arena = Arena.ofConfined()) {
            assertThrows(IllegalStateException.class, () -> numbers.get(arena, numbers.tensors().getFirst().name()));
        }
    }

    @Test
    void ofCheckpoints() throws IOException {
        Path path = folder.resolve("c.safetensors");
        try (Parameters parameters = Parameters.initialise(KanModel.kan(DType.F32, BSpline.of(3, 2), 2, 1), 1);
                Arena arena = Arena.ofConfined()) {
            Checkpoint.write(path, parameters);
            Safetensors whole = Safetensors.open(path);
            Map<String, HostTensor> tensors = new LinkedHashMap<>();
            for (String name : whole.entries().keySet()) {
                tensors.put(name, whole.read(arena, name));
            }
            Map<String, String> metadata = new LinkedHashMap<>(whole.metadata());
            String first = tensors.keySet().iterator().next();

            Map<String, HostTensor> other = new LinkedHashMap<>(tensors);
            HostTensor taken = other.remove(first);
            other.put("more", taken);
            assertEquals(path + ": its tensors are not those of its model: missing " + first + " unknown more",
                    message(path, other, metadata));
            other.remove("more");
            assertEquals(path + ": its tensors are not those of its model: missing " + first, message(path, other, metadata));
            other.put(first, HostTensor.of(arena, 1f, 2f));
            assertEquals(path + ": the tensor '" + first + "' must be F32" + taken.shape() + ", found F32[2]",
                    message(path, other, metadata));
            other.put(first, HostTensor.of(arena, taken.toDoubles()).reshape(taken.shape().toArray()));
            assertEquals(path + ": the tensor '" + first + "' must be F32" + taken.shape() + ", found F64" + taken.shape(),
                    message(path, other, metadata));

            for (String name : new String[] {"model", "provenance"}) {
                Map<String, String> bad = new LinkedHashMap<>(metadata);
                bad.remove(name);
                assertEquals(path + ": its metadata has no '" + name + "'", message(path, tensors, bad));
                bad.put(name, "{");
                assertTrue(message(path, tensors, bad).startsWith(path + ": its metadata '" + name + "' is not JSON, "));
            }
            metadata.put("format_version", "99");
            assertEquals(path + " is a checkpoint of the format version 99; this kan4j, " + NativeLibrary.version()
                    + ", reads version 1", message(path, tensors, metadata));
            metadata.put("format", "pt");
            assertEquals(path + " is a safetensors file but not a checkpoint of kan4j: its metadata has no format 'kan4j'",
                    message(path, tensors, metadata));
        }
    }

    private static String message(Path path, Map<String, HostTensor> tensors, Map<String, String> metadata)
            throws IOException {
        Safetensors.write(path, tensors, metadata);
        return assertThrows(FormatException.class, () -> Checkpoint.read(path)).getMessage();
    }
}
