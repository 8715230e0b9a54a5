// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package application;

/** The same for AArch64. */
public final class BrokenAarch64 extends Broken {

    @Override
    public String platform() {
        return "linux-aarch64";
    }
}
