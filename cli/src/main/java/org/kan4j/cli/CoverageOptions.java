// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import org.kan4j.grid.GridCoverage;
import picocli.CommandLine.Option;

/**
 * How much of what a model sees lies outside its grids: reported, and a warning above a share. Where nothing is said only
 * the first layer is warned of, whose share is about the rows; later ones have much outside in the published recipes too, and
 * are no worse for it.
 */
final class CoverageOptions {

    /** Where nothing is said. */
    private static final double SHARE = 0.1;

    @Option(names = "--warn-outside", paramLabel = "F", description = "Warn of every layer where more than this share of what it sees lies outside its grid; 1 for never. By "
            + "default of the first where more than 0.1 does.")
    private Double share;

    void check() {
        if (share != null && !(share >= 0 && share <= 1)) {
            throw new InputException("--warn-outside must be between 0 and 1, given " + share);
        }
    }

    /** Adds the share of each layer to a report. */
    static void put(GridCoverage coverage, ObjectNode json) {
        if (!coverage.layers().isEmpty()) {
            ObjectNode shares = json.putObject("outside_grid");
            coverage.layers().forEach(layer -> shares.put("layers." + layer.layer(), layer.share()));
        }
    }

    /** Warns of the layers whose share is too large. */
    void warn(GridCoverage coverage, PrintWriter warnings) {
        for (GridCoverage.Layer layer : coverage.layers()) {
            if (share != null ? layer.share() > share : layer.layer() == 0 && layer.share() > SHARE) {
                int worst = layer.worstInput();
                warnings.println(format("warning: %.1f %% of what layer %d sees lies outside its grid, %.1f %% of its "
                        + "input %d; train --update-grid moves grids to the data", 100 * layer.share(), layer.layer(),
                        100 * layer.share(worst), worst));
            }
        }
    }

    /** A line with the share of each layer; empty where none has a grid. */
    static String describe(GridCoverage coverage) {
        StringBuilder text = new StringBuilder();
        for (GridCoverage.Layer layer : coverage.layers()) {
            text.append(text.isEmpty() ? "" : ", ").append(format("%.2f %% in layer %d", 100 * layer.share(), layer.layer()));
        }
        return text.toString();
    }
}
