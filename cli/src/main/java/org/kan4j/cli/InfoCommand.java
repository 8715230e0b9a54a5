// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.kan4j.device.Context;
import org.kan4j.device.Device;
import org.kan4j.device.NativeLibrary;
import org.kan4j.data.Cache;
import org.kan4j.error.Counted;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code kan4j info}. */
@Command(name = "info", mixinStandardHelpOptions = true, description = "Shows the version, the native library, the kernel tier and the devices.")
final class InfoCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        out.println("kan4j        " + NativeLibrary.version());
        out.println("Java         " + Runtime.version() + ", " + System.getProperty("java.vendor") + ", "
                + System.getProperty("java.home"));
        out.println("platform     " + System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                + System.getProperty("os.arch") + ", " + Counted.of(Runtime.getRuntime().availableProcessors(), "processor"));
        NativeLibrary.Info library = NativeLibrary.load();
        out.println("library      " + library.path());
        out.println("             " + library.build());
        out.println("             C interface " + library.abiMajor() + "." + library.abiMinor());
        try (Context context = Context.open()) {
            out.println("cpu          " + Counted.of(context.threads(), "thread") + ", tier " + context.tier()
                    + (context.tier() == context.maxTier() ? "" : " (lowered; the processor has " + context.maxTier() + ")"));
        }
        int cuda = 0;
        for (Device device : Device.all()) {
            if (device instanceof Device.Cuda) {
                try (Context context = Context.open(device)) {
                    Context.DeviceMemoryUse memory = context.deviceMemory();
                    out.println(String.format(Locale.ROOT, "cuda         %s, %s, compute capability %d.%d, %.1f of %.1f GB free",
                            device, context.deviceName(), context.computeCapability() / 10,
                            context.computeCapability() % 10, memory.free() / 1e9, memory.total() / 1e9));
                }
                cuda++;
            }
        }
        if (cuda == 0) {
            out.println("cuda         none: " + Device.cuda(0).unavailable().orElseThrow().replaceFirst("^spec\\.device: ", ""));
        }
        out.println("data cache   " + Cache.defaultRoot());
        return 0;
    }
}
