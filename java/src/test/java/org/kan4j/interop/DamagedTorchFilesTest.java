// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.error.FormatException;
import org.kan4j.internal.SplitMix;

/**
 * Damaged and hostile files of torch.save end in a FormatException, and in nothing else. {@code -Dkan4j.fuzz=100000} tries as
 * many whole files, {@code -Dkan4j.fuzz.seed=N} others.
 */
class DamagedTorchFilesTest {

    private static final Path TORCH = Path.of(System.getProperty("kan4j.root", ".."), "java/src/test/resources/torch");

    private static final int FILES = Integer.getInteger("kan4j.fuzz", 600);
    private static final long SEED = Long.getLong("kan4j.fuzz.seed", 1);

    @TempDir
    private Path folder;

    @Test
    void damagedPicklesEndInNothingButFormatExceptions() throws IOException {
        SplitMix random = new SplitMix(1, 2, 3);
        int read = 0;
        for (String name : List.of("checkpoint.pt", "views.pt", "types.pt")) {
            byte[] whole;
            try (ZipFile zip = new ZipFile(TORCH.resolve(name).toFile())) {
                whole = zip.getInputStream(zip.getEntry("archive/data.pkl")).readAllBytes();
            }
            for (int trial = 0; trial < 40_000; trial++) {
                byte[] bytes = trial % 4 == 0 ? Arrays.copyOf(whole, (int) random.uniform(0, whole.length))
                        : whole.clone();
                for (int change = 0; change < 1 + trial % 3 && bytes.length > 0; change++) {
                    bytes[(int) random.uniform(0, bytes.length)] = (byte) random.uniform(0, 256);
                }
                try {
                    Unpickler.read("damaged", bytes);
                    read++;
                } catch (FormatException e) {
                    assertTrue(e.getMessage().startsWith("damaged"), e.getMessage());
                }
            }
        }
        assertTrue(read > 1000 && read < 100_000, read + " of 120,000 read");
    }

    @Test
    void damagedFilesEndInNothingButFormatExceptions() throws IOException {
        SplitMix random = new SplitMix(SEED, 5, 6);
        Path file = folder.resolve("damaged.pt");
        // A stand-in's file with every kind of tensor, and two that PyTorch wrote.
        List<byte[]> originals = List.of(Files.readAllBytes(TORCH.resolve("views.pt")),
                Files.readAllBytes(TORCH.resolve("types.pt")),
                Files.readAllBytes(TORCH.resolve("models/checkpoint.pt")), Files.readAllBytes(TORCH.resolve("models/cheby.pt")));
        int refused = 0;
        for (int trial = 0; trial < FILES; trial++) {
            byte[] whole = originals.get(trial % originals.size());
            byte[] bytes = trial % 4 == 0 ? Arrays.copyOf(whole, (int) random.uniform(0, whole.length)) : whole.clone();
            for (int change = 0; change < 1 + trial % 7 && bytes.length > 0; change++) {
                bytes[(int) random.uniform(0, bytes.length)] = (byte) random.uniform(0, 256);
            }
            Files.write(file, bytes);
            Variant variant = Variant.of(trial % originals.size() == 1 ? "efficient-kan" : "chebykan");
            try (Arena arena = Arena.ofConfined()) {
                Weights weights = Weights.read(file, variant, null, arena);
                if (trial % originals.size() > 0) {
                    StateDicts.load(weights.what(), variant, weights.tensors(), weights.config(),
                            trial % originals.size() == 2 ? List.of("first", "second") : null).parameters().close();
                }
            } catch (FormatException e) {
                refused++;
            }
        }
        assertTrue(refused > FILES / 4, refused + " of " + FILES + " refused");
    }

    @Test
    void picklesThatHoldThemselvesOrClaimTooMuch() {
        byte[] itself = "\u0080\u0002}q\u0000X\u0001\u0000\u0000\u0000ah\u0000sh\u0000h\u0000s."
                .getBytes(StandardCharsets.ISO_8859_1);
        assertTrue(Unpickler.read("itself", itself) instanceof Map);
        for (String pickle : List.of("X\u00ff\u00ff\u00ff\u007fab", "\u008a\u00ff", ".", "(.", "t.", "R.", ")R.",
                "cos\nsystem\n)R.", "cbuiltins\neval\nX\u0001\u0000\u0000\u00001\u0085R.", "\u0081.",
                "ctorch\nFloatStorage\n)R.", "h\u0005.")) {
            assertThrows(FormatException.class, () -> Unpickler.read("bad", pickle.getBytes(StandardCharsets.ISO_8859_1)),
                    pickle);
        }
    }
}
