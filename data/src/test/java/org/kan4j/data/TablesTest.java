// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.ColumnChunk;
import dev.hardwood.reader.ParquetFileReader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.encoding.Encoding;
import org.kan4j.io.Safetensors;
import org.kan4j.tensor.HostTensor;

/** The formats behind {@link Table}. */
class TablesTest {

    @TempDir
    Path folder;

    private Path resource(String name) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = TablesTest.class.getResourceAsStream(name)) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }

    private static TableSet.Options options(String target, String... drop) {
        return new TableSet.Options(target, null, Set.of(drop), Set.of(), Encoding.Missing.REFUSE, 0.2, 1);
    }

    /** The texts of a column in the given order of blocks. */
    private static List<String> texts(Table table, String column, int... blocks) {
        List<String> texts = new ArrayList<>();
        try (Table.Reader reader = table.reader(table.column(column))) {
            for (int block : blocks) {
                reader.seek(block);
                while (reader.next()) {
                    texts.add(reader.missing(0) ? "-" : reader.text(0));
                }
            }
        }
        return texts;
    }

    @Test
    void parquetColumnsOfEveryKindOfNumberAndTextAreRead() throws IOException {
        Table table = Table.open(resource("types.parquet"));
        assertThat(table.rows()).isEqualTo(12);
        assertThat(table.columns()).filteredOn(c -> c.kind() == Table.Kind.NUMBER).extracting(Table.Column::name)
                .containsExactly("id", "big", "single", "double", "flag", "price", "gap");
        assertThat(table.columns()).filteredOn(c -> c.kind() == Table.Kind.TEXT).extracting(Table.Column::name)
                .containsExactly("kind");
        assertThat(table.columns()).filteredOn(c -> c.kind() == Table.Kind.OTHER).extracting(Table.Column::name)
                .containsExactly("day", "list");
        int[] all = {0, 1, 2, 3, 4, 5, 6, 7};
        try (Table.Reader row = table.reader(all)) {
            row.seek(0);
            for (int i = 0; i < 12; i++) {
                assertThat(row.next()).isTrue();
                assertThat(row.row()).isEqualTo(i + 1);
                assertThat(new double[] {row.number(0), row.number(1), row.number(2), row.number(3), row.number(5),
                    row.number(6)}).containsExactly(i, i, i / 4.0, i / 8.0, i % 2 == 0 ? 1 : 0, i / 10.0);
                assertThat(row.text(4)).isEqualTo("k" + i % 3);
                assertThat(row.text(5)).isEqualTo(i % 2 == 0 ? "true" : "false");
                assertThat(row.missing(7)).isEqualTo(i % 5 == 4);
            }
            assertThat(row.next()).isFalse();
        }
    }

    @Test
    void parquetColumnsThatAreNoInputsAreNamedWithTheirType() throws IOException {
        Table table = Table.open(resource("types.parquet"));
        assertThatThrownBy(() -> TableSet.learn(table, options("id"))).isInstanceOf(DataException.class)
                .hasMessageContaining("column 'day' is of type INT32 (DATE), expected numbers, texts or truth values "
                        + "(drop=day");
        assertThatThrownBy(() -> TableSet.learn(table, options("id", "day")))
                .hasMessageContaining("column 'list' is of type nested");
        assertThatThrownBy(() -> TableSet.learn(table, options("id", "day", "list")))
                .hasMessageContaining("types.parquet: row 5, column 'gap': there is no value");
        assertThatThrownBy(() -> TableSet.learn(table, new TableSet.Options("kind", TableSet.Task.REGRESSION,
                Set.of("day", "list", "gap"), Set.of(), Encoding.Missing.REFUSE, 0.2, 1)))
                .hasMessageContaining("column 'kind' is of type BYTE_ARRAY (STRING), regression needs numbers");
        assertThatThrownBy(() -> table.column("bigg")).hasMessageContaining("no column 'bigg' (did you mean 'big'?)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "gzip", "lz4", "groups", "types"})
    void parquetOfEveryCommonCompressionIsRead(String name) throws IOException {
        Table table = Table.open(resource(name + ".parquet"));
        int rows = name.equals("groups") ? 10_000 : name.equals("types") ? 12 : 100;
        assertThat(table.rows()).isEqualTo(rows);
        int[] blocks = new int[table.blocks()];
        Arrays.setAll(blocks, i -> i);
        assertThat(texts(table, table.columns().getFirst().name(), blocks)).hasSize(rows)
                .startsWith("0", "1", "2").endsWith(Integer.toString(rows - 1));
    }

    @Test
    void parquetOfEveryLogicalTypeIsReadAsItIsMeant() throws IOException {
        Table table = Table.open(resource("logical.parquet"));
        int[] all = {0, 1};
        assertThat(texts(table, "u8", all)).containsExactly("250", "251", "252", "253", "254", "255");
        assertThat(texts(table, "u16", all)).containsExactly("65530", "65531", "65532", "65533", "65534", "65535");
        assertThat(texts(table, "u32", all)).startsWith("4294967290").endsWith("4294967295");
        assertThat(texts(table, "u64", all)).startsWith("18446744073709551615", "17293822569102704639");
        assertThat(texts(table, "i8", all)).containsExactly("0", "-1", "-2", "-3", "-4", "-5");
        assertThat(texts(table, "half", all)).containsExactly("0", "0.25", "0.5", "0.75", "1", "1.25");
        assertThat(texts(table, "wide decimal", all)).containsExactly("0", "-0.25", "-0.5", "-0.75", "-1", "-1.25");
        assertThat(texts(table, "decimal", all)).containsExactly("0", "0.25", "0.5", "0.75", "1", "1.25");
        assertThat(texts(table, "flag", all)).startsWith("true", "false");
        assertThat(texts(table, "nothing", all)).containsOnly("-");
        assertThat(texts(table, "empty", all)).containsOnly("-");
        assertThat(texts(table, "gap", all)).containsExactly("0", "1", "2", "3", "-", "5");
        assertThat(texts(table, "kind", all)).startsWith("k0", "k1");
        assertThat(texts(table, "x.y", all)).startsWith("0", "0.5");
        // No inputs, but columns that predictions may pass through.
        assertThat(texts(table, "day", all)).startsWith("2020-01-01", "2020-01-02");
        assertThat(texts(table, "local", all)).startsWith("2020-01-01T00:00", "2020-01-01T01:00");
        assertThat(texts(table, "instant", all)).startsWith("2020-01-01T00:00:00Z");
        assertThat(texts(table, "time", all)).startsWith("01:02:01");
        assertThatThrownBy(() -> texts(table, "list", all)).hasMessageContaining("column 'list' is nested");
        for (String dated : new String[] {"day", "local", "instant", "time"}) {
            List<String> others = new ArrayList<>(List.of("day", "local", "instant", "time", "list"));
            others.remove(dated);
            assertThatThrownBy(() -> TableSet.learn(table, options("decimal", others.toArray(String[]::new))))
                    .hasMessageContaining("column '" + dated + "' is of type INT");
        }
        TableSet set = TableSet.learn(table, options("decimal", "day", "local", "instant", "time", "list", "gap"));
        assertThat(set.notes()).contains("the columns nothing, empty have no value in any row and are left out");
        try (Table.Reader reader = table.reader(table.column("u64"))) {
            reader.seek(0);
            assertThat(reader.next()).isTrue();
            assertThat(reader.number(0)).isEqualTo(0x1p64);
        }
    }

    @Test
    void unsignedNumbersAreThoseOfTheSameRowsInCsv() throws IOException {
        Table parquet = Table.open(resource("uint32.parquet"));
        Table csv = Table.open(resource("uint32.csv"));
        assertThat(texts(parquet, "u", 0)).isEqualTo(texts(csv, "u", 0)).endsWith("4294967295");
    }

    @Test
    void parquetNamesMayHaveDots() throws IOException {
        Table table = Table.open(resource("dotted-name.parquet"));
        assertThat(table.columns()).extracting(Table.Column::name).contains("x.mm");
        assertThat(texts(table, "x.mm", 0)).hasSize(60).startsWith("-1");
        assertThatThrownBy(() -> table.column("x.m")).hasMessageContaining("did you mean 'x.mm'?");
    }

    @Test
    void unsupportedCompressionIsNamed() throws IOException {
        Table table = Table.open(resource("brotli.parquet"));
        assertThatThrownBy(() -> TableSet.learn(table, options("y"))).isInstanceOf(DataException.class)
                .hasMessageContaining("is compressed with BROTLI, which is not supported").hasMessageNotContaining("damaged");
        for (int i = 0; i < table.columns().size(); i++) {
            int column = i;
            assertThatThrownBy(() -> table.reader(column))
                    .hasMessageContaining("column '" + table.columns().get(column).name() + "' is "
                            + "compressed with BROTLI");
        }
    }

    @Test
    void contentDecidesWhereTheNameSaysNothing() throws IOException {
        Path renamed = Files.copy(resource("plain.parquet"), folder.resolve("plain.data"));
        assertThat(Table.open(renamed).rows()).isEqualTo(100);
        assertThatThrownBy(() -> Table.open(renamed, CsvFormat.FROM_FILE.withDecimal(',')))
                .hasMessageContaining("is no CSV file");
        Path parts = Files.createDirectory(folder.resolve("parts"));
        Files.copy(renamed, parts.resolve("part-0.snappy.parquet"));
        Files.copy(renamed, parts.resolve("part-1.snappy.parquet"));
        assertThat(Table.open(parts).rows()).isEqualTo(200);
    }

    @Test
    void blocksCanBeReadInAnyOrder() throws IOException {
        Table table = Table.open(resource("groups.parquet"));
        assertThat(table.blocks()).isEqualTo(5);
        assertThat(table.firstRow(3)).isEqualTo(6144);
        List<String> texts = texts(table, "id", 3, 4, 0, 3);
        assertThat(texts.subList(0, 2)).containsExactly("6144", "6145");
        assertThat(texts.get(table.rows(3))).isEqualTo("8192");
        assertThat(texts.get(table.rows(3) + table.rows(4))).isEqualTo("0");
        assertThat(texts.getLast()).isEqualTo("8191");
    }

    @Test
    void damagedParquetFilesAreRefused() throws IOException {
        byte[] intact = Files.readAllBytes(resource("groups.parquet"));
        Path damaged = folder.resolve("damaged.parquet");
        for (int length : new int[] {0, 3, 4, 11, 12, intact.length / 2, intact.length - 1}) {
            Files.write(damaged, Arrays.copyOf(intact, length));
            assertThatThrownBy(() -> Table.open(damaged)).as("%d bytes", length).isInstanceOf(DataException.class)
                    .hasMessageContaining("damaged.parquet").hasMessageContaining("truncated");
        }
        SplittableRandom random = new SplittableRandom(1);
        int refused = 0;
        for (int trial = 0; trial < 60; trial++) {
            byte[] bytes = intact.clone();
            for (int i = 0; i < 20; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            Files.write(damaged, bytes);
            try {
                Table table = Table.open(damaged);
                for (int block = 0; block < table.blocks(); block++) {
                    for (Table.Column column : table.columns()) {
                        if (column.kind() != Table.Kind.OTHER) {
                            texts(table, column.name(), block);
                        }
                    }
                }
            } catch (DataException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(10);
    }

    /** Snappy's library trusts its own length, and would write past memory that has the header's. */
    @Test
    void aPageThatIsLongerThanItsHeaderSaysIsRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(resource("dotted-name.parquet"));
        int at = 4;
        while (bytes[at] != (byte) 0xe0 || bytes[at + 1] != 3) { // 480, the dictionary's 60 doubles, as Snappy writes it
            at++;
        }
        assertThat(at).isBetween(12, 40);
        bytes[at + 1] = 0x7f;
        Path damaged = Files.write(folder.resolve("longer.parquet"), bytes);
        Table table = Table.open(damaged);
        assertThatThrownBy(() -> table.reader(0)).isInstanceOf(DataException.class)
                .hasMessageContaining("the pages of column 'x.mm' do not fit together");
        table.reader(1).close();
        bytes[at + 1] = 3;
        bytes[6] = 0x14; // its length as a field of 16 bits, which readers pass over: no length
        assertThat(bytes[5]).isEqualTo((byte) 4);
        Path shorter = Files.write(folder.resolve("shorter.parquet"), bytes);
        assertThatThrownBy(() -> Table.open(shorter).reader(0)).hasMessageContaining("the pages of column 'x.mm' do not fit");
    }

    /** Pages are found by the offset index where there is one: places that it makes up are pages of any length. */
    @Test
    void anOffsetIndexOfOtherPagesIsRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(resource("indexed.parquet"));
        Table table = Table.open(Files.write(folder.resolve("indexed.parquet"), bytes));
        assertThat(texts(table, "y", 0)).hasSize(40).startsWith("0", "1").endsWith("39");
        ParquetFileReader reader = ParquetFileReader.open(InputFile.of(folder.resolve("indexed.parquet")));
        ColumnChunk chunk;
        try (reader) {
            chunk = reader.getFileMetaData().rowGroups().getFirst().columns().getFirst();
        }
        int index = chunk.offsetIndexOffset().intValue();
        int wrong = 0;
        for (int at = index; at < index + chunk.offsetIndexLength(); at++) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 2; // the number before or after, in zigzag
            Table other = Table.open(Files.write(folder.resolve("damaged.parquet"), damaged));
            try {
                other.reader(0).close();
            } catch (DataException e) {
                assertThat(e).hasMessageContaining("the pages of column 'x' do not fit together");
                wrong++;
            }
        }
        assertThat(wrong).isGreaterThan(chunk.offsetIndexLength() / 3);
    }

    private Path safetensors(Map<String, HostTensor> tensors) throws IOException {
        Path file = folder.resolve("t.safetensors");
        Safetensors.write(file, tensors, Map.of());
        return file;
    }

    @Test
    void safetensorsAreColumnsOfTheirRows() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Map<String, HostTensor> tensors = new LinkedHashMap<>();
            tensors.put("x", HostTensor.of(arena, new float[][] {{1, 2}, {3, 4}, {5, Float.NaN}}));
            tensors.put("y", HostTensor.of(arena, 0.5, 1.5, 2.5));
            tensors.put("label", HostTensor.of(arena, new int[] {7, 8, 9}));
            Table table = Table.open(safetensors(tensors));
            assertThat(table.columns()).extracting(Table.Column::name).containsExactlyInAnyOrder("x.0", "x.1", "y", "label");
            assertThat(table.rows()).isEqualTo(3);
            assertThat(texts(table, "x.0", 0)).containsExactly("1", "3", "5");
            assertThat(texts(table, "x.1", 0)).containsExactly("2", "4", "-");
            assertThat(texts(table, "y", 0)).containsExactly("0.5", "1.5", "2.5");
            assertThat(texts(table, "label", 0)).containsExactly("7", "8", "9");
            assertThatThrownBy(() -> TableSet.learn(table, options("y")))
                    .hasMessageContaining("t.safetensors: row 3, column 'x.1': there is no value");
        }
    }

    @Test
    void safetensorsOfEveryNumberTypeAreRead() throws IOException {
        ByteBuffer data = ByteBuffer.allocate(2 * 24).order(ByteOrder.LITTLE_ENDIAN);
        data.putLong(-3).putLong(4);
        data.putShort((short) 0xC200).putShort(Float.floatToFloat16(0.5f));
        data.putShort((short) (Float.floatToIntBits(-3) >> 16)).putShort((short) (Float.floatToIntBits(0.5f) >> 16));
        data.putShort((short) -3).putShort((short) 4).putShort((short) 0xffff).putShort((short) 4);
        data.putInt(-1).putInt(4);
        data.put((byte) -3).put((byte) 4).put((byte) 253).put((byte) 4).put((byte) 1).put((byte) 0);
        byte[] header = ("{\"i64\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]},"
                + "\"f16\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[16,20]},"
                + "\"bf16\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[20,24]},"
                + "\"i16\":{\"dtype\":\"I16\",\"shape\":[2],\"data_offsets\":[24,28]},"
                + "\"u16\":{\"dtype\":\"U16\",\"shape\":[2],\"data_offsets\":[28,32]},"
                + "\"u32\":{\"dtype\":\"U32\",\"shape\":[2],\"data_offsets\":[32,40]},"
                + "\"i8\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[40,42]},"
                + "\"u8\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[42,44]},"
                + "\"bool\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[44,46]}}").getBytes(StandardCharsets.UTF_8);
        Path file = folder.resolve("types.safetensors");
        Files.write(file, ByteBuffer.allocate(8 + header.length + 46).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length)
                .put(header).put(data.array(), 0, 46).array());
        Table table = Table.open(file);
        Map<String, List<String>> expected = Map.of("i64", List.of("-3", "4"), "f16", List.of("-3", "0.5"), "bf16",
                List.of("-3", "0.5"), "i16", List.of("-3", "4"), "u16", List.of("65535", "4"), "u32",
                List.of("4294967295", "4"), "i8", List.of("-3", "4"), "u8", List.of("253", "4"), "bool", List.of("1", "0"));
        expected.forEach((name, values) -> assertThat(texts(table, name, 0)).as(name).isEqualTo(values));
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 8 + header.length + 45));
        assertThatThrownBy(() -> Table.open(file)).isInstanceOf(DataException.class).hasMessageContaining("truncated");
        assertThatThrownBy(() -> texts(table, "bool", 0)).isInstanceOf(DataException.class)
                .hasMessageContaining("the file now has");
    }

    @Test
    void safetensorsThatAreNoTableAreRefused() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> Table.open(safetensors(Map.of()))).hasMessageContaining("no tensors");
            Map<String, HostTensor> tensors = new LinkedHashMap<>();
            tensors.put("a", HostTensor.of(arena, 1.0, 2.0));
            tensors.put("b", HostTensor.of(arena, 1.0, 2.0, 3.0));
            assertThatThrownBy(() -> Table.open(safetensors(tensors)))
                    .hasMessageContaining("the tensor 'a' has 2 rows, 'b' has 3");
        }
        Path file = folder.resolve("none.safetensors");
        Files.write(file, new byte[] {1, 2, 3});
        assertThatThrownBy(() -> Table.open(file)).isInstanceOf(DataException.class)
                .hasMessageContaining("fewer than a header");
    }

    @Test
    void theSameRowsInAnyFormatGiveTheSameModelInput() throws IOException {
        Table parquet = Table.open(resource("groups.parquet"));
        List<String> lines = new ArrayList<>(List.of("id,x,kind,y"));
        int[] blocks = {0, 1, 2, 3, 4};
        List<String> id = texts(parquet, "id", blocks);
        List<String> x = texts(parquet, "x", blocks);
        List<String> kind = texts(parquet, "kind", blocks);
        List<String> y = texts(parquet, "y", blocks);
        for (int i = 0; i < id.size(); i++) {
            lines.add(id.get(i) + "," + x.get(i) + "," + kind.get(i) + "," + y.get(i));
        }
        Path csv = Files.write(folder.resolve("groups.csv"), lines);
        TableSet a = TableSet.learn(parquet, options("y"));
        TableSet b = TableSet.learn(Table.open(csv), options("y"));
        assertThat(a.encoding().columns()).isEqualTo(b.encoding().columns());
        assertThat(a.encoding().target()).isEqualTo(b.encoding().target());
        assertThat(a.parts().train().rows()).isEqualTo(8000);
        assertThat(a.parts().test().rows()).isEqualTo(2000);
    }
}
