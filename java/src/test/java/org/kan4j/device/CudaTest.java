// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Rswaf;
import org.kan4j.error.DeviceMemoryException;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.error.Status;
import org.kan4j.internal.SplitMix;
import org.kan4j.internal.memory.DeviceArray;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.model.Workspace;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.OptimizerState;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.DeviceTensor;
import org.kan4j.tensor.HostTensor;

/**
 * The Java side of the CUDA backend. Runs on the GPU where there is one; in the build on the plugin that runs CUDA's
 * kernels on the CPU (native/tests/cuda_emulation), to which the environment's KAN4J_CUDA_PLUGIN points.
 */
class CudaTest {

    /** Runs whose bits are compared. */
    private static final int REPEATS = Integer.getInteger("kan4j.cuda.repeats", 3);
    private static final KanModel SMALL = KanModel.kan(DType.F32, BSpline.of(5, 3), 3, 4, 2);

    @BeforeAll
    static void aDeviceIsThere() {
        String missing = Device.cuda(0).unavailable().orElse("");
        assumeTrue(missing.isEmpty(), missing);
    }

    private static List<KanModel> models() {
        List<KanModel> models = new ArrayList<>();
        for (Basis basis : List.of(BSpline.of(5, 3), GaussianRbf.of(8), Rswaf.of(8), new Chebyshev(4), new Fourier(4))) {
            models.add(KanModel.kan(DType.F32, basis, 5, 7, 3));
        }
        models.add(KanModel.of(DType.F32, new Linear(5, 9, true), LayerNorm.of(9), new ActivationLayer(9, Activation.GELU),
                new Linear(9, 2, true)));
        return models;
    }

    private static HostTensor random(Arena arena, long seed, long... shape) {
        HostTensor tensor = HostTensor.allocate(arena, DType.F32, shape);
        SplitMix random = new SplitMix(seed, 0);
        for (long i = 0; i < tensor.size(); i++) {
            tensor.setFlat(i, random.uniform(-1, 1));
        }
        return tensor;
    }

    @Test
    void tensorsAreCopiedInAndOutAndNothingElseReachesThem() {
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open(Device.cuda(0));
                Context other = Context.open(Device.cuda(0));
                Context cpu = Context.open()) {
            HostTensor numbers = random(arena, 1, 4, 3);
            DeviceTensor tensor = DeviceTensor.of(context, numbers);
            assertArrayEquals(numbers.toFloats(), tensor.copyTo(HostTensor.allocate(arena, DType.F32, 4, 3)).toFloats());
            assertEquals(0, DeviceArray.of(tensor).array().byteSize());
            try (DeviceTensor elsewhere = DeviceTensor.allocate(other, DType.F32, 4, 3)) {
                assertArrayEquals(new float[12], elsewhere.copyTo(HostTensor.allocate(arena, DType.F32, 4, 3)).toFloats());
                elsewhere.copyFrom(tensor);
                assertArrayEquals(numbers.toFloats(),
                        elsewhere.copyTo(HostTensor.allocate(arena, DType.F32, 4, 3)).toFloats());
            }
            assertThrows(ShapeException.class, () -> tensor.copyFrom(random(arena, 1, 3, 4)));
            assertThrows(ShapeException.class, () -> tensor.copyFrom(HostTensor.allocate(arena, DType.F64, 4, 3)));
            assertThrows(KanException.class, () -> tensor.copyTo(numbers.asReadOnly()));
            assertThrows(KanException.class, () -> DeviceTensor.allocate(cpu, DType.F32, 1));
            tensor.close();
            tensor.close();
            assertThrows(IllegalStateException.class, () -> tensor.copyFrom(numbers));
            assertThrows(IllegalStateException.class, tensor::address);
        }
    }

    @Test
    void closingTheContextFreesWhatIsLeft() {
        Context context = Context.open(Device.cuda(0));
        DeviceTensor tensor = DeviceTensor.allocate(context, DType.F32, 10);
        Parameters parameters;
        try (Parameters host = Parameters.initialise(SMALL, 1)) {
            parameters = host.onto(context);
        }
        assertTrue(context.deviceMemory().held() > 0);
        context.close();
        assertThrows(IllegalStateException.class, tensor::address);
        assertThrows(IllegalStateException.class, () -> Workspace.training(context, parameters, 1));
        assertThrows(IllegalStateException.class, context::deviceMemory);
        tensor.close();
        parameters.close();
    }

    @Test
    void closingWhatWasAllocatedGivesTheMemoryBack() {
        try (Context context = Context.open(Device.cuda(0)); Parameters host = Parameters.initialise(SMALL, 1)) {
            long before = context.deviceMemory().held();
            for (int i = 0; i < 20; i++) {
                try (Parameters parameters = host.onto(context);
                        Workspace workspace = Workspace.training(context, parameters, 16);
                        OptimizerState state = OptimizerState.of(Optimizer.adamW(1e-3, 0), parameters)) {
                    assertTrue(context.deviceMemory().held() > before);
                    assertEquals(0, state.steps());
                    assertEquals(16, workspace.maxRows());
                }
            }
            assertEquals(before, context.deviceMemory().held());
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void passesGiveWhatTheCpuGives(KanModel model) {
        int rows = 37;
        try (Arena arena = Arena.ofConfined();
                Context cpu = Context.open();
                Context cuda = Context.open(Device.cuda(0));
                Parameters host = Parameters.initialise(model, 3);
                Parameters device = host.onto(cuda);
                Workspace here = Workspace.training(cpu, host, rows);
                Workspace there = Workspace.training(cuda, device, rows);
                ParameterVector expected = host.newVector();
                ParameterVector actual = device.newVector();
                ParameterVector copy = host.newVector()) {
            HostTensor x = random(arena, 1, rows, model.in());
            HostTensor g = random(arena, 2, rows, model.out());
            HostTensor dx = HostTensor.allocate(arena, DType.F32, rows, model.in());
            float[] y = here.forward(x).toFloats();
            here.backward(x, g, expected, dx);
            try (DeviceTensor onDevice = DeviceTensor.of(cuda, x);
                    DeviceTensor gradient = DeviceTensor.of(cuda, g);
                    DeviceTensor inputGradient = DeviceTensor.allocate(cuda, DType.F32, rows, model.in())) {
                float[] first = null;
                for (int repeat = 0; repeat < REPEATS; repeat++) {
                    HostTensor result = there.forward(onDevice).copyTo(HostTensor.allocate(arena, DType.F32, rows,
                            model.out()));
                    near(y, result.toFloats());
                    there.backward(onDevice, gradient, actual, inputGradient);
                    near(dx.toFloats(), inputGradient.copyTo(HostTensor.allocate(arena, DType.F32, rows, model.in()))
                            .toFloats());
                    copy.copyFrom(actual);
                    near(expected.flat().toFloats(), copy.flat().toFloats());
                    if (first != null) {
                        assertArrayEquals(first, copy.flat().toFloats(), "another run, other bits");
                    }
                    first = copy.flat().toFloats();
                }
            }
        }
    }

    static void near(float[] expected, float[] actual) {
        double scale = 0;
        double error = 0;
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            scale = Math.max(scale, Math.abs(expected[i]));
            error = Math.max(error, Math.abs((double) expected[i] - actual[i]));
            assertTrue(Float.isFinite(actual[i]));
        }
        assertTrue(scale > 0, "nothing but zeros");
        assertTrue(error <= 2e-5 * scale, "off by " + error + " of " + scale);
    }

    @Test
    void parametersAreTheSameNumbersOnEitherSide() {
        KanModel model = KanModel.of(DType.F32, KanLayer.of(3, 5, BSpline.of(4, 3)), BatchNorm.of(5), new Linear(5, 2, true));
        try (Arena arena = Arena.ofConfined();
                Context cuda = Context.open(Device.cuda(0));
                Parameters host = Parameters.initialise(model, 5);
                Parameters device = host.onto(cuda);
                Parameters back = Parameters.zeros(model);
                Parameters twin = device.copy()) {
            assertEquals(Device.cuda(0), device.device());
            back.copyFrom(twin);
            assertArrayEquals(host.values().flat().toFloats(), back.values().flat().toFloats());
            assertArrayEquals(host.buffers().toFloats(), back.buffers().toFloats());
            for (TensorInfo tensor : model.tensors()) {
                assertArrayEquals(host.get(arena, tensor.name()).toFloats(), device.get(arena, tensor.name()).toFloats());
            }
            String name = "layers.0.coef";
            HostTensor coef = random(arena, 9, host.get(arena, name).shape().toArray());
            device.set(name, coef);
            assertArrayEquals(coef.toFloats(), device.get(arena, name).toFloats());
            assertTrue(assertThrows(KanException.class, () -> device.values().flat()).getMessage().contains("cuda:0"));
            assertThrows(KanException.class, device::buffers);
        }
    }

    @Test
    void whatIsElsewhereIsRefused() {
        try (Arena arena = Arena.ofConfined();
                Context cpu = Context.open();
                Context cuda = Context.open(Device.cuda(0));
                Context other = Context.open(Device.cuda(0));
                Parameters host = Parameters.initialise(SMALL, 1);
                Parameters device = host.onto(cuda);
                Workspace here = Workspace.inference(cpu, host, 4);
                Workspace there = Workspace.inference(cuda, device, 4);
                DeviceTensor x = DeviceTensor.allocate(cuda, DType.F32, 4, 3);
                DeviceTensor foreign = DeviceTensor.allocate(other, DType.F32, 4, 3);
                ParameterVector gradients = host.newVector();
                OptimizerState state = OptimizerState.of(Optimizer.sgd(0.1, 0), device)) {
            HostTensor onHost = HostTensor.allocate(arena, DType.F32, 4, 3);
            says("Parameters.onto", () -> Workspace.training(cuda, host, 4));
            says("cuda:0", () -> Workspace.training(cpu, device, 4));
            says("another context", () -> Workspace.training(other, device, 4));
            says("DeviceTensor.of", () -> there.forward(onHost));
            says("DeviceTensor.copyTo", () -> here.forward(x));
            says("another context", () -> there.forward(foreign));
            says("gradients", () -> state.step(cuda, gradients, 0.1));
            says("cpu", () -> state.step(cpu, gradients, 0.1));
            assertEquals(0, state.steps());
            says("DeviceTensor.of", () -> new Loss.Mse().evaluate(cuda, onHost, onHost, null, null));
        }
    }

    private static void says(String what, Runnable wrong) {
        Throwable thrown = assertThrows(RuntimeException.class, wrong::run);
        assertTrue(thrown instanceof KanException || thrown instanceof IllegalStateException, thrown.toString());
        assertTrue(thrown.getMessage().contains(what), thrown.getMessage());
    }

    @Test
    void aDeviceThatIsNotThereIsNamed() {
        KanException missing = assertThrows(KanException.class, () -> Context.open(Device.cuda(99)));
        assertTrue(missing.getMessage().contains("99"), missing.getMessage());
        assertThrows(KanException.class, () -> Device.cuda(-1));
        assertThrows(KanException.class,
                () -> Context.open(ContextOptions.defaults().withProducts(Products.TF32)), "TF32 on the CPU");
        assertTrue(Device.all().contains(Device.cuda(0)));
    }

    @Test
    void float64IsRefusedWithTheReason() {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(3, 3), 2, 1);
        try (Context cuda = Context.open(Device.cuda(0));
                Parameters host = Parameters.initialise(model, 1);
                Parameters device = host.onto(cuda)) {
            KanException refused = assertThrows(KanException.class, () -> Workspace.training(cuda, device, 2));
            assertEquals(Status.UNSUPPORTED, refused.status());
        }
    }

    @Test
    void exhaustedMemorySaysHowMuchAndLeavesTheContextUsable() {
        try (Arena arena = Arena.ofConfined();
                Context cuda = Context.open(Device.cuda(0));
                Parameters host = Parameters.initialise(SMALL, 1);
                Parameters device = host.onto(cuda)) {
            long free = cuda.deviceMemory().free();
            String message = assertThrows(DeviceMemoryException.class,
                    () -> DeviceTensor.allocate(cuda, DType.F32, free)).getMessage();
            assertTrue(message.contains(Long.toString(4 * free)), message);
            assertTrue(message.contains("free") && message.contains("held"), message);
            long held = cuda.deviceMemory().held();
            assertThrows(DeviceMemoryException.class, () -> Workspace.training(cuda, device, free / 4));
            assertEquals(held, cuda.deviceMemory().held());
            try (Workspace workspace = Workspace.training(cuda, device, 4);
                    DeviceTensor x = DeviceTensor.of(cuda, random(arena, 1, 4, 3))) {
                assertEquals(4, workspace.forward(x).shape().rows());
                cuda.synchronize();
            }
        }
    }

    @Test
    void aContextServesOneThreadAtATime() throws Exception {
        try (Arena arena = Arena.ofShared(); Context cuda = Context.open(Device.cuda(0))) {
            HostTensor numbers = random(arena, 1, 1 << 20);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            boolean[] refused = new boolean[1];
            DeviceTensor target = DeviceTensor.allocate(cuda, DType.F32, 1 << 20);
            Thread other = new Thread(() -> {
                for (int i = 0; i < 400 && failure.get() == null && !refused[0]; i++) {
                    try {
                        target.copyFrom(numbers);
                        target.copyTo(numbers);
                    } catch (KanException e) {
                        failure.set(e);
                    }
                }
            });
            other.start();
            while (other.isAlive() && !refused[0]) {
                try {
                    cuda.synchronize();
                } catch (KanException e) {
                    assertEquals(Status.BUSY, e.status());
                    refused[0] = true;
                }
            }
            other.join();
            if (failure.get() != null) {
                assertEquals(Status.BUSY, ((KanException) failure.get()).status());
                refused[0] = true;
            }
            assertTrue(refused[0], "two threads in one context at once, and none was refused");
            target.close();
            assertNotEquals(0, cuda.deviceMemory().total());
        }
    }

    @Test
    void aGraphDoesItAgainWithTheSameArguments() {
        try (Arena arena = Arena.ofConfined();
                Context cuda = Context.open(Device.cuda(0));
                Parameters host = Parameters.initialise(SMALL, 1);
                Parameters device = host.onto(cuda);
                Workspace workspace = Workspace.inference(cuda, device, 4);
                DeviceTensor x = DeviceTensor.of(cuda, random(arena, 1, 4, 3));
                DeviceTensor y = DeviceTensor.allocate(cuda, DType.F32, 4, 2)) {
            HostTensor result = HostTensor.allocate(arena, DType.F32, 4, 2);
            workspace.forward(x, y);
            float[] first = y.copyTo(result).toFloats();
            DeviceGraph graph = cuda.capture(() -> workspace.forward(x, y));
            x.copyFrom(random(arena, 2, 4, 3));
            graph.launch();
            float[] replayed = y.copyTo(result).toFloats();
            assertNotEquals(first[0], replayed[0]);
            workspace.forward(x, y);
            assertArrayEquals(y.copyTo(result).toFloats(), replayed);
            graph.close();
            graph.close();
            assertThrows(IllegalStateException.class, graph::launch);
            assertThrows(KanException.class, () -> cuda.capture(cuda::synchronize));
            workspace.forward(x, y);
            cuda.record(0);
            cuda.record(1);
            assertTrue(cuda.elapsedMillis(0, 1) >= 0);
            assertThrows(KanException.class, () -> cuda.record(Context.EVENTS));
        }
    }

}
