// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Chebyshev;
import org.kan4j.constraint.MonotoneColumns;
import org.kan4j.constraint.Monotonicity;
import org.kan4j.device.Context;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.export.OnnxOptions;
import org.kan4j.grid.GridRefinement;
import org.kan4j.grid.GridUpdate;
import org.kan4j.interop.StateDicts;
import org.kan4j.interop.Variant;
import org.kan4j.io.Checkpoint;
import org.kan4j.io.Safetensors;
import org.kan4j.layer.Activation;
import org.kan4j.measure.Metrics;
import org.kan4j.model.KanModel;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.OptimizerState;
import org.kan4j.optim.ParameterGroup;
import org.kan4j.rows.Dataset;
import org.kan4j.search.Search;
import org.kan4j.search.Space;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;
import org.kan4j.train.Fit;
import org.kan4j.train.Trainer;

/**
 * What the library refuses, and its whole sentence: sentences.txt has a line for each call here, which {@code -Dtranscripts=write}
 * writes anew to be read in the diff.
 */
class SentencesTest {

    private static final boolean WRITE = "write".equals(System.getProperty("transcripts"));
    private static final Path HOME = WRITE ? Path.of("src/test/resources/org/kan4j/sentences.txt")
            : Path.of(URI.create(SentencesTest.class.getResource("sentences.txt").toString()));

    @TempDir
    private Path folder;

    private interface Act {

        Object run() throws Exception;
    }

    private interface Do {

        void run() throws Exception;
    }

    private final List<String> said = new ArrayList<>();

    private void none(String what, Do act) {
        refused(what, () -> {
            act.run();
            return "no result";
        });
    }

    private void refused(String what, Act act) {
        String sentence;
        try {
            sentence = "nothing was refused: " + act.run();
        } catch (Exception e) {
            sentence = e.getClass().getSimpleName() + ": " + e.getMessage();
        }
        said.add(what + ": " + sentence.replace(folder.toString(), "F").replace('\n', ' '));
    }

    @Test
    void eachIsAsItWas() throws IOException {
        rowsAndColumns();
        trainedModels();
        try (Arena arena = Arena.ofConfined(); Context context = Context.open()) {
            tensorsAndRows(arena, context);
            modelsAndPasses(arena, context);
            training(arena, context);
            files(arena);
        }
        if (WRITE) {
            Files.write(HOME, said);
        }
        assertEquals(String.join("\n", Files.readAllLines(HOME)), String.join("\n", said));
    }

    // ------------------------------------------------------------------------------------------------- the front door

    private static final double[][] X = {{1, 2}, {2, 3}, {3, 1}, {4, 0}, {5, 5}, {6, 2}};
    private static final double[] Y = {1, 2, 3, 4, 5, 6};

    private static KanBuilder<KanRegressor> regressor() {
        return Kan.regressor().hidden(2).epochs(1).weightDecay(0);
    }

    private static KanBuilder<KanClassifier> classifier() {
        return Kan.classifier().hidden(2).epochs(1).weightDecay(0);
    }

    /** A bean that fails. */
    public static final class Bean {

        /** Fails. */
        public int getA() {
            throw new IllegalStateException("no a");
        }
    }

    private void rowsAndColumns() {
        Columns<double[]> columns = Columns.<double[]>of().number("a", r -> r[0]).number("b", r -> r[1]);
        refused("columns twice", () -> columns.number("a", r -> r[1]));
        refused("columns without", () -> columns.without("c"));
        refused("columns of a text", () -> Columns.of(Object.class));
        refused("a bean that fails",
                () -> regressor().fit(Examples.of(List.of(new Bean(), new Bean()), Columns.of(Bean.class), b -> 1)));
        refused("no rows of maps", () -> Examples.of(List.<Map<String, Object>>of(), "t"));
        refused("no target in maps", () -> Examples.of(List.of(Map.of("a", 1)), "t"));
        refused("targets for rows", () -> Examples.of(X, new double[2]));
        refused("labels for rows", () -> Examples.of(X, new String[2]));
        refused("names for columns", () -> Examples.of(X, Y).named("a"));
        refused("a name twice", () -> Examples.of(X, Y).named("a", "a"));
        refused("weights for rows", () -> Examples.of(X, Y).weighted(new double[1]));
        refused("weights below 0", () -> regressor().fit(Examples.of(X, Y).weighted(-1, 0, 0, 0, 0, 0)));
        refused("groups for rows", () -> Examples.of(X, Y).grouped(List.of("a")));
        refused("times of NaN", () -> regressor().validation(0.5).fit(Examples.of(X, Y).ordered(1, 2, Double.NaN, 4, 5, 6)));
        refused("times for rows", () -> Examples.of(X, Y).ordered(1));
        refused("rows of other widths", () -> Examples.of(new double[][] {{1, 2}, {1}}, new double[2]));
        refused("only a target", () -> regressor().fit(Examples.of(List.of(Map.of("t", 1), Map.of("t", 2)), "t")));
        refused("no value in a column", () -> regressor().fit(new double[][] {{Double.NaN}, {Double.NaN}}, new double[] {1, 2}));
        refused("odd cells",
                () -> regressor().fit(Examples.of(List.of(Map.of("t", 1, "a", 1), Map.of("t", 2, "a", 2), Map.of("t", 3, "a",
                        3), Map.of("t", 3, "a", 4), Map.of("t", 2, "a", "x")), "t")));
        refused("a missing target", () -> regressor().fit(X, new double[] {1, 2, Double.NaN, 1, 2, 3}));
        refused("an infinite cell", () -> regressor().fit(new double[][] {{1}, {Double.POSITIVE_INFINITY}}, new double[] {1, 2}));
        refused("a class a row", () -> {
            double[][] rows = new double[30][1];
            String[] names = new String[30];
            Arrays.setAll(rows, i -> new double[] {i});
            Arrays.setAll(names, i -> "c" + i);
            return classifier().fit(rows, names);
        });
        refused("one class", () -> classifier().fit(X, new String[] {"a", "a", "a", "a", "a", "a"}));
        refused("one value", () -> regressor().fit(X, new double[] {7, 7, 7, 7, 7, 7}));
        refused("one value of two", () -> regressor().fit(X, new double[][] {{1, 7}, {2, 7}, {3, 7}, {4, 7}, {5, 7}, {6, 7}}));
        refused("one row", () -> regressor().fit(new double[][] {{1, 2}}, new double[] {1}));
        refused("no collection of labels", () -> Kan.multiLabel().fit(Examples.of(X, Y)));
        refused("hidden 0", () -> Kan.regressor().hidden(0));
        refused("epochs 0", () -> Kan.regressor().epochs(0));
        refused("batch 0", () -> Kan.regressor().batchSize(0));
        refused("rate -1", () -> Kan.regressor().learningRate(-1));
        refused("decay -1", () -> Kan.regressor().hidden(2).weightDecay(-1).fit(X, Y));
        refused("validation 1", () -> Kan.regressor().validation(1));
        refused("patience 0", () -> Kan.regressor().patience(0));
        refused("ensemble 0", () -> Kan.regressor().ensemble(0));
        refused("monotone 2", () -> Kan.regressor().monotone("a", 2));
        refused("monotone of no column", () -> regressor().monotone("q", 1).fit(Examples.of(X, Y).named("a", "b")));
        refused("quantiles none", () -> Kan.regressor().quantiles());
        refused("quantiles 0", () -> Kan.regressor().quantiles(0, 0.5));
        refused("quantiles of classes", () -> Kan.classifier().quantiles(0.5));
        refused("balanced numbers", () -> Kan.regressor().balanced());
        refused("calibrated numbers", () -> Kan.regressor().calibrated());
        refused("transform of classes", () -> Kan.classifier().targetTransform(Transform.Choice.LOG));
        refused("logarithms of 0",
                () -> regressor().targetTransform(Transform.Choice.LOG).fit(X, new double[] {0, -1, 2, 3, 4, 5}));
        refused("validation of few", () -> regressor().validation(0.01).fit(X, Y));
        refused("folds 1", () -> regressor().crossValidate(Examples.of(X, Y), 1));
        refused("folds 7", () -> regressor().crossValidate(Examples.of(X, Y), 7));
    }

    private void trainedModels() {
        try (KanRegressor numbers = regressor().fit(Examples.of(X, Y).named("a", "b"));
                KanClassifier classes = classifier().fit(X, new String[] {"p", "q", "p", "q", "p", "q"});
                KanMultiLabel labels = Kan.multiLabel().hidden(2).epochs(1).weightDecay(0).fit(X,
                        List.of(Set.of("r"), Set.of("s"), Set.of(), Set.of("r", "s"), Set.of("r"), Set.of()))) {
            refused("three numbers of two", () -> numbers.predict(1, 2, 3));
            refused("a map without b", () -> numbers.predict(new TreeMap<>(Map.of("a", 1, "c", 2))));
            refused("a text for a number", () -> numbers.predict(Map.of("a", "x", "b", 2)));
            refused("a missing number", () -> numbers.predict(Double.NaN, 2));
            refused("an infinite number", () -> numbers.predict(Double.NEGATIVE_INFINITY, 2));
            refused("columns without b", () -> numbers.predict(new double[] {1}, Columns.<double[]>of().number("a", r -> r[0])));
            refused("encoded numbers", () -> numbers.predictEncoded(new double[3], 2));
            refused("label of a number", () -> numbers.predict(1, 2).label());
            refused("value of a class", () -> classes.predict(1, 2).value());
            refused("probability of no class", () -> classes.predict(1, 2).probability("z"));
            refused("label of labels", () -> labels.predict(1, 2).label());
            refused("quantiles of a number", () -> numbers.predict(1, 2).quantile(0.5));
            refused("an unknown class", () -> classes.evaluate(X, new String[] {"p", "q", "p", "q", "p", "z"}));
            refused("an unknown label",
                    () -> labels.evaluate(X, List.of(Set.of("z"), Set.of(), Set.of(), Set.of(), Set.of(), Set.of())));
            refused("other examples", () -> numbers.evaluate(Examples.of(X, Y).named("a", "c")));
            refused("repetitions 0", () -> numbers.importance(Examples.of(X, Y).named("a", "b"), 0, 1));
            refused("shapes of two layers", () -> numbers.shapes(Examples.of(X, Y).named("a", "b")));
        }
        KanRegressor closed = regressor().fit(X, Y);
        closed.close();
        refused("closed", () -> closed.predict(1, 2));
    }

    // ------------------------------------------------------------------------------------------------- rooms below it

    private void tensorsAndRows(Arena arena, Context context) {
        HostTensor x = HostTensor.of(arena, new double[][] {{1, 2}, {3, 4}, {5, 6}});
        HostTensor y = HostTensor.of(arena, new double[][] {{1}, {2}, {3}});
        HostTensor k = HostTensor.of(arena, 0, 1, 2);
        refused("reshape", () -> x.reshape(4, 2));
        refused("slice", () -> x.slice(2, 4));
        refused("index", () -> x.get(3, 0));
        refused("index of three", () -> x.get(1, 1, 1));
        refused("copy of another shape", () -> x.copyFrom(y));
        none("set of read-only", () -> x.asReadOnly().set(1, 0, 0));
        refused("shape below 0", () -> Shape.of(-1));
        refused("shape too large", () -> HostTensor.allocate(arena, DType.F64, 1L << 40, 1L << 40));
        refused("wrapped too little", () -> HostTensor.wrap(x.segment(), DType.F64, 7));
        refused("mapped too far", () -> HostTensor.map(folder.resolve("none"), 0, arena, DType.F64, 7));
        refused("features of labels", () -> Dataset.regression(k.reshape(3, 1), y));
        refused("targets for features", () -> Dataset.regression(x, y.slice(0, 2)));
        refused("targets of another type", () -> Dataset.regression(x, y.to(arena, DType.F32)));
        refused("labels beyond", () -> Dataset.classification(x, k, 2));
        refused("labels of numbers", () -> Dataset.classification(x, y, 3));
        refused("one class", () -> Dataset.classification(x, k, 1));
        Dataset data = Dataset.regression(x, y);
        refused("weights of few", () -> data.withWeights(HostTensor.of(arena, 1.0)));
        refused("weights below 0", () -> data.withWeights(HostTensor.of(arena, 1.0, -1, 1)));
        refused("split 2", () -> data.split(2, 1));
        refused("rows beyond", () -> data.select(3));
        refused("text of rows", () -> data + " and " + Dataset.classification(x, k, 3));
        try (Parameters parameters = Parameters.zeros(KanModel.kan(DType.F64, BSpline.of(2, 1), 2, 1))) {
            refused("cross-entropy of numbers", () -> Metrics.measure(context, parameters, new Loss.CrossEntropy(), data));
            refused("squares of classes",
                    () -> Metrics.measure(context, parameters, new Loss.Mse(), Dataset.classification(x, k, 3)));
            refused("weights of 0",
                    () -> Metrics.measure(context, parameters, new Loss.Mse(), data.withWeights(HostTensor.of(arena,
                            new double[3]))));
            refused("other features", () -> Metrics.measure(context, parameters, new Loss.Mse(), Dataset.regression(y, y)));
            refused("other targets", () -> Metrics.measure(context, parameters, new Loss.Mse(), Dataset.regression(x, x)));
            refused("levels for outputs", () -> Metrics.measure(context, parameters, new Loss.Pinball(List.of(0.1, 0.9)), data));
        }
        refused("levels of 1", () -> new Loss.Pinball(List.of(0.5, 1.0)));
        refused("levels of none", () -> new Loss.Pinball(List.of()));
        refused("Nesterov", () -> new Optimizer.Sgd(0.1, 0, 0, true));
        refused("space of none", () -> new Space(Map.of("a", List.of())));
        refused("search of none", () -> Search.over(new Space(Map.of("a", List.of("1")))).run(null));
        refused("search folds", () -> Search.over(new Space(Map.of())).folds(1));
        refused("search trials", () -> Search.over(new Space(Map.of())).trials(0));
        refused("search time", () -> Search.over(new Space(Map.of())).time(java.time.Duration.ZERO));
    }

    private void modelsAndPasses(Arena arena, Context context) {
        refused("no layers", () -> KanModel.of(DType.F32));
        refused("one width", () -> KanModel.kan(BSpline.of(2, 1), 2));
        refused("labels as a type", () -> KanModel.kan(DType.I32, BSpline.of(2, 1), 2, 1));
        refused("layers that do not fit", () -> KanModel.of(DType.F32, Stream2.layers(2, 3, 2, 1)));
        KanModel model = KanModel.kan(DType.F64, BSpline.of(3, 2), 2, 3, 1);
        HostTensor x = HostTensor.of(arena, new double[][] {{0.1, 0.2}, {0.3, 0.4}});
        HostTensor g = HostTensor.of(arena, new double[][] {{1}, {1}});
        try (Parameters parameters = Parameters.initialise(model, 1);
                Parameters others = Parameters.initialise(KanModel.mlp(DType.F64, Activation.SILU, 2, 1), 1);
                ParameterVector gradients = parameters.newVector();
                Workspace training = Workspace.training(context, parameters, 2);
                Workspace inference = Workspace.inference(context, parameters, 2);
                OptimizerState adam = OptimizerState.of(Optimizer.adamW(0.1, 0), others);
                OptimizerState lbfgs = OptimizerState.of(Lbfgs.of(1), parameters);
                OptimizerState sgd = OptimizerState.of(Optimizer.sgd(0.1, 0.9), parameters);
                Predictor predictor = Predictor.of(parameters)) {
            refused("tensor of no name", () -> parameters.get(arena, "q"));
            none("tensor of another shape", () -> parameters.set("layers.0.coef", x));
            none("tensor of another type",
                    () -> parameters.set("layers.0.base_weight", HostTensor.allocate(arena, DType.F32, 3, 2)));
            none("gradient of knots", () -> gradients.set("layers.0.knots", x));
            none("parameters of another model", () -> parameters.copyFrom(others));
            none("vectors of another model", () -> gradients.copyFrom(others.values()));
            none("backward before forward", () -> training.backward(x, g, gradients, null));
            training.forward(x);
            none("backward of inference", () -> inference.backward(x, g, gradients, null));
            none("gradient of another shape", () -> training.backward(x, x, gradients, null));
            none("input's gradient", () -> training.backward(x, g, gradients, g));
            none("vectors of others", () -> training.backward(x, g, others.values(), null));
            refused("too many rows", () -> training.forward(HostTensor.allocate(arena, DType.F64, 3, 2)));
            refused("too few features", () -> training.forward(HostTensor.allocate(arena, DType.F64, 2, 1)));
            refused("features of float", () -> training.forward(x.to(arena, DType.F32)));
            none("output of another shape", () -> training.forward(x, x));
            none("steps of L-BFGS", () -> lbfgs.step(context, gradients, 1));
            none("fused steps of SGD", () -> sgd.backwardStep(training, x, g, 0.1));
            none("fused steps of others", () -> adam.backwardStep(training, x, g, 0.1));
            refused("a group of none",
                    () -> OptimizerState.of(Optimizer.adamW(0.1, 0), parameters, List.of(ParameterGroup.frozen("q*"))));
            refused("workspace of none", () -> Workspace.inference(context, parameters, 0));
            refused("predicting three", () -> predictor.predict(1.0, 2, 3));
            none("predicting into two", () -> predictor.predict(new double[] {1, 2}, new double[2]));
            refused("predicting floats", () -> predictor.predict(arena, x.to(arena, DType.F32)));
            refused("predicting rows of one", () -> predictor.predict(arena, g));
            none("predicting into features", () -> predictor.predict(x, x));
            refused("no grid to refine", () -> GridRefinement.of(context, others, 9, x));
            refused("a coarser grid", () -> GridRefinement.of(context, parameters, 2, x));
            refused("no grid to update", () -> GridUpdate.defaults().apply(context, others, 0, x));
            refused("direction 2", () -> new Monotonicity(List.of(2, 0), List.of(1)));
            refused("directions of none", () -> new Monotonicity(List.of(0, 0), List.of(1)));
            refused("outputs' direction", () -> new Monotonicity(List.of(1, 0), List.of(0)));
            none("directions of three", () -> new Monotonicity(List.of(1, 0, 0), List.of(1)).require(model));
            none("directions of Chebyshev",
                    () -> new Monotonicity(List.of(1, 0), List.of(1)).require(KanModel.kan(new Chebyshev(3), 2, 1)));
            refused("no monotone column", () -> new MonotoneColumns(Map.of()));
            refused("monotone by words", () -> MonotoneColumns.parse(List.of("a=up")));
            refused("damaged columns", () -> MonotoneColumns.of(Map.of(MonotoneColumns.KEY, "[]")));
            refused("damaged encoding", () -> Encoding.fromJson("{\"data\":1}"));
            refused("encoding of a kind",
                    () -> Encoding.fromJson("{\"data\":\"d\",\"columns\":[{\"type\":\"odd\"}],\"missing\":\"FILL\"}"));
            refused("encoding of no rule", () -> Encoding.fromJson("{\"data\":\"d\",\"columns\":[],\"missing\":\"NOT\","
                    + "\"target\":{\"type\":\"value\",\"name\":\"y\",\"mean\":0,\"deviation\":1}}"));
        }
    }

    private void training(Arena arena, Context context) {
        HostTensor x = HostTensor.of(arena, new double[][] {{0.1, 0.2}, {0.3, 0.4}});
        Dataset data = Dataset.regression(x, HostTensor.of(arena, new double[][] {{1}, {2}}));
        Dataset empty = data.select();
        try (Parameters parameters = Parameters.initialise(KanModel.kan(DType.F64, BSpline.of(3, 2), 2, 1), 1)) {
            refused("average 1", () -> Trainer.builder(parameters).averaging(1));
            refused("steps 0", () -> Trainer.builder(parameters).steps(0));
            refused("accumulation 0", () -> Trainer.builder(parameters).accumulation(0));
            try (Trainer trainer = Trainer.builder(parameters).context(context).epochs(1).build()) {
                refused("no rows", () -> trainer.fit(empty));
                refused("further epochs", () -> trainer.fit(data, null, 0));
                trainer.fit(data);
                refused("done", () -> trainer.fit(data));
            }
            try (Trainer patient = Trainer.builder(parameters).context(context).epochs(1).earlyStopping(1).build()) {
                refused("patience on nothing", () -> patient.fit(data));
            }
            try (Trainer odd = Trainer.builder(parameters).context(context).epochs(1).loss(new Loss.CrossEntropy()).build()) {
                refused("classes of numbers", () -> odd.fit(data));
            }
            refused("fit without rows", () -> Fit.defaults().run(context, parameters.model(), empty));
            refused("fit with grids that fall", () -> Fit.defaults().withRefinements(9, 3));
            refused("fit with no starts", () -> Fit.defaults().withStarts(0, 1));
        }
    }

    private void files(Arena arena) throws IOException {
        HostTensor one = HostTensor.of(arena, 1.0);
        Path file = folder.resolve("m.safetensors");
        refused("no file", () -> Checkpoint.read(file));
        none("a tensor of metadata", () -> Safetensors.write(file, Map.of("__metadata__", one), Map.of()));
        Safetensors.write(file, Map.of("a", one), Map.of());
        refused("no checkpoint", () -> Checkpoint.read(file));
        refused("no tensor", () -> Safetensors.open(file).read(arena, "b"));
        refused("no training", () -> Kan.load(file));
        refused("ONNX of labels", () -> new OnnxOptions(17, DType.I32, "x", "y", false, Map.of(), 1));
        refused("opset 16", () -> new OnnxOptions(16, null, "x", "y", false, Map.of(), 1));
        refused("ONNX names", () -> new OnnxOptions(17, null, "x", "x", false, Map.of(), 1));
        refused("no variant", () -> Variant.of("q"));
        for (Variant variant : Variant.all()) {
            refused(variant.name() + " of none", () -> StateDicts.load("it", variant, Map.of(), "{}"));
            refused(variant.name() + " of one", () -> StateDicts.load("it", variant, Map.of("a", one), "{}"));
            refused(variant.name() + " of a list", () -> StateDicts.load("it", variant, Map.of("a", one), "[]"));
            refused(variant.name() + " of a key", () -> StateDicts.load("it", variant, Map.of("a", one), "{\"q\":1}"));
        }
    }

    /** Layers that may not fit together. */
    private static final class Stream2 {

        static org.kan4j.layer.LayerSpec[] layers(long... pairs) {
            org.kan4j.layer.LayerSpec[] layers = new org.kan4j.layer.LayerSpec[pairs.length / 2];
            Arrays.setAll(layers, i -> org.kan4j.layer.KanLayer.of(pairs[2 * i], pairs[2 * i + 1], BSpline.of(2, 1)));
            return layers;
        }
    }
}
