// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;

/**
 * Loads libkan4j once and finds its functions for the generated classes. {@link System#load} comes first, because it
 * keeps the dynamic linker's own words when it fails.
 */
public final class NativeLoader {

    private static volatile SymbolLookup lookup;
    private static volatile Path loaded;

    private NativeLoader() {
    }

    /**
     * Loads the library; a second call does nothing.
     *
     * @param library the absolute path of libkan4j.so
     * @throws UnsatisfiedLinkError with the dynamic linker's message
     * @throws IllegalCallerException if native access is denied to this module
     */
    public static synchronized void load(Path library) {
        if (lookup != null) {
            return;
        }
        try {
            System.load(library.toString());
            lookup = SymbolLookup.loaderLookup();
        } catch (UnsatisfiedLinkError e) {
            // The VM binds a library to one class loader. Under a second one (redeployment, Spark executors) the
            // functions are found through dlopen, which only raises the library's reference count.
            if (e.getMessage() == null || !e.getMessage().contains("already loaded in another classloader")) {
                throw e;
            }
            lookup = SymbolLookup.libraryLookup(library, Arena.global());
        }
        loaded = library;
    }

    /** The library in use, or {@code null} if none was loaded yet. */
    public static Path loaded() {
        return loaded;
    }

    static MemorySegment find(String function) {
        SymbolLookup symbols = lookup;
        if (symbols == null) {
            throw new IllegalStateException("libkan4j is not loaded; " + function + " was called before NativeLoader.load");
        }
        return symbols.find(function).orElseThrow(
            () -> new UnsatisfiedLinkError(loaded + " has no function " + function));
    }
}
