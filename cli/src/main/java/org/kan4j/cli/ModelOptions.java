// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.kan4j.constraint.MonotoneColumns;
import org.kan4j.Recipe;
import org.kan4j.error.Counted;
import org.kan4j.model.Initialisation;
import org.kan4j.model.KanModel;
import org.kan4j.encoding.Encoding;
import picocli.CommandLine.Option;

/** The network that {@code kan4j train} trains. */
final class ModelOptions {

    @Option(names = "--hidden", paramLabel = "N", split = ",", description = "Widths of the hidden layers, such as 64,64; inputs and outputs follow from the data. By default "
            + "64 for mnist and fashion-mnist, 32 for digits, for files 32,16 below 5,000 rows and 64,32 from there on.")
    private long[] hidden;

    @Option(names = "--layers", paramLabel = "N", split = ",", description = "All widths from the inputs to the outputs, such as 784,64,10, instead of --hidden.")
    private long[] layers;

    @Option(names = "--basis", paramLabel = "NAME", description = "One of ${COMPLETION-CANDIDATES}; bspline by default.", completionCandidates = Bases.Names.class)
    private String basis;

    @Option(names = "--grid", paramLabel = "N", description = "Grid intervals, centres, degree or frequencies of the basis; by default as published (bspline: 5, "
            + "10 for files of 5,000 rows and more).")
    private Integer grid;

    @Option(names = "--order", paramLabel = "N", description = "Spline order, 1 to 5; 3 by default.")
    private Integer order;

    @Option(names = "--norm", paramLabel = "KIND", description = "Further normalisation: none, layer (between layers) or batch (after every layer). By default as the "
            + "basis was published: layer for chebykan and jacobikan, none for the rest (wavkan brings its batch norms).")
    private String norm;

    @Option(names = "--init", paramLabel = "NAME", description = "How initial parameters are drawn: published, pykan (splines), smooth (Fourier) or unit-variance; "
            + "published by default.")
    private String init;

    @Option(names = "--dtype", paramLabel = "TYPE", description = "f32 or f64; f32 by default.")
    private String dtype;

    void check() {
        Ranges.atLeast("--grid", grid, 1);
        Ranges.atLeast("--order", order, 1);
        if (layers != null && hidden != null) {
            throw new InputException("--layers and --hidden exclude each other: --layers has the hidden widths too");
        }
        refuseNarrow("--hidden", hidden);
        if (layers != null && layers.length >= 2) {
            refuseNarrow("--layers", layers);
        }
        Bases.of("--basis", basis());
        if (dtype != null) {
            Options.dtype(dtype);
        }
    }

    private static void refuseNarrow(String option, long[] widths) {
        if (widths != null && Arrays.stream(widths).anyMatch(width -> width < 1)) {
            throw new InputException(option + " must be at least 1 each, given " + join(widths));
        }
    }

    /** A model that is gone on with is what it is. */
    void refuseWithFrom() {
        String given = Stream.of(hidden != null ? "--hidden" : null, layers != null ? "--layers" : null,
                basis != null ? "--basis" : null, grid != null ? "--grid" : null, order != null ? "--order" : null,
                norm != null ? "--norm" : null, init != null ? "--init" : null, dtype != null ? "--dtype" : null)
                .filter(option -> option != null).collect(Collectors.joining(", "));
        if (!given.isEmpty()) {
            throw new InputException("--from keeps the network of the model; leave out " + given);
        }
    }

    /** Whether hidden layers are asked for. */
    boolean hasHidden() {
        return hidden != null || layers != null && layers.length != 2;
    }

    String hiddenOption() {
        return hidden != null ? "--hidden" : "--layers";
    }

    /** Whether further normalisation is asked for. */
    boolean normalised() {
        return norm != null && !norm.equals("none");
    }

    String basis() {
        return basis != null ? basis : "bspline";
    }

    /** With defaults filled in; the components are those of {@link TrainOptions}. */
    record Effective(String basis, Integer grid, Integer order, String norm, String init, long[] layers, String dtype) {

        static final Effective NONE = new Effective(null, null, null, null, null, null, null);

        KanModel model(MonotoneColumns monotone) {
            KanModel free = model();
            return monotone == null ? free : monotone.suited(free);
        }

        private KanModel model() {
            String options = "--basis " + basis + (grid == null ? "" : ", --grid " + grid)
                    + (order == null ? "" : ", --order " + order) + ", --layers " + join(layers);
            KanModel plain = Options.of(options, () -> Bases.of("--basis", basis).model(Options.dtype(dtype),
                    grid == null ? 0 : grid, order == null ? 0 : order, layers));
            return Bases.normalised(plain, norm);
        }

        Initialisation initialisation() {
            return init == null ? Initialisation.PUBLISHED : switch (init) {
                case "published" -> Initialisation.PUBLISHED;
                case "pykan" -> Initialisation.PYKAN;
                case "smooth" -> Initialisation.SMOOTH;
                case "unit-variance" -> Initialisation.UNIT_VARIANCE;
                default -> throw new InputException("--init must be published, pykan, smooth or unit-variance, given '"
                        + init + "'");
            };
        }
    }

    /** For inputs and outputs as encoded; the usual hidden layers have no place in an additive model. */
    Effective effective(String data, Encoding encoding, Recipe recipe, TableModel needs) {
        Bases.Entry entry = Bases.of("--basis", basis());
        long[] usual = needs.additive() ? new long[0] : recipe.hidden().stream().mapToLong(Long::longValue).toArray();
        long[] widths = widths(data, encoding, usual);
        int usualGrid = basis().equals("bspline") ? recipe.grid() : entry.grid(widths);
        return new Effective(basis(), applies("--grid", grid, usualGrid), applies("--order", order, entry.order()),
                norm != null ? norm : entry.norm(), init, widths,
                dtype != null ? dtype : needs.monotone() != null ? "f64" : "f32");
    }

    /** A number of the basis as given, or its default; null where the basis has no such number. */
    private Integer applies(String option, Integer given, int otherwise) {
        if (given != null && otherwise == 0) {
            throw new InputException(option + " has no meaning for the basis " + basis() + ", given " + given);
        }
        return given != null ? given : otherwise > 0 ? Integer.valueOf(otherwise) : null;
    }

    private long[] widths(String data, Encoding encoding, long[] usualHidden) {
        long in = encoding.features();
        long out = encoding.target().width();
        if (layers == null) {
            long[] between = hidden != null ? hidden : usualHidden;
            return LongStream.concat(LongStream.concat(LongStream.of(in), Arrays.stream(between)), LongStream.of(out)).toArray();
        }
        String expected = in + ",...," + out;
        if (layers.length < 2) {
            throw new InputException("--layers needs at least the inputs and the outputs, such as " + expected);
        }
        if (layers[0] != in || layers[layers.length - 1] != out) {
            throw new InputException(
                    "--layers " + join(layers) + " does not fit " + data + ", which has " + Counted.of(in, "input") + " and "
                            + Counted.of(out, "output") + ": expected " + expected + "; --hidden takes the widths between them");
        }
        return layers;
    }

    /** Refuses a model to go on with that has other inputs or outputs than the rows. */
    static void requireFit(Path from, String data, KanModel model, Encoding encoding) {
        if (model.in() != encoding.features() || model.out() != encoding.target().width()) {
            throw new InputException("--from " + from + " has " + Counted.of(model.in(), "input") + " and "
                    + Counted.of(model.out(), "output") + ", " + data
                    + " gives " + encoding.features() + " and " + encoding.target().width()
                    + "; --drop, --categorical and --task change what it gives");
        }
    }

    static String join(long[] widths) {
        return Arrays.stream(widths).mapToObj(Long::toString).collect(Collectors.joining(","));
    }
}
