// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.kan4j.device.Context;
import org.kan4j.tensor.DType;
import org.kan4j.error.KanException;
import org.kan4j.interop.Verification;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j verify}. */
@Command(name = "verify", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Checks kan4j's numbers against those of a model computed elsewhere.",
    "Each file is safetensors with input, param.*, output and, for gradients, grad_output, grad_input and grad.*; "
            + "its metadata has variant and config. Prints the relative L2 error of each tensor.",
    "Exit status 1 if one exceeds 1e-9 (f64) or 1e-5 (f32), 2 if a file cannot be used."})
final class VerifyCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Files to check.")
    private List<Path> files;

    @Option(names = "--dtype", paramLabel = "TYPE", description = "Compute in f32 or f64; by default in the type of the file's output.")
    private String dtype;

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Override
    public Integer call() {
        DType type = dtype == null ? null : Options.dtype(dtype);
        PrintWriter out = spec.commandLine().getOut();
        int status = 0;
        try (Context context = device.open()) {
            for (Path file : files) {
                try {
                    Verification.Result result = Verification.verify(context, file, type);
                    print(out, file, context, result);
                    status = Math.max(status, result.passed() ? 0 : Main.FAILURE);
                } catch (IOException e) {
                    status = refuse(Main.describe(e));
                } catch (KanException e) {
                    if (e.status() == org.kan4j.error.Status.INTERNAL || e.status() == org.kan4j.error.Status.DEVICE_ERROR) {
                        throw e;
                    }
                    status = refuse(e.getMessage());
                }
            }
        }
        return status;
    }

    /** The other files are still checked. */
    private int refuse(String message) {
        spec.commandLine().getErr().println("kan4j: " + message);
        return Main.BAD_INPUT;
    }

    private static void print(PrintWriter out, Path file, Context context, Verification.Result result) {
        out.println(file + ": " + result.variant() + ", " + result.dtype().name().toLowerCase(Locale.ROOT) + ", " + context);
        int width = result.rows().stream().mapToInt(row -> row.tensor().length()).max().orElse(0);
        for (Verification.Row row : result.rows()) {
            out.printf(Locale.ROOT, "  %-" + width + "s  %9.2e  %s%n", row.tensor(), row.error(),
                    row.passed() ? "ok" : "FAILED, at most " + Verification.tolerance(result.dtype()) + " expected"
                            + (Double.isNaN(row.rounding()) ? ""
                                    : String.format(Locale.ROOT, "; rounding input and parameters to f32 alone makes %.2e",
                                            row.rounding())));
        }
    }
}
