// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.natives.linux.aarch64;

import org.kan4j.ffi.NativeLibraryProvider;

/** The libraries of this jar, built for Linux on AArch64. */
public final class LinuxAarch64 implements NativeLibraryProvider {

    /** Used by {@link java.util.ServiceLoader}. */
    public LinuxAarch64() {
    }

    @Override
    public String platform() {
        return "linux-aarch64";
    }
}
