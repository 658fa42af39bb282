"""What models say in DuckDB's SQL means the same in Spark: arithmetic, dates, texts, aggregates, at their edges."""

from decimal import Decimal
from typing import Any

import pytest

from tests.spark.conftest import Ask

pytestmark = pytest.mark.spark

ROWS = """
    create table marts.edge as
    select
        id::integer as id, team, whole::bigint as whole, money::decimal(18, 2) as money, price::decimal(18, 4) as price,
        real::double as real, day::date as day, other::date as other, text, is_true::boolean as is_true
    from (values
        (1, 'a', 7, 1.01, 0.0050, 1.005, '2024-02-29', '2023-01-31', 'Firma ApS', true),
        (2, 'a', -7, -1.01, -0.0050, -1.005, '2023-12-31', '2024-01-01', 'Ægir A/S 2', false),
        (3, 'a', 0, 0.00, 2.5000, 2.675, '2021-01-31', '2021-03-01', 'øaps', null),
        (4, 'b', 2, 0.05, 0.1250, 0.125, '2020-02-29', '2024-02-29', '', true),
        (5, 'b', null, null, null, null, null, null, null, null),
        (6, 'b', 3, 99999999999.99, 0.3333, 2.5, '2024-03-31', '2024-02-29', 'a-1', false),
        (7, 'c', 10, 1.77, 1.5000, 3.5, '2000-01-01', '1999-12-31', '12345678', true),
        (8, null, 1, 2.00, 1.2500, -2.5, '2040-12-31', '2015-01-01', 'a, b', true)
    ) as edge (id, team, whole, money, price, real, day, other, text, is_true);
    create table marts.nothing as from marts.edge where false;
"""


MADE = {
    "team": "chr(97 + (hash % 5)::integer)",
    "whole": "(hash % 2001)::bigint - 1000",
    "money": "(((hash % 20000001)::bigint - 10000000) * 0.01)::decimal(18, 2)",
    "price": "(((hash % 2000001)::bigint - 1000000) * 0.0001)::decimal(18, 4)",
    "real": "((hash % 20001)::bigint - 10000) / 10000",
    "day": "date '2018-01-01' + (hash % 2500)::integer",
    "other": "date '2018-01-01' + (hash % 2499)::integer",
    "text": "chr(97 + (hash % 26)::integer) || hash % 97 || ' ApS'",
    "is_true": "hash % 2 = 0",
}
"""Whatever may come: column → a value made of a hash."""

MANY = "create table marts.many as select id::integer as id, " + ", ".join(
    f"case when hash(id, '{name}?') % 10 > 0 then {made.replace('hash', f'hash(id, {name!r})')} end as {name}"
    for name, made in MADE.items()
)

VALUES = [
    # division, rounding, casts: to the øre
    "money / 3",
    "whole / 2",
    "money / nullif(whole, 0)",
    "round(real, 2)",
    "round(real * 100, 1)",
    "round(price, 2)",
    "round(money / 7, 2)",
    "cast(real as integer)",
    "cast(money as bigint)",
    "cast(price as decimal(18, 2))",
    "cast(real as decimal(18, 2))",
    "cast(real as decimal(18, 0))",
    "cast(round(cast(money as decimal(30, 8)) * 100 / nullif(whole, 0)) as decimal(18, 0)) * 0.01",
    "least(money, 1000) * price * 1.25",
    "money * cast(whole as decimal(18, 2))",
    "floor(price * 100)",
    "cast(greatest(real, money) as decimal(18, 2))",
    "round(case when is_true then real else money end, 1)",
    "least(money, 0)",
    "whole // 2",
    "abs(price)",
    "cast(is_true as integer)",
    # dates
    "day - other",
    "day + 1",
    "day - 45",
    "cast(day + interval 1 month as date)",
    "cast(day - interval 1 year as date)",
    "cast(day + to_months(id) as date)",
    "cast(day + to_years(1) as date)",
    "cast(day + to_days(cast(id as integer)) as date)",
    "cast(date_trunc('month', day) as date)",
    "cast(date_trunc('month', day) as date) - 1",
    "last_day(day)",
    "date_diff('month', other, day)",
    "date_diff('year', other, day)",
    "date_diff('day', other, day)",
    "make_date(year(day), month(day), 1)",
    "isodow(day)",
    "dayofyear(day)",
    "quarter(day)",
    "strftime(day, '%d.%m.%Y')",
    "strftime(day, '%Y-%m')",
    # texts
    "text || team",
    "concat_ws('|', text, whole, money, day)",
    r"regexp_replace(lower(text), '\b(aps|a/s)\b|[^a-zæøå0-9 ]', ' ', 'g')",
    r"regexp_replace(text, '(-[0-9]|[A-Za-z])$', '')",
    r"regexp_full_match(text, '\d{8}')",
    "regexp_extract(text, '([0-9]+)', 1)",
    "left(text, 3) || right(text, 2)",
    "split_part(cast(money as varchar), '.', 1)",
    "translate(format('{:,}', abs(cast(split_part(cast(money as varchar), '.', 1) as bigint))), ',', '.')",
    "substr(sha256('provider:' || text), 1, 16)",
    "md5(text)",
    "lpad(cast(id as varchar), 2, '0')",
    "damerau_levenshtein(text, 'a1-') = 1",
    "damerau_levenshtein(text, '-a1') = 1",
    # NULL
    "left(text, 1) is distinct from 'a'",
    "(team, is_true) is distinct from ('a', true)",
    "coalesce(money, 0)",
    "greatest(money, price)",
    "team in ('a', 'b')",
    # windows
    "lag(money) over (partition by team order by id)",
    "lag(money ignore nulls) over (partition by team order by id desc)",
    "last_value(nullif(whole, 0) ignore nulls) over (order by id rows between unbounded preceding and current row)",
    "row_number() over (partition by team order by day desc nulls last, id)",
    "row_number() over (order by money, id)",
    "row_number() over (order by money desc, id)",
    "sum(money) over (partition by team order by id rows unbounded preceding)",
    "cast(product(real) over (order by id rows unbounded preceding) as decimal(18, 6))",
]

AGGREGATES = [
    "sum(whole)",
    "sum(money)",
    "sum(money) filter (where is_true)",
    "count(money)",
    "count(distinct team)",
    "avg(money)",
    "arg_max(money, day)",
    "arg_min(money, (is_true, day))",
    "arg_max(money, (is_true, day))",
    "cast(sum(coalesce(real, money, 0)) as decimal(18, 2))",
    "arg_max(id, money) filter (where is_true)",
    "any_value(whole)",
    "bool_or(is_true)",
    "bool_and(is_true)",
    "median(whole)",
    "median(cast(money as decimal(18, 2)))",
    "median(cast(money as decimal(18, 2))) filter (where is_true)",
    "quantile_cont(cast(money as decimal(18, 2)), 0.9)",
    "quantile_cont(whole, 0.25)",
    "quantile_disc(price, 0.5)",
    "mode(team)",
    "string_agg(text, ', ' order by text)",
    "string_agg(text, ', ' order by day, id)",
    "string_agg(distinct team, ' eller ' order by team) filter (where is_true)",
    "max(day)",
    "min(text)",
]

QUERIES = [
    "select id, cast(unnest(generate_series(date_trunc('month', other), day, interval 1 month)) as date) as month "
    "from marts.edge",
    "select id, unnest([1, 2]) as number, unnest(['x', 'y']) as name from marts.edge",
    "select unnest(range(3, 1)) as number",
    "select id, money from marts.edge qualify row_number() over (partition by team order by money, id) = 1",
    "select id from marts.edge where team is not null qualify sum(whole) over (partition by team) = whole",
    "select id, row_number() over (of_team order by id) as no, lag(id) over by_team as earlier from marts.edge window "
    "of_team as (partition by team), by_team as (partition by team order by id rows unbounded preceding)",
    "select a.id, b.id as other from marts.edge as a inner join marts.edge as b on (a.day, a.id) < (b.day, b.id)",
    "select id as a, money as b from marts.edge union all by name select money as b, day as c from marts.edge",
    "select edge.id from marts.edge anti join marts.nothing on edge.id = nothing.id",
    "select * exclude (real, text) from marts.edge",
    "select team, whole, count(*) as n from marts.edge group by grouping sets ((team, whole), (team))",
    "with first as (select id, team, max(money) over (partition by team) as most from marts.edge), second as (select "
    "first.id, other.most from first inner join first as other on first.team = other.team inner join first as third on "
    "third.id = other.id) select second.id, again.most from second inner join second as again on second.id = again.id",
    "with recursive step as (select 1 as n, [1] as seen union all select n + 1, list_append(seen, n + 1) from step "
    "where n < 4) select n, len(seen) as length, list_contains(seen, 3) as has_three from step",
]


@pytest.fixture(scope="module")
def relations() -> str:
    return f"{ROWS}; {MANY} from range(2000) as made (id)"


def alike(rows: list[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    """Rows as they compare: in any order; a DECIMAL by its value, a DOUBLE to eleven digits."""
    return sorted(tuple(one(value) for value in row) for row in rows)


def one(value: Any) -> str:
    if isinstance(value, float):
        return f"{value + 0.0:.11g}"  # no sign of a zero
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


@pytest.mark.parametrize("expression", VALUES)
def test_a_value_is_the_same(engines: tuple[Ask, Ask], expression: str) -> None:
    ours, sparks = (ask(f"select id, {expression} as value from marts.edge") for ask in engines)
    assert len({row[1] for row in ours}) > 1
    assert alike(sparks) == alike(ours)


@pytest.mark.parametrize("expression", VALUES)
def test_a_value_is_the_same_of_many_rows(engines: tuple[Ask, Ask], expression: str) -> None:
    ours, sparks = (ask(f"select id, {expression} as value from marts.many") for ask in engines)
    assert alike(sparks) == alike(ours)


@pytest.mark.parametrize("expression", AGGREGATES)
@pytest.mark.parametrize("of", ["marts.edge group by team", "marts.nothing group by team", "marts.nothing"])
def test_an_aggregate_is_the_same(engines: tuple[Ask, Ask], expression: str, of: str) -> None:
    ours, sparks = (ask(f"select {expression} as value from {of}") for ask in engines)
    assert alike(sparks) == alike(ours)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_is_the_same(engines: tuple[Ask, Ask], query: str) -> None:
    ours, sparks = (ask(query) for ask in engines)
    assert alike(sparks) == alike(ours)
