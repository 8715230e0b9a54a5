// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.spark.ml.linalg.Vectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.Kan;
import org.kan4j.KanRegressor;

/** The classes a second time in one VM, as after {@code --jars} in a session that is already running. */
class ClassLoaderTest {

    @Test
    void aSecondClassLoaderScoresTheSame(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("kan.safetensors");
        try (KanRegressor kan = Kan.regressor().hidden(2).epochs(1).fit(new double[][] {{0, 1}, {1, 0}, {1, 1}},
                new double[] {1, 2, 3})) {
            kan.save(file);
        }
        double expected = Scorer.one(NativeModel.read(file), Vectors.dense(0.5, 0.5))[0];
        URL[] path = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator)).map(each -> {
            try {
                return Path.of(each).toUri().toURL();
            } catch (java.net.MalformedURLException e) {
                throw new IllegalStateException(e);
            }
        }).toArray(URL[]::new);
        try (URLClassLoader second = new URLClassLoader(path, ClassLoader.getPlatformClassLoader())) {
            Class<?> model = second.loadClass(NativeModel.class.getName());
            assertThat(model).isNotSameAs(NativeModel.class);
            Class<?> vector = second.loadClass("org.apache.spark.ml.linalg.Vector");
            Object x = second.loadClass("org.apache.spark.ml.linalg.DenseVector").getConstructor(double[].class)
                    .newInstance((Object) new double[] {0.5, 0.5});
            Method one = second.loadClass(Scorer.class.getName()).getDeclaredMethod("one", model, vector);
            one.setAccessible(true);
            double[] outputs = (double[]) one.invoke(null, model.getMethod("read", Path.class).invoke(null, file), x);
            assertThat(outputs).containsExactly(expected);
        }
    }
}
