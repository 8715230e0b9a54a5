// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.kan4j.error.Counted;

/**
 * An IDX file of unsigned bytes, the format of MNIST (described on its home page): two zero bytes, the element type
 * (8: unsigned byte), the rank, the big-endian 32-bit sizes, then the elements, last axis contiguous.
 */
public record Idx(int[] shape, byte[] values) {

    private static final int UNSIGNED_BYTE = 8;

    /** Reads a whole file and checks that header and length agree. */
    public static Idx read(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new DataException("cannot read " + file + ": " + e.getMessage(), e);
        }
        return parse(file.toString(), bytes);
    }

    static Idx parse(String name, byte[] bytes) {
        if (bytes.length < 4 || bytes[0] != 0 || bytes[1] != 0) {
            throw new DataException(name + ": not an IDX file (it must begin with two zero bytes)");
        }
        if (bytes[2] != UNSIGNED_BYTE) {
            throw new DataException(name + ": IDX element type " + (bytes[2] & 0xff)
                    + " is not supported, expected 8 (unsigned byte)");
        }
        int rank = bytes[3] & 0xff;
        int header = 4 + 4 * rank;
        if (rank == 0 || rank > 4 || bytes.length < header) {
            throw new DataException(name + ": IDX header damaged (rank " + rank + ", " + Counted.of(bytes.length, "byte") + ")");
        }
        ByteBuffer sizes = ByteBuffer.wrap(bytes, 4, 4 * rank);
        int[] shape = new int[rank];
        long count = 1;
        for (int i = 0; i < rank; i++) {
            shape[i] = sizes.getInt();
            if (shape[i] < 0 || (count *= shape[i]) > Integer.MAX_VALUE) {
                throw new DataException(name + ": IDX size " + Integer.toUnsignedString(shape[i]) + " of axis " + i
                        + " out of range");
            }
        }
        if (bytes.length - header != count) {
            throw new DataException(name + ": IDX shape " + Arrays.toString(shape) + " needs " + Counted.of(count, "byte")
                    + " after the header, the file has " + (bytes.length - header));
        }
        return new Idx(shape, Arrays.copyOfRange(bytes, header, bytes.length));
    }

    /**
     * Images (rank 3) and labels (rank 1) as samples: pixels 0..255 scaled to -1..1, that is Normalize(0.5, 0.5).
     *
     * @param classes labels must be below it
     */
    static Samples images(String name, Idx images, Idx labels, int classes) {
        if (images.shape.length != 3 || labels.shape.length != 1 || images.shape[0] != labels.shape[0]) {
            throw new DataException(name + ": expected images (n, height, width) and labels (n), got "
                    + Arrays.toString(images.shape) + " and " + Arrays.toString(labels.shape));
        }
        int features = images.shape[1] * images.shape[2];
        for (int i = 0; i < labels.values.length; i++) {
            if ((labels.values[i] & 0xff) >= classes) {
                throw new DataException(name + ": label " + (labels.values[i] & 0xff) + " of sample " + i
                        + " out of range, expected 0.." + (classes - 1));
            }
        }
        return new Samples() {
            @Override
            public int rows() {
                return labels.values.length;
            }

            @Override
            public int features() {
                return features;
            }

            @Override
            public void read(int row, double[] into) {
                int at = row * features;
                for (int i = 0; i < features; i++) {
                    into[i] = (images.values[at + i] & 0xff) / 127.5 - 1.0;
                }
            }

            @Override
            public int label(int row) {
                return labels.values[row] & 0xff;
            }
        };
    }
}
