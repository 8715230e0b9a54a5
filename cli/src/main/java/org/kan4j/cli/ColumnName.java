// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import picocli.CommandLine.ITypeConverter;

/** A name of a list: one in double quotes may have commas in it, as in {@code --drop '"a, b",c'}. */
final class ColumnName implements ITypeConverter<String> {

    @Override
    public String convert(String value) {
        return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"") ? value.substring(1, value.length() - 1)
                : value;
    }

    /** As it is written in a list. */
    static String inList(String name) {
        return name.indexOf(',') >= 0 ? '"' + name + '"' : name;
    }
}
