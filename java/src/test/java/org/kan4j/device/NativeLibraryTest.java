// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import application.Load;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.ffi.NativeLibraryProvider;
import org.kan4j.testing.Vm;

/** How libkan4j is found and refused, each case in a VM of its own. */
class NativeLibraryTest {

    private static final String FLAG = "--enable-native-access=ALL-UNNAMED";

    @TempDir
    Path folder;

    private Path library;
    private Path installed;

    @BeforeEach
    void awayFromTheSourceTree() throws Exception {
        library = Path.of(System.getProperty("kan4j.native.path"), "libkan4j.so");
        Path classes = Vm.home(NativeLibrary.class);
        // A jar outside the source tree has no build folder above it.
        installed = Files.isDirectory(classes) ? Vm.copy(classes, folder.resolve("kan4j"))
                : Files.copy(classes, folder.resolve("kan4j.jar"));
    }

    private String load(String... options) throws Exception {
        return loadFrom(Vm.path(installed, Vm.bindings(), Vm.natives(), Vm.home(Load.class)), options);
    }

    private static String loadFrom(String classPath, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of(FLAG, "-cp", classPath));
        all.addAll(List.of(options));
        all.add(Load.class.getName());
        return lastLine(Vm.run(all));
    }

    /** What Load prints; the VM may warn before it. */
    private static String lastLine(String output) {
        return output.lines().reduce("", (before, line) -> line);
    }

    private static void assertRefused(String output, String... parts) {
        assertTrue(output.startsWith("REFUSED NativeLibraryException"), output);
        for (String part : parts) {
            assertTrue(output.contains(part), "'" + part + "' in: " + output);
        }
    }

    @Test
    void thePropertyComesFirst() throws Exception {
        assertEquals("LOADED " + library, load("-Dkan4j.native.path=" + library));
        assertEquals("LOADED " + library, load("-Dkan4j.native.path=" + library.getParent()));
        assertRefused(load("-Dkan4j.native.path=" + folder.resolve("nowhere")), "kan4j.native.path",
                folder.resolve("nowhere").toString());
    }

    @Test
    void aContextHasTheThreadsTheVmMayUseAndLogsThemWhereTheHostSays() throws Exception {
        Path logging = Files.writeString(folder.resolve("logging.properties"),
                "handlers=java.util.logging.ConsoleHandler\njava.util.logging.ConsoleHandler.level=ALL\norg.kan4j.level=FINE\n");
        List<String> options = List.of(FLAG, "-cp", Vm.path(installed, Vm.bindings(), Vm.home(Load.class)),
                "-Dkan4j.native.path=" + library, "-Djava.util.logging.config.file=" + logging);
        // How a container's CPU limit reaches the VM, on any machine.
        assertTrue(run(options, "-XX:ActiveProcessorCount=3").contains("context on cpu, 3 threads"));
        assertTrue(run(options, "-XX:ActiveProcessorCount=3", "-Dkan4j.threads=1").contains("context on cpu, 1 thread,"));
        assertTrue(run(options, "-XX:ActiveProcessorCount=1000").contains("context on cpu, 256 threads"));
        String plain = run(List.of(FLAG, "-cp", options.get(2), "-Dkan4j.native.path=" + library));
        assertFalse(plain.contains("INFO"), "said though nobody asked: " + plain);
    }

    private static String run(List<String> options, String... more) throws Exception {
        List<String> all = new ArrayList<>(options);
        all.addAll(List.of(more));
        all.add(Load.class.getName());
        return Vm.run(all);
    }

    @Test
    void theLibraryPathComesBeforeTheJar() throws Exception {
        assertEquals("LOADED " + library, load("-Djava.library.path=" + library.getParent()));
    }

    @Test
    void theJarsLibraryIsExtractedOnceAndVerified() throws Exception {
        Path cache = folder.resolve("cache");
        String[] options = {"-Djava.library.path=" + folder, "-Dkan4j.native.cache=" + cache};
        String first = load(options);
        assertTrue(first.startsWith("LOADED " + cache.resolve(NativeLibrary.version())), first);
        Path extracted = Path.of(first.substring("LOADED ".length()));
        byte[] carried = ServiceLoader.load(NativeLibraryProvider.class).findFirst().orElseThrow().open("libkan4j.so")
                .readAllBytes();
        assertArrayEquals(carried, Files.readAllBytes(extracted));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(extracted.getParent())));
        Object written = Files.getLastModifiedTime(extracted);
        assertEquals(first, load(options));
        assertEquals(written, Files.getLastModifiedTime(extracted), "extracted again");
        Files.writeString(extracted, "damaged");
        assertEquals(first, load(options));
        assertArrayEquals(carried, Files.readAllBytes(extracted), "a damaged copy is replaced");
        try (Stream<Path> files = Files.list(extracted.getParent())) {
            assertTrue(files.noneMatch(file -> file.toString().endsWith(".part")), "temporary files are removed");
        }
    }

    /** No home ("?" is Java's for a user without an entry), one that is a file, one that cannot be written. */
    @Test
    void withoutAHomeItIsExtractedIntoTheTemporaryFolder() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Path file = Files.writeString(folder.resolve("file"), "no folder");
        for (String home : List.of("?", file.toString(), "/proc")) {
            String output = load("-Djava.library.path=" + folder, "-Duser.home=" + home, "-Djava.io.tmpdir=" + temporary);
            assertTrue(output.startsWith("LOADED " + temporary.resolve("kan4j-")), home + ": " + output);
        }
        try (Stream<Path> files = Files.list(temporary)) {
            List<Path> left = files.toList();
            assertEquals(1, left.size(), left.toString());
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(left.getFirst())));
            // One that others can write to is not trusted.
            Files.setPosixFilePermissions(left.getFirst(), PosixFilePermissions.fromString("rwxrwxrwx"));
            String output = load("-Djava.library.path=" + folder, "-Duser.home=?", "-Djava.io.tmpdir=" + temporary);
            assertTrue(output.startsWith("LOADED " + temporary), output);
            assertTrue(!output.startsWith("LOADED " + left.getFirst() + "/"), output);
        }
        assertTrue(Files.notExists(Path.of("?")), "no folder '?' is made");
        assertRefused(load("-Djava.library.path=" + folder, "-Duser.home=?", "-Djava.io.tmpdir=/proc"), "no home folder",
                "kan4j.native.cache");
        assertRefused(load("-Djava.library.path=" + folder, "-Dkan4j.native.cache=/proc/cache", "-Djava.io.tmpdir=" + temporary),
                "/proc/cache", "kan4j.native.cache");
    }

    @Test
    void whatCannotBeLoadedFromTheHomeIsTriedFromTheTemporaryFolder() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Path services = Files.createDirectories(folder.resolve("broken/META-INF/services"));
        Files.writeString(services.resolve(NativeLibraryProvider.class.getName()), "application.Broken");
        assertRefused(loadFrom(Vm.path(installed, Vm.bindings(), folder.resolve("broken"), Vm.home(Load.class)),
                "-Djava.library.path=" + folder, "-Duser.home=" + folder, "-Djava.io.tmpdir=" + temporary),
                "cannot load " + folder.resolve(".cache/kan4j"), "cannot load " + temporary.resolve("kan4j-"),
                "kan4j.native.cache");
    }

    @Test
    void anotherPlatformHasNoLibraryAndSaysSo() throws Exception {
        String output = load("-Djava.library.path=" + folder, "-Dos.arch=riscv64");
        List<String> carried = new ArrayList<>();
        for (NativeLibraryProvider provider : ServiceLoader.load(NativeLibraryProvider.class)) {
            if (provider.sha256("libkan4j.so") != null) {
                carried.add(provider.platform());
            }
        }
        assertRefused(output, "linux-riscv64", "no native library");
        assertTrue(output.contains("which are for " + String.join(", ", carried) + ". The artifact kan4j-scorer"), output);
        assertRefused(loadFrom(Vm.path(installed, Vm.bindings(), Vm.home(Load.class)), "-Djava.library.path=" + folder),
                "kan4j-natives", "none on the class path");
    }

    @Test
    void theJarIsChosenByProcessor() throws Exception {
        Path services = Files.createDirectories(folder.resolve("aarch64/META-INF/services"));
        Files.writeString(services.resolve(NativeLibraryProvider.class.getName()), "application.BrokenAarch64");
        Path cache = folder.resolve("cache");
        // What cannot be loaded: a VM that is lied to about its processor must not come to call a function.
        assertRefused(loadFrom(Vm.path(installed, Vm.bindings(), Vm.natives(), folder.resolve("aarch64"), Vm.home(Load.class)),
                "-Djava.library.path=" + folder, "-Dkan4j.native.cache=" + cache, "-Dos.arch=aarch64"),
                "cannot load " + cache.resolve(NativeLibrary.version()));
    }

    @Test
    void whatIsNotALibraryIsRefused() throws Exception {
        Path text = Files.writeString(folder.resolve("text.so"), "not a library");
        assertRefused(load("-Dkan4j.native.path=" + text), text.toString());
    }

    @Test
    void anotherInterfaceVersionIsRefused() throws Exception {
        assertRefused(load("-Dkan4j.native.path=" + compiled("int kan_abi_version(void) { return 2 << 16 | 7; }")),
                "2.7", "1.0", "other.so");
        assertRefused(load("-Dkan4j.native.path=" + compiled("int unrelated(void) { return 0; }")),
                "kan_abi_version");
    }

    private Path compiled(String source) throws Exception {
        Path file = Files.writeString(folder.resolve("other.c"), source);
        Path shared = folder.resolve("other.so");
        Process compiler = new ProcessBuilder("cc", "-shared", "-fPIC", "-o", shared.toString(), file.toString())
                .inheritIO().start();
        assertEquals(0, compiler.waitFor());
        return shared;
    }

    @Test
    void worksOnTheModulePathWhereTheServiceResolvesTheNatives() throws Exception {
        Path cache = folder.resolve("cache");
        String output = lastLine(Vm.run(List.of("-p", Vm.path(installed, Vm.bindings(), Vm.natives()), "--add-modules",
                "org.kan4j", "--enable-native-access=org.kan4j.bindings", "-Djava.library.path=" + folder,
                "-Dkan4j.native.cache=" + cache, "-cp", Vm.home(Load.class).toString(), Load.class.getName())));
        assertTrue(output.startsWith("LOADED " + cache), output);
    }

    @Test
    void deniedNativeAccessNamesTheFlag() throws Exception {
        // Before Java 24 naming some module denied all others.
        String denied = Runtime.version().feature() >= 24 ? "--illegal-native-access=deny"
                : "--enable-native-access=java.base";
        String output = lastLine(Vm.run(List.of(denied, "-p", Vm.path(installed, Vm.bindings(), Vm.natives()), "--add-modules",
                "org.kan4j", "-Dkan4j.native.path=" + library, "-cp", Vm.home(Load.class).toString(),
                Load.class.getName())));
        assertRefused(output, "--enable-native-access=org.kan4j.bindings");
    }

    @Test
    void aSecondClassLoaderUsesTheSameLibrary() throws Exception {
        NativeLibrary.load();
        URL[] urls = {Vm.home(NativeLibrary.class).toUri().toURL(), Vm.bindings().toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            Class<?> other = loader.loadClass(Context.class.getName());
            assertNotSame(Context.class, other);
            AutoCloseable context = (AutoCloseable) other.getMethod("open").invoke(null);
            assertTrue(context.toString().startsWith("cpu"), context.toString());
            context.close();
        }
    }
}
