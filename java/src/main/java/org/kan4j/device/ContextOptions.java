// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.device;

import java.util.Objects;
import org.kan4j.error.KanException;

/**
 * How to open a {@link Context}.
 *
 * @param device where to run
 * @param threads threads of the context's pool, the calling one included; 1 to 256
 * @param tier kernel tier; {@link Tier#AUTO} for the processor's highest; AUTO for CUDA
 * @param products how CUDA's tensor cores multiply; {@link Products#FP32} for the CPU
 * @param implementation name of the entry in CUDA's list of kernels that every layer it can do takes (docs/cuda.md);
 *     empty
 *     to choose by shape, and for the CPU
 */
public record ContextOptions(Device device, int threads, Tier tier, Products products, String implementation) {

    /**
     * KAN_MAX_THREADS of kan.h. Not read from there: that loads the library, before it can be said what is amiss with
     * it.
     */
    static final int MAX_THREADS = 256;

    /** Checks the values. */
    public ContextOptions {
        Objects.requireNonNull(device, "device");
        Objects.requireNonNull(tier, "tier");
        Objects.requireNonNull(products, "products");
        if (implementation.length() > 31) {
            throw KanException.invalid("an implementation's name has at most 31 characters, given '%s'", implementation);
        }
        if (threads < 1 || threads > MAX_THREADS) {
            throw KanException.invalid("a context needs at least 1 thread, at most %d, given %d", MAX_THREADS, threads);
        }
    }

    /**
     * The CPU with as many threads as the VM may use, a container's limit included, and its highest tier. The
     * system properties {@code kan4j.threads} and {@code kan4j.tier} (which can only lower the tier) override these.
     */
    public static ContextOptions defaults() {
        String threads = System.getProperty("kan4j.threads");
        int count;
        try {
            count = threads == null ? Math.min(Runtime.getRuntime().availableProcessors(), MAX_THREADS)
                    : Integer.parseInt(threads.strip());
        } catch (NumberFormatException e) {
            throw KanException.invalid("the property kan4j.threads must be a whole number, given '%s'", threads);
        }
        return new ContextOptions(Device.cpu(), count, Tier.AUTO, Products.FP32, "");
    }

    /** These options on another device. */
    public ContextOptions withDevice(Device other) {
        return new ContextOptions(other, threads, tier, products, implementation);
    }

    /** These options with another number of threads. */
    public ContextOptions withThreads(int count) {
        return new ContextOptions(device, count, tier, products, implementation);
    }

    /** These options with another kernel tier. */
    public ContextOptions withTier(Tier other) {
        return new ContextOptions(device, threads, other, products, implementation);
    }

    /** These options with another precision of the tensor cores' products. */
    public ContextOptions withProducts(Products other) {
        return new ContextOptions(device, threads, tier, other, implementation);
    }

    /** These options with an entry of CUDA's list of kernels forced, by its name. */
    public ContextOptions withImplementation(String name) {
        return new ContextOptions(device, threads, tier, products, name);
    }
}
