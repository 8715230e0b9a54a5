# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#
# Makes logical.parquet beside this file, with pyarrow 25: a column of every logical type, six rows in groups of four.
import datetime
import decimal

import pyarrow as pa
import pyarrow.parquet as pq

rows = range(6)
day = datetime.datetime(2020, 1, 1)
columns = {
    "u8": pa.array([250 + i for i in rows], pa.uint8()),
    "u16": pa.array([65530 + i for i in rows], pa.uint16()),
    "u32": pa.array([2**32 - 6 + i for i in rows], pa.uint32()),
    "u64": pa.array([2**64 - 1 - i * 2**60 for i in rows], pa.uint64()),
    "i8": pa.array([-i for i in rows], pa.int8()),
    "half": pa.array([i / 4 for i in rows], pa.float64()).cast(pa.float16()),
    "wide decimal": pa.array([decimal.Decimal(-i) / 4 for i in rows], pa.decimal128(38, 2)),
    "decimal": pa.array([decimal.Decimal(i) / 4 for i in rows], pa.decimal128(9, 2)),
    "flag": pa.array([i % 2 == 0 for i in rows]),
    "nothing": pa.nulls(6),
    "empty": pa.array([None] * 6, pa.float64()),
    "gap": pa.array([None if i == 4 else i for i in rows], pa.int64()),
    "day": pa.array([day.date() + datetime.timedelta(i) for i in rows], pa.date32()),
    "local": pa.array([day + datetime.timedelta(hours=i) for i in rows], pa.timestamp("us")),
    "instant": pa.array([day + datetime.timedelta(hours=i) for i in rows], pa.timestamp("ms", tz="UTC")),
    "time": pa.array([datetime.time(1, 2, i + 1) for i in rows], pa.time64("us")),
    "kind": pa.array([f"k{i % 2}" for i in rows]).dictionary_encode(),
    "x.y": pa.array([i / 2 for i in rows]),
    "list": pa.array([[1, 2]] * 6, pa.list_(pa.int32())),
}
pq.write_table(pa.table(columns), "logical.parquet", row_group_size=4)
