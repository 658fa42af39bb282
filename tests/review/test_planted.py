"""Agreements, consequences and schools' sides that were planted in a synthetic municipality are found as they are."""

import csv
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration import dbt
from orchestration.build import build
from orchestration.ingest import ingest, load_deliveries
from orchestration.settings import Settings
from orchestration.synth import write
from orchestration.warehouse import prepare
from tests.home import query

pytestmark = pytest.mark.slow

Rows = list[tuple[Any, ...]]
AS_OF = date(2022, 6, 30)
MARTS = ["mart_agreement", "mart_consequence", "mart_school_placement"]


def rows(truth: Path, name: str) -> Rows:
    with (truth / name).open(encoding="utf-8", newline="") as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def truth_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("review")
    write(out, children=60, months=6, seed=3)
    return out / "truth"


@pytest.fixture(scope="module")
def found(truth_folder: Path) -> Callable[[str], Rows]:
    home = truth_folder.parent
    settings = Settings(home=home, landing=home / "landing", pseudonym_key="synthetic-key-of-the-tests")
    result = ingest(settings)
    assert result.refused == []
    database = home / "warehouse" / "kobling.duckdb"
    prepare(settings, AS_OF, database, load_deliveries(settings.lake_path))
    dbt.prepare()
    models = dbt.ancestors(dbt.manifest(), *(f"model.kobling.{mart}" for mart in MARTS))
    dbt.refuse_broken(build(database, models, tests=False))
    return lambda sql: query(database, sql)


def test_each_agreement_has_its_status_and_its_courses(
    truth_folder: Path, found: Callable[[str], Rows]
) -> None:
    expected = rows(truth_folder, "agreements.csv")
    assert {status for *_, status, _ in expected} == {
        "overdue",
        "due",
        "later",
        "no_end",
        "not_begun",
        "ended",
    }
    columns = "agreement_no, provider_id, coalesce(activity_no, ''), status, cast(courses_running as varchar)"
    assert (
        found(
            f"select {columns} from marts.mart_agreement where agreement_no is not null order by agreement_no"
        )
        == expected
    )
    # agreed a tenth below what was paid then; days of the month and the index move it a little
    [(low, high)] = found(
        "select min(price_over_agreed_pct), max(price_over_agreed_pct) from marts.mart_agreement "
        "where courses_running > 0"
    )
    assert 5 < low <= high < 20


def test_a_month_end_stays_a_month_end(found: Callable[[str], Rows]) -> None:
    ends = found("select last_notice_on from marts.mart_agreement where last_notice_on is not null")
    assert ends
    assert [on for (on,) in ends if on.day < 28] == []


def test_the_net_of_each_decision_is_the_truths(truth_folder: Path, found: Callable[[str], Rows]) -> None:
    columns = "net_effect_dkk, net_expected_dkk, own_effect_dkk"
    nets = found(
        f"select distinct decision_no, cast(fiscal_year as varchar), {columns} "
        "from marts.mart_consequence order by all"
    )
    assert nets == [
        (decision, year, *map(Decimal, money))
        for decision, year, *money in rows(truth_folder, "consequences.csv")
    ]
    [(named, unknown, cost, effect)] = found(
        "select named_courses, unknown_courses, courses_cost_dkk, effect_dkk from marts.mart_consequence "
        "where named_courses is not null and fiscal_year = 2022"
    )
    assert (named, unknown) == (2, 0)
    assert cost > effect > 0


def test_what_schools_paid_is_told_by_course_and_ties(
    truth_folder: Path, found: Callable[[str], Rows]
) -> None:
    expected = [
        (provider, course or None, month, Decimal(amount))
        for provider, course, month, amount in rows(truth_folder, "schools.csv")
    ]
    assert {course is None for _, course, _, _ in expected} == {True, False}
    shown = found(
        "select provider_id, course_id, strftime(month, '%Y-%m'), school_dkk from marts.mart_school_placement "
        "where school_dkk <> 0"
    )
    assert sorted(shown, key=str) == sorted(expected, key=str)
    # a posting of the school is never taken for the course's own payment
    [(taken,)] = found(
        "select count(*) from marts.fct_posting_match join marts.fct_posting using (posting_id) "
        "where account_id like '322%' and course_id is not null"
    )
    assert taken == 0
    [(unknown,)] = found(
        "select count(*) from marts.mart_school_placement "
        "where not is_school_shown_of_provider and (school_dkk is not null or provider_school_share_pct is not null)"
    )
    assert unknown == 0
