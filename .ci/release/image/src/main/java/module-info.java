// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** Reads tables in a run-time image of jlink. */
module app {
    requires org.kan4j.data;
}
