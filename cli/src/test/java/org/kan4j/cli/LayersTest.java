// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The command line knows the Java API, and nothing below it. */
class LayersTest {

    private static final JavaClasses COMMANDS = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("org.kan4j.cli");

    @Test
    void commandsDoNotUseBindings() {
        noClasses().should().dependOnClassesThat().resideInAPackage("org.kan4j.ffi..").check(COMMANDS);
    }

    @Test
    void commandsDoNotUseInternals() {
        noClasses().should().dependOnClassesThat().resideInAPackage("org.kan4j.internal..").check(COMMANDS);
    }
}
