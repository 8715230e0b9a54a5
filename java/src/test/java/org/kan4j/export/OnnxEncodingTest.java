// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.DoubleBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kan4j.basis.BSpline;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Outputs;
import org.kan4j.encoding.Transform;
import org.kan4j.error.ShapeException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;

/** Raw columns in, predictions out, in ONNX Runtime; expected numbers are from the definition of the encoding. */
class OnnxEncodingTest {

    private static final Encoding.Numeric LARGE = new Encoding.Numeric("time", 1.7e9, 1.7e9 + 100, 1.7e9 + 30);
    private static final Encoding.Numeric SKEWED = new Encoding.Numeric("skewed, \"x\"", 0, 1000, 50,
            List.of(0., 1., 10., 1000.));
    private static final Encoding.Numeric CONSTANT = new Encoding.Numeric("label", 3, 3, 3);
    private static final Encoding.Categorical COLOUR = new Encoding.Categorical("colour",
            List.of("red", "gr\u00fcn", ""));
    private static final List<Encoding.Column> COLUMNS = List.of(LARGE, SKEWED, CONSTANT, COLOUR);

    private static final double[] TIME = {1.7e9, 1.7e9 + 33, 1.7e9 + 100, 1.7e9 + 110, Double.NaN};
    private static final double[] SKEW = {0, 0.5, 1, 400, 2000};
    private static final String[] COLOURS = {"red", "gr\u00fcn", "", "blue", "red"};

    @TempDir
    private Path folder;

    private static double[] scaled(int row, boolean fill) {
        double time = Double.isNaN(TIME[row]) && fill ? LARGE.mean() : TIME[row];
        double[] skewed = {-1, -1 + 0.5 * 2 / 3, -1 + 2. / 3, -1 + (2 + 390. / 990) * 2 / 3, -1
                + (2 + 1990. / 990) * 2 / 3};
        int colour = COLOUR.values().indexOf(COLOURS[row]);
        return new double[] {(time - 1.7e9) / 50 - 1, skewed[row], 0, colour == 0 ? 1 : 0, colour == 1 ? 1 : 0,
            colour == 2 ? 1 : 0};
    }

    private static Map<String, OnnxTensor> inputs(OrtEnvironment environment) throws OrtException {
        long[] shape = {5, 1};
        String[][] colours = new String[5][];
        for (int i = 0; i < 5; i++) {
            colours[i] = new String[] {COLOURS[i]};
        }
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        inputs.put("time", OnnxTensor.createTensor(environment, DoubleBuffer.wrap(TIME), shape));
        inputs.put("skewed, \"x\"", OnnxTensor.createTensor(environment, DoubleBuffer.wrap(SKEW), shape));
        inputs.put("label", OnnxTensor.createTensor(environment, DoubleBuffer.wrap(new double[] {3, 3, 3, 4, 3}),
                shape));
        inputs.put("colour", OnnxTensor.createTensor(environment, colours));
        return inputs;
    }

    private OrtSession session(OrtEnvironment environment, Parameters parameters, Encoding encoding) throws IOException,
            OrtException {
        Path file = folder.resolve("raw.onnx");
        Onnx.write(file, parameters, encoding, OnnxOptions.DEFAULT);
        return environment.createSession(file.toString());
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64"})
    void labelsAndProbabilities(DType dtype) throws Exception {
        Encoding encoding = new Encoding("t", COLUMNS, new Encoding.Classes("y", List.of("no", "perhaps", "yes")),
                Encoding.Missing.FILL, Encoding.Unseen.UNKNOWN);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (Parameters parameters = Parameters.initialise(KanModel.kan(dtype, BSpline.of(5, 3), 6, 8, 3), 4);
                OrtSession session = session(environment, parameters, encoding);
                OrtSession.Result result = session.run(inputs(environment));
                Predictor predictor = Predictor.of(parameters)) {
            String[] labels = (String[]) result.get("predicted label").orElseThrow()
                    .getValue(); // a column has the name
            Object probabilities = result.get("probabilities").orElseThrow().getValue();
            for (int row = 0; row < 5; row++) {
                double[] logits = predictor.predict(scaled(row, true));
                double sum = 0;
                int best = 0;
                for (int o = 0; o < 3; o++) {
                    sum += Math.exp(logits[o]);
                    best = logits[o] > logits[best] ? o : best;
                }
                assertEquals(List.of("no", "perhaps", "yes").get(best), labels[row]);
                for (int o = 0; o < 3; o++) {
                    double found = dtype == DType.F32 ? ((float[][]) probabilities)[row][o]
                            : ((double[][]) probabilities)[row][o];
                    assertEquals(Math.exp(logits[o]) / sum, found, dtype == DType.F32 ? 1e-6 : 1e-14);
                }
            }
        }
    }

    @Test
    void valuesKeepTheirDigits() throws Exception {
        Encoding encoding = new Encoding("t", COLUMNS, new Encoding.Value("y", 1.7e9, 50), Encoding.Missing.REFUSE);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), 6, 8, 1), 4);
                OrtSession session = session(environment, parameters, encoding);
                OrtSession.Result result = session.run(inputs(environment));
                Predictor predictor = Predictor.of(parameters)) {
            double[][] values = (double[][]) result.get("value").orElseThrow().getValue();
            for (int row = 0; row < 4; row++) {
                assertEquals(1.7e9 + 50 * predictor.predict(scaled(row, false))[0], values[row][0], 1e-4);
            }
            assertEquals(Double.NaN, values[4][0]); // missing, and nothing may fill it
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64"})
    void quantilesAscend(DType dtype) throws Exception {
        Encoding encoding = new Encoding("t", COLUMNS, new Encoding.Quantiles(new Encoding.Value("y", 7, 50),
                List.of(0.1, 0.3, 0.5, 0.7, 0.9)), Encoding.Missing.FILL, Encoding.Unseen.UNKNOWN);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (Parameters parameters = Parameters.initialise(KanModel.kan(dtype, BSpline.of(5, 3), 6, 8, 5), 4);
                OrtSession session = session(environment, parameters, encoding);
                OrtSession.Result result = session.run(inputs(environment));
                Predictor predictor = Predictor.of(parameters)) {
            double[][] quantiles = (double[][]) result.get("quantiles").orElseThrow().getValue();
            boolean disordered = false;
            for (int row = 0; row < 5; row++) {
                double[] outputs = predictor.predict(scaled(row, true));
                assertArrayEquals(Outputs.decode(encoding.target(), outputs), quantiles[row], dtype == DType.F32 ? 1e-4
                        : 1e-12);
                disordered |= outputs[0] > outputs[1];
            }
            assertTrue(disordered);
        }
    }

    @Test
    void bentTargetsAreInTheirOwnUnit() throws Exception {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        Encoding.Value log = new Encoding.Value("y", 3, 0.5, Transform.LOG);
        Encoding.Value asinh = new Encoding.Value("z", 1, 2, new Transform(Transform.Kind.ASINH, -4, 0.3));
        for (Encoding.Target target : List.of(log, asinh, new Encoding.Numbers(List.of(log, new Encoding.Value("z", 1, 1,
                Transform.LOG))))) {
            Encoding encoding = new Encoding("t", COLUMNS, target, Encoding.Missing.FILL);
            try (Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), 6, 8, target.width()), 4);
                    OrtSession session = session(environment, parameters, encoding);
                    OrtSession.Result result = session.run(inputs(environment));
                    Predictor predictor = Predictor.of(parameters)) {
                double[][] values = (double[][]) result.get(0).getValue();
                for (int row = 0; row < 4; row++) {
                    assertArrayEquals(Outputs.decode(target, predictor.predict(scaled(row, true))), values[row],
                            1e-5 * Math.abs(values[row][0]) + 1e-5);
                }
            }
        }
        Encoding mixed = new Encoding("t", COLUMNS, new Encoding.Numbers(List.of(log, asinh)), Encoding.Missing.FILL);
        try (Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), 6, 8, 2), 4)) {
            assertTrue(assertThrows(UnsupportedException.class, () -> session(environment, parameters, mixed)).getMessage()
                    .contains("different transforms"));
        }
    }

    @Test
    void severalLabelsAndPixels() throws Exception {
        Encoding encoding = new Encoding("t", List.of(new Encoding.Pixels(4, 16)),
                new Encoding.Labels("tags", List.of("a", "b")), Encoding.Missing.REFUSE);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        double[] raw = {0, 8, 16, 4, 1, 2, 3, 4};
        try (Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), 4, 2), 4);
                OrtSession session = session(environment, parameters, encoding);
                OnnxTensor pixels = OnnxTensor.createTensor(environment, DoubleBuffer.wrap(raw), new long[] {2, 4});
                OrtSession.Result result = session.run(Map.of("pixels",
                        pixels));
                Predictor predictor = Predictor.of(parameters)) {
            float[][] probabilities = (float[][]) result.get("probabilities").orElseThrow().getValue();
            double[] scaled = new double[8];
            for (int i = 0; i < 8; i++) {
                scaled[i] = raw[i] / 8 - 1;
            }
            double[] logits = predictor.predict(scaled);
            assertArrayEquals(new double[] {1 / (1 + Math.exp(-logits[0])), 1 / (1 + Math.exp(-logits[1])),
                1 / (1 + Math.exp(-logits[2])), 1 / (1 + Math.exp(-logits[3]))},
                    new double[] {probabilities[0][0], probabilities[0][1], probabilities[1][0], probabilities[1][1]},
                    1e-6);
        }
    }

    @Test
    void refusesAnEncodingOfAnotherModel() {
        Encoding encoding = new Encoding("t", COLUMNS, new Encoding.Value("y", 0, 1), Encoding.Missing.FILL);
        try (Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), 5, 1), 4)) {
            assertThrows(ShapeException.class, () -> Onnx.write(folder.resolve("no.onnx"), parameters, encoding,
                    OnnxOptions.DEFAULT));
        }
    }
}
