// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.kan4j.data.Names;
import org.kan4j.device.Context;
import org.kan4j.search.Space;
import picocli.CommandLine;

/** Commands of {@code kan4j train}: what every trial has in common, and what one has besides. */
final class TuneTrainings {

    private static final String FOLDS = "--folds";
    /** Of whose networks there is a mean ({@link org.kan4j.explain.Ensemble}). */
    private static final Set<String> AVERAGED = Set.of("bspline", "fourierkan", "mlp");

    private final List<String> common;
    private final long seed;
    private final CommandLine.ParseResult parsed;
    private final boolean usual;

    /** Refuses what train would refuse. */
    TuneTrainings(List<String> common, long seed) {
        this.common = List.copyOf(common);
        this.seed = seed;
        TrainCommand command = new TrainCommand();
        this.parsed = parse(command, Map.of());
        this.usual = command.isUsual();
    }

    private CommandLine.ParseResult parse(TrainCommand command, Map<String, String> options) {
        CommandLine line = line(command);
        try {
            return line.parseArgs(arguments(options));
        } catch (CommandLine.UnmatchedArgumentException e) {
            String option = e.getUnmatched().getFirst().split("=", 2)[0];
            throw new InputException("Unknown option '" + option + "', did you mean '"
                    + Names.nearest(option, line.getCommandSpec().optionsMap().keySet()) + "'?", e);
        } catch (CommandLine.ParameterException e) {
            throw new InputException(e.getMessage(), e);
        }
    }

    /** Refuses values that their options cannot have, which a trial would be the first to find. */
    void require(Space space) {
        space.options().forEach((name, values) -> values.stream().filter(value -> !value.isEmpty())
                .forEach(value -> parse(new TrainCommand(), Map.of(name, value))));
    }

    /** The option that holds columns left out by choice, if there are such. */
    Stream<String> chosen(TrainCommand.Prepared ready) {
        return ready.options().drop() == null || ready.options().drop().size() <= dropped() ? Stream.empty()
                : Stream.of("drop");
    }

    private int dropped() {
        return parsed.matchedOptionValue("--drop", Set.of()).size();
    }

    /** Whether nothing is said of what network to train or how, so that {@code train} makes the mean of several. */
    boolean areUsual() {
        return usual;
    }

    long seed() {
        return seed;
    }

    String data() {
        return parsed.matchedPositionalValue(0, "");
    }

    /** Names of options that every trial has, and so does not search; a shape may be said in two ways. */
    Set<String> given() {
        Set<String> names = new TreeSet<>();
        parsed.matchedOptions().forEach(option -> names.add(option.longestName().substring(2)));
        if (names.contains("layers")) {
            names.add("hidden");
        }
        return names;
    }

    private static CommandLine line(TrainCommand command) {
        return new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true);
    }

    String[] arguments(Map<String, String> options) {
        return arguments(options, 1);
    }

    /** Of so many networks, if there is a mean of such. */
    String[] arguments(Map<String, String> options, int networks) {
        List<String> all = new ArrayList<>(common);
        all.add("--seed=" + seed);
        options.forEach((name, value) -> all.add("--" + name + "=" + value));
        if (networks > 1 && AVERAGED.contains(options.getOrDefault("basis", "bspline"))) {
            all.add("--ensemble=" + networks);
        }
        return all.toArray(String[]::new);
    }

    /** The training of a trial, prepared. */
    TrainCommand.Prepared prepare(Map<String, String> options, int networks, Context context, PrintWriter notes, int folds)
            throws IOException {
        TrainCommand command = new TrainCommand();
        line(command).setErr(notes).setOut(notes).parseArgs(arguments(options, networks));
        return command.prepare(seed, context, FOLDS, folds);
    }
}
