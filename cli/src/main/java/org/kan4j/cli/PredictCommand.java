// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import de.siegmar.fastcsv.writer.CsvWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.kan4j.device.Context;
import org.kan4j.tensor.DType;
import org.kan4j.device.Device;
import org.kan4j.tensor.DeviceTensor;
import org.kan4j.grid.GridCoverage;
import org.kan4j.tensor.HostTensor;
import org.kan4j.rows.RowSource;
import org.kan4j.model.Workspace;
import org.kan4j.data.Encoding;
import org.kan4j.data.Part;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j predict}. */
@Command(name = "predict", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Predicts every row of a file with raw values, the columns named as in training.",
            "Writes a CSV file with a row for each: the prediction, and with classes the probability of each."})
final class PredictCommand implements Callable<Integer> {

    /** Rows that pass through the model at a time. */
    private static final int BLOCK = 256;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DATA",
            description = "A CSV, Parquet or safetensors file, or mnist, fashion-mnist or digits for their test part.")
    private String data;

    @Option(names = "--model", paramLabel = "FILE", required = true, description = "A model that kan4j train wrote, or a formula.json of kan4j explain.")
    private Path modelFile;

    @Option(names = "--out", paramLabel = "FILE", description = "Where to write the predictions; standard output by default.")
    private Path out;

    @Mixin
    private CoverageOptions coverage = new CoverageOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Override
    public Integer call() throws IOException {
        new Output.Check().reads("DATA", Job.file(data)).reads("--model", modelFile).writes("--out", out);
        coverage.check();
        if (FormulaFile.is(modelFile)) {
            return byFormula(FormulaFile.read(modelFile));
        }
        try (Model model = Model.read(modelFile); Context context = device.open(); Arena arena = Arena.ofShared()) {
            RowSource rows = EvaluateCommand.rows(data, model.encoding(), false, spec.commandLine().getErr())
                    .load(arena, model.parameters().model().dtype(), Part.DEFAULT_MEMORY);
            if (out == null) {
                write(context, model, rows, spec.commandLine().getOut());
                spec.commandLine().getOut().flush();
            } else {
                Output.write(out, stream -> {
                    Writer text = new OutputStreamWriter(stream, StandardCharsets.UTF_8);
                    write(context, model, rows, text);
                    text.flush();
                });
            }
        }
        return 0;
    }

    /** A formula's values, with all their digits. */
    private int byFormula(FormulaFile file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            RowSource rows = EvaluateCommand.rows(data, file.raw(), false, spec.commandLine().getErr())
                    .load(arena, DType.F64, Part.DEFAULT_MEMORY);
            double[] values = file.predict(Meaning.features(rows, Math.max(1, rows.size())));
            java.io.StringWriter text = new java.io.StringWriter();
            CsvWriter csv = CsvWriter.builder().bufferSize(0).build(text);
            csv.writeRecord(file.target());
            for (double value : values) {
                csv.writeRecord(Double.toString(value));
            }
            if (out == null) {
                spec.commandLine().getOut().print(text.toString());
                spec.commandLine().getOut().flush();
            } else {
                Output.write(out, text.toString().getBytes(StandardCharsets.UTF_8));
            }
        }
        return 0;
    }

    private void write(Context context, Model model, RowSource rows, Writer text) throws IOException {
        Encoding.Target target = model.encoding().target();
        DType dtype = rows.dtype();
        List<String> header = new ArrayList<>(List.of(target.name()));
        if (target instanceof Encoding.Classes classes) {
            classes.labels().forEach(l -> header.add("p(" + l + ")"));
        }
        int width = target.width();
        double[] outputs = new double[width];
        CsvWriter csv = CsvWriter.builder().bufferSize(0).build(text);  // the caller closes the text
        csv.writeRecord(header);
        try (Arena arena = Arena.ofConfined();
             org.kan4j.model.Parameters parameters = model.parameters().onto(context);
             Workspace workspace = Workspace.inference(context, parameters, BLOCK);
             RowSource.Pass pass = rows.inOrder()) {
            HostTensor x = HostTensor.allocate(arena, dtype, BLOCK, rows.in());
            HostTensor results = HostTensor.allocate(arena, dtype, BLOCK, width);
            // Evenly spread rows are kept as they pass: the file is read once.
            HostTensor sample = HostTensor.allocate(arena, dtype, Math.min(rows.size(), GridCoverage.ROWS), rows.in());
            long rowBytes = rows.in() * dtype.bytes();
            long kept = 0;
            for (int from = 0; from < rows.size(); from += BLOCK) {
                int n = Math.min(BLOCK, rows.size() - from);
                pass.read(from, from + n, x.segment(), MemorySegment.NULL, MemorySegment.NULL);
                for (; kept < sample.rows() && kept * rows.size() / sample.rows() < from + n; kept++) {
                    long row = kept * rows.size() / sample.rows() - from;
                    MemorySegment.copy(x.segment(), row * rowBytes, sample.segment(), kept * rowBytes, rowBytes);
                }
                HostTensor y = forward(context, workspace, x.slice(0, n), results.slice(0, n));
                for (int i = 0; i < n; i++) {
                    for (int o = 0; o < width; o++) {
                        outputs[o] = y.get(i, o);
                    }
                    csv.writeRecord(cells(target, outputs, dtype));
                }
            }
            coverage.warn(GridCoverage.measure(context, parameters, sample), spec.commandLine().getErr());
        }
    }

    private static HostTensor forward(Context context, Workspace workspace, HostTensor x, HostTensor y) {
        if (context.device() instanceof Device.Cpu) {
            workspace.forward(x, y);
            return y;
        }
        try (DeviceTensor copy = DeviceTensor.of(context, x)) {
            return workspace.forward(copy).copyTo(y);
        }
    }

    private static List<String> cells(Encoding.Target target, double[] outputs, DType dtype) {
        return switch (target) {
            case Encoding.Value value -> List.of(number(outputs[0] * value.deviation() + value.mean(), dtype));
            case Encoding.Classes classes -> {
                double[] probabilities = softmax(outputs);
                int best = 0;
                for (int i = 1; i < probabilities.length; i++) {
                    best = probabilities[i] > probabilities[best] ? i : best;
                }
                List<String> cells = new ArrayList<>(List.of(classes.labels().get(best)));
                for (double p : probabilities) {
                    cells.add(number(p, DType.F32));
                }
                yield cells;
            }
        };
    }

    /** With as many digits as the model computes in. */
    private static String number(double value, DType dtype) {
        return dtype == DType.F32 ? Float.toString((float) value) : Double.toString(value);
    }

    private static double[] softmax(double[] logits) {
        double max = Double.NEGATIVE_INFINITY;
        for (double l : logits) {
            max = Math.max(max, l);
        }
        double[] p = new double[logits.length];
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            p[i] = Math.exp(logits[i] - max);
            sum += p[i];
        }
        for (int i = 0; i < p.length; i++) {
            p[i] /= sum;
        }
        return p;
    }
}
