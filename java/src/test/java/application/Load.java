// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package application;

import org.kan4j.device.Context;
import org.kan4j.device.NativeLibrary;
import org.kan4j.error.KanException;

/** Loads libkan4j as an application outside the kan4j modules would, and says what came of it. */
public final class Load {

    private Load() {
    }

    /** Prints {@code LOADED path} or {@code REFUSED class: message}. */
    public static void main(String[] arguments) {
        try {
            Context.open().close();
            System.out.println("LOADED " + NativeLibrary.load().path());
        } catch (KanException e) {
            System.out.println("REFUSED " + e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }
}
