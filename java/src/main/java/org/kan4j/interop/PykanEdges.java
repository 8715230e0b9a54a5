// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.kan4j.error.FormatException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.tensor.HostTensor;

/**
 * State dicts of pykan 0.0.x (until July 2024), which have a row for each edge, out-major, and a grid without the knots
 * beyond its ends, in the layout of today.
 */
final class PykanEdges {

    private static final Pattern GRID = Pattern.compile("((?:.*\\.)?)act_fun\\.(\\d{1,6})\\.grid");
    private static final Pattern ACT_FUN = Pattern.compile("(.*\\.)?act_fun\\.\\d+\\.(grid|coef|mask|scale_base|scale_sp)");
    private static final Pattern BIAS = Pattern.compile("(.*\\.)?biases\\.\\d+\\.weight");

    private final String what;
    private final Map<String, HostTensor> old;
    private final Arena arena;
    private final Map<String, HostTensor> result = new LinkedHashMap<>();

    private PykanEdges(String what, Map<String, HostTensor> old, Arena arena) {
        this.what = what;
        this.old = old;
        this.arena = arena;
    }

    /** The tensors as pykan names and shapes them today; those of today as they are. */
    static Map<String, HostTensor> modern(String what, Map<String, HostTensor> tensors, Arena arena) {
        boolean edges = tensors.entrySet().stream()
                .anyMatch(e -> e.getKey().matches("(.*\\.)?act_fun\\.\\d+\\.coef") && e.getValue().shape().rank() == 2);
        return edges ? new PykanEdges(what, tensors, arena).convert() : tensors;
    }

    private Map<String, HostTensor> convert() {
        old.forEach((name, tensor) -> {
            if (!ACT_FUN.matcher(name).matches() && !BIAS.matcher(name).matches()) {
                result.put(name, tensor);
            }
        });
        for (String name : old.keySet()) {
            Matcher matcher = GRID.matcher(name);
            if (matcher.matches()) {
                layer(matcher.group(1), matcher.group(2));
            }
        }
        return result;
    }

    private HostTensor get(String name, long... shape) {
        HostTensor tensor = old.get(name);
        if (tensor == null) {
            throw new FormatException(what + " is not a whole state dict of pykan 0.0.x: " + name + " is missing");
        }
        for (int a = 0; a < Math.max(shape.length, tensor.shape().rank()); a++) {
            if (tensor.shape().rank() != shape.length || shape[a] >= 0 && tensor.shape().axis(a) != shape[a]) {
                throw new FormatException(what + ": " + name + " has the shape " + tensor.shape() + ", expected "
                        + java.util.Arrays.toString(shape).replace("-1", "?") + " (pykan 0.0.x)");
            }
        }
        return tensor;
    }

    private void layer(String prefix, String l) {
        HostTensor symbolic = get(prefix + "symbolic_fun." + l + ".mask", -1, -1);
        long out = symbolic.shape().axis(0);
        long in = symbolic.shape().axis(1);
        String act = prefix + "act_fun." + l + ".";
        HostTensor grid = get(act + "grid", out * in, -1);
        HostTensor coef = get(act + "coef", out * in, -1);
        long points = grid.shape().axis(1);
        long n = coef.shape().axis(1);
        if (points < 2 || n < points) {
            throw new FormatException(what + ": " + act + "grid has " + points + " points an edge and coef " + n
                    + " coefficients, expected grid + 1 and grid + k");
        }
        int k = Math.toIntExact(n - points + 1);
        HostTensor knots = HostTensor.allocate(arena, grid.dtype(), in, points + 2L * k);
        for (long i = 0; i < in; i++) {
            for (long o = 1; o < out; o++) {
                for (long p = 0; p < points; p++) {
                    if (grid.get(o * in + i, p) != grid.get(i, p)) {
                        throw new UnsupportedException(what + ": the edges of input " + i + " of act_fun." + l
                                + " have different grids; kan4j has one grid for all edges of an input");
                    }
                }
            }
            extend(grid, i, knots, points, k);
        }
        result.put(act + "grid", knots);
        HostTensor coefficients = HostTensor.allocate(arena, coef.dtype(), in, out, n);
        for (long e = 0; e < in * out; e++) {
            for (long c = 0; c < n; c++) {
                coefficients.set(coef.get(e, c), e % in, e / in, c);
            }
        }
        result.put(act + "coef", coefficients);
        for (String name : new String[] {"mask", "scale_base", "scale_sp"}) {
            HostTensor edges = get(act + name, out * in);
            HostTensor table = HostTensor.allocate(arena, edges.dtype(), in, out);
            for (long e = 0; e < in * out; e++) {
                table.set(edges.get(e), e % in, e / in);
            }
            result.put(act + name, table);
        }
        HostTensor bias = get(prefix + "biases." + l + ".weight", 1, out);
        result.put(prefix + "node_bias_" + l, bias.reshape(out));
        result.put(prefix + "node_scale_" + l, HostTensor.allocate(arena, coef.dtype(), out).fill(1));
        result.put(prefix + "subnode_bias_" + l, HostTensor.allocate(arena, coef.dtype(), out));
        result.put(prefix + "subnode_scale_" + l, HostTensor.allocate(arena, coef.dtype(), out).fill(1));
    }

    /** As pykan does in every forward pass: k steps of the mean spacing on both sides, rounded one by one. */
    private static void extend(HostTensor grid, long i, HostTensor knots, long points, int k) {
        double step = grid.get(i, points - 1) - grid.get(i, 0);
        boolean narrow = grid.dtype().bytes() == Float.BYTES;
        double h = narrow ? (float) step / (points - 1) : step / (points - 1);
        for (long p = 0; p < points; p++) {
            knots.set(grid.get(i, p), i, k + p);
        }
        h = narrow ? (float) h : h;
        for (int m = 1; m <= k; m++) {
            knots.set(knots.get(i, k - m + 1) - h, i, k - m);
            knots.set(knots.get(i, k + points + m - 2) + h, i, k + points + m - 1);
        }
    }
}
