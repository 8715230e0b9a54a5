// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class IdxTest {

    private static final byte[] TWO_IMAGES = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, (byte) 255, 51, 102};
    private static final byte[] TWO_LABELS = {0, 0, 8, 1, 0, 0, 0, 2, 7, 9};

    @Test
    void readsImagesAndLabels() {
        Samples samples = Idx.images("t", Idx.parse("i", TWO_IMAGES), Idx.parse("l", TWO_LABELS), 10);
        double[] row = new double[2];
        samples.read(0, row);
        assertThat(row).containsExactly(-1, 1);
        samples.read(1, row);
        assertThat(row[0]).isEqualTo(51 / 127.5 - 1);
        assertThat(samples.label(1)).isEqualTo(9);
        assertThat(samples.rows()).isEqualTo(2);
    }

    @Test
    void refusesWhatIsNoIdx() {
        assertThatThrownBy(() -> Idx.parse("f", new byte[] {1, 0, 8, 1})).isInstanceOf(DataException.class)
                .hasMessage("f: not an IDX file (it must begin with two zero bytes)");
        assertThatThrownBy(() -> Idx.parse("f", new byte[3])).hasMessageContaining("not an IDX file");
    }

    @Test
    void refusesOtherElementTypes() {
        assertThatThrownBy(() -> Idx.parse("f", new byte[] {0, 0, 13, 1, 0, 0, 0, 0}))
                .hasMessage("f: IDX element type 13 is not supported, expected 8 (unsigned byte)");
    }

    @Test
    void refusesLengthsThatDisagree() {
        assertThatThrownBy(() -> Idx.parse("f", new byte[] {0, 0, 8, 1, 0, 0, 0, 3, 1, 2}))
                .hasMessage("f: IDX shape [3] needs 3 bytes after the header, the file has 2");
        assertThatThrownBy(() -> Idx.parse("f", new byte[] {0, 0, 8, 1, 0, 0, 0, 1, 1, 2}))
                .hasMessage("f: IDX shape [1] needs 1 byte after the header, the file has 2");
        assertThatThrownBy(() -> Idx.parse("f", new byte[] {0, 0, 8, 3, 0, 0, 0, 3}))
                .hasMessageContaining("header damaged");
    }

    @Test
    void refusesSizesThatOverflow() {
        byte[] huge = {0, 0, 8, 2, 0x7f, -1, -1, -1, 0x7f, -1, -1, -1};
        assertThatThrownBy(() -> Idx.parse("f", huge)).hasMessageContaining("out of range");
        byte[] negative = {0, 0, 8, 1, -1, -1, -1, -1};
        assertThatThrownBy(() -> Idx.parse("f", negative)).hasMessageContaining("IDX size 4294967295 of axis 0");
    }

    @Test
    void refusesLabelsOutOfRangeAndCountsThatDiffer() {
        Idx images = Idx.parse("i", TWO_IMAGES);
        assertThatThrownBy(() -> Idx.images("t", images, Idx.parse("l", TWO_LABELS), 9))
                .hasMessage("t: label 9 of sample 1 out of range, expected 0..8");
        Idx one = Idx.parse("l", new byte[] {0, 0, 8, 1, 0, 0, 0, 1, 7});
        assertThatThrownBy(() -> Idx.images("t", images, one, 10))
                .hasMessage("t: expected images (n, height, width) and labels (n), got [2, 1, 2] and [1]");
    }
}
