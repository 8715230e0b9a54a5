// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.io.Checkpoint;

/** What README.md shows is what works: its Java compiles and trains, its files are there. */
class ReadmeTest {

    private static final Path ROOT = Path.of(System.getProperty("kan4j.root"));
    private static final int MAX_LINES = 10;

    @TempDir
    Path folder;

    private static String readme() throws IOException {
        return Files.readString(ROOT.resolve("README.md"));
    }

    @Test
    void itsJavaCompilesAndTrains() throws Exception {
        Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(readme());
        assertThat(block.find()).isTrue();
        List<String> lines = block.group(1).lines().toList();
        assertThat(lines.stream().filter(l -> !l.isBlank() && !l.startsWith("import "))).hasSizeLessThanOrEqualTo(MAX_LINES);
        String imports = lines.stream().filter(l -> l.startsWith("import ")).collect(Collectors.joining("\n"));
        String body = lines.stream().filter(l -> !l.startsWith("import ")).collect(Collectors.joining("\n"));
        Path model = folder.resolve("model.safetensors");
        assertThat(body).contains("Path.of(\"model.safetensors\")");
        Path source = folder.resolve("Readme.java");
        Files.writeString(source, imports + "\npublic class Readme { public static double run() throws Exception {\n"
                + body.replace("Path.of(\"model.safetensors\")", "Path.of(\"" + model + "\")")
                        .replace("System.out.println(", "return (")
                + "\n} }\n");
        int status = ToolProvider.getSystemJavaCompiler().run(null, null, null, "--release", "22", "-cp",
                System.getProperty("java.class.path"), "-d", folder.toString(), source.toString());
        assertThat(status).isZero();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
            double y = (double) loader.loadClass("Readme").getMethod("run").invoke(null);
            // exp(sin(pi x1) + x2^2) at (0.5, 0.5)
            assertThat(y).isCloseTo(Math.exp(1.25), within(0.2));
        }
        try (Checkpoint checkpoint = Checkpoint.read(model)) {
            assertThat(checkpoint.model().in()).isEqualTo(2);
        }
    }

    /** Each block of docs/java.md after the first uses what the first one defines. */
    @Test
    void theJavaOfTheDocumentationCompiles() throws Exception {
        Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(ROOT.resolve("docs/java.md")));
        assertThat(block.find()).isTrue();
        String first = block.group(1);
        String imports = first.lines().filter(l -> l.startsWith("import ")).collect(Collectors.joining("\n"));
        StringBuilder source = new StringBuilder(imports + "\nabstract class Documented {\n"
                + first.lines().filter(l -> !l.startsWith("import ")).collect(Collectors.joining("\n")));
        int count = 0;
        while (block.find()) {
            assertThat(block.group(1).lines().filter(l -> !l.isBlank())).as(block.group(1)).hasSizeLessThanOrEqualTo(MAX_LINES);
            source.append("\nvoid block").append(count++).append("() throws Exception {\n").append(block.group(1)).append("}\n");
        }
        assertThat(count).isGreaterThan(8);
        Files.writeString(folder.resolve("Documented.java"), source.append("}\n"));
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, "--release", "22", "-cp",
                System.getProperty("java.class.path"), "-d", folder.toString(), folder.resolve("Documented.java").toString()))
                .isZero();
    }

    @Test
    void whatItPointsToIsThere() throws IOException {
        Matcher link = Pattern.compile("\\]\\(([^)#:]+)\\)").matcher(readme());
        int found = 0;
        while (link.find()) {
            assertThat(ROOT.resolve(link.group(1))).exists();
            found++;
        }
        assertThat(found).isGreaterThan(3);
    }
}
