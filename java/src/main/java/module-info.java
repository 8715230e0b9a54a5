// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** Kolmogorov-Arnold networks on fused native kernels: tensors, models, training, inference, checkpoints. */
module org.kan4j {
    requires org.kan4j.bindings;

    exports org.kan4j;
    exports org.kan4j.export;
    exports org.kan4j.formula;
    exports org.kan4j.interop;

    uses org.kan4j.ffi.NativeLibraryProvider;
}
