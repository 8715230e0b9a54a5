// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.RowSource;

/** Which columns are of use to the networks that are compared by rows held out, by the weight decay of each. Used by one thread. */
public final class UsefulColumns {

    private final Encoding encoding;
    private final Map<Double, Relevance> byDecay = new HashMap<>();

    /** Of an encoding, of no network yet. */
    public UsefulColumns(Encoding encoding) {
        this.encoding = encoding;
    }

    /** Takes in a network that was trained with a weight decay, and rows that it was not trained on. */
    public void measure(double decay, Trainer trainer, RowSource held, long seed) {
        byDecay.computeIfAbsent(decay,
                any -> new Relevance(encoding.columns().stream().mapToInt(Encoding.Column::width).toArray()))
                .measure(trainer, held, seed);
    }

    /**
     * The columns that are of no use to the networks of a weight decay; none where all are, or none is.
     *
     * @param needed names of those that are never among them
     */
    public Set<Encoding.Column> useless(double decay, Set<String> needed) {
        Relevance relevance = byDecay.get(decay);
        BitSet useful = relevance == null ? new BitSet() : relevance.useful();
        Set<Encoding.Column> useless = new HashSet<>();
        for (int c = 0; c < encoding.columns().size() && !useful.isEmpty(); c++) {
            Encoding.Column column = encoding.columns().get(c);
            if (!useful.get(c) && !(column instanceof Encoding.Numeric number && needed.contains(number.name()))) {
                useless.add(column);
            }
        }
        return useless;
    }

    /** Names of columns, by the alphabet. */
    public static List<String> names(Set<Encoding.Column> columns) {
        return columns.stream().flatMap(column -> switch (column) {
            case Encoding.Numeric number -> Stream.of(number.name());
            case Encoding.Categorical category -> Stream.of(category.name());
            case Encoding.Pixels pixels -> Stream.empty();
        }).sorted().toList();
    }

    /** The encoding without some of its columns. */
    public static Encoding without(Encoding all, Set<Encoding.Column> some) {
        return new Encoding(all.data(), all.columns().stream().filter(column -> !some.contains(column)).toList(), all.target(),
                all.missing(), all.unseen());
    }
}
