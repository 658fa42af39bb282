"""The gate on a small build: what it lets through, what it holds back, and that it never shows a value."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import ConfigurationError, GateRefused
from orchestration.publish import list_publications
from orchestration.publish.publication import publish
from orchestration.settings import Settings
from orchestration.validation import ValidationResult, validate
from orchestration.validation.report import control_totals, validation_page

Healthy = tuple[Path, list[ValidationResult]]

SMALL_BUILD = Path(__file__).parent.parent / "fixtures" / "small_build.sql"

# made up; shaped like a personal number
SYNTHETIC_CPR = "010203-1234"


def _build(path: Path, *changes: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute(SMALL_BUILD.read_text(encoding="utf-8"))
        for change in changes:
            connection.execute(change)
    return path


def _failed(result: ValidationResult) -> set[tuple[str, str, str]]:
    return {
        (outcome.severity, outcome.table, outcome.expectation)
        for outcome in result.critical_failures + result.warnings
    }


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Healthy:
    path = _build(tmp_path_factory.mktemp("healthy") / "kobling.duckdb")
    return path, [validate(path, "lake"), validate(path, "marts")]


def test_a_healthy_build_passes(healthy: Healthy) -> None:
    path, results = healthy
    assert [result.refusal for result in results] == [None, None]
    assert [result.warnings for result in results] == [[], []]
    years, periods = control_totals(path)
    assert [year.agrees for year in years] == [True]
    assert [period.file_dkk for period in periods] == [period.lake_dkk for period in periods]
    # the gate leaves the file free for the next writer in this process
    duckdb.connect(str(path)).close()


def test_every_expectation_says_what_it_protects(healthy: Healthy) -> None:
    for result in healthy[1]:
        for outcome in result.outcomes:
            assert outcome.description_da, outcome
            assert outcome.why_da, outcome
            assert outcome.harms, outcome


def test_results_survive_a_file(healthy: Healthy, tmp_path: Path) -> None:
    for result in healthy[1]:
        result.save(tmp_path / "results" / f"{result.subject}.json")
        assert ValidationResult.load(tmp_path / "results" / f"{result.subject}.json") == result


def test_nothing_delivered_is_no_failure(tmp_path: Path) -> None:
    with duckdb.connect(str(_build(tmp_path / "kobling.duckdb"))) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where table_name <> 'run'"
        ).fetchall()
        for (table,) in tables:
            connection.execute(f"delete from {table}")
    assert not _failed(validate(tmp_path / "kobling.duckdb", "lake"))
    assert not _failed(validate(tmp_path / "kobling.duckdb", "marts"))


def test_what_is_wrong_in_the_lake_is_found(tmp_path: Path) -> None:
    path = _build(
        tmp_path / "kobling.duckdb",
        # two thirds of a period are gone, in the lake and in the file's count
        "delete from lake.posting where extract_date = '2022-03-31' and period_no = 2 and row_no > 40",
        "update lake.posting set amount_dkk = amount_dkk + 0.01 where row_no = 1 and period_no = 1",
        "update lake.posting set posting_id = '1000002' where row_no = 3 and period_no = 1",
        "update lake.posting set period_no = 17 where row_no = 5 and period_no = 3",
        "update lake.posting set supplier_cvr = '0102031234' where row_no = 6",
        f"update lake.posting set supplier_name = 'Til {SYNTHETIC_CPR}' where row_no = 7",
        f"update lake.posting set invoice_no = '{SYNTHETIC_CPR}' where row_no = 8",
        "update lake.posting set person_key = '0102031234' where row_no = 9",
        "update lake.budget set corrected_budget_dkk = -1 where row_no = 1",
        "update lake.invoice set invoice_status = 'BOGFØRT' where row_no = 1",
        "insert into lake.course_payment from lake.course_payment where row_no = 1",
        "update lake.course_payment set end_on = start_on - 1 where row_no = 2",
        "update lake.case_history set changed_at = null where row_no = 1",
        "update lake.steward_decision set decided_on = '2022-04-01' where row_no = 1",
        f"update lake.steward_decision set comment_da = 'Om {SYNTHETIC_CPR}' where row_no = 2",
        "update lake.budget_assumption set activation_pct = 900",
        "update lake.savings_initiative set effect_dkk = 1200",
        "update lake.purchase_agreement set notice_months = 72, provider_id = '1000000'",
        f"update lake.decision_consequence set probability_pct = 101, department_da = 'Skole {SYNTHETIC_CPR}'",
    )
    result = validate(path, "lake")
    assert _failed(result) == {
        ("critical", "lake.posting", "rows_and_totals_as_in_the_files"),
        ("critical", "lake.posting", "unique"),
        ("critical", "lake.posting", "between"),
        ("critical", "lake.posting", "supplier_cvr_has_8_digits"),
        ("critical", "lake.posting", "no_cpr_in_text"),
        ("critical", "lake.posting", "no_cpr_in_numbers"),
        ("critical", "lake.posting", "pseudonyms_are_pseudonyms"),
        ("critical", "lake.posting", "not_halved_since_last_month"),
        ("warning", "lake.posting", "row_count_as_last_month"),
        ("critical", "lake.budget", "rows_and_totals_as_in_the_files"),
        ("warning", "lake.budget", "transfers_cancel_out"),
        ("warning", "lake.budget", "between"),
        ("critical", "lake.invoice", "in_set"),
        ("critical", "lake.course_payment", "unique"),
        ("critical", "lake.course_payment", "rows_and_totals_as_in_the_files"),
        ("warning", "lake.course_payment", "ends_after_it_starts"),
        ("critical", "lake.case_history", "not_null"),
        ("critical", "lake.steward_decision", "decided_before_it_came"),
        ("critical", "lake.steward_decision", "no_cpr_in_text"),
        ("critical", "lake.budget_assumption", "between"),
        ("critical", "lake.savings_initiative", "effect_is_a_saving"),
        ("critical", "lake.savings_initiative", "rows_and_totals_as_in_the_files"),
        ("critical", "lake.purchase_agreement", "between"),
        ("critical", "lake.purchase_agreement", "provider_id_has_8_digits"),
        ("critical", "lake.decision_consequence", "between"),
        ("critical", "lake.decision_consequence", "no_cpr_in_text"),
    }
    cvr = next(found for found in result.outcomes if found.expectation == "supplier_cvr_has_8_digits")
    assert cvr.line == "supplier_cvr_has_8_digits (supplier_cvr) on lake.posting: 5 rows"
    # not a value, neither as data nor on the page
    page = validation_page(date(2022, 3, 31), [result], [])
    for text in (result.model_dump_json(), page, result.refusal or ""):
        assert SYNTHETIC_CPR not in text
        assert "BOGFØRT" not in text
    assert "Afvist" in page


def test_two_reports_may_be_the_same_file(tmp_path: Path) -> None:
    """Where nothing is expected but what is granted; found by a random population."""
    path = _build(
        tmp_path / "kobling.duckdb",
        "update lake.course_payment set file_hash = sha256('one file')",
        "update control.delivery_file set file_hash = sha256('one file') where entity = 'course_payment'",
    )
    assert validate(path, "lake").refusal is None


def test_one_oere_is_enough(healthy: Healthy, tmp_path: Path) -> None:
    path = _build(
        tmp_path / "kobling.duckdb",
        "update marts.fct_posting set amount_dkk = amount_dkk + 0.01 where posting_id = '1000001'",
    )
    result = validate(path, "marts")
    assert _failed(result) == {
        ("critical", "marts.fct_posting", "ledger_equals_files_and_lake"),
        ("critical", "marts.mart_overrun", "ledger_equals_mart"),
    }
    assert result.refusal == (
        "the gate refuses this build: "
        "ledger_equals_files_and_lake (fiscal_year, period_no, amount_dkk) on marts.fct_posting: 1 row; "
        "ledger_equals_mart (fiscal_year, actual_to_date) on marts.mart_overrun: 1 row"
    )
    settings = Settings(home=tmp_path)
    lake = healthy[1][0]
    with pytest.raises(GateRefused, match="ledger_equals_mart"):
        publish(settings, path, date(2022, 3, 31), [lake, result], [], "run")
    assert list_publications(settings) == []
    years, _ = control_totals(path)
    assert [year.agrees for year in years] == [False]


def test_a_suite_without_its_table_is_a_mistake_of_ours(tmp_path: Path) -> None:
    path = _build(tmp_path / "kobling.duckdb", "drop table marts.mart_commitments")
    with pytest.raises(ConfigurationError, match=r"marts\.mart_commitments"):
        validate(path, "marts")


def test_a_suite_without_its_column_is_a_mistake_of_ours(tmp_path: Path) -> None:
    path = _build(tmp_path / "kobling.duckdb", "alter table lake.case_history drop column changed_at")
    with pytest.raises(ConfigurationError, match="changed_at"):
        validate(path, "lake")


def test_the_other_course_of_a_double_measure_is_looked_up_as_a_course(tmp_path: Path) -> None:
    path = _build(
        tmp_path / "kobling.duckdb", "update marts.mart_double_measure set other_course_id = 'none'"
    )
    failed = _failed(validate(path, "marts"))
    assert ("critical", "marts.mart_double_measure", "references_dim_course") in failed
