// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Java of docs/serving.md compiles against kan4j. Of the frameworks only what it uses is there, as declared by
 * them: this test is of kan4j's part.
 */
class ServingPageTest {

    private static final Path ROOT = Path.of(System.getProperty("kan4j.root"));

    private static final Map<String, String> FRAMEWORKS = Map.ofEntries(
            Map.entry("org.springframework.context.annotation.Bean",
                    "@interface Bean { String destroyMethod() default \"\"; }"),
            Map.entry("org.springframework.context.annotation.Configuration", "@interface Configuration { }"),
            Map.entry("org.springframework.web.bind.annotation.PostMapping",
                    "@interface PostMapping { String[] value(); }"),
            Map.entry("org.springframework.web.bind.annotation.RequestBody", "@interface RequestBody { }"),
            Map.entry("org.springframework.web.bind.annotation.RestController", "@interface RestController { }"),
            Map.entry("io.quarkus.runtime.Startup", "@interface Startup { }"), Map.entry("jakarta.annotation.PreDestroy",
                    "@interface PreDestroy { }"),
            Map.entry("jakarta.enterprise.context.ApplicationScoped",
                    "@interface ApplicationScoped { }"),
            Map.entry("jakarta.ws.rs.POST", "@interface POST { }"),
            Map.entry("jakarta.ws.rs.Path", "@interface Path { String value(); }"),
            Map.entry("org.apache.kafka.streams.kstream.ValueMapper", "interface ValueMapper<V, R> { R apply(V value); }"),
            Map.entry("org.apache.kafka.streams.kstream.KStream", "interface KStream<K, V> { "
                    + "<R> KStream<K, R> mapValues(ValueMapper<? super V, ? extends R> mapper); void to(String topic); }"),
            Map.entry("org.apache.kafka.streams.StreamsBuilder", "class StreamsBuilder { "
                    + "public <K, V> org.apache.kafka.streams.kstream.KStream<K, V> stream(String topic) { return null; } }"),
            Map.entry("org.apache.arrow.memory.ArrowBuf", "class ArrowBuf { public long memoryAddress() { return 0; } }"),
            Map.entry("org.apache.arrow.vector.FieldVector",
                    "interface FieldVector { org.apache.arrow.memory.ArrowBuf getDataBuffer(); }"),
            Map.entry("org.apache.arrow.vector.complex.FixedSizeListVector", "class FixedSizeListVector { "
                    + "public org.apache.arrow.vector.FieldVector getDataVector() { return null; } "
                    + "public int getListSize() { return 0; } public int getValueCount() { return 0; } }"),
            Map.entry("org.apache.flink.api.common.functions.OpenContext", "interface OpenContext { }"),
            Map.entry("org.apache.flink.api.common.functions.RichMapFunction", "abstract class RichMapFunction<I, O> "
                    + "implements java.io.Serializable { public void open(OpenContext context) throws Exception { } "
                    + "public abstract O map(I value) throws Exception; }"));

    @TempDir
    private Path folder;

    @Test
    void itsJavaCompiles() throws IOException {
        List<String> arguments = new ArrayList<>(List.of("--release", "22", "-proc:none", "-cp",
                System.getProperty("java.class.path"), "-d", folder.resolve("classes").toString()));
        for (Map.Entry<String, String> type : FRAMEWORKS.entrySet()) {
            int dot = type.getKey().lastIndexOf('.');
            arguments.add(write(type.getKey().replace('.', '/'), "package " + type.getKey().substring(0, dot)
                    + ";\npublic " + type.getValue()));
        }
        Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(ROOT.resolve("docs/serving.md")));
        int blocks = 0;
        while (block.find()) {
            Matcher name = Pattern.compile("public class (\\w+)").matcher(block.group(1));
            arguments.add(write(name.find() ? name.group(1) : "Block" + blocks, block.group(1)));
            blocks++;
        }
        assertThat(blocks).isEqualTo(6);
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new)))
                .isZero();
    }

    private String write(String name, String source) throws IOException {
        Path file = folder.resolve(name + ".java");
        Files.createDirectories(file.getParent());
        return Files.writeString(file, source).toString();
    }
}
