// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.Serializable;
import java.util.List;

/**
 * What a training gives.
 *
 * @param model with its encoding
 * @param mode it was trained in
 * @param losses on the training rows, an epoch, or an evaluation of L-BFGS, each
 * @param validationLosses on the validation rows, as often as they were measured
 * @param end why it ended
 */
public record Trained(NativeModel model, String mode, List<Double> losses, List<Double> validationLosses, String end)
        implements Serializable {
}
