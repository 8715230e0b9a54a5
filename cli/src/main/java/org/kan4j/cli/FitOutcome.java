// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.kan4j.train.Fit;

/**
 * What came of a fit.
 *
 * @param problem that was fitted
 * @param parameters of the network on the grid that was chosen
 * @param rows one for each grid
 * @param best index of the row that was chosen
 * @param seconds in all
 */
record FitOutcome(FitProblem problem, long parameters, List<FitOutcome.Row> rows, int best, double seconds) {

    /** A grid with its errors in the formula's own unit; that on rows held out is NaN where there are none. */
    record Row(Fit.Stage stage, double train, double held, Map<String, Double> test) {
        double rmse() {
            return test.get("rmse");
        }
    }

    Row row() {
        return rows.get(best);
    }

    /** To the published error. */
    double ratio() {
        return row().rmse() / problem.published();
    }

    /** For a metrics file. */
    ObjectNode toJson() {
        ObjectNode root = Output.object();
        root.put("name", problem.name()).put("formula", problem.formula().toString())
                .put("ranges", problem.box())
                .put("layers", problem.shape()).put("parameters", parameters);
        ArrayNode list = root.putArray("grids");
        for (Row row : rows) {
            ObjectNode each = list.addObject().put("grid", row.stage.grid()).put("starts", row.stage.candidates())
                    .put("iterations", row.stage.iterations()).put("train_rmse", row.train);
            if (!Double.isNaN(row.held)) {
                each.put("held_out_rmse", row.held);
            }
            each.put("test_rmse", row.rmse()).put("seconds", row.stage.seconds());
        }
        root.put("best_grid", row().stage.grid());
        ObjectNode test = root.putObject("test");
        row().test.forEach(test::put);
        if (!Double.isNaN(problem.published())) {
            root.put("published_rmse", problem.published());
        }
        return root.put("seconds", seconds);
    }
}
