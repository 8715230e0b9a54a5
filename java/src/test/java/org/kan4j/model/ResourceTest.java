// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import application.WriteForever;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.device.NativeLibrary;
import org.kan4j.device.Tier;
import org.kan4j.error.KanException;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.SplitMix;
import org.kan4j.internal.memory.HostMemory;
import org.kan4j.io.Checkpoint;
import org.kan4j.layer.LayerSpec;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.testing.Samples;
import org.kan4j.testing.Vm;
import org.kan4j.train.Trainer;

/** Nothing leaks, memory stays within its bound, and a kill leaves whole files. */
class ResourceTest {

    @TempDir
    Path folder;

    @Test
    void everythingClosedIsFreedWhereThingsFailToo() throws IOException {
        NativeLibrary.load();
        long contexts = Kan.kan_debug_live(0);
        long layers = Kan.kan_debug_live(1);
        Path file = folder.resolve("model.safetensors");
        KanModel model = KanModel.kan(BSpline.of(3, 3), 2, 3, 1);
        for (int i = 0; i < 50; i++) {
            try (Arena arena = Arena.ofConfined();
                    Parameters parameters = Parameters.initialise(model, i);
                    Trainer trainer = Trainer.builder(parameters).epochs(1).build();
                    Predictor predictor = Predictor.of(parameters)) {
                trainer.fit(Samples.regression(arena, DType.F32, 40, i));
                trainer.save(file);
                assertEquals(1, predictor.predict(0.1f, 0.2f).length);
                try (Checkpoint checkpoint = Checkpoint.read(file); Trainer more = Trainer.resume(checkpoint).build()) {
                    assertEquals(1, more.epoch());
                }
                assertThrows(KanException.class, () -> trainer.fit(Samples.regression(arena, DType.F64, 40, 1)));
                assertThrows(KanException.class, () -> Trainer.resume(unresumable(file, parameters)));
            }
        }
        assertEquals(contexts, Kan.kan_debug_live(0), "contexts left open");
        assertEquals(layers, Kan.kan_debug_live(1), "layers left open");
    }

    @Test
    void vectorsMadeTogetherLiveUntilTheLastIsClosed() {
        try (Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(3, 3), 2, 3, 1), 1)) {
            List<ParameterVector> vectors = parameters.newVectors(3);
            vectors.get(1).copyFrom(parameters.values());
            vectors.get(0).close();
            vectors.get(0).close(); // once is enough
            assertThrows(IllegalStateException.class, () -> vectors.get(0).clear());
            assertThrows(IllegalStateException.class, () -> vectors.get(1).copyFrom(vectors.get(0)));
            assertThrows(KanException.class, () -> parameters.newVectors(0));
            vectors.get(2).clear();
            assertEquals(-1, parameters.values().flat().segment().mismatch(vectors.get(1).flat().segment()));
            vectors.get(2).close();
            assertTrue(vectors.get(1).flat().segment().scope().isAlive());
            vectors.get(1).close();
            assertThrows(IllegalStateException.class, () -> vectors.get(1).clear());
            parameters.values().close(); // they are the parameters'
            assertTrue(parameters.values().flat().segment().scope().isAlive());
        }
    }

    @Test
    void largeArraysAreZerosAndWholeOnAnyPages() {
        long bytes = (40L << 20) + 12;
        for (HostMemory memory : List.of(HostMemory.shared(), new HostMemory(Arena.ofConfined()))) {
            try (Arena arena = memory.arena()) {
                MemorySegment array = memory.allocate(bytes);
                assertEquals(bytes, array.byteSize());
                assertEquals(-1, array.mismatch(arena.allocate(bytes)));
                array.fill((byte) 7);
                assertEquals(7, array.get(ValueLayout.JAVA_BYTE, bytes - 1));
            }
        }
    }

    private static Checkpoint unresumable(Path file, Parameters parameters) throws IOException {
        Checkpoint.write(file, parameters);
        try (Checkpoint checkpoint = Checkpoint.read(file)) {
            return checkpoint;
        }
    }

    @Test
    void closingWhatIsInUseIsRefusedAndWorksLater() throws Exception {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(20, 5), 300, 300, 300);
        Context context = Context.open(ContextOptions.defaults().withThreads(1).withTier(Tier.REFERENCE));
        Parameters parameters = Parameters.zeros(model);
        boolean[] running = {true};
        Thread runner = new Thread(() -> {
            try (Arena arena = Arena.ofConfined(); Workspace workspace = Workspace.inference(context, parameters, 64)) {
                HostTensor x = HostTensor.allocate(arena, DType.F64, 64, 300);
                while (running[0]) {
                    workspace.forward(x);
                }
            } catch (IllegalStateException closed) {
                running[0] = false; // closed between two calls
            }
        });
        runner.start();
        boolean refused = false;
        while (running[0] && !refused) {
            try {
                context.close();
            } catch (IllegalStateException e) {
                refused = true;
                assertTrue(e.getMessage().contains("running"), e.getMessage());
            }
        }
        running[0] = false;
        runner.join();
        context.close();
        parameters.close();
        assertThrows(IllegalStateException.class, () -> Workspace.inference(context, parameters, 1));
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64"})
    void trainingMemoryIsWithinThreeTimesInputsAndOutputsTimesTheOrder(DType dtype) {
        for (int grid : new int[] {5, 20, 200}) {
            KanModel model = KanModel.kan(dtype, BSpline.of(grid, 3), 300, 300, 1);
            int rows = 100;
            try (Context context = Context.open(ContextOptions.defaults().withThreads(2));
                    Parameters parameters = Parameters.zeros(model);
                    Workspace workspace = Workspace.training(context, parameters, rows)) {
                long numbers = 0;
                for (LayerSpec layer : model.layers()) {
                    numbers += rows * (layer.in() + layer.out()) * (3 + 2);
                }
                long bound = 3 * numbers * dtype.bytes();
                assertTrue(workspace.bytes() <= bound, workspace.bytes() + " bytes, allowed " + bound);
            }
        }
    }

    /** A VM that does nothing but write checkpoints is killed at some moment: what is there can be read. */
    @Test
    void aKilledWriterLeavesAWholeCheckpoint() throws Exception {
        Path file = folder.resolve("model.safetensors");
        SplitMix random = new SplitMix(1);
        for (int round = 0; round < 4; round++) {
            Files.deleteIfExists(file);
            Process writer = Vm.start(List.of("--enable-native-access=ALL-UNNAMED",
                    "-Dkan4j.native.path=" + System.getProperty("kan4j.native.path"), "-cp",
                    Vm.path(Vm.home(NativeLibrary.class), Vm.bindings(), Vm.home(WriteForever.class)),
                    WriteForever.class.getName(), file.toString()));
            try (BufferedReader output = writer.inputReader()) {
                assertEquals("WRITTEN", output.readLine());
                Thread.sleep(1 + random.below(50));
            } finally {
                writer.destroyForcibly();
            }
            assertTrue(writer.waitFor(1, TimeUnit.MINUTES));
            try (Checkpoint checkpoint = Checkpoint.read(file)) {
                assertEquals(64, checkpoint.model().in());
            }
        }
    }

    /** Memory in use is waited for, by one who was interrupted too, and who still is afterwards. */
    @Test
    void memoryInUseIsWaitedFor() {
        Arena shared = Arena.ofShared();
        int[] busy = {3};
        try (Arena used = new Arena() {
            @Override
            public java.lang.foreign.MemorySegment allocate(long bytes, long alignment) {
                return shared.allocate(bytes, alignment);
            }

            @Override
            public java.lang.foreign.MemorySegment.Scope scope() {
                return shared.scope();
            }

            @Override
            public void close() {
                if (busy[0]-- > 0) {
                    throw new IllegalStateException("in use");
                }
                if (shared.scope().isAlive()) {
                    shared.close();
                }
            }
        }) {
            Thread.currentThread().interrupt();
            Parameters.closeWhenIdle(new org.kan4j.internal.memory.HostMemory(used));
            assertTrue(Thread.interrupted());
            assertFalse(shared.scope().isAlive());
        }
    }
}
