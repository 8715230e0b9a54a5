// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Set;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.rows.RowSource;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Probabilities that are as sure as they are right: all logits are divided by one temperature, found by the log loss on rows
 * that were not trained on (temperature scaling: Guo, Pleiss, Sun, Weinberger, ICML 2017). The temperature goes into the weights of the last
 * layer, so that whoever has the model, an export too, has calibrated probabilities. Classes are predicted as before.
 *
 * @param temperature above 1 where the model was too sure
 * @param before the log loss of the rows without it
 * @param after the log loss of the rows with it
 * @param rows how many they are
 */
public record Calibration(double temperature, double before, double after, int rows) {

    private static final int BLOCK = 4096;
    private static final int STEPS = 80;
    /** The temperature is sought between e to minus and to plus this. */
    private static final double REACH = 4;
    /** Tensors that the outputs of a layer are linear in, taken together. */
    private static final Set<String> LINEAR = Set.of("base_weight", "coef", "bias", "weight");

    /**
     * Finds the temperature and changes the parameters.
     *
     * @param held rows with classes that the parameters were not trained on
     * @throws KanException if the rows have no classes
     * @throws UnsupportedException if the outputs of the last layer are not linear in its weights
     */
    public static Calibration of(Parameters parameters, RowSource held) {
        if (held.classes() == 0 || held.size() == 0) {
            throw KanException.invalid(
                    "probabilities are calibrated on held-out rows with classes, given %s with %s",
                    Counted.of(held.size(), "row"), Counted.of(held.classes(), "class"));
        }
        int[] classes = new int[held.size()];
        double[] logits = logits(parameters, held, classes);
        int width = held.classes();
        double low = -REACH; // the loss is convex in 1 / T: one valley in log T (golden section)
        double high = REACH;
        double part = (Math.sqrt(5) - 1) / 2;
        for (int i = 0; i < STEPS; i++) {
            double a = high - part * (high - low);
            double b = low + part * (high - low);
            if (loss(logits, classes, width, Math.exp(a)) <= loss(logits, classes, width, Math.exp(b))) {
                high = b;
            } else {
                low = a;
            }
        }
        double temperature = Math.exp((low + high) / 2);
        double before = loss(logits, classes, width, 1);
        scale(parameters, 1 / temperature);
        double[] scaled = logits(parameters, held, classes);
        double most = Arrays.stream(logits).map(Math::abs).max().orElse(0) / temperature;
        for (int i = 0; i < scaled.length; i++) {
            if (!(Math.abs(scaled[i] - logits[i] / temperature) <= 1e-3 * (most + 1e-6))) {
                scale(parameters, temperature);
                throw new UnsupportedException(
                        "the outputs of the last layer are not linear in its weights, so that a temperature "
                                + "cannot go into them; given " + parameters.model().layers().getLast());
            }
        }
        return new Calibration(temperature, before, loss(scaled, classes, width, 1), held.size());
    }

    private static void scale(Parameters parameters, double factor) {
        int last = parameters.model().layers().size() - 1;
        try (Arena arena = Arena.ofConfined()) {
            for (TensorInfo tensor : parameters.tensors()) {
                if (tensor.layer() == last && LINEAR.contains(tensor.tensor())) {
                    HostTensor numbers = parameters.get(arena, tensor.name());
                    for (long i = 0; i < numbers.size(); i++) {
                        numbers.setFlat(i, numbers.getFlat(i) * factor);
                    }
                    parameters.set(tensor.name(), numbers);
                }
            }
        }
    }

    private static double[] logits(Parameters parameters, RowSource rows, int[] classes) {
        int in = Math.toIntExact(rows.in());
        double[] logits = new double[Math.multiplyExact(rows.size(), rows.classes())];
        int block = Math.min(BLOCK, rows.size());
        try (Predictor predictor = Predictor.of(parameters);
                Arena arena = Arena.ofConfined();
                RowSource.Pass pass = rows.inOrder()) {
            HostTensor x = HostTensor.allocate(arena, rows.dtype(), block, in);
            MemorySegment labels = HostTensor.allocate(arena, DType.I32, block).segment();
            MemorySegment weights = HostTensor.allocate(arena, rows.dtype(), block).segment();
            for (int from = 0; from < rows.size(); from += block) {
                int n = Math.min(block, rows.size() - from);
                pass.read(from, from + n, x.segment(), labels, weights);
                double[] outputs = predictor.predict(x.slice(0, n).to(arena, DType.F64).toDoubles());
                System.arraycopy(outputs, 0, logits, from * rows.classes(), outputs.length);
                for (int i = 0; i < n; i++) {
                    classes[from + i] = labels.getAtIndex(ValueLayout.JAVA_INT, i);
                }
            }
        }
        return logits;
    }

    private static double loss(double[] logits, int[] classes, int width, double temperature) {
        double sum = 0;
        for (int i = 0; i < classes.length; i++) {
            double most = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < width; c++) {
                most = Math.max(most, logits[i * width + c] / temperature);
            }
            double parts = 0;
            for (int c = 0; c < width; c++) {
                parts += Math.exp(logits[i * width + c] / temperature - most);
            }
            // Not by the probability, which is 0 where this still falls with the temperature.
            sum += most + Math.log(parts) - logits[i * width + classes[i]] / temperature;
        }
        return sum / classes.length;
    }
}
