// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.natives.linux.aarch64;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.kan4j.ffi.NativeLibraryProvider;

/** The libraries of this jar, built for Linux on AArch64. */
public final class LinuxAarch64 implements NativeLibraryProvider {

    private static final String PLATFORM = "linux-aarch64";

    /** Used by {@link java.util.ServiceLoader}. */
    public LinuxAarch64() {
    }

    @Override
    public String platform() {
        return PLATFORM;
    }

    @Override
    public InputStream open(String fileName) {
        return LinuxAarch64.class.getResourceAsStream("/org/kan4j/natives/" + PLATFORM + "/" + fileName);
    }

    @Override
    public String sha256(String fileName) throws IOException {
        try (InputStream in = open(fileName + ".sha256")) {
            return in == null ? null : new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip();
        }
    }
}
