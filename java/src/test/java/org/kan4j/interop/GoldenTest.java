// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.device.Tier;
import org.kan4j.io.Safetensors;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Every golden file, in both types, on every tier this processor has. */
class GoldenTest {

    @TempDir
    private Path folder;

    static List<Path> files() {
        Path golden = Path.of(System.getProperty("kan4j.root", ".."), "java/src/test/resources/golden");
        try (Stream<Path> all = Files.list(golden)) {
            return all.filter(f -> f.toString().endsWith(".safetensors")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Tier> tiers() {
        try (Context context = Context.open()) {
            return Stream.of(Tier.REFERENCE, Tier.BASELINE, Tier.AVX2, Tier.AVX512)
                    .filter(tier -> tier.compareTo(context.maxTier()) <= 0).toList();
        }
    }

    @Test
    void thereIsAGoldenFileOfEveryVariant() throws IOException {
        List<String> covered = new ArrayList<>();
        for (Path file : files()) {
            covered.add(Safetensors.open(file).metadata().get("variant"));
        }
        for (Variant variant : Variant.all()) {
            assertTrue(covered.contains(variant.name()), variant.name());
        }
        assertTrue(tiers().size() >= 2, "at least the reference and the baseline tier");
    }

    @ParameterizedTest
    @MethodSource("files")
    void agrees(Path file) throws IOException {
        for (Tier tier : tiers()) {
            try (Context context = Context.open(ContextOptions.defaults().withTier(tier).withThreads(2))) {
                for (DType dtype : List.of(DType.F64, DType.F32)) {
                    Verification.Result result = Verification.verify(context, file, dtype);
                    long gradients = Safetensors.open(file).entries().keySet().stream()
                            .filter(name -> name.startsWith("grad")).count() - 1; // grad_output is no result
                    assertEquals(1 + gradients, result.rows().size(), "one row a result");
                    assertTrue(result.passed(), () -> file.getFileName() + " " + tier + " " + dtype + ": "
                            + result.rows().stream().filter(row -> !row.passed()).toList());
                }
            }
        }
    }

    /** A wrong number, a NaN among the expected ones or among the parameters: none of them passes. */
    @Test
    void wrongAndMissingNumbersFail() throws IOException {
        Path file = files().stream().filter(f -> f.endsWith("efficientkan_2layer.safetensors")).findFirst().orElseThrow();
        assertFalse(changed(file, "output", t -> t.set(t.get(0, 0) + 1e-6, 0, 0)).passed());
        assertFalse(changed(file, "output", t -> t.set(Double.NaN, 0, 0)).passed());
        assertFalse(changed(file, "grad.layers.0.spline_scaler", t -> t.set(Double.NaN, 0, 0)).passed());
        assertFalse(changed(file, "param.layers.1.base_weight", t -> t.set(Double.NaN, 0, 0)).passed());
        assertTrue(changed(file, "output", t -> {
        }).passed());
    }

    private Verification.Result changed(Path file, String name, java.util.function.Consumer<HostTensor> change)
            throws IOException {
        try (Arena arena = Arena.ofConfined(); Context context = Context.open()) {
            Safetensors original = Safetensors.open(file);
            Map<String, HostTensor> tensors = new TreeMap<>(StateDicts.tensors(original, arena));
            change.accept(tensors.get(name));
            Path copy = folder.resolve("changed.safetensors");
            Safetensors.write(copy, tensors, original.metadata());
            return Verification.verify(context, copy, DType.F64);
        }
    }
}
