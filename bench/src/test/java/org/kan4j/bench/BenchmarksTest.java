// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collection;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs every benchmark's body once, in this VM and on small sizes, with the checks of its tear-down. */
class BenchmarksTest {

    private static ChainedOptionsBuilder once(String include) {
        return new OptionsBuilder().include(include).forks(0).warmupIterations(0).measurementIterations(1)
                .mode(Mode.SingleShotTime).shouldFailOnError(true).verbosity(VerboseMode.SILENT);
    }

    @Test
    void layersOfEveryBasisInBothTypes() throws RunnerException {
        Collection<RunResult> results = new Runner(once("LayerBenchmark").param("size", "24").param("batch", "5")
                .param("dtype", "F32", "F64").param("threads", "2").build()).run();
        assertThat(results).hasSize(12 * 2 * 4);
    }

    @Test
    void callsTensorsAndCheckpoints() throws RunnerException {
        assertThat(new Runner(once("FfmBenchmark").build()).run()).hasSize(8);
        assertThat(new Runner(once("TensorBenchmark").param("count", "1000").build()).run()).hasSize(6);
        assertThat(new Runner(once("CheckpointBenchmark").param("layers", "4x16x3").build()).run()).hasSize(2);
        assertThat(new Runner(once("LbfgsBenchmark").build()).run()).hasSize(2);
        assertThat(new Runner(once("FirstPrediction").param("layers", "4x16x3").build()).run()).hasSize(3);
        assertThat(new Runner(once("HandOnBenchmark").param("layers", "4x16x3").build()).run()).hasSize(3);
    }

    @Test
    void networks() throws RunnerException {
        assertThat(new Runner(once("Network").param("layers", "6x20x1").param("batch", "10")
                .param("threads", "1").build()).run()).hasSizeGreaterThanOrEqualTo(3 * 2);
        assertThat(new Runner(once("Predict").param("layers", "4x16x3").param("batch", "3").build()).run())
                .hasSizeGreaterThanOrEqualTo(2);
    }

    @Test
    void theVectorApiNetworkHasAsManyParametersAsEfficientKanWithoutScales() {
        try (Network network = new VectorNetwork(new long[] {10, 20, 1}, 4)) {
            assertThat(network.parameters()).isEqualTo((10 * 20 + 20) * 9);
        }
    }

    @Test
    void checksOfTearDownsFailOnNonsense() {
        assertThatThrownBy(() -> Data.requireSensible("x", 0, 0, 0)).hasMessageContaining("nothing but 0");
        assertThatThrownBy(() -> Data.requireSensible("x", 1, Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> Data.requireEqual("x", new double[] {1, 2.1}, new double[] {1, 2}, 1e-3))
                .hasMessageContaining("wrong by");
        assertThatThrownBy(() -> Data.requireEqual("x", new double[] {Double.NaN}, new double[] {1}, 1e-3))
                .hasMessageContaining("wrong by");
    }
}
