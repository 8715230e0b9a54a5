// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.tensor.DType;
import org.kan4j.error.KanException;
import org.kan4j.model.KanModel;
import org.kan4j.layer.Linear;
import org.kan4j.model.Parameters;
import org.kan4j.error.UnsupportedException;

/** Java and C printed from every kind of model, compiled and run. */
@SuppressWarnings("restricted") // calls the C that it compiled
class SourceTest {

    /** The largest method that HotSpot compiles, in bytes of bytecode. */
    private static final int HUGE_METHOD = 8_000;

    @TempDir
    private static Path folder;
    private static final Map<String, String> CLASSES = new LinkedHashMap<>();
    private static ClassLoader loader;
    private static SymbolLookup library;

    static Set<String> models() {
        return Models.all().keySet();
    }

    /** All classes by one run of javac, all C by one of cc: most of what they cost is their start. */
    @BeforeAll
    static void compile() throws Exception {
        List<Path> java = new ArrayList<>();
        List<String> c = new ArrayList<>(List.of("cc", "-std=c99", "-O0", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                "-shared", "-fPIC", "-o", folder.resolve("models.so").toString()));
        for (String name : models()) {
            CLASSES.put(name, "Model" + CLASSES.size());
            try (Parameters parameters = Models.parameters(name)) {
                String simple = CLASSES.get(name);
                java.add(Files.writeString(folder.resolve(simple + ".java"),
                        JavaSource.of(parameters, "com.acme." + simple, List.of("of " + name, "\\u000a*/"))));
                CSource.Files files = CSource.of(parameters, simple, List.of("of " + name, "*/"));
                Files.writeString(folder.resolve(simple + ".h"), files.header());
                c.add(Files.writeString(folder.resolve(simple + ".c"), files.source()).toString());
            }
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            assertTrue(compiler.getTask(null, manager, null, List.of("--release", "8", "-Xlint:all,-options", "-Werror",
                    "-d", folder.toString()), null, manager.getJavaFileObjectsFromPaths(java)).call());
        }
        loader = new URLClassLoader(new URL[] {folder.toUri().toURL()});
        c.add("-lm");
        Process cc = new ProcessBuilder(c).redirectErrorStream(true).start();
        String messages = new String(cc.getInputStream().readAllBytes());
        assertEquals(0, cc.waitFor(), messages);
        library = SymbolLookup.libraryLookup(folder.resolve("models.so"), Arena.global());
    }

    private static double[] java(String name, DType dtype, double[] x, int rows, int out) throws Exception {
        Class<?> type = loader.loadClass("com.acme." + CLASSES.get(name));
        double[] y = new double[rows * out];
        if (dtype == DType.F64) {
            type.getMethod("predict", double[].class, double[].class).invoke(null, x, y);
        } else {
            float[] narrow = new float[y.length];
            float[] in = new float[x.length];
            for (int i = 0; i < x.length; i++) {
                in[i] = (float) x[i];
            }
            type.getMethod("predict", float[].class, float[].class).invoke(null, in, narrow);
            Arrays.setAll(y, i -> narrow[i]);
        }
        return y;
    }

    private static double[] c(String name, DType dtype, double[] x, int rows, int out) throws Throwable {
        MethodHandle predict = Linker.nativeLinker().downcallHandle(library.find(CLASSES.get(name) + "_predict")
                .orElseThrow(), FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        double[] y = new double[rows * out];
        int in = x.length / rows;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment row = arena.allocate(dtype.layout(), in);
            MemorySegment result = arena.allocate(dtype.layout(), out);
            for (int r = 0; r < rows; r++) {
                for (int i = 0; i < in; i++) {
                    if (dtype == DType.F64) {
                        row.setAtIndex(ValueLayout.JAVA_DOUBLE, i, x[r * in + i]);
                    } else {
                        row.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) x[r * in + i]);
                    }
                }
                predict.invokeExact(row, result);
                for (int o = 0; o < out; o++) {
                    y[r * out + o] = dtype == DType.F64 ? result.getAtIndex(ValueLayout.JAVA_DOUBLE, o)
                            : result.getAtIndex(ValueLayout.JAVA_FLOAT, o);
                }
            }
        }
        return y;
    }

    @ParameterizedTest
    @MethodSource("models")
    void givesKan4jsNumbers(String name) throws Throwable {
        try (Parameters parameters = Models.parameters(name)) {
            KanModel model = parameters.model();
            int in = (int) model.in();
            int out = (int) model.out();
            double[] x = Models.rows(in, 257);
            double[] exact = Models.exact(parameters, x);
            double allowed = model.dtype() == DType.F64 ? 1e-14 : 3 * Models.relative(Models.own(parameters, x), exact)
                    + 2e-7;
            double java = Models.relative(java(name, model.dtype(), x, 257, out), exact);
            double c = Models.relative(c(name, model.dtype(), x, 257, out), exact);
            assertTrue(java <= allowed, name + ": Java " + java + ", allowed " + allowed);
            assertTrue(c <= allowed, name + ": C " + c + ", allowed " + allowed);

            double[] spoiled = Arrays.copyOf(x, 3 * in);
            spoiled[in + 1] = Double.NaN;
            double[] ours = Models.own(parameters, spoiled);
            double[] theirs = java(name, model.dtype(), spoiled, 3, out);
            double[] alsoTheirs = c(name, model.dtype(), spoiled, 3, out);
            for (int i = 0; i < ours.length; i++) {
                assertEquals(Double.isNaN(ours[i]), Double.isNaN(theirs[i]), name + ": Java, a NaN in row 1, row "
                        + i / out);
                assertEquals(Double.isNaN(ours[i]), Double.isNaN(alsoTheirs[i]), name + ": C, a NaN in row 1, row "
                        + i / out);
            }
        }
    }

    @Test
    void everyMethodIsSmallEnoughForHotSpot() throws IOException {
        int methods = 0;
        try (Stream<Path> files = Files.list(folder.resolve("com/acme"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                for (Map.Entry<String, Integer> method : methods(file).entrySet()) {
                    assertTrue(method.getValue() < HUGE_METHOD, file + " " + method);
                    methods++;
                }
            }
        }
        assertTrue(methods > 3 * CLASSES.size());
    }

    /** Bytes of bytecode by method (The Java Virtual Machine Specification, chapter 4). */
    private static Map<String, Integer> methods(Path file) {
        Map<String, Integer> sizes = new LinkedHashMap<>();
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            in.skipNBytes(8);
            String[] texts = new String[in.readUnsignedShort()];
            for (int i = 1; i < texts.length; i++) {
                switch (in.readByte()) {
                    case 1 -> texts[i] = in.readUTF();
                    case 3, 4, 9, 10, 11, 12, 17, 18 -> in.skipNBytes(4);
                    case 5, 6 -> {
                        in.skipNBytes(8);
                        i++;
                    }
                    case 15 -> in.skipNBytes(3);
                    default -> in.skipNBytes(2);
                }
            }
            in.skipNBytes(6);
            in.skipNBytes(2L * in.readUnsignedShort());
            for (boolean method : new boolean[] {false, true}) {
                for (int member = in.readUnsignedShort(); member > 0; member--) {
                    in.skipNBytes(2);
                    String name = texts[in.readUnsignedShort()] + texts[in.readUnsignedShort()];
                    for (int attribute = in.readUnsignedShort(); attribute > 0; attribute--) {
                        String kind = texts[in.readUnsignedShort()];
                        int length = in.readInt();
                        if (method && kind.equals("Code")) {
                            in.skipNBytes(4);
                            sizes.put(name, in.readInt());
                            in.skipNBytes(length - 8);
                        } else {
                            in.skipNBytes(length);
                        }
                    }
                }
            }
            return sizes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"com.acme.1Churn", "com..Churn", "", "class", "com.new.Churn", "Ch urn", "com.acme.",
        "Churn;"})
    void refusesWhatIsNoClassName(String name) {
        try (Parameters parameters = Models.parameters("linear")) {
            String message = assertThrows(KanException.class, () -> JavaSource.of(parameters, name, List.of()))
                    .getMessage();
            assertTrue(message.contains("'" + name + "'") && message.contains("com.acme.Churn"), message);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1churn", "", "switch", "com.churn", "ch urn", "_churn"})
    void refusesWhatIsNoNameInC(String name) {
        try (Parameters parameters = Models.parameters("linear")) {
            String message = assertThrows(KanException.class, () -> CSource.of(parameters, name, List.of()))
                    .getMessage();
            assertTrue(message.contains("'" + name + "'"), message);
        }
    }

    @Test
    void refusesWhatIsTooLargeForSource() {
        try (Parameters parameters = Parameters.zeros(KanModel.of(DType.F32, new Linear(2001, 2000, false)))) {
            for (String message : List.of(
                    assertThrows(UnsupportedException.class, () -> JavaSource.of(parameters, "Big", List.of()))
                            .getMessage(),
                    assertThrows(UnsupportedException.class, () -> CSource.of(parameters, "big", List.of()))
                            .getMessage())) {
                assertTrue(message.contains("4002000") && message.contains("kan4j-scorer"), message);
            }
        }
    }
}
