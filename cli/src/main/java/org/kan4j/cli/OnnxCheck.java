// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.lang.reflect.InvocationTargetException;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;

/**
 * Runs ONNX files with ONNX Runtime if it is there. By reflection: nobody who does not check should have to fetch its
 * 54 MB, neither to run kan4j nor to build it.
 */
final class OnnxCheck {

    private static final int ROWS = 256;
    private static final String PACKAGE = "ai.onnxruntime.";

    private OnnxCheck() {
    }

    /** Refuses if it is not there. */
    static void requireRuntime() {
        try {
            Class.forName(PACKAGE + "OrtEnvironment", false, OnnxCheck.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new InputException("--check needs ONNX Runtime: set KAN4J_CLASSPATH to the jar of "
                    + "com.microsoft.onnxruntime:onnxruntime", e);
        }
    }

    /** Prints the errors against float64; gives the exit status. */
    static int check(PrintWriter out, Path file, Parameters parameters, DType dtype) {
        int in = Math.toIntExact(parameters.model().in());
        SplittableRandom random = new SplittableRandom(1);
        double[] x = new double[ROWS * in];
        Arrays.setAll(x, i -> (float) random.nextDouble(-1, 1));
        double[] exact = wide(parameters, DType.F64, x);
        double own = relative(wide(parameters, DType.F32, x), exact);
        double error = relative(run(file, dtype, x, in), exact);
        double allowed = dtype == DType.F64 ? 1e-12 : 3 * own + 2e-7;
        boolean passed = error <= allowed;
        out.printf(Locale.ROOT, "ONNX Runtime on %d rows: relative L2 error %.1e, kan4j's own float32 %.1e: %s%n", ROWS,
                error, own, passed ? "ok" : String.format(Locale.ROOT, "FAILED, at most %.1e expected", allowed));
        return passed ? 0 : Main.FAILURE;
    }

    /** kan4j's outputs computed in a type. */
    private static double[] wide(Parameters parameters, DType dtype, double[] x) {
        try (Parameters copy = Parameters.zeros(parameters.model()
                .withDType(dtype)); Arena arena = Arena.ofConfined()) {
            for (TensorInfo tensor : parameters.tensors()) {
                copy.set(tensor.name(), parameters.get(arena, tensor.name()).to(arena, dtype));
            }
            try (Predictor predictor = Predictor.of(copy)) {
                return predictor.predict(x);
            }
        }
    }

    private static double relative(double[] a, double[] b) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < b.length; i++) {
            error += (a[i] - b[i]) * (a[i] - b[i]);
            size += b[i] * b[i];
        }
        return error == 0 ? 0 : Math.sqrt(error / size);
    }

    private static double[] run(Path file, DType dtype, double[] x, int in) {
        boolean wide = dtype == DType.F64;
        try {
            Object environment = call(type("OrtEnvironment"), null, "getEnvironment");
            try (AutoCloseable session = (AutoCloseable) call(environment.getClass(), environment, "createSession",
                    file.toString());
                    AutoCloseable input = tensor(environment, wide, x, in);
                    AutoCloseable result = (AutoCloseable) type("OrtSession").getMethod("run", Map.class)
                            .invoke(session, Map.of("x", input))) {
                Object y = result.getClass().getMethod("get", int.class).invoke(result, 0);
                if (wide) {
                    DoubleBuffer values = (DoubleBuffer) call(type("OnnxTensor"), y, "getDoubleBuffer");
                    double[] numbers = new double[values.remaining()];
                    values.get(numbers);
                    return numbers;
                }
                FloatBuffer values = (FloatBuffer) call(type("OnnxTensor"), y, "getFloatBuffer");
                double[] numbers = new double[values.remaining()];
                Arrays.setAll(numbers, i -> values.get(i));
                return numbers;
            }
        } catch (InvocationTargetException e) {
            throw new InputException("ONNX Runtime refuses " + file + ": " + e.getCause().getMessage(), e);
        } catch (Exception e) {
            throw new InputException("this ONNX Runtime cannot be used: " + e, e);
        }
    }

    private static AutoCloseable tensor(Object environment, boolean wide, double[] x, int in)
            throws ReflectiveOperationException {
        float[] narrow = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            narrow[i] = (float) x[i];
        }
        return (AutoCloseable) type("OnnxTensor")
                .getMethod("createTensor", type("OrtEnvironment"), wide ? DoubleBuffer.class : FloatBuffer.class,
                        long[].class)
                .invoke(null, environment, wide ? DoubleBuffer.wrap(x) : FloatBuffer.wrap(narrow),
                        new long[] {x.length / in, in});
    }

    private static Class<?> type(String name) throws ClassNotFoundException {
        return Class.forName(PACKAGE + name);
    }

    private static Object call(Class<?> type, Object target, String method, Object... arguments)
            throws ReflectiveOperationException {
        Class<?>[] types = Arrays.stream(arguments).map(Object::getClass).toArray(Class<?>[]::new);
        return type.getMethod(method, types).invoke(target, arguments);
    }
}
