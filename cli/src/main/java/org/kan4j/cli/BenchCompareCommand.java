// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kan4j.cli.bench.PairedTest;
import org.kan4j.error.Counted;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kan4j bench compare}; the script bench/compare makes what it reads. */
@Command(name = "compare", mixinStandardHelpOptions = true, sortOptions = false, description = "Says which times moved between two builds, from files that 'kan4j bench --json' wrote in turns: a paired "
        + "test on the medians of the rounds. Exit status 1 if something became slower.")
final class BenchCompareCommand implements Callable<Integer> {

    private static final String[] PHASES = {"forward", "backward", "step"};

    @Spec
    private CommandSpec spec;

    @Option(names = "--base", paramLabel = "FILE", arity = "1..*", required = true, description = "Rounds of the one build.")
    private List<Path> base;

    @Option(names = "--new", paramLabel = "FILE", arity = "1..*", required = true, description = "Rounds of the other, in the same order.")
    private List<Path> changed;

    @Option(names = "--significance", paramLabel = "P", defaultValue = "0.01", description = "A change counts if chance makes one as large less often; ${DEFAULT-VALUE} by default.")
    private double significance;

    @Option(names = "--least", paramLabel = "PERCENT", defaultValue = "2", description = "Changes smaller than this do not count; ${DEFAULT-VALUE} by default.")
    private double least;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (base.size() != changed.size() || base.size() > PairedTest.MOST_PAIRS) {
            throw new InputException("--base and --new need as many files as each other, at most " + PairedTest.MOST_PAIRS
                    + ", given " + base.size() + " and " + changed.size());
        }
        if (Math.pow(2, 1 - base.size()) > significance) {
            throw new InputException(
                    format("%s cannot be significant at %s; at least %d are needed", Counted.of(base.size(), "round"),
                            significance, (int) Math.ceil(1 - Math.log(significance) / Math.log(2))));
        }
        Map<String, double[]> before = times(base);
        Map<String, double[]> after = times(changed);
        if (!before.keySet().equals(after.keySet())) {
            throw new InputException("the files measure different things: " + before.keySet() + " and " + after.keySet());
        }
        int slower = 0;
        out.println(format("%-24s %8s %9s", "", "new/base", "p"));
        for (String name : before.keySet()) {
            PairedTest test = PairedTest.of(before.get(name), after.get(name));
            boolean moved = test.p() <= significance && Math.abs(test.ratio() - 1) * 100 >= least;
            slower += moved && test.ratio() > 1 ? 1 : 0;
            out.println(format("%-24s %8.3f %9.4f  %s", name, test.ratio(), test.p(),
                    !moved ? "" : test.ratio() > 1 ? "SLOWER" : "faster"));
        }
        out.println(format("%d of %s became slower, by a paired test over %s", slower, Counted.of(before.size(), "time"),
                Counted.of(base.size(), "round")));
        return slower == 0 ? 0 : Main.FAILURE;
    }

    /** Medians of each model and phase, one a file. */
    private static Map<String, double[]> times(List<Path> files) throws IOException {
        Map<String, double[]> times = new LinkedHashMap<>();
        for (int i = 0; i < files.size(); i++) {
            JsonNode rows = Output.read(files.get(i));
            List<String> seen = new ArrayList<>();
            for (JsonNode row : rows) {
                for (String phase : PHASES) {
                    String grid = row.has("grid") ? " " + row.get("grid").asText() : "";
                    String name = row.path("model").asText() + grid + " " + phase;
                    double ms = row.path(phase + "_ms").asDouble(Double.NaN);
                    if (!(ms > 0)) {
                        throw new InputException(files.get(i) + " has no time '" + phase + "_ms' in a row of "
                                + row.path("model").asText("no model"));
                    }
                    times.computeIfAbsent(name, key -> new double[files.size()])[i] = ms;
                    seen.add(name);
                }
            }
            if (seen.size() != times.size()) {
                throw new InputException(files.get(i) + " measures " + seen + ", another round " + times.keySet());
            }
        }
        return times;
    }
}
