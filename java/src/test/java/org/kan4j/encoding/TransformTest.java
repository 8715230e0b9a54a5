// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.kan4j.error.KanException;

/** Targets that are bent before they are scaled. */
class TransformTest {

    private static ColumnRange range(DoubleUnaryOperator ofNormal) {
        Random random = new Random(7);
        ColumnRange range = new ColumnRange();
        for (int i = 0; i < 3000; i++) {
            range.add(ofNormal.applyAsDouble(random.nextGaussian()));
        }
        return range;
    }

    @Test
    void whatIsBentIsBentBack() {
        for (Transform transform : List.of(Transform.NONE, Transform.LOG, new Transform(Transform.Kind.ASINH, 0, 0.2),
                new Transform(Transform.Kind.ASINH, -3, 40))) {
            double[] values = transform.takes(-1) ? new double[] {-1e12, -3, -1e-9, 0, 1e-9, 2, 1e12, 1e300}
                    : new double[] {1e-300, 1e-9, 1, 5, 1e12, 1e300};
            double before = Double.NEGATIVE_INFINITY;
            for (double value : values) {
                double bent = transform.apply(value);
                assertEquals(value, transform.invert(bent), 1e-9 * Math.max(Math.abs(value), Math.abs(transform.centre())),
                        transform + " of " + value);
                assertTrue(bent > before, "all rise");
                before = bent;
            }
            for (double bent : new double[] {-2, 0, 1.5}) {
                double difference = (transform.invert(bent + 1e-6) - transform.invert(bent - 1e-6)) / 2e-6;
                assertEquals(difference, transform.slope(bent), 1e-6 * Math.abs(difference));
            }
        }
        assertFalse(Transform.LOG.takes(0));
    }

    @Test
    void onlyLongTailsAreWorthTrying() {
        assertFalse(range(z -> 100 + 5 * z).isTailed(), "normal");
        assertFalse(range(z -> z > 0 ? 1 : 0).isTailed(), "two values");
        assertFalse(range(z -> 3).isTailed(), "one value");
        assertTrue(range(Math::exp).isTailed(), "log-normal");
        assertTrue(range(z -> -Math.exp(z)).isTailed(), "its mirror image");
        assertTrue(range(z -> z * z * z).isTailed(), "two tails");
        ColumnRange tailed = range(Math::exp);
        assertEquals(List.of(Transform.Kind.NONE, Transform.Kind.ASINH), Transform.kinds(Transform.Choice.AUTO, List.of(tailed)));
        assertEquals(List.of(Transform.Kind.NONE), Transform.kinds(Transform.Choice.AUTO, List.of(tailed, tailed)));
        assertEquals(List.of(Transform.Kind.LOG), Transform.kinds(Transform.Choice.LOG, List.of(tailed)));
    }

    @Test
    void scalesAreThoseOfTheTransformedValues() {
        Encoding.Value log = range(z -> Math.exp(2 + 0.5 * z)).target("y", Transform.Kind.LOG);
        assertEquals(2, log.mean(), 0.05);
        assertEquals(0.5, log.deviation(), 0.05);
        for (DoubleUnaryOperator values : Arrays.<DoubleUnaryOperator>asList(z -> Math.exp(3 * z), z -> 1e9 + z * z * z,
                z -> z > 1 ? z : 0)) {
            Encoding.Value value = range(values).target("y", Transform.Kind.ASINH);
            assertTrue(Double.isFinite(value.mean()) && value.deviation() > 0);
            assertEquals(1e9, value.decode(value.encode(1e9)), 1e-3);
        }
        String refused = assertThrows(KanException.class, () -> range(z -> z).target("y", Transform.Kind.LOG)).getMessage();
        assertTrue(refused.contains("'y'") && refused.contains("asinh"), refused);
        assertThrows(KanException.class, () -> new Transform(Transform.Kind.ASINH, 0, 0));
    }

    @Test
    void filesKnowTheTransform() {
        for (Transform transform : List.of(Transform.NONE, Transform.LOG, new Transform(Transform.Kind.ASINH, 1.25, 0.1))) {
            Encoding encoding = new Encoding("t", List.of(), new Encoding.Value("y", 1, 2, transform), Encoding.Missing.REFUSE);
            assertEquals(encoding, Encoding.fromJson(encoding.toJson()));
            assertEquals(transform.bends(), encoding.toJson().contains("transform"));
        }
        assertEquals("asinh((y - 1.25000) / 0.100000)", new Transform(Transform.Kind.ASINH, 1.25, 0.1).of("y"));
    }

    @Test
    void quantilesAndErrorsAreInTheUnitOfTheTarget() {
        Encoding.Value log = new Encoding.Value("y", 1, 2, Transform.LOG);
        assertEquals(Math.pow(Math.exp(3) - Math.exp(1), 2), Outputs.error(log, new double[] {1}, new double[] {0}), 1e-9);
        Encoding.Quantiles quantiles = new Encoding.Quantiles(log, List.of(0.1, 0.9));
        double[] decoded = Outputs.decode(quantiles, new double[] {1, -1});
        assertEquals(Math.exp(-1), decoded[0], 1e-12);
        assertEquals(Math.exp(3), decoded[1], 1e-12);
        double truth = Math.exp(1);
        assertEquals((0.1 * (truth - decoded[0]) + 0.1 * (decoded[1] - truth)) / 2,
                Outputs.error(quantiles, new double[] {-1, 1}, new double[] {0, 0}), 1e-9);
    }
}
