// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.sun.management.OperatingSystemMXBean;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.Map;
import org.kan4j.device.Context;
import org.kan4j.explain.Explain;
import org.kan4j.explain.Explanation;
import org.kan4j.formula.Expression;

/** The steps of pykan's first tutorial, from several seeds: [2,5,1] is fitted, pruned and read. */
final class ExplainTutorial {

    private static final OperatingSystemMXBean SYSTEM = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final int SEEDS = 10;
    private static final String START = "2,5,1";
    private static final String END = "[2,1,1]";
    private static final String TEXT = "exp(sin(pi*x1) + x2^2)";

    private ExplainTutorial() {
    }

    static void print(Explain explain, Context context, PrintWriter out) {
        KnownFormula one = KnownFormula.table("tutorial").getFirst();
        int pruned = 0;
        int texts = 0;
        for (long seed = explain.seed(); seed < explain.seed() + SEEDS; seed++) {
            long begin = SYSTEM.getProcessCpuTime();
            Explanation found = ExplainTable.explanation(one, explain.withStructure(false).withShape(START).withSeed(seed),
                    context, new Explain.Listener() {
                    });
            String text = found.formulas().isEmpty() ? found.reason().orElse("") : found.formulas().getFirst().toString();
            pruned += found.network().shape().equals(END) ? 1 : 0;
            texts += text.equals(TEXT) ? 1 : 0;
            out.println(format("seed %-3d %s -> %s  %-24s constants off by %.0e before they were exact  %5.1f s", seed,
                    found.before().shape(), found.network().shape(), text, off(found),
                    (SYSTEM.getProcessCpuTime() - begin) / 1e9));
            out.flush();
        }
        out.println(format("%s in %d of %d, that text in %d", END, pruned, SEEDS, texts));
    }

    /** The largest difference of a constant as it was fitted and what it became, relative where that is not 0. */
    private static double off(Explanation found) {
        return found.constants().stream().filter(c -> c.exact().isPresent()).mapToDouble(c -> {
            double exact = Expression.parse(c.exact().orElseThrow()).evaluate(Map.of(), 1)[0];
            return Math.abs(c.measured() - exact) / (exact == 0 ? 1 : Math.abs(exact));
        }).max().orElse(0);
    }
}
