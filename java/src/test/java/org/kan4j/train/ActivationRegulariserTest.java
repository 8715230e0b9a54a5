// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Chebyshev;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.interop.StateDicts;
import org.kan4j.interop.Variant;
import org.kan4j.io.Safetensors;
import org.kan4j.layer.Affine;
import org.kan4j.layer.KanLayer;
import org.kan4j.measure.EdgeStatistics;
import org.kan4j.model.KanModel;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.LbfgsMinimizer;
import org.kan4j.optim.Loss;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.ActivationRegulariser.Measure;

class ActivationRegulariserTest {

    private static final double[] FACTORS = {0.7, 1.3, 0.2, 0.4};

    /** Values and gradients of the formula's independent evaluation, which are pykan's own to 14 digits. */
    @ParameterizedTest
    @ValueSource(strings = {"pykan_fitted", "pykan_multiplication"})
    void givesPykansPenalties(String name) throws IOException {
        Path resources = Path.of("src/test/resources");
        try (Arena arena = Arena.ofConfined(); Context context = Context.open()) {
            Safetensors golden = Safetensors.open(resources.resolve("golden/" + name + ".safetensors"));
            Map<String, HostTensor> all = StateDicts.tensors(golden, arena);
            Map<String, HostTensor> state = new TreeMap<>();
            all.forEach((key, tensor) -> {
                if (key.startsWith("param.")) {
                    state.put(key.substring("param.".length()), tensor);
                }
            });
            Map<String, HostTensor> penalties = StateDicts.tensors(
                    Safetensors.open(resources.resolve("penalties/" + name + ".safetensors")), arena);
            HostTensor x = all.get("input");
            try (Parameters parameters = StateDicts.load(name, Variant.of("pykan"), state,
                    golden.metadata().get("config")).parameters();
                    Workspace workspace = Workspace.training(context, parameters, x.rows());
                    ParameterVector gradient = parameters.newVector()) {
                HostTensor nothing = HostTensor.allocate(arena, DType.F64, x.rows(), parameters.model().out());
                for (Measure measure : Measure.values()) {
                    String key = measure.name().toLowerCase(java.util.Locale.ROOT);
                    double[] expected = penalties.get(key + ".penalties").toDoubles();
                    for (int part = 0; part < 4; part++) {
                        double[] one = new double[4];
                        one[part] = 1;
                        assertEquals(expected[part], penalty(context, workspace, x, nothing, gradient, measure, one),
                                1e-12 * expected[part], key + ", part " + part);
                    }
                    double sum = 0;
                    for (int part = 0; part < 4; part++) {
                        sum += FACTORS[part] * expected[part];
                    }
                    assertEquals(sum, penalty(context, workspace, x, nothing, gradient, measure, FACTORS), 1e-12 * sum);
                    assertGradients(parameters, gradient, penalties, key, arena);
                }
            }
        }
    }

    private static double penalty(Context context, Workspace workspace, HostTensor x, HostTensor gradOutput,
            ParameterVector gradient, Measure measure, double[] factors) {
        Regularisation regularisation = new Regularisation(context,
                List.of(new ActivationRegulariser(measure, factors[0], factors[1], factors[2], factors[3])));
        workspace.forward(x);
        return regularisation.backward(workspace, x.rows(), x.segment(), gradOutput.segment(), gradient);
    }

    /** pykan's arrays are (in, out, ...), ours (out, in, ...). */
    private static void assertGradients(Parameters parameters, ParameterVector gradient,
            Map<String, HostTensor> penalties, String measure, Arena arena) {
        Map<String, String> names = Map.of("coef", "coef", "base_weight", "scale_base", "coef_scale", "scale_sp");
        int kan = -1;
        int compared = 0;
        for (int l = 0; l < parameters.model().layers().size(); l++) {
            if (!(parameters.model().layers().get(l) instanceof KanLayer layer)) {
                continue;
            }
            kan++;
            for (Map.Entry<String, String> entry : names.entrySet()) {
                double[] found = gradient.get(arena, "layers." + l + "." + entry.getKey()).toDoubles();
                double[] expected = penalties.get(measure + ".grad.act_fun." + kan + "." + entry.getValue()).toDoubles();
                int in = (int) layer.in();
                int out = (int) layer.out();
                int n = expected.length / (in * out);
                double size = 0;
                for (double e : expected) {
                    size = Math.max(size, Math.abs(e));
                }
                assertTrue(size > 0, entry.getValue());
                for (int i = 0; i < in; i++) {
                    for (int o = 0; o < out; o++) {
                        for (int j = 0; j < n; j++) {
                            assertEquals(expected[(i * out + o) * n + j], found[(o * in + i) * n + j], 1e-11 * size,
                                    measure + ", " + entry.getValue() + " of layer " + kan);
                            compared++;
                        }
                    }
                }
            }
        }
        assertTrue(compared > 100);
    }

    /** Over chunks, through layers of other kinds, for rows of any weight. */
    @ParameterizedTest
    @EnumSource(Measure.class)
    void theGradientIsTheDerivative(Measure measure) {
        KanModel model = KanModel.of(DType.F64, KanLayer.of(2, 3, BSpline.of(4, 3)), new Affine(3),
                KanLayer.of(3, 2, new Chebyshev(3)));
        int rows = DataObjective.CHUNK + 500;
        ActivationRegulariser penalty = new ActivationRegulariser(measure, .4, .6, 0, 0);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 3);
                ParameterVector gradient = parameters.newVector();
                ParameterVector ignored = parameters.newVector()) {
            HostTensor x = HostTensor.allocate(arena, DType.F64, rows, 2);
            HostTensor y = HostTensor.allocate(arena, DType.F64, rows, 2);
            for (int i = 0; i < 2 * rows; i++) {
                x.setFlat(i, Math.sin(i * .37) + .3 * (i % 2));
                y.setFlat(i, Math.cos(i * .11));
            }
            try (DataObjective objective = DataObjective.of(context, parameters, Dataset.regression(x, y), new Loss.Mse(),
                    List.of(penalty))) {
                double value = objective.evaluate(gradient);
                assertTrue(value > objective.dataLoss() + .1);
                EdgeStatistics statistics = EdgeStatistics.of(context, parameters, x);
                assertEquals(value - objective.dataLoss(), penalty.addTo(statistics, new EdgeGradient(statistics)), 1e-12);
                HostTensor values = parameters.values().flat();
                for (int i = 0; i < values.size(); i += 3) {
                    double before = values.get(i);
                    values.set(before + 1e-7, i);
                    double up = objective.evaluate(ignored);
                    values.set(before - 1e-7, i);
                    double down = objective.evaluate(ignored);
                    values.set(before, i);
                    double expected = (up - down) / 2e-7;
                    assertEquals(expected, gradient.flat().get(i), 1e-5 * Math.max(1, Math.abs(expected)), "parameter " + i);
                }
            }
        }
    }

    /** An input that the target does not depend on is let go of. */
    @Test
    void edgesWithoutUseDisappear() {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(5, 3), 3, 2, 1);
        try (Arena arena = Arena.ofConfined(); Context context = Context.open()) {
            int rows = 300;
            HostTensor x = HostTensor.allocate(arena, DType.F64, rows, 3);
            HostTensor y = HostTensor.allocate(arena, DType.F64, rows, 1);
            for (int b = 0; b < rows; b++) {
                for (int i = 0; i < 3; i++) {
                    x.set(Math.sin((b + 1) * (1.7 + i) * (i + 1)), b, i);
                }
                y.set(Math.sin(3 * x.get(b, 0)) + x.get(b, 1) * x.get(b, 1), b, 0);
            }
            double[] share = new double[2];
            for (int k = 0; k < 2; k++) {
                List<Regulariser> penalties = k == 0 ? List.of() : List.of(ActivationRegulariser.of(1e-3));
                try (Parameters parameters = Parameters.initialise(model, 1);
                        DataObjective objective = DataObjective.of(context, parameters, Dataset.regression(x, y),
                                new Loss.Mse(), penalties);
                        LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, parameters, Lbfgs.of(60))) {
                    minimizer.minimize(objective, 60);
                    double[] size = EdgeStatistics.of(context, parameters, x).layers().getFirst().deviation();
                    double useless = size[2] + size[5];
                    share[k] = useless / (size[0] + size[1] + size[3] + size[4] + useless);
                }
            }
            assertTrue(share[1] < 0.02 && share[1] < share[0] / 3, share[0] + " without, " + share[1] + " with");
        }
    }

    @Test
    void refusesNegativeFactors() {
        assertThrows(KanException.class, () -> new ActivationRegulariser(Measure.DEVIATION, -1, 0, 0, 0));
        assertThrows(KanException.class, () -> new ActivationRegulariser(Measure.DEVIATION, 0, Double.NaN, 0, 0));
        assertThrows(NullPointerException.class, () -> new ActivationRegulariser(null, 0, 0, 0, 0));
    }
}
