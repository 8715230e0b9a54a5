// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Wavelet;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.error.KanException;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.error.UnsupportedException;

/** ONNX files of every kind of model, run by ONNX Runtime. */
class OnnxTest {

    @TempDir
    private Path folder;

    static Set<String> models() {
        return Models.all().keySet();
    }

    /** What ONNX Runtime makes of rows. */
    static double[] run(Path file, DType dtype, double[] x, int in) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            long[] shape = {x.length / in, in};
            try (OrtSession session = environment.createSession(file.toString(), options);
                    OnnxTensor input = dtype == DType.F64 ? OnnxTensor.createTensor(environment, DoubleBuffer.wrap(x),
                            shape) : OnnxTensor.createTensor(environment, FloatBuffer.wrap(floats(x)), shape);
                    OrtSession.Result result = session.run(Map.of("x", input))) {
                OnnxTensor y = (OnnxTensor) result.get(0);
                assertEquals(x.length / in, y.getInfo().getShape()[0]);
                if (dtype == DType.F64) {
                    double[] values = new double[y.getDoubleBuffer().remaining()];
                    y.getDoubleBuffer().get(values);
                    return values;
                }
                float[] values = new float[y.getFloatBuffer().remaining()];
                y.getFloatBuffer().get(values);
                double[] wide = new double[values.length];
                Arrays.setAll(wide, i -> values[i]);
                return wide;
            }
        }
    }

    private static float[] floats(double[] x) {
        float[] narrow = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            narrow[i] = (float) x[i];
        }
        return narrow;
    }

    private Path write(Parameters parameters, OnnxOptions options) throws IOException {
        Path file = folder.resolve("m.onnx");
        Onnx.write(file, parameters, options);
        return file;
    }

    @ParameterizedTest
    @MethodSource("models")
    void givesKan4jsNumbers(String name) throws Exception {
        try (Parameters parameters = Models.parameters(name)) {
            KanModel model = parameters.model();
            int in = (int) model.in();
            double[] x = Models.rows(in, 257);
            double[] exact = Models.exact(parameters, x);
            double own = Models.relative(Models.own(parameters, x), exact);
            Path file = write(parameters, OnnxOptions.DEFAULT);
            double error = Models.relative(run(file, model.dtype(), x, in), exact);
            assertTrue(error <= (model.dtype() == DType.F32 ? 3 * own + 2e-7 : 1e-13),
                    name + ": ONNX Runtime " + error + ", kan4j's own float32 " + own);

            double[] spoiled = Arrays.copyOf(x, 3 * in);
            spoiled[in + 1] = Double.NaN;
            double[] y = run(file, model.dtype(), spoiled, in);
            double[] ours = Models.own(parameters, spoiled);
            int out = (int) model.out();
            for (int i = 0; i < y.length; i++) {
                assertEquals(Double.isNaN(ours[i]), Double.isNaN(y[i]), name + ": a NaN in row 1, row " + i / out);
            }
            assertEquals(0, run(file, model.dtype(), new double[0], in).length);
        }
    }

    @Test
    void twoExportsAreTheSameBytes() throws IOException {
        try (Parameters parameters = Models.parameters("pykan")) {
            OnnxOptions options = OnnxOptions.DEFAULT.withMetadata(Map.of("b", "2", "a", "1", "c", "3"));
            byte[] first = Files.readAllBytes(write(parameters, options));
            assertArrayEquals(first, Files.readAllBytes(write(parameters, options)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {18, 19, 20, 21})
    void everyOpset(int opset) throws Exception {
        for (String name : new String[] {"pykan", "norms", "uneven-3-LINEAR", "wavkan-SHANNON", "fastkan"}) {
            try (Parameters parameters = Models.parameters(name)) {
                double[] x = Models.rows(7, 20);
                Path file = write(parameters, OnnxOptions.DEFAULT.withOpset(opset));
                assertTrue(Models.relative(run(file, DType.F32, x, 7), Models.exact(parameters, x)) < 1e-6, name);
            }
        }
    }

    @Test
    void softmaxAndFloat32OfAFloat64Model() throws Exception {
        try (Parameters parameters = Models.parameters("fastkan-f64")) {
            double[] x = Models.rows(7, 4);
            Path file = write(parameters, OnnxOptions.DEFAULT.withDType(DType.F32).withSoftmax(true));
            double[] y = run(file, DType.F32, x, 7);
            double[] logits = Models.own(parameters, x);
            for (int row = 0; row < 4; row++) {
                double sum = 0;
                for (int o = 0; o < 5; o++) {
                    sum += Math.exp(logits[5 * row + o]);
                }
                for (int o = 0; o < 5; o++) {
                    assertEquals(Math.exp(logits[5 * row + o]) / sum, y[5 * row + o], 1e-6);
                }
            }
        }
    }

    @Test
    void refusesByName() throws IOException {
        assertThrows(KanException.class, () -> OnnxOptions.DEFAULT.withOpset(16));
        try (Parameters parameters = Parameters.initialise(KanModel.mlp(DType.F64, Activation.GELU, 3, 4, 2), 1);
                Arena arena = Arena.ofConfined()) {
            Path file = folder.resolve("no.onnx");
            String message = assertThrows(UnsupportedException.class,
                    () -> Onnx.write(file, parameters, OnnxOptions.DEFAULT)).getMessage();
            assertTrue(message.contains("GELU") && message.contains("dtype=F32"), message);
            Onnx.write(file, parameters, OnnxOptions.DEFAULT.withDType(DType.F32));
            HostTensor bias = parameters.get(arena, "layers.0.bias");
            bias.set(Double.POSITIVE_INFINITY, 2);
            parameters.set("layers.0.bias", bias);
            message = assertThrows(UnsupportedException.class,
                    () -> Onnx.write(folder.resolve("none.onnx"), parameters, OnnxOptions.DEFAULT)).getMessage();
            assertTrue(message.contains("layers.0.bias[2] is Infinity"), message);
            assertTrue(Files.notExists(folder.resolve("none.onnx")));
        }
    }

    /** Every kind with its weights in a file beside: the same numbers, and as many bytes as before to a page a tensor. */
    @ParameterizedTest
    @MethodSource("models")
    void weightsInAFileOfTheirOwn(String name) throws Exception {
        try (Parameters parameters = Models.parameters(name)) {
            KanModel model = parameters.model();
            double[] x = Models.rows((int) model.in(), 20);
            Path file = write(parameters, OnnxOptions.DEFAULT);
            double[] expected = run(file, model.dtype(), x, (int) model.in());
            long whole = Files.size(file);
            Path weights = folder.resolve("m.onnx.data");
            assertTrue(Files.notExists(weights), name);
            assertEquals(file, write(parameters, OnnxOptions.DEFAULT.withMost(0)));
            assertArrayEquals(expected, run(file, model.dtype(), x, (int) model.in()), name);
            boolean large = Onnx.leastBytes(model, model.dtype()) > 10_000;
            assertTrue(Files.exists(weights) && (!large || Files.size(weights) > 1000 && Files.size(file) < whole),
                    name + ": " + whole + ", " + Files.size(file));
            if (large) {
                Files.delete(weights);
                assertThrows(OrtException.class, () -> run(file, model.dtype(), x, (int) model.in()));
            }
        }
    }

    @Test
    void aRefusedModelLeavesNoWeights() throws IOException {
        try (Parameters parameters = Parameters.initialise(KanModel.mlp(DType.F64, Activation.GELU, 30, 40, 2), 1)) {
            assertThrows(UnsupportedException.class, () -> write(parameters, OnnxOptions.DEFAULT.withMost(0)));
            String message = assertThrows(IOException.class, () -> Onnx.write(Path.of("/dev/null"), parameters,
                    OnnxOptions.DEFAULT.withMost(0))).getMessage();
            assertTrue(message.contains("/dev/null") && message.contains("beside"), message);
            assertThrows(KanException.class, () -> OnnxOptions.DEFAULT.withMost(-1));
        }
        try (var files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
    }

    /** Shapes only: no numbers of such models take memory here. */
    @Test
    void aModelAboveProtobufsLimitHasItsWeightsInAFileOfTheirOwn() {
        KanModel large = KanModel.mlp(DType.F64, Activation.RELU, 20_000, 18_000, 1);
        assertEquals(2_880_144_000L, Onnx.leastBytes(large, DType.F64));
        assertTrue(Onnx.hasWeightsFile(large, OnnxOptions.DEFAULT));
        assertTrue(!Onnx.hasWeightsFile(large, OnnxOptions.DEFAULT.withDType(DType.F32)));
        assertTrue(Onnx.hasWeightsFile(large, OnnxOptions.DEFAULT.withDType(DType.F32).withMost(1_440_071_999L)));
        assertTrue(Onnx.hasWeightsFile(KanModel.kan(BSpline.of(5, 3), 10_000, 7_000, 1), OnnxOptions.DEFAULT));
    }

    /** The file has a hole: the numbers before these take no room. */
    @Test
    void weightsBehindTheFirstGigabytesAreFound() throws IOException {
        Path data = folder.resolve("x.data");
        double[] values = new double[300];
        Arrays.setAll(values, i -> i + 0.5);
        Protobuf tensor = new Protobuf();
        try (FileChannel channel = FileChannel.open(data, StandardOpenOption.CREATE, StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            channel.position((5L << 30) + 1);
            assertTrue(new OnnxData("x.data", channel).write(tensor, values, DType.F32));
            ByteBuffer read = ByteBuffer.allocate(1200).order(ByteOrder.LITTLE_ENDIAN);
            assertEquals(1200, channel.read(read, (5L << 30) + 4096));
            assertEquals(299.5f, read.getFloat(1196));
        }
        Path message = folder.resolve("tensor");
        try (FileChannel channel = FileChannel.open(message, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            tensor.writeTo(channel);
        }
        String text = Files.readString(message, StandardCharsets.ISO_8859_1);
        assertTrue(text.contains("5368713216") && text.contains("1200"), text);
    }

    @ParameterizedTest
    @MethodSource("models")
    void shapesAloneNeverPromiseMoreThanTheFileHas(String name) throws IOException {
        try (Parameters parameters = Models.parameters(name)) {
            long least = Onnx.leastBytes(parameters.model(), parameters.model().dtype());
            Path file = write(parameters, OnnxOptions.DEFAULT);
            assertTrue(least < Files.size(file), name + ": " + least);
        }
    }

    /** One array stands for all tensors of 2 GiB: sizes are counted, nothing is encoded. */
    @Test
    void whatIsTooLargeLeavesTheFileThatWasThere() throws IOException {
        Path file = Files.writeString(folder.resolve("old.onnx"), "old");
        double[] shared = new double[1 << 20];
        OnnxGraph graph = new OnnxGraph();
        KanModel small = KanModel.mlp(DType.F32, Activation.RELU, 3, 2);
        for (int i = 0; i < 513; i++) {
            graph.constant(DType.F32, shared, shared.length);
        }
        String message = assertThrows(UnsupportedException.class, () -> Onnx.write(file, small, graph,
                OnnxOptions.DEFAULT)).getMessage();
        assertTrue(message.matches("the ONNX file would have 2151\\d{6} bytes, at most 2147483647 .*"), message);
        assertEquals("old", Files.readString(file));
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    /** sin(v) / v is 1 where v is 0. */
    @Test
    void shannonsWaveletIsWholeAtItsMiddle() throws Exception {
        KanModel model = KanModel.of(DType.F64, KanLayer.of(2, 1, Wavelet.of(Wavelet.Kind.SHANNON)));
        try (Parameters parameters = Parameters.initialise(model, 3)) {
            double[] x = {0, 0, 0, 0.25};
            double[] y = run(write(parameters, OnnxOptions.DEFAULT), DType.F64, x, 2);
            assertArrayEquals(Models.exact(parameters, x), y, 1e-12);
        }
    }
}
