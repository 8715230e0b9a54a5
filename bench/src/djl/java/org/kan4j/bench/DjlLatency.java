// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import java.util.List;
import org.kan4j.cli.bench.LatencyPeer;

/** DJL's networks for {@code kan4j bench latency --peers}: one PyTorch thread a call, as a server would set it. */
public final class DjlLatency implements LatencyPeer {

    @Override
    public List<String> models() {
        return List.of("djl-spline", "djl-mlp");
    }

    @Override
    public Call open(String model, long[] widths, int rows) {
        // DJL looks for its engines with the thread's loader, which does not know the jar this comes from.
        Thread.currentThread().setContextClassLoader(DjlLatency.class.getClassLoader());
        DjlNetwork network = switch (model) {
            case "djl-spline" -> new DjlNetwork.DenseSpline(widths, rows, 1);
            case "djl-mlp" -> new DjlNetwork.Mlp(widths, rows, 1);
            default -> throw new IllegalArgumentException("no model '" + model + "', known are " + models());
        };
        return new Call() {
            @Override
            public void predict(float[] inputs, float[] outputs) {
                network.predict(inputs, outputs);
            }

            @Override
            public void close() {
                network.close();
            }
        };
    }
}
