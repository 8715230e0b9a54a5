// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

/** The id of a stage in the making: the constructors of Spark's classes ask for it before a field of a class in Java can hold it. */
final class Uid {

    private static final ThreadLocal<String> COMING = new ThreadLocal<>();

    private final String value;

    private Uid(String value) {
        this.value = value;
    }

    /** Of the stage that this thread makes next. */
    static Uid announce(String value) {
        COMING.set(value);
        return new Uid(value);
    }

    /** What was announced; for constructors that run before {@link #taken}. */
    static String announced() {
        return COMING.get();
    }

    /** For the field, once there is one. */
    String taken() {
        COMING.remove();
        return value;
    }
}
