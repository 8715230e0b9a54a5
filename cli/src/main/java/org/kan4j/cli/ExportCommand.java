// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.Counted;
import org.kan4j.explain.SymbolicEdges;
import org.kan4j.export.Onnx;
import org.kan4j.export.OnnxOptions;
import org.kan4j.interop.Origin;
import org.kan4j.interop.Variant;
import org.kan4j.interop.Weights;
import org.kan4j.io.Checkpoint;
import org.kan4j.tensor.DType;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j export}. */
@Command(name = "export", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Writes a model of kan4j as an ONNX file, or as the state dict of a published KAN implementation; for pykan also a model whose edges "
            + "are functions, or a formula."}, footer = {"", "Example:",
                "  kan4j export toy/formula.json --variant pykan --saveckpt toy/mark    # in Python: KAN.loadckpt('toy/mark')"})
final class ExportCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "A model that kan4j train, import, symbolic or explain wrote; for pykan also a formula.json.")
    private Path model;

    @ArgGroup(multiplicity = "1")
    private Target target;

    /** One of two. */
    private static final class Target {
        @ArgGroup(exclusive = false, heading = "As a state dict:%n")
        private StateDict stateDict;

        @ArgGroup(exclusive = false, heading = "As an ONNX file:%n")
        private OnnxFile onnx;
    }

    private static final class StateDict {
        @Option(names = "--variant", paramLabel = "NAME", required = true, description = "The implementation it is for, such as efficient-kan; an unknown name lists those known.")
        private String variant;

        @ArgGroup(multiplicity = "1")
        private Where where;

        @Option(names = "--within-grid", description = "For pykan, a model whose splines go on as lines outside their grids, as those of explain do, although pykan's "
                + "fall to 0 there.")
        private boolean withinGrid;
    }

    /** One of two. */
    private static final class Where {
        @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where to write the state dict: safetensors with variant and config in its metadata or, for a name that ends with .pt or .pth, what torch.save writes.")
        private Path out;

        @Option(names = "--saveckpt", paramLabel = "NAME", required = true, description = "For pykan, the files of its saveckpt instead, for KAN.loadckpt: NAME_state, NAME_config.yml and "
                + "NAME_cache_data (in float64 after torch.set_default_dtype(torch.float64)).")
        private Path checkpoint;
    }

    private static final class OnnxFile {
        @Option(names = "--onnx", paramLabel = "FILE", required = true, description = "Where to write it: one input x (rows, in), one output y (rows, out), or as --raw says.")
        private Path file;

        @Option(names = "--raw", description = "Raw columns in, an input each named as its column, and the label and probabilities, or "
                + "the value, out.")
        private boolean raw;

        @Option(names = "--opset", paramLabel = "N", description = "Version of its operators, 17 to 21 (default 17).")
        private Integer opset;

        @Option(names = "--f32", description = "In float32, whatever the model's type.")
        private boolean f32;

        @Option(names = "--softmax", description = "Probabilities of classes instead of the model's outputs.")
        private boolean softmax;

        @Option(names = "--external-data", description = "The weights in a file beside it, FILE.data. Done anyway where they have more "
                + "than 1.5 GiB: an ONNX file alone holds 2.")
        private boolean externalData;

        @Option(names = "--check", description = "Run it with ONNX Runtime and compare with kan4j; exit status 1 if its "
                + "relative L2 error exceeds 3 times kan4j's own and 2e-7. Needs com.microsoft.onnxruntime:onnxruntime on the "
                + "class path (KAN4J_CLASSPATH).")
        private boolean check;
    }

    @Override
    public Integer call() throws IOException {
        return target.onnx != null ? onnx(target.onnx) : stateDict(target.stateDict);
    }

    /** A model to hand on; refuses one whose edges are functions that its network does not have. */
    static Checkpoint read(Path model) throws IOException {
        Checkpoint checkpoint = Checkpoint.read(model);
        try {
            SymbolicEdges.requireCurves(checkpoint.parameters(), checkpoint.properties());
            return checkpoint;
        } catch (RuntimeException | Error e) {
            checkpoint.close();
            throw e;
        }
    }

    private int stateDict(StateDict to) throws IOException {
        StateDictExport export = new StateDictExport(spec, model, Variant.of(to.variant), to.where.out, to.where.checkpoint,
                to.withinGrid);
        try (Checkpoint checkpoint = export.run()) {
            if (checkpoint != null) {
                noteHalves(checkpoint);
            }
        }
        return 0;
    }

    /** An import widens half precision; what is written here has not the type of the file that came. */
    private void noteHalves(Checkpoint checkpoint) {
        String halves = checkpoint.properties().get(Weights.HALVES);
        if (halves != null) {
            spec.commandLine().getErr().println("kan4j: note: the model was imported from numbers in " + halves
                    + "; they are written as " + (checkpoint.model().dtype() == DType.F64 ? "float64" : "float32")
                    + ", as kan4j computes (in PyTorch model.to(dtype) brings them back)");
        }
    }

    private int onnx(OnnxFile to) throws IOException {
        OnnxOptions options = OnnxOptions.DEFAULT.withOpset(to.opset == null ? 17 : to.opset).withSoftmax(to.softmax)
                .withDType(to.f32 ? DType.F32 : null).withMost(to.externalData ? 0 : OnnxOptions.DEFAULT.most());
        if ((to.check || to.raw) && to.softmax || to.check && to.raw) {
            throw new InputException("--check, --raw and --softmax do not go together: --check compares the model's own numbers, "
                    + "--raw gives probabilities anyway");
        }
        if (to.check) {
            OnnxCheck.requireRuntime();
        }
        Output.Check files = new Output.Check().reads("MODEL", model).writesAs("onnx", "--onnx", to.file,
                "ONNX is written, expected a name that ends with .onnx");
        try (Checkpoint checkpoint = read(model)) {
            Path weights = Onnx.hasWeightsFile(checkpoint.model(), options) ? Onnx.weights(to.file) : null;
            files.writes("--external-data", weights);
            Map<String, String> metadata = new LinkedHashMap<>(checkpoint.properties());
            metadata.remove(Origin.PROPERTY); // the state dict's unused tensors, of no use there
            if (to.raw) {
                Onnx.write(to.file, checkpoint.parameters(), encoding(model, checkpoint), options.withMetadata(metadata));
            } else {
                Onnx.write(to.file, checkpoint.parameters(), options.withMetadata(metadata));
            }
            spec.commandLine().getOut().println(to.file + ": opset " + options.opset() + ", "
                    + (to.f32 ? DType.F32 : checkpoint.model().dtype()) + ", " + Counted.of(checkpoint.model().in(), "input")
                    + ", "
                    + Counted.of(checkpoint.model().out(), "output") + ", " + Counted.of(Files.size(to.file), "byte")
                    + (weights == null ? "" : "; its weights: " + weights + ", " + Counted.of(Files.size(weights), "byte")));
            noteHalves(checkpoint);
            return to.check ? OnnxCheck.check(spec.commandLine().getOut(), to.file, checkpoint.parameters(),
                    to.f32 ? DType.F32 : checkpoint.model().dtype()) : 0;
        }
    }

    /** What the model's numbers mean; refuses a model that does not say. */
    static Encoding encoding(Path model, Checkpoint checkpoint) {
        String json = checkpoint.properties().get(Encoding.KEY);
        if (json == null) {
            throw new InputException(model + " does not say what its inputs and outputs mean (metadata '" + Encoding.KEY
                    + "'); --raw needs a model that kan4j train wrote");
        }
        return Encoding.fromJson(json);
    }
}
