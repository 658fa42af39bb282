"""The matching on the shared extracts: what it finds of the truth, by the letter and as far as data can tell."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.home import AS_OF, Home
from tests.matching.score import first_row, report, score

pytestmark = [pytest.mark.shared, pytest.mark.slow]

# What is reached is not given back. By the letter equal wages of a month set a ceiling (docs/matching.md).
PRECISION, RECALL = Decimal("0.99"), Decimal("0.99")
BELOW_CEILING = Decimal("0.01")


@pytest.fixture(scope="module")
def scored(home: Home, shared_data: Path) -> duckdb.DuckDBPyConnection:
    connection = score(home.publication(AS_OF[0]) / "kobling.duckdb", shared_data)
    print(report(connection))
    return connection


def test_pairs_are_the_true_ones(scored: duckdb.DuckDBPyConnection):
    totals = {name: Decimal(str(value)) for name, value in first_row(scored, "score").items()}
    assert totals["precision_as_sets"] >= PRECISION
    assert totals["recall_as_sets"] >= RECALL
    assert totals["precision_by_letter"] >= totals["ceiling_by_letter"] - BELOW_CEILING
    assert totals["recall_by_letter"] >= totals["ceiling_by_letter"] - BELOW_CEILING
    # who asks for the letter leaves out what says that it was dealt out among equals
    assert totals["precision_undealt"] >= PRECISION


def test_no_step_guesses(scored: duckdb.DuckDBPyConnection):
    """A step with a hundred pairs or more is right in 97 of 100; the last ones' few rows say that they are unsure."""
    steps = scored.execute(
        "select match_method, precision_as_sets from precision_by_method where found >= 100"
    )
    assert {step for step, precision in steps.fetchall() if precision < 0.97} == set()


def test_kinds_of_defects_are_found(scored: duckdb.DuckDBPyConnection):
    """Each kind for itself, twins being equal; reversals and reposts go where the first posting went."""
    missed = scored.execute(
        """
        select defect, sum(pairs) as pairs, sum(wrong + unmatched) / sum(pairs) as missed
        from misses_by_defect
        where defect <> 'paid_twice'
        group by defect
        having sum(pairs) >= 10 and missed > 0.15
        """
    ).fetchall()
    assert missed == []


def test_doubles_are_said_to_be_doubles(scored: duckdb.DuckDBPyConnection):
    [(doubles, said)] = scored.execute(
        "select sum(doubles), sum(said_of_the_posting) from doubles"
    ).fetchall()
    assert said >= 0.9 * doubles
