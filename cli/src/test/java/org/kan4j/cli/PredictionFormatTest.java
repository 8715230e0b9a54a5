// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which format predictions are written in: by the end of a file's name, in any case, packed or not. */
class PredictionFormatTest {

    @ParameterizedTest
    @CsvSource({"p.csv, CSV", "p, CSV", "p.txt, CSV", "p.tsv, TSV", "p.tab, TSV", "p.json, JSON", "p.jsonl, JSON_LINES",
        "p.ndjson, JSON_LINES", "p.parquet, PARQUET", "P.TSV, TSV", "a.json/p.csv, CSV", "p.csv.gz, CSV", "p.tab.gz, TSV",
        "p.json.gz, JSON", "p.ndjson.GZ, JSON_LINES", "p.gz, CSV", "json, JSON"})
    void theEndOfTheNameSaysIt(String name, PredictionWriter.Format format) {
        assertThat(PredictionWriter.Format.of(Path.of(name))).isEqualTo(format);
    }

    @ParameterizedTest
    @ValueSource(strings = {"safetensors", "xlsx", "xls", "arrow", "feather", "orc", "avro", "h5", "hdf5", "npy", "npz", "zip",
        "bz2", "xz", "zst", "sqlite", "db", "png", "XLSX"})
    void whatIsNotWrittenIsRefusedByName(String end) {
        assertThatThrownBy(() -> PredictionWriter.Format.of(Path.of("p." + end))).isInstanceOf(InputException.class)
                .hasMessageContaining("--out p." + end + ": predictions are not written as ." + end.toLowerCase(
                        java.util.Locale.ROOT));
        assertThatThrownBy(() -> PredictionWriter.Format.of(Path.of("p.parquet.gz"))).isInstanceOf(InputException.class)
                .hasMessageContaining("not compressed as a whole");
    }
}
