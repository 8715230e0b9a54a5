// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers of Parquet's pages, in Thrift's compact protocol, byte by byte. */
class PageHeadersTest {

    private static Map<Integer, Object> read(String hex) {
        return PageHeaders.struct(ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", ""))), 0);
    }

    /** Field and type in a byte, the field as the distance from the one before; or 0 for it and the field in full behind. */
    @ParameterizedTest
    @CsvSource({"15 02 00, {1=1}", "15 01 00, {1=-1}", "05 02 02 00, {1=1}", "05 28 04 00, {20=2}",
        "15 02 05 28 04 15 06 00, '{1=1, 20=2, 21=3}'", "35 8002 00, {3=128}", "11 12 00, '{1=true, 2=false}'",
        "16 8080808010 00, {1=2147483648}", "13 7f 25 02 00, {3=1}", "14 02 15 02 00, {2=1}",
        "17 0000000000000000 15 02 00, {2=1}",
        "18 03 616263 15 02 00, {2=1}", "1c 15 02 00 15 04 00, '{1={1=1}, 2=2}'",
        "19 2c 15 02 00 15 04 00 00, '{1=[{1=1}, {1=2}]}'",
        "19 25 02 04 15 06 00, '{1=[], 2=3}'", "19 f1 02 0101 15 06 00, '{1=[], 2=3}'", "00, {}"})
    void fieldsAreReadInBothForms(String hex, String fields) {
        assertThat(read(hex)).hasToString(fields);
    }

    @ParameterizedTest
    @ValueSource(strings = {"25 02 05 02 02 00", "15 02 05 02 02 00", "05 00 02 00", "05 808008 02 00", "1d 00",
        "15 8080808010 00"})
    void whatNoWriterWritesIsRefused(String hex) {
        assertThatThrownBy(() -> read(hex)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatEndsTooSoonIsNoHeader() {
        for (String hex : new String[] {"", "15", "15 02", "05", "18 03 6162", "1c 15 02 00", "19 2c 15 02 00"}) {
            assertThatThrownBy(() -> read(hex)).as(hex).isInstanceOf(BufferUnderflowException.class);
        }
        assertThatThrownBy(() -> read("1c".repeat(1000))).isInstanceOf(IllegalArgumentException.class).hasMessage("too deep");
    }
}
