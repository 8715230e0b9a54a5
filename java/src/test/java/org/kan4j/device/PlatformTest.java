// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the folder of a natives jar is called, of what VMs say of their systems. */
class PlatformTest {

    @ParameterizedTest
    @CsvSource({"Linux, amd64, linux-x86_64", "Linux, aarch64, linux-aarch64", "Linux, riscv64, linux-riscv64",
        "Mac OS X, x86_64, macos-x86_64", "Mac OS X, aarch64, macos-aarch64", "Mac OS X, arm64, macos-aarch64",
        "Windows 11, amd64, windows-x86_64", "Windows Server 2022, x64, windows-x86_64", "Windows 11, ARM64, windows-aarch64"})
    void aPlatformHasOneName(String system, String processor, String name) {
        String os = System.getProperty("os.name");
        String arch = System.getProperty("os.arch");
        try {
            System.setProperty("os.name", system);
            System.setProperty("os.arch", processor);
            assertEquals(name, NativeLibrary.platform());
        } finally {
            System.setProperty("os.name", os);
            System.setProperty("os.arch", arch);
        }
    }
}
