// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.lang.foreign.Arena;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Wavelet;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.model.KanModel;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.optim.OptimizerState;

class MeasuresTest {

    @Test
    void medianAndPercentilesAreNearestRanks() {
        assertThat(new Sample(new double[] {3, 1, 2}).median()).isEqualTo(2);
        assertThat(new Sample(new double[] {4, 1, 3, 2}).median()).isEqualTo(2.5);
        double[] hundred = new double[100];
        for (int i = 0; i < 100; i++) {
            hundred[i] = 100 - i;
        }
        Sample sample = new Sample(hundred);
        assertThat(sample.percentile(95)).isEqualTo(95);
        assertThat(sample.percentile(99.9)).isEqualTo(100);
        assertThat(sample.percentile(0)).isEqualTo(1);
    }

    @Test
    void exponentOfAPowerIsThatPower() {
        double[] x = {1, 2, 5, 10};
        double[] y = new double[4];
        for (int i = 0; i < 4; i++) {
            y[i] = 7 * Math.pow(x[i], 1.5);
        }
        assertThat(Exponent.fit(x, y)).isCloseTo(1.5, within(1e-12));
    }

    @Test
    void pairedTestSeesAConstantFactorAndNotNoise() {
        double[] base = {10, 11, 12, 9, 10, 14, 10, 11};
        double[] slower = new double[8];
        double[] noise = new double[8];
        for (int i = 0; i < 8; i++) {
            slower[i] = base[i] * 1.05;
            noise[i] = base[i] * (i % 2 == 0 ? 1.1 : 1 / 1.1);
        }
        PairedTest moved = PairedTest.of(base, slower);
        assertThat(moved.ratio()).isCloseTo(1.05, within(1e-12));
        assertThat(moved.p()).isEqualTo(2.0 / 256); // all signs as they are, or all turned
        assertThat(PairedTest.of(base, noise).p()).isEqualTo(1);
    }

    @Test
    void ratiosArePairedByRound() {
        // The machine is twice as slow in the second round, and the other model takes twice as long in each.
        Measured one = measured(1, 2, 1);
        Measured other = measured(2, 4, 2.2);
        assertThat(one.against(other, Measurement.Phase.FORWARD, Measurement.Phase.STEP)).isEqualTo(0.5);
        assertThat(one.median(Measurement.Phase.BACKWARD)).isEqualTo(1);
        assertThat(one.spread(Measurement.Phase.STEP)).isEqualTo(1);
    }

    private static Measured measured(double... times) {
        return new Measured(1, Arrays.stream(times).mapToObj(t -> new Sample(new double[] {t}))
                .map(s -> new Measurement.Round(s, s, s)).toList(), 0, 0);
    }

    @Test
    void workCountsTapsNotTheGrid() {
        KanModel coarse = KanModel.kan(DType.F32, BSpline.of(5, 3), 10, 20);
        KanModel fine = KanModel.kan(DType.F32, BSpline.of(50, 3), 10, 20);
        assertThat(Work.forward(coarse, 7).multiplyAdds()).isEqualTo(7 * 10 * 20 * 5.0);
        assertThat(Work.forward(fine, 7).multiplyAdds()).isEqualTo(7 * 10 * 20 * 5.0);
        assertThat(Work.forward(coarse, 7).readBytes()).isEqualTo(4.0 * (10 * 20 * 10 + 7 * 10));
        assertThat(Work.backward(coarse, 7, false).multiplyAdds()).isEqualTo(7 * 10 * 20 * 5.0);
        assertThat(Work.backward(coarse, 7, true).multiplyAdds()).isEqualTo(2 * 7 * 10 * 20 * 5.0);
        assertThat(Work.step(coarse, 7).updateBytes()).isEqualTo(6 * 4.0 * 10 * 20 * 10);
        KanModel mlp = KanModel.mlp(DType.F64, Activation.RELU, 10, 20, 3);
        assertThat(Work.forward(mlp, 7).multiplyAdds()).isEqualTo(7 * (200 + 60.0));
        assertThat(Work.backward(mlp, 7, false).multiplyAdds()).isEqualTo(7 * (200 + 2 * 60.0));
    }

    @Test
    void floorIsTheSlowerOfArithmeticAndMemory() {
        Work work = new Work(100, 50, 10);
        assertThat(work.seconds(new Rates(10, 100, 100))).isEqualTo(10);
        assertThat(work.computeBound(new Rates(10, 100, 100))).isTrue();
        assertThat(work.seconds(new Rates(1000, 10, 5))).isEqualTo(7);
        assertThat(work.computeBound(new Rates(1000, 10, 5))).isFalse();
    }

    @Test
    void ratesOfThisMachineArePositiveAndFinite() {
        try (Context context = Context.open()) {
            Rates rates = Rates.measure(context, DType.F64, 1 << 20);
            for (double rate : new double[] {rates.multiplyAdds(), rates.readBytes(), rates.copyBytes()}) {
                assertThat(rate).isPositive().isFinite();
            }
        }
    }

    /** By a clock of its own, to which rounds take 50, 100, 25, 100 and 50 ms: of 1, 1, 1, 2 and 1 passes. */
    @Test
    void ratesAreWhatAllThreadsDidInTheBestRound() {
        int[] millis = {50, 100, 25, 100, 50};
        int[] asked = {0};
        long[] now = {0};
        LongSupplier clock = () -> {
            int round = asked[0] / 2 % 5;
            return now[0] += asked[0]++ % 2 == 0 ? 0 : millis[round] * 1_000_000L;
        };
        try (Context context = Context.open(ContextOptions.defaults().withThreads(2))) {
            Rates rates = Rates.measure(context, DType.F64, 1 << 18, clock);
            assertThat(rates.multiplyAdds()).isCloseTo(40.0 * 512 * 512 * 256, withinPercentage(1e-6));
            assertThat(rates.readBytes()).as("two threads, 128 KB each").isCloseTo(40.0 * (1 << 18), withinPercentage(1e-6));
            assertThat(rates.copyBytes()).as("half read, half written").isCloseTo(40.0 * (1 << 18), withinPercentage(1e-6));
        }
        List<AtomicInteger> passes = List.of(new AtomicInteger(), new AtomicInteger());
        asked[0] = 0;
        assertThat(Rates.best(passes, AtomicInteger::incrementAndGet, clock)).isCloseTo(40, within(1e-9));
        assertThat(passes).as("each thread passes over its own").extracting(AtomicInteger::get).containsExactly(6, 6);
        assertThatThrownBy(() -> Rates.best(passes, array -> 0, clock)).hasMessage("a pass over random numbers gave 0");
    }

    @Test
    void workOfEachBasisIsItsFunctionsThatAreNotZero() {
        long edges = 6 * 4;
        assertThat(madds(GaussianRbf.of(8))).as("and the base").isEqualTo(3 * edges * 9.0);
        assertThat(madds(new Wavelet(Wavelet.Kind.MEXICAN_HAT))).isEqualTo(3 * edges * 1.0);
        assertThat(madds(BSpline.of(7, 2))).isEqualTo(3 * edges * 4.0);
        KanModel bare = KanModel.of(DType.F32, KanLayer.of(6, 4, BSpline.of(7, 2)).withBase(Activation.NONE));
        assertThat(Work.forward(bare, 3).multiplyAdds()).isEqualTo(3 * edges * 3.0);
        assertThat(Work.forward(KanModel.of(DType.F32, new LayerNorm(6, 1e-5)), 3).multiplyAdds()).isZero();
    }

    private static double madds(Basis basis) {
        return Work.forward(KanModel.kan(DType.F32, basis, 6, 4), 3).multiplyAdds();
    }

    /** A bench holds memory for a model; of many, one after the other, all is freed. */
    @Test
    void whatABenchHoldsIsFreedWithIt() throws ReflectiveOperationException {
        try (Context context = Context.open(ContextOptions.defaults().withThreads(1))) {
            Bench bench = new Bench(context, KanModel.kan(DType.F32, BSpline.of(5, 3), 2, 1), 4, true, 1);
            HostTensor x = HostTensor.allocate(Arena.global(), DType.F32, 4, 2);
            List<AutoCloseable> held = new ArrayList<>();
            for (Field field : Bench.class.getDeclaredFields()) {
                field.setAccessible(true);
                if (field.get(bench) instanceof AutoCloseable part && part != context) {
                    held.add(part);
                }
            }
            assertThat(held).as("arena, parameters, gradients, state and workspace").hasSize(5);
            bench.close();
            for (AutoCloseable part : held) {
                switch (part) {
                    case Arena arena -> assertThat(arena.scope().isAlive()).isFalse();
                    case Parameters parameters -> assertThatThrownBy(parameters::requireOpen).isInstanceOf(
                            IllegalStateException.class);
                    case OptimizerState state -> assertThatThrownBy(() -> state.moments().get("m").flat().get(0)).isInstanceOf(
                            IllegalStateException.class);
                    case ParameterVector gradients -> assertThatThrownBy(() -> gradients.flat().get(0)).isInstanceOf(
                            IllegalStateException.class);
                    case Workspace workspace -> assertThatThrownBy(() -> workspace.forward(x)).isInstanceOf(
                            IllegalStateException.class);
                    default -> throw new AssertionError(part);
                }
            }
        }
    }

    /** Of wavelets of three parameters an edge and batch norms of two an output, those behind the first layer are read for gradients. */
    @Test
    void bytesAreParametersAndInputs() {
        KanModel model = KanModel.kan(DType.F64, new Wavelet(Wavelet.Kind.MEXICAN_HAT), 10, 20, 3);
        double bytes = 8.0 * model.parameterCount();
        double inputs = 8.0 * 7 * 10;
        Work forward = Work.forward(model, 7);
        assertThat(forward.readBytes()).isEqualTo(bytes + inputs);
        assertThat(forward.updateBytes()).isZero();
        Work backward = Work.backward(model, 7, false);
        assertThat(backward.updateBytes()).isEqualTo(bytes);
        assertThat(backward.readBytes()).isEqualTo(inputs + 8.0 * (20 * 3 * 3 + 2 * (20 + 3)));
        assertThat(Work.backward(model, 7, true).readBytes()).isEqualTo(inputs + bytes);
        Work step = Work.step(model, 7);
        assertThat(step.readBytes()).isEqualTo(bytes + 2 * inputs);
        assertThat(step.multiplyAdds()).isEqualTo(forward.multiplyAdds() + backward.multiplyAdds());
    }

    @Test
    void pairsAreOfOneLengthAndNotTooMany() {
        for (int[] lengths : new int[][] {{0, 0}, {2, 1}, {21, 21}}) {
            assertThatThrownBy(() -> PairedTest.of(new double[lengths[0]], new double[lengths[1]]))
                    .hasMessage("a paired test needs 1 to 20 pairs, given " + lengths[0] + " and " + lengths[1]);
        }
        assertThatThrownBy(() -> new Sample(new double[0])).hasMessage("a sample needs at least one value");
        assertThat(new Sample(new double[] {1, 2, 3, 4}).percentile(50)).isEqualTo(2);
        assertThat(new Sample(new double[] {1, 2, 3, 4}).percentile(51)).isEqualTo(3);
    }

    @Test
    void roundsLieApartByTheirMedians() {
        assertThat(measured(1, 4, 2).spread(Measurement.Phase.STEP)).isEqualTo(1.5);
        assertThat(measured(1, 4, 2).against(measured(1, 2, 1), Measurement.Phase.STEP, Measurement.Phase.FORWARD)).isEqualTo(2);
        Measured unlike = new Measured(1, List.of(new Measurement.Round(new Sample(new double[] {1}), new Sample(
                new double[] {2}), new Sample(new double[] {3}))), 0, 0);
        assertThat(Arrays.stream(Measurement.Phase.values()).map(unlike::median)).containsExactly(1.0, 2.0, 3.0);
        assertThat(unlike.against(measured(2), Measurement.Phase.FORWARD, Measurement.Phase.BACKWARD)).isEqualTo(0.75);
    }

    /** Another library's network, which each thread opens for itself: called with as many numbers as it was opened for. */
    private record Peer(float answer, List<String> opened, AtomicInteger closed) implements LatencyPeer {

        @Override
        public List<String> models() {
            return List.of("theirs");
        }

        @Override
        public Call open(String model, long[] widths, int rows) {
            synchronized (opened) {
                opened.add(model + Arrays.toString(widths) + rows);
            }
            return new Call() {
                @Override
                public void predict(float[] inputs, float[] outputs) {
                    assertThat(inputs).hasSize((int) (rows * widths[0]));
                    assertThat(outputs).hasSize((int) (rows * widths[widths.length - 1]));
                    if (answer < 0) {
                        throw new IllegalStateException("they fail");
                    }
                    outputs[0] = answer;
                }

                @Override
                public void close() {
                    closed.incrementAndGet();
                }
            };
        }
    }

    @Test
    void latenciesOfAnotherLibraryAreThoseOfItsCalls() {
        long[] widths = {4, 7, 2};
        Peer peer = new Peer(1, new ArrayList<>(), new AtomicInteger());
        Latency.Result result = Latency.run(peer, "theirs", widths, 3, 2, 0.01, 1);
        assertThat(peer.opened).containsExactly("theirs[4, 7, 2]3", "theirs[4, 7, 2]3");
        assertThat(peer.closed).hasValue(2);
        double[] micros = result.micros().sorted();
        assertThat(micros.length).isGreaterThanOrEqualTo(2);
        assertThat(result.rowsPerSecond()).isPositive().isFinite();
        assertThat(result.bytesPerCall()).isNotNegative();
        Latency.Result alone = Latency.run(peer, "theirs", widths, 3, 1, 0.01, 1);
        micros = alone.micros().sorted();
        // No more rows than in the time of the calls, between which others may run.
        assertThat(alone.rowsPerSecond()).isPositive().isLessThanOrEqualTo(1.001 * 3e6 * micros.length
                / Arrays.stream(micros).sum());
        assertThatThrownBy(() -> Latency.run(new Peer(0, new ArrayList<>(), new AtomicInteger()), "theirs", widths, 1, 1, 0.001,
                1)).hasMessage("the measured model predicts nothing but 0, or not a number");
        assertThatThrownBy(() -> Latency.run(new Peer(Float.NaN, new ArrayList<>(), new AtomicInteger()), "theirs", widths, 1, 1,
                0.001, 1)).hasMessage("the measured model predicts nothing but 0, or not a number");
        Peer failing = new Peer(-1, new ArrayList<>(), new AtomicInteger());
        assertThatThrownBy(() -> Latency.run(failing, "theirs", widths, 1, 1, 0.001, 1)).isInstanceOf(IllegalStateException.class)
                .hasMessage("they fail");
        assertThat(failing.closed).hasValue(1);
    }

    @Test
    void memoryEstimateCoversParametersGradientsAndMoments() {
        KanModel model = KanModel.kan(DType.F32, BSpline.of(5, 3), 100, 100);
        assertThat(Work.memoryEstimate(model, 10)).isGreaterThan(4 * 4.0 * model.parameterCount());
    }
}
