// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.kan4j.error.KanException;
import org.kan4j.device.NativeLibrary;
import org.kan4j.data.DataException;
import org.kan4j.data.Names;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/**
 * The command line {@code kan4j}. Exit status: 0 success, 1 failure of the work itself, 2 bad input or what cannot be read
 * or written.
 */
@Command(name = "kan4j", mixinStandardHelpOptions = true, versionProvider = Main.Version.class, description = "Trains and runs Kolmogorov-Arnold networks on fused native kernels.", synopsisSubcommandLabel = "COMMAND")
public final class Main {

    /** Bad input. */
    static final int BAD_INPUT = 2;
    /** The work failed: a check did not hold, a device failed, a defect of kan4j. */
    static final int FAILURE = 1;

    /** In the order of the help. */
    private static final List<Class<?>> COMMANDS = List.of(TrainCommand.class, TuneCommand.class, FitFunctionCommand.class,
            PredictCommand.class, EvaluateCommand.class, InfoCommand.class, ExplainCommand.class, AttributeCommand.class,
            PruneCommand.class, SymbolicCommand.class, FormulaCommand.class, PlotCommand.class, ShapesCommand.class,
            FromFormulaCommand.class, HypothesisCommand.class, ShowCommand.class, VerifyCommand.class, ImportCommand.class,
            ExportCommand.class, CompileCommand.class, BenchCommand.class, AutoComplete.GenerateCompletion.class,
            CommandLine.HelpCommand.class);
    /** These ask the others about their options. */
    private static final Set<Class<?>> OF_OTHERS = Set.of(AutoComplete.GenerateCompletion.class, CommandLine.HelpCommand.class);

    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Log more, and show stack traces of errors.")
    private boolean verbose;

    private Main() {
    }

    /** Runs a command and ends the VM with its exit status. */
    public static void main(String[] args) {
        if (System.getProperty("java.awt.headless") == null) {
            System.setProperty("java.awt.headless", "true"); // plots are files
        }
        Console out = new Console(new FileOutputStream(FileDescriptor.out));
        Console err = new Console(new FileOutputStream(FileDescriptor.err));
        int status = run(out.writer(), err.writer(), args);
        if (out.failure() != null) {
            status = report(err.writer(), "cannot write to standard output: " + out.failure().getMessage(),
                    Math.max(status, BAD_INPUT));
        }
        System.exit(status);
    }

    /** Runs a command; for tests too, hence the writers. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        Main main = new Main();
        CommandLine line = new CommandLine(main);
        wanted(args).forEach(line::addSubcommand);
        line.setOut(out).setErr(err).setCaseInsensitiveEnumValuesAllowed(true).setUsageHelpWidth(110)
                .setUsageHelpAutoWidth(true).setParameterExceptionHandler(Main::badParameter);
        Map<String, CommandLine> commands = line.getSubcommands();
        Optional.ofNullable(commands.get("train")).ifPresent(TrainHelp::install);
        Optional.ofNullable(commands.get("tune")).ifPresent(tune -> tune.setUnmatchedOptionsArePositionalParams(true)); // of train
        line.setExecutionStrategy(parsed -> {
            // Warnings of the library are in the terms of who calls it from Java; commands have their own.
            Logger.getLogger("").setLevel(main.verbose ? Level.FINE : Level.SEVERE);
            for (var handler : Logger.getLogger("").getHandlers()) {
                handler.setLevel(Level.ALL);
            }
            return new CommandLine.RunLast().execute(parsed);
        });
        line.setExecutionExceptionHandler((e, command, parsed) -> failed(e, command, main.verbose));
        int status;
        try {
            status = line.execute(Config.expand(args));
        } catch (InputException | InvalidPathException | IOException e) {
            status = failed(e, line, main.verbose);
        } catch (OutOfMemoryError e) {
            if (main.verbose) {
                e.printStackTrace(err);
            }
            status = report(err, "out of memory: " + e.getMessage() + "; KAN4J_JVM_OPTS=-Xmx16g, say, gives Java more",
                    BAD_INPUT);
        }
        out.flush();
        err.flush();
        return status;
    }

    /** The command that is named, all where none is or it asks about others: to read the options of all takes long. */
    private static List<Class<?>> wanted(String... args) {
        String first = Stream.of(args).filter(word -> !word.startsWith("-")).findFirst().orElse("");
        List<Class<?>> named = COMMANDS.stream().filter(type -> type.getAnnotation(Command.class).name().equals(first)).toList();
        return named.isEmpty() || OF_OTHERS.contains(named.getFirst()) ? COMMANDS : named;
    }

    private static int badParameter(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        // A misspelt option is also why a required one is missing.
        List<String> unmatched = e instanceof CommandLine.UnmatchedArgumentException whole ? whole.getUnmatched()
                : command.getUnmatchedArguments();
        Optional<String> unknown = unmatched.stream().filter(word -> word.startsWith("-")).findFirst();
        if (unknown.isPresent()) {
            String option = unknown.get().split("=", 2)[0];
            String nearest = Names.nearest(option, command.getCommandSpec().optionsMap().keySet());
            err.println("kan4j: Unknown option '" + option + "', " + (new java.io.File(unknown.get()).exists()
                    ? "and a file of that name is given as ./" + unknown.get() : "did you mean '" + nearest + "'?"));
        } else {
            err.println("kan4j: " + e.getMessage().replaceFirst("^Error: ", ""));
        }
        if (unknown.isPresent() || !CommandLine.UnmatchedArgumentException.printSuggestions(e, err)) {
            err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        }
        return BAD_INPUT;
    }

    private static int failed(Exception e, CommandLine command, boolean verbose) {
        if (e instanceof ParameterException bad) {
            return badParameter(bad, new String[0]);
        }
        PrintWriter err = command.getErr();
        if (verbose) {
            e.printStackTrace(err);
        }
        return switch (e) {
            case InputException bad -> report(err, bad.getMessage(), BAD_INPUT);
            case DataException bad -> report(err, bad.getMessage(), BAD_INPUT);
            case KanException bad -> report(err, bad.getMessage(), switch (bad.status()) {
                case DEVICE_ERROR, INTERNAL, BUSY -> FAILURE;
                default -> BAD_INPUT;
            });
            case IOException bad -> report(err, describe(bad), BAD_INPUT);
            case InvalidPathException bad -> report(err, describe(bad), BAD_INPUT);
            case java.io.UncheckedIOException bad -> report(err, describe(bad.getCause()), BAD_INPUT);
            default -> report(err, "a defect of kan4j: " + e + (verbose ? "" : " (--verbose shows where)"), FAILURE);
        };
    }

    private static int report(PrintWriter err, String message, int status) {
        err.println("kan4j: " + Terms.inOptions(message));
        return status;
    }

    private static String describe(InvalidPathException e) {
        Charset locale = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
        return locale.newEncoder().canEncode(e.getInput()) ? "'" + e.getInput() + "' is no file name: " + e.getReason()
                : "the file name '" + e.getInput() + "' has letters that the locale's encoding, " + locale
                        + ", lacks; LC_ALL=C.UTF-8 in the environment has all";
    }

    /** A line about choices made for the user. */
    static String note(String note) {
        return "note: " + Terms.inOptions(note);
    }

    /** In words; Java's own messages of these are a bare path. */
    static String describe(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "no such file or folder: " + missing.getFile();
            case AccessDeniedException denied -> "permission denied: " + denied.getFile();
            case FileAlreadyExistsException there -> "there is a file in the way: " + there.getFile();
            case FileSystemException other when other.getReason() == null -> "cannot use " + other.getFile();
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }

    /** Prints the version of the Java library. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"kan4j " + NativeLibrary.version()};
        }
    }
}
