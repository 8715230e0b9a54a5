// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWriter;

/** A model directory, the same as kan4j-spark's: Spark's metadata, and {@code model.safetensors} beside it. */
final class ModelFiles {

    private static final String MODEL = "model.safetensors";

    private ModelFiles() {
    }

    /** The model of a directory, or of a checkpoint's file. */
    static ScoringModel read(Configuration conf, String place) {
        try {
            Path path = new Path(place);
            FileSystem files = path.getFileSystem(conf);
            boolean directory = files.getFileStatus(path).isDirectory();
            Path file = directory ? new Path(path, MODEL) : path;
            if (directory && !files.exists(file)) {
                throw new IllegalArgumentException(place + " is half written: it has no " + MODEL
                        + " beside Spark's metadata; save the model again");
            }
            try (FSDataInputStream in = files.open(file)) {
                return ScoringModel.of(in.readAllBytes(), file.toString());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the model " + place + ": " + e.getMessage(), e);
        }
    }

    /** Writes what Spark writes, and the model. */
    static final class Writer extends MLWriter {

        private final MLWriter metadata;
        private final ScoringModel model;

        Writer(MLWriter metadata, ScoringModel model) {
            this.metadata = metadata;
            this.model = model;
        }

        @Override
        public void saveImpl(String place) {
            try {
                metadata.save(place);
                Path path = new Path(place, MODEL);
                try (FSDataOutputStream out = path.getFileSystem(sc().hadoopConfiguration()).create(path, true)) {
                    out.write(model.bytes());
                }
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write the model " + place + ": " + e.getMessage(), e);
            }
        }
    }

    /** Reads what Spark reads, and the model. */
    static final class Reader<M extends Scoring> extends MLReader<M> {

        private static final class Metadata<M> implements DefaultParamsReadable<M> {
        }

        @Override
        public M load(String place) {
            Requirements.check(sc().version());
            M stage = new Metadata<M>().read().load(place);
            stage.setModel(ModelFiles.read(sc().hadoopConfiguration(), place));
            return stage;
        }
    }
}
