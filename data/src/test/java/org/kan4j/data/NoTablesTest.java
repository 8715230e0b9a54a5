// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.io.Safetensors;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** What is no table, or none of its columns, is refused by what it is. */
class NoTablesTest {

    @TempDir
    Path folder;

    @Test
    void tensorsThatAreNoColumnsAreRefused() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            HostTensor wide = HostTensor.allocate(arena, DType.F32, 1, 65_536);
            HostTensor one = HostTensor.allocate(arena, DType.F32, 1);
            assertThat(Table.open(tensors("x", wide, "x", wide)).columns()).as("as many as there may be").hasSize(65_536);
            assertThatThrownBy(() -> Table.open(tensors("x", wide, "y", one))).isInstanceOf(DataException.class)
                    .hasMessageEndingWith("t.safetensors: 65537 columns, at most 65536 are supported");
            assertThatThrownBy(() -> Table.open(tensors("x", HostTensor.allocate(arena, DType.F32, 1, 2), "x.0", one)))
                    .hasMessageEndingWith(
                            "t.safetensors: two columns of one name, such as a tensor 'x.0' beside the first column of "
                                    + "a tensor 'x'");
            assertThatThrownBy(() -> Table.open(tensors("x", HostTensor.allocate(arena, DType.F32), "y", one)))
                    .hasMessageEndingWith("the tensor 'x' is a single number; in a table each has the rows as its first axis");
        }
    }

    private Path tensors(String a, HostTensor first, String b, HostTensor second) throws IOException {
        Path file = folder.resolve("t.safetensors");
        Map<String, HostTensor> tensors = new LinkedHashMap<>(Map.of(a, first));
        tensors.put(b, second);
        Safetensors.write(file, tensors, Map.of());
        return file;
    }

    @Test
    void whatIsNoParquetFileSaysWhatItIs() throws IOException {
        String[][] files = {{"", "has 0 bytes, too few for a Parquet file; it may be truncated"},
            {"PAR", "has 3 bytes, too few for a Parquet file; it may be truncated"},
            {"x,y\n", "is no Parquet file: it does not begin with PAR1, as these do"}};
        for (String[] file : files) {
            Path path = Files.writeString(folder.resolve("t.parquet"), file[0]);
            assertThatThrownBy(() -> Table.open(path)).isInstanceOf(DataException.class).hasMessage(path + " " + file[1]);
        }
    }

    @Test
    void aTargetThatIsNoColumnIsNamed() throws IOException {
        Table table = Table.open(Files.writeString(folder.resolve("t.csv"), "x,y\n1,2\n"));
        assertThat(TargetScan.names(table, "x, y")).containsExactly("x", "y");
        assertThatThrownBy(() -> TargetScan.names(table, ",x")).isInstanceOf(DataException.class).hasMessageContaining("''");
        assertThatThrownBy(() -> TargetScan.names(table, "x,x")).hasMessageContaining("'x'");
        assertThatThrownBy(() -> TargetScan.names(table, "z")).hasMessageContaining("no column 'z'");
    }

    /** A first row of more cells than the second is a header all the same, and the row is what is refused. */
    @Test
    void aRowThatIsShorterThanTheHeaderIsNamed() throws IOException {
        for (String text : new String[] {"a,b,c\n1,2\n", "7,8,9\n1,2\n3,4,5\n"}) {
            Path file = Files.writeString(folder.resolve("short.csv"), text);
            assertThatThrownBy(() -> {
                Table table = Table.open(file);
                try (Table.Reader reader = table.reader(0, 1, 2)) {
                    reader.seek(0);
                    while (reader.next()) {
                        reader.text(2);
                    }
                }
            }).isInstanceOf(DataException.class).hasMessageContaining("short.csv: row").hasMessageContaining("2");
        }
    }

    /** By how it begins. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"PK\\x03\\x04|a zip archive, a workbook of Excel (.xlsx)",
        "\\x80\\x02|a pickle of Python",
        "\\x80\\x04|a pickle of Python", "\\x80\\x05|a pickle of Python", "\\xd0\\xcf\\x11\\xe0|a workbook of Excel (.xls)",
        "BZh|compressed with bzip2", "(\\xb5/\\xfd|compressed with Zstandard", "\\xfd7zXZ|compressed with xz",
        "7z\\xbc\\xaf\\x27\\x1c|a 7-Zip archive", "\\x04\"M\\x18|compressed with LZ4", "ARROW1\\x00\\x00|an Arrow (Feather) file",
        "FEA1\\x00|a Feather file", "PARE|an encrypted Parquet file", "Obj\\x01|an Avro file",
        "SQLite format 3|an SQLite database",
        "\\x89HDF\\x0d\\x0a\\x1a\\x0a|an HDF5 file", "\\x93NUMPY|a NumPy array", "%PDF-1.7|a PDF document",
        "<stata|a file of Stata",
        "$FL2|a file of SPSS", "HEADER RECORD**|a transport file of SAS", "ORC|an ORC file", "<table|a web page's table",
        "<?xml|an XML document", "<!doctype|a web page, not the file it links to",
        "<!DOCTYPE|a web page, not the file it links to",
        "<html|a web page, not the file it links to", "version https://git-lfs|a pointer of Git LFS"})
    void whatIsNoTableIsNamed(String begins, String what) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < begins.length(); i++) {
            boolean byteOfTwoDigits = begins.startsWith("\\x", i);
            text.append(byteOfTwoDigits ? (char) Integer.parseInt(begins.substring(i + 2, i + 4), 16) : begins.charAt(i));
            i += byteOfTwoDigits ? 3 : 0;
        }
        for (String name : new String[] {"t.csv", "t.parquet", "t"}) {
            Path file = Files.write(folder.resolve(name), (text + "and more of it\n").getBytes(StandardCharsets.ISO_8859_1));
            assertThatThrownBy(() -> Table.open(file)).isInstanceOf(DataException.class)
                    .hasMessageContaining(file + " is " + what);
        }
    }
}
