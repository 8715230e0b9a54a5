// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Native;
import org.kan4j.internal.NativeContext;
import org.kan4j.internal.measure.Measurement;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.measure.LossPass;
import org.kan4j.internal.passes.NativeVector;
import org.kan4j.internal.passes.Passes;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Objective;
import org.kan4j.rows.RowSource;

/**
 * The loss of a model over a whole data set, plus what regularisers add. Rows are passed through the model in chunks
 * whose gradients are summed, so memory does not grow with the data. Used and closed by the thread that made it.
 */
public final class DataObjective implements Objective, AutoCloseable {

    /** Rows of a chunk. */
    static final int CHUNK = 4096;

    private final Context context;
    private final Parameters parameters;
    private final RowSource data;
    private final Loss loss;
    private final Regularisation regularisation;
    private final int chunk;
    private final Memory memory;
    private final Workspace workspace;
    private final Measurement.Batch batch;
    private final ParameterVector partial;
    private final RowSource.Pass pass;
    private final double totalWeight;
    private double dataLoss = Double.NaN;

    /** The loss alone. */
    public static DataObjective of(Context context, Parameters parameters, RowSource data, Loss loss) {
        return of(context, parameters, data, loss, List.of());
    }

    /**
     * The loss and regularisers.
     *
     * @param data that fits the model and the loss; at least one row of a weight above 0
     */
    public static DataObjective of(Context context, Parameters parameters, RowSource data, Loss loss,
            List<Regulariser> regularisers) {
        return new DataObjective(context, parameters, data, loss, regularisers);
    }

    private DataObjective(Context context, Parameters parameters, RowSource data, Loss loss, List<Regulariser> regularisers) {
        Measurement.requireFit(parameters.model(), loss, data);
        if (data.size() == 0) {
            throw KanException.invalid("a data set without rows cannot be trained on");
        }
        this.context = context;
        this.parameters = parameters;
        this.data = data;
        this.loss = loss;
        this.regularisation = new Regularisation(context, regularisers);
        this.chunk = Math.min(data.size(), CHUNK);
        this.pass = data.inOrder();
        this.memory = Memory.confined(context);
        Workspace rows = null;
        try {
            rows = Workspace.training(context, parameters, chunk);
            this.batch = new Measurement.Batch(memory, data, chunk);
            this.partial = data.size() > chunk ? parameters.newVector() : null;
            double sum = 0;
            for (int from = 0; from < data.size(); from += chunk) {
                sum += batch.weight(gather(from));
            }
            this.totalWeight = sum;
            if (!(sum > 0)) {
                throw KanException.invalid("all rows of the data set have the weight 0");
            }
        } catch (RuntimeException | Error e) {
            if (rows != null) {
                rows.close();
            }
            pass.close();
            memory.close();
            throw e;
        }
        this.workspace = rows;
    }

    private int gather(int from) {
        int rows = Math.min(chunk, data.size() - from);
        batch.read(pass, from, from + rows);
        return rows;
    }

    @Override
    public double evaluate(ParameterVector gradient) {
        dataLoss = 0;
        if (data.size() <= chunk) {
            // The only chunk is in place since the constructor.
            MemorySegment predictions = loss(chunk, 1);
            return dataLoss + regularisation.backward(workspace, chunk, batch.x, predictions, gradient);
        }
        double penalty = regularisation.readsEdges() ? penaltyOnEdges() : 0;
        boolean first = true;
        for (int from = 0; from < data.size(); from += chunk) {
            int rows = gather(from);
            double share = batch.weight(rows) / totalWeight;
            if (share == 0 && !regularisation.readsEdges()) {
                continue;
            }
            MemorySegment predictions = loss(rows, share);
            regularisation.pull(workspace, rows, batch.x, predictions, first ? gradient : partial);
            if (!first) {
                MemorySegment handle = NativeContext.of(context).handle();
                Native.check(Kan.kan_vector_axpy(handle, data.dtype().code(), gradient.length(), 1,
                        NativeVector.of(partial).array(), NativeVector.of(gradient).array()), handle);
            }
            first = false;
        }
        return dataLoss + penalty + regularisation.addTo(parameters, gradient);
    }

    /** Runs the model on rows in place and adds their share of the loss; its derivative by the predictions. */
    private MemorySegment loss(int rows, double share) {
        MemorySegment predictions = Passes.of(workspace).forward(rows, batch.x);
        long numbers = rows * data.out();
        if (share == 0) {
            return predictions.asSlice(0, numbers * data.dtype().bytes()).fill((byte) 0);
        }
        dataLoss += share * LossPass.evaluate(loss, context, data.dtype(), rows, data.out(),
                predictions, batch.targets, data.weighted() ? batch.weights : MemorySegment.NULL, predictions, batch.value);
        if (share != 1) {
            MemorySegment handle = NativeContext.of(context).handle();
            Native.check(Kan.kan_vector_scale(handle, data.dtype().code(), numbers, share, predictions), handle);
        }
        return predictions;
    }

    private double penaltyOnEdges() {
        for (int from = 0; from < data.size(); from += chunk) {
            int rows = gather(from);
            Passes.of(workspace).forward(rows, batch.x);
            regularisation.collect(workspace, rows, batch.x, from == 0);
        }
        return regularisation.measured();
    }

    /** The loss without regularisers at the last evaluation; NaN before the first. */
    public double dataLoss() {
        return dataLoss;
    }

    /** The sum of the rows' weights. */
    double totalWeight() {
        return totalWeight;
    }

    /** The data. */
    public RowSource data() {
        return data;
    }

    /** Frees its memory; does nothing the second time. */
    @Override
    public void close() {
        if (memory.isAlive()) {
            workspace.close();
            pass.close();
            if (partial != null) {
                partial.close();
            }
            memory.close();
        }
    }
}
