// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.IOException;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.regression.RegressionModel;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** Tells a number by a network that kan4j trained. */
public final class KanRegressionModel extends RegressionModel<Vector, KanRegressionModel>
        implements Scoring, DefaultParamsWritable {

    private static final long serialVersionUID = 1L;

    private final String uid;
    private final StringArrayParam inputCols = InputColumns.param(this);
    private ScoringModel model;

    /** For Spark, which fills what it loads. */
    public KanRegressionModel(String uid) {
        this(Uid.announce(uid));
    }

    private KanRegressionModel(Uid uid) {
        this.uid = uid.taken();
    }

    /** A checkpoint, such as {@code kan4j train} writes to a local file, as a stage. */
    public static KanRegressionModel fromCheckpoint(String path) throws IOException {
        KanRegressionModel made = new KanRegressionModel(Identifiable$.MODULE$.randomUID("kanr"));
        made.setModel(ScoringModel.read(path));
        return made;
    }

    /** Reads directories that {@link #save} wrote, here or in kan4j-spark. */
    public static MLReader<KanRegressionModel> read() {
        return new ModelFiles.Reader<>();
    }

    /** Reads a directory that {@link #save} wrote, here or in kan4j-spark. */
    public static KanRegressionModel load(String path) {
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
    public KanRegressionModel setInputCols(String[] names) {
        set(inputCols, names);
        return this;
    }

    @Override
    public ScoringModel model() {
        return model;
    }

    @Override
    public void setModel(ScoringModel value) {
        model = value.require(false);
    }

    @Override
    public int numFeatures() {
        return model.features();
    }

    @Override
    public double predict(Vector features) {
        return model.outputs(features)[0];
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
    public KanRegressionModel copy(ParamMap extra) {
        KanRegressionModel copied = copyValues(new KanRegressionModel(uid), extra);
        copied.model = model;
        copied.setParent(parent());
        return copied;
    }
}
