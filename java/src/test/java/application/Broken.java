// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package application;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.kan4j.ffi.NativeLibraryProvider;

/** Carries a file that the dynamic linker refuses, as it refuses all in a folder that nothing may be run from. */
public class Broken implements NativeLibraryProvider {

    private static final byte[] FILE = "not a library".getBytes(StandardCharsets.US_ASCII);

    @Override
    public String platform() {
        return "linux-x86_64";
    }

    @Override
    public String sha256(String name) {
        try {
            return name.equals("libkan4j.so") ? HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(FILE))
                    : null;
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public InputStream open(String name) {
        return new ByteArrayInputStream(FILE);
    }
}
