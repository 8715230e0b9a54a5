// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.kan4j.device.Context;
import org.kan4j.testing.Vm;

/** Packages are rooms on floors: a class uses its own room and those of lower floors, nothing else. */
class RoomsTest {

    /** From the ground; rooms of a floor do not know each other. */
    private static final List<Set<String>> FLOORS = List.of(
            Set.of("error"),
            Set.of("internal", "formula"),
            Set.of("basis", "device", "encoding", "search", "symbolic"),
            Set.of("layer", "internal.memory"),
            Set.of("tensor"),
            Set.of("rows", "internal.passes"),
            Set.of("model"),
            Set.of("io", "internal.model"),
            Set.of("grid", "optim", "interop", "export", "serve", "constraint"),
            Set.of("internal.measure"),
            Set.of("measure"),
            Set.of("train"),
            Set.of("explain"),
            Set.of("")); // the front door

    /** Rooms that describe, and so know nothing of memory. */
    private static final String[] WITHOUT_MEMORY = {"org.kan4j.error", "org.kan4j.formula", "org.kan4j.basis",
        "org.kan4j.layer"};

    /** Rooms that call kernels, and the bindings themselves. */
    private static final String[] WITH_KERNELS = {"org.kan4j.device", "org.kan4j.internal", "org.kan4j.internal.memory",
        "org.kan4j.internal.model", "org.kan4j.tensor", "org.kan4j.model", "org.kan4j.optim", "org.kan4j.serve",
        "org.kan4j.train", "org.kan4j.ffi", "org.kan4j.natives.linux.x8664"};

    private static final int MOST_TYPES = 25;
    private static final int MOST_TYPES_OF_THE_FRONT_DOOR = 15;

    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("org.kan4j");

    private static String room(JavaClass type) {
        String name = type.getPackageName();
        return name.equals("org.kan4j") ? "" : name.substring("org.kan4j.".length());
    }

    private static boolean isOurs(JavaClass type) {
        return (type.getPackageName() + ".").startsWith("org.kan4j.") && !room(type).equals("ffi")
                && !room(type).startsWith("natives") && !room(type).equals("scorer");
    }

    private static int floor(JavaClass type) {
        return IntStream.range(0, FLOORS.size()).filter(i -> FLOORS.get(i).contains(room(type))).findFirst()
                .orElseThrow(() -> new AssertionError("the package of " + type.getName() + " has no floor in RoomsTest"));
    }

    @Test
    void roomsUseLowerFloorsOnly() {
        Set<String> upwards = new TreeSet<>();
        Set<String> seen = new TreeSet<>();
        for (JavaClass type : ALL) {
            if (!isOurs(type)) {
                continue;
            }
            seen.add(room(type));
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                JavaClass target = dependency.getTargetClass().getBaseComponentType();
                if (isOurs(target) && !room(target).equals(room(type)) && floor(target) >= floor(type)) {
                    upwards.add(dependency.getDescription());
                }
            }
        }
        assertTrue(upwards.isEmpty(), String.join("\n", upwards));
        Set<String> named = FLOORS.stream().flatMap(Set::stream).filter(room -> !room.isEmpty())
                .collect(Collectors.toSet());
        seen.remove("");
        assertEquals(new TreeSet<>(named), seen, "rooms with a floor, and rooms with classes");
    }

    @Test
    void packagesHaveNoCircles() {
        slices().matching("org.kan4j.(**)").should().beFreeOfCycles().check(ALL);
    }

    @Test
    void whatDescribesKnowsNothingOfMemory() {
        noClasses().that().resideInAnyPackage(WITHOUT_MEMORY).should().dependOnClassesThat()
                .resideInAPackage("java.lang.foreign..").check(ALL);
    }

    @Test
    void nativeCodeIsCalledFromNamedRooms() {
        noClasses().that().resideOutsideOfPackages(WITH_KERNELS).should().dependOnClassesThat()
                .resideInAPackage("org.kan4j.ffi").check(ALL);
        noClasses().that().resideOutsideOfPackage("org.kan4j.ffi").should().dependOnClassesThat()
                .belongToAnyOf(Linker.class, FunctionDescriptor.class).check(ALL);
    }

    @Test
    void onlyHandlesReinterprets() {
        Set<String> callers = new TreeSet<>();
        for (JavaClass type : ALL) {
            for (JavaMethodCall call : type.getMethodCallsFromSelf()) {
                // jextract's structs reinterpret what they are given, as arrays of themselves.
                if (call.getTargetOwner().isEquivalentTo(MemorySegment.class) && call.getName().equals("reinterpret")
                        && !type.getSimpleName().startsWith("kan_")) {
                    callers.add(type.getName());
                }
            }
        }
        assertEquals(Set.of("org.kan4j.ffi.Handles"), callers);
    }

    @Test
    void exportedRoomsAreSmall() {
        ModuleDescriptor module = ModuleFinder.of(Vm.home(Context.class)).find("org.kan4j").orElseThrow().descriptor();
        Set<String> exported = module.exports().stream().filter(export -> !export.isQualified())
                .map(ModuleDescriptor.Exports::source).collect(Collectors.toSet());
        Map<String, Integer> types = new TreeMap<>();
        for (JavaClass type : ALL) {
            if (exported.contains(type.getPackageName()) && type.isTopLevelClass()
                    && type.getModifiers().contains(JavaModifier.PUBLIC)) {
                types.merge(type.getPackageName(), 1, Integer::sum);
            }
        }
        assertEquals(new TreeSet<>(exported), types.keySet(), "exported packages, and those with public types");
        types.forEach((name, count) -> assertTrue(
                count <= (name.equals("org.kan4j") ? MOST_TYPES_OF_THE_FRONT_DOOR : MOST_TYPES), name + " has " + count
                        + " public types"));
        assertTrue(exported.stream().noneMatch(name -> name.startsWith("org.kan4j.internal")), exported.toString());
    }
}
