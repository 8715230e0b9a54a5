// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/** What is promised of a model whatever it was trained on, kept while it is trained and proved of its numbers. */
package org.kan4j.constraint;
