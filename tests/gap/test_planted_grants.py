"""Errors planted in grants and courses are found by their rules, on the shared extracts end to end."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.gap.truth import AS_OF, FOUND, missed, planted
from tests.home import Home

pytestmark = [pytest.mark.shared, pytest.mark.slow]

FIRST_DELIVERY = date(2021, 12, 31)
EXPECTED_DAYS = timedelta(days=7)


@pytest.mark.parametrize(
    ("kind", "rule_id"),
    [
        ("retroactive_grant", "B01"),
        ("retroactive_grant", "B02"),
        ("retroactive_grant", "B07"),
        ("retroactive_end", "B10"),
        ("granted_activity_deleted", "B11"),
    ],
)
def test_what_changed_between_deliveries_is_found(home: Home, shared_data: Path, kind: str, rule_id: str):
    """What was done before the first delivery of all shows in none."""
    due = [error for error in planted(shared_data, kind) if error.planted_on > FIRST_DELIVERY]
    assert due
    assert len(missed(home, rule_id, due)) <= len(due) * (1 - FOUND), missed(home, rule_id, due)


@pytest.mark.parametrize(
    ("kind", "rule_id"),
    [
        ("missing_end_date", "C01"),
        ("over_18_child_section", "C05"),
        ("overlapping_placement", "C10"),
        ("duplicate_activity", "C11"),
        ("suppl_active_after_main_ended", "C15"),
    ],
)
def test_what_is_wrong_is_found(home: Home, shared_data: Path, kind: str, rule_id: str):
    """What was deleted again before the first delivery is in none."""
    seen = {course for (course,) in home.query(AS_OF, "select course_id from marts.dim_course")}
    due = [error for error in planted(shared_data, kind) if error.course_id in seen]
    assert due
    assert len(missed(home, rule_id, due)) <= len(due) * (1 - FOUND), missed(home, rule_id, due)


@pytest.mark.parametrize("kind", ["stale_expected_adjustment", "expected_but_invoiced"])
def test_what_is_only_expected_is_found(home: Home, shared_data: Path, kind: str):
    """Once the days that B05 allows have passed."""
    late = {
        course
        for (course,) in home.query(
            AS_OF,
            "select course_id from marts.dim_course where status = 'EXPECTED' "
            f"and start_on <= date '{date.fromisoformat(AS_OF) - EXPECTED_DAYS}'",
        )
    }
    due = [error for error in planted(shared_data, kind) if error.course_id in late]
    assert due
    assert len(missed(home, "B05", due)) <= len(due) * (1 - FOUND), missed(home, "B05", due)
