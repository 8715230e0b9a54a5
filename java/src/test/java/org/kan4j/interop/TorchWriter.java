// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.kan4j.tensor.HostTensor;

/** Writes a dict of tensors as torch.save does: contiguous, protocol 2. */
final class TorchWriter {

    private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();

    private TorchWriter() {
    }

    static void write(Path file, Map<String, HostTensor> tensors) throws IOException {
        TorchWriter writer = new TorchWriter();
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            writer.op("\u0080\u0002ccollections\nOrderedDict\n)R(");
            int key = 0;
            for (Map.Entry<String, HostTensor> entry : tensors.entrySet()) {
                writer.text(entry.getKey());
                writer.tensor(entry.getValue(), key);
                add(zip, "archive/data/" + key++, entry.getValue().segment().toArray(ValueLayout.JAVA_BYTE));
            }
            writer.op("u.");
            add(zip, "archive/data.pkl", writer.pickle.toByteArray());
        }
    }

    private static void add(ZipOutputStream zip, String name, byte[] data) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(data.length);
        CRC32 crc = new CRC32();
        crc.update(data);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(data);
        zip.closeEntry();
    }

    private void op(String bytes) {
        pickle.writeBytes(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void whole(long value) {
        op("J");
        pickle.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) value).array());
    }

    private void text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        op("X");
        pickle.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length).array());
        pickle.writeBytes(bytes);
    }

    private void tensor(HostTensor tensor, int key) {
        op("ctorch._utils\n_rebuild_tensor_v2\n((");
        text("storage");
        op("ctorch\n" + switch (tensor.dtype()) {
            case F32 -> "Float";
            case F64 -> "Double";
            case I32 -> "Int";
            case I64 -> "Long";
        } + "Storage\n");
        text(Integer.toString(key));
        text("cpu");
        whole(tensor.size());
        op("tQ");
        whole(0);
        long stride = tensor.size();
        op("(");
        for (long axis : tensor.shape().toArray()) {
            whole(axis);
        }
        op("t(");
        for (long axis : tensor.shape().toArray()) {
            stride = axis == 0 ? 0 : stride / axis;
            whole(stride);
        }
        op("t\u0089ccollections\nOrderedDict\n)RtR");
    }
}
