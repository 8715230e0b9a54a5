-- kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
--
-- The Parquet files beside this one, made with DuckDB 1.1.3.
COPY (SELECT i::INTEGER AS id, i::BIGINT AS big, (i / 4.0)::FLOAT AS single, (i / 8.0)::DOUBLE AS double,
      'k' || (i % 3) AS kind, i % 2 = 0 AS flag, (i / 10.0)::DECIMAL(9, 2) AS price,
      CASE WHEN i % 5 = 4 THEN NULL ELSE i END AS gap, DATE '2020-01-01' + i::INTEGER AS day, [i, i] AS list
      FROM range(12) t(i))
  TO 'types.parquet' (FORMAT PARQUET, CODEC 'SNAPPY');
COPY (SELECT i::INTEGER AS id, ((i * 37) % 1000 / 500.0 - 1)::FLOAT AS x, 'k' || (i % 3) AS kind,
      (((i * 37) % 1000 / 500.0 - 1) * 2 + i % 3)::FLOAT AS y FROM range(10000) t(i))
  TO 'groups.parquet' (FORMAT PARQUET, CODEC 'ZSTD', ROW_GROUP_SIZE 2048);
COPY (SELECT i::INTEGER AS x, 2 * i AS y FROM range(100) t(i)) TO 'plain.parquet' (FORMAT PARQUET, CODEC 'UNCOMPRESSED');
COPY (SELECT i::INTEGER AS x, 2 * i AS y FROM range(100) t(i)) TO 'lz4.parquet' (FORMAT PARQUET, CODEC 'LZ4_RAW');
COPY (SELECT i::INTEGER AS x, 2 * i AS y FROM range(100) t(i)) TO 'gzip.parquet' (FORMAT PARQUET, CODEC 'GZIP');
COPY (SELECT i::INTEGER AS x, 2 * i AS y FROM range(100) t(i)) TO 'brotli.parquet' (FORMAT PARQUET, CODEC 'BROTLI');
