// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.natives.linux.x8664;

import org.kan4j.ffi.NativeLibraryProvider;

/** The libraries of this jar, built for Linux on x86-64. */
public final class LinuxX8664 implements NativeLibraryProvider {

    /** Used by {@link java.util.ServiceLoader}. */
    public LinuxX8664() {
    }

    @Override
    public String platform() {
        return "linux-x86_64";
    }
}
