// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** Carries the native libraries of one platform; nothing names this module, the service makes the runtime resolve it. */
@SuppressWarnings("module") // the name ends in digits, as the processor's does
module org.kan4j.natives.linux.aarch64 {
    requires org.kan4j.bindings;

    provides org.kan4j.ffi.NativeLibraryProvider with org.kan4j.natives.linux.aarch64.LinuxAarch64;
}
