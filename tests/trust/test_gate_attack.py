"""The gate under attack: damages of a good build are stopped or listed with the reason, and no good build is stopped.

`mutants.csv` has the damages: a statement, the condition of the one row it is done to (empty: the statement says all),
the check that is to stop it, or why none can. What it finds is counted in the report.
"""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.settings import Settings
from orchestration.warehouse import dbt_folder
from tests.effort import examples
from tests.trust.gate import Gate
from tests.trust.populations import Population, populations, publish

pytestmark = pytest.mark.slow

# as `make demo` has them
GOOD = Population(children=60, months=4, seed=1, back=0)
MUTANTS = Path(__file__).with_name("mutants.csv")
PUBLISHED = ("marts", "steward")


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """A good build, which the gate lets through whole, to be damaged."""
    home = tmp_path_factory.mktemp("good")
    outcome = publish(GOOD, home)
    assert outcome.failure is None
    settings = Settings(home=home)
    assert dbt_folder(settings).is_dir()
    found = Gate(settings)
    assert found.stops() == []
    return found


def test_every_damage_is_stopped_or_listed_with_its_reason(
    gate: Gate, record_property: Callable[[str, object], None]
) -> None:
    with MUTANTS.open(encoding="utf-8", newline="") as handle:
        mutants = list(csv.DictReader(handle))
    published = {table for table in gate.columns if table.split(".")[0] in PUBLISHED}
    assert published <= {mutant["table"] for mutant in mutants}
    wrong = {}
    stopped = {"dbt": 0, "gx": 0}
    for mutant in mutants:
        table, row = mutant["table"], mutant["row"]
        # the first by its columns: where it lies in the file says nothing
        first = f"select arg_min(rowid, damaged) from {table} as damaged where {row}"
        where = f" where rowid = ({first})" if row else ""
        with gate.damaged(mutant["statement"].format(t=table) + where) as rows:
            checks = gate.reading(table)
            # the check that is named is asked first: a hundred others need not be
            named = [check for check in checks if check.name == mutant["stopped_by"]]
            found = gate.stops(named) or gate.stops(checks)
        for tool in {name.split()[0] for name in found}:
            stopped[tool] += 1
        # one who stops what nobody could is welcome, and the list is to say so
        if (
            not rows
            or bool(found) is not bool(mutant["stopped_by"])
            or bool(found) is bool(mutant["unseen_because"])
        ):
            wrong[f"{table}: {mutant['damage']}"] = found or "nothing damaged" if not rows else found
    unseen = sum(bool(mutant["unseen_because"]) for mutant in mutants)
    record_property("mutants", len(mutants))
    record_property("stopped", len(mutants) - unseen)
    record_property("unseen", unseen)
    print(f"{len(mutants)} mutants, {stopped} stopped, {unseen} listed as unseen")
    assert wrong == {}


# the short version is the build that is damaged above
@pytest.mark.torture
@pytest.mark.parametrize("population", populations(examples(0, 60)), ids=str)
def test_a_good_build_is_never_stopped(population: Population, tmp_path: Path) -> None:
    outcome = publish(population, tmp_path)
    assert outcome.failure is None, outcome.failure.line
    # sixty homes fill a disk
    shutil.rmtree(tmp_path)
