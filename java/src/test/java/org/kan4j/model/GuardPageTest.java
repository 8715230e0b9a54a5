// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Rational;
import org.kan4j.basis.Sine;
import org.kan4j.basis.Wavelet;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.device.Tier;
import org.kan4j.internal.SplitMix;
import org.kan4j.layer.KanLayer;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;

/**
 * Users' tensors at the very ends of mapped memory: a kernel that reads or writes one byte before or after them ends
 * the VM here. All widths up to two vectors of the widest tier and beyond, so that every tail length occurs.
 */
@SuppressWarnings("restricted") // mmap and mprotect, which is the point here
class GuardPageTest {

    private static final int PROT_READ_WRITE = 3;
    private static final int PROT_NONE = 0;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final long PAGE = 4096;

    /** Which end of the tensor touches the forbidden page. */
    enum Side {
        BEGIN, END
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), descriptor);
    }

    private static final MethodHandle MMAP = handle("mmap", FunctionDescriptor.of(ValueLayout.ADDRESS,
            ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG));
    private static final MethodHandle MPROTECT = handle("mprotect", FunctionDescriptor.of(ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
    private static final MethodHandle MUNMAP = handle("munmap", FunctionDescriptor.of(ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

    /** A tensor between two pages that may not be touched, against one of them. */
    private static HostTensor guarded(Arena arena, Side side, DType dtype, long... shape) throws Throwable {
        long bytes = Shape.of(shape).size() * dtype.bytes();
        long usable = (bytes + PAGE - 1) / PAGE * PAGE;
        long length = usable + 2 * PAGE;
        MemorySegment start = (MemorySegment) MMAP.invokeExact(MemorySegment.NULL, length, PROT_READ_WRITE,
                MAP_PRIVATE_ANONYMOUS, -1, 0L);
        assertTrue(start.address() != -1, "mmap failed");
        MemorySegment map = start.reinterpret(length, arena, segment -> {
            try {
                int ignored = (int) MUNMAP.invokeExact(segment, length);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        });
        assertEquals(0, (int) MPROTECT.invokeExact(map.asSlice(0, PAGE), PAGE, PROT_NONE));
        assertEquals(0, (int) MPROTECT.invokeExact(map.asSlice(PAGE + usable, PAGE), PAGE, PROT_NONE));
        long offset = side == Side.BEGIN ? PAGE : PAGE + usable - bytes;
        return HostTensor.wrap(map.asSlice(offset, bytes), dtype, shape);
    }

    static Stream<Object[]> cases() {
        List<Object[]> cases = new ArrayList<>();
        Basis[] bases = {BSpline.of(5, 3), BSpline.of(4, 2).withOutside(BSpline.Outside.LINEAR), new Chebyshev(3),
            new Fourier(2), GaussianRbf.of(4), new Sine(3), new Wavelet(Wavelet.Kind.DOG), new Rational(1)};
        try (Context context = Context.open()) {
            for (Tier tier : Tier.values()) {
                if (tier != Tier.AUTO && tier.compareTo(context.maxTier()) <= 0) {
                    for (Basis basis : bases) {
                        for (DType dtype : List.of(DType.F32, DType.F64)) {
                            cases.add(new Object[] {tier, basis, dtype});
                        }
                    }
                }
            }
        }
        assertTrue(cases.size() >= 32, "the reference and at least one tier");
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void kernelsStayInsideTheTensorsTheyAreGiven(Tier tier, Basis basis, DType dtype) throws Throwable {
        SplitMix random = new SplitMix(5);
        try (Context context = Context.open(ContextOptions.defaults().withThreads(1).withTier(tier))) {
            for (int n = 1; n <= 34; n++) {
                // Every tail for inputs and for outputs, and a batch of 1, 2, 3 or 4 rows.
                int in = n;
                int out = 35 - n;
                int rows = 1 + n % 4;
                try (Arena arena = Arena.ofConfined();
                        Parameters parameters = Parameters.initialise(KanModel.of(dtype, KanLayer.of(in, out, basis)), n);
                        Workspace workspace = Workspace.training(context, parameters, rows);
                        ParameterVector gradients = parameters.newVector()) {
                    HostTensor x = HostTensor.allocate(arena, dtype, rows, in);
                    HostTensor cotangent = HostTensor.allocate(arena, dtype, rows, out);
                    for (int i = 0; i < rows * in; i++) {
                        x.setFlat(i, random.uniform(-1.3, 1.3));
                    }
                    for (int i = 0; i < rows * out; i++) {
                        cotangent.setFlat(i, random.uniform(-1, 1));
                    }
                    double[] outputs = workspace.forward(x).toDoubles();
                    HostTensor gradInput = HostTensor.allocate(arena, dtype, rows, in);
                    workspace.backward(x, cotangent, gradients, gradInput);
                    double[] expected = gradients.flat().toDoubles();
                    for (Side side : Side.values()) {
                        HostTensor gx = guarded(arena, side, dtype, rows, in).copyFrom(x);
                        HostTensor gy = guarded(arena, side, dtype, rows, out);
                        workspace.forward(gx, gy);
                        assertArrayEquals(outputs, gy.toDoubles(), side + " of the page, " + in + " to " + out);
                        HostTensor gdy = guarded(arena, side, dtype, rows, out).copyFrom(cotangent);
                        HostTensor gdx = guarded(arena, side, dtype, rows, in);
                        workspace.backward(gx, gdy, gradients, gdx);
                        assertArrayEquals(gradInput.toDoubles(), gdx.toDoubles(), side + " of the page, " + in);
                        assertArrayEquals(expected, gradients.flat().toDoubles(), side + " of the page, " + in);
                    }
                }
            }
        }
    }
}
