// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * No file of Java has more than 400 lines, none of C++ or CUDA more than 600, no method or function more than 80, bindings apart; and
 * the libraries' messages are of what is called from Java.
 */
class LimitsTest {

    private static final int MOST_LINES = 400;
    private static final int MOST_LINES_OF_CPP = 600;
    private static final int MOST_LINES_OF_A_METHOD = 80;
    private static final Path ROOT = Path.of(System.getProperty("kan4j.root", ".."));
    private static final List<String> MODULES = List.of("java", "data", "cli", "spark", "spark-scoring", "scorer", "natives",
            "bench");

    /** What may hold braces that are none: text blocks, strings, characters, comments. */
    private static final Pattern NO_CODE = Pattern
            .compile("\"\"\"[\\s\\S]*?\"\"\"|\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.|[^'\\\\\n])*'"
                    + "|//[^\n]*|/\\*[\\s\\S]*?\\*/");
    private static final Pattern TYPE = Pattern.compile("\\b(class|interface|enum|record)\\s+\\w");
    private static final Pattern CPP = Pattern.compile(".*\\.(cpp|hpp|inl|cu|cuh)");
    private static final Pattern CPP_TYPE = Pattern.compile("^(?:template\\b.*>\\s*)?(?:inline\\s+|extern\\s+)?"
            + "(?:namespace|class|struct|union|enum)\\b(?:(?!\\)\\s*(?:const|noexcept|->)?\\s*$).)*$|^extern\\s*$",
            Pattern.DOTALL);
    private static final Pattern DIRECTIVE = Pattern.compile("(?m)^[ \t]*#(?:[^\n]*\\\\\n)*[^\n]*");

    /** A brace that is open. */
    private record Block(boolean isType, int line, String head) {
    }

    /** Blocks right inside a type that are no types themselves, which are methods, that are too long. */
    private static List<String> longMethods(String source) {
        return longBlocks(blank(source, NO_CODE), TYPE);
    }

    private static List<String> longFunctions(String source) {
        return longBlocks("namespace {" + blank(blank(source, NO_CODE), DIRECTIVE) + "}", CPP_TYPE).stream()
                .filter(function -> function.contains("(")).toList();
    }

    private static String blank(String source, Pattern what) {
        return what.matcher(source).replaceAll(match -> match.group().replaceAll("[^\n]", " "));
    }

    private static List<String> longBlocks(String code, Pattern type) {
        List<String> found = new ArrayList<>();
        Deque<Block> open = new ArrayDeque<>();
        int line = 1;
        int begin = 0; // of what stands before a brace
        int beginLine = 1;
        for (int i = 0; i < code.length(); i++) {
            char c = code.charAt(i);
            if (c == '\n') {
                line++;
            }
            if (c == '{') {
                String head = code.substring(begin, i).strip();
                open.push(new Block(type.matcher(head).find(), beginLine, head));
            } else if (c == '}') {
                Block block = open.pop();
                int lines = line - block.line() + 1;
                if (!block.isType() && !open.isEmpty() && open.peek().isType() && lines > MOST_LINES_OF_A_METHOD) {
                    found.add("%d lines: %s".formatted(lines, block.head().replaceAll("\\s+", " ")));
                }
            }
            if (c == '{' || c == '}' || c == ';' || (begin == i && Character.isWhitespace(c))) {
                begin = i + 1;
                beginLine = line;
            }
        }
        assertTrue(open.isEmpty(), "braces that do not close");
        return found;
    }

    @Test
    void filesAndMethodsAreShort() throws IOException {
        List<String> found = new ArrayList<>();
        for (String module : MODULES) {
            List<Path> sources;
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
                sources = files.filter(file -> file.toString().endsWith(".java")).toList();
            }
            assertTrue(!sources.isEmpty(), "no sources in " + module);
            for (Path file : sources) {
                String source = Files.readString(file);
                String name = ROOT.relativize(file).toString();
                long lines = source.lines().count();
                if (lines > MOST_LINES) {
                    found.add("%s: %d lines".formatted(name, lines));
                }
                longMethods(source).forEach(method -> found.add(name + ": " + method));
            }
        }
        assertEquals(List.of(), found, () -> "cut by what they do:\n" + String.join("\n", found));
    }

    /** Options of the command line; not those of Java, of package clients and of styles. */
    private static final Pattern OPTION = Pattern.compile("\"[^\"\n]*(?<![\\w-])--(?!enable-native-access)[a-z][^\"\n]*\"");

    /** The command line says in its own words what they say ({@code Terms}). */
    @Test
    void messagesOfTheLibrariesNameNoOptionsOfTheCommandLine() throws IOException {
        List<String> found = new ArrayList<>();
        for (String module : List.of("java", "data", "spark", "scorer")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main"))) {
                for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
                    if (!file.endsWith("Sources.java")) { // runs npm and tar
                        OPTION.matcher(Files.readString(file).replaceAll("\"\"\"[\\s\\S]*?\"\"\"", "")).results()
                                .forEach(option -> found.add(file.getFileName() + ": " + option.group()));
                    }
                }
            }
        }
        assertEquals(List.of(), found);
    }

    @Test
    void filesAndFunctionsOfCppAreShort() throws IOException {
        List<Path> sources;
        try (Stream<Path> files = Files.walk(ROOT.resolve("native"))) {
            sources = files.filter(file -> CPP.matcher(file.toString()).matches()).toList();
        }
        assertTrue(sources.size() > 100, sources.size() + " sources");
        List<String> found = new ArrayList<>();
        for (Path file : sources) {
            String source = Files.readString(file);
            String name = ROOT.relativize(file).toString();
            long lines = source.lines().count();
            if (lines > MOST_LINES_OF_CPP) {
                found.add("%s: %d lines".formatted(name, lines));
            }
            longFunctions(source).forEach(function -> found.add(name + ": " + function));
        }
        assertEquals(List.of(), found, () -> "cut by what they do:\n" + String.join("\n", found));
    }

    @Test
    void aLongFunctionIsFound() {
        String body = "    if (x) { y('{'); }  // a line with }\n".repeat(40);
        String function = "template <class T>\nint walk(const T& x) const {\n" + body + body + "}\n";
        String source = "#define OPEN {\nnamespace kan {\nstruct Long final : Base {\n" + function + "};\nvoid brief() {\n}\n}\n";
        assertEquals(List.of("83 lines: template <class T> int walk(const T& x) const"), longFunctions(source));
        assertEquals(List.of(), longFunctions(source.replaceFirst("(    if .*\n){3}", "")));
    }

    @Test
    void aLongMethodIsFound() {
        String body = "        // a line with }\n        String s = \"{\";\n".repeat(40);
        String method = "    @Override\n    public void walk(int steps) throws IOException {\n" + body + "    }\n";
        String source = "/** A { class. */\nfinal class Long {\n    char c = '{';\n\n" + method
                + "\n    void brief() {\n    }\n}\n";
        assertEquals(List.of("83 lines: @Override public void walk(int steps) throws IOException"), longMethods(source));
        assertEquals(List.of(), longMethods(source.replaceFirst("(        // a line with }\n        String s.*\n){3}", "")));
    }
}
