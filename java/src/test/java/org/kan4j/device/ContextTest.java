// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.error.Status;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Misuse from Java ends in an exception that says what was wrong, never in the VM. */
class ContextTest {

    private static final KanModel MODEL = KanModel.kan(DType.F32, BSpline.of(5, 3), 2, 3, 1);

    @Test
    void useAfterCloseIsAnException() {
        Context context = Context.open();
        Parameters parameters = Parameters.initialise(MODEL, 1);
        Workspace workspace = Workspace.inference(context, parameters, 4);
        try (Arena arena = Arena.ofConfined()) {
            HostTensor x = HostTensor.allocate(arena, DType.F32, 4, 2);
            assertEquals(4, workspace.forward(x).rows());
            workspace.close();
            workspace.close();
            assertThrows(IllegalStateException.class, () -> workspace.forward(x));
            parameters.close();
            parameters.close();
            assertThrows(IllegalStateException.class, () -> parameters.values().flat().get(0));
            context.close();
            context.close();
            assertThrows(IllegalStateException.class, () -> Workspace.inference(context, parameters, 4));
        }
    }

    @Test
    void shapesTypesAndReadOnlyMemoryAreChecked() {
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(MODEL, 1);
                Workspace workspace = Workspace.inference(context, parameters, 4)) {
            String features = assertThrows(ShapeException.class,
                    () -> workspace.forward(HostTensor.allocate(arena, DType.F32, 4, 3))).getMessage();
            assertTrue(features.contains("2") && features.contains("3"), features);
            assertThrows(KanException.class, () -> workspace.forward(HostTensor.allocate(arena, DType.F64, 4, 2)));
            assertThrows(KanException.class, () -> workspace.forward(HostTensor.allocate(arena, DType.F32, 5, 2)));
            HostTensor x = HostTensor.allocate(arena, DType.F32, 4, 2);
            HostTensor readOnly = HostTensor.allocate(arena, DType.F32, 4, 1).asReadOnly();
            String message = assertThrows(KanException.class, () -> workspace.forward(x, readOnly)).getMessage();
            assertTrue(message.contains("read-only"), message);
            MemorySegment tooShort = arena.allocate(28);
            assertThrows(KanException.class, () -> HostTensor.wrap(tooShort, DType.F32, 4, 2));
        }
    }

    /** The property lowers what is asked for, and raises nothing. */
    @ParameterizedTest
    @CsvSource({"baseline, AUTO, BASELINE", "reference, BASELINE, REFERENCE", "baseline, REFERENCE, REFERENCE",
        "baseline, BASELINE, BASELINE", "auto, REFERENCE, REFERENCE", "' baseline ', AUTO, BASELINE"})
    void thePropertyLimitsTheTier(String property, Tier asked, Tier made) {
        String before = System.getProperty("kan4j.tier");
        try {
            System.setProperty("kan4j.tier", property);
            try (Context context = Context.open(ContextOptions.defaults().withTier(asked).withThreads(1))) {
                assertEquals(made, context.tier());
                assertEquals(1, context.threads());
                assertEquals(Device.cpu(), context.device());
            }
            System.setProperty("kan4j.tier", "sse");
            assertThrows(KanException.class, () -> Context.open(ContextOptions.defaults().withTier(asked)));
        } finally {
            if (before == null) {
                System.clearProperty("kan4j.tier");
            } else {
                System.setProperty("kan4j.tier", before);
            }
        }
    }

    @Test
    void aContextServesOneThreadAtATime() throws Exception {
        KanModel wide = KanModel.kan(DType.F64, BSpline.of(20, 5), 400, 400, 400);
        try (Arena arena = Arena.ofShared();
                Context context = Context.open(ContextOptions.defaults().withThreads(1).withTier(Tier.REFERENCE));
                Parameters parameters = Parameters.zeros(wide);
                Workspace second = Workspace.inference(context, parameters, 8)) {
            HostTensor x = HostTensor.allocate(arena, DType.F64, 8, 400);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread other = new Thread(() -> {
                try (Workspace first = Workspace.inference(context, parameters, 8)) {
                    for (int i = 0; i < 20; i++) {
                        first.forward(x);
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            other.start();
            int refused = 0;
            while (other.isAlive()) {
                try {
                    second.forward(x);
                } catch (KanException e) {
                    assertEquals(Status.BUSY, e.status());
                    refused++;
                }
            }
            other.join();
            if (failure.get() != null) {
                assertEquals(Status.BUSY, ((KanException) failure.get()).status());
                refused++;
            }
            assertTrue(refused > 0, "two threads in one context at once, and none was refused");
        }
    }

    @Test
    void tensorsAreTheMemoryTheyWrap(@TempDir Path folder) throws Exception {
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(MODEL, 1);
                Workspace workspace = Workspace.inference(context, parameters, 3)) {
            float[] values = {0.1f, -0.2f, 0.3f, 0.4f, -0.5f, 0.6f};
            float[] expected = workspace.forward(HostTensor.of(arena, values).reshape(3, 2)).toFloats();
            ByteBuffer direct = ByteBuffer.allocateDirect(24).order(ByteOrder.LITTLE_ENDIAN);
            direct.asFloatBuffer().put(values);
            assertArrayEquals(expected, workspace.forward(HostTensor.ofBuffer(direct, DType.F32, 3, 2)).toFloats());
            byte[] bytes = new byte[24];
            direct.get(0, bytes);
            Path file = Files.write(folder.resolve("x.bin"), bytes);
            assertArrayEquals(expected,
                    workspace.forward(HostTensor.map(file, 0, arena, DType.F32, 3, 2)).toFloats());
            HostTensor x = HostTensor.of(arena, values).reshape(3, 2);
            x.segment().set(java.lang.foreign.ValueLayout.JAVA_FLOAT, 0, 0.9f);
            assertEquals(0.9f, (float) x.get(0, 0));
            assertThrows(KanException.class, () -> HostTensor.ofBuffer(ByteBuffer.allocate(24), DType.F32, 3, 2));
        }
    }

    @Test
    void oneClassReinterpretsMemoryAndNoneLeavesItToTheCollector() throws Exception {
        Path sources = Path.of(System.getProperty("kan4j.root"), "java/src/main/java");
        assertTrue(filesWith(sources, "\\.reinterpret\\(").size() <= 1,
                "reinterpret: " + filesWith(sources, "\\.reinterpret\\("));
        assertEquals(java.util.List.of(), filesWith(sources, "Arena\\.ofAuto\\("));
        assertEquals(java.util.List.of(), filesWith(sources, "Linker\\.Option\\.critical"));
    }

    private static java.util.List<String> filesWith(Path folder, String regex) throws java.io.IOException {
        Pattern pattern = Pattern.compile(regex);
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(f -> f.toString().endsWith(".java")).filter(f -> {
                try {
                    return pattern.matcher(Files.readString(f)).find();
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }).map(f -> f.getFileName().toString()).toList();
        }
    }
}
