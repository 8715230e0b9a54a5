// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.lang.foreign.Arena;
import java.nio.DoubleBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Outputs;
import org.kan4j.encoding.RowEncoder;
import org.kan4j.encoding.Transform;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;

/** Every kind of column and of target in every export that takes raw rows: ONNX, Java and C beside kan4j itself. */
class RawKindsTest {

    private static final List<Encoding.Column> COLUMNS = List.of(new Encoding.Numeric("time", 1.7e9, 1.7e9 + 100, 1.7e9),
            new Encoding.Categorical("colour", List.of("red", "green")), new Encoding.Pixels(2, 16));
    private static final Object[] ROW = {1.7e9 + 33, "green", 4., 12.};
    private static final Encoding.Value VALUE = new Encoding.Value("y", 7, 50);
    private static final Encoding.Value LOG = new Encoding.Value("y", 3, 0.5, Transform.LOG);
    private static final Encoding.Value ASINH = new Encoding.Value("y", 1, 2, new Transform(Transform.Kind.ASINH, -4, 0.3));

    /** A target of a kind, and what exports call its predictions. */
    private record Kind(Encoding.Target target, String output) {
    }

    @TempDir
    private Path folder;

    static Stream<Kind> kinds() {
        return Stream.of(new Kind(new Encoding.Classes("y", List.of("no", "perhaps", "yes")), "probabilities"),
                new Kind(new Encoding.Labels("tags", List.of("a", "b")), "probabilities"), new Kind(VALUE, "value"),
                new Kind(new Encoding.Numbers(List.of(VALUE, new Encoding.Value("z", -1, 2))), "values"),
                new Kind(new Encoding.Quantiles(VALUE, List.of(0.1, 0.3, 0.5, 0.7, 0.9)), "quantiles"),
                new Kind(LOG, "value"), new Kind(ASINH, "value"),
                new Kind(new Encoding.Numbers(List.of(LOG, new Encoding.Value("z", -1, 2, Transform.LOG))), "values"),
                new Kind(new Encoding.Numbers(List.of(ASINH, new Encoding.Value("z", -1, 2, new Transform(
                        Transform.Kind.ASINH, 5, 2)))), "values"),
                new Kind(new Encoding.Quantiles(LOG, List.of(0.1, 0.5, 0.9)), "quantiles"),
                new Kind(new Encoding.Quantiles(ASINH, List.of(0.1, 0.5, 0.9)), "quantiles"));
    }

    /** The numbers that a target has, whose transforms are a kind of their own. */
    private static List<Encoding.Value> values(Encoding.Target target) {
        return new Encoding("t", COLUMNS, target, Encoding.Missing.FILL).values();
    }

    private static Set<Class<?>> permitted(Class<?> type) {
        return Arrays.stream(type.getPermittedSubclasses()).collect(Collectors.toSet());
    }

    @Test
    void noKindIsMissing() {
        assertEquals(permitted(Encoding.Target.class), kinds().map(kind -> kind.target().getClass())
                .collect(Collectors.toSet()));
        assertEquals(permitted(Encoding.Column.class), COLUMNS.stream().map(Object::getClass)
                .collect(Collectors.toSet()));
        for (Class<?> type : List.of(Encoding.Value.class, Encoding.Numbers.class, Encoding.Quantiles.class)) {
            assertEquals(EnumSet.allOf(Transform.Kind.class), kinds().map(Kind::target).filter(type::isInstance)
                    .flatMap(target -> values(target).stream()).map(value -> value.transform().kind())
                    .collect(Collectors.toSet()), "transforms of " + type.getSimpleName());
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void givesKan4jsPredictions(Kind kind) throws Throwable {
        Encoding encoding = new Encoding("t", COLUMNS, kind.target(), Encoding.Missing.FILL);
        int width = kind.target().width();
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), encoding.features(), 8,
                        width), 4);
                Predictor predictor = Predictor.of(parameters)) {
            double[] features = new double[encoding.features()];
            new RowEncoder(encoding).features(new CRowTest.Cells(ROW), features);
            double[] expected = Outputs.decode(kind.target(), predictor.predict(features));
            assertArrayEquals(expected, onnx(parameters, encoding, kind.output()), 1e-4, "ONNX");
            Class<?> type = JavaRowTest.compiled(folder, parameters, encoding);
            Object ours = JavaRowTest.call(type, kind.output(), JavaRowTest.row(type, "time", ROW[0], "colour", ROW[1],
                    "pixel0", ROW[2], "pixel1", ROW[3]));
            assertArrayEquals(expected, ours instanceof double[] several ? several : new double[] {(double) ours}, 1e-4,
                    "Java");
            assertArrayEquals(expected, CRowTest.call(CRowTest.compiled(folder, parameters, encoding, arena), "raw_"
                    + kind.output(), kind.target() instanceof Encoding.Classes, width, ROW).numbers(), 1e-4, "C");
        }
    }

    private double[] onnx(Parameters parameters, Encoding encoding, String output) throws Exception {
        Path file = folder.resolve("raw.onnx");
        Onnx.write(file, parameters, encoding, OnnxOptions.DEFAULT);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(file.toString());
                OnnxTensor time = OnnxTensor.createTensor(environment, DoubleBuffer.wrap(new double[] {(double) ROW[0]}),
                        new long[] {1, 1});
                OnnxTensor colour = OnnxTensor.createTensor(environment, new String[][] {{(String) ROW[1]}});
                OnnxTensor pixels = OnnxTensor.createTensor(environment, DoubleBuffer.wrap(new double[] {(double) ROW[2],
                    (double) ROW[3]}), new long[] {1, 2});
                OrtSession.Result result = session.run(Map.of("time", time, "colour", colour, "pixels", pixels))) {
            Object values = result.get(output).orElseThrow().getValue();
            if (values instanceof double[][] rows) {
                return rows[0];
            }
            float[] row = ((float[][]) values)[0];
            double[] wide = new double[row.length];
            Arrays.setAll(wide, i -> row[i]);
            return wide;
        }
    }
}
