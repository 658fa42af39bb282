"""Errors planted in the ledger are found by their rules, on the shared extracts end to end."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.gap.truth import AS_OF, FOUND, never_posted, planted, seen, truth_postings
from tests.home import Home

pytestmark = [pytest.mark.shared, pytest.mark.slow]

# What an invoice may take to come, before rule A03 asks for it.
DUE_DAYS = timedelta(days=75)


def assert_found(missed: list, planted_count: int) -> None:
    assert planted_count
    assert len(missed) <= planted_count * (1 - FOUND), missed


def test_payments_without_a_course_are_found(home: Home, shared_data: Path):
    """Invoices without any activity are told of in a gap of A01 or A02."""
    told = {
        posting
        for (posting,) in home.query_steward(
            AS_OF, "select posting_id from steward_unmatched_posting where gap_id is not null"
        )
    }
    due = [
        posting.posting_id
        for posting in truth_postings(home, shared_data)
        if posting.defect == "invoice_without_bos_activity"
    ]
    assert_found([posting for posting in due if posting not in told], len(due))


def test_courses_that_nobody_is_paid_for_are_found(home: Home, shared_data: Path):
    """A service that goes on in the case system only is asked for when two months are missing (A03)."""
    until = date.fromisoformat(AS_OF) - DUE_DAYS
    stopped = never_posted(shared_data, "service_stopped_not_ended_in_bos", until)
    due = {
        *never_posted(shared_data, "activity_never_invoiced", until),
        *never_posted(shared_data, "retroactive_sd_cash_never_paid", until),
        *(course for course, months in stopped.items() if len(months) > 1),
    }
    found = {course for (course,) in seen(home, "A03", "course_id")}
    assert_found(sorted(due - found), len(due))


def test_amounts_outside_the_tolerance_are_found(home: Home, shared_data: Path):
    """In the month of one of the courses that the posting pays for (A06); what was deleted is A08's."""
    found = {(course, f"{month:%Y-%m}") for course, month in seen(home, "A06", "course_id", "occurred_on")}
    due = [
        posting
        for posting in truth_postings(home, shared_data)
        if posting.defect.startswith("amount_differs")
        and posting.is_outside_tolerance
        and not posting.is_deleted_in_bos
    ]
    missed = [
        posting.posting_id
        for posting in due
        if not any((course, posting.service_month) in found for course in posting.course_ids)
    ]
    assert_found(missed, len(due))


def test_payments_after_the_end_are_found(home: Home, shared_data: Path):
    """Of courses that a delivery had (A08)."""
    courses = {course for (course,) in home.query(AS_OF, "select course_id from marts.dim_course")}
    due = {
        course
        for posting in truth_postings(home, shared_data)
        if posting.is_deleted_in_bos
        for course in posting.course_ids
        if course in courses
    }
    found = {course for (course,) in seen(home, "A08", "course_id")}
    assert_found(sorted(due - found), len(due))


def test_double_payments_are_found(home: Home, shared_data: Path):
    """Where the ledger has both (A10); which of two equal lines of one day is the double nobody can tell."""
    lines = dict(
        home.query(
            AS_OF,
            """
            select
                posting.posting_id,
                (coalesce(match.course_id, posting.posting_id), posting.posted_on, posting.amount_dkk)
            from marts.fct_posting as posting
            left join marts.fct_posting_match as match
                on posting.posting_id = match.posting_id
            """,
        )
    )
    found = {lines[posting] for (posting,) in seen(home, "A10", "posting_id")}
    due = [
        posting.posting_id
        for posting in truth_postings(home, shared_data)
        if posting.defect == "paid_twice" and posting.related_posting_id
    ]
    assert_found([posting for posting in due if lines[posting] not in found], len(due))


def test_wrong_accounts_are_found(home: Home, shared_data: Path):
    """Where no reversal has taken them back since (A12)."""
    postings = truth_postings(home, shared_data)
    mended = {posting.related_posting_id for posting in postings if posting.defect == "reversal"}
    due = [
        posting.posting_id
        for posting in postings
        if "wrong_account" in posting.defect and posting.posting_id not in mended
    ]
    found = {posting for (posting,) in seen(home, "A12", "posting_id")}
    assert_found([posting for posting in due if posting not in found], len(due))


def test_payments_on_expected_courses_are_found(home: Home, shared_data: Path):
    due = {error.course_id for error in planted(shared_data, "expected_but_invoiced")}
    found = {course for (course,) in seen(home, "A15", "course_id")}
    assert_found(sorted(due - found), len(due))


def test_rules_without_their_inputs_are_not_run(home: Home):
    """The sample ledger has no income from other municipalities: A13 says so, and has no gaps."""
    [(status, hits)] = home.query(
        AS_OF,
        """
        select status, (select count(*) from marts.mart_registration_gap where rule_id = 'A13')
        from marts.mart_run_status
        where subject = 'rule' and name = 'A13'
        """,
    )
    assert (status, hits) == ("not_run", 0)
