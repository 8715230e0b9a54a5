// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.kan4j.internal.AtomicFile;
import org.kan4j.tensor.HostTensor;

/** Writes what {@code torch.save} writes of a dict of contiguous tensors, or of None: protocol 2, the same bytes for the same tensors. */
final class TorchWriter {

    /** The least that a zip file can say. */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();

    private TorchWriter() {
    }

    /** A dict of tensors, by their names. */
    static void write(Path file, Map<String, HostTensor> tensors) throws IOException {
        TorchWriter writer = new TorchWriter();
        Map<String, HostTensor> storages = new LinkedHashMap<>();
        writer.op("\u0080\u0002ccollections\nOrderedDict\n)R(");
        for (Map.Entry<String, HostTensor> entry : tensors.entrySet()) {
            writer.text(entry.getKey());
            writer.tensor(entry.getValue(), storages.size());
            storages.put("archive/data/" + storages.size(), entry.getValue());
        }
        writer.op("u.");
        writer.save(file, storages);
    }

    /** None. */
    static void writeNone(Path file) throws IOException {
        TorchWriter writer = new TorchWriter();
        writer.op("\u0080\u0002N.");
        writer.save(file, Map.of());
    }

    private void save(Path file, Map<String, HostTensor> storages) throws IOException {
        AtomicFile.write(file, channel -> {
            ZipOutputStream zip = new ZipOutputStream(Channels.newOutputStream(channel));
            add(zip, "archive/data.pkl", pickle.toByteArray());
            add(zip, "archive/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
            for (Map.Entry<String, HostTensor> storage : storages.entrySet()) {
                add(zip, storage.getKey(), storage.getValue().segment().toArray(ValueLayout.JAVA_BYTE));
            }
            add(zip, "archive/version", "3\n".getBytes(StandardCharsets.US_ASCII));
            zip.finish();
        });
    }

    private static void add(ZipOutputStream zip, String name, byte[] data) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setTimeLocal(TIME);
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
