// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Wavelet;
import org.kan4j.cli.bench.BusiestWorker;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.tensor.DType;

/** What threads can gain at most: the time of one over that of the busiest of many, layer by layer. */
final class BenchBound {

    /** A layer and its batch. */
    record Shape(String layer, long batch, KanModel model) {
        private Shape(String name, long batch, Basis basis, long in, long out) {
            this(name + " " + in + " -> " + out, batch, KanModel.kan(DType.F32, basis, in, out));
        }
    }

    static final List<Shape> SHAPES = List.of(new Shape("bspline G5", 64, BSpline.of(5, 3), 784, 64),
            new Shape("bspline G5", 100, BSpline.of(5, 3), 1000, 1000), new Shape("bspline G5", 32768, BSpline.of(5, 3), 2, 64),
            new Shape("bspline G5", 4096, BSpline.of(5, 3), 64, 10), new Shape("rbf G8", 64, GaussianRbf.of(8), 784, 64),
            new Shape("rbf G8", 4096, GaussianRbf.of(8), 64, 10), new Shape("rbf G200", 1024, GaussianRbf.of(200), 64, 64),
            new Shape("rbf G8", 100, GaussianRbf.of(8), 1000, 1000),
            new Shape("linear 1000 -> 1000", 100, KanModel.of(DType.F32, new Linear(1000, 1000, true))),
            new Shape("linear 64 -> 64", 8192, KanModel.of(DType.F32, new Linear(64, 64, true))),
            new Shape("wavelet", 1024, new Wavelet(Wavelet.Kind.MEXICAN_HAT), 64, 64),
            new Shape("layernorm 1024", 2048, KanModel.of(DType.F32, new LayerNorm(1024, 1e-5))));

    private enum Pass {
        FORWARD(BusiestWorker::forward), BACKWARD(BusiestWorker::backward);

        private final ToDoubleFunction<BusiestWorker> time;

        Pass(ToDoubleFunction<BusiestWorker> time) {
            this.time = time;
        }
    }

    private BenchBound() {
    }

    /** Refuses threads that the bound cannot be counted for here. */
    static void check(int[] threads) {
        if (!BusiestWorker.isCounted()) {
            throw new InputException(
                    "--bound: this system does not count the time of threads on processors (/proc/self/schedstat)");
        }
        int processors = Runtime.getRuntime().availableProcessors();
        for (int count : threads) {
            if (count <= processors || count > 256) {
                throw new InputException(format(
                        "--bound: expected numbers of threads above the %d processors of this process, where "
                                + "no thread spins, and up to 256, given %d; 'taskset -c 0 ./kan4j ...' leaves one processor",
                        processors,
                        count));
            }
        }
    }

    /** Prints the table; returns the number of rows. */
    static int print(PrintWriter out, List<Shape> shapes, int[] threads, BenchOutput.Stop stop, ArrayNode rows) {
        out.println("time on a processor of one thread over that of the busiest of T");
        StringBuilder head = new StringBuilder(format("%-24s %6s %-9s %12s", "layer", "batch", "pass", "1 thread, ms"));
        Arrays.stream(threads).forEach(count -> head.append(format(" %8s", "T = " + count)));
        out.println(head);
        int done = 0;
        for (Shape shape : shapes) {
            for (Pass pass : Pass.values()) {
                if (stop.isAsked()) {
                    return done;
                }
                double alone = time(1, shape, pass);
                double[] bounds = Arrays.stream(threads).mapToDouble(count -> alone / time(count, shape, pass)).toArray();
                StringBuilder line = new StringBuilder(format("%-24s %6d %-9s %12.3f", shape.layer(), shape.batch(),
                        pass.name().toLowerCase(Locale.ROOT), alone));
                Arrays.stream(bounds).forEach(bound -> line.append(format(" %8.1f", bound)));
                out.println(line);
                out.flush();
                ArrayNode given = rows.addObject().put("layer", shape.layer()).put("batch", shape.batch())
                        .put("pass", pass.name().toLowerCase(Locale.ROOT))
                        .put("one_thread_ms", BenchOutput.round(alone)).putArray("bounds");
                Arrays.stream(bounds).forEach(bound -> given.add(BenchOutput.round(bound)));
                done++;
            }
        }
        return done;
    }

    private static double time(int threads, Shape shape, Pass pass) {
        try (BusiestWorker worker = new BusiestWorker(threads, shape.model(), shape.batch())) {
            return pass.time.applyAsDouble(worker);
        }
    }
}
