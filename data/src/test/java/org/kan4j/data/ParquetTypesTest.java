// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.encoding.Encoding;

/** Every logical type over every physical one that it goes with: what it is to a model, its numbers and its texts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ParquetTypesTest {

    private static final int BOOLEAN = 0;
    private static final int INT32 = 1;
    private static final int INT64 = 2;
    private static final int INT96 = 3;
    private static final int FLOAT = 4;
    private static final int DOUBLE = 5;
    private static final int BYTES = 6;
    private static final int FIXED = 7;

    private static final String NONE = "none";

    /** A column of two cells: as bytes, what it is, and what its cells say; the numbers are NaN where there are none. */
    private record Column(String name, int type, int length, Thrift logical, byte[] cells, Table.Kind kind, String shown,
            double first, double second, String firstText, String secondText) {
    }

    private final List<Column> columns = new ArrayList<>();
    private Table table;

    private static byte[] little(int width, long... numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(width * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long number : numbers) {
            for (int i = 0; i < width; i++) {
                bytes.put((byte) (number >> Math.min(63, 8 * i)));
            }
        }
        return bytes.array();
    }

    private static byte[] texts(String... texts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String text : texts) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            all.writeBytes(little(4, utf8.length));
            all.writeBytes(utf8);
        }
        return all.toByteArray();
    }

    private void number(String name, int type, int length, Thrift logical, byte[] cells, double first, double second,
            String firstText, String secondText, String shown) {
        columns.add(
                new Column(name, type, length, logical, cells, Table.Kind.NUMBER, shown, first, second, firstText, secondText));
    }

    private void other(String name, int type, int length, Thrift logical, byte[] cells, Table.Kind kind, String firstText,
            String secondText, String shown) {
        columns.add(new Column(name, type, length, logical, cells, kind, shown, Double.NaN, Double.NaN, firstText, secondText));
    }

    private static Thrift union(int id, Thrift of) {
        return new Thrift().struct(id, of);
    }

    private static Thrift unit(int id, boolean utc, int unit) {
        return union(id, new Thrift().truth(1, utc).struct(2, union(unit, new Thrift())));
    }

    private static Thrift integer(int bits, boolean signed) {
        return union(10, new Thrift().small(1, bits).truth(2, signed));
    }

    private static Thrift decimal(int scale, int precision) {
        return union(5, new Thrift().number(1, scale).number(2, precision));
    }

    @BeforeAll
    void write(@TempDir Path folder) throws IOException {
        numbers();
        times();
        textsAndBytes();
        table = Table.open(file(folder, columns, 0, 1));
    }

    private void numbers() {
        number("flag", BOOLEAN, 0, null, new byte[] {0b01}, 1, 0, "true", "false", "BOOLEAN");
        number("i", INT32, 0, null, little(4, -7, 8), -7, 8, "-7", "8", "INT32");
        number("l", INT64, 0, null, little(8, -7, 1L << 53 | 1), -7, 0x1p53, "-7", "9007199254740993", "INT64");
        number("f", FLOAT, 0, null, little(4, Float.floatToIntBits(-1.5f), Float.floatToIntBits(3)), -1.5, 3, "-1.5", "3",
                "FLOAT");
        number("d", DOUBLE, 0, null, little(8, Double.doubleToLongBits(0.1), Double.doubleToLongBits(-4)), 0.1, -4, "0.1", "-4",
                "DOUBLE");
        number("i8", INT32, 0, integer(8, true), little(4, -128, 127), -128, 127, "-128", "127", null);
        number("i64", INT64, 0, integer(64, true), little(8, Long.MIN_VALUE, 5), Long.MIN_VALUE, 5, "-9223372036854775808", "5",
                null);
        number("u8", INT32, 0, integer(8, false), little(4, -1, 128), 255, 128, "255", "128", null);
        number("u16", INT32, 0, integer(16, false), little(4, -1, 1 << 15), 65535, 32768, "65535", "32768", null);
        number("u32", INT32, 0, integer(32, false), little(4, -1, Integer.MIN_VALUE), 4294967295.0, 0x1p31, "4294967295",
                "2147483648", null);
        number("u64", INT64, 0, integer(64, false), little(8, -1, (1L << 63) + 1025), 0x1p64, 0x1p63 + 2048,
                "18446744073709551615",
                "9223372036854776833", null);
        number("decimal32", INT32, 0, decimal(2, 9), little(4, -12345, 700), -123.45, 7, "-123.45", "7", null);
        number("decimal64", INT64, 0, decimal(3, 18), little(8, 1, -2000), 0.001, -2, "0.001", "-2", null);
        number("decimal", FIXED, 3, decimal(1, 6), new byte[] {-1, -1, -5, 0, 1, 0}, -0.5, 25.6, "-0.5", "25.6", null);
        byte[] any = new byte[] {1, 0, 0, 0, 5, 0, 0, 0, 0};
        number("decimal of any length", BYTES, 0, decimal(1, 6), any, 0.5, 0, "0.5", "0", null);
        number("half", FIXED, 2, union(15, new Thrift()), little(2, Float.floatToFloat16(-1.5f), Float.floatToFloat16(2048)),
                -1.5,
                2048, "-1.5", "2048", null);
    }

    private void times() {
        other("date", INT32, 0, union(6, new Thrift()), little(4, -1, 20_000), Table.Kind.OTHER, "1969-12-31", "2024-10-04",
                null);
        other("time ms", INT32, 0, unit(7, true, 1), little(4, 0, 3_723_004), Table.Kind.OTHER, "00:00", "01:02:03.004", null);
        other("time us", INT64, 0, unit(7, false, 2), little(8, 1, 3_723_000_005L), Table.Kind.OTHER, "00:00:00.000001",
                "01:02:03.000005", null);
        other("time ns", INT64, 0, unit(7, false, 3), little(8, 7, 3_723_000_000_005L), Table.Kind.OTHER, "00:00:00.000000007",
                "01:02:03.000000005", null);
        other("instant ms", INT64, 0, unit(8, true, 1), little(8, 1, -1), Table.Kind.OTHER, "1970-01-01T00:00:00.001Z",
                "1969-12-31T23:59:59.999Z", null);
        other("instant us", INT64, 0, unit(8, true, 2), little(8, 1, 86_400_000_000L), Table.Kind.OTHER,
                "1970-01-01T00:00:00.000001Z", "1970-01-02T00:00:00Z", null);
        other("local ns", INT64, 0, unit(8, false, 3), little(8, 1, 60_000_000_000L), Table.Kind.OTHER,
                "1970-01-01T00:00:00.000000001", "1970-01-01T00:01", null);
        other("old", INT96, 0, null, little(12, 1, 2), Table.Kind.OTHER, NONE, NONE, "INT96, a time");
    }

    private void textsAndBytes() {
        other("string", BYTES, 0, union(1, new Thrift()), texts(" caf\u00e9", ""), Table.Kind.TEXT, "caf\u00e9", "", null);
        other("enum", BYTES, 0, union(4, new Thrift()), texts("RED", "5"), Table.Kind.TEXT, "RED", "5", null);
        other("json", BYTES, 0, union(12, new Thrift()), texts("{}", "[1]"), Table.Kind.TEXT, "{}", "[1]", null);
        other("plain", BYTES, 0, null, texts("a", "bc"), Table.Kind.TEXT, "a", "bc", "BYTE_ARRAY");
        other("bson", BYTES, 0, union(13, new Thrift()), texts("a", "b"), Table.Kind.OTHER, NONE, NONE, null);
        other("fixed", FIXED, 2, null, new byte[] {1, 2, 3, 4}, Table.Kind.OTHER, NONE, NONE, "FIXED_LEN_BYTE_ARRAY");
        other("uuid", FIXED, 16, union(14, new Thrift()), HexFormat.of().parseHex("00112233445566778899aabbccddeeff"
                + "ffffffffffffffffffffffffffffffff"), Table.Kind.OTHER, "00112233-4455-6677-8899-aabbccddeeff",
                "ffffffff-ffff-ffff-ffff-ffffffffffff", null);
    }

    /** As the format's description has it: in each group two rows and one page a column, no levels, and no more than a codec's name. */
    private static Path file(Path folder, List<Column> columns, int codec, int groups) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes("PAR1".getBytes(StandardCharsets.US_ASCII));
        List<Thrift> schema = new ArrayList<>(List.of(new Thrift().text(4, "schema").number(5, columns.size())));
        for (Column column : columns) {
            Thrift element = new Thrift().number(1, column.type);
            if (column.length > 0) {
                element.number(2, column.length);
            }
            element.number(3, 0).text(4, column.name);
            schema.add(column.logical == null ? element : element.struct(10, column.logical));
        }
        List<Thrift> all = new ArrayList<>();
        for (int group = 0; group < groups; group++) {
            List<Thrift> chunks = new ArrayList<>();
            int begin = file.size();
            for (Column column : columns) {
                int at = file.size();
                int size = column.cells.length / groups;
                file.writeBytes(new Thrift().number(1, 0).number(2, size).number(3, size)
                        .struct(5, new Thrift().number(1, 2).number(2, 0).number(3, 3).number(4, 3)).end());
                file.write(column.cells, group * size, size);
                long bytes = file.size() - at;
                chunks.add(new Thrift().whole(2, at).struct(3, new Thrift().number(1, column.type).numbers(2, 0)
                        .texts(3, column.name).number(4, codec).whole(5, 2).whole(6, bytes).whole(7, bytes).whole(9, at)));
            }
            all.add(new Thrift().structs(1, chunks).whole(2, file.size() - begin).whole(3, 2));
        }
        byte[] footer = new Thrift().number(1, 1).structs(2, schema).whole(3, 2L * groups).structs(4, all).end();
        file.writeBytes(footer);
        file.writeBytes(little(4, footer.length));
        file.writeBytes("PAR1".getBytes(StandardCharsets.US_ASCII));
        return Files.write(folder.resolve("types" + codec + ".parquet"), file.toByteArray());
    }

    /** What is no number is no value, in doubles, floats and halves. */
    @Test
    void notANumberIsNoValue(@TempDir Path folder) throws IOException {
        List<Column> gaps = new ArrayList<>();
        long nan = Double.doubleToLongBits(Double.NaN);
        gaps.add(column("d", DOUBLE, 0, null, little(8, nan, 0)));
        gaps.add(column("f", FLOAT, 0, null, little(4, Float.floatToIntBits(Float.NaN), 0)));
        gaps.add(column("h", FIXED, 2, union(15, new Thrift()), little(2, 0x7e00, 0)));
        Table table = Table.open(file(folder, gaps, 0, 1));
        try (Table.Reader reader = table.reader(0, 1, 2)) {
            reader.seek(0);
            for (int row = 0; row < 2; row++) {
                reader.next();
                for (int i = 0; i < 3; i++) {
                    int at = i;
                    assertThat(reader.missing(i)).isEqualTo(row == 0);
                    if (row == 0) {
                        assertThatThrownBy(() -> reader.number(at)).hasMessage(table.path() + ": row 1, column '"
                                + gaps.get(at).name + "': expected a number, got 'NaN'");
                    }
                }
            }
        }
    }

    private static Column column(String name, int type, int length, Thrift logical, byte[] cells) {
        return new Column(name, type, length, logical, cells, Table.Kind.NUMBER, null, 0, 0, "", "");
    }

    /** What is kept of a wide block is of that block and those columns alone. */
    @Test
    void wideTablesAreReadBlockByBlockInAnyOrder(@TempDir Path folder) throws IOException {
        List<Column> wide = new ArrayList<>();
        for (int c = 0; c < 140; c++) {
            wide.add(column("c" + c, INT32, 0, null, little(4, 10 * c, 10 * c + 1, 10 * c + 2, 10 * c + 3)));
        }
        Table table = Table.open(file(folder, wide, 0, 2));
        assertThat(table.rows()).isEqualTo(4);
        assertThat(table.blocks()).isEqualTo(2);
        for (int from : new int[] {0, 70, 35, 0}) {
            int[] wanted = java.util.stream.IntStream.range(from, from + 70).toArray();
            try (Table.Reader reader = table.reader(wanted)) {
                for (int block : new int[] {0, 1, 0, 0, 1, 1}) {
                    reader.seek(block);
                    for (int row = 0; row < 2; row++) {
                        assertThat(reader.next()).isTrue();
                        assertThat(reader.row()).isEqualTo(2 * block + row + 1);
                        for (int i : new int[] {0, 1, 63, 64, 69}) {
                            assertThat(reader.number(i)).isEqualTo(10 * (from + i) + 2 * block + row);
                        }
                    }
                    assertThat(reader.next()).isFalse();
                }
            }
        }
    }

    @Test
    void everyTypeIsWhatItMeans() {
        assertThat(table.columns()).hasSize(columns.size());
        try (Table.Reader reader = table.reader(java.util.stream.IntStream.range(0, columns.size()).toArray())) {
            reader.seek(0);
            for (int row = 0; row < 2; row++) {
                assertThat(reader.next()).isTrue();
                for (int i = 0; i < columns.size(); i++) {
                    Column column = columns.get(i);
                    assertThat(table.columns().get(i).name()).isEqualTo(column.name);
                    assertThat(table.columns().get(i).kind()).as(column.name).isEqualTo(column.kind);
                    assertThat(reader.missing(i)).as(column.name).isFalse();
                    assertThat(reader.tryNumber(i)).as(column.name)
                            .isEqualTo(Double.valueOf(row == 0 ? column.first : column.second));
                    int at = i;
                    if (column.firstText.equals(NONE)) {
                        assertThatThrownBy(() -> reader.text(at)).isInstanceOf(DataException.class)
                                .hasMessageEndingWith("row " + (row + 1) + ", column '" + column.name + "': is of type "
                                        + table.columns().get(i).type() + ", which has no text");
                    } else {
                        assertThat(reader.text(i)).as(column.name).isEqualTo(row == 0 ? column.firstText : column.secondText);
                    }
                    if (column.shown != null) {
                        assertThat(table.columns().get(i).type()).isEqualTo(column.shown);
                    }
                    if (column.kind == Table.Kind.TEXT) {
                        assertThatThrownBy(() -> reader.number(at)).hasMessageContaining("expected a number, got '");
                    }
                }
            }
            assertThat(reader.next()).isFalse();
        }
    }

    /** No input, and said to be none by its type. */
    @Test
    void whatIsNoInputIsNamed() {
        for (Column column : columns) {
            if (column.kind == Table.Kind.OTHER) {
                java.util.Set<String> drop = new java.util.HashSet<>(columns.stream().map(Column::name).toList());
                drop.removeAll(List.of(column.name, "i"));
                assertThatThrownBy(() -> TableSet.learn(table, new TableSet.Options("i", null, drop, java.util.Set.of(),
                        Encoding.Missing.REFUSE, 0.2, 1))).isInstanceOf(DataException.class)
                        .hasMessageContaining("column '" + column.name + "' is of type ")
                        .hasMessageContaining(", expected numbers, texts or truth values (");
            }
        }
    }

    @Test
    void compressionsThatAreNotReadAreNamed(@TempDir Path folder) throws IOException {
        for (int codec : new int[] {3, 4}) {
            Table packed = Table.open(file(folder, columns, codec, 1));
            assertThatThrownBy(() -> packed.reader(1)).isInstanceOf(DataException.class).hasMessage(packed.path()
                    + ": column 'i' is compressed with " + (codec == 3 ? "LZO" : "BROTLI")
                    + ", which is not supported; write it with Snappy, Zstandard, LZ4, gzip or no compression");
        }
    }

    /** A struct of Thrift's compact protocol. */
    private static final class Thrift {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private int last;

        private Thrift field(int id, int type) {
            bytes.write(id - last << 4 | type);
            last = id;
            return this;
        }

        private Thrift varint(long number) {
            long left = number;
            for (; (left & ~0x7fL) != 0; left >>>= 7) {
                bytes.write((int) (left & 0x7f | 0x80));
            }
            bytes.write((int) left);
            return this;
        }

        private Thrift zigzag(long number) {
            return varint(number << 1 ^ number >> 63);
        }

        private Thrift string(String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            varint(utf8.length).bytes.writeBytes(utf8);
            return this;
        }

        private Thrift list(int id, int type, int size) {
            field(id, 9).bytes.write(size < 15 ? size << 4 | type : 0xf0 | type);
            return size < 15 ? this : varint(size);
        }

        Thrift truth(int id, boolean value) {
            return field(id, value ? 1 : 2);
        }

        Thrift small(int id, int number) {
            field(id, 3).bytes.write(number);
            return this;
        }

        Thrift number(int id, int number) {
            return field(id, 5).zigzag(number);
        }

        Thrift whole(int id, long number) {
            return field(id, 6).zigzag(number);
        }

        Thrift text(int id, String text) {
            return field(id, 8).string(text);
        }

        Thrift numbers(int id, int only) {
            return list(id, 5, 1).zigzag(only);
        }

        Thrift texts(int id, String only) {
            return list(id, 8, 1).string(only);
        }

        Thrift struct(int id, Thrift of) {
            field(id, 12).bytes.writeBytes(of.end());
            return this;
        }

        Thrift structs(int id, List<Thrift> all) {
            list(id, 12, all.size());
            all.forEach(each -> bytes.writeBytes(each.end()));
            return this;
        }

        byte[] end() {
            ByteArrayOutputStream ended = new ByteArrayOutputStream();
            ended.writeBytes(bytes.toByteArray());
            ended.write(0);
            return ended.toByteArray();
        }
    }
}
