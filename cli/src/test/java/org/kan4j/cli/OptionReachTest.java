// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.encoding.Encoding;
import org.kan4j.io.Checkpoint;
import picocli.CommandLine;

/** Every option of {@code train} by itself: another value of it makes another model. */
class OptionReachTest {

    /** One option, two values, and what it needs beside it: {@code --option one two : others}. */
    private static final List<String> OPTIONS = """
            --target y z :
            --task classification regression : --target k
            --drop a b :
            --categorical m n :
            --missing refuse fill :
            --unseen refuse unknown :
            --quantiles a b :
            --scaling range quantiles :
            --na 3 4 : --missing fill
            --test-fraction 0.2 0.4 :
            --split group=g time=t :
            --split-input true false : --split time=t
            --quantile 0.1,0.9 0.2,0.9 :
            --target-transform none asinh :
            --monotone a=+ a=- :
            --calibrate true false : --target k --validation 0.3
            --gam true false : --drop g,t,k,z,m,n
            --ensemble 1 2 : --hidden 3
            --bagging true false : --ensemble 2
            --seed 1 2 : --test-fraction 0
            --hidden 3 4 :
            --layers 7,3,1 7,4,1 :
            --basis fastkan bspline : --hidden 3
            --grid 3 4 : --hidden 3
            --order 2 3 : --hidden 3
            --norm none batch : --hidden 3
            --init published pykan : --hidden 3
            --dtype f32 f64 : --hidden 3
            --epochs 1 2 : --schedule constant
            --batch 8 16 :
            --lr 0.01 0.02 :
            --schedule constant cosine :
            --decay 0.5 0.9 :
            --warmup 0 1 : --schedule cosine
            --plateau 0 9 : --schedule plateau --lr 0.5 --epochs 9
            --validation 0.2 0.4 :
            --patience 1 99 : --lr 0.5 --epochs 12
            --weight-decay 0 1 : --lr 0.1
            --optimizer adamw sgd :
            --momentum 0 0.9 : --optimizer sgd
            --iterations 1 3 : --optimizer lbfgs
            --history 1 20 : --optimizer lbfgs --iterations 8
            --steps 3 5 : --schedule constant
            --accumulate 1 2 :
            --clip-norm 0.001 0.1 : --optimizer sgd
            --clip-value 0.0001 0.01 : --optimizer sgd
            --freeze layers.0.* layers.1.* :
            --group *.coef:lr=0 *.coef:lr=0.1 :
            --average 0.5 0.9 :
            --class-weights 1,2 2,1 : --target k --task classification
            --huber 0.01 1 :
            --update-grid 2 5 :
            --update-grid-until 2 8 : --update-grid 2
            --update-grid-share 0 1 : --update-grid 2
            --l1 0 0.1 :
            --entropy 0 0.1 :
            --first-difference 0 0.1 :
            --second-difference 0 0.1 :
            --sparsity 0.01 0.1 :
            --sparsity-of deviation mean_abs : --sparsity 0.1
            """.lines().toList();

    /** Options that make no other model, or how a file is to be read: their tests are elsewhere. */
    private static final Set<String> OTHERS = Set.of("--help", "--version", "--verbose", "--seeds", "--cv", "--out", "--json",
            "--plot", "--log", "--config", "--resume", "--from", "--warn-outside", "--threads", "--tier", "--device",
            "--products",
            "--implementation", "--test", "--memory", "--separator", "--decimal", "--thousands", "--header", "--encoding",
            "--skip-lines");

    /** The last of those that say what is trained on, and what. */
    private static final String OF_MODEL = "--dtype f32 f64 : --hidden 3";

    @TempDir
    private static Path folder;
    private static Path data;

    @BeforeAll
    static void rows() throws IOException {
        SplittableRandom random = new SplittableRandom(11);
        List<String> lines = new ArrayList<>(List.of("a,b,c,m,n,g,t,k,y,z"));
        for (int i = 0; i < 48; i++) {
            double a = random.nextDouble(-1, 1);
            double b = Math.exp(random.nextGaussian());
            double y = a * a + Math.log(b) + (i % 3 == 0 ? 1 : 0);
            lines.add(a + "," + b + "," + (i % 3 == 0 ? "on" : i % 3 == 1 ? "off" : "auto") + "," + i % 4 + "," + i % 5 + ",g"
                    + i % 12 + "," + (i * 7 % 48) + "," + (y > 0.5 ? 1 : 0) + "," + Math.exp(y) + "," + (3 - 2 * y));
        }
        data = Files.write(folder.resolve("t.csv"), lines);
    }

    /** What a training makes: the columns, and all numbers of the model. */
    private static List<Object> model(List<String> options) throws IOException {
        List<Object> line = new ArrayList<>(List.of("train", data, "--plot", "none", "--log", "none", "--out",
                folder.resolve("m.safetensors"), "--json", folder.resolve("m.json")));
        line.addAll(options);
        Cli.succeed(line.toArray());
        try (Checkpoint checkpoint = Checkpoint.read(folder.resolve("m.safetensors"))) {
            return List.of(checkpoint.properties().get(Encoding.KEY), checkpoint.model().toString(),
                    Arrays.toString(checkpoint.parameters().values().flat().toDoubles()));
        }
    }

    private static List<String> line(String option, String value, String others) {
        List<String> line = new ArrayList<>(List.of(option, value));
        line.addAll(Arrays.stream(others.strip().split(" ")).filter(word -> !word.isEmpty()).toList());
        unless(line, "--target", "y");
        unless(line, "--drop", "g,t,k,z");
        if (!line.contains("--steps")) {
            unless(line, "--epochs", "2");
        }
        if (!line.contains("lbfgs")) {
            unless(line, "--weight-decay", "0.01");
            unless(line, "--batch", "8");
        }
        if (!line.contains("--gam") && !line.contains("--layers")) {
            unless(line, "--hidden", "3");
        }
        // What is a target, or splits the rows, is not dropped.
        int dropped = line.indexOf("--drop") + 1;
        List<String> used = List.of(line.get(line.indexOf("--target") + 1), line.contains("group=g") ? "g" : "",
                line.contains("time=t") ? "t" : "");
        List<String> left = Arrays.stream(line.get(dropped).split(",")).filter(name -> !used.contains(name)).toList();
        line.set(dropped, String.join(",", left) + (used.contains("y") ? "" : ",y"));
        return line;
    }

    private static void unless(List<String> line, String option, String value) {
        if (!line.contains(option)) {
            line.addAll(List.of(option, value));
        }
    }

    static List<String> options() {
        return OPTIONS;
    }

    /** And the options that a result carries, given back as a file, make the same model again (of others see MethodTest). */
    @ParameterizedTest
    @MethodSource("options")
    void anotherValueMakesAnotherModel(String entry) throws IOException {
        String[] parts = entry.split(" ", 4);
        String others = parts[3].substring(1);
        List<Object> one = model(line(parts[0], parts[1], others));
        List<Object> two = model(line(parts[0], parts[2], others));
        assertThat(two).as(entry).isNotEqualTo(one);
        if (OPTIONS.indexOf(entry) > OPTIONS.indexOf(OF_MODEL)) {
            return;
        }
        ObjectNode again = (ObjectNode) Cli.json(folder.resolve("m.json")).get("options");
        again.remove("data");
        Files.writeString(folder.resolve("o.json"), again.toString());
        assertThat(model(List.of("--config", folder.resolve("o.json").toString()))).as(entry).isEqualTo(two);
    }

    @Test
    void noOptionIsLeftOut() {
        Set<String> tried = new TreeSet<>(OTHERS);
        OPTIONS.forEach(entry -> tried.add(entry.substring(0, entry.indexOf(' '))));
        Set<String> known = new TreeSet<>();
        new CommandLine(new TrainCommand()).getCommandSpec().options().forEach(option -> known.add(option.longestName()));
        known.addAll(List.of("--verbose")); // of the whole command line
        assertThat(tried).isEqualTo(known);
    }
}
