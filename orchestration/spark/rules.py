"""Expressions that the two engines say differently, or say alike and mean differently: one rule a kind of expression.

Belongs here: rounding, division, casts, dates, texts, aggregates. A rule finds what an expression is made of in
Spark's words already, with the kinds that its values have in DuckDB. Does not: whole queries (queries).
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp, parse_one

from orchestration.spark.kinds import TEXT, WHOLE, DType, is_date, is_kind
from orchestration.spark.queries import Untranslatable, relation_name

_WORD = "0-9A-Za-z_"
_WORD_BOUNDARY = f"(?:(?<=[{_WORD}])(?![{_WORD}])|(?<![{_WORD}])(?=[{_WORD}]))"


def in_sparks_words(node: exp.Expr) -> exp.Expr:
    """The expression for Spark; itself where nothing is to be said.

    Raises:
        Untranslatable: it is not known to mean the same.
    """
    rule = RULES.get(type(node))
    translated = rule(node) if rule else node
    if translated is not node and translated.type is None:
        translated.type = node.type
    return translated


def _double(node: exp.Expr) -> exp.Expr:
    if is_kind(node, DType.DOUBLE):
        return exp.paren(node) if isinstance(node, exp.Binary) else node
    return _typed(exp.cast(node.copy(), "DOUBLE"), DType.DOUBLE)


def _typed(node: exp.Expr, kind: DType) -> exp.Expr:
    node.type = exp.DataType.build(kind)
    return node


def _call(name: str, *arguments: exp.Expr | int | float | str) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[_literal(argument) for argument in arguments])


def _form(sql: str, **values: exp.Expr) -> exp.Expr:
    """Spark's SQL, with an expression for each of its names that is given one."""
    return parse_one(sql, read="spark").transform(lambda part: _value(part, values))


def _value(part: exp.Expr, values: Mapping[str, exp.Expr]) -> exp.Expr:
    if not isinstance(part, exp.Column) or part.table or part.name not in values:
        return part
    value = values[part.name].copy()
    return exp.paren(value) if isinstance(value, exp.Binary) else value


def _literal(argument: exp.Expr | int | float | str) -> exp.Expr:
    return argument.copy() if isinstance(argument, exp.Expr) else exp.convert(argument)


def _table(node: exp.Table) -> exp.Expr:
    if not node.db:
        return node
    return exp.Table(
        this=exp.to_identifier(relation_name(node.db, node.name)),
        alias=node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(node.name)),
        joins=node.args.get("joins"),
    )


def _div(node: exp.Div) -> exp.Expr:
    """DuckDB divides as DOUBLE, Spark decimals as decimals."""
    return exp.Div(this=_double(node.this), expression=_double(node.expression), typed=False, safe=False)


def _round(node: exp.Round) -> exp.Expr:
    """A DOUBLE is rounded as the binary number that it is (1.005 is below the tie); Spark rounds its shortest text."""
    places = node.args.get("decimals")
    if places is None or is_kind(node.this, DType.DECIMAL, *WHOLE):
        return node
    if not is_kind(node.this, DType.DOUBLE):
        raise Untranslatable(f"round of an unknown type: {node.sql('duckdb')}")
    return exp.paren(_scaled_round(node.this, int(places.name)))


def _scaled_round(node: exp.Expr, places: int) -> exp.Expr:
    factor = exp.cast(exp.Literal.number(10**places), "DOUBLE")
    rounded = exp.Round(this=exp.Mul(this=exp.paren(node.copy()), expression=factor))
    return _typed(exp.Div(this=rounded, expression=factor.copy()), DType.DOUBLE)


def _cast(node: exp.Cast) -> exp.Expr:
    """To a whole number DuckDB rounds (a DOUBLE to the even neighbour, a DECIMAL away from zero) and Spark cuts off."""
    to, this = node.to, node.this
    if to.this in WHOLE:
        to = exp.DataType.build("DECIMAL(38, 0)") if to.this == DType.INT128 else to
        if is_kind(this, DType.DOUBLE):
            this = _call("BROUND", this, 0)
        elif is_kind(this, DType.DECIMAL):
            this = exp.Round(this=this.copy(), decimals=exp.Literal.number(0))
        elif not isinstance(this, exp.Null) and not is_kind(this, DType.BOOLEAN, *TEXT, *WHOLE):
            raise Untranslatable(f"a cast of an unknown type: {node.sql('duckdb')}")
    elif to.this == DType.DECIMAL and is_kind(this, DType.DOUBLE):
        this = _scaled_round(this, int(to.expressions[1].name))
    elif (
        to.this == DType.DECIMAL
        and not isinstance(this, exp.Null)
        and not is_kind(this, DType.DECIMAL, *TEXT, *WHOLE)
    ):
        raise Untranslatable(f"a cast of an unknown type: {node.sql('duckdb')}")
    elif to.this == DType.DATE and is_date(this):
        return this
    elif to.this == DType.TIMESTAMP:
        to = exp.DataType.build("TIMESTAMP_NTZ", dialect="spark")
    return type(node)(this=this.copy(), to=to.copy())


def _plus(node: exp.Add | exp.Sub) -> exp.Expr:
    left, right = node.left, node.right
    sign = -1 if isinstance(node, exp.Sub) else 1
    if sign == 1 and is_date(right):
        left, right = right, left
    if not is_date(left):
        if is_kind(left, DType.UNKNOWN, DType.TIMESTAMP) or is_kind(
            right, DType.UNKNOWN, DType.TIMESTAMP, DType.INTERVAL
        ):
            raise Untranslatable(f"a sum or difference of unknown types: {node.sql('duckdb')}")
        return node
    if is_date(right):
        return _form("CAST(DATEDIFF(later, earlier) AS BIGINT)", later=left, earlier=right)
    if is_kind(right, *WHOLE):
        return _moved(left, "DATE_ADD", right, sign)
    return _interval(left, right, sign)


def _interval(date: exp.Expr, interval: exp.Expr, sign: int) -> exp.Expr:
    times = None
    if isinstance(interval, exp.Mul):
        times, interval = interval.left, interval.right
    if isinstance(interval, exp.ToDays):
        unit, count = "DAY", interval.this
    elif isinstance(interval, exp.Anonymous):
        unit, count = interval.name.upper().removeprefix("TO_").removesuffix("S"), interval.expressions[0]
    elif isinstance(interval, exp.Interval) and interval.this and interval.unit:
        unit, count = interval.unit.name.upper(), exp.Literal.number(interval.this.name)
    else:
        raise Untranslatable(f"an interval: {interval.sql('duckdb')}")
    functions = {"DAY": ("DATE_ADD", 1), "MONTH": ("ADD_MONTHS", 1), "YEAR": ("ADD_MONTHS", 12)}
    if unit not in functions:
        raise Untranslatable(f"an interval: {interval.sql('duckdb')}")
    function, units = functions[unit]
    for factor in (times, exp.Literal.number(units) if units > 1 else None):
        if factor is not None:
            count = exp.Mul(this=exp.paren(count.copy()), expression=exp.paren(factor.copy()))
    return _moved(date, function, count, sign)


def _moved(date: exp.Expr, function: str, by: exp.Expr, sign: int) -> exp.Expr:
    by = by.copy() if sign == 1 else exp.Neg(this=exp.paren(by.copy()))
    return _typed(_call(function, date, exp.cast(by, "INT")), DType.DATE)


def _unit(node: exp.TimestampTrunc | exp.DateDiff, *known: str) -> str:
    unit = node.unit.name.upper() if node.unit else ""
    if unit not in known:
        raise Untranslatable(node.sql("duckdb"))
    return unit


def _month_start(node: exp.TimestampTrunc) -> exp.Expr:
    return _typed(_call("TRUNC", node.this, _unit(node, "MONTH", "QUARTER", "YEAR")), DType.DATE)


def _date_diff(node: exp.DateDiff) -> exp.Expr:
    """The boundaries between two dates, not what has passed."""
    forms = {
        "DAY": "DATEDIFF(later, earlier)",
        "MONTH": "(YEAR(later) - YEAR(earlier)) * 12 + (MONTH(later) - MONTH(earlier))",
        "YEAR": "YEAR(later) - YEAR(earlier)",
    }
    form = forms[_unit(node, *forms)]
    return _form(f"CAST({form} AS BIGINT)", later=node.this, earlier=node.expression)


def _series(node: exp.GenerateSeries) -> exp.Expr:
    """Spark refuses to count backwards where DuckDB has nothing to count."""
    start, end, step = node.args["start"], node.args["end"], node.args.get("step")
    is_exclusive = node.args.get("is_end_exclusive")
    if step is None:
        last = "CAST(last - 1 AS BIGINT)" if is_exclusive else "CAST(last AS BIGINT)"
        form = f"SEQUENCE(CAST(first AS BIGINT), {last}), CAST(ARRAY() AS ARRAY<BIGINT>)"
    else:
        last = "DATE_ADD(last, -1)" if is_exclusive else "last"
        form = f"SEQUENCE(first, {last}, step), CAST(ARRAY() AS ARRAY<DATE>)"
    return _form(f"IF(first <= {last}, {form})", first=start, last=end, step=step or exp.null())


def _best(function: str) -> Callable[[exp.Expr], exp.Expr]:
    """`arg_max` passes over rows whose value is NULL; `max_by` returns them."""
    form = f"{function}(value, CASE WHEN NOT value IS NULL THEN key END)"
    return lambda node: _form(form, value=node.this, key=node.expression)


def _any_value(node: exp.IgnoreNulls) -> exp.Expr:
    if isinstance(node.this, exp.AnyValue):
        return _call("ANY_VALUE", node.this.this, exp.true())
    return node


def _text_list(node: exp.GroupConcat) -> exp.Expr:
    this, order, is_distinct = node.this, None, False
    if isinstance(this, exp.Order):
        order, this = this, this.this
    if isinstance(this, exp.Distinct):
        is_distinct, this = True, this.expressions[0]
        if isinstance(this, exp.Order):
            order, this = this, this.this
    if order is None:
        raise Untranslatable("a list of texts without an order")
    text = exp.cast(this.copy(), "STRING")
    if is_distinct:
        if [found.this for found in order.expressions] != [this]:
            raise Untranslatable("distinct texts in the order of something else")
        return _of_list("COLLECT_SET(v)", f"ARRAY_JOIN(s, {_sql(node.args['separator'])})", {"v": text})
    if any(key.args.get("desc") for key in order.expressions):
        raise Untranslatable("texts in descending order")
    keys = {f"key_{place}": key.this for place, key in enumerate(order.expressions)}
    parts = ", ".join(f"'{name}', {name}" for name in (*keys, "v"))
    return _of_list(
        f"COLLECT_LIST(CASE WHEN NOT v IS NULL THEN NAMED_STRUCT({parts}) END)",
        f"ARRAY_JOIN(TRANSFORM(s, e -> e.v), {_sql(node.args['separator'])})",
        {"v": text, **keys},
    )


def _sql(node: exp.Expr) -> str:
    return node.sql("spark")


def _of_list(listed: str, found: str, values: Mapping[str, exp.Expr]) -> exp.Expr:
    """What is found in the sorted list `s` of a group's values (those that are named); NULL where there are none."""
    form = f"TRANSFORM(ARRAY(SORT_ARRAY({listed})), s -> CASE WHEN SIZE(s) > 0 THEN {found} END)[0]"
    return _form(form, **values)


def _tuple(node: exp.Tuple) -> exp.Expr:
    if isinstance(node.parent, (exp.In, exp.Values, exp.GroupingSets, exp.Group)):
        return node
    parts: list[exp.Expr | str] = []
    for place, value in enumerate(node.expressions):
        # NULL is greater than everything in DuckDB's tuples, less in Spark's
        parts += [
            f"is_null_{place}",
            exp.Is(this=value.copy(), expression=exp.null()),
            f"part_{place}",
            value,
        ]
    return _call("NAMED_STRUCT", *parts)


def _quantile(node: exp.Expr) -> exp.Expr:
    """The quantile between two values as DuckDB interpolates: of a DECIMAL cut off at its last digit."""
    if isinstance(node.parent, exp.WithinGroup):
        return node
    place = 0.5 if isinstance(node, exp.Median) else float(node.expression.name)
    return _interpolated(node.this, place)


def _quantile_within(node: exp.WithinGroup) -> exp.Expr:
    if isinstance(node.this, exp.PercentileCont):
        return _interpolated(node.expression.expressions[0].this, float(node.this.this.name))
    return node


def _interpolated(value: exp.Expr, place: float) -> exp.Expr:
    if is_kind(value, DType.DECIMAL):
        if not (isinstance(value, exp.Cast) and value.to.expressions):
            raise Untranslatable(
                f"a quantile of a DECIMAL that is not cast to its digits: {value.sql('duckdb')}"
            )
        digits = int(value.to.expressions[1].name)
        listed = f"COLLECT_LIST(CAST(v * {10**digits} AS BIGINT))"
        between, back = (
            "CAST((hi - lo) * part AS BIGINT)",
            f" * CAST({10.0**-digits:.{digits}f} AS DECIMAL(18, {digits}))",
        )
    elif is_kind(value, DType.DOUBLE, *WHOLE):
        listed, between, back = "COLLECT_LIST(CAST(v AS DOUBLE))", "(hi - lo) * part", ""
    else:
        raise Untranslatable(f"a quantile of an unknown type: {value.sql('duckdb')}")
    at = f"(SIZE(s) - 1) * {place}D"
    low, high = f"s[CAST(FLOOR({at}) AS INT)]", f"s[CAST(CEIL({at}) AS INT)]"
    between = between.replace("hi", high).replace("lo", low).replace("part", f"({at} - FLOOR({at}))")
    return _of_list(listed, f"({low} + {between}){back}", {"v": value})


def _quantile_disc(node: exp.PercentileDisc) -> exp.Expr:
    """A value that is there."""
    place = float(node.expression.name)
    return _of_list(
        "COLLECT_LIST(v)", f"s[CAST(GREATEST(CEIL(SIZE(s) * {place}D), 1) AS INT) - 1]", {"v": node.this}
    )


def _pushed(node: exp.Filter | exp.Window) -> exp.Expr:
    """A filter or window belongs to the aggregate, not to what is found in its list."""
    inner = node.this
    if isinstance(inner, (exp.Bracket, exp.Reduce)):
        for listed in list(inner.find_all(exp.ArrayAgg, exp.ArrayUniqueAgg)):
            own = node.copy()
            own.set("this", listed.copy())
            listed.replace(own)
        return inner
    return node


def _regexp_replace(node: exp.RegexpReplace) -> exp.Expr:
    """Without `g` DuckDB replaces the first match only; Spark all, which is the same at the end of a text."""
    flags, pattern = node.args.get("modifiers"), node.expression
    if not pattern.is_string or not ((flags is not None and "g" in flags.name) or pattern.name.endswith("$")):
        raise Untranslatable(node.sql("duckdb"))
    replacement = node.args.get("replacement") or exp.Literal.string("")
    return _call("REGEXP_REPLACE", node.this, _pattern(pattern), replacement)


def _pattern(pattern: exp.Expr) -> exp.Expr:
    r"""DuckDB's `\b` and `\d` know ASCII only."""
    if not pattern.is_string:
        return pattern.copy()
    return exp.Literal.string(pattern.name.replace(r"\b", _WORD_BOUNDARY).replace(r"\d", "[0-9]"))


def _regexp_extract(node: exp.RegexpExtract) -> exp.Expr:
    return _call("REGEXP_EXTRACT", node.this, _pattern(node.expression), int(node.args["group"].name))


def _regexp_full(node: exp.Expr) -> exp.Expr:
    if not node.expression.is_string:
        raise Untranslatable(node.sql("duckdb"))
    pattern = _pattern(node.expression).name
    return exp.RegexpLike(this=node.this.copy(), expression=exp.Literal.string(f"^(?:{pattern})$"))


def _format(node: exp.Format) -> exp.Expr:
    if node.this.name != "{:,}" or not is_kind(node.expressions[0], *WHOLE):
        raise Untranslatable(node.sql("duckdb"))
    return _call("FORMAT_NUMBER", node.expressions[0], 0)


def _concat_ws(node: exp.ConcatWs) -> exp.Expr:
    separator, *texts = node.expressions
    return _call(
        "CONCAT_WS",
        separator,
        *(text if is_kind(text, *TEXT) else exp.cast(text.copy(), "STRING") for text in texts),
    )


def _avg(node: exp.Avg) -> exp.Expr:
    return exp.Avg(this=_double(node.this))


def _equal(node: exp.EQ) -> exp.Expr:
    left = node.left
    if isinstance(left, exp.Anonymous) and left.name.lower() == "damerau_levenshtein":
        if node.right.name != "1":
            raise Untranslatable(node.sql("duckdb"))
        return _one_slip(*left.expressions)
    return node


def _one_slip(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Whether two texts differ by one character or by two neighbours that changed places."""
    turned = "CONCAT(SUBSTRING(a, 1, i - 1), SUBSTRING(a, i + 1, 1), SUBSTRING(a, i, 1), SUBSTRING(a, i + 2))"
    swapped = f"LENGTH(a) > 1 AND a <> b AND EXISTS(SEQUENCE(1, LENGTH(a) - 1), i -> {turned} = b)"
    return _form(f"(LEVENSHTEIN(a, b) = 1 OR ({swapped}))", a=left, b=right)


def _anonymous(node: exp.Anonymous) -> exp.Expr:
    name = node.name.lower()
    if name == "getvariable":  # set by who compares two dates by hand, in DuckDB
        return exp.null()
    if name == "product":
        return _form("AGGREGATE(COLLECT_LIST(CAST(v AS DOUBLE)), 1D, (a, x) -> a * x)", v=node.expressions[0])
    if name == "regexp_split_to_array":
        return _call("SPLIT", *node.expressions)
    return node


def _length(node: exp.Length) -> exp.Expr:
    return node if is_kind(node.this, *TEXT) else _call("SIZE", node.this)


def _weekday(node: exp.DayOfWeekIso) -> exp.Expr:
    """Monday is 1."""
    return _form("WEEKDAY(day) + 1", day=node.this)


RULES: dict[type[exp.Expr], Callable[[Any], exp.Expr]] = {
    exp.Table: _table,
    exp.Div: _div,
    exp.Round: _round,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Add: _plus,
    exp.Sub: _plus,
    exp.TimestampTrunc: _month_start,
    exp.DateDiff: _date_diff,
    exp.GenerateSeries: _series,
    exp.ArgMax: _best("MAX_BY"),
    exp.ArgMin: _best("MIN_BY"),
    exp.IgnoreNulls: _any_value,
    exp.GroupConcat: _text_list,
    exp.Tuple: _tuple,
    exp.Median: _quantile,
    exp.PercentileCont: _quantile,
    exp.PercentileDisc: _quantile_disc,
    exp.WithinGroup: _quantile_within,
    exp.Filter: _pushed,
    exp.Window: _pushed,
    exp.RegexpReplace: _regexp_replace,
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpFullMatch: _regexp_full,
    exp.Format: _format,
    exp.ConcatWs: _concat_ws,
    exp.Avg: _avg,
    exp.EQ: _equal,
    exp.Length: _length,
    exp.DayOfWeekIso: _weekday,
    exp.Anonymous: _anonymous,
}
