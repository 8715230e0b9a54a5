// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.kan4j.constraint.MonotoneColumns;
import org.kan4j.data.Splitting;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.error.UnsupportedException;
import org.kan4j.explain.Ensemble;
import org.kan4j.model.KanModel;
import picocli.CommandLine.Option;

/**
 * What tables need of a model: how their rows are held out, what is promised of it and what it predicts. Options of the
 * command line, and as they are part of the effective options in metrics and checkpoints. What is not given is null.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.ANY, getterVisibility = JsonAutoDetect.Visibility.NONE)
final class TableModel {

    @Option(names = "--split", paramLabel = "group=COLUMN|time=COLUMN", description = "Hold rows out by a column, to test and to validate: those of a group together, or the last in time. The column is no "
            + "input. By default each row by chance.")
    private String split;

    @Option(names = "--split-input", arity = "0..1", paramLabel = "true|false", description = "The column of --split is an input of the model too.")
    private Boolean splitInput;

    @Option(names = "--quantile", paramLabel = "F", split = ",", description = "Predict these quantiles of a number instead of its mean, such as 0.05,0.5,0.95, which never cross.")
    private List<Double> quantile;

    @Option(names = "--target-transform", paramLabel = "WHICH", description = "How a number to predict is bent before it is scaled: none, log, asinh, or auto, which compares none and asinh by rows held out where "
            + "a single target has a long tail. Predictions are in the target's own unit. auto by default.")
    private Transform.Choice targetTransform;

    @Option(names = "--monotone", paramLabel = "COLUMN=+|-", split = ",", description = "Columns of numbers with which the prediction, or the probability of the second of two classes, only rises (+) or falls (-), "
            + "such as income=+,age=-: kept and proved. Of bspline, in f64 unless --dtype says otherwise.")
    private List<String> monotone;

    @Option(names = "--calibrate", arity = "0..1", paramLabel = "true|false", description = "Divide the logits of classes by the temperature that suits the rows of --validation, a tenth by default. A calibrated "
            + "model is no checkpoint to resume.")
    private Boolean calibrate;

    @Option(names = "--gam", arity = "0..1", paramLabel = "true|false", description = "No interactions: a sum of functions of one column each (a generalised additive model), which kan4j shapes draws and "
            + "writes as a table.")
    private Boolean gam;

    @Option(names = "--ensemble", paramLabel = "N", description = "Train N networks, with the seeds from --seed on, and write their mean as one ordinary model, which errs less than they do; 1 to 100. "
            + "Not for bases with layer norms or trained functions. 3 for files of up to 50,000 rows where no option says what network or how to train, otherwise 1.")
    private Integer ensemble;

    @Option(names = "--bagging", arity = "0..1", paramLabel = "true|false", description = "Train each network of --ensemble on as many rows drawn with replacement (Breiman, 1996), instead of on all.")
    private Boolean bagging;

    /** Refuses what is wrong by itself, and what contradicts another option. */
    void check(Method method, ModelOptions network) {
        splitting();
        if (additive() && network.hasHidden()) {
            throw new InputException(
                    "--gam and " + network.hiddenOption() + " exclude each other: an additive model has no hidden "
                            + "layer");
        }
        if (monotone != null) {
            monotone();
            if (method.lbfgs()) {
                throw new InputException("--monotone and --optimizer lbfgs exclude each other: each step is put right, which "
                        + "adamw and sgd bear");
            }
            if (!network.basis().equals("bspline")) {
                throw new InputException("--monotone needs a basis with coefficients in order, which bspline has; given --basis "
                        + network.basis());
            }
            if (network.normalised()) {
                throw new InputException("--monotone and --norm exclude each other: a norm ties the columns together");
            }
        }
        if (ensemble != null) {
            Ranges.atLeast("--ensemble", ensemble, 1);
            Ranges.atMost("--ensemble", ensemble, Ensemble.MOST);
            if (ensemble > 1 && method.updatesGrids()) {
                throw new InputException("--ensemble and --update-grid exclude each other: the members share the inputs' grids");
            }
        }
        if (bagged() && (ensemble == null || ensemble < 2)) {
            throw new InputException("--bagging needs --ensemble N of at least 2 networks");
        }
        if (splitInput != null && split == null) {
            throw new InputException("--split-input needs --split group=COLUMN or --split time=COLUMN");
        }
        if (quantile != null) {
            Options.of("--quantile", () -> new Encoding.Quantiles(new Encoding.Value("", 0, 1), quantile));
            if (method.huber()) {
                throw new InputException("--quantile and --huber exclude each other: quantiles have the pinball loss");
            }
        }
    }

    /** Refuses what the task has no use for. */
    void check(Encoding encoding) {
        if ((transform() == Transform.Choice.LOG || transform() == Transform.Choice.ASINH) && encoding.values().isEmpty()) {
            throw new InputException("--target-transform is for a target that is a number, '" + encoding.target().name()
                    + "' is none");
        }
        if (monotone != null) {
            Options.of("--monotone", () -> monotone().of(encoding));
        }
        if (calibrated() && !(encoding.target() instanceof Encoding.Classes)) {
            throw new InputException("--calibrate is for classes, '" + encoding.target().name() + "' is none");
        }
        if (quantile != null && !(encoding.target() instanceof Encoding.Quantiles)) {
            throw new InputException("--quantile is for a target that is a number, '" + encoding.target().name()
                    + "' is not" + (encoding.values().isEmpty() ? "" : " predicted so by the model of --from"));
        }
    }

    /** Refuses networks whose mean is none. */
    void check(KanModel model, ModelOptions.Effective network) {
        if (members() < 2) {
            return;
        }
        Options.of("--ensemble", () -> {
            try {
                Ensemble.requireMean(model, ensemble);
                return model;
            } catch (UnsupportedException e) {
                throw new InputException(
                        "--ensemble is for --basis bspline, fourierkan, mlp and wavkan with a hidden layer, and for "
                                + "chebykan and jacobikan with --norm none or batch; given --basis " + network.basis()
                                + " --norm "
                                + network.norm() + ": " + e.getMessage(),
                        e);
            }
        });
    }

    /** Takes the usual number of networks where none is given. */
    void usually(int members) {
        ensemble = ensemble == null && members > 1 ? Integer.valueOf(members) : ensemble;
    }

    /** Whether each network has rows of its own. */
    boolean bagged() {
        return Boolean.TRUE.equals(bagging);
    }

    /** How many networks the model is the mean of. */
    int members() {
        return ensemble == null ? 1 : ensemble;
    }

    /** The columns in which the model is monotone; null for none. */
    MonotoneColumns monotone() {
        return monotone == null ? null : Options.of("--monotone", () -> MonotoneColumns.parse(monotone));
    }

    /** Whether probabilities are calibrated in the end. */
    boolean calibrated() {
        return Boolean.TRUE.equals(calibrate);
    }

    /** Whether the model is a sum of functions of one column each. */
    boolean additive() {
        return Boolean.TRUE.equals(gam);
    }

    /** Refuses a known set, which has parts of its own. */
    void refuseForSet(String data) {
        String given = Stream
                .of(split != null ? "--split" : null, monotone != null ? "--monotone" : null,
                        quantile != null ? "--quantile" : null, targetTransform != null ? "--target-transform" : null)
                .filter(option -> option != null).collect(Collectors.joining(", "));
        if (!given.isEmpty()) {
            throw new InputException(given + ": for files, not for '" + data + "'");
        }
    }

    /** What decides which rows are held out. */
    Splitting splitting() {
        if (split == null) {
            return Splitting.RANDOM;
        }
        int equals = split.indexOf('=');
        String column = split.substring(equals + 1);
        String kind = equals < 0 ? "" : split.substring(0, equals);
        if (column.isEmpty() || !kind.equals("group") && !kind.equals("time")) {
            throw new InputException("--split must be group=COLUMN or time=COLUMN, given '" + split + "'");
        }
        return (kind.equals("group") ? Splitting.group(column) : Splitting.time(column))
                .withInput(Boolean.TRUE.equals(splitInput));
    }

    /** How a number to predict is bent. */
    Transform.Choice transform() {
        return targetTransform == null ? Transform.Choice.AUTO : targetTransform;
    }

    /** What was chosen, which is part of the command that trains so again. */
    void chosen(Transform.Kind kind) {
        targetTransform = Transform.Choice.valueOf(kind.name());
    }

    /** Refuses what a model that is gone on with has decided. */
    void refuseWithFrom() {
        if (targetTransform != null) {
            throw new InputException("--from keeps the target of the model; leave out --target-transform");
        }
    }

    /** Levels of the quantiles to predict; empty for a number. */
    List<Double> levels() {
        return quantile == null ? List.of() : quantile;
    }
}
