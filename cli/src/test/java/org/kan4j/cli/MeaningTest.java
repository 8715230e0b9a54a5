// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.Examples;
import org.kan4j.data.DataException;
import org.kan4j.data.Table;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.explain.Column;
import org.kan4j.measure.Metric;
import org.kan4j.measure.Metrics;
import org.kan4j.optim.Schedule;

/** What a model's inputs, outputs and errors mean to its user, for every kind of column and target. */
class MeaningTest {

    private static final Encoding.Value Y = new Encoding.Value("y", 10, 4);

    private static Encoding encoding(Encoding.Target target, Encoding.Column... columns) {
        return new Encoding("t.csv", List.of(columns), target, Encoding.Missing.REFUSE);
    }

    private static Encoding.Numeric number(String name, double low, double high) {
        return new Encoding.Numeric(name, low, high, (low + high) / 2, List.of(), false);
    }

    @Test
    void inputsAreNumbersCategoriesAndPixels() {
        assertThat(Meaning.inputs(encoding(Y, number("x", 2, 6), new Encoding.Numeric("m", 0, 4, 1, List.of(), true),
                number("same", 3, 3), new Encoding.Categorical("c", List.of("a", "b"))))).containsExactly(Column.of("x", 2, 6),
                        Column.of("m", 0, 4), Column.plain("m is missing"), Column.plain("same"), Column.plain("c=a"),
                        Column.plain("c=b"));
        assertThat(Meaning.inputs(encoding(Y, new Encoding.Pixels(3, 16)))).containsExactly(Column.of("pixel0", 0, 16),
                Column.of("pixel1", 0, 16), Column.of("pixel2", 0, 16));
        assertThatThrownBy(() -> Meaning.inputs(encoding(Y, new Encoding.Numeric("x", 0, 1, 0.5, List.of(0.0, 0.5, 1.0), false))))
                .isInstanceOf(InputException.class).hasMessage("column 'x' is scaled by quantiles, which no formula of the "
                        + "column itself goes through; train with --scaling range");
    }

    @Test
    void outputsAreThoseOfTheTarget() {
        Encoding.Value z = new Encoding.Value("z", -1, 2);
        Column y = Column.standard("y", 10, 4);
        assertThat(Meaning.outputs(encoding(Y, number("x", 0, 1)))).containsExactly(y);
        assertThat(Meaning.outputs(encoding(new Encoding.Numbers(List.of(Y, z)), number("x", 0, 1)))).containsExactly(y,
                Column.standard("z", -1, 2));
        assertThat(Meaning.names(Meaning.outputs(encoding(new Encoding.Classes("k", List.of("no", "yes")), number("x", 0, 1)))))
                .containsExactly("no", "yes");
        assertThat(Meaning.outputs(encoding(new Encoding.Labels("k", List.of("p", "q")), number("x", 0, 1))))
                .containsExactly(Column.plain("p"), Column.plain("q"));
        List<Column> quantiles = Meaning.outputs(encoding(new Encoding.Quantiles(Y, List.of(0.1, 0.9)), number("x", 0, 1)));
        assertThat(quantiles).extracting(Column::scale).containsExactly(0.25, 0.25);
        assertThat(Meaning.names(quantiles)).containsExactly("y_q10", "y_q90");
        Encoding.Value log = new Encoding.Value("y", 1, 2, Transform.LOG);
        assertThatThrownBy(() -> Meaning.outputs(encoding(log, number("x", 0, 1)))).hasMessage("the model learned log(y) instead "
                + "of 'y', which no formula of 'y' itself goes through; train with --target-transform none");
    }

    @Test
    void aModelIsDescribedInThreeLines() {
        assertThat(Columns.describe(new Encoding("t.csv", List.of(number("x", 0, 1), number("z", 0, 1),
                new Encoding.Categorical("c", List.of("a", "b", "d"))), new Encoding.Labels("k", List.of("p", "q")),
                Encoding.Missing.FILL, Encoding.Unseen.UNKNOWN))).containsExactly("inputs       5: x, z, c (3 values)",
                        "target       k, any of 2 labels: p, q",
                        "encoding     numbers from the range of the training rows to -1..1; each value of a category to an input of "
                                + "0 or 1; missing values to the mean (the median, where by quantiles) and a second input that "
                                + "tells, or to none of the values; categories that the training rows do not have to none of the "
                                + "values");
        assertThat(Columns.describe(encoding(new Encoding.Numbers(List.of(Y, new Encoding.Value("z", 0, 1))),
                new Encoding.Numeric("x", 0, 1, 0.5, List.of(0.0, 0.5, 1.0), false)))).containsExactly("inputs       1: x",
                        "target       2 numbers: y, z", "encoding     numbers by the quantiles of the training rows to -1..1");
        assertThat(Columns.describe(encoding(new Encoding.Value("y", 1, 2, Transform.LOG), new Encoding.Pixels(784, 255))))
                .containsExactly("inputs       784: 784 pixels", "target       y, a number: learned as log(y): mean 1.00000, "
                        + "deviation 2.00000", "encoding     pixels from 0..255 to -1..1");
        assertThat(Columns.describe(encoding(new Encoding.Quantiles(Y, List.of(0.1, 0.9)), number("x", 0, 1))).get(1))
                .isEqualTo("target       quantiles 0.1, 0.9 of y, a number: mean 10.0000, deviation 4.00000");
    }

    // ------------------------------------------------------------------------------------------------------------ units

    private static Metrics measured(Encoding encoding, double[][] rows) {
        Map<String, Double> values = new LinkedHashMap<>(Map.of("loss", 0.5, "rmse", 0.25, "mae", 0.125, "r2", 0.75));
        for (Metric metric : Units.metrics(encoding)) {
            Metric.Sum sum = metric.start();
            for (double[] row : rows) {
                sum.add(new double[] {row[0]}, new double[] {row[1]}, row[2]);
            }
            values.put(metric.name(), sum.value());
        }
        return new Metrics(rows.length, values);
    }

    @Test
    void errorsAreInTheUnitOfTheTarget() {
        Encoding plain = encoding(Y, number("x", 0, 1));
        assertThat(Units.metrics(plain)).isEmpty();
        Map<String, Double> measures = Units.measures(measured(plain, new double[0][]), plain);
        assertThat(measures).containsOnly(Map.entry("loss", 0.5), Map.entry("rmse", 1.0), Map.entry("mae", 0.5), Map.entry("r2",
                0.75));
        assertThat(Units.error(measured(plain, new double[0][]), plain)).isEqualTo(1);
        Encoding several = encoding(new Encoding.Numbers(List.of(Y, new Encoding.Value("z", 0, 3))), number("x", 0, 1));
        assertThat(Units.measures(measured(several, new double[0][]), several)).containsEntry("rmse", 0.25);
        Encoding classes = encoding(new Encoding.Classes("k", List.of("a", "b")), number("x", 0, 1));
        assertThat(Units.measures(measured(classes, new double[0][]), classes)).containsEntry("rmse", 0.25);
        Encoding quantiles = encoding(new Encoding.Quantiles(Y, List.of(0.5)), number("x", 0, 1));
        assertThat(Units.error(measured(quantiles, new double[0][]), quantiles)).as("loss times deviation").isEqualTo(2);
    }

    /** Predicted 1, 2, 4 where 2, 2, 8 is so, the last row with three times the weight: squares 1, 0, 16. */
    @Test
    void errorsOfABentTargetAreMeasuredWhereItIsStraight() {
        Encoding bent = encoding(new Encoding.Value("y", 0, 1, Transform.LOG), number("x", 0, 1));
        double[][] rows = {{Math.log(1), Math.log(2), 1}, {Math.log(2), Math.log(2), 1}, {Math.log(4), Math.log(8), 3}};
        Map<String, Double> measures = Units.measures(measured(bent, rows), bent);
        assertThat(measures.get("rmse")).isEqualTo(Math.sqrt((1 + 3 * 16) / 5.0), offset(1e-12));
        assertThat(measures.get("mae")).isEqualTo((1 + 3 * 4) / 5.0, offset(1e-12));
        double mean = (2 + 2 + 3 * 8) / 5.0;
        double spread = 2 * (2 - mean) * (2 - mean) + 3 * (8 - mean) * (8 - mean);
        assertThat(measures.get("r2")).isEqualTo(1 - 49 / spread, offset(1e-12));
        assertThat(measures.keySet()).containsExactlyInAnyOrder("loss", "rmse", "mae", "r2");
        assertThat(Units.error(measured(bent, rows), bent)).isEqualTo(49 / 5.0, offset(1e-12));
        Map<String, Double> same = Units.measures(measured(bent, new double[][] {{0, 1, 1}, {1, 1, 1}}), bent);
        assertThat(same).as("targets that are alike have no r2").doesNotContainKey("r2");
        Encoding pinball = encoding(new Encoding.Quantiles(new Encoding.Value("y", 0, 1, Transform.LOG), List.of(0.25)),
                number("x", 0, 1));
        // 0.25 of 1 below, 0, and 0.25 of 4 three times.
        assertThat(Units.error(measured(pinball, rows), pinball)).isEqualTo((0.25 + 3) / 5, offset(1e-12));
    }

    @Test
    void everyScheduleIsTheOneOfItsName() {
        assertThat(course("constant")).isEqualTo(Schedule.constant());
        assertThat(course("exponential")).isEqualTo(Schedule.exponential(0.9));
        assertThat(course("cosine")).isEqualTo(Schedule.cosine(2));
        assertThat(course("one-cycle")).isEqualTo(Schedule.oneCycle());
        assertThat(course("plateau")).isEqualTo(Schedule.plateau(0.9, 4));
        assertThatThrownBy(() -> course("onecycle")).hasMessage("--schedule must be constant, exponential, cosine, one-cycle or "
                + "plateau, given 'onecycle'");
    }

    private static Schedule course(String name) {
        return new CourseOptions.Effective(3, 8, 0.1, 0.0, name, 0.9, 2.0, 4, null, null).course();
    }

    // ------------------------------------------------------------------------------------------------ rows of several labels

    @Test
    void cellsOfLabelsAreSplitUnlessTheyAreOne(@TempDir Path folder) throws IOException {
        Encoding encoding = new Encoding("t.csv", List.of(number("x", 0, 1), new Encoding.Categorical("c", List.of("a", "b"))),
                new Encoding.Labels("tags", List.of("big red", "new", "old")), Encoding.Missing.FILL);
        Path file = Files.writeString(folder.resolve("t.csv"), "tags,x,c\nnew;old,1,a\nbig red,-,b\n,3,\nold|new,4,a\n");
        Examples rows = LabelledRows.of(Table.open(file), encoding);
        assertThat(rows.target()).isEqualTo("tags");
        assertThat(rows.names()).containsExactlyInAnyOrder("x", "c");
        Path odd = Files.writeString(folder.resolve("o.csv"), "tags,x,c\nnew;huge,1,a\n");
        assertThatThrownBy(() -> LabelledRows.of(Table.open(odd), encoding)).isInstanceOf(DataException.class)
                .hasMessage(
                        odd + ": row 1 (line 2), column 'tags': 'huge' is not one of the labels of the model: big red, new, old");
        Path none = Files.writeString(folder.resolve("n.csv"), "tags,x,c\n");
        assertThatThrownBy(() -> LabelledRows.of(Table.open(none), encoding)).hasMessage(none + ": no rows of data");
    }
}
