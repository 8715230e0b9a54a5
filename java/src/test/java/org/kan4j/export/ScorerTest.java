// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.io.Checkpoint;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.model.Parameters;
import org.kan4j.io.Safetensors;
import org.kan4j.internal.SplitMix;
import org.kan4j.scorer.ModelFormatException;
import org.kan4j.scorer.Scorer;

/** kan4j-scorer, which shares no code with kan4j, on every kind of model. */
class ScorerTest {

    @TempDir
    private Path folder;

    static Set<String> models() {
        return Models.all().keySet();
    }

    private Path write(String name, Map<String, String> properties) throws IOException {
        Path file = folder.resolve("model.safetensors");
        try (Parameters parameters = Models.parameters(name)) {
            Checkpoint.write(file, parameters, properties);
        }
        return file;
    }

    @ParameterizedTest
    @MethodSource("models")
    void givesKan4jsNumbers(String name) throws IOException {
        Scorer scorer = Scorer.read(write(name, Map.of()));
        try (Parameters parameters = Models.parameters(name)) {
            int in = (int) parameters.model().in();
            assertEquals(in, scorer.inputs());
            assertEquals(parameters.model().out(), scorer.outputs());
            double[] x = Models.rows(in, 257);
            double[] exact = Models.exact(parameters, x);
            // Both compute in float64; what differs is rounding, and knots whose spacing is even to float32 only.
            double error = Models.relative(scorer.predict(x), exact);
            assertTrue(error < 1e-13, name + ": " + error);

            double[] spoiled = Arrays.copyOf(x, 3 * in);
            spoiled[in + 1] = Double.NaN;
            double[] ours = Models.own(parameters, spoiled);
            double[] theirs = scorer.predict(spoiled);
            for (int i = 0; i < ours.length; i++) {
                assertEquals(Double.isNaN(ours[i]), Double.isNaN(theirs[i]), name + ", output " + i);
            }
        }
    }

    @Test
    void readsStreamsAndPropertiesAndFloats() throws IOException {
        Path file = write("fastkan", Map.of("task", "t\u00e4st \"\n\u0001"));
        try (InputStream stream = Files.newInputStream(file)) {
            Scorer scorer = Scorer.read(stream);
            assertEquals(Map.of("task", "t\u00e4st \"\n\u0001"), scorer.properties());
            double[] y = scorer.predict(Models.rows(7, 1));
            float[] x = new float[7];
            for (int i = 0; i < 7; i++) {
                x[i] = (float) Models.rows(7, 1)[i];
            }
            float[] narrow = scorer.predict(x);
            assertArrayEquals(y, new double[] {narrow[0], narrow[1], narrow[2], narrow[3], narrow[4]}, 1e-6);
            assertThrows(IllegalArgumentException.class, () -> scorer.predict(1.0, 2.0));
        }
    }

    @Test
    void damagedFilesAreRefused() throws IOException {
        byte[] whole = Files.readAllBytes(write("pykan", Map.of()));
        Path file = folder.resolve("damaged.safetensors");
        SplitMix random = new SplitMix(1, 2, 3);
        int refused = 0;
        for (int trial = 0; trial < 2000; trial++) {
            byte[] bytes = trial % 3 == 0 ? Arrays.copyOf(whole, (int) random.uniform(0, whole.length)) : whole.clone();
            for (int change = 0; change < trial % 5 && bytes.length > 0; change++) {
                bytes[(int) random.uniform(0, Math.min(bytes.length, 3000))] = (byte) random.uniform(0, 256);
            }
            try {
                Scorer.read(Files.write(file, bytes)).predict(new double[7]);
            } catch (ModelFormatException e) {
                refused++;
            }
        }
        assertTrue(refused > 500, refused + " refused");
    }

    /** What a header can say and no model is: no inputs, or an unknown behaviour. */
    @ParameterizedTest
    @CsvSource({"'\"in\\\":7', '\"in\\\":0', 'at least 1'", "'zero', 'hero', 'hero'"})
    void headersOfNoModelAreRefused(String from, String to, String part) throws IOException {
        Path file = write("bspline-3-ZERO", Map.of());
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertTrue(text.contains(from), text.substring(0, 400));
        Files.writeString(file, text.replace(from, to), StandardCharsets.ISO_8859_1);
        String message = assertThrows(ModelFormatException.class, () -> Scorer.read(file)).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void knotsThatDoNotAscendAreRefused() throws IOException {
        Path file = write("bspline-3-ZERO", Map.of());
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int header = (int) bytes.getLong(0);
        Matcher knots = Pattern.compile("\"layers.1.knots\":\\{[^}]*\"data_offsets\":\\[(\\d+),").matcher(
                new String(bytes.array(), 8, header, StandardCharsets.UTF_8));
        assertTrue(knots.find());
        bytes.putFloat(8 + header + Integer.parseInt(knots.group(1)) + 4 * (2 * 12 + 4), 9); // knot 4 of input 2
        Files.write(file, bytes.array());
        String message = assertThrows(ModelFormatException.class, () -> Scorer.read(file)).getMessage();
        assertTrue(message.contains("knots of input 2"), message);
    }

    @Test
    void otherFilesAreRefusedByName() throws IOException {
        Path file = folder.resolve("other.safetensors");
        Safetensors.write(file, Map.of("a", HostTensor.allocate(Arena.ofAuto(), DType.F32, 2)),
                Map.of());
        String message = assertThrows(ModelFormatException.class, () -> Scorer.read(file)).getMessage();
        assertTrue(message.contains(file.toString()) && message.contains("kan4j import"), message);
    }

    @Test
    void filesThatNoArrayHoldsAreRefused() throws IOException {
        Path file = folder.resolve("large.safetensors");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1L << 31); // takes no room
        }
        String message = assertThrows(ModelFormatException.class, () -> Scorer.read(file)).getMessage();
        assertTrue(message.contains("large.safetensors: it has 2147483648 bytes or more") && message.contains("ONNX Runtime"),
                message);
    }

    @Test
    void itsClassesAreOfJava8() throws IOException {
        try (DataInputStream in = new DataInputStream(Scorer.class.getResourceAsStream("Scorer.class"))) {
            in.readInt();
            assertEquals(52, in.readInt());
        }
    }
}
