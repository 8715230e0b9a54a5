// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.kan4j.error.KanException;
import org.kan4j.internal.Checks;
import org.kan4j.model.KanModel;
import org.kan4j.model.TensorInfo;

/**
 * Parameters that are trained otherwise than the rest, by the names of their tensors.
 *
 * @param tensors a name such as {@code layers.0.coef}, where {@code *} stands for any text: {@code layers.0.*} is a
 *     layer, {@code *.base_weight} the base branches, {@code *.centres} the grids that are trained
 * @param frozen whether they keep their numbers; the rates below mean nothing then
 * @param learningRate before any schedule, at least 0; NaN for the optimizer's
 * @param weightDecay at least 0; NaN for the optimizer's
 */
public record ParameterGroup(String tensors, boolean frozen, double learningRate, double weightDecay) {

    /** Checks the values. */
    public ParameterGroup {
        Objects.requireNonNull(tensors, "tensors");
        if (!Double.isNaN(learningRate)) {
            Checks.nonNegative("the learning rate of the group " + tensors, learningRate);
        }
        if (!Double.isNaN(weightDecay)) {
            Checks.nonNegative("the weight decay of the group " + tensors, weightDecay);
        }
    }

    /** Parameters that keep their numbers. */
    public static ParameterGroup frozen(String tensors) {
        return new ParameterGroup(tensors, true, Double.NaN, Double.NaN);
    }

    /** Parameters with a learning rate of their own. */
    public static ParameterGroup rate(String tensors, double learningRate) {
        return new ParameterGroup(tensors, false, learningRate, Double.NaN);
    }

    /** Parameters with a weight decay of their own. */
    public static ParameterGroup decay(String tensors, double weightDecay) {
        return new ParameterGroup(tensors, false, Double.NaN, weightDecay);
    }

    /** Whether a tensor is of this group. */
    public boolean has(TensorInfo tensor) {
        String pattern = Stream.of(tensors.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
        return Pattern.matches(pattern, tensor.name());
    }

    /** Refuses a group that no parameter of the model is in. */
    public void require(KanModel model) {
        if (model.tensors().stream().noneMatch(t -> t.role() == TensorInfo.Role.PARAMETER && has(t))) {
            throw KanException.invalid("no parameter is named '%s'; the model has %s", tensors, model.tensors().stream()
                    .filter(t -> t.role() == TensorInfo.Role.PARAMETER).map(TensorInfo::name)
                    .collect(Collectors.joining(", ")));
        }
    }
}
