// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kan4j.basis.BSpline;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.encoding.Outputs;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;

/** Generated classes that take raw columns; expected numbers are from the definition of the encoding. */
class JavaRowTest {

    private static final List<Encoding.Column> COLUMNS = List.of(new Encoding.Numeric("time", 1.7e9, 1.7e9 + 100, 1.7e9
            + 30), new Encoding.Numeric("skewed \\u000a\"", 0, 1000, 50, List.of(0., 1., 10., 1000.)),
            new Encoding.Numeric("same", 3, 3, 3), new Encoding.Categorical("colour",
                    List.of("red", "gr\u00fcn", "\ud83d\ude00")));

    @TempDir
    private Path folder;

    /** The class Raw printed into a folder. */
    static Class<?> compiled(Path folder, Parameters parameters, Encoding encoding) throws Exception {
        Path source = Files.writeString(folder.resolve("Raw.java"), JavaSource.of(parameters, encoding, "Raw",
                List.of()));
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, "--release", "8",
                "-Xlint:all,-options", "-Werror", "-d", folder.toString(), source.toString()));
        return new URLClassLoader(new URL[] {folder.toUri().toURL()}).loadClass("Raw");
    }

    static Object row(Class<?> type, Object... namesAndValues) throws Exception {
        Class<?> row = type.getClassLoader().loadClass("Raw$Row");
        Object result = row.getConstructor().newInstance();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            Object value = namesAndValues[i + 1];
            row.getMethod("set", String.class, value instanceof String ? String.class : double.class)
                    .invoke(result, namesAndValues[i], value);
        }
        return result;
    }

    static Object call(Class<?> type, String method, Object row) throws Exception {
        return type.getMethod(method, row.getClass()).invoke(null, row);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64"})
    void labelsAndProbabilities(DType dtype) throws Exception {
        Encoding encoding = new Encoding("t", COLUMNS, new Encoding.Classes("y", List.of("no", "perhaps", "yes")),
                Encoding.Missing.FILL, Encoding.Unseen.UNKNOWN);
        try (Parameters parameters = Parameters.initialise(KanModel.kan(dtype, BSpline.of(5, 3), 6, 8, 3), 4);
                Predictor predictor = Predictor.of(parameters)) {
            Class<?> type = compiled(folder, parameters, encoding);
            Object[] rows = {row(type, "time", 1.7e9 + 33, "skewed \\u000a\"", 0.5, "same", 7., "colour",
                    "\ud83d\ude00"),
                row(type, "skewed \\u000a\"", 400., "same", 3., "colour", "blue"),
                row(type, "time", 1.7e9 + 110, "skewed \\u000a\"", 2000., "same", 3.)};
            double[][] scaled = {{33 / 50. - 1, -1 + 1 / 3., 0, 0, 0, 1}, {30 / 50. - 1, -1 + (2 + 390. / 990) * 2 / 3,
                0, 0, 0, 0}, {110 / 50. - 1, -1 + (2 + 1990. / 990) * 2 / 3, 0, 0, 0, 0}};
            for (int r = 0; r < 3; r++) {
                double[] logits = predictor.predict(scaled[r]);
                double sum = IntStream.range(0, 3).mapToDouble(o -> Math.exp(logits[o])).sum();
                double[] expected = IntStream.range(0, 3).mapToDouble(o -> Math.exp(logits[o]) / sum).toArray();
                assertArrayEquals(expected, (double[]) call(type, "probabilities", rows[r]), dtype == DType.F32 ? 1e-6
                        : 1e-13);
                int best = IntStream.range(0, 3).reduce((a, b) -> logits[b] > logits[a] ? b : a).orElseThrow();
                assertEquals(List.of("no", "perhaps", "yes").get(best), call(type, "label", rows[r]));
            }
        }
    }

    @Test
    void valuesAndWhatIsRefused() throws Exception {
        Encoding encoding = new Encoding("t", COLUMNS, new Encoding.Value("y", 1.7e9, 50), Encoding.Missing.REFUSE);
        try (Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), 6, 8, 1), 4);
                Predictor predictor = Predictor.of(parameters)) {
            Class<?> type = compiled(folder, parameters, encoding);
            Object whole = row(type, "time", 1.7e9, "skewed \\u000a\"", 1., "same", 3., "colour", "red");
            assertEquals(1.7e9 + 50 * predictor.predict(-1, -1 / 3., 0, 1, 0, 0)[0],
                    (double) call(type, "value", whole), 1e-4);
            refused(type, "'time' has no value", "skewed \\u000a\"", 1., "same", 3., "colour", "red");
            refused(type, "'colour' has no value", "time", 1.7e9, "skewed \\u000a\"", 1., "same", 3.);
            refused(type, "'blue' is not one of", "time", 1.7e9, "skewed \\u000a\"", 1., "same", 3., "colour", "blue");
            refused(type, "infinite", "time", Double.POSITIVE_INFINITY, "skewed \\u000a\"", 1., "same", 3., "colour",
                    "red");
            refused(type, "no column 'tim'", "tim", 1.);
            refused(type, "'time' is a number", "time", "red");
            refused(type, "'colour' is a category", "colour", 1.);
        }
    }

    @Test
    void bentTargetsAreInTheirOwnUnit() throws Exception {
        Encoding.Value log = new Encoding.Value("y", 3, 0.5, Transform.LOG);
        Encoding.Value asinh = new Encoding.Value("z", 1, 2, new Transform(Transform.Kind.ASINH, -4, 0.3));
        Object[] whole = {"time", 1.7e9, "skewed \\u000a\"", 1., "same", 3., "colour", "red"};
        for (Encoding.Target target : List.of(log, asinh, new Encoding.Numbers(List.of(log, asinh)),
                new Encoding.Quantiles(asinh, List.of(0.1, 0.9)))) {
            Encoding encoding = new Encoding("t", COLUMNS, target, Encoding.Missing.REFUSE);
            try (Parameters parameters = Parameters.initialise(KanModel.kan(DType.F64, BSpline.of(5, 3), 6, 8, target.width()),
                    4);
                    Predictor predictor = Predictor.of(parameters)) {
                Class<?> type = compiled(folder, parameters, encoding);
                double[] y = predictor.predict(-1, -1 / 3., 0, 1, 0, 0);
                double[] expected = Outputs.decode(target, y);
                String method = target instanceof Encoding.Numbers ? "values" : target instanceof Encoding.Quantiles ? "quantiles"
                        : "value";
                Object found = call(type, method, row(type, whole));
                assertArrayEquals(expected, found instanceof double[] several ? several : new double[] {(double) found}, 1e-9);
            }
        }
        assertEquals(Math.exp(3 + 0.5 * 2), log.decode(2), 1e-12);
        assertEquals(-4 + 0.3 * Math.sinh(1 + 2 * 2), asinh.decode(2), 1e-12);
    }

    private static void refused(Class<?> type, String part, Object... row) {
        Throwable cause = assertThrows(InvocationTargetException.class, () -> call(type, "value", row(type, row)))
                .getCause();
        assertTrue(cause instanceof IllegalArgumentException && cause.getMessage().contains(part), cause.toString());
    }

    @Test
    void pixelsAndSeveralLabels() throws Exception {
        Encoding encoding = new Encoding("t", List.of(new Encoding.Pixels(4, 16)),
                new Encoding.Labels("tags", List.of("a", "b")), Encoding.Missing.FILL);
        try (Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), 4, 2), 4);
                Predictor predictor = Predictor.of(parameters)) {
            Class<?> type = compiled(folder, parameters, encoding);
            double[] logits = predictor.predict(-1., 0., 1., -0.5);
            assertArrayEquals(new double[] {1 / (1 + Math.exp(-logits[0])), 1 / (1 + Math.exp(-logits[1]))},
                    (double[]) call(type, "probabilities", row(type, "pixel1", 8., "pixel2", 16., "pixel3",
                            4.)),
                    1e-6);
        }
    }
}
