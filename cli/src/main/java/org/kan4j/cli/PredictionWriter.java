// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Writes rows of named cells in the format that a file's name says. Does not close what it writes to. */
interface PredictionWriter extends AutoCloseable {

    /** A format of files. */
    enum Format {
        CSV, TSV, JSON, JSON_LINES, PARQUET;

        /** By the end of a file's name, without {@code .gz}; CSV where that says nothing. */
        static Format of(Path file) {
            String name = file.getFileName().toString().toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
            String end = name.substring(name.lastIndexOf('.') + 1);
            return switch (end) {
                case "tsv", "tab" -> TSV;
                case "json" -> JSON;
                case "jsonl", "ndjson" -> JSON_LINES;
                case "parquet" -> {
                    if (file.toString().endsWith(".gz")) {
                        throw new InputException(
                                "--out " + file + ": a Parquet file is not compressed as a whole; expected .parquet");
                    }
                    yield PARQUET;
                }
                case "safetensors", "xlsx", "xls", "arrow", "feather", "orc", "avro", "h5", "hdf5", "npy", "npz",
                        "zip",
                        "bz2", "xz", "zst", "sqlite", "db", "png" ->
                    throw new InputException(
                            "--out " + file + ": predictions are not written as ." + end + "; expected a name that "
                                    + "ends with .parquet, .csv, .tsv, .json or .jsonl, or one of the last four and .gz");
                default -> CSV;
            };
        }
    }

    /** Writes a row; numbers are texts that are numbers. */
    void write(List<String> cells) throws IOException;

    /** Ends what is written, which is then whole in the stream. */
    @Override
    void close() throws IOException;

    /**
     * A writer.
     *
     * @param header names of the cells
     * @param numbers which of them are numbers
     */
    static PredictionWriter of(Format format, OutputStream stream, List<String> header, List<Boolean> numbers)
            throws IOException {
        Writer text = new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8));
        return switch (format) {
            case PARQUET -> new ParquetWriter(stream, header, numbers);
            case CSV -> delimited(',', text, header);
            case TSV -> delimited('\t', text, header);
            case JSON -> new Json(text, header, numbers, false);
            case JSON_LINES -> new Json(text, header, numbers, true);
        };
    }

    private static PredictionWriter delimited(char separator, Writer text, List<String> header) {
        CsvWriter csv = CsvWriter.builder().fieldSeparator(separator).lineDelimiter(LineDelimiter.PLATFORM).bufferSize(0)
                .build(text);
        csv.writeRecord(header);
        return new PredictionWriter() {
            @Override
            public void write(List<String> cells) {
                csv.writeRecord(cells);
            }

            @Override
            public void close() throws IOException {
                text.flush();
            }
        };
    }

    /** Objects, one a line; with brackets around them unless they are JSON lines. */
    final class Json implements PredictionWriter {

        private final JsonGenerator generator;
        private final List<String> header;
        private final List<Boolean> numbers;
        private final boolean lines;

        Json(Writer text, List<String> header, List<Boolean> numbers, boolean lines) throws IOException {
            this.header = header;
            this.numbers = numbers;
            this.lines = lines;
            generator = new JsonFactory().createGenerator(text).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            if (lines) {
                generator.setPrettyPrinter(new MinimalPrettyPrinter(System.lineSeparator()));
            } else {
                DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
                printer.indentObjectsWith(DefaultPrettyPrinter.FixedSpaceIndenter.instance);
                printer.indentArraysWith(new com.fasterxml.jackson.core.util.DefaultIndenter("", System.lineSeparator()));
                generator.setPrettyPrinter(printer);
                generator.writeStartArray();
            }
        }

        @Override
        public void write(List<String> cells) throws IOException {
            generator.writeStartObject();
            for (int i = 0; i < cells.size(); i++) {
                generator.writeFieldName(header.get(i));
                if (!numbers.get(i)) {
                    generator.writeString(cells.get(i));
                } else if (Double.isFinite(Double.parseDouble(cells.get(i)))) {
                    generator.writeNumber(cells.get(i));
                } else {
                    generator.writeNull(); // JSON has no other word
                }
            }
            generator.writeEndObject();
        }

        @Override
        public void close() throws IOException {
            if (!lines) {
                generator.writeEndArray();
            }
            generator.writeRaw(System.lineSeparator());
            generator.flush();
        }
    }
}
