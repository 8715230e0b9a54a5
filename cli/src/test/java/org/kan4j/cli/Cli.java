// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;

/** Runs the command line inside the test's own VM. */
record Cli(int status, String out, String err) {

    static Cli run(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out), new PrintWriter(err),
                Arrays.stream(args).map(Object::toString).toArray(String[]::new));
        return new Cli(status, out.toString(), err.toString());
    }

    /** Runs a command that must succeed. */
    static Cli succeed(Object... args) {
        Cli cli = run(args);
        assertThat(cli.status).as(cli.err).isZero();
        return cli;
    }

    /** Runs a command that must end with status 2 and, after notes, a plain message with these parts. */
    static Cli refuse(String[] messageParts, Object... args) {
        Cli cli = run(args);
        assertThat(cli.err.lines().dropWhile(line -> line.startsWith("note: ")).findFirst()).as(cli.err).get().asString()
                .startsWith("kan4j: ");
        assertThat(cli.err).contains(messageParts).doesNotContain("\tat ").doesNotContain("Exception");
        assertThat(cli.status).as(cli.err).isEqualTo(2);
        return cli;
    }

    static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }
}
