"""Which arithmetic an expression means: the kinds of its values as DuckDB sees them, without digits.

Belongs here: what the library sqlglot infers differently, or not at all. Does not: what follows from a kind (rules).
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

Schema = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Schema → relation → column → DuckDB's type."""

DType = exp.DType
WHOLE = (DType.TINYINT, DType.SMALLINT, DType.INT, DType.BIGINT, DType.INT128, DType.UBIGINT, DType.UINT)
TEXT = (DType.VARCHAR, DType.TEXT)


def simple(tables: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, exp.DataType]]:
    """Types without digits: what matters here is which arithmetic is meant."""
    return {
        table: {column: _simple(type_) for column, type_ in columns.items()}
        for table, columns in tables.items()
    }


def _simple(type_: str) -> exp.DataType:
    if type_.startswith("DECIMAL"):
        return exp.DataType(this=DType.DECIMAL)
    return exp.DataType.build("BIGINT" if type_ in ("INTEGER", "HUGEINT") else type_, dialect="duckdb")


def is_kind(node: exp.Expr | None, *types: DType) -> bool:
    """Whether the value is of one of the kinds."""
    return node is not None and node.type is not None and node.type.this in types


def is_date(node: exp.Expr | None) -> bool:
    """Whether the value is a DATE, or a TIMESTAMP of DuckDB's that stands for one."""
    return is_kind(node, DType.DATE)


def _annotate_literal(annotator: Any, node: exp.Literal) -> exp.Expr:
    """A number with a point is a DECIMAL in both engines."""
    if node.is_string:
        return annotator._set_type(node, DType.VARCHAR)
    return annotator._set_type(node, DType.DECIMAL if "." in node.this else DType.BIGINT)


def _annotate_cast(annotator: Any, node: exp.Cast) -> exp.Expr:
    kind = node.to.this
    simple = DType.BIGINT if kind in WHOLE else kind if not node.to.args.get("nested") else node.to
    return annotator._set_type(node, simple)


def _annotate_arithmetic(annotator: Any, node: exp.Binary) -> exp.Expr:
    """Dates beside days or intervals; a number beside a DOUBLE is a DOUBLE."""
    left, right = node.left, node.right
    kinds = {side.type.this for side in (left, right) if side.type}
    if DType.DATE in kinds:
        is_days = isinstance(node, exp.Sub) and is_date(left) and is_date(right)
        return annotator._set_type(node, DType.BIGINT if is_days else DType.DATE)
    for kind in (DType.UNKNOWN, DType.INTERVAL, DType.DOUBLE, DType.DECIMAL, DType.BIGINT):
        if kind in kinds:
            return annotator._set_type(node, kind)
    return annotator._set_type(node, DType.UNKNOWN)


def _annotate_month_start(annotator: Any, node: exp.Expr) -> exp.Expr:
    """`date_trunc`: a TIMESTAMP at midnight in DuckDB, a DATE here."""
    return annotator._set_type(node, DType.DATE)


def _annotate_as(kind: DType) -> Callable[[Any, exp.Expr], exp.Expr]:
    return lambda annotator, node: annotator._set_type(node, kind)


def _annotate_by(*parts: str) -> Callable[[Any, exp.Expr], exp.Expr]:
    return lambda annotator, node: annotator._annotate_by_args(node, *parts)


def _annotate_series(annotator: Any, node: exp.GenerateSeries) -> exp.Expr:
    kind = "DATE" if node.args.get("step") else "BIGINT"
    return annotator._set_type(node, exp.DataType.build(f"ARRAY<{kind}>"))


def _annotate_explode(annotator: Any, node: exp.Explode) -> exp.Expr:
    array = node.this.type
    element = array.expressions[0] if array is not None and array.expressions else DType.UNKNOWN
    return annotator._set_type(node, element)


def _annotate_quantile(annotator: Any, node: exp.Expr) -> exp.Expr:
    """Interpolated: of a DECIMAL a DECIMAL, of all else a DOUBLE."""
    return annotator._set_type(node, DType.DECIMAL if is_kind(node.this, DType.DECIMAL) else DType.DOUBLE)


def _annotate_anonymous(annotator: Any, node: exp.Anonymous) -> exp.Expr:
    kinds = {
        "to_years": DType.INTERVAL,
        "to_months": DType.INTERVAL,
        "product": DType.DOUBLE,
        "to_days": DType.INTERVAL,
    }
    if node.name.lower() == "regexp_split_to_array":
        return annotator._set_type(node, exp.DataType.build("ARRAY<VARCHAR>"))
    return annotator._set_type(node, kinds.get(node.name.lower(), DType.UNKNOWN))


METADATA: dict[type[exp.Expr], dict[str, Any]] = {
    **DuckDB.EXPRESSION_METADATA,
    exp.Literal: {"annotator": _annotate_literal},
    exp.Cast: {"annotator": _annotate_cast},
    exp.TryCast: {"annotator": _annotate_cast},
    **{kind: {"annotator": _annotate_arithmetic} for kind in (exp.Add, exp.Sub, exp.Mul, exp.Mod)},
    exp.IntDiv: {"returns": DType.BIGINT},
    **{
        kind: {"annotator": _annotate_as(DType.DOUBLE)}
        for kind in (exp.Div, exp.Avg, exp.Sqrt, exp.Pow, exp.Exp, exp.Ln)
    },
    **{
        kind: {"annotator": _annotate_by("this")}
        for kind in (
            exp.Round, exp.Floor, exp.Ceil, exp.Abs, exp.Neg, exp.Sum, exp.Min, exp.Max, exp.AnyValue, exp.Paren,
            exp.First, exp.FirstValue, exp.LastValue, exp.Lag, exp.Lead, exp.ArgMax, exp.ArgMin, exp.PercentileDisc,
            exp.Mode, exp.Nullif, exp.Filter, exp.Window, exp.IgnoreNulls, exp.Distinct,
        )
    },
    **{kind: {"annotator": _annotate_by("this", "expressions")} for kind in (exp.Greatest, exp.Least, exp.Coalesce)},
    **{kind: {"annotator": _annotate_month_start} for kind in (exp.TimestampTrunc, exp.DateTrunc, exp.LastDay)},
    exp.DateFromParts: {"returns": DType.DATE},
    exp.ToDays: {"returns": DType.INTERVAL},
    exp.Interval: {"returns": DType.INTERVAL},
    exp.GenerateSeries: {"annotator": _annotate_series},
    exp.Explode: {"annotator": _annotate_explode},
    **{kind: {"annotator": _annotate_quantile} for kind in (exp.Median, exp.PercentileCont)},
    **{
        kind: {"returns": DType.VARCHAR}
        for kind in (exp.RegexpExtract, exp.SplitPart, exp.RegexpReplace, exp.Translate)
    },
    exp.WithinGroup: {"annotator": _annotate_by("this")},
    exp.Anonymous: {"annotator": _annotate_anonymous},
    **{kind: {"returns": DType.BIGINT} for kind in (exp.RowNumber, exp.Rank, exp.DenseRank, exp.Count, exp.Sign)},
}  # fmt: skip
