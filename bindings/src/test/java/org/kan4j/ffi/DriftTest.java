// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The committed bindings are those of kan.h and of the library that this build made. */
class DriftTest {

    private static final Path ROOT = Path.of(System.getProperty("kan4j.root"));
    private static final Path HEADER = ROOT.resolve("native/include/kan/kan.h");

    @Test
    void bindingsWereGeneratedFromThisHeader() throws Exception {
        Properties generated = new Properties();
        try (InputStream in = Files.newInputStream(ROOT.resolve("bindings/gen/generated.properties"))) {
            generated.load(in);
        }
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(HEADER));
        assertEquals(HexFormat.of().formatHex(digest), generated.getProperty("header.sha256"),
            "kan.h has changed since bindings/gen/regenerate.sh last ran");
    }

    @Test
    void everyFunctionOfTheHeaderIsBoundAndLinks() throws Exception {
        NativeLoader.load(Path.of(System.getProperty("kan4j.native.path"), "libkan4j.so"));
        Set<String> declared = new TreeSet<>();
        Matcher matcher = Pattern.compile("KAN_API [a-z0-9_ ]+?(kan_[a-z0-9_]+)\\(").matcher(Files.readString(HEADER));
        while (matcher.find()) {
            declared.add(matcher.group(1));
        }
        assertTrue(declared.size() > 20, "functions found in the header: " + declared);
        Set<String> bound = new TreeSet<>();
        for (Method method : Kan.class.getMethods()) {
            if (method.getName().endsWith("$address")) {
                bound.add(method.getName().substring(0, method.getName().length() - "$address".length()));
                assertNotEquals(0, address(method).address(), method.getName());
            }
        }
        assertEquals(declared, bound);
    }

    private static MemorySegment address(Method method) throws IllegalAccessException {
        try {
            return (MemorySegment) method.invoke(null);
        } catch (InvocationTargetException e) {
            throw new AssertionError(method.getName() + " does not link", e.getCause());
        }
    }

    @Test
    void layoutsAndConstantsAreTheCompilers() throws Exception {
        Path program = Path.of(System.getProperty("kan4j.native.path")).resolve("native/tests/abi_layout");
        assertTrue(Files.isExecutable(program), program + " is built with the native tests (kan4j.native.tests=ON)");
        Process process = new ProcessBuilder(program.toString()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        Set<String> structs = new HashSet<>();
        int fields = 0;
        int constants = 0;
        for (String line : output.split("\n")) {
            String[] part = line.split(" ");
            switch (part[0]) {
                case "struct" -> {
                    structs.add(part[1]);
                    assertEquals(Long.parseLong(part[2]), layout(part[1]).byteSize(), line);
                    assertEquals(Long.parseLong(part[3]), layout(part[1]).byteAlignment(), line);
                }
                case "field" -> {
                    fields++;
                    String[] name = part[1].split("\\.");
                    MemoryLayout.PathElement path = MemoryLayout.PathElement.groupElement(name[1]);
                    assertEquals(Long.parseLong(part[2]), layout(name[0]).byteOffset(path), line);
                    assertEquals(Long.parseLong(part[3]), layout(name[0]).select(path).byteSize(), line);
                }
                case "constant" -> {
                    constants++;
                    assertEquals(Integer.parseInt(part[2]), (int) Kan.class.getMethod(part[1]).invoke(null), line);
                }
                default -> throw new IOException("abi_layout printed: " + line);
            }
        }
        assertEquals(Set.of("kan_context_spec", "kan_context_info", "kan_layer_spec", "kan_layer_sizes",
            "kan_tensor_info", "kan_adamw", "kan_sgd", "kan_optimizer_state"), structs);
        assertTrue(fields > 40 && constants > 40, fields + " fields, " + constants + " constants");
    }

    private static GroupLayout layout(String struct) throws ReflectiveOperationException {
        return (GroupLayout) Class.forName("org.kan4j.ffi." + struct).getMethod("layout").invoke(null);
    }
}
