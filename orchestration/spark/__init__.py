"""Models on Apache Spark instead of DuckDB (`KOBLING_TARGET=spark`): docs/spark.md, decision 16.

Belongs here: the session, DuckDB's SQL in Spark's, tables as Parquet. Does not: order, contracts, tests
(orchestration/build.py), gate and publication, which read what Spark wrote.
"""
