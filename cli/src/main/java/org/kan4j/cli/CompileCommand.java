// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import org.kan4j.device.NativeLibrary;
import org.kan4j.encoding.Encoding;
import org.kan4j.export.CSource;
import org.kan4j.export.JavaSource;
import org.kan4j.io.Checkpoint;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j compile}. */
@Command(name = "compile", mixinStandardHelpOptions = true, sortOptions = false, description = "Prints a model as source: a class of plain Java, or C99. Neither needs kan4j.")
final class CompileCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "A model that kan4j train or kan4j import wrote.")
    private Path model;

    @ArgGroup(multiplicity = "1")
    private Target target;

    /** One of two. */
    private static final class Target {
        @Option(names = "--java", paramLabel = "CLASS", description = "A class of Java 8, such as com.acme.Churn.")
        private String java;

        @Option(names = "--c", paramLabel = "NAME", description = "NAME.h and NAME.c with the function NAME_predict.")
        private String c;
    }

    @Option(names = "--raw", description = "Raw columns in, predictions out, too: a Row to set values of, label, probabilities, value in Java; "
            + "NAME_probabilities or NAME_value of numbers and texts in C.")
    private boolean raw;

    @Option(names = "--out", paramLabel = "FOLDER", defaultValue = ".", description = "The folder of the sources, such as src/main/java; the package's folders are made in it. "
            + "Default: the current one.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        try (Checkpoint checkpoint = ExportCommand.read(model)) {
            List<String> comment = List.of("kan4j " + NativeLibrary.version() + ", model of "
                    + checkpoint.provenance().created() + ", SHA-256 " + sha256(model));
            Encoding encoding = raw ? ExportCommand.encoding(model, checkpoint) : null;
            if (target.java != null) {
                String source = JavaSource.of(checkpoint.parameters(), encoding, target.java, comment);
                write(out.resolve(target.java.replace('.', '/') + ".java"), source);
            } else {
                CSource.Files files = CSource.of(checkpoint.parameters(), encoding, target.c, comment);
                write(out.resolve(target.c + ".h"), files.header());
                write(out.resolve(target.c + ".c"), files.source());
            }
        }
        return 0;
    }

    private void write(Path file, String source) throws IOException {
        new Output.Check().reads("MODEL", model).writes("--out", file);
        Output.write(file, source.getBytes(StandardCharsets.UTF_8));
        spec.commandLine().getOut().println(file + ": " + Files.size(file) + " bytes");
    }

    private static String sha256(Path file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) { // of any size, unlike an array
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
