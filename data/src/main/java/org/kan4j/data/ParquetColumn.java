// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import dev.hardwood.metadata.LogicalType;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.ColumnReader;
import dev.hardwood.reader.Validity;
import dev.hardwood.schema.ColumnSchema;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.BitSet;

/** The cells of one Parquet column in one block, as their physical type stores them and as their logical type means them. */
final class ParquetColumn {

    private final PhysicalType type;
    private final LogicalType logical;
    private final Table.Kind kind;
    private final boolean text;
    private final Object values;
    private final BitSet nulls = new BitSet();

    /** Room for so many cells. */
    ParquetColumn(ColumnSchema schema, int rows) {
        type = schema.type();
        logical = schema.logicalType();
        kind = kind(type, logical);
        text = kind == Table.Kind.TEXT;
        values = switch (type) {
            case BOOLEAN -> new boolean[rows];
            case INT32 -> new int[rows];
            case INT64 -> new long[rows];
            case FLOAT -> new float[rows];
            case DOUBLE -> new double[rows];
            default -> text ? new String[rows] : new byte[rows][];
        };
    }

    /** What a column of a type is to a model. */
    static Table.Kind kind(PhysicalType type, LogicalType logical) {
        if (logical instanceof LogicalType.NullType || logical instanceof LogicalType.DecimalType
                || logical instanceof LogicalType.Float16Type) {
            return Table.Kind.NUMBER;
        }
        boolean plain = logical == null;
        return switch (type) {
            case BOOLEAN, FLOAT, DOUBLE -> plain ? Table.Kind.NUMBER : Table.Kind.OTHER;
            case INT32, INT64 -> plain || logical instanceof LogicalType.IntType ? Table.Kind.NUMBER : Table.Kind.OTHER;
            case BYTE_ARRAY -> plain || logical instanceof LogicalType.StringType || logical instanceof LogicalType.EnumType
                    || logical instanceof LogicalType.JsonType ? Table.Kind.TEXT : Table.Kind.OTHER;
            default -> Table.Kind.OTHER;
        };
    }

    /** Takes cells over from a reader's batch. */
    void take(ColumnReader reader, int from, int to, int count) {
        Object batch = switch (type) {
            case BOOLEAN -> reader.getBooleans();
            case INT32 -> reader.getInts();
            case INT64 -> reader.getLongs();
            case FLOAT -> reader.getFloats();
            case DOUBLE -> reader.getDoubles();
            default -> text ? reader.getStrings() : reader.getBinaries();
        };
        System.arraycopy(batch, from, values, to, count);
        Validity validity = reader.getLeafValidity();
        if (validity.hasNulls()) {
            for (int i = 0; i < count; i++) {
                nulls.set(to + i, validity.isNull(from + i));
            }
        }
    }

    boolean isNull(int row) {
        return nulls.get(row);
    }

    /** The number in a cell that is not null; NaN in a column of other kinds. */
    double number(int row) {
        return kind == Table.Kind.NUMBER ? stored(row) : Double.NaN;
    }

    private double stored(int row) {
        if (logical instanceof LogicalType.DecimalType) {
            return decimal(row).doubleValue();
        }
        if (logical instanceof LogicalType.Float16Type) {
            byte[] half = ((byte[][]) values)[row];
            return Float.float16ToFloat((short) (half[0] & 0xff | half[1] << 8));
        }
        return switch (type) {
            case BOOLEAN -> ((boolean[]) values)[row] ? 1 : 0;
            case INT32 -> unsigned(32) ? unsigned32(row) : ((int[]) values)[row];
            case INT64 -> {
                long value = ((long[]) values)[row];
                yield unsigned(64) && value < 0 ? (value >>> 1 | value & 1) * 2.0 : value;
            }
            case FLOAT -> ((float[]) values)[row];
            case DOUBLE -> ((double[]) values)[row];
            default -> Double.NaN;
        };
    }

    private boolean unsigned(int width) {
        return logical instanceof LogicalType.IntType integer && !integer.isSigned() && integer.bitWidth() <= width;
    }

    /** Of 8, 16 or 32 bits; what is above these is no part of the number. */
    private long unsigned32(int row) {
        return ((int[]) values)[row] & (1L << ((LogicalType.IntType) logical).bitWidth()) - 1;
    }

    private BigDecimal decimal(int row) {
        BigInteger unscaled = switch (type) {
            case INT32 -> BigInteger.valueOf(((int[]) values)[row]);
            case INT64 -> BigInteger.valueOf(((long[]) values)[row]);
            default -> {
                byte[] bytes = ((byte[][]) values)[row];
                yield bytes.length == 0 ? BigInteger.ZERO : new BigInteger(bytes);
            }
        };
        return new BigDecimal(unscaled, ((LogicalType.DecimalType) logical).scale());
    }

    /** The text of a cell that is not null; null of columns that have none. */
    String text(int row) {
        if (text) {
            return Cells.stripped(((String[]) values)[row]);
        }
        return switch (logical) {
            case LogicalType.DateType date -> LocalDate.ofEpochDay(((int[]) values)[row]).toString();
            case LogicalType.TimestampType stamp when type == PhysicalType.INT64 -> {
                Instant instant = Instant.EPOCH.plus(((long[]) values)[row], unit(stamp.unit()));
                yield stamp.isAdjustedToUTC() ? instant.toString() : LocalDateTime.ofInstant(instant, ZoneOffset.UTC).toString();
            }
            case LogicalType.TimeType time -> LocalTime.MIDNIGHT.plus(type == PhysicalType.INT32 ? ((int[]) values)[row]
                    : ((long[]) values)[row], unit(time.unit())).toString();
            case LogicalType.DecimalType decimal -> Cells.text(stored(row));
            case null, default -> switch (type) {
                case BOOLEAN -> Boolean.toString(((boolean[]) values)[row]);
                case INT64 -> unsigned(64) ? Long.toUnsignedString(((long[]) values)[row])
                        : Long.toString(((long[]) values)[row]);
                case INT32, FLOAT, DOUBLE -> Cells.text(stored(row));
                default -> logical instanceof LogicalType.Float16Type ? Cells.text(stored(row))
                        : logical instanceof LogicalType.UuidType ? uuid(((byte[][]) values)[row]) : null;
            };
        };
    }

    private static String uuid(byte[] bytes) {
        return java.util.HexFormat.of().formatHex(Arrays.copyOf(bytes, 16))
                .replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5");
    }

    private static ChronoUnit unit(LogicalType.TimeUnit unit) {
        return switch (unit) {
            case MILLIS -> ChronoUnit.MILLIS;
            case MICROS -> ChronoUnit.MICROS;
            case NANOS -> ChronoUnit.NANOS;
        };
    }
}
