// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.error.FormatException;
import org.kan4j.error.ShapeException;
import org.kan4j.io.Safetensors;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.model.Workspace;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;

/**
 * Compares kan4j with numbers computed elsewhere. The file is safetensors with {@code input}, {@code param.*} (a
 * published state dict), {@code output}, and for the gradients {@code grad_output}, {@code grad_input} and
 * {@code grad.*}; its metadata names the {@code variant} and its {@code config}.
 */
public final class Verification {

    /** Largest relative error of a tensor that passes in float64. */
    public static final double TOLERANCE_F64 = 1e-9;
    /** Largest relative error of a tensor that passes in float32. */
    public static final double TOLERANCE_F32 = 1e-5;

    private Verification() {
    }

    /**
     * One tensor compared.
     *
     * @param tensor its name in the file
     * @param error  L2 norm of the difference over the L2 norm expected (over 1 where that is 0); NaN if any number is
     * @param passed whether the error is within the tolerance; NaN never is
     * @param rounding error that rounding input, cotangent and parameters to float32 makes in exact arithmetic
     *     (float64),
     *     how ill-conditioned the tensor is; computed where a float32 file did not pass, otherwise NaN
     */
    public record Row(String tensor, double error, boolean passed, double rounding) {
    }

    /**
     * A file compared.
     *
     * @param variant of the file
     * @param dtype   computed in
     * @param rows    one a tensor, output first
     */
    public record Result(Variant variant, DType dtype, List<Row> rows) {

        /** Copies the list. */
        public Result {
            rows = List.copyOf(rows);
        }

        /** Whether every tensor passed. */
        public boolean passed() {
            return rows.stream().allMatch(Row::passed);
        }
    }

    /** The largest error that passes in a type. */
    public static double tolerance(DType dtype) {
        return dtype == DType.F64 ? TOLERANCE_F64 : TOLERANCE_F32;
    }

    /**
     * Runs the model of a file forward and backward on its input and compares every tensor it has.
     *
     * @param dtype to compute in, or null for the type of the file's output; parameters and inputs are converted, the
     *     expected numbers are not
     */
    public static Result verify(Context context, Path path, DType dtype) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Safetensors file = Safetensors.open(path);
            Map<String, HostTensor> tensors = StateDicts.tensors(file, arena);
            HostTensor output = tensors.get("output");
            DType type = dtype != null ? dtype
                    : output != null && output.dtype().isFloating() ? output.dtype() : DType.F64;
            Result result = new Run(context, path.toString(), tensors, file.metadata(), type, arena).verify();
            if (result.passed() || type != DType.F32) {
                return result;
            }
            List<Row> rounded = new Run(context, path.toString(), rounded(tensors, arena), file.metadata(), DType.F64, arena)
                    .verify().rows();
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < rounded.size(); i++) {
                Row row = result.rows().get(i);
                rows.add(new Row(row.tensor(), row.error(), row.passed(), rounded.get(i).error()));
            }
            return new Result(result.variant(), type, rows);
        }
    }

    /** What goes into a model is rounded to float32; what is expected of it stays. */
    private static Map<String, HostTensor> rounded(Map<String, HostTensor> tensors, Arena arena) {
        Map<String, HostTensor> rounded = new TreeMap<>(tensors);
        rounded.replaceAll((name, tensor) -> tensor.dtype() == DType.F64
                && (name.equals("input") || name.equals("grad_output") || name.startsWith("param."))
                        ? tensor.to(arena, DType.F32).to(arena, DType.F64) : tensor);
        return rounded;
    }

    /** One file on its way. */
    private static final class Run {
        private final Context context;
        private final String what;
        private final Map<String, HostTensor> tensors;
        private final Map<String, String> metadata;
        private final DType dtype;
        private final Arena arena;
        private final List<Row> rows = new ArrayList<>();

        Run(Context context, String what, Map<String, HostTensor> tensors, Map<String, String> metadata, DType dtype,
                Arena arena) {
            this.context = context;
            this.what = what;
            this.tensors = tensors;
            this.metadata = metadata;
            this.dtype = dtype;
            this.arena = arena;
        }

        Result verify() {
            if (metadata.get("variant") == null) {
                throw new FormatException(what + ": the metadata has no 'variant'; expected one of "
                        + String.join(", ", Variant.all().stream().map(Variant::name).toList()));
            }
            Variant variant = Variant.of(metadata.get("variant"));
            Map<String, HostTensor> state = group("param.");
            Map<String, HostTensor> expected = group("grad.");
            requireKnown(variant);
            HostTensor input = required("input");
            HostTensor output = required("output");
            StateDicts.Loaded model = StateDicts.load(what, variant, state, metadata.getOrDefault("config", "{}"),
                    dtype, true, null);
            try (Parameters parameters = model.imported().parameters()) {
                HostTensor x = rows("input", input, parameters.model().in()).to(arena, dtype);
                HostTensor y = rows("output", output, parameters.model().out());
                if (x.rows() != y.rows()) {
                    throw new ShapeException(what + ": input " + input.shape() + " and output " + output.shape()
                            + " have different numbers of rows");
                }
                boolean backward = tensors.containsKey("grad_input") || !expected.isEmpty();
                try (Workspace workspace = Workspace.training(context, parameters, Math.max(1, x.rows()));
                        ParameterVector gradients = parameters.newVector()) {
                    compare("output", y, workspace.forward(x));
                    if (backward) {
                        HostTensor gradOutput = rows("grad_output", required("grad_output"), parameters.model().out());
                        HostTensor gradInput = HostTensor.allocate(arena, dtype, x.shape());
                        workspace.backward(x, gradOutput.to(arena, dtype), gradients, gradInput);
                        if (tensors.containsKey("grad_input")) {
                            compare("grad_input", rows("grad_input", tensors.get("grad_input"), parameters.model().in()),
                                    gradInput);
                        }
                        expected.forEach((name, tensor) -> compareGradient(model, gradients, name, tensor));
                    }
                }
            }
            return new Result(variant, dtype, rows);
        }

        private Map<String, HostTensor> group(String prefix) {
            Map<String, HostTensor> group = new TreeMap<>();
            tensors.forEach((name, tensor) -> {
                if (name.startsWith(prefix)) {
                    group.put(name.substring(prefix.length()), tensor);
                }
            });
            return group;
        }

        private void requireKnown(Variant variant) {
            for (String name : tensors.keySet()) {
                boolean known = List.of("input", "output", "grad_output", "grad_input").contains(name)
                        || name.startsWith("param.") || name.startsWith("grad.")
                        || variant.name().equals("efficient-kan-update-grid")
                                && (name.equals("samples") || name.startsWith("before."));
                if (!known) {
                    throw new FormatException(what + ": unknown tensor '" + name
                            + "'; expected input, output, grad_output, grad_input, param.* and grad.*");
                }
            }
        }

        private HostTensor required(String name) {
            HostTensor tensor = tensors.get(name);
            if (tensor == null) {
                throw new FormatException(what + ": there is no tensor '" + name + "'; expected input, param.*, output, "
                        + "and for gradients grad_output, grad_input and grad.*");
            }
            return tensor;
        }

        /** A tensor as rows of features; relu_kan's (batch, features, 1) is one, too. */
        private HostTensor rows(String name, HostTensor tensor, long features) {
            Shape shape = tensor.shape();
            int last = shape.rank() - 1;
            while (last > 0 && shape.axis(last) == 1 && features != 1) {
                last--;
            }
            if (last < 0 || shape.axis(last) != features) {
                throw new ShapeException(
                        what + ": " + name + " has shape " + shape + "; the model has " + Counted.of(features, "feature")
                                + " there");
            }
            return tensor.reshape(tensor.size() / features, features);
        }

        private void compareGradient(StateDicts.Loaded model, ParameterVector gradients, String name,
                HostTensor expected) {
            StateDicts.Placed placed = model.placed().get(name);
            if (placed == null) {
                throw new FormatException(what + ": grad." + name + " belongs to no tensor param." + name);
            }
            if (!placed.shape().equals(expected.shape())) {
                throw new ShapeException(what + ": grad." + name + " has shape " + expected.shape() + ", param." + name
                        + " has " + placed.shape());
            }
            TensorInfo info = placed.info();
            HostTensor found = HostTensor.allocate(arena, dtype, expected.shape());
            if (info != null && info.role() == TensorInfo.Role.BUFFER) {
                throw new FormatException(what + ": grad." + name + " is the gradient of a buffer; kan4j trains no such "
                        + "tensor of variant " + model.imported().origin().variant());
            }
            if (info != null) {
                found = StateDicts.restored(arena, gradients.get(arena, info.name()), placed.slot().axes(),
                        expected.shape());
            }
            compare("grad." + name, expected, found);
        }

        private void compare(String name, HostTensor expected, HostTensor found) {
            double error = relativeError(expected, found);
            rows.add(new Row(name, error, error <= tolerance(dtype), Double.NaN));
        }
    }

    /** The L2 norm of the difference over the L2 norm of the expected numbers (over 1 where that is 0). */
    static double relativeError(HostTensor expected, HostTensor found) {
        HostTensor a = expected.reshape(expected.size());
        HostTensor b = found.reshape(found.size());
        double difference = 0;
        double norm = 0;
        for (long i = 0; i < a.size(); i++) {
            double d = b.get(i) - a.get(i);
            difference += d * d;
            norm += a.get(i) * a.get(i);
        }
        return Math.sqrt(difference) / (norm > 0 ? Math.sqrt(norm) : 1);
    }
}
