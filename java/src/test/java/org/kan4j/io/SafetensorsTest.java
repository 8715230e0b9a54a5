// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.basis.BSpline;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;

/**
 * Corrupt and hostile files give a FormatException that names the file; nothing crashes and nothing is allocated for
 * it.
 */
class SafetensorsTest {

    @TempDir
    Path folder;

    private Path file(String header, int dataBytes) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return raw(text.length, text, dataBytes);
    }

    private Path raw(long claimed, byte[] text, int dataBytes) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(claimed).put(text);
        return Files.write(folder.resolve("file.safetensors"), bytes.array());
    }

    /** The file has a hole: the tensor in front of the one that is read takes no room. */
    @Test
    void aTensorBehindTheFirstGigabytesIsRead() throws IOException {
        long before = 5L << 30;
        Path path = file("{\"zeros\":{\"dtype\":\"F32\",\"shape\":[" + before / 4 + "],\"data_offsets\":[0," + before
                + "]},\"last\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[" + before + "," + (before + 8) + "]}}", 0);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            ByteBuffer values = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putFloat(1.5f).putFloat(-2.5f).flip();
            channel.write(values, channel.size() + before);
        }
        try (Arena arena = Arena.ofConfined()) {
            Safetensors file = Safetensors.open(path);
            assertEquals(before / 4, file.entry("zeros").shape().size());
            assertArrayEquals(new float[] {1.5f, -2.5f}, file.read(arena, "last").toFloats());
        }
    }

    @Test
    void roundTrip() throws IOException {
        Path path = folder.resolve("x.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Map<String, HostTensor> tensors = new LinkedHashMap<>();
            tensors.put("a", HostTensor.of(arena, 1.5, -2.5, Double.NaN).reshape(3, 1));
            tensors.put("b\u00e9\"\\", HostTensor.of(arena, 7f));
            tensors.put("labels", HostTensor.of(arena, 1, 2, 3));
            Safetensors.write(path, tensors, Map.of("k", "v\n\u20ac"));
            Safetensors read = Safetensors.open(path);
            assertEquals(Map.of("k", "v\n\u20ac"), read.metadata());
            assertEquals(tensors.keySet(), read.entries().keySet());
            assertArrayEquals(new double[] {1.5, -2.5, Double.NaN}, read.read(arena, "a").toDoubles());
            assertEquals(Shape.of(3, 1), read.read(arena, "a").shape());
        }
    }

    /** Not in the order of a hash, which each VM salts anew: the same tensors make the same bytes. */
    @Test
    void theHeaderIsInOrder() throws IOException {
        Path path = folder.resolve("x.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Safetensors.write(path, Map.of("a", HostTensor.of(arena, 1.5f)), Map.of("z", "1", "y", "2", "x", "3", "w", "4"));
        }
        String header = "{\"__metadata__\":{\"w\":\"4\",\"x\":\"3\",\"y\":\"2\",\"z\":\"1\"},"
                + "\"a\":{\"data_offsets\":[0,4],\"dtype\":\"F32\",\"shape\":[1]}}";
        assertEquals(header,
                new String(Files.readAllBytes(path), StandardCharsets.UTF_8).substring(8).substring(0, header.length()));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "{", "[]", "null", "{}x", "{\"a\":1}", "{\"a\":{}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.5],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":99,\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"__metadata__\":{\"k\":1},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
    })
    void refusesABadHeader(String header) throws IOException {
        Path path = file(header, 8);
        String message = assertThrows(FormatException.class, () -> Safetensors.open(path)).getMessage();
        assertTrue(message.contains("file.safetensors"), message);
    }

    @Test
    void refusesHeadersThatClaimTooMuchOrAreNotText() throws IOException {
        byte[] text = "{}".getBytes(StandardCharsets.UTF_8);
        for (long claimed : new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE, 0, 1, 3, 200_000_000}) {
            Path path = raw(claimed, text, 0);
            assertThrows(FormatException.class, () -> Safetensors.open(path), "claimed " + claimed);
        }
        Path binary = raw(4, new byte[] {'{', (byte) 0xff, (byte) 0xfe, '}'}, 0);
        assertThrows(FormatException.class, () -> Safetensors.open(binary));
        Path deep = file("{\"a\":" + "[".repeat(100_000) + "}", 0);
        assertThrows(FormatException.class, () -> Safetensors.open(deep));
        Path empty = Files.write(folder.resolve("file.safetensors"), new byte[0]);
        assertThrows(FormatException.class, () -> Safetensors.open(empty));
    }

    @Test
    void refusesBytesBehindTheLastTensor() throws IOException {
        String header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
        assertEquals(1, Safetensors.open(file(header, 8)).entries().size());
        for (int bytes : new int[] {0, 7, 9, 16}) {
            Path path = file(header, bytes);
            assertThrows(FormatException.class, () -> Safetensors.open(path), bytes + " bytes");
        }
    }

    /** As readers that map files want it. */
    @Test
    void tensorsAreAlignedToTheirTypesInWhateverOrderTheyAre() throws IOException {
        Path path = folder.resolve("x.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Map<String, HostTensor> tensors = new LinkedHashMap<>();
            tensors.put("float", HostTensor.of(arena, 7f));
            tensors.put("double", HostTensor.of(arena, 1.5));
            tensors.put("int", HostTensor.of(arena, 3));
            Safetensors.write(path, tensors, Map.of());
            Safetensors read = Safetensors.open(path);
            assertEquals(0, read.entry("double").begin() % 8);
            assertEquals(0, ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN).getLong(0) % 8);
            tensors.forEach((name, tensor) -> assertEquals(tensor.getFlat(0), number(read, arena, name)));
        }
    }

    private static double number(Safetensors file, Arena arena, String name) {
        try {
            return file.read(arena, name).getFlat(0);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void refusesCheckpointsWithTensorsThatTheirModelHasNot() throws IOException {
        Path path = folder.resolve("model.safetensors");
        try (Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(3, 3), 2, 1), 1);
                Arena arena = Arena.ofConfined()) {
            Checkpoint.write(path, parameters);
            Safetensors read = Safetensors.open(path);
            Map<String, HostTensor> tensors = new LinkedHashMap<>();
            for (String name : read.entries().keySet()) {
                tensors.put(name, read.read(arena, name));
            }
            Path other = folder.resolve("other.safetensors");
            Safetensors.write(other, tensors, read.metadata());
            Checkpoint.read(other).close();
            tensors.put("layers.0.more", HostTensor.of(arena, 1f));
            Safetensors.write(other, tensors, read.metadata());
            String message = assertThrows(FormatException.class, () -> Checkpoint.read(other)).getMessage();
            assertTrue(message.contains("unknown layers.0.more"), message);
        }
    }

    /** A checkpoint with any byte of its header changed is read to the same model or refused, never worse. */
    @Test
    void everyDamagedCheckpointIsReadOrRefused() throws IOException {
        Path path = folder.resolve("model.safetensors");
        try (Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(3, 3), 2, 2, 1), 1)) {
            Checkpoint.write(path, parameters);
        }
        byte[] good = Files.readAllBytes(path);
        int header = (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        SplitMix random = new SplitMix(3);
        int refused = 0;
        for (int trial = 0; trial < 1500; trial++) {
            byte[] bad = good.clone();
            int at = trial < 8 ? trial : 8 + (int) random.uniform(0, header);
            bad[at] ^= (byte) (1 << (trial % 8));
            Path damaged = Files.write(folder.resolve("damaged.safetensors"),
                    trial % 10 == 9 ? java.util.Arrays.copyOf(good, (int) random.uniform(0, good.length)) : bad);
            try (Checkpoint checkpoint = Checkpoint.read(damaged)) {
                assertTrue(checkpoint.model().parameterCount() > 0);
            } catch (KanException e) {
                refused++;
                assertTrue(e.getMessage() != null && !e.getMessage().isBlank());
            }
        }
        assertTrue(refused > 500, refused + " of 1500 damaged files refused");
    }

    /** Each in one sentence with its numbers; {@code A} stands for a tensor of two numbers at the begin. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "{A,'b':{'dtype':'F32','shape':[3],'data_offsets':[8,16]}}|the tensor 'b' of F32 and shape [3] takes 12 bytes, its offsets "
                + "span 8",
        "{A,'b':{'dtype':'F64','shape':[1],'data_offsets':[12,20]}}|the tensor 'b' begins at byte 12, after a gap from 8",
        "{A,'b':{'dtype':'F64','shape':[1],'data_offsets':[4,12]}}|the tensor 'b' begins at byte 4, inside the one before it, which "
                + "ends at 8",
        "{A}|its tensors take 8 bytes, after the header there are 16",
        "{A,'b':{'dtype':'F64','shape':[2],'data_offsets':[8,24]}}|its tensors take 24 bytes, after the header there are 16; it is "
                + "truncated",
        "{A,'b':{'dtype':'F64','shape':[1],'data_offsets':[16,8]}}|the tensor 'b' must have a first and a last offset, given [16, 8]",
        "{A,'b':{'dtype':'F64','shape':[1],'data_offsets':[8]}}|the tensor 'b' must have a first and a last offset, given [8]",
        "{A,'b':{'dtype':'F64','shape':[1]}}|the tensor 'b' must have dtype, shape and data_offsets, it has [dtype, shape]",
        "{A,'b':{'dtype':7,'shape':[1],'data_offsets':[8,16]}}|the dtype of the tensor 'b' is no text: 7",
        "{A,'b':{'dtype':'F64','shape':[-1],'data_offsets':[8,16]}}|the shape of the tensor 'b' must be whole numbers of at least 0, "
                + "given [-1]",
        "{A,'b':{'dtype':'F64','shape':[1],'data_offsets':'x'}}|the data_offsets of the tensor 'b' must be whole numbers of at least 0, "
                + "given x",
        "{A,'b':5}|'b' in its header is not an object", "{A,'__metadata__':{'k':1}}|the metadata 'k' is not a text"})
    void aBadHeaderIsNamedInOneSentence(String header, String defect) throws IOException {
        Path path = file(header.replace("A", "'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}").replace('\'', '"'), 16);
        assertEquals(path + " is not a valid safetensors file: " + defect,
                assertThrows(FormatException.class, () -> Safetensors.open(path)).getMessage());
    }

    @Test
    void aHeaderMaySayThatItHasNoMetadata() throws IOException {
        assertEquals(Map.of(), Safetensors.open(file("{\"__metadata__\":null}", 0)).metadata());
    }
}
