// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.natives.linux.x8664;

/** The libraries of this jar that are built for Linux on x86-64. */
public final class LinuxX8664 extends CarriedLibraries {

    /** Used by {@link java.util.ServiceLoader}. */
    public LinuxX8664() {
        super("linux-x86_64");
    }
}
