// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import org.apache.spark.ml.param.StringArrayParam;

/** What both models have in common. */
interface Scoring {

    /** Columns of numbers in place of the vector, where they are set. */
    StringArrayParam inputCols();

    /** What scores. */
    ScoringModel model();

    /** Takes what a directory or a checkpoint holds, if it is of this kind. */
    void setModel(ScoringModel value);
}
