#!/usr/bin/env python3
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
"""Writes the tables of bench/tabular as CSV files, NAME.TARGET.csv, and says which it could not make.

Generated ones need numpy; iris, wine, breast_cancer, diabetes and digits are read from an installed scikit-learn; the others from
Debian's packages of R's data sets, which are fetched by apt-get and unpacked beside the files, and read by the Python package rdata.

  data.py FOLDER [NAME...]
"""
import bz2
import lzma
import pathlib
import struct
import subprocess
import sys
import warnings
import zlib

import numpy as np

warnings.filterwarnings("ignore")

MOST_ROWS = 20000


def frame(columns):
    """Columns by name, of equal length."""
    return {name: list(values) for name, values in columns.items()}


def generated():
    """Name: target and a function that makes the columns; every set has a seed of its own."""

    def numbers(x):
        return {f"x{i}": x[:, i] for i in range(x.shape[1])}

    def friedman1(r):
        x = r.random((2000, 10))
        y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
        return {**numbers(x), "y": y + r.normal(0, 1, 2000)}

    def circuit(r):
        x = r.random((2000, 4)) * [100, 520 * np.pi, 1, 10] + [0, 40 * np.pi, 0, 1]
        return x, x[:, 1] * x[:, 2] - 1 / (x[:, 1] * x[:, 3])

    def friedman2(r):
        x, reactance = circuit(r)
        return {**numbers(x), "y": np.hypot(x[:, 0], reactance) + r.normal(0, 125, 2000)}

    def friedman3(r):
        x, reactance = circuit(r)
        return {**numbers(x), "y": np.arctan(reactance / x[:, 0]) + r.normal(0, 0.1, 2000)}

    def linear(r):
        x = r.normal(0, 1, (250, 8))
        return {**numbers(x), "y": x @ [1, -0.7, 0.5, 0.3, 0, 0, 0, 0] + r.normal(0, 1.5, 250)}

    def smooth(r):
        x = r.uniform(-1, 1, (3000, 3))
        return {**numbers(x), "y": np.exp(np.sin(np.pi * x[:, 0]) + x[:, 1] ** 2) * np.cos(2 * x[:, 2] + x[:, 0])}

    def lognormal(r):
        z = r.normal(0, 1, (3000, 4))
        y = np.sin(1.5 * z[:, 0]) + z[:, 1] + 0.5 * z[:, 2] * z[:, 3] + r.normal(0, 0.1, 3000)
        return {**numbers(np.exp(1.5 * z)), "y": y}

    def outlier(r):
        x = r.normal(0, 1, (2000, 4))
        y = np.tanh(2 * x[:, 0]) + x[:, 1] * x[:, 2] + r.normal(0, 0.2, 2000)
        x[17, 0] = 1e30
        return {**numbers(x), "y": y}

    def categories(r):
        a, b, c = r.integers(0, 12, 4000), r.integers(0, 6, 4000), r.integers(0, 30, 4000)
        x = r.random((4000, 2))
        effects = r.normal(0, 1, (12, 6)), r.normal(0, 1, 30), r.normal(0, 2, 12)
        y = effects[0][a, b] + effects[1][c] + effects[2][a] * np.sin(3 * x[:, 0]) + r.normal(0, 0.3, 4000)
        return {"a": [f"a{i}" for i in a], "b": [f"b{i}" for i in b], "c": [f"c{i}" for i in c], **numbers(x), "y": y}

    def steps(r):
        x = r.random((MOST_ROWS, 8))
        y = 2 * (x[:, 0] > 0.5) * (x[:, 1] > 0.3) + (x[:, 2] * x[:, 3] > 0.25) * x[:, 4] + np.floor(5 * x[:, 5]) / 5
        return {**numbers(x), "y": y + r.normal(0, 0.1, MOST_ROWS)}

    def tails(r):
        x = r.normal(0, 1, (3000, 5))
        return {**numbers(x), "y": np.exp(x[:, 0] + 0.5 * x[:, 1] * x[:, 2] + 0.3 * x[:, 3] + r.normal(0, 0.2, 3000))}

    makers = [friedman1, friedman2, friedman3, linear, smooth, lognormal, outlier, categories, steps, tails]
    return {m.__name__: ("y", lambda m=m, seed=i: frame(m(np.random.default_rng(seed)))) for i, m in enumerate(makers)}


def scikit_learn():
    """The sets in scikit-learn's package."""

    def load(name):
        import sklearn.datasets

        d = getattr(sklearn.datasets, "load_" + name)()
        names = getattr(d, "feature_names", None)
        names = [f"x{i}" for i in range(d.data.shape[1])] if names is None else names
        y = d.target if name == "diabetes" else [f"c{i}" for i in d.target]
        return frame({**{str(n).replace(",", ""): d.data[:, i] for i, n in enumerate(names)}, "target": y})

    return {n: ("target", lambda n=n: load(n)) for n in ["diabetes", "iris", "wine", "breast_cancer", "digits"]}


# Debian package, folder of its data below usr/lib/R, object, target, columns to leave out.
R_SETS = {
    "boston": ("r-cran-mass", "library/MASS/data/Rdata", "Boston", "medv", ()),
    "concrete": ("r-cran-modeldata", "site-library/modeldata/data/Rdata", "concrete", "compressive_strength", ()),
    "ames": ("r-cran-modeldata", "site-library/modeldata/data/Rdata", "ames", "Sale_Price", ()),
    "sacramento": ("r-cran-modeldata", "site-library/modeldata/data/Rdata", "Sacramento", "price", ("zip",)),
    "car_prices": ("r-cran-modeldata", "site-library/modeldata/data/Rdata", "car_prices", "Price", ()),
    "chicago": ("r-cran-modeldata", "site-library/modeldata/data/Rdata", "Chicago", "ridership", ("date",)),
    "diamonds": ("r-cran-ggplot2", "site-library/ggplot2/data/Rdata", "diamonds", "price", ()),
    "faithful": ("r-cran-ggplot2", "site-library/ggplot2/data/Rdata", "faithfuld", "density", ()),
    "vocabulary": ("r-cran-cardata", "site-library/carData/data/Rdata", "Vocab", "vocabulary", ()),
    "wages": ("r-cran-cardata", "site-library/carData/data/Rdata", "SLID", "wages", ()),
    "salaries": ("r-cran-cardata", "site-library/carData/data/Rdata", "Salaries", "salary", ()),
    "attrition": ("r-cran-modeldata", "site-library/modeldata/data/Rdata", "attrition", "Attrition", ()),
    "cells": ("r-cran-modeldata", "site-library/modeldata/data/Rdata", "cells", "class", ("case",)),
    "hpc": ("r-cran-modeldata", "site-library/modeldata/data/Rdata", "hpc_data", "class", ()),
    "churn": ("r-cran-modeldata", "site-library/modeldata/data/Rdata", "mlc_churn", "churn", ()),
    "credit": ("r-cran-modeldata", "site-library/modeldata/data/Rdata", "credit_data", "Status", ()),
    "letters": ("r-cran-mlbench", "site-library/mlbench/data/LetterRecognition.rda", "LetterRecognition", "lettr", ()),
}


def unpacked(record):
    """A record of R's lazy-load databases: length, kind of compression, data."""
    length, kind = struct.unpack(">I", record[:4])[0], record[4:5]
    if kind == b"2":
        return bz2.decompress(record[5:])
    if kind == b"Z":
        raw = lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": 9}])
        return raw.decompress(record[5:], length)
    data = zlib.decompress(record[4:])
    assert len(data) == length
    return data


def r_set(folder, package, place, name, target, drop):
    """A data frame of a Debian package."""
    import rdata

    root = folder / "packages" / package
    if not root.is_dir():
        downloads = folder / "packages"
        downloads.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", package], cwd=downloads, check=True, capture_output=True)
        subprocess.run(["dpkg", "-x", next(downloads.glob(package + "_*.deb")), root], check=True)
    path = root / "usr/lib/R" / place
    if path.suffix == ".rda":
        table = rdata.conversion.convert(rdata.parser.parse_file(path))[name]
    else:
        index = rdata.conversion.convert(rdata.parser.parse_file(path.with_suffix(".rdx")))
        at, length = (int(i) for i in index["variables"][name])
        blob = path.with_suffix(".rdb").read_bytes()[at:at + length]
        table = rdata.conversion.convert(rdata.parser.parse_data(unpacked(blob)))
    table.columns = [str(c) for c in table.columns]
    table = table[table[target].notna()].drop(columns=list(drop))
    if len(table) > MOST_ROWS:
        table = table.sample(MOST_ROWS, random_state=1)
    return frame({c: table[c].astype(object).where(table[c].notna(), None) for c in table.columns})


def cell(value):
    if value is None or value != value:
        return ""
    if isinstance(value, (float, np.floating)):
        return repr(float(value)) if float(value) != int(value) or abs(value) > 1e15 else str(int(value))
    return str(value)


def write(path, columns):
    names = list(columns)
    lines = [",".join(names)] + [",".join(map(cell, row)) for row in zip(*columns.values())]
    path.write_text("\n".join(lines) + "\n")


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    makers = {**generated(), **scikit_learn()}
    for name, (package, place, of, target, drop) in R_SETS.items():
        makers[name] = (target, lambda a=(package, place, of, target, drop): r_set(folder, *a))
    unknown = [name for name in sys.argv[2:] if name not in makers]
    if unknown:
        print(f"data.py: no set is named {', '.join(unknown)}; known are {', '.join(makers)}", file=sys.stderr)
        return 2
    for name in sys.argv[2:] or makers:
        target, make = makers[name]
        path = folder / f"{name}.{target}.csv"
        if not path.exists():
            try:
                write(path, make())
            except (ImportError, OSError, subprocess.CalledProcessError, StopIteration) as e:
                print(f"data.py: {name} is left out: {e!r}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
