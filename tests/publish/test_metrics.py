"""Every key figure's expression over made-up rows of its table, and over a whole publication.

What a table's columns are is read from its contract, so that an expression that the models do not answer fails here.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise

import duckdb
import pytest
import yaml
from playwright.sync_api import BrowserContext, Page

from orchestration.publish import overview
from orchestration.publish.figures import Field
from orchestration.publish.keyfigures_subjects import subjects
from orchestration.publish.keyfigures_tables import Period, drill_downs, months, segments
from orchestration.publish.manifest import Manifest
from orchestration.settings import PROJECT_ROOT
from tests.home import AS_OF, Home

from .conftest import Whole

Row = Mapping[str, str]

with (PROJECT_ROOT / "seeds" / "metric.csv").open(encoding="utf-8", newline="") as _file:
    METRICS: list[Row] = list(csv.DictReader(_file))

CONTRACTS: dict[str, dict[str, str]] = {
    model["name"]: {column["name"]: column["data_type"] for column in model["columns"]}
    for path in (PROJECT_ROOT / "models" / "marts").rglob("*.yml")
    for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
}

# A made-up value of a row, by type: few values of what one groups by, amounts of either sign.
VALUES = {
    "varchar": "'value ' || {random} % 3",
    "boolean": "{random} % 3 > 0",
    "date": "make_date(2021 + {random} % 2, 1 + {random} % 12, 1)",
    "timestamp": "make_date(2021, 1 + {random} % 12, 1)",
    "number": "{random} % 41 - 7",
}
# What an expression tells apart by.
STATES = {"status": "['open', 'overdue', 'closed', 'waived']", "severity": "['E', 'W', 'I']"}

# Of a table of one row, its own column says the same as the metric, but for these.
NOT_OF_A_ROW = {"avg_duration_in_year_days": "the column is cumulated from January, a row is of one month"}

# Ratios that the marts hold already; summing or averaging them is what a metric must not do.
RATIO = re.compile(r"(_pct$|^price_per_|price_day|^unit_price|^avg_|_per_|^factor)")
SUM = r"(sum|count)\([^()]*(\([^()]*(\([^()]*(\([^()]*\))?[^()]*\))?[^()]*\))?[^()]*\)( filter \(where [^()]*\))?"


def ids(metric: Row) -> str:
    return metric["metric_id"]


def per(metric: Row) -> list[str]:
    return [column for column in metric["per_columns"].split(",") if column]


def dimensions(metric: Row) -> list[str]:
    """What the figure may be split by."""
    columns = CONTRACTS[metric["table_name"]]
    return [
        name
        for name, type_ in columns.items()
        if type_ in ("varchar", "boolean", "date") and name not in per(metric) and not name.endswith("_da")
    ]


def made_up(name: str, type_: str, salt: int, has_null: bool) -> str:
    """SQL for a column's value in row n: the same in every run, and another in each column."""
    random = f"(hash(n, {salt}) % 100000)::integer"
    if name in STATES:
        return f"list_extract({STATES[name]}, 1 + {random} % len({STATES[name]}))"
    plain = type_.replace(" ", "")
    value = VALUES.get(plain, VALUES["number"]).format(random=random)
    if plain.startswith("decimal"):
        value = f"({value}) * 1.25"
    is_null = f"hash(n, {salt}, 'null') % 11 = 0" if has_null else "false"
    return f"case when {is_null} then null else cast({value} as {plain}) end"


@pytest.fixture(scope="module")
def rows() -> Iterator[duckdb.DuckDBPyConnection]:
    """Each metric's table twice: whole in schema marts, and with NULLs in schema holes."""
    with duckdb.connect() as connection:
        for schema, has_null in (("marts", False), ("holes", True)):
            connection.execute(f"create schema {schema}")
            for table in sorted({metric["table_name"] for metric in METRICS}):
                columns = ", ".join(
                    f"{made_up(name, type_, number, has_null)} as {name}"
                    for number, (name, type_) in enumerate(CONTRACTS[table].items())
                )
                connection.execute(
                    f"create table {schema}.{table} as select {columns} from range(240) as r (n)"
                )
        yield connection


def grouped(
    connection: duckdb.DuckDBPyConnection, metric: Row, by: list[str], schema: str = "marts"
) -> dict[tuple[object, ...], Decimal | None]:
    keys = ", ".join([*by, ""])
    found = connection.execute(
        f"select {keys}{metric['expression']} from {schema}.{metric['table_name']} group by all"
    ).fetchall()
    return {row[:-1]: row[-1] for row in found}


@pytest.mark.parametrize("metric", METRICS, ids=ids)
def test_a_metric_answers_over_all_rows_and_by_each_dimension(
    rows: duckdb.DuckDBPyConnection, metric: Row
) -> None:
    for schema in ("marts", "holes"):
        for by in ([], *([name] for name in dimensions(metric))):
            for value in grouped(rows, metric, [*per(metric), *by], schema).values():
                # a DOUBLE is no exact figure
                assert value is None or isinstance(value, int | Decimal), metric["expression"]


@pytest.mark.parametrize("metric", METRICS, ids=ids)
def test_parts_sum_to_the_whole_where_the_seed_says_so(rows: duckdb.DuckDBPyConnection, metric: Row) -> None:
    whole = grouped(rows, metric, per(metric))
    sums_up = []
    for dimension in dimensions(metric):
        parts: dict[tuple[object, ...], Decimal] = {}
        for key, value in grouped(rows, metric, [*per(metric), dimension]).items():
            parts[key[:-1]] = parts.get(key[:-1], Decimal(0)) + (value or 0)
        sums_up.append(parts == {key: value or 0 for key, value in whole.items()})
    assert all(sums_up) == (metric["is_additive"] == "true")


@pytest.mark.parametrize("metric", METRICS, ids=ids)
def test_a_ratio_is_of_sums_and_never_a_mean(metric: Row) -> None:
    expression = metric["expression"]
    if metric["is_additive"] == "true":
        assert "/" not in expression
    else:
        known = r"\(case when count\(\w+\) = count\(\*\) then sum\(\w+\) end\)"
        divisor = rf"({SUM}|greatest\(({SUM}|{known[2:-2]}), 0\))"
        assert re.fullmatch(
            rf"cast\((100 \* )?({SUM}|{known}) / nullif\({divisor}, 0\) as decimal\(18, 4\)\)", expression
        ), expression
    summed = set(re.findall(r"\w+", expression)) & CONTRACTS[metric["table_name"]].keys()
    assert {column for column in summed if RATIO.search(column)} == set()


@pytest.mark.parametrize("metric", METRICS, ids=ids)
def test_a_metric_says_what_it_is(metric: Row) -> None:
    assert set(per(metric)) <= CONTRACTS[metric["table_name"]].keys()
    assert metric["definition_da"].endswith(".") and metric["formula_da"].endswith(".")
    assert metric["sign_da"] or not metric["metric_id"].endswith("_dkk")
    assert int(metric["decimals"]) in range(3)
    assert (metric["unit_da"] == "%") == metric["metric_id"].endswith("_pct")


def test_the_seed_lists_each_once_in_order() -> None:
    orders = [int(metric["sort_order"]) for metric in METRICS]
    assert orders == sorted(set(orders))
    groups = [metric["group_da"] for metric in METRICS]
    assert sum(one != other for one, other in pairwise(groups)) == len(set(groups)) - 1


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module")
def shown() -> list[tuple[str, Field]]:
    """Every field of every table of the pages, with its mart."""
    manifest = Manifest.model_construct(None, as_of=date(2022, 3, 31), previous_as_of=date(2022, 2, 28))  # type: ignore[call-arg]
    period = Period(date(2022, 3, 1), True, {2022: date(2022, 2, 1), 2021: date(2021, 12, 1)})
    drilled = [*drill_downs(period), *subjects(period)]
    tables = [
        *overview.tables(manifest),
        *(segments(basis, period, is_split=True) for basis in ("last_year", "budget")),
        months(period),
        *(table for *_, found in drilled for table in found),
    ]
    return [(field.mart or table.mart, field) for table in tables for field in table.fields]


def test_an_own_expression_is_not_a_metric_under_another_name(shown: list[tuple[str, Field]]) -> None:
    """A table that asks for what a metric asks takes it from there."""
    defined = {(metric["table_name"], metric["expression"]): metric["metric_id"] for metric in METRICS}
    copies = {
        (mart, field.name): defined[mart, field.sql]
        for mart, field in shown
        if not field.metric and not field.is_hidden and (mart, field.sql) in defined
    }
    assert copies == {}


def test_the_pages_ask_for_defined_metrics_of_marts_that_answer_them(shown: list[tuple[str, Field]]) -> None:
    by_id = {metric["metric_id"]: metric for metric in METRICS}
    asked = {(field.metric, mart) for mart, field in shown if field.metric}
    assert len(asked) > 40
    for name, mart in asked:
        words = set(re.findall(r"\w+", by_id[name]["expression"]))
        assert words & CONTRACTS[by_id[name]["table_name"]].keys() <= CONTRACTS[mart].keys(), (name, mart)


def test_the_dictionary_lists_every_metric_where_a_link_finds_it(whole: Whole, page: Page) -> None:
    page.goto((whole[1].path / "dictionary" / "index.html").as_uri())
    for metric in METRICS:
        row = page.locator(f"#noegletal-{metric['metric_id']}")
        cells = [" ".join(text.split()) for text in row.locator("th, td").all_text_contents()]
        assert cells[0] == f"{metric['name_da']}{metric['metric_id']}"
        assert cells[1].startswith(metric["definition_da"]) and cells[1].endswith(metric["sign_da"])
        assert cells[2].startswith(metric["formula_da"])
        assert cells[3] == metric["unit_da"]
        assert cells[4] == f"{metric['expression']} fra {metric['table_name']}"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366


@pytest.mark.slow
def test_on_one_row_a_metric_is_the_marts_own_column(home: Home) -> None:
    wrong = {}
    for metric in METRICS:
        name, table, expression = metric["metric_id"], metric["table_name"], metric["expression"]
        if name not in CONTRACTS[table] or name in NOT_OF_A_ROW:
            continue
        [(rows_, differing)] = home.query(
            AS_OF[0],
            f"""
            select count(*), count(*) filter (abs(own - metric) > 0.005 or (own is null) <> (metric is null))
            from (select rowid, any_value({name}) as own, {expression} as metric from marts.{table} group by rowid)
            """,
        )
        if differing:
            wrong[name] = (rows_, differing)
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.parametrize("as_of", AS_OF)
def test_a_publication_answers_every_metric(home: Home, as_of: str) -> None:
    published = home.query(
        as_of, "select metric_id, table_name, expression from marts.dim_metric order by sort_order"
    )
    assert [row[0] for row in published] == [metric["metric_id"] for metric in METRICS]
    for _, table, expression in published:
        home.query(as_of, f"select {expression} from marts.{table}")


@pytest.mark.slow
def test_the_same_metric_of_two_marts_is_the_same(home: Home) -> None:
    """Frames are accounts summed, so that a metric asked of either is one figure."""
    columns = CONTRACTS["mart_overrun_frame"].keys()
    for metric in METRICS:
        if metric["table_name"] == "mart_overrun" and metric["metric_id"] in columns:
            accounts, frames = (
                home.query(
                    AS_OF[0],
                    f"select fiscal_year, frame_id, {metric['expression']} as figure from marts.{table} "
                    "group by all order by all",
                )
                for table in ("mart_overrun", "mart_overrun_frame")
            )
            assert accounts == frames, metric["metric_id"]


@pytest.mark.slow
def test_the_stewards_page_counts_as_the_metrics_do(home: Home) -> None:
    counted = home.query_steward(
        AS_OF[0],
        """
        select count(*), count(*) filter (status = 'overdue'), coalesce(sum(amount_dkk), 0)
        from main.steward_registration_gap where status in ('open', 'overdue') and severity <> 'I'
        """,
    )
    expressions = {metric["metric_id"]: metric["expression"] for metric in METRICS}
    asked = ", ".join(expressions[name] for name in ("open_gaps", "overdue_gaps", "gap_amount_dkk"))
    assert counted == home.query(AS_OF[0], f"select {asked} from marts.mart_registration_gap")
