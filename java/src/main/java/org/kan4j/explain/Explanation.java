// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.kan4j.formula.DomainStatus;
import org.kan4j.formula.Expression;

/**
 * What was found.
 *
 * @param formulas of the outputs, in the user's columns and units; empty if none is good enough
 * @param reason why there is none; empty if there is one
 * @param best the best formulas met, good enough or not
 * @param constants of the formulas
 * @param scores how good network and formulas are on rows that nothing has seen
 * @param features what each does
 * @param network the pruned network that the formulas were read from, on the features kept
 * @param inputs what the network's inputs mean
 * @param outputs what its outputs mean
 * @param functions of the edges that are known in closed form, by name
 * @param before the network before it was pruned, on the features it took
 * @param pictures of network and edges, as SVG text
 * @param attempts of pruning
 * @param pareto formulas met, larger ones only where they are better
 * @param log lines of what was done
 * @param seconds it took
 */
public record Explanation(List<Expression> formulas, Optional<String> reason, List<Expression> best,
        List<FoundConstant> constants, Scores scores, List<Feature> features, KanGraph network,
        List<Column> inputs, List<Column> outputs, Map<Edge, String> functions, Size before, Pictures pictures,
        List<Pruning.Attempt> attempts, List<Met> pareto, List<String> log, double seconds) {

    /** Copies the lists. */
    public Explanation {
        formulas = List.copyOf(formulas);
        best = List.copyOf(best);
        constants = List.copyOf(constants);
        Objects.requireNonNull(scores, "scores");
        features = List.copyOf(features);
        Objects.requireNonNull(network, "network");
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        functions = Map.copyOf(functions);
        attempts = List.copyOf(attempts);
        pareto = List.copyOf(pareto);
        log = List.copyOf(log);
    }

    /**
     * A number of a formula.
     *
     * @param name of it in the list of constants
     * @param measured its fitted value
     * @param error standard error
     * @param exact what it was taken for; empty if it stays measured
     */
    public record FoundConstant(String name, double measured, double error, Optional<String> exact) {
    }

    /**
     * On rows that nothing has seen, in the target's unit.
     *
     * @param network root mean square error of the network
     * @param formula that of the formulas; NaN without any
     * @param deviation of the target
     * @param difference the largest of formula and network, there and on points of the box
     * @param domains whether the formulas are defined in the whole box
     */
    public record Scores(double network, double formula, double deviation, double difference, DomainStatus domains) {
    }

    /**
     * A column of the data.
     *
     * @param total share of the output's variance it has part in
     * @param error standard error
     * @param kept whether the network takes it
     */
    public record Feature(String name, double total, double error, boolean kept) {
    }

    /**
     * Drawings, as SVG text.
     *
     * @param before the network before it was pruned
     * @param after the network after it
     * @param edges each edge, with the function laid on it where it has one
     */
    public record Pictures(String before, String after, List<String> edges) {
        /** Copies the list. */
        public Pictures {
            edges = List.copyOf(edges);
        }
    }

    /** A network's size. */
    public record Size(String shape, int edges) {
    }

    /**
     * A formula on the way.
     *
     * @param size nodes of its tree
     * @param rmse on the rows held out, as a share of the target's deviation
     */
    public record Met(int size, double rmse, List<String> formulas) {
        /** Copies the list. */
        public Met {
            formulas = List.copyOf(formulas);
        }
    }

    /** The fields of {@code explanation.json}. */
    public Map<String, Object> fields() {
        return ExplanationFields.of(this);
    }

    /** A whole HTML page: no scripts, nothing from elsewhere. */
    public String report() {
        return Report.of(this);
    }
}
