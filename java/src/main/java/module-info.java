// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** Kolmogorov-Arnold networks on fused native kernels: tensors, models, training, inference, checkpoints. */
module org.kan4j {
    requires org.kan4j.bindings;

    exports org.kan4j;
    exports org.kan4j.basis;
    exports org.kan4j.constraint;
    exports org.kan4j.device;
    exports org.kan4j.encoding;
    exports org.kan4j.error;
    exports org.kan4j.explain;
    exports org.kan4j.export;
    exports org.kan4j.formula;
    exports org.kan4j.grid;
    exports org.kan4j.interop;
    exports org.kan4j.io;
    exports org.kan4j.layer;
    exports org.kan4j.measure;
    exports org.kan4j.model;
    exports org.kan4j.optim;
    exports org.kan4j.rows;
    exports org.kan4j.search;
    exports org.kan4j.serve;
    exports org.kan4j.symbolic;
    exports org.kan4j.tensor;
    exports org.kan4j.train;

    uses org.kan4j.ffi.NativeLibraryProvider;
}
