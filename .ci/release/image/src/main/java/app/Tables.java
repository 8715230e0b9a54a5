// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package app;

import java.nio.file.Path;
import org.kan4j.data.DataException;
import org.kan4j.data.Table;
import org.kan4j.device.NativeLibrary;

/** Prints the columns of a CSV file, or why a file cannot be read, and the library that was loaded. */
public final class Tables {

    private Tables() {
    }

    public static void main(String[] args) {
        for (String file : args) {
            try {
                System.out.println(Table.open(Path.of(file)).columns().stream().map(column -> column.name()).toList());
            } catch (DataException e) {
                System.out.println("refused: " + e.getMessage());
            }
        }
        System.out.println(NativeLibrary.load().path());
    }
}
