#!/usr/bin/env python3
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
"""Trains scikit-learn's histogram gradient boosting with its defaults on a table as pandas reads it, texts as categories, and prints the
error on other rows (RMSE, or the share of wrong classes) and the CPU seconds of the training.

  sklearn_trees.py TRAIN.csv TEST.csv TARGET THREADS
"""
import os
import sys

if len(sys.argv) != 5:
    print(__doc__, file=sys.stderr)
    sys.exit(2)
os.environ["OMP_NUM_THREADS"] = sys.argv[4]

import time  # noqa: E402, after the number of threads

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: E402

train, test = pd.read_csv(sys.argv[1]), pd.read_csv(sys.argv[2])
y, wanted = train.pop(sys.argv[3]), test.pop(sys.argv[3])
classes = not pd.api.types.is_numeric_dtype(y)
for column in train.columns:
    if not pd.api.types.is_numeric_dtype(train[column]):
        known = pd.CategoricalDtype(sorted(set(train[column].dropna().astype(str))))
        for rows in (train, test):
            texts = rows[column].astype(object)
            rows[column] = texts.where(texts.isin(known.categories)).astype(known)
start = time.process_time()
model = (HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor)(random_state=0).fit(train, y)
seconds = time.process_time() - start
predicted = model.predict(test)
print(np.mean(predicted != wanted) if classes else np.sqrt(np.mean((predicted - wanted) ** 2)), seconds)
