// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

/** What this module runs on. */
final class Requirements {

    private Requirements() {
    }

    /** What is wrong with a Spark, in one sentence; null where it is known to work. */
    static String complaint(String spark) {
        String[] parts = spark.split("[.-]");
        int major = number(parts, 0);
        return major > 3 || major == 3 && number(parts, 1) >= 5 ? null
                : "kan4j-spark-scoring needs Spark 3.5 or later; this is Spark " + spark + ", which is not known to work";
    }

    private static int number(String[] parts, int at) {
        return at < parts.length && parts[at].matches("\\d{1,4}") ? Integer.parseInt(parts[at]) : 0;
    }

    /** Refuses to go on where it is known not to work. */
    static void check(String spark) {
        String complaint = complaint(spark);
        if (complaint != null) {
            throw new UnsupportedOperationException(complaint);
        }
    }
}
