// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import org.kan4j.device.Context;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.model.KanModel;
import org.kan4j.layer.Linear;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;

/**
 * What the machine can do at best, measured at the start of a run: the ground that times are held against.
 *
 * @param multiplyAdds fused multiply-adds a second, on all threads of the context: the best of dense products that stay
 *     in cache
 * @param readBytes bytes a second that all threads together read from an array of a size
 * @param copyBytes bytes a second, read and written added up, of copying an array of a size
 */
public record Rates(double multiplyAdds, double readBytes, double copyBytes) {

    private static final long[][] PRODUCTS = {{128, 128, 64}, {256, 256, 64}, {256, 512, 128}, {512, 512, 256}};
    private static final double SECONDS = 0.05;
    private static final long MOST_BYTES = 1L << 28;

    /** Set by tests of what is printed, to whom the machine does not matter: rates are measured for a moment, in cache. */
    private static boolean quick() {
        return Boolean.getBoolean("kan4j.bench.quick");
    }

    private static double seconds() {
        return quick() ? SECONDS / 50 : SECONDS;
    }

    /** Measures. {@code bytes} is the size of the memory that reads and copies go over. */
    public static Rates measure(Context context, DType dtype, long bytes) {
        return measure(context, dtype, bytes, System::nanoTime);
    }

    static Rates measure(Context context, DType dtype, long bytes, LongSupplier clock) {
        return new Rates(multiplyAdds(context, dtype, clock), 0, 0).withMemory(context, bytes, clock);
    }

    /** These rates with those of memory measured for another size. */
    public Rates withMemory(Context context, long bytes) {
        return withMemory(context, bytes, System::nanoTime);
    }

    private Rates withMemory(Context context, long bytes, LongSupplier clock) {
        int threads = context.threads();
        // Beyond what any cache holds the size matters no more; below some pages a loop is all start and end.
        long each = Math.clamp(bytes / threads, 1 << 16, quick() ? 1 << 16 : MOST_BYTES) / Long.BYTES;
        List<long[]> arrays = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            arrays.add(filled((int) each));
        }
        double read = best(arrays, Rates::sum, clock) * threads * each * Long.BYTES;
        List<long[][]> pairs = new ArrayList<>();
        for (long[] array : arrays) {
            int half = array.length / 2;
            pairs.add(new long[][] {array, new long[half]});
        }
        double copy = best(pairs, Rates::copy, clock) * threads * (each / 2) * 2 * Long.BYTES;
        return new Rates(multiplyAdds, read, copy);
    }

    private static long[] filled(int n) {
        SplittableRandom random = new SplittableRandom(n);
        long[] array = new long[n];
        for (int i = 0; i < n; i++) {
            array[i] = random.nextLong();
        }
        return array;
    }

    private static long sum(long[] a) {
        long s = 0;
        for (long value : a) {
            s += value; // vectorised by the virtual machine
        }
        return s;
    }

    private static long copy(long[][] pair) {
        System.arraycopy(pair[0], 0, pair[1], 0, pair[1].length);
        return pair[1][pair[1].length / 2];
    }

    interface Pass<A> {
        long over(A array);
    }

    /** Passes a second that every thread can make over its array at once: the best of some rounds. */
    static <A> double best(List<A> arrays, Pass<A> pass, LongSupplier clock) {
        double best = 0;
        int passes = 1;
        for (int round = 0; round < 5; round++) {
            long begin = clock.getAsLong();
            long[] sink = new long[arrays.size()];
            List<Thread> threads = new ArrayList<>();
            int count = passes;
            for (int t = 0; t < arrays.size(); t++) {
                int index = t;
                threads.add(Thread.ofPlatform().start(() -> {
                    for (int p = 0; p < count; p++) {
                        sink[index] += pass.over(arrays.get(index));
                    }
                }));
            }
            for (Thread thread : threads) {
                join(thread);
            }
            double seconds = (clock.getAsLong() - begin) * 1e-9;
            for (long s : sink) {
                if (s == 0) {
                    throw new IllegalStateException("a pass over random numbers gave 0");
                }
            }
            best = Math.max(best, passes / seconds);
            passes = (int) Math.clamp(passes * seconds() / seconds, 1, 1 << 24);
        }
        return best;
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static double multiplyAdds(Context context, DType dtype, LongSupplier clock) {
        double best = 0;
        for (long[] p : PRODUCTS) {
            KanModel model = KanModel.of(dtype, new Linear(p[0], p[1], false));
            try (Arena arena = Arena.ofConfined();
                    Parameters parameters = Parameters.initialise(model, 1);
                    Workspace workspace = Workspace.inference(context, parameters, p[2])) {
                HostTensor x = Bench.random(arena, dtype, p[2], p[0], new SplittableRandom(1), -1);
                HostTensor y = HostTensor.allocate(arena, dtype, p[2], p[1]);
                long madds = p[0] * p[1] * p[2];
                int passes = 1;
                for (int round = 0; round < 5; round++) {
                    long begin = clock.getAsLong();
                    for (int i = 0; i < passes; i++) {
                        workspace.forward(x, y);
                    }
                    double seconds = (clock.getAsLong() - begin) * 1e-9;
                    best = Math.max(best, madds * passes / seconds);
                    passes = (int) Math.clamp(passes * seconds() / seconds, 1, 1 << 20);
                }
                if (!(Math.abs(y.get(0, 0)) > 0)) {
                    throw new IllegalStateException("a product of random numbers gave " + y.get(0, 0));
                }
            }
        }
        return best;
    }
}
