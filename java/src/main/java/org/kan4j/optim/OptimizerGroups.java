// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Checks;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.passes.NativeVector;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.tensor.HostTensor;

/**
 * The groups of parameters in the form of the C ABI: an optimizer each, that of all others first, and for every
 * number which of them is its own.
 */
final class OptimizerGroups implements AutoCloseable {

    private final Optimizer optimizer;
    private final Parameters parameters;
    private final List<ParameterGroup> members;
    private final MemorySegment[] configs;
    private final MemorySegment addresses;
    private final Memory memory;
    private final MemorySegment of;

    OptimizerGroups(Optimizer optimizer, Parameters parameters, List<ParameterGroup> members, Arena arena) {
        Checks.range("the number of parameter groups", members.size(), 1, Kan.KAN_MAX_GROUPS() - 1);
        this.optimizer = optimizer;
        this.parameters = parameters;
        this.members = List.copyOf(members);
        members.forEach(group -> group.require(parameters.model()));
        configs = new MemorySegment[members.size() + 1];
        addresses = arena.allocate(ValueLayout.ADDRESS, configs.length);
        for (int i = 0; i < configs.length; i++) {
            double decay = i == 0 ? Double.NaN : members.get(i - 1).weightDecay();
            configs[i] = OptimizerStructs.config(optimizer, decay, arena);
            addresses.setAtIndex(ValueLayout.ADDRESS, i, configs[i]);
        }
        long length = parameters.values().length();
        memory = NativeVector.of(parameters.values()).memory().another();
        of = memory.allocate(length);
        try (ParameterVector marks = parameters.newVector(); Arena local = Arena.ofConfined()) {
            for (TensorInfo tensor : parameters.tensors()) {
                int group = group(tensor);
                if (tensor.role() == TensorInfo.Role.PARAMETER && group != 0) {
                    marks.set(tensor.name(), HostTensor.allocate(local, parameters.model().dtype(), tensor.shape())
                            .fill(group));
                }
            }
            HostTensor numbers = HostTensor.allocate(local, marks.dtype(), length);
            NativeVector.of(marks).memory().read(NativeVector.of(marks).array(), numbers.segment(), marks.bytes());
            MemorySegment bytes = local.allocate(length);
            for (long i = 0; i < length; i++) {
                bytes.set(ValueLayout.JAVA_BYTE, i, (byte) numbers.getFlat(i));
            }
            memory.write(bytes, of, length);
        }
    }

    private int group(TensorInfo tensor) {
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).has(tensor)) {
                return members.get(i).frozen() ? Kan.KAN_FROZEN() : i + 1;
            }
        }
        return 0;
    }

    void prepare(double learningRate, double factor, long step) {
        for (int i = 0; i < configs.length; i++) {
            double own = i == 0 ? Double.NaN : members.get(i - 1).learningRate();
            OptimizerStructs.prepare(optimizer, configs[i], Double.isNaN(own) ? learningRate : own * factor, step);
        }
    }

    /** The structs' addresses. */
    MemorySegment addresses() {
        return addresses;
    }

    int count() {
        return configs.length;
    }

    /** For every number the group it is in. */
    MemorySegment of() {
        return of;
    }

    @Override
    public void close() {
        memory.close();
    }
}
