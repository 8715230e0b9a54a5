// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without Hardwood, as in an image of jlink: CSV is read, Parquet is refused in a sentence. */
class NoParquetTest {

    /** This package's classes again, where there is no Hardwood. */
    private static final class WithoutHardwood extends ClassLoader {

        WithoutHardwood() {
            super(NoParquetTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("dev.hardwood.")) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith("org.kan4j.data.")) {
                return super.loadClass(name, resolve);
            }
            Class<?> known = findLoadedClass(name);
            if (known != null) {
                return known;
            }
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    @TempDir
    Path folder;

    @Test
    void parquetIsRefusedInASentenceWhereItsLibraryIsNotThere() throws Exception {
        Path csv = folder.resolve("t.csv"), parquet = folder.resolve("t.parquet");
        Files.writeString(csv, "a,b\n1,2\n");
        try (InputStream in = NoParquetTest.class.getResourceAsStream("gzip.parquet")) {
            Files.write(parquet, in.readAllBytes());
        }
        Method open = Class.forName("org.kan4j.data.Table", true, new WithoutHardwood()).getMethod("open", Path.class);
        assertThat(open.invoke(null, csv).toString()).isNotEmpty();
        assertThatThrownBy(() -> open.invoke(null, parquet)).isInstanceOf(InvocationTargetException.class).cause()
                .hasMessageStartingWith(
                        "cannot read " + parquet + ": Parquet and its compressions need a library that is not there: ")
                .hasMessageContaining("hardwood");
    }
}
