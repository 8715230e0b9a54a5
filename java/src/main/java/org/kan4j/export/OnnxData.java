// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import org.kan4j.tensor.DType;

/** The file beside an ONNX file that has the numbers of its large tensors (onnx.proto: TensorProto.external_data). */
final class OnnxData {

    /** Where tensors begin: on a page, so that readers can map them. */
    private static final int PAGE = 4096;
    /** Bytes below which a tensor stays in the graph: readers look at small ones (axes, shapes) before they open a file. */
    private static final int SMALL = 1024;
    private static final int EXTERNAL = 1;

    private final String location;
    private final FileChannel channel;

    /**
     * Numbers go to the channel as they come.
     *
     * @param location name of the file, from the folder of the ONNX file
     */
    OnnxData(String location, FileChannel channel) {
        this.location = location;
        this.channel = channel;
    }

    /** Writes a tensor's numbers, and where they are into its message; does nothing where they should stay there. */
    boolean write(Protobuf tensor, double[] values, DType dtype) {
        if ((long) values.length * dtype.bytes() < SMALL) {
            return false;
        }
        try {
            long offset = Math.ceilDiv(channel.position(), PAGE) * PAGE;
            channel.position(offset);
            Protobuf.write(values, dtype, channel);
            tensor.message(13, entry("location", location)).message(13, entry("offset", Long.toString(offset)))
                    .message(13, entry("length", Long.toString(channel.position() - offset))).whole(14, EXTERNAL);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Protobuf entry(String key, String value) {
        return new Protobuf().text(1, key).text(2, value);
    }
}
