"""Forgetting a child: nothing that tells who it was is left anywhere, and no amount changes.

Every number and name is synthetic.
"""

import json
import shutil
from collections.abc import Iterable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import synth, warehouse
from orchestration.errors import InputError
from orchestration.ingest import ingest, load_deliveries
from orchestration.ingest.entities import ENTITIES, NEVER_KEPT_KINDS, Kind
from orchestration.ingest.forgotten import (
    DOMAINS,
    EMPTIED,
    GONE,
    HINT_COLUMNS,
    KEPT,
    LakeFile,
    forgetting,
    read_list,
)
from orchestration.ingest.load import Database
from orchestration.privacy import audit, recovery
from orchestration.privacy.forgetting import forget
from orchestration.publish import store
from orchestration.publish.manifest import DeliveryEntry
from orchestration.replay import fingerprint
from orchestration.settings import Settings
from tests.trust import publications

MONTHS = 2


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a made-up municipality's deliveries in the lake; tests take copies of it."""
    home = tmp_path_factory.mktemp("made")
    synth.write(home, children=16, months=MONTHS, seed=3)
    ingest(_settings(home))
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Settings:
    """A copy with what a run leaves beside the lake."""
    shutil.copytree(made, tmp_path / "home")
    settings = _settings(tmp_path / "home")
    for path in (settings.warehouse_path, settings.observations_path / "observed_on=2022-05-31" / "x"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a build")
    settings.logs_path.mkdir()
    return settings


def _settings(home: Path) -> Settings:
    return Settings(home=home, pseudonym_key="synthetic-key-of-the-tests")


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """A query over views of the lake as the warehouse has them."""
    with duckdb.connect() as connection:
        connection.execute("create schema lake")
        loaded = [record for record in load_deliveries(settings.lake_path) if record.status == "loaded"]
        for entity in ENTITIES:
            warehouse._create_lake_view(connection, settings.lake_path, entity, loaded)
        return connection.execute(query).fetchall()


def identity(settings: Settings, case: str) -> set[str]:
    """Every value of ten letters or more that only this case's child has, found without the code under test."""
    shared = rows(
        settings,
        f"""
        with child as (select distinct child_key from lake.case_history where case_id = '{case}'),
        line as (
            select child_key, unnest([child_key, case_sbsys_id, mother_key, father_key]) as value from lake.case_history
            union all
            select child_key, unnest([appropriation_id, {", ".join(HINT_COLUMNS)}]) from lake.course_payment
        )
        select value from line group by value having bool_and(child_key in (from child)) and length(value) >= 10
        """,
    )
    return {value for (value,) in shared}


def holding(folder: Path, values: Iterable[str]) -> list[str]:
    """Files with one of the values, in their bytes or in a cell of a Parquet file."""
    sought = list(values)
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += (
                duckdb.execute(f"select string_agg(x::varchar, ' ') from '{path}' as x")
                .fetchall()[0][0]
                .encode()
            )
        if any(value.encode() in content for value in sought):
            found.append(str(path.relative_to(folder)))
    return found


AMOUNTS = {
    "posting": "select account_alias, fiscal_year, period_no, sum(amount_dkk), count(*) from lake.posting",
    "course_payment": "select course_id, report, extract_date, sum(planned_dkk), count(*) from lake.course_payment",
    "invoice": "select extract_date, invoice_status, sum(amount_dkk), count(*) from lake.invoice",
}

# how the models join what they read, and how many come of it: the same joins must meet afterwards
JOINS = """
    select p.extract_date, c.course_id, count(*),
        count(*) filter (p.hint_initials_key = c.child_initials_key),
        count(*) filter (p.hint_first_name_key = c.child_first_name_key),
        count(*) filter (p.hint_birth_key = c.child_birth_key),
        count(*) filter (p.person_key = c.child_key),
        count(*) filter (p.text_appropriation_id = c.appropriation_id)
    from lake.posting as p join (
        select distinct
            course_id, child_key, appropriation_id, child_initials_key, child_first_name_key, child_birth_key
        from lake.course_payment
    ) as c on p.hint_initials_key = c.child_initials_key or p.hint_first_name_key = c.child_first_name_key
        or p.hint_birth_key = c.child_birth_key or p.person_key = c.child_key
        or p.text_appropriation_id = c.appropriation_id
"""


def amounts(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    return {name: rows(settings, f"{query} group by all order by all") for name, query in AMOUNTS.items()}


def a_case(settings: Settings) -> str:
    """A case whose child is named by postings, and has no other case."""
    found = rows(
        settings,
        """
        select c.case_id
        from lake.case_history as c
        join lake.course_payment as p using (child_key)
        join lake.posting as l on l.hint_initials_key = p.child_initials_key or l.person_key = p.child_key
        where (select count(distinct case_id) from lake.case_history as o where o.child_key = c.child_key) = 1
        group by c.case_id order by count(distinct l.posting_id) desc, c.case_id limit 1
        """,
    )
    return str(found[0][0])


def test_nothing_of_the_child_is_left_and_no_amount_changes(home: Settings, record_property: Any) -> None:
    case = a_case(home)
    values = identity(home, case)
    children = rows(home, "select count(distinct child_key), count(distinct case_id) from lake.case_history")
    before = amounts(home)
    assert len(values) >= 5
    assert holding(home.lake_path, values)
    (home.logs_path / "dbt.log").write_text(f"somebody looked: {max(values)}")
    (home.logs_path / "run-1.log").write_text("nothing personal")

    done = forget(home, [case])

    assert (done.children, done.cases, done.deliveries, done.logs) == (1, 1, MONTHS * 2, 1)
    left = [path for path in home.home_path.iterdir() if path.name not in ("landing", "truth")]
    record_property("values_sought", len(values))
    assert [name for path in left for name in holding(path, values)] == []
    assert amounts(home) == before
    # the child is still counted, as one whom nobody knows
    assert (
        rows(home, "select count(distinct child_key), count(distinct case_id) from lake.case_history")
        == children
    )
    gone = rows(home, f"select distinct child_key from lake.case_history where case_id like '{GONE}%'")
    assert len(gone) == 1
    of_child = f"from lake.course_payment where child_key = '{gone[0][0]}'"
    assert rows(
        home, f"select count(child_birth_on), bool_and(appropriation_id like '{GONE}%') {of_child}"
    ) == [(0, True)]
    # nothing but the landing folder knows what was built from it
    assert not home.warehouse_path.parent.exists()
    assert [path.name for path in home.logs_path.iterdir()] == ["run-1.log"]


def test_what_met_still_meets(home: Settings) -> None:
    query = f"{JOINS} group by all order by all"
    case = a_case(home)
    before = rows(home, query)
    forget(home, [case])
    after = rows(home, query)
    # a hint that another child shares is taken from this one: it may meet less, never more, and never elsewhere
    courses = {
        row[0] for row in rows(home, "select course_id from lake.course_payment where child_birth_on is null")
    }
    assert [row for row in after if row[1] not in courses] == [row for row in before if row[1] not in courses]
    mine = [(row[:2], row[3], row[6:]) for row in before if row[1] in courses]
    assert mine
    assert [(row[:2], row[3], row[6:]) for row in after if row[1] in courses] == mine


def test_a_hint_that_another_child_shares_stays_with_the_other(home: Settings) -> None:
    shared = rows(
        home,
        """
        select p.child_first_name_key, min(c.case_id)
        from lake.course_payment as p join lake.case_history as c using (child_key)
        group by all having count(distinct child_key) > 1 order by all limit 1
        """,
    )
    (key, case), *_ = shared
    others = rows(
        home, f"select distinct child_key from lake.course_payment where child_first_name_key = '{key}'"
    )
    hinted = rows(home, f"select count(*) from lake.posting where hint_first_name_key = '{key}'")
    forget(home, [case])
    assert rows(home, f"select count(*) from lake.posting where hint_first_name_key = '{key}'") == hinted
    left = rows(
        home, f"select distinct child_key from lake.course_payment where child_first_name_key = '{key}'"
    )
    assert len(left) == len(others) - 1


def test_a_child_does_not_come_back(home: Settings) -> None:
    case = a_case(home)
    values = identity(home, case)
    forget(home, [case])
    # the sources do not know of it: they deliver the child again, in all their files
    for source in ("bos", "ledger"):
        newest = max((home.landing_path / source).iterdir())
        shutil.copytree(newest, newest.with_name("2022-07-31"))
        for path in newest.with_name("2022-07-31").glob("budget*"):
            path.unlink()
    result = ingest(home)
    assert len(result.loaded) == 2
    left = [path for path in home.home_path.iterdir() if path.name not in ("landing", "truth")]
    assert [name for path in left for name in holding(path, values)] == []
    assert rows(home, f"select count(*) from lake.case_history where case_id = '{case}'") == [(0,)]
    # under other ids than before: nothing keeps which were which
    told = "select extract_date, case_id from lake.case_history"
    again = rows(home, f"{told} where case_id like '{GONE}%' group by all order by all")
    assert [row[0] for row in again] == [date(2022, 5, 31), date(2022, 6, 30), date(2022, 7, 31)]
    assert again[0][1] == again[1][1] != again[2][1]
    amounts_by_day = "select sum(planned_dkk), count(*) from lake.course_payment where extract_date ="
    assert rows(home, f"{amounts_by_day} '2022-07-31'") == rows(home, f"{amounts_by_day} '2022-06-30'")


def test_the_trail_tells_who_and_how_much_and_nobody(home: Settings) -> None:
    case = a_case(home)
    values = identity(home, case)
    forget(home, [case])
    (line,) = home.audit_path.read_text().splitlines()
    told = json.loads(line)
    assert told.keys() == {
        "at", "by", "kind", "key_fingerprint", "subjects", "children", "cases", "deliveries", "files", "rows", "logs",
    }  # fmt: skip
    assert (told["kind"], told["children"]) == ("forget", 1)
    assert not [value for value in values if value in line]
    assert home.audit_path.stat().st_mode & 0o777 == 0o640
    # keyed: only who has the key and the id can look the case up
    assert case not in told["subjects"]
    forgotten = read_list(home.lake_path)
    assert forgotten is not None
    assert told["subjects"][0] in forgotten.hashes


def test_another_case_goes_on_the_next_line_of_the_trail(home: Settings) -> None:
    forget(home, [a_case(home)])
    first = home.audit_path.read_bytes()
    forget(home, [a_case(home)])
    assert home.audit_path.read_bytes().startswith(first)
    assert len(home.audit_path.read_text().splitlines()) == 2


def test_what_cannot_be_forgotten_changes_nothing(home: Settings) -> None:
    case = a_case(home)
    before = holding(home.home_path, identity(home, case))
    with pytest.raises(InputError, match="there is no case 99999 in the lake"):
        forget(home, [case, "99999"])
    assert holding(home.home_path, identity(home, case)) == before
    forget(home, [case])
    with pytest.raises(InputError, match="forgotten already"):
        forget(home, [case])


def test_a_child_with_two_cases_is_forgotten_whole_or_not_at_all(home: Settings) -> None:
    (cases,) = rows(
        home,
        """
        select list(distinct case_id order by case_id) from lake.case_history
        group by child_key having count(distinct case_id) > 1 order by all limit 1
        """,
    ) or [(None,)]
    if cases[0] is None:
        pytest.skip("this population has no child with two cases")
    first, *others = cases[0]
    with pytest.raises(InputError, match=f"more cases: {', '.join(others)}"):
        forget(home, [first])
    assert not home.audit_path.exists()
    assert forget(home, cases[0]).children == 1


@pytest.mark.parametrize(
    ("at", "call"),
    [
        ("entry", 1),
        ("forget_builds", 1),
        ("write_list", 1),
        ("write_record", 1),
        ("write_record", 3),
        ("write", 1),
    ],
)
def test_a_crash_leaves_all_or_nothing_and_the_next_run_finishes(
    home: Settings, monkeypatch: pytest.MonkeyPatch, at: str, call: int
) -> None:
    """What counts is the rename of the journal: before it nothing is decided, after it all of it is done."""
    case = a_case(home)
    values, before = identity(home, case), amounts(home)
    calls = []

    class Killed(BaseException):
        """Nobody catches it."""

    module = audit if at in ("entry", "write") else recovery
    real = getattr(module, at)

    def killed(*arguments: Any, **named: Any) -> Any:
        calls.append(at)
        if len(calls) == call:
            raise Killed
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(module, at, killed)
        with pytest.raises(Killed):
            forget(home, [case])
    assert amounts(home) == before
    recovery.finish(home)
    is_decided = at != "entry"
    assert (home.audit_path.exists(), bool(holding(home.lake_path, values))) == (is_decided, not is_decided)
    # once more changes nothing, and the next run finds the lake as it should be
    recovery.finish(home)
    ingest(home)
    assert amounts(home) == before
    if not is_decided:
        forget(home, [case])
    assert holding(home.lake_path, values) == []
    assert len(home.audit_path.read_text().splitlines()) == 1


def test_every_column_of_the_lake_about_a_person_is_thought_of() -> None:
    near = {
        column.name
        for entity in ENTITIES.values()
        for part in entity.fields.values()
        for column in part.columns
        if part.kind in {*NEVER_KEPT_KINDS, Kind.PARTY, Kind.PARTY_NAME, Kind.REFERENCE}
    } | {
        column
        for entity in ("course_payment", "case_history")
        for column in ENTITIES[entity].columns
        if column.endswith(("_id", "_key"))
    }
    known_elsewhere = {"section_id", "team_id"}
    assert near - DOMAINS.keys() - set(EMPTIED) - KEPT.keys() - known_elsewhere == set()
    assert not DOMAINS.keys() & KEPT.keys()


def test_observations_of_what_changed_are_made_again(home: Settings) -> None:
    day = date(2022, 6, 30)
    before = fingerprint(load_deliveries(home.lake_path), day, "code")
    forget(home, [a_case(home)])
    assert fingerprint(load_deliveries(home.lake_path), day, "code") != before


def test_a_cut_number_is_the_childs_where_it_begins_no_others(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        for name, query in {
            "case_history": "select 'k' || i as child_key, i::varchar as case_id from range(2) as t (i)",
            "course_payment": """
                select 'k' || i as child_key, ['27.1-19', '27.2-19'][i + 1] as appropriation_id, 'c' as course_id
                from range(2) as t (i)
            """,
            "posting": """
                select unnest(['27.1-1', '27.', '27.2', '27.1-19']) as text_appropriation_id,
                    unnest([true, true, true, false]) as is_text_appropriation_id_cut,
                    1.0::decimal(18, 2) as amount_dkk, false as is_balance
            """,
        }.items():
            connection.execute(f"copy ({query}) to '{tmp_path / name}.parquet'")
    files = [LakeFile(path.stem, path) for path in sorted(tmp_path.glob("*.parquet"))]
    with (
        closing(Database(b"synthetic-key-of-the-tests", tmp_path)) as database,
        forgetting(database, files, "salt", cases=["0"]) as children,
    ):
        assert children.rewrite(files[2], tmp_path / "new.parquet") == 2
    cut, shared, others, whole = (
        row[0]
        for row in duckdb.execute(
            f"select text_appropriation_id from '{tmp_path / 'new.parquet'}'"
        ).fetchall()
    )
    assert (shared, others) == ("27.", "27.2")
    assert cut.startswith(GONE)
    assert whole.startswith(cut)


def test_publications_that_hold_the_child_go_with_the_next_one(home: Settings) -> None:
    for hour, as_of in enumerate(("2022-04-30", "2022-05-31", "2022-06-30")):
        publications.add(home, as_of, hour)
    # a rebuild of an earlier date: readers keep what they see until there is something newer
    publications.add(home, "2022-05-31", 3, forgotten=1)
    registry = [
        DeliveryEntry(
            source="bos",
            extract_date=day,
            profile="p",
            status="loaded",
            forgotten=int(day > date(2022, 4, 30)),
        )
        for day in (date(2022, 4, 30), date(2022, 5, 31), date(2022, 6, 30))
    ]
    assert len(store.remove_outdated(home, registry)) == 1
    assert publications.names(home) == ["2022-04-30", "2022-06-30*", "2022-05-31"]
    publications.add(home, "2022-06-30", 4, forgotten=1)
    assert len(store.remove_outdated(home, registry)) == 1
    assert publications.names(home) == ["2022-04-30", "2022-05-31", "2022-06-30*"]
