// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.error.KanException;
import org.kan4j.grid.GridUpdate;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.Schedule;

/** What a setting of a training may be: the ends of each number's range are taken, what is beyond is refused with what was given. */
class SettingsBoundsTest {

    private static final List<Record> GOOD = List.of(new Optimizer.AdamW(0.1, 0.9, 0.99, 1e-8, 0.1),
            new Optimizer.Sgd(0.1, 0.9, 0.1, false), new Lbfgs(10, 5, 1e-9, 1e-9, 25), new Schedule.Exponential(0.9),
            new Schedule.Step(2, 0.5), new Schedule.Cosine(1, 0.1), new Schedule.OneCycle(0.3, 0.1, 0.01),
            new Schedule.Plateau(0.5, 2, 0.1, 1, 0.1), new Loss.BinaryCrossEntropy(2), new Loss.Huber(1), new Clipping(1, 1),
            new WeightRegulariser(0.1, 0.1, 0.1, 0.1),
            new ActivationRegulariser(ActivationRegulariser.Measure.DEVIATION, 0.1, 0.1, 0.1, 0.1),
            new GridUpdates(GridUpdate.defaults(), 5, 10, 100), GridUpdate.defaults());

    /** Setting, the numbers at the ends that are taken, and those beyond that are not. */
    private static final List<String> BOUNDS = """
            AdamW.learningRate 0 | -1e-9 NaN Infinity
            AdamW.beta1 0 0.999999 | -1e-9 1 NaN
            AdamW.beta2 0 0.999999 | -1e-9 1 NaN
            AdamW.eps 1e-300 | 0 -1 NaN Infinity
            AdamW.weightDecay 0 | -1e-9 NaN Infinity
            Sgd.learningRate 0 | -1e-9 NaN Infinity
            Sgd.momentum 0 0.999999 | -1e-9 1 NaN
            Sgd.weightDecay 0 | -1e-9 NaN Infinity
            Lbfgs.history 1 1000 | 0 1001
            Lbfgs.iterations 0 | -1
            Lbfgs.gradientTolerance 0 | -1e-9 NaN Infinity
            Lbfgs.changeTolerance 0 0.999999 | -1e-9 1 NaN
            Lbfgs.searchEvaluations 1 1000 | 0 1001
            Exponential.gamma 1e-300 2 | 0 -1 NaN Infinity
            Step.everyEpochs 1 | 0
            Step.gamma 1e-300 2 | 0 -1 NaN Infinity
            Cosine.warmupEpochs 0 | -1e-9 NaN Infinity
            Cosine.floor 0 1 | -1e-9 1.000001 NaN
            OneCycle.peakAt 1e-9 0.999999 | 0 1 NaN
            OneCycle.start 0 1 | -1e-9 1.000001 NaN
            OneCycle.end 0 1 | -1e-9 1.000001 NaN
            Plateau.gamma 1e-9 0.999999 | 0 1 NaN
            Plateau.patience 0 | -1
            Plateau.threshold 0 0.999999 | -1e-9 1 NaN
            Plateau.cooldown 0 | -1
            Plateau.floor 0 1 | -1e-9 1.000001 NaN
            BinaryCrossEntropy.positiveWeight 1e-300 | 0 -1 NaN Infinity
            Huber.delta 1e-300 | 0 -1 NaN Infinity
            Clipping.norm 1e-300 Infinity | 0 -1 NaN
            Clipping.value 1e-300 Infinity | 0 -1 NaN
            WeightRegulariser.l1 0 | -1e-9 NaN Infinity
            WeightRegulariser.entropy 0 | -1e-9 NaN Infinity
            WeightRegulariser.firstDifference 0 | -1e-9 NaN Infinity
            WeightRegulariser.secondDifference 0 | -1e-9 NaN Infinity
            ActivationRegulariser.l1 0 | -1e-9 NaN Infinity
            ActivationRegulariser.entropy 0 | -1e-9 NaN Infinity
            ActivationRegulariser.coefficients 0 | -1e-9 NaN Infinity
            ActivationRegulariser.differences 0 | -1e-9 NaN Infinity
            GridUpdates.every 1 | 0
            GridUpdates.until 0 | -1
            GridUpdates.rows 1 | 0
            GridUpdate.uniformShare 0 1 | -1e-9 1.000001 NaN
            GridUpdate.margin 0 | -1e-9 NaN Infinity
            GridUpdate.minimumSpacing 0 0.5 | -1e-9 0.500001 NaN
            GridUpdate.samplesPerCell 0 | -1
            GridUpdate.tolerance 0 Infinity | -1e-9 NaN
            """.lines().toList();

    static List<String> bounds() {
        return BOUNDS;
    }

    private static Object parsed(Class<?> type, String number) {
        if (type == int.class) {
            return Integer.valueOf(number);
        }
        return type == long.class ? (Object) Long.valueOf(number) : Double.valueOf(number);
    }

    private static Record with(Record good, String component, String number) throws ReflectiveOperationException {
        RecordComponent[] all = good.getClass().getRecordComponents();
        Object[] values = new Object[all.length];
        for (int i = 0; i < all.length; i++) {
            values[i] = all[i].getName().equals(component) ? parsed(all[i].getType(), number) : all[i].getAccessor().invoke(good);
        }
        try {
            return good.getClass().getDeclaredConstructor(Stream.of(all).map(RecordComponent::getType).toArray(Class<?>[]::new))
                    .newInstance(values);
        } catch (InvocationTargetException e) {
            throw assertInstanceOf(KanException.class, e.getCause());
        }
    }

    @ParameterizedTest
    @MethodSource("bounds")
    void endsAreTakenAndWhatIsBeyondIsRefused(String bound) throws ReflectiveOperationException {
        String[] words = bound.split(" ");
        String[] name = words[0].split("\\.");
        Record good = GOOD.stream().filter(each -> each.getClass().getSimpleName().equals(name[0])).findFirst().orElseThrow();
        int border = Arrays.asList(words).indexOf("|");
        for (int i = 1; i < border; i++) {
            with(good, name[1], words[i]);
        }
        for (int i = border + 1; i < words.length; i++) {
            String beyond = words[i];
            String message = assertThrows(KanException.class, () -> with(good, name[1], beyond), bound).getMessage();
            String given = beyond.equals("-1e-9") ? "-1.0E-9" : beyond;
            assertTrue(message.contains("given") && message.contains(given), message);
        }
    }

    @Test
    void noNumberIsLeftOut() {
        TreeSet<String> known = new TreeSet<>();
        for (Record good : GOOD) {
            for (RecordComponent component : good.getClass().getRecordComponents()) {
                if (component.getType().isPrimitive() && component.getType() != boolean.class) {
                    known.add(good.getClass().getSimpleName() + "." + component.getName());
                }
            }
        }
        assertEquals(known, new TreeSet<>(BOUNDS.stream().map(bound -> bound.substring(0, bound.indexOf(' '))).toList()));
    }
}
