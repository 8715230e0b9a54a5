// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.internal.AtomicFile;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.testing.Samples;

/** Checkpoints of interrupted threads, and files that are links, pipes or nothing regular. */
class SavingTest {

    private static final byte[] TEXT = "whole".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path folder;

    private static void write(Path file) throws IOException {
        AtomicFile.write(file, channel -> channel.write(ByteBuffer.wrap(TEXT)));
    }

    /** What is counted of an epoch's rows goes on where it was, the rows that were right too. */
    @Test
    void anEpochThatIsGoneOnWithHasTheAccuracyOfAWholeOne() throws Exception {
        Path file = folder.resolve("classes.safetensors");
        KanModel model = KanModel.kan(DType.F32, BSpline.of(5, 3), 2, 4, 2);
        try (Arena arena = Arena.ofShared()) {
            HostTensor x = Samples.regression(arena, DType.F32, 200, 1).features();
            int[] labels = new int[200];
            for (int i = 0; i < labels.length; i++) {
                labels[i] = x.get(i, 0) > 0 ? 1 : 0;
            }
            Dataset data = Dataset.classification(x, HostTensor.of(arena, labels), 2);
            TrainingResult whole;
            try (Parameters parameters = Parameters.initialise(model, 7);
                    Trainer trainer = Trainer.builder(parameters).epochs(2).batchSize(16).build()) {
                whole = trainer.fit(data);
            }
            try (Parameters parameters = Parameters.initialise(model, 7);
                    Trainer trainer = Trainer.builder(parameters).epochs(2).batchSize(16).checkpoint(file)
                            .listener(new TrainingListener() {
                                @Override
                                public void onBatch(Trainer trainer, Batch batch) {
                                    if (batch.step() == 8) {
                                        trainer.requestStop();
                                    }
                                }
                            }).build()) {
                assertTrue(trainer.fit(data).stopped());
            }
            try (Checkpoint checkpoint = Checkpoint.read(file); Trainer trainer = Trainer.resume(checkpoint).build()) {
                TrainingResult resumed = trainer.fit(data);
                for (int epoch = 0; epoch < 2; epoch++) {
                    assertEquals(whole.epochs().get(epoch).accuracy(), resumed.epochs().get(epoch).accuracy());
                    assertEquals(whole.epochs().get(epoch).loss(), resumed.epochs().get(epoch).loss());
                }
            }
        }
    }

    /** What an executor does to a training that takes too long. */
    @Test
    void aCancelledFutureLeavesACheckpointToGoOnFrom() throws Exception {
        Path file = folder.resolve("checkpoint.safetensors");
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        try (Arena arena = Arena.ofShared();
                ExecutorService executor = Executors.newSingleThreadExecutor();
                Parameters parameters = Parameters.initialise(KanModel.kan(DType.F32, BSpline.of(5, 3), 2, 4, 1), 7)) {
            Dataset data = Samples.regression(arena, DType.F32, 200, 1);
            boolean[] interrupted = new boolean[1];
            TrainingResult[] result = new TrainingResult[1];
            Future<?> training = executor.submit(() -> {
                try (Trainer trainer = Trainer.builder(parameters).epochs(Integer.MAX_VALUE).checkpoint(file)
                        .listener(new TrainingListener() {
                            @Override
                            public void onBatch(Trainer trainer, Batch batch) {
                                running.countDown();
                            }
                        }).build()) {
                    result[0] = trainer.fit(data);
                    interrupted[0] = Thread.currentThread().isInterrupted();
                } finally {
                    ended.countDown();
                }
            });
            running.await();
            training.cancel(true);
            assertTrue(ended.await(60, TimeUnit.SECONDS));
            assertTrue(result[0].stopped());
            assertTrue(interrupted[0], "the flag is the caller's to clear");
        }
        try (Checkpoint checkpoint = Checkpoint.read(file)) {
            assertTrue(checkpoint.isResumable());
        }
    }

    @Test
    void anInterruptedThreadSaves() throws Exception {
        Path file = folder.resolve("model.safetensors");
        try (Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), 2, 1), 7);
                Trainer trainer = Trainer.builder(parameters).build()) {
            Thread.currentThread().interrupt();
            trainer.save(file);
            assertTrue(Thread.interrupted(), "the flag is left as it was");
        }
        Checkpoint.read(file).close();
    }

    @Test
    void anInterruptInTheMiddleOfWritingWritesAgain() throws Exception {
        Path file = folder.resolve("file");
        int[] tries = new int[1];
        AtomicFile.write(file, channel -> {
            channel.write(ByteBuffer.wrap(TEXT));
            if (tries[0]++ == 0) {
                Thread.currentThread().interrupt();
            }
            channel.write(ByteBuffer.wrap(TEXT));
        });
        assertTrue(Thread.interrupted());
        assertEquals("wholewhole", Files.readString(file));
        assertEquals(2, tries[0]);
    }

    @Test
    void aLinkStaysOne() throws Exception {
        Path other = Files.createDirectory(folder.resolve("other"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("hop"));
        Files.createSymbolicLink(folder.resolve("hop"), Path.of("other/file"));
        for (int i = 0; i < 2; i++) { // the first time it leads nowhere
            write(link);
            assertTrue(Files.isSymbolicLink(link));
            assertTrue(Files.isRegularFile(other.resolve("file"), LinkOption.NOFOLLOW_LINKS));
            assertArrayEquals(TEXT, Files.readAllBytes(other.resolve("file")));
        }
        Path round = Files.createSymbolicLink(folder.resolve("round"), Path.of("round"));
        assertTrue(assertThrows(IOException.class, () -> write(round)).getMessage().contains("circle"));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(4, files.count());
        }
    }

    @Test
    void aPipeIsWrittenTo() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start().waitFor());
        try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
            Future<byte[]> read = executor.submit(() -> Files.readAllBytes(pipe));
            write(pipe);
            assertArrayEquals(TEXT, read.get(60, TimeUnit.SECONDS));
        }
        assertTrue(Files.exists(pipe) && !Files.isRegularFile(pipe), "a pipe is never replaced");
    }
}
