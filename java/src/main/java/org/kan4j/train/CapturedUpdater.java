// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import org.kan4j.device.DeviceGraph;
import org.kan4j.ffi.Kan;
import org.kan4j.ffi.kan_optimizer_state;
import org.kan4j.internal.Native;
import org.kan4j.internal.NativeContext;
import org.kan4j.internal.RowOrder;
import org.kan4j.internal.measure.Measurement;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.memory.Staged;
import org.kan4j.internal.measure.LossPass;
import org.kan4j.internal.passes.NativeVector;
import org.kan4j.internal.passes.Passes;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Workspace;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;

/**
 * Steps of AdamW or SGD that a CUDA device makes by itself: a step is recorded once for each size of a batch and then
 * launched as a whole, with no allocation and nothing that waits. A data set in memory is copied to the device, where
 * the steps gather their batches by the order of the epoch; rows from elsewhere, and data that would take more than
 * half of the free memory, are copied batch by batch. Losses stay on the device until {@link #settle} adds them to the
 * progress, so a loss that is not finite is met late: steps were made after it.
 */
final class CapturedUpdater extends Updater {

    /** Steps whose losses the device keeps. */
    private static final int KEPT = 1024;
    private static final long LOOK_NANOS = 100_000_000;
    private static final int CHUNK_ROWS = 4096;

    private final Memory memory;
    private final Measurement.Batch batch;
    private final Workspace workspace;
    private final Passes passes;
    /** Of SGD; null for AdamW, whose backward pass makes the step. */
    private final ParameterVector gradients;
    private final Resident resident;
    private final boolean counting;
    private final Staged correct;
    private final Staged losses;
    private final double[] weights = new double[KEPT];
    private int pending;
    private long looked;
    private double rate = Double.NaN;
    private double lastFactor;
    private int lastRows;
    /** The device's state of the optimizer, a kan_optimizer_state. */
    private final Staged optimizer;
    private long deviceSteps = -1;
    /** By rows of a batch; null for a size of which one step has been made, and nothing recorded yet. */
    private final Map<Integer, DeviceGraph> graphs = new HashMap<>();

    CapturedUpdater(TrainingLoop.Run run) {
        super(run);
        int rows = Math.min(plan.batchSize(), data.size());
        this.memory = Memory.confined(context);
        Workspace made = null;
        try {
            batch = new Measurement.Batch(memory, data, rows);
            made = Workspace.training(context, parameters, rows);
            gradients = plan.optimizer() instanceof Optimizer.AdamW ? null : parameters.newVector();
            counting = counts(run);
            correct = new Staged(memory, Double.BYTES);
            losses = new Staged(memory, KEPT * Double.BYTES);
            optimizer = new Staged(memory, kan_optimizer_state.layout().byteSize());
            steps.keepOnDevice(optimizer.array());
            resident = data instanceof Dataset set && Resident.bytes(set) <= context.deviceMemory().free() / 2
                    ? new Resident(set) : null;
        } catch (RuntimeException | Error e) {
            if (made != null) {
                made.close();
            }
            memory.close();
            throw e;
        }
        this.workspace = made;
        this.passes = Passes.of(made);
    }

    /** Whether the device can make the steps of a plan by itself. */
    static boolean can(TrainingLoop.Run run) {
        return run.context().isCuda() && run.plan().plain() && !(run.loss() instanceof Loss.Custom)
                && (counts(run) || !Measurement.hasClasses(run.loss()) || !run.plan().countsClasses());
    }

    /** Whether the device counts the rows that are classified rightly. */
    private static boolean counts(TrainingLoop.Run run) {
        return run.loss() instanceof Loss.CrossEntropy && !run.data().weighted();
    }

    /** A data set on the device. */
    private final class Resident {

        private final MemorySegment x;
        private final MemorySegment targets;
        private final MemorySegment rowWeights;
        private final Staged order;
        private final MemorySegment position;
        private final Arena staging = Arena.ofConfined();
        private final MemorySegment hostPosition = staging.allocate(ValueLayout.JAVA_LONG);
        private final double[] weightOf;
        private final long xBytes;
        private final long targetBytes;
        private RowSource.Pass bound;
        private int[] bindings;
        private long at;

        Resident(Dataset set) {
            int size = set.size();
            xBytes = set.in() * set.dtype().bytes();
            targetBytes = set.classes() > 0 ? Integer.BYTES : set.out() * set.dtype().bytes();
            x = memory.allocate(size * xBytes);
            targets = memory.allocate(size * targetBytes);
            rowWeights = set.weighted() ? memory.allocate((long) size * set.dtype().bytes()) : MemorySegment.NULL;
            weightOf = set.weighted() ? new double[size] : null;
            order = new Staged(memory, (long) size * Integer.BYTES);
            position = memory.allocate(Long.BYTES);
            int chunk = Math.min(size, CHUNK_ROWS);
            try (Arena local = Arena.ofConfined(); RowSource.Pass pass = set.inOrder()) {
                MemorySegment hostX = local.allocate(chunk * xBytes, Memory.ALIGNMENT);
                MemorySegment hostTargets = local.allocate(chunk * targetBytes, Memory.ALIGNMENT);
                MemorySegment hostWeights = local.allocate((long) chunk * set.dtype().bytes(), Memory.ALIGNMENT);
                for (int from = 0; from < size; from += chunk) {
                    int rows = Math.min(chunk, size - from);
                    pass.read(from, from + rows, hostX, hostTargets, hostWeights);
                    memory.write(hostX, memory.slice(x, from * xBytes, rows * xBytes), rows * xBytes);
                    memory.write(hostTargets, memory.slice(targets, from * targetBytes, rows * targetBytes),
                            rows * targetBytes);
                    if (set.weighted()) {
                        long bytes = (long) rows * set.dtype().bytes();
                        memory.write(hostWeights, memory.slice(rowWeights, (long) from * set.dtype().bytes(), bytes), bytes);
                        for (int i = 0; i < rows; i++) {
                            weightOf[from + i] = hostWeights.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                        }
                    }
                }
            }
        }

        static long bytes(Dataset set) {
            long row = set.in() * set.dtype().bytes() + set.out() * set.dtype().bytes() + set.dtype().bytes();
            return set.size() * (row + Integer.BYTES);
        }

        /** Prepares for the rows at these positions of a pass; the sum of their weights. */
        double bind(RowSource.Pass pass, int from, int to) {
            if (pass != bound) {
                bound = pass;
                bindings = RowOrder.of(pass).positions();
                for (int i = 0; i < data.size(); i++) {
                    order.host().setAtIndex(ValueLayout.JAVA_INT, i, bindings == null ? i : bindings[i]);
                }
                order.upload((long) data.size() * Integer.BYTES);
                at = -1;
            }
            double weight = to - from;
            if (weightOf != null) {
                weight = 0;
                for (int i = from; i < to; i++) {
                    weight += weightOf[bindings == null ? i : bindings[i]];
                }
            }
            if (weight > 0 && at != from) {
                hostPosition.set(ValueLayout.JAVA_LONG, 0, from);
                memory.write(hostPosition, position, Long.BYTES);
            }
            at = weight > 0 ? to : at;
            return weight;
        }

        /** Queues the gathering of a batch. */
        void gather(int rows) {
            MemorySegment handle = NativeContext.of(context).handle();
            gather(handle, rows, xBytes, x, batch.x);
            gather(handle, rows, targetBytes, targets, batch.targets);
            if (weightOf != null) {
                gather(handle, rows, data.dtype().bytes(), rowWeights, batch.weights);
            }
            Native.check(Kan.kan_advance(handle, position, rows), handle);
        }

        private void gather(MemorySegment handle, int rows, long bytes, MemorySegment from, MemorySegment to) {
            Native.check(Kan.kan_gather(handle, rows, bytes, from, data.size(), order.array(), data.size(), position, to),
                    handle);
        }

        void close() {
            staging.close();
        }
    }

    @Override
    void step(RowSource.Pass pass, int from, int to, double factor) {
        int rows = to - from;
        double weight;
        if (resident != null) {
            weight = resident.bind(pass, from, to);
        } else {
            batch.read(pass, from, to);
            weight = batch.weight(rows);
        }
        progress.rows += rows;
        if (weight == 0) {
            return; // rows of weight 0 have no gradient
        }
        lastFactor = factor;
        lastRows = rows;
        prepare(plan.optimizer().learningRate() * factor);
        launch(rows);
        memory.copy(loss(), memory.slice(losses.array(), (long) pending * Double.BYTES, Double.BYTES), Double.BYTES);
        weights[pending++] = weight;
        if (pending == KEPT || System.nanoTime() - looked > LOOK_NANOS) {
            settle();
        }
    }

    private MemorySegment loss() {
        return batch.value.array();
    }

    /** Gives the device the learning rate and the number of updates where it has others. */
    private void prepare(double learningRate) {
        if (deviceSteps != steps.stepsOfMoments()) {
            deviceSteps = steps.stepsOfMoments();
            rate = learningRate;
            kan_optimizer_state.step(optimizer.host(), deviceSteps);
            kan_optimizer_state.learning_rate(optimizer.host(), rate);
            optimizer.upload(optimizer.host().byteSize());
        } else if (rate != learningRate) {
            rate = learningRate;
            kan_optimizer_state.learning_rate(optimizer.host(), rate);
            optimizer.upload(Double.BYTES);
        }
        steps.next(learningRate);
        deviceSteps++;
    }

    /** The first step of a size is made call by call, which loads what kernels need; later ones are launches. */
    private void launch(int rows) {
        if (!graphs.containsKey(rows)) {
            graphs.put(rows, null);
            queue(rows);
            return;
        }
        DeviceGraph graph = graphs.get(rows);
        if (graph == null) {
            graph = context.capture(() -> queue(rows));
            graphs.put(rows, graph);
        }
        graph.launch();
    }

    private void queue(int rows) {
        MemorySegment handle = NativeContext.of(context).handle();
        if (resident != null) {
            resident.gather(rows);
        }
        MemorySegment predictions = passes.forward(rows, batch.x);
        if (counting) {
            Native.check(Kan.kan_count_correct(handle, data.dtype().code(), rows, data.out(), predictions, batch.targets,
                    correct.array()), handle);
        }
        // The gradient takes the predictions' place.
        LossPass.queue(loss, context, data.dtype(), rows, data.out(), predictions,
                batch.targets, batch.weights, predictions, loss());
        if (gradients == null) {
            Native.check(Kan.kan_adamw_advance(handle, steps.config()), handle);
            steps.backward(passes, rows, batch.x, predictions);
        } else {
            passes.backward(rows, batch.x, predictions, NativeVector.of(gradients), null);
            steps.queue(context, gradients);
        }
    }

    @Override
    void settle() {
        looked = System.nanoTime();
        if (pending == 0) {
            return;
        }
        int count = pending;
        pending = 0;
        losses.download((long) count * Double.BYTES);
        for (int i = 0; i < count; i++) {
            double value = losses.host().getAtIndex(ValueLayout.JAVA_DOUBLE, i);
            if (!Double.isFinite(value)) {
                throw Diagnosis.of(context, parameters, lastRows, batch.x).late("the loss became " + value, progress,
                        state.steps() - count + i + 1, plan.optimizer().learningRate() * lastFactor);
            }
            progress.lossSum += value * weights[i];
            progress.weightSum += weights[i];
        }
        if (counting) {
            correct.download(Double.BYTES);
            progress.correct += correct.host().get(ValueLayout.JAVA_DOUBLE, 0);
            memory.clear(correct.array(), Double.BYTES);
        }
    }

    @Override
    public void close() {
        for (DeviceGraph graph : graphs.values()) {
            if (graph != null) {
                graph.close();
            }
        }
        if (resident != null) {
            resident.close();
        }
        if (gradients != null) {
            gradients.close();
        }
        steps.keepOnDevice(MemorySegment.NULL);
        workspace.close();
        memory.close();
    }
}
