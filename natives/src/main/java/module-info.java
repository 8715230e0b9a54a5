// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** Carries the native libraries; nothing names this module, the service makes the runtime resolve it. */
module org.kan4j.natives {
    requires org.kan4j.bindings;

    provides org.kan4j.ffi.NativeLibraryProvider with org.kan4j.natives.LinuxX8664,
        org.kan4j.natives.LinuxAarch64;
}
