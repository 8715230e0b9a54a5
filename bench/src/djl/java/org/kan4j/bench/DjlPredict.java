// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

/** The networks of {@link PredictBenchmark} on DJL's PyTorch engine. */
public final class DjlPredict {

    private DjlPredict() {
    }

    /** The MLP of equally many parameters. */
    public static class DjlMlp extends PredictBenchmark {
        @Override
        Network open(long[] widths, int rows) {
            return new DjlNetwork.Mlp(widths, rows, 1);
        }
    }

    /** The B-spline network in the style of efficient-kan. */
    public static class DjlDenseSpline extends PredictBenchmark {
        @Override
        Network open(long[] widths, int rows) {
            return new DjlNetwork.DenseSpline(widths, rows, 1);
        }
    }
}
