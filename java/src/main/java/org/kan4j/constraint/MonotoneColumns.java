// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.constraint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.kan4j.basis.BSpline;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.internal.Json;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;

/**
 * Columns in which what is predicted rises, or falls: a number, several, quantiles, or the probability of the second of two
 * classes. A model's file carries them, so that whoever reads it can have them proved.
 *
 * @param directions 1 for a column with which it rises, -1 for one with which it falls; at least one
 */
public record MonotoneColumns(Map<String, Integer> directions) {

    /** The property of a checkpoint that holds them. */
    public static final String KEY = "kan4j.monotone";

    /** Checks the directions and keeps an immutable copy. */
    public MonotoneColumns {
        directions = Collections.unmodifiableMap(new LinkedHashMap<>(directions));
        if (directions.isEmpty()) {
            throw KanException.invalid("no column is named in which the model is to be monotone");
        }
        directions.forEach((column, direction) -> {
            if (direction != 1 && direction != -1) {
                throw KanException.invalid("the direction of '%s' must be 1, rising, or -1, falling, given %d", column,
                        direction);
            }
        });
    }

    /** From {@code income=+,age=-}, as {@link #toString} has it. */
    public static MonotoneColumns parse(List<String> parts) {
        Map<String, Integer> directions = new LinkedHashMap<>();
        for (String part : parts) {
            int equals = part.lastIndexOf('=');
            String sign = part.substring(equals + 1);
            if (equals < 1 || !sign.equals("+") && !sign.equals("-")) {
                throw KanException.invalid("expected COLUMN=+ where the prediction rises with the column, or COLUMN=- where it "
                        + "falls, given '%s'", part);
            }
            if (directions.put(part.substring(0, equals), sign.equals("+") ? 1 : -1) != null) {
                throw KanException.invalid("'%s' is named twice", part.substring(0, equals));
            }
        }
        return new MonotoneColumns(directions);
    }

    /** Those that a model's file carries, if it does. */
    public static Optional<MonotoneColumns> of(Map<String, String> properties) {
        String json = properties.get(KEY);
        if (json == null) {
            return Optional.empty();
        }
        try {
            Map<String, Integer> directions = new LinkedHashMap<>();
            Json.parseObject(json).forEach((column, value) -> directions.put(column,
                    value instanceof Number number ? number.intValue() : 0));
            return Optional.of(new MonotoneColumns(directions));
        } catch (Json.ParseException | KanException e) {
            throw new FormatException("the model's metadata '" + KEY + "' is damaged: " + e.getMessage(), e);
        }
    }

    /** For {@link #KEY}. */
    public String toJson() {
        return Json.write(new LinkedHashMap<String, Object>(directions));
    }

    /**
     * The directions of inputs and outputs.
     *
     * @throws KanException if a column is unknown or none of numbers, or more than two classes are predicted
     */
    public Monotonicity of(Encoding encoding) {
        List<Integer> inputs = new ArrayList<>(Collections.nCopies(encoding.features(), 0));
        for (Map.Entry<String, Integer> named : directions.entrySet()) {
            int at = 0;
            boolean found = false;
            for (Encoding.Column column : encoding.columns()) {
                if (column instanceof Encoding.Numeric numeric && numeric.name().equals(named.getKey())) {
                    inputs.set(at, named.getValue());
                    found = true;
                } else if (column instanceof Encoding.Categorical category && category.name().equals(named.getKey())) {
                    throw KanException.invalid("'%s' is a category, whose values have no order; expected a column of numbers",
                            named.getKey());
                }
                at += column.width();
            }
            if (!found) {
                throw KanException.invalid("there is no input '%s'; there are %s", named.getKey(), encoding.inputs());
            }
        }
        int outputs = encoding.target().width();
        if (encoding.values().isEmpty() && outputs != 2) {
            throw KanException
                    .invalid("a model is monotone in numbers or in the probability of the second of two classes; '%s' has "
                            + "%d", encoding.target().name(), outputs);
        }
        return new Monotonicity(inputs, encoding.values().isEmpty() ? List.of(-1, 1) : Collections.nCopies(outputs, 1));
    }

    /**
     * The model of the same shape that can be monotone: its splines go on linearly beyond the grid, and its base branch is the
     * identity where it is one that does not rise everywhere.
     *
     * @throws KanException if its basis has no coefficients in order, naming one that has
     */
    public KanModel suited(KanModel model) {
        List<LayerSpec> layers = new ArrayList<>();
        for (LayerSpec spec : model.layers()) {
            layers.add(spec instanceof KanLayer layer && layer.basis() instanceof BSpline spline ? new KanLayer(layer.in(),
                    layer.out(), spline.outside() == BSpline.Outside.ZERO ? spline.withOutside(BSpline.Outside.LINEAR) : spline,
                    layer.base() == Activation.SILU || layer.base() == Activation.GELU ? Activation.IDENTITY : layer.base(),
                    layer.scale(), layer.mask(), layer.bias(), layer.inputNorm(), layer.baseNorm(), layer.trainBasis()) : spec);
        }
        return KanModel.of(model.dtype(), layers);
    }

    /** What is in the way of a proof, in words; empty where a model is proved to be so. */
    public List<String> prove(Encoding encoding, Parameters parameters) {
        try {
            return of(encoding).prove(parameters);
        } catch (KanException e) {
            return List.of(e.getMessage());
        }
    }

    /** {@code income=+,age=-}. */
    @Override
    public String toString() {
        return directions.entrySet().stream().map(e -> e.getKey() + (e.getValue() > 0 ? "=+" : "=-"))
                .collect(Collectors.joining(","));
    }
}
