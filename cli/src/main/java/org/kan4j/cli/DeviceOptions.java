// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.util.ArrayList;
import java.util.List;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.device.Device;
import org.kan4j.device.Products;
import org.kan4j.device.Tier;
import picocli.CommandLine.Option;

/** Where and how a command computes. */
final class DeviceOptions {

    @Option(names = "--threads", paramLabel = "N", description = "Threads to compute on; by default as many as the machine or container allows.")
    Integer threads;

    @Option(names = "--tier", paramLabel = "TIER", description = "Highest kernel tier to use: reference, baseline, avx2 or avx512; by default the processor's highest.")
    String tier;

    @Option(names = "--device", paramLabel = "DEVICE", defaultValue = "cpu", description = "cpu, cuda or cuda:N; ${DEFAULT-VALUE} by default.")
    String device;

    @Option(names = "--products", paramLabel = "PRECISION", defaultValue = "fp32", description = "How CUDA's tensor cores multiply: fp32 (as accurate as float32), tf32 or bf16; ${DEFAULT-VALUE} "
            + "by default. Sums are float32 always.")
    String products;

    @Option(names = "--implementation", paramLabel = "NAME", description = "Kernels to force on CUDA where they can: an entry of the list in docs/cuda.md; by shape by default.")
    String implementation;

    /** Opens a context as asked. */
    Context open() {
        return Context.open(options());
    }

    /** Opens a context as asked, but with this many threads. */
    Context open(int count) {
        return Context.open(options(count));
    }

    /** The context that is asked for. */
    ContextOptions options() {
        return options(threads != null ? threads : ContextOptions.defaults().threads());
    }

    /** What is asked for, in words of a command line. */
    List<String> words() {
        List<String> words = new ArrayList<>(List.of("--device=" + device, "--products=" + products));
        if (threads != null) {
            words.add("--threads=" + threads);
        }
        if (tier != null) {
            words.add("--tier=" + tier);
        }
        if (implementation != null) {
            words.add("--implementation=" + implementation);
        }
        return words;
    }

    private ContextOptions options(int count) {
        Device asked = parse(device);
        ContextOptions options = Options.of("--threads", () -> ContextOptions.defaults().withDevice(asked).withThreads(count));
        Products precision = Options.of("--products", () -> Products.parse(products));
        if (precision != Products.FP32 && options.device() instanceof Device.Cpu) {
            throw new InputException("--products " + products + " needs --device cuda");
        }
        options = options.withProducts(precision);
        if (implementation != null) {
            options = options.withImplementation(implementation);
        }
        if (tier != null) {
            if (!(options.device() instanceof Device.Cpu)) {
                throw new InputException("--tier " + tier + " needs --device cpu, given " + device);
            }
            options = options.withTier(Options.of("--tier", () -> Tier.parse(tier)));
        }
        return options;
    }

    private static Device parse(String name) {
        if (name.equals("cpu")) {
            return Device.cpu();
        }
        if (name.equals("cuda")) {
            return Device.cuda(0);
        }
        if (name.matches("cuda:[0-9]{1,3}")) {
            return Device.cuda(Integer.parseInt(name.substring(5)));
        }
        throw new InputException("--device must be cpu, cuda or cuda:N, given '" + name + "'");
    }
}
