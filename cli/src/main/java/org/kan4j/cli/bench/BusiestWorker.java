// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.model.KanModel;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.tensor.HostTensor;

/**
 * How long the busiest of a number of threads is on a processor in a pass of a model, as the kernel of the system counts it. With
 * more threads than processors nobody spins or takes another's work, so that a machine with few processors shows what many threads
 * have to do each. What they share, memory and caches, is not in it; waking them is. Each thread has the same pieces in every round, and
 * its least time over the rounds counts: what else the machine does adds to some thread in most rounds, but to none in all.
 */
public final class BusiestWorker implements AutoCloseable {

    private static final Path TASKS = Path.of("/proc/self/task");
    private static final int ROUNDS = 16;
    private static final int RUNS = 8;

    private final Arena arena = Arena.ofConfined();
    private final Context context;
    private final Parameters parameters;
    private final ParameterVector gradients;
    private final Workspace workspace;
    private final HostTensor x;
    private final HostTensor gradOutput;
    private final HostTensor gradInput;
    private final List<Path> workers = new ArrayList<>();

    /** Makes a model with its data for this many threads of the calling thread's own context. */
    public BusiestWorker(int threads, KanModel model, long batch) {
        context = Context.open(ContextOptions.defaults().withThreads(threads));
        parameters = Parameters.initialise(model, 1);
        gradients = parameters.newVector();
        workspace = Workspace.training(context, parameters, batch);
        SplittableRandom random = new SplittableRandom(1);
        x = Bench.random(arena, model.dtype(), batch, model.in(), random, -1);
        gradOutput = Bench.random(arena, model.dtype(), batch, model.out(), random, -1);
        gradInput = HostTensor.allocate(arena, model.dtype(), batch, model.in());
        try (Stream<Path> tasks = Files.list(TASKS)) {
            workers.add(TASKS.resolve(Path.of("/proc/thread-self").toRealPath().getFileName()));
            for (Path task : tasks.toList()) {
                if (Files.readString(task.resolve("comm")).startsWith("kan4j-")) {
                    workers.add(task);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether this system counts the time of threads on processors. */
    public static boolean isCounted() {
        return Files.isReadable(TASKS.resolveSibling("schedstat"));
    }

    /** Milliseconds of the forward pass. */
    public double forward() {
        return least(() -> workspace.forward(x));
    }

    /** Milliseconds of the backward pass, to the parameters and the input. */
    public double backward() {
        workspace.forward(x);
        return least(() -> workspace.backward(x, gradOutput, gradients, gradInput));
    }

    private double least(Runnable pass) {
        long[] least = new long[workers.size()];
        Arrays.fill(least, Long.MAX_VALUE);
        for (int run = 0; run < RUNS; run++) {
            pass.run();
        }
        for (int round = 0; round < ROUNDS; round++) {
            long[] before = new long[workers.size()];
            long[] after = new long[workers.size()];
            Thread.yield(); // the time of a thread that runs is counted up to the last interruption
            for (int i = before.length - 1; i >= 0; i--) { // this thread's last, since reading the others' is its work
                before[i] = nanoseconds(workers.get(i));
            }
            for (int run = 0; run < RUNS; run++) {
                pass.run();
            }
            Thread.yield();
            for (int i = 0; i < after.length; i++) { // and here first
                after[i] = nanoseconds(workers.get(i));
            }
            for (int i = 0; i < least.length; i++) {
                least[i] = Math.min(least[i], after[i] - before[i]);
            }
        }
        return Arrays.stream(least).max().orElseThrow() / 1e6 / RUNS;
    }

    private static long nanoseconds(Path task) {
        try {
            String line = Files.readString(task.resolve("schedstat"));
            return Long.parseLong(line, 0, line.indexOf(' '), 10);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        workspace.close();
        gradients.close();
        parameters.close();
        context.close();
        arena.close();
    }
}
