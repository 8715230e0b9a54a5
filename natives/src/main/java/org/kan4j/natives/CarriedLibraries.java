// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.natives;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.kan4j.ffi.NativeLibraryProvider;

/** The libraries of this jar for one platform, in a folder of its name; a build need not carry every platform's. */
abstract class CarriedLibraries implements NativeLibraryProvider {

    private final String platform;

    CarriedLibraries(String platform) {
        this.platform = platform;
    }

    @Override
    public final String platform() {
        return platform;
    }

    @Override
    public final InputStream open(String fileName) {
        return CarriedLibraries.class.getResourceAsStream("/org/kan4j/natives/" + platform + "/" + fileName);
    }

    @Override
    public final String sha256(String fileName) throws IOException {
        try (InputStream in = open(fileName + ".sha256")) {
            return in == null ? null : new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip();
        }
    }
}
