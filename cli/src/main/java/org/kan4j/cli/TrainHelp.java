// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.lang.reflect.Member;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The options of {@code kan4j train --help} in groups: first those that most people need, then by what they are about. */
final class TrainHelp {

    private static final String USUAL = "Most used";
    private static final String DATA = "Data (of files, unlike mnist, fashion-mnist and digits)";
    private static final String MODEL = "Model";
    private static final String OPTIMISATION = "Optimisation";
    private static final String GRIDS = "Grids";
    private static final String PENALTIES = "Penalties (none by default)";
    private static final String DEVICE = "Device";
    private static final String OUTPUT = "Output";
    private static final List<String> GROUPS = List.of(USUAL, DATA, MODEL, OPTIMISATION, GRIDS, PENALTIES, DEVICE, OUTPUT);

    static final List<String> MOST_USED = List.of("--target", "--hidden", "--basis", "--epochs", "--lr", "--patience", "--seed",
            "--out", "--resume", "--help");

    /** Those of an option class are about the same, but for these. */
    private static final Map<String, String> OTHERWISE = Map.ofEntries(Map.entry("--from", MODEL),
            Map.entry("--cv", OPTIMISATION), Map.entry("--ensemble", MODEL),
            Map.entry("--seeds", OPTIMISATION), Map.entry("--update-grid", GRIDS), Map.entry("--update-grid-until", GRIDS),
            Map.entry("--update-grid-share", GRIDS), Map.entry("--l1", PENALTIES), Map.entry("--entropy", PENALTIES),
            Map.entry("--first-difference", PENALTIES), Map.entry("--second-difference", PENALTIES),
            Map.entry("--sparsity", PENALTIES), Map.entry("--sparsity-of", PENALTIES));

    private static final Map<Class<?>, String> BY_CLASS = Map.of(ModelOptions.class, MODEL, CourseOptions.class, OPTIMISATION,
            Method.class, OPTIMISATION, CoverageOptions.class, GRIDS, DeviceOptions.class, DEVICE, TrainCommand.class, OUTPUT,
            Main.class, OUTPUT);

    private TrainHelp() {
    }

    /** Has a command show its options so. */
    static void install(CommandLine command) {
        command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, TrainHelp::render);
    }

    private static String render(Help help) {
        Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
        GROUPS.forEach(group -> groups.put(group, new ArrayList<>()));
        help.commandSpec().options().stream().filter(option -> !option.hidden())
                .forEach(option -> groups.get(group(option)).add(option));
        groups.get(USUAL).sort(java.util.Comparator.comparing(option -> MOST_USED.indexOf(option.longestName())));
        StringBuilder text = new StringBuilder();
        groups.forEach((group, options) -> {
            Help.Layout layout = help.createDefaultLayout();
            options.forEach(option -> layout.addOption(option, help.parameterLabelRenderer()));
            text.append(String.format("%n%s:%n", group)).append(layout);
        });
        return text.toString();
    }

    private static String group(OptionSpec option) {
        String name = option.longestName();
        if (MOST_USED.contains(name)) {
            return USUAL;
        }
        // Options of other classes than these are about how files are read; help and version are of none.
        String ofClass = option.userObject() instanceof Member member
                ? BY_CLASS.getOrDefault(member.getDeclaringClass(), DATA) : OUTPUT;
        return OTHERWISE.getOrDefault(name, name.equals("--version") ? OUTPUT : ofClass);
    }
}
