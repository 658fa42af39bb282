"""A model's compiled SQL, which is DuckDB's, in Spark's SQL with the same meaning to the øre.

Belongs here: what the two engines say differently, or say alike and mean differently (rounding, division, dates, NULL
in aggregates). The library sqlglot reads, types and writes the SQL; what it translates rightly is not repeated here.
An expression that is only known to mean something else raises `Untranslatable`: a wrong figure is worse than none.
Does not: running anything.
"""

from sqlglot import exp, parse_one
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from orchestration.spark.kinds import METADATA, DType, Schema, simple
from orchestration.spark.queries import Step, by_name, lateral, qualified, steps, windows
from orchestration.spark.rules import in_sparks_words


def spark_type(type_: str) -> str:
    """Spark's type for a column of DuckDB's.

    A HUGEINT, which is what DuckDB's sums of whole numbers are, becomes DECIMAL(38, 0).
    """
    return exp.DataType.build(type_, dialect="duckdb").transform(_spark_type).sql("spark")


def _spark_type(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.DataType):
        if node.this == DType.INT128:
            return exp.DataType.build("DECIMAL(38, 0)")
        if node.this == DType.TIMESTAMP:
            return exp.DataType.build("TIMESTAMP_NTZ", dialect="spark")
    return node


def translate(sql: str, schema: Schema, name: str) -> list[Step]:
    """The queries for Spark, each of which reads those before it; the last one is the model.

    Spark writes a CTE out wherever it is read: of a matching step's rounds, each of which reads all earlier ones
    several times, that is more than a computer can hold. What is read more than once is a step of its own.

    Args:
        sql: a query in DuckDB's dialect, as dbt compiled it.
        schema: the columns of every relation that it reads.
        name: the model's; its steps are called after it.

    Raises:
        Untranslatable: it has something that is not known to mean the same in Spark.
    """
    known = MappingSchema(
        {"kobling": {name: simple(tables) for name, tables in schema.items()}}, dialect="duckdb"
    )
    tree = parse_one(sql, read="duckdb")
    tree = qualify(tree, schema=known, dialect="duckdb", identify=False, quote_identifiers=False)
    tree = annotate_types(tree, schema=known, dialect="duckdb", expression_metadata=METADATA)
    # from the leaves to the root: a rule finds what it is made of in Spark's words already, with DuckDB's types
    for node in reversed(list(tree.dfs())):
        translated = in_sparks_words(node)
        if translated is not node:
            node.replace(translated)
    for select in list(tree.find_all(exp.Select)):
        windows(select)
        lateral(select)
        qualified(select)
    for union in reversed(list(tree.find_all(exp.SetOperation))):
        by_name(union)
    return list(steps(tree, name))
