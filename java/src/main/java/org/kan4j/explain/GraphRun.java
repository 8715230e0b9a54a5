// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.layer.LayerSpec;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.model.Parameters;
import org.kan4j.model.ParameterVector;
import org.kan4j.error.ShapeException;
import org.kan4j.model.Workspace;

/** A pass of rows through a graph, layer by layer, with what each layer sees and the cotangents of its outputs. */
final class GraphRun implements AutoCloseable {

    /** One layer, or part of one, with its memory. */
    static final class Piece implements AutoCloseable {
        private static final int ROWS = 4096;

        private final LayerSpec spec;
        private final Parameters parameters;
        private final int in;
        private final int out;
        private final Context context;
        private Workspace workspace;
        private long capacity;

        Piece(Context context, GraphLayer layer) {
            this.context = context;
            this.spec = layer.spec();
            this.parameters = layer.alone();
            this.in = layer.in();
            this.out = layer.out();
        }

        /** Whether the memory suits a layer. */
        boolean suits(GraphLayer layer) {
            return spec.equals(layer.spec());
        }

        /** Takes the numbers of another layer of the same kind and size. */
        void load(GraphLayer layer) {
            layer.store(parameters, 0);
        }

        /** (rows, in) to (rows, out). */
        double[] run(double[] x) {
            int rows = x.length / in;
            double[] y = new double[rows * out];
            try (Arena arena = Arena.ofConfined()) {
                int most = Math.max(1, Math.min(rows, ROWS));
                if (workspace == null || capacity < most) {
                    closeWorkspace();
                    workspace = Workspace.inference(context, parameters, most);
                    capacity = most;
                }
                HostTensor input = HostTensor.allocate(arena, DType.F64, most, in);
                HostTensor output = HostTensor.allocate(arena, DType.F64, most, out);
                for (int from = 0; from < rows; from += most) {
                    int n = Math.min(most, rows - from);
                    MemorySegment.copy(x, from * in, input.segment(), ValueLayout.JAVA_DOUBLE, 0, n * in);
                    workspace.forward(input.slice(0, n), output.slice(0, n));
                    MemorySegment.copy(output.segment(), ValueLayout.JAVA_DOUBLE, 0, y, from * out, n * out);
                }
            }
            return y;
        }

        private void closeWorkspace() {
            if (workspace != null) {
                workspace.close();
            }
        }

        @Override
        public void close() {
            closeWorkspace();
            parameters.close();
        }
    }

    private final Context context;
    private final KanGraph graph;
    private final Arena arena = Arena.ofConfined();
    private final List<Parameters> parameters = new ArrayList<>();
    private final List<Workspace> workspaces = new ArrayList<>();
    private final List<ParameterVector> gradients = new ArrayList<>();
    /** What each layer sees, and after the last the output. */
    private final List<HostTensor> values = new ArrayList<>();
    private final List<HostTensor> cotangents = new ArrayList<>();
    private final int rows;
    /** For edges; those of all inputs of a layer in turn. */
    private Piece piece;

    /** Room for so many rows. */
    GraphRun(Context context, KanGraph graph, int rows) {
        this.context = context;
        this.graph = graph;
        this.rows = rows;
        try {
            values.add(HostTensor.allocate(arena, DType.F64, rows, graph.in()));
            for (GraphLayer layer : graph.layers()) {
                Parameters alone = layer.alone();
                parameters.add(alone);
                workspaces.add(Workspace.training(context, alone, rows));
                values.add(HostTensor.allocate(arena, DType.F64, rows, layer.out()));
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    int rows() {
        return rows;
    }

    /** Runs all rows; (rows, in) to (rows, out). */
    double[] forward(double[] x) {
        if (x.length != (long) rows * graph.in()) {
            throw new ShapeException(
                    "the network takes " + Counted.of(rows, "row") + " of " + Counted.of(graph.in(), "feature") + ", given "
                            + Counted.of(x.length, "number"));
        }
        MemorySegment.copy(x, 0, values.getFirst().segment(), ValueLayout.JAVA_DOUBLE, 0, x.length);
        for (int l = 0; l < workspaces.size(); l++) {
            workspaces.get(l).forward(values.get(l), values.get(l + 1));
        }
        return values.getLast().toDoubles();
    }

    /** What a layer saw, (rows, in of the layer); after the last layer the output. */
    double[] inputOf(int layer) {
        return values.get(layer).toDoubles();
    }

    /** Pulls a cotangent of the output, (rows, out), back through all layers. */
    void backward(double[] cotangent) {
        if (cotangents.isEmpty()) {
            for (HostTensor value : values) {
                cotangents.add(HostTensor.allocate(arena, DType.F64, value.shape()));
            }
            for (Parameters alone : parameters) {
                gradients.add(alone.newVector());
            }
        }
        MemorySegment.copy(cotangent, 0, cotangents.getLast().segment(), ValueLayout.JAVA_DOUBLE, 0, cotangent.length);
        for (int l = workspaces.size() - 1; l >= 0; l--) {
            workspaces.get(l).backward(values.get(l), cotangents.get(l + 1), gradients.get(l), cotangents.get(l));
        }
    }

    /** The derivative by what a layer saw, row by row; after the last layer the cotangent given. */
    double[] cotangentOf(int layer) {
        return cotangents.get(layer).toDoubles();
    }

    /** Values of all edges of one input of a layer on the rows, (rows, out). */
    double[] edgesOf(int layer, int input) {
        GraphLayer whole = graph.layer(layer);
        double[] x = inputOf(layer);
        if (whole.argument() == KanGraph.Argument.INPUT) {
            return run(whole.edgesOf(input, GraphLayer.Part.BOTH), column(x, whole.in(), input));
        }
        double[] z = column(whole.normalised(x), whole.in(), input);
        if (whole.argument() == KanGraph.Argument.NORMALISED) {
            return run(whole.edgesOf(input, GraphLayer.Part.BOTH), z);
        }
        double[] basis = run(whole.edgesOf(input, GraphLayer.Part.BASIS), z);
        double[] base = run(whole.edgesOf(input, GraphLayer.Part.BASE), column(x, whole.in(), input));
        for (int k = 0; k < basis.length; k++) {
            basis[k] += base[k];
        }
        return basis;
    }

    private double[] run(GraphLayer layer, double[] x) {
        if (piece != null && !piece.suits(layer)) {
            piece.close();
            piece = null;
        }
        if (piece == null) {
            piece = new Piece(context, layer);
        } else {
            piece.load(layer);
        }
        return piece.run(x);
    }

    static double[] column(double[] rows, int width, int at) {
        double[] column = new double[rows.length / width];
        for (int b = 0; b < column.length; b++) {
            column[b] = rows[b * width + at];
        }
        return column;
    }

    @Override
    public void close() {
        if (piece != null) {
            piece.close();
        }
        gradients.forEach(ParameterVector::close);
        workspaces.forEach(Workspace::close);
        parameters.forEach(Parameters::close);
        arena.close();
    }
}
