// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.symbolic.SymbolicLibrary;

/** A setting that is changed changes nothing else. */
class ExplainSettingsTest {

    @Test
    void eachChangesItsOwn() throws Exception {
        Explain start = new Explain("[2,1]", new Chebyshev(3), SymbolicLibrary.standard(), 0.25, 3, 0.125, 5, 7, false);
        Map<Class<?>, Object> others = Map.of(String.class, "[2,2,1]", Basis.class, BSpline.of(2, 2), SymbolicLibrary.class,
                SymbolicLibrary.special(), double.class, 0.5, int.class, 4, long.class, 9L, boolean.class, true);
        Map<String, List<String>> changed = new TreeMap<>();
        for (Method with : Explain.class.getMethods()) {
            if (with.getName().startsWith("with") && with.getParameterCount() == 1) {
                Object other = with.invoke(start, others.get(with.getParameterTypes()[0]));
                changed.put(with.getName(), Arrays.stream(Explain.class.getRecordComponents())
                        .filter(each -> !of(each, start).equals(of(each, other))).map(RecordComponent::getName).toList());
            }
        }
        assertEquals("{withBasis=[basis], withLibrary=[library], withMinutes=[minutes], withNoise=[noise], withSeed=[seed], "
                + "withShape=[shape], withStarts=[starts], withStructure=[structure], withTolerance=[tolerance]}",
                changed.toString());
    }

    private static Object of(RecordComponent component, Object of) {
        try {
            return component.getAccessor().invoke(of);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
