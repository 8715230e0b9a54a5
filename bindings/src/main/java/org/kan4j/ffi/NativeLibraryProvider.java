// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.ffi;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Carries built native libraries for a platform, found through {@link java.util.ServiceLoader}. The loader asks it only
 * when neither the {@code kan4j.native.path} property, the system nor a development build has the library.
 */
public interface NativeLibraryProvider {

    /** The platform the libraries are for: operating system and processor, such as {@code linux-x86_64}. */
    String platform();

    /**
     * Opens a carried file: a resource of the provider's jar in the folder {@code org/kan4j/natives/PLATFORM}, which is no
     * package, so that no module hides it.
     *
     * @param fileName such as {@code libkan4j.so}
     * @return a new stream, which the caller closes, or {@code null} if no such file is carried
     */
    default InputStream open(String fileName) throws IOException {
        return getClass().getResourceAsStream("/org/kan4j/natives/" + platform() + "/" + fileName);
    }

    /**
     * The SHA-256 of a carried file in lower-case hexadecimal, recorded when it was packaged (in the file of the same
     * name and {@code .sha256}); {@code null} if no such file is carried.
     */
    default String sha256(String fileName) throws IOException {
        try (InputStream in = open(fileName + ".sha256")) {
            return in == null ? null : new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip();
        }
    }
}
