// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.kan4j.error.FormatException;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;

/**
 * A file of {@code torch.save} since PyTorch 1.6: a stored zip of a pickle ({@link Unpickler}) and the bytes of its
 * storages. A damaged or hostile file is a {@link FormatException}, before anything of the size it claims is allocated.
 */
final class TorchFile {

    /** The first bytes of a file of before 1.6: a pickle of the number 0x1950a86a20f9469cfc6c. */
    private static final byte[] LEGACY = {(byte) 0x80, 2, (byte) 0x8a, 0x0a, 0x6c, (byte) 0xfc, (byte) 0x9c, 0x46,
        (byte) 0xf9, 0x20, 0x6a, (byte) 0xa8, 0x50, 0x19};
    private static final byte[] ZIP = {'P', 'K', 3, 4};
    private static final long LARGEST_PICKLE = 100_000_000;

    /** Kinds of numbers, as storages are called; those without a type of kan4j's are skipped. */
    private enum Kind {
        Float(4, DType.F32),
        Double(8, DType.F64),
        Half(2, DType.F32),
        BFloat16(2, DType.F32),
        Long(8, DType.I64),
        Int(4, DType.I32);

        private final int bytes;
        private final DType dtype;

        Kind(int bytes, DType dtype) {
            this.bytes = bytes;
            this.dtype = dtype;
        }
    }

    private final Path file;
    private final Object root;
    private final String prefix;

    private TorchFile(Path file, Object root, String prefix) {
        this.file = file;
        this.root = root;
        this.prefix = prefix;
    }

    /** Whether a file begins as one of torch.save; one of before 1.6 is refused by name. */
    static boolean is(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] start = in.readNBytes(LEGACY.length);
            if (Arrays.equals(start, LEGACY)) {
                throw new FormatException(file + " was written by torch.save of before PyTorch 1.6 (or with "
                        + "_use_new_zipfile_serialization=False); load it and save it again with a newer one");
            }
            return start.length >= 4 && Arrays.equals(start, 0, 4, ZIP, 0, 4);
        }
    }

    /** Reads the pickle. */
    static TorchFile open(Path file) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            String name = zip.stream().map(ZipEntry::getName).filter(n -> n.equals("data.pkl")
                    || n.endsWith("/data.pkl"))
                    .findFirst().orElseThrow(() -> new FormatException(file + " is a zip file, but none of torch.save: it has no "
                            + "data.pkl"));
            String prefix = name.substring(0, name.length() - "data.pkl".length());
            if (zip.getEntry(prefix + "constants.pkl") != null) {
                throw new FormatException(file
                        + " is a TorchScript module; save model.state_dict() with torch.save instead");
            }
            ZipEntry order = zip.getEntry(prefix + "byteorder");
            if (order != null && !new String(bytes(file, zip, order, 64), StandardCharsets.UTF_8).strip()
                    .equals("little")) {
                throw new FormatException(file
                        + " was written on a big-endian machine; load it and save it again on another");
            }
            return new TorchFile(file, Unpickler.read(file.toString(), bytes(file, zip, zip.getEntry(name),
                    LARGEST_PICKLE)), prefix);
        } catch (ZipException | IllegalArgumentException | java.io.EOFException e) {
            throw damaged(file, e.getMessage(), e);
        }
    }

    private static FormatException damaged(Path file, String defect, Exception cause) {
        return new FormatException(file + " is no whole file of torch.save: " + defect, cause);
    }

    /** An entry's bytes; torch.save stores them as they are, so that none can claim more than the file has. */
    private static byte[] bytes(Path file, ZipFile zip, ZipEntry entry, long most) throws IOException {
        if (entry.getMethod() != ZipEntry.STORED || entry.getSize() < 0 || entry.getSize() > Math.min(most,
                Files.size(file))) {
            throw damaged(file, entry.getName() + " must be stored with its size, at most " + most
                    + " bytes, it claims " + entry.getSize(), null);
        }
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] bytes = in.readNBytes((int) entry.getSize());
            if (bytes.length < entry.getSize()) {
                throw damaged(file, entry.getName() + " ends after " + bytes.length + " bytes of " + entry.getSize(),
                        null);
            }
            return bytes;
        }
    }

    /** The dicts of tensors in the file by their keys: "" for the whole, then those one and two levels below. */
    Map<String, Map<String, Unpickler.Tensor>> stateDicts() {
        Map<String, Map<String, Unpickler.Tensor>> found = new LinkedHashMap<>();
        collect("", root, 0, found);
        return found;
    }

    private static void collect(String key, Object value, int depth, Map<String, Map<String, Unpickler.Tensor>> found) {
        if (!(value instanceof Map<?, ?> map)) {
            return;
        }
        Map<String, Unpickler.Tensor> tensors = new LinkedHashMap<>();
        map.forEach((name, inner) -> {
            if (name instanceof String text && inner instanceof Unpickler.Tensor tensor) {
                tensors.put(text, tensor);
            }
        });
        if (!tensors.isEmpty()) {
            found.put(key, tensors);
        }
        if (depth < 2) {
            map.forEach((name, inner) -> {
                if (name instanceof String text) {
                    collect(key.isEmpty() ? text : key + "." + text, inner, depth + 1, found);
                }
            });
        }
    }

    /** Whether kan4j has a type for a tensor's numbers. */
    static boolean known(Unpickler.Tensor tensor) {
        return kind(tensor) != null;
    }

    private static Kind kind(Unpickler.Tensor tensor) {
        for (Kind kind : Kind.values()) {
            if (tensor.storage().type().equals(kind.name() + "Storage")) {
                return kind;
            }
        }
        return null;
    }

    /** What PyTorch calls the type of a tensor of half precision; null for other tensors. */
    static String half(Unpickler.Tensor tensor) {
        return switch (kind(tensor)) {
            case Half -> "float16";
            case BFloat16 -> "bfloat16";
            case null, default -> null;
        };
    }

    /** Tensors by name, half precision widened, in an arena. */
    Map<String, HostTensor> read(Map<String, Unpickler.Tensor> tensors, Arena arena) throws IOException {
        Map<String, HostTensor> result = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (Map.Entry<String, Unpickler.Tensor> entry : tensors.entrySet()) {
                result.put(entry.getKey(), read(zip, entry.getValue(), arena));
            }
        } catch (ZipException | IllegalArgumentException | java.io.EOFException e) {
            throw damaged(file, e.getMessage(), e);
        }
        return result;
    }

    private HostTensor read(ZipFile zip, Unpickler.Tensor tensor, Arena arena) throws IOException {
        Kind kind = kind(tensor);
        Unpickler.Storage storage = tensor.storage();
        ZipEntry entry = zip.getEntry(prefix + "data/" + storage.key());
        if (entry == null || storage.numel() > Files.size(file) || entry.getSize() != storage.numel() * kind.bytes) {
            throw damaged(file, "storage " + storage.key() + " must have " + storage.numel() + " numbers of "
                    + kind.bytes + " bytes, it " + (entry == null ? "is not there" : "has " + entry.getSize() + " bytes"),
                    null);
        }
        ByteBuffer bytes = ByteBuffer.wrap(bytes(file, zip, entry, Integer.MAX_VALUE - 8))
                .order(ByteOrder.LITTLE_ENDIAN);
        HostTensor result = HostTensor.allocate(arena, kind.dtype, Shape.of(tensor.size()));
        long[] index = new long[tensor.size().length];
        long from = tensor.offset();
        ByteBuffer to = result.segment().asByteBuffer().order(ByteOrder.nativeOrder());
        for (long n = result.size(); n > 0; n--) {
            int at = (int) from * kind.bytes;
            switch (kind) {
                case Float, Int -> to.putInt(bytes.getInt(at));
                case Double, Long -> to.putLong(bytes.getLong(at));
                case Half -> to.putFloat(Float.float16ToFloat(bytes.getShort(at)));
                case BFloat16 -> to.putInt(bytes.getShort(at) << 16);
            }
            for (int a = index.length - 1; a >= 0; a--) {
                from += tensor.stride()[a];
                if (++index[a] < tensor.size()[a]) {
                    break;
                }
                from -= tensor.stride()[a] * tensor.size()[a];
                index[a] = 0;
            }
        }
        return result;
    }
}
