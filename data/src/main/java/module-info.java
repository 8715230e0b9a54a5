// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * Reading data: CSV, Parquet and safetensors tables, encodings, known data sets.
 *
 * <p>Parquet is optional: hardwood, which reads it, is no module (its jar has a name only), and jlink links none of those. On
 * the class path it is simply there; on the module path {@code --add-modules dev.hardwood.core} asks for it; an image made
 * by jlink reads everything else.
 */
@SuppressWarnings("requires-automatic")
module org.kan4j.data {
    requires transitive org.kan4j;
    requires com.fasterxml.jackson.databind;
    requires de.siegmar.fastcsv;
    requires static dev.hardwood.core;
    requires java.net.http;

    exports org.kan4j.data;

    opens org.kan4j.data to com.fasterxml.jackson.databind;
}
