// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import org.kan4j.tensor.HostTensor;

/** The range of evenly spaced centres, which published code keeps beside the centres themselves. */
final class Centres {

    private Centres() {
    }

    /** The first and last centre if they are evenly spaced (to rounding), else the range given. */
    static double[] range(HostTensor centres, double lo, double hi) {
        int n = Math.toIntExact(centres.size());
        double first = n == 0 ? Double.NaN : centres.get(0L);
        double last = n == 0 ? Double.NaN : centres.get(n - 1L);
        boolean even = n >= 2 && last > first;
        for (int i = 0; i < n && even; i++) {
            even = Math.abs(centres.get((long) i) - (first + (last - first) * i / (n - 1))) <= 1e-5 * (last - first);
        }
        return even ? new double[] {first, last} : new double[] {lo, hi};
    }

    /** A range whose evenly spaced centres are a layer's width apart, around its centres' middle. */
    static double[] ofWidth(ExportedLayer layer) {
        HostTensor centres = layer.tensor("kan", "centres");
        double width = 1 / layer.tensor("kan", "inv_width").get(0L);
        int n = Math.toIntExact(centres.size());
        double[] range = range(centres, -1, 1);
        if (Math.abs((range[1] - range[0]) / (n - 1) - width) <= 1e-6 * width) {
            return range;
        }
        double middle = (range[0] + range[1]) / 2;
        return new double[] {middle - width * (n - 1) / 2, middle + width * (n - 1) / 2};
    }
}
