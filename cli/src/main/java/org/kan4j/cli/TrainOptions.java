// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.kan4j.data.DataException;
import org.kan4j.data.TableSet;
import org.kan4j.encoding.Encoding;

/**
 * The effective options of a training, defaults filled in: what metrics.json shows under {@code options}, and what a
 * checkpoint carries so that it can be resumed.
 *
 * @param target of a file; null for a named set, like the options of files after it
 * @param memory MiB for encoded rows; larger data is streamed
 * @param grid null where the basis has none; so the order
 * @param norm normalisation between layers: none, layer or batch
 * @param init how initial parameters are drawn; null for as published
 * @param epochs null where only the steps are limited
 * @param batch null for all rows at once
 * @param lr null for L-BFGS, and so the weight decay
 * @param schedule of the learning rate: constant, exponential, cosine, one-cycle or plateau
 * @param decay factor on the learning rate after each epoch, or on every plateau; null for other schedules
 * @param warmup epochs of linear rise; null for other schedules than cosine
 * @param plateau epochs without a better loss that are borne; null for other schedules than plateau
 * @param validation share of the training rows held out to measure on after each epoch; null for none
 * @param patience epochs without a better validation loss after which to stop; null for never
 * @param method the rest of how to train, each under its own name
 * @param tables how a CSV file is written, likewise
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record TrainOptions(String data, String target, TableSet.Task task, List<String> drop, List<String> categorical,
                    Encoding.Missing missing, Encoding.Unseen unseen, List<String> quantiles, Double testFraction, Integer memory, String basis, Integer grid,
                    Integer order, String norm, String init, long[] layers, Integer epochs,
                    Integer batch, Double lr, Double weightDecay, String schedule, Double decay,
                    Double warmup, Integer plateau, Double validation, Integer patience, long seed, String dtype, String device, int threads,
                    String tier, @JsonUnwrapped Method method, @JsonUnwrapped TableOptions tables) {

    /** Property of the checkpoint. */
    static final String KEY = "kan4j.train";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The same training up to another number of epochs or steps; null for those it has. */
    TrainOptions until(Integer otherEpochs, Long otherSteps) {
        if (otherSteps != null) {
            method.setSteps(otherSteps);
        }
        return otherEpochs == null ? this : new TrainOptions(data, target, task, drop, categorical, missing, unseen, quantiles, testFraction,
                memory, basis, grid, order, norm, init, layers, otherEpochs, batch, lr, weightDecay, schedule, decay, warmup, plateau, validation,
                patience, seed, dtype, device, threads, tier, method, tables);
    }

    String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("options are a plain record", e);
        }
    }

    static TrainOptions fromJson(String json) {
        try {
            return JSON.readValue(json, TrainOptions.class);
        } catch (JsonProcessingException e) {
            throw new DataException("the checkpoint's metadata '" + KEY + "' is damaged: " + e.getOriginalMessage(), e);
        }
    }
}
