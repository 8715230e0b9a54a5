// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.kan4j.error.FormatException;

/** Whole files in whatever file system their path names. */
public final class HadoopFiles {

    /** The file of a model directory beside Spark's metadata. */
    public static final String MODEL = "model.safetensors";

    private HadoopFiles() {
    }

    /** Writes a model directory's native model. */
    public static void writeModel(Configuration conf, String directory, NativeModel model) throws IOException {
        write(conf, new Path(directory, MODEL), model.bytes());
    }

    /** Reads a model directory's native model. */
    public static NativeModel readModel(Configuration conf, String directory) throws IOException {
        Path path = new Path(directory, MODEL);
        byte[] bytes = read(conf, path);
        if (bytes == null) {
            throw new FormatException(directory + " is half written: it has no " + MODEL
                    + " beside Spark's metadata; save the model again");
        }
        return NativeModel.of(bytes, path.toString());
    }

    /** The file appears, or is replaced, whole. */
    static void write(Configuration conf, Path path, byte[] bytes) throws IOException {
        FileSystem files = path.getFileSystem(conf);
        Path sibling = path.suffix("." + java.util.UUID.randomUUID() + ".part");
        try {
            try (FSDataOutputStream out = files.create(sibling, true)) {
                out.write(bytes);
            }
            if (!files.rename(sibling, path)) { // where a file may not be renamed onto another
                files.delete(path, false);
                if (!files.rename(sibling, path)) {
                    throw new IOException("cannot rename " + sibling + " to " + path);
                }
            }
        } finally {
            files.delete(sibling, false);
        }
    }

    /** The bytes of a file, or null where there is none. */
    static byte[] read(Configuration conf, Path path) throws IOException {
        FileSystem files = path.getFileSystem(conf);
        if (!files.exists(path)) {
            return null;
        }
        try (FSDataInputStream in = files.open(path)) {
            return in.readAllBytes();
        }
    }

    static void delete(Configuration conf, Path path) throws IOException {
        path.getFileSystem(conf).delete(path, false);
    }
}
