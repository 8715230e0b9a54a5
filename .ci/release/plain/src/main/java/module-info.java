// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** README's ten lines as a module. */
module app {
    requires org.kan4j;
}
