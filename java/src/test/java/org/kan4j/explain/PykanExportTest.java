// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.formula.Expression;
import org.kan4j.interop.Origin;
import org.kan4j.interop.PykanCheckpoint;
import org.kan4j.interop.StateDicts;
import org.kan4j.interop.Variant;
import org.kan4j.interop.Weights;
import org.kan4j.layer.Affine;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Models written as pykan's saveckpt writes them, and read again by what reads pykan's own files. (pykan 0.2.8 itself loaded
 * files of these tests and computed the same: docs/interop.md.)
 */
class PykanExportTest {

    private static final Variant PYKAN = Variant.of("pykan");

    @TempDir
    private Path folder;

    private record Read(Weights weights, StateDicts.Imported model) {
        Map<String, Object> functions() {
            return new TreeMap<>(model.functions());
        }
    }

    private static Read read(Path name, Arena arena) throws IOException {
        Weights weights = Weights.read(name, PYKAN, null, arena);
        return new Read(weights, StateDicts.load(weights.what(), PYKAN, weights.tensors(), weights.config()));
    }

    private static double[] predict(Context context, Parameters parameters, Map<String, String> functions, double[] x) {
        return edges(functions).predict(context, KanGraph.of(parameters), x);
    }

    private static SymbolicEdges edges(Map<String, String> functions) {
        return new SymbolicEdges(functions.entrySet().stream()
                .collect(Collectors.toMap(e -> Edge.parse(e.getKey()), e -> Expression.parse(e.getValue()))));
    }

    private static double[] random(int count, double low, double high) {
        return new SplittableRandom(3).doubles(count, low, high).toArray();
    }

    /** pykan's own files come out as they came in: the same names, shapes and bits, the same functions. */
    @ParameterizedTest
    @ValueSource(strings = {"trained", "arity2", "arity3", "law", "mixed", "library"})
    void pykansFilesComeOutAsTheyCameIn(String name) throws Exception {
        Path out = folder.resolve(name);
        try (Arena arena = Arena.ofConfined()) {
            Read first = read(PykanParityTest.PYKAN.resolve(name), arena);
            try (Parameters parameters = first.model().parameters()) {
                PykanCheckpoint.write(out, parameters, first.model().functions(), first.model().origin());
                byte[] state = Files.readAllBytes(PykanCheckpoint.files(out).getFirst());
                PykanCheckpoint.write(out, parameters, first.model().functions(), first.model().origin());
                assertArrayEquals(state, Files.readAllBytes(PykanCheckpoint.files(out).getFirst()));
            }
            Read second = read(out, arena);
            second.model().parameters().close();
            assertEquals(first.weights().tensors().keySet(), second.weights().tensors().keySet());
            first.weights().tensors().forEach((key, tensor) -> {
                assertEquals(tensor.shape(), second.weights().tensors().get(key).shape(), key);
                assertEquals(-1, tensor.segment().mismatch(second.weights().tensors().get(key).segment()), key);
            });
            assertEquals(first.functions(), second.functions());
            List<String> was = Files.readAllLines(PykanParityTest.PYKAN.resolve(name + "_config.yml"));
            List<String> is = Files.readAllLines(folder.resolve(name + "_config.yml"));
            assertEquals(keys(was), keys(is));
        }
    }

    private static List<String> keys(List<String> yaml) {
        return yaml.stream().filter(line -> line.matches("\\w.*:.*")).map(line -> line.substring(0, line.indexOf(':'))).toList();
    }

    /** An edge that was let go, one that got another function and one that kept its own. */
    @Test
    void functionsThatChangedSinceTheImportAreThoseOfToday() throws Exception {
        Path out = folder.resolve("changed");
        try (Arena arena = Arena.ofConfined(); Context context = KanGraphTest.single()) {
            Read first = read(PykanParityTest.PYKAN.resolve("law"), arena);
            try (Parameters parameters = first.model().parameters()) {
                Map<String, String> functions = new TreeMap<>(first.model().functions());
                assertEquals(3, functions.size());
                functions.remove("0,1,0");
                functions.put("0,0,0", "2*cos(x/3 - 1) + 0.5");
                PykanCheckpoint.write(out, parameters, functions, first.model().origin());
                Read second = read(out, arena);
                try (Parameters back = second.model().parameters()) {
                    assertEquals(functions.keySet(), second.model().functions().keySet());
                    assertEquals(functions.get("1,0,0"), second.model().functions().get("1,0,0"));
                    double[] x = random(40, -1, 1);
                    assertArrayEquals(predict(context, parameters, functions, x),
                            predict(context, back, second.model().functions(), x), 1e-13);
                }
            }
        }
    }

    static Parameters own(DType dtype, LayerSpec... layers) {
        return Parameters.initialise(KanModel.of(dtype, layers), 5);
    }

    private static KanLayer kan(int in, int out, Basis basis) {
        return KanLayer.of(in, out, basis).withInputNorm(false).withBaseNorm(false).withBias(true);
    }

    /** Biases, products and affine maps of kan4j's, edges as functions and as both. */
    @ParameterizedTest
    @CsvSource({"F64, 1e-13", "F32, 1e-5"})
    void ownModelsComeBack(DType dtype, double bound) throws Exception {
        Path out = folder.resolve("own");
        BSpline basis = BSpline.of(4, 3);
        try (Arena arena = Arena.ofConfined();
                Context context = KanGraphTest.single();
                Parameters parameters = own(dtype, kan(2, 7, basis), new Affine(7), new Multiply(1, 2, 3),
                        kan(3, 2, basis.withGrid(6)))) {
            parameters.set("layers.0.bias", HostTensor.of(arena, random(7, -1, 1)).to(arena, dtype));
            parameters.set("layers.1.bias", HostTensor.of(arena, random(7, -1, 1)).to(arena, dtype));
            parameters.set("layers.1.scale", HostTensor.of(arena, random(7, 0.5, 1)).to(arena, dtype));
            parameters.set("layers.3.bias", HostTensor.of(arena, random(2, -1, 1)).to(arena, dtype));
            Map<String, String> functions = Map.of("0,1,4", "0.5*tanh(2*x - 1)", "0,0,2", "phi - x^2/4", "3,2,1",
                    "exp(-x^2 + x)");
            PykanCheckpoint.write(out, parameters, functions, null);
            Read back = read(out, arena);
            try (Parameters again = back.model().parameters()) {
                assertEquals(functions.size(), back.model().functions().size());
                double[] x = random(80, -1, 1);
                assertArrayEquals(predict(context, parameters, functions, x),
                        predict(context, again, back.model().functions(), x), bound);
                Origin origin = back.model().origin();
                Path twice = folder.resolve("twice");
                PykanCheckpoint.write(twice, again, back.model().functions(), origin);
                assertArrayEquals(Files.readAllBytes(PykanCheckpoint.files(out).getFirst()),
                        Files.readAllBytes(PykanCheckpoint.files(twice).getFirst()));
            }
        }
    }

    /** A whole formula on edges of pykan's, to rounding, and through its files. */
    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"exp(sin(pi*x) + y^2); [2,1,1]", "x*y; [2,0+1,1]", "sin(2*log(x*y)); [2,0+1,1,1]",
        "cosh(x) - sinh(2*y) + relu(x - 0.3); [2,6,3,1]", "x^6 + y^7 + x^(1/3)/y^2.5; [2,5,1+2,1]",
        "(u + v)/(u*v + 1); [2,2+1,3,0+1,1]", "x*exp(-x) + 3*x^2 - 2*x + 1; [1,1+1,1]", "sqrt(x^2 + 2.5*x*y + y^2); [2,2+1,1,1]",
        "2^x/(1 + 2*exp(-0.7*y)); [2,2,0+1,1]", "n*alpha/(1 - n*alpha/30); [2,2+1,3,0+1x3,1]", "3.5; [0,1]"})
    void formulasAreNetworksOfPykansFunctions(String text, String shape) throws Exception {
        Expression formula = Expression.parse(text);
        List<String> variables = formula.variables().isEmpty() ? List.of("x") : formula.variables();
        SymbolicNetwork network = SymbolicNetwork.ofPykans(formula, variables);
        int n = variables.size();
        double[] x = random(60 * n, 0.2, 1.5);
        Map<String, double[]> columns = new TreeMap<>();
        for (int i = 0; i < n; i++) {
            columns.put(variables.get(i), GraphRun.column(x, n, i));
        }
        double[] truth = formula.evaluate(columns, 60);
        Path out = folder.resolve("formula");
        try (Arena arena = Arena.ofConfined(); Context context = KanGraphTest.single()) {
            assertArrayEquals(truth, network.predict(context, x), 1e-12, network.edges().toString());
            if (!formula.variables().isEmpty()) {
                assertEquals(shape, network.graph().shape(), network.edges().toString());
            }
            try (Parameters parameters = network.graph().parameters()) {
                PykanCheckpoint.write(out, parameters, network.functions(), null);
            }
            Read back = read(out, arena);
            try (Parameters parameters = back.model().parameters()) {
                assertArrayEquals(truth, predict(context, parameters, back.model().functions(), x), 1e-12);
            }
            assertArrayEquals(truth, SymbolicNetwork.of(formula, variables).predict(context, x), 1e-12);
        }
    }

    @Test
    void edgesThatPykanHas() {
        for (String edge : List.of("x", "3 - 2*x", "sin(2*x) + phi", "2*(x - 1)^3/7", "1/(2*x + 1)", "x^2 + 3*x + 1",
                "exp(1 - x^2)",
                "3^(x/2)", "-1/sqrt(x)", "(x + 1)^1.5", "asin(x/2)", "sign(x)", "4")) {
            assertTrue(PykanCheckpoint.hasEdge(Expression.parse(edge)), edge);
        }
        for (String edge : List.of("cosh(x)", "sin(x) + x", "x*exp(x)", "exp(x^2)", "sin(x^2)", "x^6", "x^0.3", "2*phi + x", "y",
                "x^x",
                "log(x)^2", "x^3 + x^2")) {
            assertFalse(PykanCheckpoint.hasEdge(Expression.parse(edge)), edge);
        }
    }

    private String refused(Map<String, String> functions, LayerSpec... layers) {
        try (Parameters parameters = own(DType.F64, layers)) {
            String said = assertThrows(UnsupportedException.class,
                    () -> PykanCheckpoint.write(folder.resolve("none"), parameters, functions, null)).getMessage();
            assertFalse(Files.exists(folder.resolve("none_state")));
            return said;
        }
    }

    @Test
    void whatPykanHasNotIsRefusedByName() {
        assertTrue(refused(Map.of(), kan(2, 2, new Chebyshev(3))).contains("Chebyshev"));
        assertTrue(refused(Map.of(), new Linear(2, 2, true), new Multiply(0, 1, 2)).contains("Linear"));
        assertTrue(refused(Map.of(), kan(2, 2, BSpline.of(3, 3)), LayerNorm.of(2)).contains("LayerNorm"));
        assertTrue(refused(Map.of(), kan(2, 2, BSpline.of(3, 3).withOutside(BSpline.Outside.LINEAR))).contains("LINEAR"));
        String said = refused(Map.of("0,1,0", "cosh(x)"), kan(2, 2, BSpline.of(3, 3)));
        assertTrue(said.contains("edge 0,1,0") && said.contains("cosh(x)") && said.contains("arctanh"), said);
        try (Parameters parameters = own(DType.F64, kan(2, 2, new Chebyshev(3))); Arena arena = Arena.ofConfined()) {
            assertTrue(assertThrows(UnsupportedException.class, () -> StateDicts.save(Variant.of("chebykan"), parameters,
                    Map.of("0,1,0", "sin(x)"), null, arena)).getMessage().contains("is a function"));
        }
        assertTrue(assertThrows(KanException.class, () -> SymbolicNetwork.ofPykans(Expression.parse("erf(x) + y"),
                List.of("x", "y"))).getMessage().contains("erf(x)"));
    }
}
