// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What the library's messages call things, in the command line's words. The library speaks to who calls it from Java: of
 * settings ({@code missing=fill}), of methods, of Java's own options.
 */
final class Terms {

    /** What names and cells may hold that a terminal would obey. */
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}&&[^\r\n\t]]");
    private static final Map<Pattern, String> TERMS = new LinkedHashMap<>();

    static {
        say("format\\.header=false", "--no-header");
        say("format\\.header=true", "--header");
        say("\\bformat\\.missing\\b", "--na");
        say("\\bformat\\.skipLines\\b", "--skip-lines");
        say("\\bformat\\.(separator|decimal|thousands|header|encoding)\\b", "--$1");
        say("\\btestShare=", "--test-fraction ");
        say("\\bdtype=F32\\b", "--f32");
        say("(?<![-./'\\w])(drop|categorical|missing|unseen|quantiles|scaling|target-transform|task|config)=", "--$1 ");
        say("(?<![-./'\\w])order=(?=[A-Za-z_])", "--order ");
        say("(?<![-./'\\w])key=(?!value\\b)", "--key ");
        say("(--(?:na|skip-lines|separator|decimal|thousands|encoding))=", "$1 ");
        say("\\bwithout an encoding\\b", "without --raw");
        say("(?<!=)-(Xmx16g|Djava\\.io\\.tmpdir=)", "KAN4J_JVM_OPTS=-$1");
        say("\\bKanBuilder\\.additive\\b", "kan4j train --gam");
        say("\\bEdgePlot draws\\b", "kan4j plot --edge draws");
        say("\\b(?:Weights\\.read|StateDicts\\.load) reads\\b", "kan4j import reads");
        say("\\bby Weights\\.read\\b", "by kan4j import");
        say("\\bSymbolicEdges\\.with gives\\b", "kan4j symbolic --fix or --auto gives");
        say("\\bSymbolicEdges\\.predict\\b", "kan4j import --out FILE.json, or SymbolicEdges.predict in Java,");
    }

    private Terms() {
    }

    private static void say(String library, String here) {
        TERMS.put(Pattern.compile(library), here);
    }

    /** A message of the library's, its settings as options. */
    static String inOptions(String message) {
        String said = CONTROL.matcher(message).replaceAll("\ufffd");
        for (Map.Entry<Pattern, String> term : TERMS.entrySet()) {
            said = term.getKey().matcher(said).replaceAll(term.getValue());
        }
        return said;
    }
}
