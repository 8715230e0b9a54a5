// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.IOException;
import java.util.Arrays;
import org.apache.spark.ml.classification.ProbabilisticClassificationModel;
import org.apache.spark.ml.linalg.DenseVector;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** Tells one of several classes by a network that kan4j trained: logits, probabilities, and the class by the thresholds. */
public final class KanClassificationModel extends ProbabilisticClassificationModel<Vector, KanClassificationModel>
        implements
        Scoring,
        DefaultParamsWritable {

    private static final long serialVersionUID = 1L;

    private final String uid;
    private final StringArrayParam inputCols = InputColumns.param(this);
    private ScoringModel model;

    /** For Spark, which fills what it loads. */
    public KanClassificationModel(String uid) {
        this(Uid.announce(uid));
    }

    private KanClassificationModel(Uid uid) {
        this.uid = uid.taken();
    }

    /** A checkpoint, such as {@code kan4j train} writes to a local file, as a stage. */
    public static KanClassificationModel fromCheckpoint(String path) throws IOException {
        KanClassificationModel made = new KanClassificationModel(Identifiable$.MODULE$.randomUID("kanc"));
        made.setModel(ScoringModel.read(path));
        return made;
    }

    /** Reads directories that {@link #save} wrote, here or in kan4j-spark. */
    public static MLReader<KanClassificationModel> read() {
        return new ModelFiles.Reader<>();
    }

    /** Reads a directory that {@link #save} wrote, here or in kan4j-spark. */
    public static KanClassificationModel load(String path) {
        return read().load(path);
    }

    @Override
    public String uid() {
        return uid == null ? Uid.announced() : uid;
    }

    @Override
    public StringArrayParam inputCols() {
        return inputCols;
    }

    /** Columns of numbers, or of true and false, in place of the vector; null counts as missing. */
    public KanClassificationModel setInputCols(String[] names) {
        set(inputCols, names);
        return this;
    }

    @Override
    public ScoringModel model() {
        return model;
    }

    @Override
    public void setModel(ScoringModel value) {
        model = value.require(true);
    }

    @Override
    public int numFeatures() {
        return model.features();
    }

    @Override
    public int numClasses() {
        return model.width();
    }

    @Override
    public Vector predictRaw(Vector features) {
        // Less their mean: evaluators order rows by the raw prediction of class 1 alone.
        double[] logits = model.outputs(features);
        double mean = Arrays.stream(logits).average().orElse(0);
        Arrays.setAll(logits, i -> logits[i] - mean);
        return Vectors.dense(logits);
    }

    @Override
    public Vector raw2probabilityInPlace(Vector raw) {
        ScoringModel.softmax(((DenseVector) raw).values());
        return raw;
    }

    /** Two classes above have it, since Spark 4, with results that javac cannot reconcile; it is for summaries of a training. */
    @SuppressWarnings({"rawtypes", "unchecked"})
    public scala.Tuple3 findSummaryModel() {
        throw new UnsupportedOperationException("kan4j-spark-scoring trains nothing, and so has no summary of a training");
    }

    @Override
    public StructType transformSchema(StructType schema) {
        return InputColumns.schema(this, schema, super::transformSchema);
    }

    @Override
    public Dataset<Row> transform(Dataset<?> rows) {
        Requirements.check(rows.sparkSession().version());
        return InputColumns.isSet(this) ? InputColumns.transform(this, rows) : super.transform(rows);
    }

    @Override
    public MLWriter write() {
        return new ModelFiles.Writer(DefaultParamsWritable.super.write(), model);
    }

    @Override
    public KanClassificationModel copy(ParamMap extra) {
        KanClassificationModel copied = copyValues(new KanClassificationModel(uid), extra);
        copied.model = model;
        copied.setParent(parent());
        return copied;
    }
}
