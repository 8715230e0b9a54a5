// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a training tells whoever watches the application. */
class ProgressTest {

    @ParameterizedTest
    @ValueSource(strings = {"local", "lbfgs", "average"})
    void listenersSeeAccumulatorsAndTheLogHasALineAnEpoch(String mode) throws Exception {
        Map<String, Double> seen = new ConcurrentHashMap<>();
        List<String> lines = new CopyOnWriteArrayList<>();
        AbstractAppender appender = new AbstractAppender("lines", null, null, true, Property.EMPTY_ARRAY) {
            @Override
            public void append(LogEvent event) {
                lines.add(event.getMessage().getFormattedMessage());
            }
        };
        Logger logger = (Logger) LogManager.getLogger("org.kan4j.spark");
        SparkSession spark = Sessions.local();
        try {
            appender.start();
            logger.addAppender(appender);
            spark.sparkContext().addSparkListener(new SparkListener() {
                @Override
                public void onStageCompleted(SparkListenerStageCompleted completed) {
                    completed.stageInfo().accumulables().values().foreach(each -> {
                        if (each.name().isDefined() && each.name().get().startsWith("kan4j")) {
                            seen.merge(each.name().get(), Double.valueOf(each.value().get().toString()), Math::max);
                        }
                        return null;
                    });
                }
            });
            Dataset<Row> frame = Sessions.frame(spark, Sessions.values(200), 3);
            Trained trained = new KanRegressor().setHiddenLayers(new int[0]).setMode(mode).setMaxIter(12).setBatchSize(32)
                    .fit(frame)
                    .training().get();
            List<Double> losses = trained.losses();
            assertThat(losses).hasSizeGreaterThanOrEqualTo(12);
            assertThat(lines.stream().filter(line -> line.matches(
                    "(epoch|evaluation) \\d+: loss \\S+, [\\d,]+ rows/s"))).hasSameSizeAs(losses);
            spark.sparkContext().listenerBus().waitUntilEmpty();
            assertThat(seen.get(Progress.EPOCHS)).isEqualTo(losses.size());
            assertThat(seen.get(Progress.ROWS)).isEqualTo(200.0 * losses.size());
            assertThat(seen.get(Progress.LOSS)).isCloseTo(losses.stream().mapToDouble(Double::doubleValue).sum(), within(1e-6));
        } finally {
            logger.removeAppender(appender);
            spark.stop();
        }
    }
}
