// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The one way for a package of this module to what an exported class of another keeps to itself: native handles,
 * arrays, raw passes. What there is to see is an interface of a package that is not exported and stands below the
 * class, so that packages stay layered; the class says once, in its static initialiser, how an object of its shows it.
 * As the JDK's SharedSecrets.
 */
public final class Inside {

    private static final Map<Class<?>, Function<Object, ?>> DOORS = new ConcurrentHashMap<>();

    private Inside() {
    }

    /** Says how objects of a class show their inside. */
    public static <T, I> void show(Class<T> type, Class<I> inside, Function<T, I> door) {
        DOORS.put(inside, object -> door.apply(type.cast(object)));
    }

    /**
     * The inside of an object.
     *
     * @param object of the class that shows such an inside
     */
    public static <I> I of(Object object, Class<I> inside) {
        return inside.cast(DOORS.get(inside).apply(object));
    }
}
