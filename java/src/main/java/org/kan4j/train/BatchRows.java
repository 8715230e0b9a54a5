// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** The rows of one mini-batch of a training whose batches are the same in every epoch. */
final class BatchRows implements RowSource {

    private final RowSource all;
    private final TrainingPlan plan;
    private final int from;
    private final int to;

    BatchRows(RowSource all, TrainingPlan plan, int from, int to) {
        this.all = all;
        this.plan = plan;
        this.from = from;
        this.to = to;
    }

    @Override
    public int size() {
        return to - from;
    }

    @Override
    public long in() {
        return all.in();
    }

    @Override
    public long out() {
        return all.out();
    }

    @Override
    public int classes() {
        return all.classes();
    }

    @Override
    public DType dtype() {
        return all.dtype();
    }

    @Override
    public boolean weighted() {
        return all.weighted();
    }

    @Override
    public Pass inOrder() {
        Pass pass = plan.shuffle() ? all.shuffled(plan.seed(), 0) : all.inOrder();
        return new Pass() {
            @Override
            public void read(int first, int end, MemorySegment x, MemorySegment targets, MemorySegment weights) {
                pass.read(from + first, from + end, x, targets, weights);
            }

            @Override
            public void close() {
                pass.close();
            }
        };
    }

    @Override
    public Pass shuffled(long seed, int epoch) {
        throw new UnsupportedOperationException("a batch has one order");
    }

    @Override
    public Split<? extends RowSource> split(double fraction, long seed) {
        throw new UnsupportedOperationException("a batch is not split");
    }

    @Override
    public HostTensor sample(Arena arena, int most) {
        return all.sample(arena, most);
    }
}
