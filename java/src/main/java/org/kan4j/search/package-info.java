// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
/**
 * Search of hyper-parameters. Options are names with values as texts, so that whatever can be said of a training can be
 * searched; what a training with some options loses is the application's to tell.
 */
package org.kan4j.search;
