// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** The C ABI of libkan4j as Java calls; for the library org.kan4j, not for applications. Needs native access. */
module org.kan4j.bindings {
    exports org.kan4j.ffi to org.kan4j, org.kan4j.natives.linux.x8664, org.kan4j.natives.linux.aarch64;
}
