// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Rows whose weights are multiplied by their class's. */
final class ClassWeighted implements RowSource {

    private final RowSource rows;
    private final double[] factors;

    ClassWeighted(RowSource rows, List<Double> classWeights) {
        if (rows.classes() != classWeights.size()) {
            throw KanException.invalid("given %s, the data has %s", Counted.of(classWeights.size(), "class weight"),
                    rows.classes() == 0 ? "no classes" : Counted.of(rows.classes(), "class"));
        }
        this.rows = rows;
        this.factors = classWeights.stream().mapToDouble(Double::doubleValue).toArray();
    }

    @Override
    public int size() {
        return rows.size();
    }

    @Override
    public long in() {
        return rows.in();
    }

    @Override
    public long out() {
        return rows.out();
    }

    @Override
    public int classes() {
        return rows.classes();
    }

    @Override
    public DType dtype() {
        return rows.dtype();
    }

    @Override
    public boolean weighted() {
        return true;
    }

    @Override
    public Pass inOrder() {
        return new Weighing(rows.inOrder());
    }

    @Override
    public Pass shuffled(long seed, int epoch) {
        return new Weighing(rows.shuffled(seed, epoch));
    }

    @Override
    public HostTensor sample(Arena arena, int most) {
        return rows.sample(arena, most);
    }

    @Override
    public Split<? extends RowSource> split(double fraction, long seed) {
        throw new UnsupportedOperationException("rows are split before their classes are weighed");
    }

    private final class Weighing implements Pass {

        private final Pass pass;

        Weighing(Pass pass) {
            this.pass = pass;
        }

        @Override
        public void read(int from, int to, MemorySegment x, MemorySegment targets, MemorySegment weights) {
            pass.read(from, to, x, targets, weights);
            for (int i = 0; i < to - from; i++) {
                double factor = factors[targets.getAtIndex(ValueLayout.JAVA_INT, i)];
                if (dtype() == DType.F32) {
                    float own = rows.weighted() ? weights.getAtIndex(ValueLayout.JAVA_FLOAT, i) : 1;
                    weights.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (own * factor));
                } else {
                    double own = rows.weighted() ? weights.getAtIndex(ValueLayout.JAVA_DOUBLE, i) : 1;
                    weights.setAtIndex(ValueLayout.JAVA_DOUBLE, i, own * factor);
                }
            }
        }

        @Override
        public void close() {
            pass.close();
        }
    }
}
