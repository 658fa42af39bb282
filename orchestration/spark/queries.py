"""Whole queries: steps, windows, `unnest`, `qualify` and `union by name`, which Spark knows otherwise or not at all."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp


class Untranslatable(Exception):
    """SQL that Spark is not known to answer as DuckDB does."""


@dataclass(frozen=True)
class Step:
    """A query of several that make a model: its result is called `name` in those that follow."""

    name: str
    sql: str


def relation_name(schema: str, name: str) -> str:
    """A relation's name in Spark: temporary views know no schemas."""
    return f"{schema}__{name}"


SMALL = 3
"""So many relations a query may read, all that it rests on written out, and be read more than once all the same."""


def steps(tree: exp.Expr, name: str) -> Iterator[Step]:
    """The query in parts: what is read more than once, and the rest, in the order of what reads what.

    Args:
        tree: the query for Spark, changed by this.
        name: the model's.
    """
    with_ = tree.args.get("with_")
    ctes = list(with_.expressions) if with_ and not with_.args.get("recursive") else []
    parts: dict[str, exp.Expr] = {cte.alias: cte.this for cte in ctes}
    reads = {part: Counter(_read(query, parts)) for part, query in parts.items()}
    if ctes:
        tree.set("with_", None)
    reads[name] = Counter(_read(tree, parts))
    times = sum(reads.values(), Counter())
    sizes: dict[str, int] = {}
    apart: dict[str, exp.Expr] = {}
    for part, query in parts.items():
        own = sum(1 for table in query.find_all(exp.Table) if table.name not in parts)
        sizes[part] = own + sum(
            1 if read in apart else sizes[read] * count for read, count in reads[part].items()
        )
        if times[part] > 1 and sizes[part] > SMALL:
            apart[part] = query
    for part, query in (*apart.items(), (name, tree)):
        inline = _inline(part, reads, apart)
        for other in (query, *(parts[found] for found in inline)):
            for table in other.find_all(exp.Table):
                if table.name in apart:
                    table.set("this", exp.to_identifier(relation_name(name, table.name)))
        used = [
            exp.CTE(this=parts[found].copy(), alias=exp.TableAlias(this=exp.to_identifier(found)))
            for found in parts
            if found in inline
        ]
        if used:
            query = query.copy()
            query.set("with_", exp.With(expressions=used))
        yield Step(part if part == name else relation_name(name, part), query.sql("spark"))


def _read(query: exp.Expr, parts: Mapping[str, exp.Expr]) -> Iterator[str]:
    return (table.name for table in query.find_all(exp.Table) if table.name in parts)


def _inline(part: str, reads: Mapping[str, Counter[str]], apart: Mapping[str, exp.Expr]) -> set[str]:
    """The CTEs that a query needs written before it."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        for read in reads[waiting.pop()]:
            if read not in apart and read not in found:
                found.add(read)
                waiting.append(read)
    return found


def qualified(select: exp.Select) -> None:
    """`qualify` as a column that the rows are then chosen by: the condition may read what is not returned."""
    condition = select.args.get("qualify")
    if condition is None:
        return
    names = [item.alias_or_name for item in select.expressions]
    inner = select.copy()
    for part in ("with_", "distinct", "order", "limit"):
        inner.set(part, None)
    inner.set("qualify", None)
    inner.select(exp.alias_(exp.paren(condition.this.copy()), KEPT), copy=False)
    outer = exp.select(*(exp.column(name, table="judged") for name in names)).from_(inner.subquery("judged"))
    outer = outer.where(exp.column(KEPT, table="judged"))
    for part in ("with_", "distinct", "order", "limit"):
        if select.args.get(part):
            outer.set(part, select.args[part])
    if select.args.get("order"):
        raise Untranslatable("an order beside a qualify")
    select.replace(outer) if select.parent else _become(select, outer)


KEPT = "is_kept"


def windows(select: exp.Select) -> None:
    """Named windows written out: Spark's can neither be added to nor carry a frame past a function without one."""
    named = {window.this.name: window for window in select.args.get("windows") or []}
    for node in list(select.find_all(exp.Window)):
        window = named.get(node.alias)
        if window is None or node.find_ancestor(exp.Select) is not select or node in named.values():
            continue
        for part in ("partition_by", "order", "spec"):
            if window.args.get(part) and not node.args.get(part):
                node.set(part, _copied(window.args[part]))
        node.set("alias", None)
        node.set("over", "OVER")
        function = node.this.this if isinstance(node.this, exp.IgnoreNulls) else node.this
        if isinstance(function, WITHOUT_FRAME):
            node.set("spec", None)
    select.set("windows", None)


WITHOUT_FRAME = (exp.Lag, exp.Lead, exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank)


def _copied(found: Any) -> Any:
    return [part.copy() for part in found] if isinstance(found, list) else found.copy()


def by_name(union: exp.SetOperation) -> None:
    """`union by name` as a union by place; what one side does not have is NULL there."""
    if not union.args.get("by_name"):
        return
    left, right = union.this.named_selects, union.expression.named_selects
    names = [*left, *(name for name in right if name not in left)]
    for side, own in (("this", left), ("expression", right)):
        if own != names:
            columns = [
                exp.column(name, table="side") if name in own else exp.alias_(exp.null(), name)
                for name in names
            ]
            union.set(side, exp.select(*columns).from_(union.args[side].copy().subquery("side")))
    union.set("by_name", False)


def _become(select: exp.Select, outer: exp.Select) -> None:
    for key in list(select.args):
        select.set(key, None)
    for key, value in outer.args.items():
        select.set(key, value)


def lateral(select: exp.Select) -> None:
    """`select unnest(list)` as a lateral view; several of one select go through their lists together."""
    found = [
        node
        for item in select.expressions
        for node in item.find_all(exp.Explode)
        if node.find_ancestor(exp.Select) is select
    ]
    if not found:
        return
    if select.args.get("group") or any(_of(select, exp.Window)):
        raise Untranslatable("unnest beside a window or a group")
    lists = [node.this.copy() for node in found]
    alias = "unnested"
    if len(found) == 1:
        names, rows = ["item"], exp.func("EXPLODE", lists[0])
    else:
        names = [f"item_{place}" for place in range(len(found))]
        rows = exp.func("INLINE", exp.func("ARRAYS_ZIP", *lists))
    for node, name in zip(found, names, strict=True):
        column = exp.column(name, table=alias)
        column.type = node.type
        node.replace(column)
    columns = [exp.to_identifier(name) for name in names]
    select.append(
        "laterals",
        exp.Lateral(
            this=rows, view=True, alias=exp.TableAlias(this=exp.to_identifier(alias), columns=columns)
        ),
    )


def _of(select: exp.Select, kind: type[exp.Expr]) -> list[exp.Expr]:
    """The nodes in what the select returns, without those of subqueries."""
    return [
        node
        for item in select.expressions
        for node in item.find_all(kind)
        if node.find_ancestor(exp.Select) is select
    ]
