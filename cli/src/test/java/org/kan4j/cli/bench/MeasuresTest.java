// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.kan4j.layer.Activation;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.tensor.DType;
import org.kan4j.model.KanModel;

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

    @Test
    void memoryEstimateCoversParametersGradientsAndMoments() {
        KanModel model = KanModel.kan(DType.F32, BSpline.of(5, 3), 100, 100);
        assertThat(Work.memoryEstimate(model, 10)).isGreaterThan(4 * 4.0 * model.parameterCount());
    }
}
