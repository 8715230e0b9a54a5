// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;

/**
 * Times single predictions, from heap array to heap array, by {@link System#nanoTime} around each; reading the clock, some
 * 20 ns, is included.
 */
public final class Latency {

    private static final int INPUTS = 64; // calls take turns with these, so that no branch is learnt by heart
    private static final int MOST_CALLS = 1 << 20;

    /**
     * What was measured.
     *
     * @param micros of each call
     * @param bytesPerCall allocated on the heap
     * @param rowsPerSecond of all threads together
     */
    public record Result(Sample micros, double bytesPerCall, double rowsPerSecond) {
    }

    private record Calls(double[] micros, double seconds, long allocated, double sum) {
    }

    private Latency() {
    }

    /**
     * Measures {@link Predictor#predict(float[], float[])}; all threads share one predictor.
     *
     * @param batch rows of a call
     * @param threads that call at once
     * @param seconds how long, after a warm-up as long
     */
    public static Result run(KanModel model, int batch, int threads, double seconds, long seed) {
        try (Parameters parameters = Parameters.initialise(model, seed); Predictor predictor = Predictor.of(parameters)) {
            return run(() -> new LatencyPeer.Call() {
                @Override
                public void predict(float[] inputs, float[] outputs) {
                    predictor.predict(inputs, outputs);
                }

                @Override
                public void close() {
                    // the predictor is shared
                }
            }, model.in(), model.out(), batch, threads, seconds, seed);
        }
    }

    /** Measures another library's network; every thread has one of its own. */
    public static Result run(LatencyPeer peer, String model, long[] widths, int batch, int threads, double seconds,
            long seed) {
        return run(() -> peer.open(model, widths, batch), widths[0], widths[widths.length - 1], batch, threads, seconds,
                seed);
    }

    private static Result run(Supplier<LatencyPeer.Call> network, long in, long out, int batch, int threads,
            double seconds, long seed) {
        CyclicBarrier start = new CyclicBarrier(threads);
        List<FutureTask<Calls>> tasks = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            long seedOfThread = seed + t;
            tasks.add(new FutureTask<>(thread(network, in, out, batch, seconds, seedOfThread, start)));
            Thread.ofPlatform().start(tasks.getLast());
        }
        List<Calls> all = new ArrayList<>();
        for (FutureTask<Calls> task : tasks) {
            all.add(get(task));
        }
        double[] micros = all.stream().flatMapToDouble(c -> DoubleStream.of(c.micros)).toArray();
        double allocated = all.stream().mapToDouble(Calls::allocated).sum() / micros.length;
        double rate = all.stream().mapToDouble(c -> c.micros.length * (double) batch / c.seconds).sum();
        if (!all.stream().allMatch(c -> Double.isFinite(c.sum) && c.sum != 0)) {
            throw new IllegalStateException("the measured model predicts nothing but 0, or not a number");
        }
        return new Result(new Sample(micros), allocated, rate);
    }

    private static Callable<Calls> thread(Supplier<LatencyPeer.Call> network, long in, long out, int batch, double seconds,
            long seed, CyclicBarrier start) {
        SplittableRandom random = new SplittableRandom(seed);
        float[][] inputs = new float[INPUTS][Math.toIntExact(batch * in)];
        for (float[] input : inputs) {
            for (int i = 0; i < input.length; i++) {
                input[i] = (float) (2 * random.nextDouble() - 1);
            }
        }
        float[] output = new float[Math.toIntExact(batch * out)];
        return () -> {
            try (LatencyPeer.Call call = network.get()) {
                start.await();
                double[] micros = new double[MOST_CALLS];
                calls(call, inputs, output, micros, seconds);
                start.await();
                return calls(call, inputs, output, micros, seconds);
            }
        };
    }

    private static Calls calls(LatencyPeer.Call call, float[][] inputs, float[] output, double[] micros, double seconds) {
        ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        double sum = 0;
        int n = 0;
        long allocated = memory.getCurrentThreadAllocatedBytes();
        long begin = System.nanoTime();
        long end = begin + (long) (seconds * 1e9);
        long now = begin;
        while (n < micros.length && (now < end || n == 0)) {
            long t0 = System.nanoTime();
            call.predict(inputs[n % INPUTS], output);
            now = System.nanoTime();
            micros[n++] = (now - t0) * 1e-3;
            sum += Math.abs(output[0]);
        }
        allocated = memory.getCurrentThreadAllocatedBytes() - allocated;
        return new Calls(Arrays.copyOf(micros, n), (now - begin) * 1e-9, allocated, sum);
    }

    private static Calls get(FutureTask<Calls> task) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) { // the measurement ends soon by itself; who asked finds the flag
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
