// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.kan4j.data.DataException;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.measure.Metrics;

/** The options that a training carries: what changes one leaves the others; and measures in the target's unit. */
class TrainOptionsTest {

    /** With every option set. */
    private static final String ALL = """
            {"data":"my data.csv","target":"y","task":"REGRESSION","drop":["a b","c"],"categorical":["d"],"missing":"FILL",
            "unseen":"UNKNOWN","quantiles":["e"],"scaling":"RANGE","test":"test.csv","testFraction":0.3,"memory":64,
            "from":"old.safetensors","basis":"bspline","grid":7,"order":2,"norm":"batch","init":"pykan","layers":[5,4,3,1],
            "epochs":40,"batch":9,"lr":0.02,"weightDecay":0.3,"schedule":"exponential","decay":0.9,"warmup":1.5,"plateau":4,
            "validation":0.2,"patience":6,"seed":11,"dtype":"f64","device":"cpu","threads":2,"tier":"avx2","optimizer":"sgd",
            "momentum":0.5,"steps":500,"clipNorm":0.7,"separator":";","decimal":",","split":"group=g","gam":true,"ensemble":3}
            """;

    private static JsonNode tree(TrainOptions options) throws IOException {
        return new ObjectMapper().readTree(options.toJson());
    }

    /** Names of the options in which two differ. */
    private static Set<String> differences(TrainOptions before, TrainOptions after) throws IOException {
        JsonNode a = tree(before);
        JsonNode b = tree(after);
        Set<String> names = new TreeSet<>();
        a.fieldNames().forEachRemaining(names::add);
        b.fieldNames().forEachRemaining(names::add);
        names.removeIf(name -> a.path(name).equals(b.path(name)));
        return names;
    }

    private static TrainOptions all() {
        return TrainOptions.fromJson(ALL);
    }

    @Test
    void everyOptionComesBackFromACheckpoint() throws IOException {
        assertThat(tree(all())).isEqualTo(new ObjectMapper().readTree(ALL));
        assertThat(differences(all(), TrainOptions.fromJson(all().toJson()))).isEmpty();
        assertThatThrownBy(() -> TrainOptions.fromJson("{\"epochs\":\"many\"}")).isInstanceOf(DataException.class)
                .hasMessageStartingWith("the checkpoint's metadata 'kan4j.train' is damaged: ");
    }

    @Test
    void whatChangesOneOptionLeavesTheOthers() throws IOException {
        assertThat(differences(all(), all().with(0.5, null))).containsExactly("weightDecay");
        assertThat(all().with(0.5, null).weightDecay()).isEqualTo(0.5);
        assertThat(differences(all(), all().with(null, 50))).containsExactly("epochs");
        assertThat(differences(all(), all().with(null, null))).isEmpty();
        assertThat(differences(all(), all().withGrid(12))).containsExactly("grid");
        assertThat(all().withGrid(12).grid()).isEqualTo(12);
        assertThat(differences(all(), all().until(60, null))).containsExactly("epochs");
        assertThat(differences(all(), all().until(null, 900L))).containsExactly("steps");
        assertThat(all().bytes()).isEqualTo(64L << 20);
    }

    /** Over fewer epochs the rate falls as far: 0.9 of 40 epochs is 0.9^4 of 10. */
    @Test
    void aShorterTrainingsRateFallsAsFar() throws IOException {
        assertThat(differences(all(), all().within(40))).isEmpty();
        assertThat(differences(all(), all().within(41))).isEmpty();
        TrainOptions shorter = all().within(10);
        assertThat(differences(all(), shorter)).containsExactly("decay", "epochs");
        assertThat(shorter.epochs()).isEqualTo(10);
        assertThat(shorter.decay()).isCloseTo(Math.pow(0.9, 4), within(1e-15));
        TrainOptions endless = TrainOptions.fromJson(ALL.replace("\"epochs\":40", "\"epochs\":1000000"));
        assertThat(endless.within(10).decay()).as("a factor that a double holds").isPositive();
        TrainOptions cosine = TrainOptions.fromJson(ALL.replace("exponential", "plateau"));
        assertThat(differences(cosine, cosine.within(10))).containsExactly("epochs");
        TrainOptions steps = TrainOptions.fromJson(ALL.replace("\"epochs\":40,", ""));
        assertThat(differences(steps, steps.within(10))).isEmpty();
    }

    @Test
    void theCommandHasEveryOptionAsAShellTakesIt() {
        assertThat(all().command())
                .startsWith("kan4j train 'my data.csv' --target y --task regression --drop 'a b,c' --categorical d "
                        + "--missing fill --unseen unknown --quantiles e --scaling range --test test.csv --test-fraction 0.3 --memory 64 "
                        + "--from old.safetensors --basis bspline --grid 7 --order 2 --norm batch --init pykan --layers 5,4,3,1 --epochs 40 "
                        + "--batch 9 --lr 0.02 --weight-decay 0.3 --schedule exponential --decay 0.9 ")
                .contains(
                        " --warmup 1.5 --plateau 4 --validation 0.2 --patience 6 --seed 11 --dtype f64 --device cpu --threads 2 "
                                + "--tier avx2 ",
                        " --optimizer sgd", " --momentum 0.5", " --steps 500", " --clip-norm 0.7",
                        " --separator ';'", " --decimal ,", " --split group=g", " --gam true", " --ensemble 3");
        assertThat(TrainOptions.quoted("it's")).isEqualTo("'it'\\''s'");
        assertThat(TrainOptions.quoted("")).isEqualTo("''");
        assertThat(all().values(List.of("hidden", "lr", "scaling", "patience", "order", "nothing")))
                .isEqualTo(Map.of("hidden", "4,3", "lr", "0.02", "scaling", "range", "patience", "6", "order", "2"));
    }

    // ------------------------------------------------------------------------------------------------ the target's unit

    private static Encoding encoding(Encoding.Target target) {
        return new Encoding("t", List.of(), target, Encoding.Missing.REFUSE);
    }

    /** Of a deviation of 4: an error of 0.5 is one of 2, a share of the variance is none of a unit. */
    @Test
    void errorsAreInTheUnitOfTheTarget() {
        Metrics metrics = new Metrics(9, Map.of("loss", 0.25, "rmse", 0.5, "mae", 0.4, "r2", 0.75, "accuracy", 0.9));
        Encoding.Value value = new Encoding.Value("y", 10, 4);
        assertThat(Units.measures(metrics, encoding(value))).containsExactlyInAnyOrderEntriesOf(
                Map.of("loss", 0.25, "rmse", 2.0, "mae", 1.6, "r2", 0.75, "accuracy", 0.9));
        assertThat(Units.error(metrics, encoding(value))).isEqualTo(4);
        assertThat(Units.error(metrics, encoding(new Encoding.Quantiles(value, List.of(0.1, 0.9))))).isEqualTo(1);
        Encoding several = encoding(new Encoding.Numbers(List.of(value, new Encoding.Value("z", 0, 9))));
        assertThat(Units.measures(metrics, several).get("rmse")).as("of their deviations").isEqualTo(0.5);
        assertThat(Units.measures(metrics, encoding(new Encoding.Classes("k", List.of("a", "b")))).get("accuracy"))
                .isEqualTo(0.9);
        assertThat(Units.metrics(encoding(value))).isEmpty();
        assertThat(Units.metrics(several)).isEmpty();
    }

    /** Of a target whose logarithm is predicted: 3 deviations above the mean of the logarithm instead of 1, and so on. */
    @Test
    void errorsOfABentTargetAreOfTheTargetItself() {
        Encoding.Value log = new Encoding.Value("y", 1, 2, Transform.LOG);
        var metrics = Units.metrics(encoding(log));
        assertThat(metrics).hasSize(3);
        double[][] outputs = {{1}, {0}, {-1}};
        double[][] wanted = {{0}, {0}, {1}};
        Map<String, Double> own = new java.util.LinkedHashMap<>(Map.of("rmse", 0.5, "mae", 0.4, "r2", 0.1));
        metrics.forEach(metric -> {
            var sum = metric.start();
            for (int i = 0; i < 3; i++) {
                sum.add(outputs[i], wanted[i], 1);
            }
            own.put(metric.name(), sum.value());
        });
        double[] truth = {Math.exp(1), Math.exp(1), Math.exp(3)};
        double[] off = {Math.exp(3) - truth[0], 0, Math.exp(-1) - truth[2]};
        double mean = (truth[0] + truth[1] + truth[2]) / 3;
        double spread = 0;
        double squares = 0;
        for (int i = 0; i < 3; i++) {
            spread += (truth[i] - mean) * (truth[i] - mean);
            squares += off[i] * off[i];
        }
        Map<String, Double> measures = Units.measures(own, encoding(log));
        assertThat(measures.keySet()).containsExactlyInAnyOrder("rmse", "mae", "r2");
        assertThat(measures.get("rmse")).isCloseTo(Math.sqrt(squares / 3), within(1e-12));
        assertThat(measures.get("mae")).isCloseTo((Math.abs(off[0]) + Math.abs(off[2])) / 3, within(1e-12));
        assertThat(measures.get("r2")).isCloseTo(1 - squares / spread, within(1e-12));
    }

    @Test
    void valuesAreOfTheNamesAskedFor() {
        assertThat(all().values(List.of("epochs", "hidden", "nothing"))).containsOnlyKeys("epochs", "hidden")
                .containsEntry("epochs", "40");
    }
}
