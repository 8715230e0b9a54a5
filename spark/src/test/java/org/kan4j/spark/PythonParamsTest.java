// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.Params;
import org.junit.jupiter.api.Test;

/** The Python classes beside the JVM's, without a Python: what spark/pyspark runs needs one that has PySpark. */
class PythonParamsTest {

    /** Of Spark's own traits, which PySpark has as classes. */
    private static final Set<String> SHARED = Set.of("featuresCol", "labelCol", "predictionCol", "rawPredictionCol",
            "probabilityCol",
            "thresholds", "inputCols", "weightCol", "validationIndicatorCol", "maxIter", "tol", "seed", "stepSize",
            "checkpointInterval");

    private static Set<String> own(Params stage) {
        Set<String> names = new TreeSet<>(Arrays.stream(stage.params()).map(Param::name).toList());
        assertThat(names).containsAll(Set.of("featuresCol", "inputCols", "checkpointInterval"));
        names.removeAll(SHARED);
        return names;
    }

    @Test
    void everyParamHasItsPython() throws IOException {
        String python;
        try (InputStream file = PythonParamsTest.class.getResourceAsStream("/org/kan4j/spark.py")) { // in the jar, too
            python = new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
        Set<String> theirs = new TreeSet<>(Pattern.compile("^    (\\w+) = _param\\(\"\\1\", ", Pattern.MULTILINE).matcher(python)
                .results().map(found -> found.group(1)).toList());
        assertThat(theirs).isEqualTo(own(new KanClassifier()));
        theirs.remove("classWeights");
        assertThat(theirs).isEqualTo(own(new KanRegressor()));
    }
}
