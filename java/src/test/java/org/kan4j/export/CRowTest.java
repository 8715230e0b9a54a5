// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.basis.BSpline;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.encoding.Outputs;
import org.kan4j.encoding.RawRow;
import org.kan4j.encoding.RowEncoder;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.error.UnsupportedException;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;

/** C that takes raw columns, compiled, beside what kan4j itself makes of the same rows. */
@SuppressWarnings("restricted") // calls the C that it compiled
class CRowTest {

    /** Categories stand between numbers: in C all numbers come first. */
    private static final List<Encoding.Column> COLUMNS = List.of(
            new Encoding.Categorical("colour?", List.of("red", "gr\u00fcn", "\ud83d\ude00", "??/\"\\", "")),
            new Encoding.Numeric("time", 1.7e9, 1.7e9 + 100, 1.7e9 + 30, List.of(), true),
            new Encoding.Numeric("skewed */", 0, 1000, 50, List.of(0., 1., 10., 1000.)),
            new Encoding.Categorical("size", List.of("s", "l")), new Encoding.Numeric("same", 3, 3, 3),
            new Encoding.Numeric("huge", -1.5e308, 1.5e308, 0));
    private static final Object[][] ROWS = {{"red", 1.7e9 + 33, 0.5, "l", 7., 1e308},
        {"\ud83d\ude00", Double.NaN, 400., "s", 3., -1e308}, {null, 1.7e9 + 110, 2000., "l", Double.NaN, 0.},
        {"??/\"\\", 1.7e9 - 50, Double.NaN, null, 3., 3.}, {"", 1.7e9, 10., "s", 3., Double.NaN},
        {"blue", 1.7e9, 1., "l", 3., 0.}, {"red", 1.7e9, 1., "xl", 3., 0.}, {"red", Double.NEGATIVE_INFINITY, 1., "s",
            3., 0.}};
    /** Places of COLUMNS among the columns of C. */
    private static final int[] PLACES = {4, 0, 1, 5, 2, 3};

    @TempDir
    private Path folder;

    /** Cells; an error's text is the place of the cell. */
    record Cells(Object... cells) implements RawRow {
        @Override
        public boolean missing(int at) {
            return cells[at] == null || cells[at] instanceof Double value && value.isNaN();
        }

        @Override
        public double number(int at) {
            return (double) cells[at];
        }

        @Override
        public String text(int at) {
            return cells[at].toString();
        }

        @Override
        public KanException error(int at, String what) {
            return new KanException(Status.INVALID_ARGUMENT, "" + at);
        }
    }

    /** The functions raw_... of C printed into a folder. */
    static SymbolLookup compiled(Path folder, Parameters parameters, Encoding encoding, Arena arena) throws Exception {
        CSource.Files files = CSource.of(parameters, encoding, "raw", List.of());
        Files.writeString(folder.resolve("raw.h"), files.header());
        Files.writeString(folder.resolve("raw.c"), files.source());
        Process cc = new ProcessBuilder("cc", "-std=c99", "-O0", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror",
                "-shared", "-fPIC", "-o", "raw.so", "raw.c", "-lm").directory(folder.toFile()).redirectErrorStream(true)
                .start();
        String messages = new String(cc.getInputStream().readAllBytes());
        assertEquals(0, cc.waitFor(), messages);
        return SymbolLookup.libraryLookup(folder.resolve("raw.so"), arena);
    }

    private static MemorySegment strings(Arena arena, List<String> texts) {
        MemorySegment array = arena.allocate(ValueLayout.ADDRESS, Math.max(1, texts.size()));
        for (int i = 0; i < texts.size(); i++) {
            array.setAtIndex(ValueLayout.ADDRESS, i, texts.get(i) == null ? MemorySegment.NULL
                    : arena.allocateFrom(texts.get(i)));
        }
        return array;
    }

    private static List<String> strings(SymbolLookup library, String symbol, int count) {
        MemorySegment array = library.find(symbol).orElseThrow().reinterpret(8L * count);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(array.getAtIndex(ValueLayout.ADDRESS, i).reinterpret(1000).getString(0));
        }
        return texts;
    }

    /** What C makes of a row: the status, the numbers, the label. */
    record Answer(int status, double[] numbers, int label) {
    }

    static Answer call(SymbolLookup library, String function, boolean label, int outputs, Object... row)
            throws Throwable {
        List<MemoryLayout> arguments = new ArrayList<>(List.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS,
                ValueLayout.ADDRESS));
        if (label) {
            arguments.add(ValueLayout.ADDRESS);
        }
        try (Arena arena = Arena.ofConfined()) {
            double[] numbers = Arrays.stream(row).filter(Double.class::isInstance).mapToDouble(v -> (double) v).toArray();
            List<String> texts = new ArrayList<>();
            Arrays.stream(row).filter(v -> !(v instanceof Double)).forEach(v -> texts.add((String) v));
            MemorySegment result = arena.allocate(ValueLayout.JAVA_DOUBLE, outputs);
            MemorySegment place = arena.allocateFrom(ValueLayout.JAVA_INT, -1);
            List<Object> given = new ArrayList<>(List.of(arena.allocateFrom(ValueLayout.JAVA_DOUBLE, numbers),
                    strings(arena, texts), result));
            if (label) {
                given.add(place);
            }
            int status = (int) Linker.nativeLinker().downcallHandle(library.find(function).orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments.toArray(MemoryLayout[]::new)))
                    .invokeWithArguments(given);
            return new Answer(status, result.toArray(ValueLayout.JAVA_DOUBLE), place.get(ValueLayout.JAVA_INT, 0));
        }
    }

    /** Compares every row; gives how many were refused. */
    private int compare(Encoding encoding, DType dtype, String function, double tolerance) throws Throwable {
        int refused = 0;
        int width = encoding.target().width();
        boolean classes = encoding.target() instanceof Encoding.Classes;
        RowEncoder encoder = new RowEncoder(encoding);
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(KanModel.kan(dtype, BSpline.of(5, 3), encoding.features(),
                        8, width), 4);
                Predictor predictor = Predictor.of(parameters)) {
            SymbolLookup library = compiled(folder, parameters, encoding, arena);
            assertEquals(List.of("time", "skewed */", "same", "huge", "colour?", "size"), strings(library,
                    "raw_columns", 6));
            for (Object[] row : ROWS) {
                Answer answer = call(library, "raw_" + function, classes, width, row);
                double[] features = new double[encoding.features()];
                try {
                    encoder.features(new Cells(row), features);
                } catch (KanException e) {
                    assertEquals(1 + PLACES[Integer.parseInt(e.getMessage())], answer.status(), Arrays.toString(row));
                    assertArrayEquals(new double[width], answer.numbers());
                    assertEquals(-1, answer.label());
                    refused++;
                    continue;
                }
                double[] expected = Outputs.decode(encoding.target(), predictor.predict(features));
                assertEquals(0, answer.status(), Arrays.toString(row));
                assertArrayEquals(expected, answer.numbers(), tolerance, Arrays.toString(row));
                assertEquals(classes ? Outputs.argMax(expected) : -1, answer.label());
            }
            if (encoding.values().isEmpty()) {
                assertEquals(encoding.outputs(), strings(library, "raw_labels", width));
            }
        }
        return refused;
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64"})
    void probabilitiesAndLabelOfRowsWithMissingAndUnseenValues(DType dtype) throws Throwable {
        Encoding encoding = new Encoding("t", COLUMNS, new Encoding.Classes("y", List.of("no", "per\nhaps", "\u00e7a")),
                Encoding.Missing.FILL, Encoding.Unseen.UNKNOWN);
        double tolerance = dtype == DType.F32 ? 2e-6 : 1e-13;
        assertEquals(1, compare(encoding, dtype, "probabilities", tolerance)); // the infinite number
        assertEquals(3, compare(encoding.with(Encoding.Missing.FILL, Encoding.Unseen.REFUSE), dtype, "probabilities",
                tolerance));
    }

    @Test
    void valuesAndWhatIsRefused() throws Throwable {
        Encoding encoding = new Encoding("t", COLUMNS, new Encoding.Value("y", 7, 50), Encoding.Missing.REFUSE);
        assertEquals(7, compare(encoding, DType.F32, "value", 1e-4));
        assertEquals(5, compare(encoding.with(Encoding.Missing.REFUSE, Encoding.Unseen.UNKNOWN), DType.F32, "value",
                1e-4));
        Encoding.Value value = new Encoding.Value("y", 7, 50);
        compare(new Encoding("t", COLUMNS, new Encoding.Numbers(List.of(value, new Encoding.Value("z", -1, 2))),
                Encoding.Missing.FILL), DType.F64, "values", 1e-11);
        compare(new Encoding("t", COLUMNS, new Encoding.Quantiles(value, List.of(0.1, 0.3, 0.5, 0.7, 0.9)),
                Encoding.Missing.FILL), DType.F64, "quantiles", 1e-11);
    }

    @Test
    void bentTargetsAreInTheirOwnUnit() throws Throwable {
        Encoding.Value log = new Encoding.Value("y", 3, 0.5, Transform.LOG);
        Encoding.Value asinh = new Encoding.Value("z", 1, 2, new Transform(Transform.Kind.ASINH, -4, 0.3));
        compare(new Encoding("t", COLUMNS, log, Encoding.Missing.FILL), DType.F64, "value", 1e-9);
        compare(new Encoding("t", COLUMNS, new Encoding.Numbers(List.of(log, asinh)), Encoding.Missing.FILL), DType.F64, "values",
                1e-9);
        compare(new Encoding("t", COLUMNS, new Encoding.Quantiles(asinh, List.of(0.1, 0.9)), Encoding.Missing.FILL), DType.F64,
                "quantiles", 1e-9);
    }

    @Test
    void pixelsAndSeveralLabels() throws Throwable {
        Encoding encoding = new Encoding("t", List.of(new Encoding.Pixels(4, 16)),
                new Encoding.Labels("tags", List.of("a", "b")), Encoding.Missing.FILL);
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), 4, 2), 4);
                Predictor predictor = Predictor.of(parameters)) {
            SymbolLookup library = compiled(folder, parameters, encoding, arena);
            Answer answer = call(library, "raw_probabilities", false, 2, Double.NaN, 8., 16., 4.);
            assertArrayEquals(Outputs.sigmoid(predictor.predict(-1., 0., 1., -0.5)), answer.numbers(), 1e-6);
            assertNotEquals(answer.numbers()[0], answer.numbers()[1]);
        }
    }

    @Test
    void categoriesAlone() throws Throwable {
        Encoding encoding = new Encoding("t", List.of(new Encoding.Categorical("c", List.of("a", "b"))),
                new Encoding.Value("y", 0, 1), Encoding.Missing.REFUSE);
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), 2, 1), 4);
                Predictor predictor = Predictor.of(parameters)) {
            SymbolLookup library = compiled(folder, parameters, encoding, arena);
            assertEquals(predictor.predict(0., 1.)[0], call(library, "raw_value", false, 1, "b").numbers()[0], 1e-6);
            assertEquals(1, call(library, "raw_value", false, 1, "c").status());
        }
    }

    @Test
    void headerSaysWhatACallerMustKnow() {
        Encoding encoding = new Encoding("t", COLUMNS, new Encoding.Value("y", 0, 1), Encoding.Missing.FILL);
        try (Parameters parameters = Parameters.zeros(KanModel.kan(BSpline.of(5, 3), encoding.features(), 1))) {
            String header = CSource.of(parameters, encoding, "raw", List.of()).header();
            for (String part : List.of("first the numbers", "units of the training data", "NaN is missing", "NULL is missing",
                    "did not have is refused", "caller's", "RAW_NUMBERS 4", "RAW_CATEGORIES 2", "taken for the mean")) {
                assertTrue(header.contains(part), part + " in " + header);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void refusesTextsThatCCannotHold(int which) {
        String text = List.of("a\0b", "a\ud800", "x".repeat(4096)).get(which);
        Encoding encoding = new Encoding("t", List.of(new Encoding.Categorical("c", List.of("a", text))),
                new Encoding.Value("y", 0, 1), Encoding.Missing.REFUSE);
        try (Parameters parameters = Parameters.zeros(KanModel.kan(BSpline.of(5, 3), 2, 1))) {
            String message = assertThrows(UnsupportedException.class, () -> CSource.of(parameters, encoding, "raw",
                    List.of())).getMessage();
            assertTrue(message.contains("without an encoding"), message);
        }
    }
}
