// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Row;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.KanException;
import org.slf4j.LoggerFactory;

/**
 * A fit of an estimator, on the driver: surveys the rows, makes an encoding of what it finds, and trains in the mode that
 * suits their number.
 */
final class Fitting {

    private Fitting() {
    }

    /**
     * What the columns say of themselves.
     *
     * @param featureNames null where they have none
     * @param label name of the column
     * @param classNames null where the column does not say them
     * @param weighted whether there is a column of weights
     */
    record Columns(List<String> featureNames, String label, List<String> classNames, boolean weighted) {
    }

    /** What all modes train on. */
    record Work(JavaSparkContext spark, JavaRDD<Row> data, Survey survey, Encoding encoding, Block.Layout layout,
            Settings settings, Progress progress) {

        JavaRDD<Block> blocks(boolean validation) {
            Block.Layout packed = layout;
            return data.mapPartitions(rows -> Block.pack(rows, packed, validation));
        }

        /** The part of it that travels to executors. */
        Plan plan() {
            return new Plan(layout, settings, in(), out());
        }

        int in() {
            return encoding.features();
        }

        int out() {
            return encoding.target().width();
        }
    }

    /**
     * What an executor needs to know.
     *
     * @param in features of an encoded row
     * @param out outputs of the model
     */
    record Plan(Block.Layout layout, Settings settings, int in, int out) implements java.io.Serializable {
    }

    /**
     * Trains.
     *
     * @param data (features, label, weight, is for validation)
     * @param classes whether labels are classes
     */
    static Trained fit(JavaRDD<Row> data, boolean classes, Columns columns, Settings settings) {
        JavaSparkContext spark = JavaSparkContext.fromSparkContext(data.context());
        Survey survey = Survey.of(data, classes, settings.missing());
        Encoding encoding = survey.encoding("a Spark data set", columns.featureNames(), columns.label(), columns.classNames(),
                settings.standardise());
        List<Double> classWeights = settings.course().classWeights();
        int out = encoding.target().width();
        if (!classWeights.isEmpty() && classWeights.size() != out) {
            throw KanException.invalid("there are %d class weights, the labels have %d classes", classWeights.size(), out);
        }
        if (settings.course().patience() > 0 && survey.validationRows == 0) {
            throw KanException.invalid("early stopping needs rows to measure on, there are none; validationIndicatorCol names "
                    + "a column of truth values that marks them");
        }
        Block.Layout layout = new Block.Layout(encoding.toJson(), settings.network().type() == org.kan4j.tensor.DType.F32,
                classes ? out : 0, columns.weighted() || !classWeights.isEmpty(), classWeights);
        Work work = new Work(spark, data, survey, encoding, layout, settings, Progress.of(data.context()));
        String mode = mode(work);
        settings.properties().requireFor(mode, mode.equals("lbfgs")
                || mode.equals("local") && settings.course().optimizer().equals("lbfgs"));
        LoggerFactory.getLogger("org.kan4j.spark").info("training on {} rows of {} features in mode {}", survey.rows,
                survey.features, mode);
        return switch (mode) {
            case "local" -> LocalTraining.run(work);
            case "lbfgs" -> FullBatch.run(work);
            default -> Averaging.run(work);
        };
    }

    private static String mode(Work work) {
        Settings settings = work.settings();
        if (!settings.mode().equals("auto")) {
            return settings.mode();
        }
        double bytes = (double) (work.survey().rows + work.survey().validationRows) * work.in()
                * work.layout().dtype().bytes();
        return bytes <= settings.maxLocalBytes() ? "local" : "lbfgs";
    }
}
