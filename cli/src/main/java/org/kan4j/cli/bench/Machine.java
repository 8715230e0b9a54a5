// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.kan4j.device.NativeLibrary;

/**
 * Where and with what a measurement was made.
 *
 * @param processor the model name the system gives
 * @param cores processors the virtual machine may use
 * @param memoryGb of the machine
 * @param system operating system
 * @param java the virtual machine
 * @param kan4j version of the library
 * @param build of the native library
 */
public record Machine(String processor, int cores, long memoryGb, String system, String java, String kan4j, String build) {

    /** This one. */
    public static Machine here() {
        return new Machine(line(Path.of("/proc/cpuinfo"), "model name", System.getProperty("os.arch")),
                Runtime.getRuntime().availableProcessors(),
                (meminfo("MemTotal") + (1 << 29)) >> 30,
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"),
                NativeLibrary.version(), NativeLibrary.load().build());
    }

    /** Bytes of memory that can be had without swapping; {@link Long#MAX_VALUE} where the system does not say. */
    public static long availableMemory() {
        long available = meminfo("MemAvailable");
        long limit = number("/sys/fs/cgroup/memory.max", Long.MAX_VALUE);
        long used = number("/sys/fs/cgroup/memory.current", 0);
        return Math.min(available == 0 ? Long.MAX_VALUE : available, Math.max(0, limit - used));
    }

    private static long meminfo(String key) {
        String value = line(Path.of("/proc/meminfo"), key, "0").replaceAll("[^0-9]", "");
        return Long.parseLong(value) * 1024;
    }

    private static long number(String file, long otherwise) {
        try {
            return Long.parseLong(Files.readString(Path.of(file)).strip());
        } catch (IOException | NumberFormatException e) {
            return otherwise; // no limit is set, or the system has none
        }
    }

    private static String line(Path file, String key, String otherwise) {
        try {
            List<String> lines = Files.readAllLines(file);
            return lines.stream().filter(l -> l.startsWith(key)).map(l -> l.substring(l.indexOf(':') + 1).strip())
                    .findFirst().orElse(otherwise);
        } catch (IOException e) {
            return otherwise; // another system
        }
    }
}
