// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.kan4j.error.KanException;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Schedule;
import org.kan4j.train.Trainer;

/**
 * Settings that have no param of their own, by {@code setProperty}.
 *
 * @param values texts by name
 */
record Properties(Map<String, String> values) implements Serializable {

    private static final Set<String> OF_ADAMW = Set.of("accumulation", "averaging", "clipping", "schedule");
    private static final String KNOWN = "accumulation, averaging, base, clipping, history, schedule";

    /** Checks names and values. */
    Properties {
        for (String name : values.keySet()) {
            if (!OF_ADAMW.contains(name) && !name.equals("base") && !name.equals("history")) {
                throw KanException.invalid("there is no property '%s'; known are %s; all else is a param", name, KNOWN);
            }
        }
        schedule(values, 0.5);
        if (values.containsKey("base")) {
            base(values);
        }
        whole(values, "accumulation");
        whole(values, "history");
        number(values, "averaging");
        number(values, "clipping");
    }

    /** Of {@code name=value}. */
    static Properties of(List<String> entries) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String entry : entries) {
            int at = entry.indexOf('=');
            if (at < 1) {
                throw KanException.invalid("properties must be name=value, given '%s'; setProperty writes such", entry);
            }
            values.put(entry.substring(0, at), entry.substring(at + 1));
        }
        return new Properties(values);
    }

    /** Refuses what the training, of a mode that is local or not, by L-BFGS or not, would not heed. */
    void requireFor(String mode, boolean lbfgs) {
        for (String name : values.keySet()) {
            if (OF_ADAMW.contains(name) && (lbfgs || !mode.equals("local")) || name.equals("history") && !lbfgs) {
                throw KanException.invalid("the property '%s' is for %s; this training is of mode %s by %s", name,
                        name.equals("history") ? "L-BFGS" : "AdamW in mode local", mode, lbfgs ? "L-BFGS" : "AdamW");
            }
        }
    }

    private static KanException bad(String name, String value, String expected) {
        return KanException.invalid("the property '%s' must be %s, given '%s'", name, expected, value);
    }

    private static int whole(Map<String, String> values, String name) {
        String value = values.getOrDefault(name, "1");
        if (!value.matches("[1-9]\\d{0,8}")) {
            throw bad(name, value, "a whole number above 0");
        }
        return Integer.parseInt(value);
    }

    private static double number(Map<String, String> values, String name) {
        String value = values.getOrDefault(name, "0.5");
        try {
            double number = Double.parseDouble(value);
            if (number > 0 && number < (name.equals("averaging") ? 1 : Double.POSITIVE_INFINITY)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below, as of numbers beyond
        }
        throw bad(name, value, name.equals("averaging") ? "a decay above 0 and below 1" : "a number above 0");
    }

    private static Activation base(Map<String, String> values) {
        for (Activation activation : Activation.values()) {
            if (activation.name().toLowerCase(Locale.ROOT).equals(values.get("base"))) {
                return activation;
            }
        }
        throw bad("base", values.get("base"), "one of " + List.of(Activation.values()).toString().toLowerCase(Locale.ROOT));
    }

    private static Schedule schedule(Map<String, String> values, double decay) {
        String name = values.getOrDefault("schedule", "exponential");
        return switch (name) {
            case "constant" -> Schedule.constant();
            case "exponential" -> Schedule.exponential(decay);
            case "cosine" -> Schedule.cosine(0);
            case "one-cycle" -> Schedule.oneCycle();
            default -> throw bad("schedule", name, "constant, exponential, cosine or one-cycle");
        };
    }

    /** The model with the base branch asked for. */
    KanModel based(KanModel model) {
        if (!values.containsKey("base")) {
            return model;
        }
        return KanModel.of(model.dtype(), model.layers().stream()
                .map(layer -> layer instanceof KanLayer kan ? kan.withBase(base(values)) : layer).toList());
    }

    /** What L-BFGS remembers. */
    Lbfgs remembering(Lbfgs config) {
        return values.containsKey("history") ? config.withHistory(whole(values, "history")) : config;
    }

    /**
     * Tells a training by AdamW of them.
     *
     * @param decay of the rate after an epoch, of the exponential schedule
     */
    void configure(Trainer.Builder builder, double decay) {
        builder.schedule(schedule(values, decay)).accumulation(whole(values, "accumulation"));
        if (values.containsKey("clipping")) {
            builder.clipping(Clipping.byNorm(number(values, "clipping")));
        }
        if (values.containsKey("averaging")) {
            builder.averaging(number(values, "averaging"));
        }
    }
}
