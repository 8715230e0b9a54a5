// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.util.List;

/**
 * What came of a training.
 *
 * @param epochs completed, those before a resume included
 * @param steps made
 * @param stopped whether a stop was requested before all epochs were done
 */
public record TrainingResult(List<TrainingListener.Epoch> epochs, long steps, boolean stopped) {
}
