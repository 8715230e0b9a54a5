// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Row;
import org.kan4j.measure.Metrics;
import org.kan4j.device.Context;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.grid.GridUpdate;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Optimizer;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.GridUpdates;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingListener;
import org.kan4j.train.TrainingResult;

/**
 * One task trains. The rows of all partitions stream into a spill file, which is mapped into memory: the system's page cache
 * holds what fits, and nothing of it is on the heap. A task that is killed and begun again goes on from the last checkpoint.
 */
final class LocalTraining implements FlatMapFunction<Iterator<Row>, Trained> {

    private static final long serialVersionUID = 1L;

    private final Block.Layout layout;
    private final Settings settings;
    private final Progress progress;
    private final boolean validated;
    private final TrainingFile checkpoint;

    private LocalTraining(Fitting.Work work) {
        this.layout = work.layout();
        this.settings = work.settings();
        this.progress = work.progress();
        this.validated = work.survey().validationRows > 0;
        this.checkpoint = TrainingFile.of(work, "local");
    }

    static Trained run(Fitting.Work work) {
        return work.data().coalesce(1).mapPartitions(new LocalTraining(work)).collect().getFirst();
    }

    @Override
    public Iterator<Trained> call(Iterator<Row> rows) throws IOException {
        Path folder = Files.createTempDirectory("kan4j-spill");
        try (Arena arena = Arena.ofShared(); Context context = Context.open(settings.context())) {
            Spill train = new Spill(folder.resolve("train"));
            Spill held = new Spill(folder.resolve("validation"));
            spill(rows, train, held);
            Dataset data = train.map(arena, layout);
            Dataset validation = held.rows > 0 ? held.map(arena, layout) : null;
            return List.of(train(context, data, validation)).iterator();
        } finally {
            Spill.delete(folder);
        }
    }

    /** Both kinds of rows in one pass over the partitions. */
    private void spill(Iterator<Row> rows, Spill train, Spill held) throws IOException {
        try (train; held) {
            if (!validated) {
                train.append(Block.pack(rows, layout, false));
                return;
            }
            List<Row> some = new ArrayList<>();
            while (rows.hasNext()) {
                some.add(rows.next());
                if (some.size() == 4096 || !rows.hasNext()) {
                    train.append(Block.pack(some.iterator(), layout, false));
                    held.append(Block.pack(some.iterator(), layout, true));
                    some.clear();
                }
            }
        }
    }

    private Trained train(Context context, Dataset data, Dataset validation) throws IOException {
        Encoding encoding = Encoding.fromJson(layout.encoding());
        try (Checkpoint resumed = checkpoint.read().orElse(null)) {
            Parameters parameters = resumed != null ? resumed.parameters() : Parameters.initialise(
                    settings.network().model(encoding.features(), encoding.target().width()), settings.course().seed());
            Trainer.Builder builder = resumed != null ? Trainer.resume(resumed) : builder(parameters, encoding, data);
            Watch watch = new Watch(data.size());
            try (Trainer trainer = builder.context(context).listener(watch).build()) {
                TrainingResult result = trainer.isDone() ? null : trainer.fit(data, validation);
                if (result != null && result.end() == TrainingResult.End.STOPPED) {
                    throw new TaskKilledException("the training was cancelled");
                }
                checkpoint.delete();
                return new Trained(NativeModel.of(parameters, encoding), "local", watch.losses, watch.validationLosses,
                        result == null ? "EPOCHS" : result.end().name());
            } finally {
                parameters.close();
            }
        }
    }

    private Trainer.Builder builder(Parameters parameters, Encoding encoding, Dataset data) {
        Settings.Course course = settings.course();
        boolean full = course.optimizer().equals("lbfgs");
        Trainer.Builder builder = Trainer.builder(parameters).seed(course.seed()).properties(Map.of(Encoding.KEY,
                encoding.toJson()));
        if (full) {
            // In parts of ten iterations, so that there is something to measure, to log and to stop at.
            builder.optimizer(settings.properties().remembering(Lbfgs.of(10).withTolerances(0, course.tol())))
                    .epochs((course.maxIter() + 9) / 10);
        } else {
            builder.optimizer(Optimizer.adamW(course.stepSize(), course.weightDecay())).epochs(course.maxIter())
                    .batchSize(course.batchSize());
            settings.properties().configure(builder, course.decay());
        }
        if (course.gridUpdates() > 0) {
            long steps = full ? 1 : (data.size() + course.batchSize() - 1) / course.batchSize();
            // Not after the last epochs: what a move costs is to be learned again.
            builder.gridUpdates(GridUpdates.every(course.gridUpdates() * steps).withUpdate(GridUpdate.defaults())
                    .withUntil(Math.max(1, course.maxIter() * steps / 2)));
        }
        if (course.patience() > 0) {
            builder.earlyStopping(course.patience());
        }
        course.penalties().forEach(builder::regulariser);
        return builder;
    }

    /** Tells of progress, saves, and ends where the task is killed. */
    private final class Watch implements TrainingListener {

        private final int rows;
        private final List<Double> losses = new ArrayList<>();
        private final List<Double> validationLosses = new ArrayList<>();

        Watch(int rows) {
            this.rows = rows;
        }

        @Override
        public void onBatch(Trainer trainer, Batch batch) {
            if (TaskContext.get().isInterrupted()) {
                trainer.requestStop();
            }
        }

        @Override
        public void onEpochEnd(Trainer trainer, Epoch epoch) {
            double measured = epoch.validation().map(Metrics::loss).orElse(Double.NaN);
            losses.add(epoch.loss());
            if (epoch.validation().isPresent()) {
                validationLosses.add(measured);
            }
            progress.count(1, rows, epoch.loss());
            progress.log("epoch", epoch.epoch(), epoch.loss(), measured, rows, epoch.seconds());
            if (checkpoint.due(epoch.epoch())) {
                checkpoint.write(file -> {
                    trainer.save(file);
                    return null;
                });
            }
        }
    }

    // ----------------------------------------------------------------------------------------------------------- spill

    /** Blocks one after the other in three files: features, targets, weights. */
    private static final class Spill implements AutoCloseable {

        private final Path[] files;
        private final OutputStream[] streams;
        private long rows;

        Spill(Path name) throws IOException {
            files = new Path[] {name.resolveSibling(name.getFileName() + ".x"),
                name.resolveSibling(name.getFileName() + ".t"), name.resolveSibling(name.getFileName() + ".w")};
            streams = new OutputStream[files.length];
            for (int i = 0; i < files.length; i++) {
                streams[i] = Files.newOutputStream(files[i]);
            }
        }

        void append(Iterator<Block> blocks) throws IOException {
            while (blocks.hasNext()) {
                Block block = blocks.next();
                streams[0].write(block.features());
                streams[1].write(block.targets());
                streams[2].write(block.weights());
                rows += block.rows();
            }
        }

        Dataset map(Arena arena, Block.Layout layout) throws IOException {
            if (rows > Integer.MAX_VALUE - 8) {
                throw new KanException(Status.INVALID_ARGUMENT, "mode local takes at most 2^31 - 9 rows, given " + rows
                        + "; mode lbfgs takes more");
            }
            long in = Files.size(files[0]) / layout.dtype().bytes() / rows;
            DType target = layout.classes() > 0 ? DType.I32 : layout.dtype();
            HostTensor weights = layout.weighted() ? HostTensor.map(files[2], 0, arena, layout.dtype(), rows) : null;
            return Block.dataset(HostTensor.map(files[0], 0, arena, layout.dtype(), rows, in),
                    HostTensor.map(files[1], 0, arena, target, rows), weights, layout);
        }

        @Override
        public void close() throws IOException {
            for (OutputStream stream : streams) {
                stream.close();
            }
        }

        static void delete(Path folder) throws IOException {
            try (var files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }
}
