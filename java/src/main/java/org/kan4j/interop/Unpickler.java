// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.nio.charset.CharacterCodingException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.kan4j.error.FormatException;

/**
 * Reads the pickle in a file of torch.save: dicts, lists, tuples, texts, numbers and tensors, by a closed list of
 * opcodes and names. Nothing else can be constructed and nothing is executed; whatever is not on the list is refused by
 * name.
 */
final class Unpickler {

    /** A storage of the file, which a persistent id stands for; its type as storages (FloatStorage) or types (uint16) are called. */
    record Storage(String type, String key, long numel) {
    }

    /** A tensor: a view of a storage. */
    record Tensor(Storage storage, long offset, long[] size, long[] stride) {
    }

    /** A class or function by its name. */
    private record Name(String module, String name) {
    }

    private static final Object MARK = new Object();
    private static final Name ORDERED_DICT = new Name("collections", "OrderedDict");
    private static final Name REBUILD_TENSOR = new Name("torch._utils", "_rebuild_tensor_v2");
    private static final Name REBUILD_PARAMETER = new Name("torch._utils", "_rebuild_parameter");
    /** A tensor of a type without a storage of its own, such as float8; its type is the seventh argument. */
    private static final Name REBUILD_TYPED = new Name("torch._utils", "_rebuild_tensor_v3");
    private static final Name REBUILD_QUANTIZED = new Name("torch._utils", "_rebuild_qtensor");
    private static final Name REBUILD_SPARSE = new Name("torch._utils", "_rebuild_sparse_tensor");
    private static final Name REBUILD_META = new Name("torch._utils", "_rebuild_meta_tensor_no_storage");
    private static final Name DEVICE = new Name("torch", "device");
    private static final Name LAYOUT = new Name("torch.serialization", "_get_layout");
    private static final Name SIZE = new Name("torch", "Size");
    private static final Set<Name> FUNCTIONS = Set.of(ORDERED_DICT, REBUILD_TENSOR, REBUILD_PARAMETER, REBUILD_TYPED,
            REBUILD_QUANTIZED, REBUILD_SPARSE, REBUILD_META, DEVICE, LAYOUT, SIZE);
    /** Types and layouts as PyTorch names them, such as torch.uint16 or torch.per_tensor_affine: names, never called. */
    private static final Pattern CONSTANT = Pattern.compile("[a-z]+[a-z0-9_]*");

    private final String what;
    private final ByteBuffer in;
    private final List<Object> stack = new ArrayList<>();
    private final Deque<Integer> marks = new ArrayDeque<>();
    private final Map<Integer, Object> memo = new HashMap<>();

    private Unpickler(String what, byte[] pickle) {
        this.what = what;
        this.in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * The object of a pickle: Map, List, String, Long, Double, Boolean, null, {@link Storage} or {@link Tensor}. It may
     * hold itself.
     *
     * @param what how messages call the file
     */
    static Object read(String what, byte[] pickle) {
        Unpickler unpickler = new Unpickler(what, pickle);
        try {
            return unpickler.run();
        } catch (java.nio.BufferUnderflowException e) {
            throw unpickler.bad("it ends too early");
        }
    }

    private FormatException bad(String defect) {
        return new FormatException(what + ": its pickle is damaged at byte " + in.position() + ": " + defect);
    }

    private Object run() {
        while (true) {
            int opcode = in.get() & 0xff;
            if (opcode == '.') {
                return pop();
            }
            step(opcode);
        }
    }

    private void step(int opcode) {
        switch (opcode) {
            case 0x80 -> in.get(); // PROTO
            case 0x95 -> in.getLong(); // FRAME
            case 'N' -> stack.add(null);
            case 0x88 -> stack.add(true);
            case 0x89 -> stack.add(false);
            case 'K' -> stack.add((long) (in.get() & 0xff)); // BININT1
            case 'M' -> stack.add((long) (in.getShort() & 0xffff)); // BININT2
            case 'J' -> stack.add((long) in.getInt()); // BININT
            case 0x8a -> stack.add(whole(in.get() & 0xff)); // LONG1
            case 'G' -> stack.add(Double.longBitsToDouble(Long.reverseBytes(in.getLong()))); // BINFLOAT, big-endian
            case 'X' -> stack.add(text(in.getInt())); // BINUNICODE
            case 0x8c -> stack.add(text(in.get() & 0xff)); // SHORT_BINUNICODE
            case 'c' -> stack.add(name(line(), line())); // GLOBAL
            case 0x93 -> { // STACK_GLOBAL
                String name = pop(String.class, "a text");
                stack.add(name(pop(String.class, "a text"), name));
            }
            case ')', ']' -> stack.add(new ArrayList<>());
            case '}' -> stack.add(new LinkedHashMap<>());
            case '(' -> {
                marks.push(stack.size());
                stack.add(MARK);
            }
            case 't' -> stack.add(marked());
            case 0x85 -> stack.add(popped(1));
            case 0x86 -> stack.add(popped(2));
            case 0x87 -> stack.add(popped(3));
            case 'a' -> append(popped(1));
            case 'e' -> append(marked());
            case 's' -> put(popped(2));
            case 'u' -> put(marked());
            case 'q' -> memo.put(in.get() & 0xff, top()); // BINPUT
            case 'r' -> memo.put(in.getInt(), top()); // LONG_BINPUT
            case 0x94 -> memo.put(memo.size(), top()); // MEMOIZE
            case 'h' -> stack.add(remembered(in.get() & 0xff)); // BINGET
            case 'j' -> stack.add(remembered(in.getInt())); // LONG_BINGET
            case 'Q' -> stack.add(storage(list(pop()))); // BINPERSID
            case 'R' -> {
                List<?> arguments = list(pop());
                stack.add(call(pop(Name.class, "a function"), arguments));
            }
            case 'b' -> { // BUILD
                // Attributes of a dict, such as _metadata of a state dict, say nothing about its tensors.
                pop();
                if (!(top() instanceof Map)) {
                    throw bad("attributes of what is no dict");
                }
            }
            default -> throw new FormatException(what + ": its pickle has the opcode " + String.format("0x%02x", opcode)
                    + " at byte " + (in.position() - 1) + ", which state dicts do not need; save model.state_dict()");
        }
    }

    // ----------------------------------------------------------------------------------------------------------- stack

    private Object top() {
        if (stack.isEmpty() || stack.getLast() == MARK) {
            throw bad("nothing on its stack");
        }
        return stack.getLast();
    }

    private Object pop() {
        top();
        return stack.removeLast();
    }

    private <T> T pop(Class<T> type, String expected) {
        Object value = pop();
        if (!type.isInstance(value)) {
            throw bad("expected " + expected + ", found " + describe(value));
        }
        return type.cast(value);
    }

    private List<Object> popped(int count) {
        List<Object> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.addFirst(pop());
        }
        return values;
    }

    /** What is above the last mark. */
    private List<Object> marked() {
        if (marks.isEmpty()) {
            throw bad("no mark on its stack");
        }
        List<Object> above = stack.subList(marks.pop(), stack.size());
        List<Object> values = new ArrayList<>(above.subList(1, above.size()));
        above.clear();
        return values;
    }

    private Object remembered(int index) {
        if (!memo.containsKey(index)) {
            throw bad("nothing remembered as " + index);
        }
        return memo.get(index);
    }

    private List<?> list(Object value) {
        if (value instanceof List<?> list) {
            return list;
        }
        throw bad("expected a tuple, found " + describe(value));
    }

    @SuppressWarnings("unchecked")
    private void append(List<Object> values) {
        ((List<Object>) list(top())).addAll(values);
    }

    @SuppressWarnings("unchecked")
    private void put(List<Object> values) {
        if (!(top() instanceof Map<?, ?> map) || values.size() % 2 != 0) {
            throw bad("items of what is no dict");
        }
        for (int i = 0; i < values.size(); i += 2) {
            // Other keys have no meaning here, and hashing one that holds itself would not end.
            Object key = values.get(i) instanceof String || values.get(i) instanceof Long ? values.get(i)
                    : new Object();
            ((Map<Object, Object>) map).put(key, values.get(i + 1));
        }
    }

    private static String describe(Object value) {
        return switch (value) {
            case null -> "None";
            case Map<?, ?> map -> "a dict";
            case List<?> list -> "a list or tuple";
            case Tensor tensor -> "a tensor";
            case Storage storage -> "a storage";
            case Name name -> name.module + "." + name.name;
            default -> value.getClass().getSimpleName() + " " + value;
        };
    }

    // ---------------------------------------------------------------------------------------------------------- values

    private String text(int length) {
        if (length < 0 || length > in.remaining()) {
            throw bad("a text of " + Integer.toUnsignedString(length) + " bytes, of " + in.remaining()
                    + " that are left");
        }
        ByteBuffer bytes = in.slice(in.position(), length);
        in.position(in.position() + length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw bad("a text that is not UTF-8");
        }
    }

    private String line() {
        int from = in.position();
        while (in.get() != '\n') {
            if (in.position() - from > 256) {
                throw bad("a name of more than 256 bytes");
            }
        }
        return new String(in.array(), from, in.position() - 1 - from, StandardCharsets.UTF_8);
    }

    private Long whole(int bytes) {
        if (bytes > 8) {
            throw bad("a number of " + bytes + " bytes");
        }
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (in.get() & 0xffL) << 8 * i;
        }
        return bytes == 0 || bytes == 8 ? value : value << 64 - 8 * bytes >> 64 - 8 * bytes;
    }

    private Name name(String module, String name) {
        Name found = new Name(module, name);
        boolean storage = module.equals("torch") && name.endsWith("Storage")
                || module.equals("torch.storage") && name.equals("UntypedStorage");
        boolean constant = module.equals("torch") && CONSTANT.matcher(name).matches();
        if (!storage && !constant && !FUNCTIONS.contains(found)) {
            throw new FormatException(what + " needs the Python class '" + module + " " + name
                    + "': it holds more than tensors, such as a whole module; save model.state_dict() instead");
        }
        return found;
    }

    private Storage storage(List<?> id) {
        if (id.size() >= 5 && "storage".equals(id.get(0)) && id.get(1) instanceof Name type
                && id.get(2) instanceof String key && id.get(4) instanceof Long numel && numel >= 0) {
            return new Storage(type.name, key, numel);
        }
        throw bad("a storage that is none");
    }

    private Object call(Name function, List<?> arguments) {
        if (function.equals(ORDERED_DICT) && arguments.isEmpty()) {
            return new LinkedHashMap<>();
        }
        if (function.equals(SIZE) && arguments.size() == 1) {
            return list(arguments.getFirst());
        }
        if (function.equals(REBUILD_PARAMETER) && !arguments.isEmpty()
                && arguments.getFirst() instanceof Tensor tensor) {
            return tensor;
        }
        if (function.equals(LAYOUT) && arguments.size() == 1 && arguments.getFirst() instanceof String layout) {
            return new Name("torch", layout.substring(layout.lastIndexOf('.') + 1));
        }
        if (function.equals(DEVICE) && !arguments.isEmpty()) {
            return arguments.getFirst();
        }
        if (function.equals(REBUILD_SPARSE) && arguments.size() >= 2 && arguments.get(0) instanceof Name layout) {
            return without(layout.name);
        }
        if (function.equals(REBUILD_META)) {
            return without("meta");
        }
        boolean typed = function.equals(REBUILD_TYPED);
        boolean plain = function.equals(REBUILD_TENSOR) || function.equals(REBUILD_QUANTIZED);
        if ((plain || typed && arguments.size() >= 7 && arguments.get(6) instanceof Name) && arguments.size() >= 4
                && arguments.get(0) instanceof Storage storage && arguments.get(1) instanceof Long offset) {
            Storage own = typed ? new Storage(((Name) arguments.get(6)).name, storage.key, storage.numel) : storage;
            return tensor(own, offset, numbers(arguments.get(2)), numbers(arguments.get(3)));
        }
        throw bad("unexpected arguments of " + function.name);
    }

    /** A tensor whose numbers are not in one storage. */
    private static Tensor without(String type) {
        return new Tensor(new Storage(type, "", 0), 0, new long[] {0}, new long[] {1});
    }

    private long[] numbers(Object value) {
        List<?> list = list(value);
        if (!list.stream().allMatch(n -> n instanceof Long l && l >= 0)) {
            throw bad("sizes or strides that are no whole numbers of at least 0");
        }
        return list.stream().mapToLong(n -> (Long) n).toArray();
    }

    /** Checks a view against its storage. */
    private Tensor tensor(Storage storage, long offset, long[] size, long[] stride) {
        try {
            long count = 1;
            long last = offset;
            for (int a = 0; a < size.length && size.length == stride.length; a++) {
                count = Math.multiplyExact(count, size[a]);
                last = Math.addExact(last, Math.multiplyExact(Math.max(size[a] - 1, 0), stride[a]));
            }
            if (size.length == stride.length && offset >= 0 && (count == 0 || last < storage.numel
                    && count <= storage.numel)) {
                return new Tensor(storage, offset, size, stride);
            }
        } catch (ArithmeticException e) {
            // no such place
        }
        throw bad("a tensor that reaches beyond its storage");
    }
}
