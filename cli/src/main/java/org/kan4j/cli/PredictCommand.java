// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.Reader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.kan4j.Kan;
import org.kan4j.TrainedKan;
import org.kan4j.cli.PredictionWriter.Format;
import org.kan4j.data.Part;
import org.kan4j.data.Table;
import org.kan4j.device.Context;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Outputs;
import org.kan4j.grid.GridCoverage;
import org.kan4j.rows.RowSource;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j predict}. */
@Command(name = "predict", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Predicts every row of a file with raw values, the columns named as in training.",
    "Writes a row for each: the prediction and, if asked for, columns of the file and the probability of each class."}, footer = {
        "", "Examples:", "  kan4j predict new.csv --model sales.safetensors --id day --out prices.csv",
        "  zcat new.csv.gz | kan4j predict - --model sales.safetensors > prices.csv"})
final class PredictCommand implements Callable<Integer> {

    /** Rows that pass through the model at a time. */
    private static final int BLOCK = 4096;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DATA", description = "A CSV, Parquet or safetensors file, a folder of such, - for standard input, or mnist, fashion-mnist or "
            + "digits for their test part.")
    private String data;

    @Option(names = "--model", paramLabel = "FILE", required = true, description = "A model that kan4j train wrote, or a "
            + "formula.json of kan4j explain.")
    private Path modelFile;

    @Option(names = "--out", paramLabel = "FILE", description = "Where to write the predictions: .parquet, .csv, .tsv, .json or .jsonl, the texts with .gz compressed; - or nothing for "
            + "standard output, as CSV.")
    private Path out;

    @Option(names = "--id", paramLabel = "COLUMN", split = ",", converter = ColumnName.class, description = "Columns of the file to write in front of each prediction.")
    private List<String> ids = new ArrayList<>();

    @Option(names = "--probabilities", description = "Write the probability of each class too.")
    private boolean probabilities;

    @Option(names = "--missing", paramLabel = "WHAT", description = "Missing inputs: refuse them, or fill them with the mean of the training rows; by default as trained.")
    private Encoding.Missing missing;

    @Option(names = "--unseen", paramLabel = "WHAT", description = "Categories that the model was not trained on: refuse them, or take them as unknown, none of those it "
            + "knows; by default as trained.")
    private Encoding.Unseen unseen;

    @Mixin
    private TableOptions tables = new TableOptions();

    @Mixin
    private CoverageOptions coverage = new CoverageOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Override
    public Integer call() throws IOException {
        boolean standard = out == null || out.toString().equals("-");
        new Output.Check().reads("DATA", Job.file(data)).reads("--model", modelFile)
                .writes("--out", standard ? null : out);
        Format format = standard ? Format.CSV : Format.of(out);
        coverage.check();
        if (FormulaFile.is(modelFile)) {
            return byFormula(FormulaFile.read(modelFile), standard ? null : format);
        }
        try (TrainedKan model = Kan.load(modelFile);
                Arena arena = Arena.ofShared();
                Predictor predictor = Predictor.of(model.parameters(), device.options())) {
            Encoding encoding = EvaluateCommand.ruled(model.encoding(), missing, unseen);
            PrintWriter err = spec.commandLine().getErr();
            if (probabilities && !encoding.values().isEmpty()) {
                throw new InputException("--probabilities is for classes, the model predicts a number, '"
                        + encoding.target().name() + "'");
            }
            Table table = EvaluateCommand.table(data, tables, err);
            int[] passed = passed(table);
            RowSource rows = EvaluateCommand.rows(data, table, encoding, false, err)
                    .load(arena, model.parameters().model().dtype(), Part.DEFAULT_MEMORY);
            Work work = new Work(predictor, encoding, rows, table, passed);
            if (standard) {
                printWhole(work, format);
            } else {
                Output.write(out, stream -> {
                    OutputStream packed = out.toString().endsWith(".gz") ? new GZIPOutputStream(stream) : stream;
                    write(work, format, packed);
                    if (packed instanceof GZIPOutputStream gzip) {
                        gzip.finish();
                    }
                });
            }
        }
        return 0;
    }

    /**
     * A formula's values, with all their digits.
     *
     * @param format of the file; null for standard output
     */
    private int byFormula(FormulaFile file, Format format) throws IOException {
        if (probabilities) {
            throw new InputException("--probabilities is for classes, the formula gives a number, '" + file.target() + "'");
        }
        PrintWriter err = spec.commandLine().getErr();
        Table table = EvaluateCommand.table(data, tables, err);
        int[] passed = passed(table);
        Encoding encoding = EvaluateCommand.ruled(file.raw(), missing, unseen);
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        List<String> header = new ArrayList<>(ids);
        header.add(ids.contains(file.target()) ? "predicted " + file.target() : file.target());
        List<Boolean> numbers = IntStream.range(0, header.size()).mapToObj(i -> i == ids.size()).toList();
        try (Arena arena = Arena.ofConfined();
                PredictionWriter writer = PredictionWriter.of(format == null ? Format.CSV : format, whole, header, numbers);
                Passed cells = new Passed(table, passed)) {
            RowSource rows = EvaluateCommand.rows(data, table, encoding, false, err).load(arena, DType.F64, Part.DEFAULT_MEMORY);
            for (double value : file.predict(Meaning.features(rows, Math.max(1, rows.size())))) {
                List<String> row = cells.next();
                row.add(Double.toString(value));
                writer.write(row);
            }
        }
        if (format == null) {
            spec.commandLine().getOut().print(whole.toString(StandardCharsets.UTF_8));
            spec.commandLine().getOut().flush();
        } else {
            Output.write(out, stream -> {
                OutputStream packed = out.toString().endsWith(".gz") ? new GZIPOutputStream(stream) : stream;
                whole.writeTo(packed);
                if (packed instanceof GZIPOutputStream gzip) {
                    gzip.finish();
                }
            });
        }
        return 0;
    }

    /** Prints all predictions or, if a row cannot be predicted, none: whoever reads them would take a part for the whole. */
    private void printWhole(Work work, Format format) throws IOException {
        Path whole;
        try {
            whole = Files.createTempFile("kan4j-", ".predictions");
        } catch (IOException e) {
            throw new InputException("predictions for standard output are collected first, and the temporary folder "
                    + System.getProperty("java.io.tmpdir") + " cannot be written to (--out FILE needs none; "
                    + "KAN4J_JVM_OPTS=-Djava.io.tmpdir=FOLDER names another)", e);
        }
        try {
            try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(whole))) {
                write(work, format, stream);
            }
            try (Reader text = Files.newBufferedReader(whole)) {
                text.transferTo(spec.commandLine().getOut());
            }
            spec.commandLine().getOut().flush();
        } finally {
            Files.deleteIfExists(whole);
        }
    }

    /** What predicts what. The table is null for a known set. */
    private record Work(Predictor predictor, Encoding encoding, RowSource rows, Table table, int[] passed) {
    }

    /** Positions of the columns to pass through. */
    private int[] passed(Table table) {
        if (table == null && !ids.isEmpty()) {
            throw new InputException("--id is for files, not for '" + data + "'");
        }
        if (ids.stream().distinct().count() < ids.size()) {
            throw new InputException("--id names a column twice: " + String.join(", ", ids));
        }
        return ids.stream().mapToInt(id -> table.column(id)).toArray();
    }

    /** Names of the cells of a row, the first ones those passed through. */
    private List<String> header(Encoding encoding) {
        List<String> header = new ArrayList<>(ids);
        List<String> predicted = encoding.values().isEmpty() ? encoding.targets() : encoding.outputs();
        predicted.forEach(name -> header.add(ids.contains(name) ? "predicted " + name : name));
        if (probabilities) {
            encoding.outputs().forEach(label -> header.add("p(" + label + ")"));
        }
        return header;
    }

    private void write(Work work, Format format, OutputStream stream) throws IOException {
        RowSource rows = work.rows;
        DType dtype = rows.dtype();
        List<String> header = header(work.encoding);
        List<Boolean> numbers = new ArrayList<>();
        for (int i = 0; i < header.size(); i++) {
            numbers.add(i > ids.size() || i == ids.size() && !work.encoding.values().isEmpty());
        }
        double[] outputs = new double[work.encoding.target().width()];
        try (Arena arena = Arena.ofShared(); // rows are shared among threads
                PredictionWriter writer = PredictionWriter.of(format, stream, header, numbers);
                Passed passed = new Passed(work.table, work.passed);
                RowSource.Pass pass = rows.inOrder()) {
            HostTensor x = HostTensor.allocate(arena, dtype, BLOCK, rows.in());
            HostTensor results = HostTensor.allocate(arena, dtype, BLOCK, outputs.length);
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
                HostTensor y = results.slice(0, n);
                work.predictor.predict(x.slice(0, n), y);
                for (int i = 0; i < n; i++) {
                    for (int o = 0; o < outputs.length; o++) {
                        outputs[o] = y.get(i, o);
                    }
                    List<String> cells = passed.next();
                    addPrediction(cells, work.encoding, outputs, dtype);
                    writer.write(cells);
                }
            }
            try (Context context = Context.open()) {
                coverage.warn(GridCoverage.measure(context, work.predictor.parameters(), sample),
                        spec.commandLine().getErr());
            }
        }
    }

    /** Goes through the columns of a table that are passed through, row by row. */
    private static final class Passed implements AutoCloseable {

        private final Table table;
        private final int count;
        private final Table.Reader reader;
        private int block = -1;

        Passed(Table table, int[] columns) {
            this.table = table;
            this.count = columns.length;
            this.reader = count == 0 ? null : table.reader(columns);
        }

        /** The cells of the next row, in a list to add to. */
        List<String> next() {
            List<String> cells = new ArrayList<>();
            while (count > 0 && (block < 0 || !reader.next())) {
                reader.seek(++block);
            }
            for (int i = 0; i < count; i++) {
                cells.add(reader.text(i));
            }
            return cells;
        }

        @Override
        public void close() {
            if (reader != null) {
                reader.close();
            }
        }
    }

    private void addPrediction(List<String> cells, Encoding encoding, double[] outputs, DType dtype) {
        double[] values = Outputs.decode(encoding.target(), outputs);
        switch (encoding.target()) {
            case Encoding.Classes classes -> cells.add(classes.labels().get(Outputs.argMax(outputs)));
            case Encoding.Labels several -> cells.add(IntStream.range(0, values.length).filter(i -> values[i] > 0.5)
                    .mapToObj(several.labels()::get).collect(Collectors.joining(" ")));
            case Encoding.Value value -> cells.add(number(value, outputs[0], dtype));
            case Encoding.Numbers several -> {
                for (int o = 0; o < outputs.length; o++) {
                    cells.add(number(several.values().get(o), outputs[o], dtype));
                }
            }
            case Encoding.Quantiles quantiles -> {
                double[] ascending = outputs.clone();
                Arrays.sort(ascending); // as Outputs.decode has them
                for (double output : ascending) {
                    cells.add(number(quantiles.value(), output, dtype));
                }
            }
        }
        if (probabilities) {
            for (double p : values) {
                cells.add(Float.toString((float) p));
            }
        }
    }

    /**
     * The number that an output stands for, in its own unit, with as many digits as the model computes: its float's, and not
     * those of a float of the whole, of which a large mean would leave none.
     */
    static String number(Encoding.Value target, double output, DType dtype) {
        double value = target.decode(output);
        if (dtype == DType.F32 && Double.isFinite(value)) {
            double exact = target.slope(output) * Math.max(Math.abs(output), 1) * 0x1p-24;
            double digits = Math.ceil(-Math.log10(exact));
            double scale = Math.pow(10, digits);
            if (digits >= 0 && digits <= 22 && Math.abs(value * scale) < 0x1p52) {
                value = Math.rint(value * scale) / scale;
            }
        }
        return Math.abs(value) >= 1e7 && Math.abs(value) < 0x1p53 ? BigDecimal.valueOf(value).stripTrailingZeros().toPlainString()
                : Double.toString(value);
    }
}
