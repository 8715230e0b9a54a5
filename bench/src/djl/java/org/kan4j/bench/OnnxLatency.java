// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.cli.bench.LatencyPeer;
import org.kan4j.export.Onnx;
import org.kan4j.export.OnnxOptions;
import org.kan4j.layer.Activation;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;

/**
 * kan4j's own models, exported, in ONNX Runtime, for {@code kan4j bench latency --peers}: one thread a call, input and output in
 * memory that ONNX Runtime reads and writes, so that a call allocates as little as its interface allows.
 */
public final class OnnxLatency implements LatencyPeer {

    @Override
    public List<String> models() {
        return List.of("onnx-bspline", "onnx-fastkan", "onnx-mlp");
    }

    @Override
    public Call open(String model, long[] widths, int rows) {
        KanModel exported = switch (model) {
            case "onnx-bspline" -> KanModel.kan(DType.F32, BSpline.of(5, 3), widths);
            case "onnx-fastkan" -> KanModel.kan(DType.F32, GaussianRbf.of(8), widths);
            case "onnx-mlp" -> KanModel.mlp(DType.F32, Activation.RELU, widths);
            default -> throw new IllegalArgumentException("no model '" + model + "', known are " + models());
        };
        try {
            return new Session(exported, rows);
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Session implements Call {
        private final OrtSession session;
        private final FloatBuffer x;
        private final FloatBuffer y;
        private final OnnxTensor input;
        private final OnnxTensor output;
        private final Map<String, OnnxTensor> inputs;
        private final Map<String, OnnxTensor> outputs;

        Session(KanModel model, int rows) throws OrtException, IOException {
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            Path file = Files.createTempFile("kan4j", ".onnx");
            try (Parameters parameters = Parameters.initialise(model, 1);
                    OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                Onnx.write(file, parameters, OnnxOptions.DEFAULT);
                options.setIntraOpNumThreads(1);
                options.setInterOpNumThreads(1);
                session = environment.createSession(file.toString(), options);
            } finally {
                Files.delete(file);
            }
            x = floats(rows * model.in());
            y = floats(rows * model.out());
            input = OnnxTensor.createTensor(environment, x, new long[] {rows, model.in()});
            output = OnnxTensor.createTensor(environment, y, new long[] {rows, model.out()});
            inputs = Map.of("x", input);
            outputs = Map.of("y", output);
        }

        private static FloatBuffer floats(long count) {
            return ByteBuffer.allocateDirect(Math.toIntExact(Float.BYTES * count)).order(ByteOrder.nativeOrder()).asFloatBuffer();
        }

        @Override
        public void predict(float[] from, float[] to) {
            x.put(0, from);
            try {
                session.run(inputs, outputs).close();
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
            y.get(0, to);
        }

        @Override
        public void close() {
            input.close();
            output.close();
            try {
                session.close();
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
