// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** Evaluates kan4j's models in plain Java. */
module org.kan4j.scorer {
    exports org.kan4j.scorer;
}
