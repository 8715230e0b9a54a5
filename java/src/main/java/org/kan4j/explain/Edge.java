// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
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

    /**
     * Those of some edges that match a pattern.
     *
     * @param pattern as {@link #parse} reads it, or with {@code *} for any number
     */
    static List<Edge> matching(String pattern, Collection<Edge> edges) {
        String[] parts = Arrays.stream(pattern.split(",", -1)).map(String::strip).toArray(String[]::new);
        if (parts.length != 3 || !Arrays.stream(parts).allMatch(part -> part.matches("\\*|\\d{1,9}"))) {
            throw KanException.invalid("edges are LAYER,INPUT,OUTPUT, each a number from 0 or * for any, given '%s'", pattern);
        }
        return edges.stream().filter(edge -> fits(parts[0], edge.layer) && fits(parts[1], edge.input)
                && fits(parts[2], edge.output)).toList();
    }

    private static boolean fits(String part, int number) {
        return part.equals("*") || Integer.parseInt(part) == number;
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
