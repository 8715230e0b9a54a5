// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.natives;

/** The libraries of this jar that are built for Linux on AArch64. */
public final class LinuxAarch64 extends CarriedLibraries {

    /** Used by {@link java.util.ServiceLoader}. */
    public LinuxAarch64() {
        super("linux-aarch64");
    }
}
