// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * GraalVM's native-image makes a downcall only for function descriptors it was told of when it built: the committed
 * {@code reachability-metadata.json} (its schema 1.2.0, "foreign") lists those of {@link Kan} and {@link CriticalCalls}.
 * With {@code -Dkan4j.write.metadata} this test writes the file instead.
 */
class NativeImageTest {

    private static final Path FILE = Path.of(System.getProperty("kan4j.root"),
        "bindings/src/main/resources/META-INF/native-image/org.kan4j/kan4j-bindings/reachability-metadata.json");
    private static final String DESCRIPTOR = "$descriptor";

    @BeforeAll
    static void load() {
        NativeLoader.load(Path.of(System.getProperty("kan4j.native.path"), "libkan4j.so"));
    }

    @Test
    void everyDowncallOfTheBindingsIsListed() throws Exception {
        Set<String> downcalls = new TreeSet<>();
        for (Method method : Kan.class.getMethods()) {
            if (method.getName().endsWith(DESCRIPTOR)) {
                downcalls.add(downcall((FunctionDescriptor) method.invoke(null), ""));
            }
        }
        assertTrue(downcalls.size() > 20, "kinds of calls: " + downcalls);
        int critical = 0;
        for (Method method : CriticalCalls.class.getDeclaredMethods()) {
            if (Modifier.isPublic(method.getModifiers())) {
                Method plain = Kan.class.getMethod(method.getName() + DESCRIPTOR);
                downcalls.add(downcall((FunctionDescriptor) plain.invoke(null),
                    ", \"options\": {\"critical\": {\"allowHeapAccess\": true}}"));
                critical++;
            }
        }
        assertTrue(critical > 0, "critical calls");
        String expected = downcalls.stream().collect(Collectors.joining(",\n      ",
            "{\n  \"foreign\": {\n    \"downcalls\": [\n      ", "\n    ]\n  }\n}\n"));
        if (System.getProperty("kan4j.write.metadata") != null) {
            Files.writeString(FILE, expected);
        }
        assertEquals(expected, Files.readString(FILE),
            "the bindings have changed since mvn -pl bindings -am test -Dtest=NativeImageTest -Dkan4j.write.metadata last ran");
    }

    private static String downcall(FunctionDescriptor descriptor, String options) {
        return "{\"returnType\": \"" + descriptor.returnLayout().map(NativeImageTest::type).orElse("void")
            + "\", \"parameterTypes\": ["
            + descriptor.argumentLayouts().stream().map(layout -> '"' + type(layout) + '"').collect(Collectors.joining(", "))
            + "]" + options + "}";
    }

    /** The name native-image gives a layout of java.lang.foreign. */
    private static String type(MemoryLayout layout) {
        if (layout instanceof AddressLayout) {
            return "void*";
        }
        return "j" + ((ValueLayout) layout).carrier().getName();
    }
}
