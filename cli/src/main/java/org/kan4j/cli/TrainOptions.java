// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.kan4j.device.Context;
import org.kan4j.train.Trainer;
import org.kan4j.data.DataException;
import org.kan4j.data.Part;
import org.kan4j.data.TableSet;
import org.kan4j.encoding.Encoding;
import org.kan4j.optim.Loss;

/**
 * The effective options of a training, defaults filled in: what metrics.json shows under {@code options}, and what a
 * checkpoint carries so that it can be resumed.
 *
 * @param target of a file; null for a named set, like the options of files after it
 * @param scaling of columns of numbers; null in checkpoints of before there was a choice, by their range then
 * @param test file of the rows to test on; null for a share of the data
 * @param memory MiB for encoded rows; larger data is streamed
 * @param from file of the model that is gone on with, whose network it is; null for a new one
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
 * @param needs what tables need of a model, likewise
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record TrainOptions(String data, String target, TableSet.Task task, List<String> drop, List<String> categorical,
        Encoding.Missing missing, Encoding.Unseen unseen, List<String> quantiles, Encoding.Scaling scaling, String test,
        Double testFraction, Integer memory, String from, String basis, Integer grid, Integer order, String norm, String init,
        long[] layers, Integer epochs, Integer batch, Double lr, Double weightDecay, String schedule, Double decay,
        Double warmup, Integer plateau, Double validation, Integer patience, long seed, String dtype, String device,
        int threads, String tier, @JsonUnwrapped Method method, @JsonUnwrapped TableOptions tables,
        @JsonUnwrapped TableModel needs) {

    /** Checkpoints of before there were such needs have none. */
    TrainOptions {
        needs = needs == null ? new TableModel() : needs;
    }

    /** Property of the checkpoint. */
    static final String KEY = "kan4j.train";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What the options of each kind come to. */
    static TrainOptions of(String data, DataOptions.Effective rows, String from, ModelOptions.Effective model,
            CourseOptions.Effective course, long seed, Context context, Method method,
            TableModel needs) {
        return new TrainOptions(data, rows.target(), rows.task(), rows.drop(), rows.categorical(), rows.missing(), rows.unseen(),
                rows.quantiles(), rows.scaling(), rows.test(), rows.testFraction(), rows.memory(), from, model.basis(),
                model.grid(),
                model.order(), model.norm(), model.init(), model.layers(), course.epochs(), course.batch(), course.lr(),
                course.weightDecay(), course.schedule(), course.decay(), course.warmup(), course.plateau(), course.validation(),
                course.patience(), seed, model.dtype(), context.device().toString(), context.threads(),
                context.tier().toString(), method, rows.tables(), needs);
    }

    /** The same training up to another number of epochs or steps; null for those it has. */
    TrainOptions until(Integer otherEpochs, Long otherSteps) {
        if (otherSteps != null) {
            method.setSteps(otherSteps);
        }
        return with(null, otherEpochs);
    }

    /** The same training with another weight decay, and so many epochs; null for those it has. */
    TrainOptions with(Double otherDecay, Integer otherEpochs) {
        return new TrainOptions(data, target, task, drop, categorical, missing, unseen, quantiles, scaling, test, testFraction,
                memory, from, basis, grid, order, norm, init, layers, otherEpochs == null ? epochs : otherEpochs, batch, lr,
                otherDecay == null ? weightDecay : otherDecay, schedule, decay, warmup, plateau, validation, patience, seed,
                dtype,
                device, threads, tier, method, tables, needs);
    }

    /** The same training in at most so many epochs, over which the learning rate falls as far. */
    TrainOptions within(int most) {
        if (epochs == null || epochs <= most) {
            return this;
        }
        TrainOptions shorter = with(null, most);
        return decay == null || !schedule.equals("exponential") ? shorter
                : shorter.withDecay(Math.max(Double.MIN_NORMAL, Math.pow(decay, (double) epochs / most)));
    }

    /** The same training on another grid. */
    TrainOptions withGrid(int intervals) {
        return new TrainOptions(data, target, task, drop, categorical, missing, unseen, quantiles, scaling, test, testFraction,
                memory, from, basis, intervals, order, norm, init, layers, epochs, batch, lr, weightDecay, schedule, decay,
                warmup,
                plateau, validation, patience, seed, dtype, device, threads, tier,
                method, tables, needs);
    }

    private TrainOptions withDecay(double other) {
        return new TrainOptions(data, target, task, drop, categorical, missing, unseen, quantiles, scaling, test, testFraction,
                memory, from, basis, grid, order, norm, init, layers, epochs, batch, lr, weightDecay, schedule, other, warmup,
                plateau, validation, patience, seed, dtype, device, threads, tier,
                method, tables, needs);
    }

    /** Memory for encoded rows. */
    long bytes() {
        return memory == null ? Part.DEFAULT_MEMORY : (long) memory << 20;
    }

    /** Sets a trainer up to train so. */
    Trainer.Builder apply(Trainer.Builder builder) {
        builder.schedule(course().course()).seed(seed);
        method.apply(builder, lr, weightDecay);
        if (!needs.levels().isEmpty()) {
            builder.loss(new Loss.Pinball(needs.levels()));
        }
        if (epochs != null) {
            builder.epochs(epochs);
        }
        if (batch != null) {
            builder.batchSize(batch);
        }
        return patience == null ? builder : builder.earlyStopping(patience);
    }

    private CourseOptions.Effective course() {
        return new CourseOptions.Effective(epochs, batch, lr, weightDecay, schedule, decay, warmup, plateau, validation,
                patience);
    }

    /** Those of some names that it has, as on a command line. */
    Map<String, String> values(Iterable<String> names) {
        Map<String, String> values = new LinkedHashMap<>();
        JsonNode tree = JSON.valueToTree(this);
        Map<String, String> all = new LinkedHashMap<>();
        tree.properties().forEach(option -> all.put(Config.kebab(option.getKey()), text(option.getValue())));
        if (layers != null) {
            all.put("hidden", ModelOptions.join(Arrays.copyOfRange(layers, 1, layers.length - 1)));
        }
        for (String name : names) {
            String value = all.getOrDefault(name, "");
            if (!value.isEmpty()) {
                values.put(name,
                        name.equals("scaling") || name.equals("target-transform") ? value.toLowerCase(Locale.ROOT) : value);
            }
        }
        return values;
    }

    private static String text(JsonNode value) {
        return value.isArray() ? StreamSupport.stream(value.spliterator(), false).map(each -> ColumnName.inList(each.asText()))
                .collect(Collectors.joining(",")) : value.asText();
    }

    /** The command that trains so, as a shell takes it. */
    String command() {
        StringBuilder command = new StringBuilder("kan4j train ").append(quoted(data));
        JsonNode tree = JSON.valueToTree(this);
        for (Map.Entry<String, JsonNode> option : tree.properties()) {
            String key = option.getKey();
            String value = text(option.getValue());
            if (!key.equals("data") && !value.isEmpty()) {
                boolean constant = key.equals("task") || key.equals("missing") || key.equals("unseen")
                        || key.equals("scaling") || key.equals("targetTransform");
                command.append(" --").append(Config.kebab(key)).append(' ')
                        .append(quoted(constant ? value.toLowerCase(Locale.ROOT) : value));
            }
        }
        return command.toString();
    }

    /** As one word of a shell. */
    static String quoted(String word) {
        return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
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
