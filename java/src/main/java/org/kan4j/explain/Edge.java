// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import org.kan4j.error.KanException;

/**
 * An edge of a {@link KanGraph}: the function phi_oi from a layer's input i to its output o.
 *
 * @param layer index of the layer in the graph
 * @param input i
 * @param output o
 */
public record Edge(int layer, int input, int output) implements Comparable<Edge> {

    /** Reads {@code layer,input,output}, three numbers from 0. */
    public static Edge parse(String text) {
        String[] parts = text.split(",", -1);
        try {
            if (parts.length == 3) {
                return new Edge(Integer.parseInt(parts[0].strip()), Integer.parseInt(parts[1].strip()),
                        Integer.parseInt(parts[2].strip()));
            }
        } catch (NumberFormatException e) {
            // falls through to the message below
        }
        throw KanException.invalid("an edge is LAYER,INPUT,OUTPUT, three numbers from 0, given '%s'", text);
    }

    @Override
    public int compareTo(Edge other) {
        int byLayer = Integer.compare(layer, other.layer);
        int byOutput = byLayer != 0 ? byLayer : Integer.compare(output, other.output);
        return byOutput != 0 ? byOutput : Integer.compare(input, other.input);
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return layer + "," + input + "," + output;
    }
}
