// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** Raw rows in files and the numbers a model sees: tables of several formats, encodings, known data sets. */
package org.kan4j.data;
